#!/usr/bin/python3
# tests/bench/flood.py BOOTSTRAP TOPIC - a poison flood: 5,000 messages a second, every second one broken.
# SPDX-License-Identifier: Apache-2.0
"""The good message is the first line of standard input; "begun" says that the broker has answered. Ends when standard
input does, and prints how many messages were sent. A process of its own, for the row `flood` of tests/bench/live.py."""
import select
import sys
import time

import confluent_kafka

RATE, SLICE_S = 5000, 0.02


def main():
    bootstrap, topic = sys.argv[1:]
    good = sys.stdin.buffer.readline()
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 5,
                                         "queue.buffering.max.messages": 1000000})
    producer.produce(topic, good, key="36-0", headers={"drf_mode": "SIM"})
    producer.flush(30)
    print("begun", flush=True)
    sent, began_s = 0, time.monotonic()
    while not select.select([sys.stdin.buffer], [], [], SLICE_S)[0]:
        due = int((time.monotonic() - began_s) * RATE)
        while sent < due:
            sent += 1
            producer.produce(topic, b"broken" if sent % 2 == 0 else good, key=f"36-{sent}", headers={"drf_mode": "SIM"})
        producer.poll(0)
    assert producer.flush(60) == 0
    print(sent)


main()
