#!/usr/bin/python3
# tests/bench/spare.py [SECONDS [PAIRS]] - the next message when a decoder was killed, beside one when none was.
# SPDX-License-Identifier: Apache-2.0
"""One JSON line: from the publication of an obstacle until the node says that it is applied, with the decoder killed just
before and with none killed, alternating; a pair are the medians of five. `replaced_ms` is the node's own mean of the time between the
end of a decoder and the next in its place, `replaced_100_ms` the share of at most 100 ms. Real brokers; SECONDS is for
the sake of its siblings."""
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from drf_fixture import Kafka, Mosquitto, Node, free_ports, wait_until
from fixture import place

from judge import row

REACH_MS, ROUNDS = 100, 5
NAME = "drf_decoder_replaced_seconds"


class Obstacles:
    def __init__(self, kafka, port):
        self.kafka, self.port, self.sent = kafka, port, 0

    def send_s(self):
        self.sent += 1
        began_s = time.monotonic()
        value = place.dof(self.sent, 47.095, 8.095, 100, 1700)
        self.kafka.produce(place.TOPICS["towers"], value, key=f"36-{self.sent}")
        while place.applied(self.port, "towers") < self.sent:
            assert time.monotonic() < began_s + 60, "the obstacle is not there"
        return time.monotonic() - began_s


def main():
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    port, = free_ports(1)
    quiet, killed = [], []
    with Kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            obstacles = Obstacles(kafka, port)
            obstacles.send_s()

            def warm(children=len(place.decoders(node.process.pid))):
                written = place.decoders(node.process.pid)
                return len(written) >= children and all(written.values())
            for count in range(1, pairs * ROUNDS + 1):
                wait_until(warm, "the spare is warm again")
                quiet.append(obstacles.send_s())
                place.kill_decoder(node.process.pid)
                killed.append(obstacles.send_s())
                wait_until(lambda count=count: place.metrics(port).get(f"{NAME}_count", 0) >= count, "it is counted")
            seen = place.metrics(port)
            assert node.stop() == 0
    soon = seen.get(f'{NAME}_bucket{{le="0.1"}}', 0) / seen[f"{NAME}_count"]
    quiet_ms, killed_ms = ([statistics.median(all_s[turn * ROUNDS:(turn + 1) * ROUNDS]) * 1e3 for turn in range(pairs)]
                           for all_s in (quiet, killed))
    print(json.dumps(row("spare", "ms to the next message applied", killed_ms,
                         f"the same with no decoder killed, and {REACH_MS} ms", [one + REACH_MS for one in quiet_ms], reach=1,
                         quiet_ms=statistics.median(quiet_ms), kills=len(killed),
                         replaced_ms=seen[f"{NAME}_sum"] / seen[f"{NAME}_count"] * 1e3, replaced_100_ms=soon)))


main()
