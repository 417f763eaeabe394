# tests/integration/drf_fixture.py - what integration and fault tests stand on: real brokers and the node.
# SPDX-License-Identifier: Apache-2.0
"""A test is a file test_<what>.py whose functions test_<circumstance>() are run by main():

    from drf_fixture import Kafka, Mosquitto, Node, main

    def test_something(): ...

    main(globals())

Everything that is started ends with the test: by `with`, on SIGTERM, and by the kernel when the test is killed.
Only Debian packages are needed (deploy/packages.sh); run it with /usr/bin/python3, or by ctest.
"""
import sys
import time
import traceback

from fixture.kafka import Kafka, end_shared_kafka, jars, shared_kafka
from fixture.mqtt import NODE, OBSERVER, Client, Message, Mosquitto, Refused
from fixture.node import Node
from fixture.process import (BIN, DEADLINE_S, REAL_DATA, SKIPPED, TOP, Folder, Process, Service, free_ports, late_s,
                             real_data, retried, skip, wait_until)

__all__ = ["BIN", "DEADLINE_S", "NODE", "OBSERVER", "REAL_DATA", "SKIPPED", "TOP", "Client", "Folder", "Kafka", "Message",
           "Mosquitto", "Node", "Process", "Refused", "Service", "free_ports", "jars", "late_s", "main",
           "real_data", "retried", "shared_kafka", "skip", "wait_until"]


def main(scope):
    """Runs the functions test_* of scope, in their order, or those named on the command line."""
    if scope["__name__"] != "__main__":
        return
    tests = {name: value for name, value in scope.items() if name.startswith("test_") and callable(value)}
    chosen = sys.argv[1:] or list(tests)
    try:
        _run(tests, chosen)
    finally:
        end_shared_kafka()


def _run(tests, chosen):
    failed = skipped = 0
    for name in chosen:
        began = time.monotonic()
        try:
            tests[name]()
            outcome = "ok"
        except SystemExit as end:
            if end.code != SKIPPED:
                raise
            outcome = "skipped"
            skipped += 1
        except Exception:
            traceback.print_exc()
            outcome = "FAILED"
            failed += 1
        print(f"{outcome} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if failed or not chosen:
        sys.exit(1)
    sys.exit(SKIPPED if skipped == len(chosen) else 0)
