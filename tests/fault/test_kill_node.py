#!/usr/bin/python3
# tests/fault/test_kill_node.py - kill -9 in the middle of ingest, three times: the store is as if nothing had happened.
# SPDX-License-Identifier: Apache-2.0
"""Terrain in pieces, obstacles that change and go, and a forecast come from a real Kafka, a part of them for each life.
One node is killed three times at random places and then let finish; another, with a store of its own, reads the same
in peace. However fast the node is, a part is still to come when it is killed."""
import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
import types

import numpy
from drf_fixture import BIN, DEADLINE_S, NODE, Folder, Kafka, Node, free_ports, main, wait_until
from fixture import place
from fixture.node import reasons

TOWERS, ROUNDS = 600, 3
PARTS = 4  # one waits at the start, the others come a life each
SEED = int(os.environ.get("DRF_SEED") or random.SystemRandom().randrange(1 << 31))

NO_BROKER = types.SimpleNamespace(host="127.0.0.1", port=9, passwords={NODE: ""})


def position(number, turn):
    return 47.001 + 0.098 * ((number * 37 + turn * 11) % 599) / 599, 8.001 + 0.098 * (number % 97) / 97


def obstacle_messages():
    """Towers that move and grow, every fifth withdrawn at the end; each message has a version of its own."""
    messages, at = [], 1_767_225_600_000
    for turn in range(ROUNDS):
        for number in range(TOWERS):
            at += 1
            messages.append(dict(key=f"99-{number:06d}", timestamp_ms=at,
                                 value=place.dof(number, *position(number, turn), 100 + 50 * turn, 1500 + number)))
    for number in range(0, TOWERS, 5):
        messages.append(dict(key=f"99-{number:06d}", value=None, timestamp_ms=at + 1 + number))
    return [{**message, "partition": int(message["key"][-1]) % 2} for message in messages]


def crane_messages():
    """Cranes one by one, and between them collections of 400, too many for one step of the node."""
    messages = []
    for i in range(300):
        features = [place.feature(f"crane-{i}", *position(i, 0))]
        if i % 30 == 0:
            features = [place.feature(f"crew-{i % 60}-{k}", *position(k, i)) for k in range(400)]
        value = b'{"type": "FeatureCollection", "features": [' + b", ".join(features) + b"]}"
        messages.append(dict(key=f"crane-{i}", timestamp_ms=1_767_225_600_000 + i, value=value))
    return messages


def forecast_messages():
    return [dict(key=f"{name}-{hour}", timestamp_ms=1_767_225_600_000 + hour * 10 + i,
                 value=place.grib(name, value + hour, level, when_s=1_900_000_000 + hour * 3600))
            for hour in range(6) for i, (name, level, value) in enumerate((("10u", 10, 3.0), ("10v", 10, -5.0), ("2t", 2, 280.0)))]


def create_topics(kafka):
    kafka.create_topics(place.TOPICS["towers"], partitions=2)
    kafka.create_topics(*(place.TOPICS[name] for name in ("terrain", "cranes", "forecast")), place.DEAD)


def publish_terrain(kafka, folder):
    file = folder.path / "rough.tif"
    heights = numpy.random.default_rng(SEED).uniform(300, 900, (700, 700))
    file.write_bytes(place.geotiff(heights, (7.97, 46.97, 8.13, 47.13), 700))
    subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", kafka.bootstrap, "--topic", place.TOPICS["terrain"],
                    "--kind", "geotiff", "--mode", "LIVE", "--max-bytes", "60000", file], check=True, timeout=DEADLINE_S,
                   stdout=subprocess.DEVNULL)


