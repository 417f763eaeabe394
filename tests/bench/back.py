#!/usr/bin/python3
# tests/bench/back.py [SECONDS [PAIRS]] - how soon the node is back after a broker or a link was away.
# SPDX-License-Identifier: Apache-2.0
"""A JSON line for each: from the return of a mosquitto that was away for SECONDS (40) until a drone has its first
context; from the cut of a link, without a word to either side, until the node says that MQTT, and that Kafka is
missing; from the healing of that link after half of SECONDS until every feed is current. Medians of PAIRS (3).

The link is that of tests/integration/fixture/link.py. Needs root."""
import contextlib
import json
import pathlib
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from drf_fixture import free_ports, wait_until
from fixture import place
from judge import row
from fixture.link import BROKERS, NODE_SIDE, FarNode, Link, reachable_kafka, reachable_mosquitto

GOALS_S = {"mqtt_back": 2, "mqtt_cut": 5, "kafka_cut": 5, "feeds_back": 5}


def first_context_s(mqtt, began_s):
    with mqtt.client("d-1") as drone:
        drone.subscribe("drf/v1/drones/d-1/context/+")
        seq = int(time.monotonic() * 10)
        while True:
            seq += 1
            drone.publish("drf/v1/drones/d-1/telemetry", place.report(seq), content_type="application/json")
            with contextlib.suppress(TimeoutError):
                drone.take(0.1)
                return time.monotonic() - began_s


def ready(port):
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{NODE_SIDE}:{port}/readyz", timeout=1) as answer:
        return answer.status == 200
    return False


def measure(away_s, pairs):
    seconds = {name: [] for name in GOALS_S}
    (port,) = free_ports(1)
    kafka, bootstrap = reachable_kafka()
    with Link() as link, kafka, reachable_mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), *(f"t.more-{i}" for i in range(4)), place.DEAD)
        config = place.configuration(bootstrap, mqtt, http=port)
        config["mqtt"]["host"], config["http"]["address"] = BROKERS, NODE_SIDE
        del config["kafka"]["reconnect.backoff.max.ms"], config["limits"]["discover_s"]
        config["feeds"] += [{"name": f"more-{i}", "topic": f"t.more-{i}", "kind": "zone"} for i in range(4)]
        with FarNode(link, config) as node:
            wait_until(lambda: ready(port), "the node is ready")
            for _ in range(pairs):
                mqtt.kill()
                time.sleep(away_s)
                began_s = time.monotonic()
                mqtt.start()
                seconds["mqtt_back"].append(first_context_s(mqtt, began_s))
                wait_until(lambda: ready(port), "the node is ready")
                before = {name: node.count(f"what=node.waiting for={name} ") for name in ("mqtt", "kafka")}
                began_s = time.monotonic()
                link.forward(False)
                took = {}
                while len(took) < 2:
                    for name in before:
                        if name not in took and node.count(f"what=node.waiting for={name} ") > before[name]:
                            took[name] = time.monotonic() - began_s
                    time.sleep(0.02)
                for name, value in took.items():
                    seconds[f"{name}_cut"].append(value)
                time.sleep(max(0.0, began_s + away_s / 2 - time.monotonic()))
                began_s = time.monotonic()
                link.forward(True)
                wait_until(lambda: ready(port), "every feed is current")
                seconds["feeds_back"].append(time.monotonic() - began_s)
    return seconds


def main():
    away_s = float(sys.argv[1]) if len(sys.argv) > 1 else 40
    for name, values in measure(away_s, int(sys.argv[2]) if len(sys.argv) > 2 else 3).items():
        print(json.dumps(row(name, "s", values, "goal", [GOALS_S[name]], reach=1)), flush=True)


main()
