#!/usr/bin/python3
# tests/fault/test_kill_many.py - kill -9 at random instants, again and again: every store ends as one never killed.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
"""20 kills, with DRF_FULL=1 200 (DRF_KILLS says another number; DRF_SEED repeats a run). After each kill the file is
sound and a valid GeoPackage; a store that has read everything is compared with the calm one and a new one begun."""
import os
import random
import threading
import time

from drf_fixture import Folder, Kafka, main, wait_until
from test_kill_node import SEED, Counted, check_sound, digest, publish, stored

KILLS = int(os.environ.get("DRF_KILLS") or (200 if os.environ.get("DRF_FULL") else 20))


def live_and_die(node, chance, left):
    """A life of random length, from before the first message to some way into those that are left."""
    node.start()
    if chance.random() < 0.8:
        goal = min(chance.randint(1, 400), left)
        wait_until(lambda: node.taken() >= goal, f"{goal} messages", pause_max_s=0.02)
    threading.Event().wait(chance.uniform(0, 0.3))
    node.kill()


def test_killed_many_times_ends_as_never_killed():
    print(f"DRF_SEED={SEED}", flush=True)
    chance, kills, stores, began = random.Random(SEED), 0, 0, time.monotonic()
    with Folder("publish") as folder, Kafka() as kafka:
        total = publish(kafka, folder)
        with Counted(kafka.bootstrap) as calm:
            calm.finish(total)
            expected = digest(calm.path("region.gpkg"))
        while kills < KILLS:
            with Counted(kafka.bootstrap) as node:
                lives, last = 0, stored(node)
                while kills < KILLS and last < total:
                    live_and_die(node, chance, total - last)
                    kills, lives, before, last = kills + 1, lives + 1, last, stored(node)
                    assert last >= before, f"{before} messages were committed, and now {last}"
                    if last > 0:  # before that the file may be empty
                        check_sound(node.path("region.gpkg"))
                node.start()
                node.finish(total)
                assert digest(node.path("region.gpkg")) == expected, f"after {lives} kills the content differs"
                check_sound(node.path("region.gpkg"))
                stores += 1
                print(f"{kills} kills, {stores} stores, {time.monotonic() - began:.0f} s", flush=True)


main(globals())