def publish_part(kafka, part, parts):
    """One of so many equal parts of everything but the terrain, each kind in its order."""
    for name, messages in (("towers", obstacle_messages()), ("cranes", crane_messages()),
                           ("forecast", forecast_messages())):
        kafka.produce_all(place.TOPICS[name], messages[len(messages) * part // parts:
                                                       len(messages) * (part + 1) // parts])


def published(kafka):
    """How many messages the topics hold."""
    return sum(kafka.end_offset(topic) for topic in place.TOPICS.values()) + kafka.end_offset(
        place.TOPICS["towers"], 1)


def publish(kafka, folder):
    """Everything, the kinds side by side; returns the number of messages."""
    create_topics(kafka)
    publish_terrain(kafka, folder)
    publish_part(kafka, 0, 1)
    return published(kafka)


class Counted(Node):
    def __init__(self, bootstrap):
        self.port, = free_ports(1)
        super().__init__(place.configuration(bootstrap, NO_BROKER, http=self.port))

    def outcomes(self):
        found = {}
        for name, value in place.metrics(self.port).items():
            if value > 0 and name.startswith(("drf_feed_outcomes_total", "drf_feed_refusals_total")):
                kind = re.search(r'(?:outcome|reason)="(\w+)"', name).group(1)
                found[kind] = found.get(kind, 0) + value
        return found

    def taken(self):
        return sum(self.outcomes().values())

    def finish(self, total):
        """Waits until the store has committed every message, and ends the node in peace."""
        wait_until(lambda: stored(self) == total, f"{total} messages are in the store ({stored(self)})")
        wait_until(lambda: reasons(place.page(self.port, "readyz")[1]) == ["mqtt"], "the node is ready")
        outcomes = self.outcomes()
        assert self.stop() == 0
        return outcomes


def stored(node):
    """How many messages the store has committed."""
    try:
        with sqlite3.connect(f"file:{node.path('region.gpkg')}?mode=ro", uri=True) as db:
            return db.execute("SELECT sum(next_offset) FROM drf_offset").fetchone()[0] or 0
    except sqlite3.Error:
        return 0


def check_sound(store):
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    done = subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", store], check=False, timeout=DEADLINE_S,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def digest(store):
    return subprocess.run([BIN / "drf-edge", "digest", "--store", store], check=True, timeout=DEADLINE_S,
                          stdout=subprocess.PIPE, text=True).stdout


def kill_in_the_middle(node, kafka, part, chance):
    """Lets it take some of what waits, then gives it more, and ends it at an instant that no commit has chosen. Nothing
    may come twice."""
    before, waiting = stored(node), published(kafka)
    more = chance.randint(0, waiting - before)
    node.start()
    wait_until(lambda: node.taken() >= more, f"{more} messages of {waiting - before}", pause_max_s=0.02)
    publish_part(kafka, part, PARTS)
    threading.Event().wait(chance.uniform(0, 0.1))
    outcomes = node.outcomes()
    node.kill()
    after = stored(node)
    print(f"killed after {node_taken(outcomes)} messages, {before} in the store before, {after} after", flush=True)
    assert set(outcomes) <= {"APPLIED"}, outcomes
    check_sound(node.path("region.gpkg"))


def node_taken(outcomes):
    return int(sum(outcomes.values()))


def test_killed_three_times_ends_as_never_killed():
    print(f"DRF_SEED={SEED}")
    chance = random.Random(SEED)
    with Folder("publish") as folder, Kafka() as kafka:
        create_topics(kafka)
        publish_terrain(kafka, folder)
        publish_part(kafka, 0, PARTS)
        with Counted(kafka.bootstrap) as calm, Counted(kafka.bootstrap) as killed:
            for part in range(1, PARTS):
                kill_in_the_middle(killed, kafka, part, chance)
            killed.start()
            total = published(kafka)
            outcomes = killed.finish(total)
            assert set(outcomes) <= {"APPLIED"}, outcomes
            outcomes = calm.finish(total)
            assert outcomes == {"APPLIED": total}, outcomes
            assert digest(killed.path("region.gpkg")) == digest(calm.path("region.gpkg"))
            check_sound(killed.path("region.gpkg"))


main(globals())
