#!/usr/bin/python3
# tests/bench/goals.py [SECONDS [PAIRS]] - the times that tests require with ten times their goal, beside the goals.
# SPDX-License-Identifier: Apache-2.0
"""A JSON line for each: from a zone's hand-over to Kafka until a drone that hovers and says nothing is told; the stop of
a node whose Kafka is away; the attacks of test_hostile until the last is refused. Medians of PAIRS; real brokers."""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import test_hostile
import test_ingest
import test_zones
from drf_fixture import Kafka, Mosquitto, Node, free_ports, wait_until
from fixture import place
from fixture.fed import Fed

from judge import row

ATTACKS_GOAL_S = 60


def line(name, unit, values, goal):
    print(json.dumps(row(name, unit, values, "goal", [goal], reach=1)), flush=True)


def zone_told_s(pairs):
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(test_zones.ZONES)
        with Node(test_zones.configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200):
            drone = test_zones.Drone(mqtt)
            for turn in range(pairs):
                key = f"tfr-{turn}"
                drone.settle(0)
                began_s = time.monotonic()
                kafka.produce(test_zones.ZONES, test_zones.square(key), key=key, headers=test_zones.headers())
                drone.told(bool, 60)
                yield time.monotonic() - began_s
                kafka.produce(test_zones.ZONES, None, key=key, headers=test_zones.headers())


def stop_s(pairs):
    for _ in range(pairs):
        with Fed("127.0.0.1:9") as node:
            node.wait_log("for=kafka")
            began_s = time.monotonic()
            node.stop()
            yield time.monotonic() - began_s


def attacks_s(pairs):
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto() as mqtt, test_hostile.Listener() as listener:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        cases = [dict(value=value, key=name) for name, value in test_hostile.attacks(listener.port).items()]
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)):
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            for turn in range(pairs):
                began_s = time.monotonic()
                kafka.produce_all(test_hostile.DEM, cases)
                kafka.consume(place.DEAD, len(cases), offset=turn * len(cases))
                yield time.monotonic() - began_s


def main():
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    line("zone_told", "ms from Kafka to a hovering drone", [1000 * s for s in zone_told_s(pairs)],
         1000 * test_zones.TOLD_GOAL_S)
    line("stop", "s to end with Kafka away", list(stop_s(pairs)), test_ingest.STOP_GOAL_S)
    line("attacks", "s until all are refused", list(attacks_s(pairs)), ATTACKS_GOAL_S)


main()
