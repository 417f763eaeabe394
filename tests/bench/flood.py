#!/usr/bin/python3
# tests/bench/flood.py [SECONDS [PAIRS]] - contexts while a poison flood comes in, beside contexts in quiet.
# SPDX-License-Identifier: Apache-2.0
"""Every second message of 5,000 a second is broken. One JSON line: the p99 from a report's publication to its context
at the drone, in the flood and in quiet, alternating; the medians of the pairs count. Real brokers; the flood's own
producer runs on the same machine and is part of what disturbs."""
import json
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import confluent_kafka
from drf_fixture import Kafka, Mosquitto, Node, free_ports, wait_until
from fixture import place

RATE, REPORT_HZ, REACH = 5000, 10, 1.5
DRONE = "flood-1"


class Flood(threading.Thread):
    """RATE messages a second, in slices of 20 ms, until told to stop."""

    def __init__(self, bootstrap):
        super().__init__(daemon=True)
        self.producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 5,
                                                  "queue.buffering.max.messages": 1000000})
        self.stopping = threading.Event()
        self.sent = 0

    def run(self):
        good = place.dof(1, 47.095, 8.095, 100, 1700)  # too far from the drone to be told to it
        began_s = time.monotonic()
        while not self.stopping.is_set():
            due = int((time.monotonic() - began_s) * RATE)
            while self.sent < due:
                broken = self.sent % 2
                self.producer.produce(place.TOPICS["towers"], b"broken" if broken else good, key="36-%d" % self.sent)
                self.sent += 1
            self.producer.poll(0)
            self.stopping.wait(0.02)
        self.producer.flush(10)


def p99_s(drone, seq, seconds):
    """The round trips of one report after another, REPORT_HZ of them a second."""
    trips, pace = [], threading.Event()
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        drone.drain()
        began_s = time.monotonic()
        seq[0] += 1
        drone.publish(f"drf/v1/drones/{DRONE}/telemetry", place.report(seq[0]), content_type="application/json")
        while json.loads(drone.take().payload).get("telemetry_seq") != seq[0]:
            pass  # one that was under way before
        trips.append(time.monotonic() - began_s)
        pace.wait(max(0.0, began_s + 1 / REPORT_HZ - time.monotonic()))
    return statistics.quantiles(trips, n=100)[98]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    port, = free_ports(1)
    quiet, flooded, seq, sent, broken = [], [], [0], 0, 0
    with Kafka() as kafka, Mosquitto([DRONE]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        config = place.configuration(kafka.bootstrap, mqtt, http=port, context_rate_max_hz=50)
        with Node(config) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            kafka.produce(place.TOPICS["terrain"], place.geotiff(), key="ground")
            with mqtt.client(DRONE) as drone:
                drone.publish(f"drf/v1/drones/{DRONE}/profile", b'{"ignore_seen": true, "json": true, "rate_hz": 20}', qos=1, retain=True,
                              content_type="application/json")
                drone.subscribe(f"drf/v1/drones/{DRONE}/context/+", qos=0)
                p99_s(drone, seq, 3)
                for _ in range(pairs):
                    quiet.append(p99_s(drone, seq, seconds))
                    flood = Flood(kafka.bootstrap)
                    flood.start()
                    flooded.append(p99_s(drone, seq, seconds))
                    flood.stopping.set()
                    flood.join()
                    sent, broken = sent + flood.sent, broken + flood.sent // 2
                    wait_until(lambda count=broken: place.refusals(port, "towers", "FORMAT") >= count,
                               "every broken one is refused")
            lost = place.metrics(port).get("drf_dead_letters_lost_total", 0)
            assert node.stop() == 0
    value, reference = statistics.median(flooded), statistics.median(quiet)
    print(json.dumps({"bench": "flood", "value": round(value * 1e3, 3), "unit": "ms, p99 of a context",
                      "reference": "the same without the flood", "reference_value": round(reference * 1e3, 3),
                      "ratio": round(value / reference, 3), "reach": REACH, "met": value <= REACH * reference,
                      "messages": sent, "letters_lost": lost}))


main()
