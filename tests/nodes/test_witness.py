#!/usr/bin/python3
# tests/nodes/test_witness.py - the fleet judges two nodes of one region together, and finds what they break.
# SPDX-License-Identifier: Apache-2.0
# Takes: 60 s
"""A real Kafka and a real mosquitto, two nodes that know the same world. The simulated fleet asks for the streams of both
and one node is killed: nothing is wrong, all of what they promise together was judged, and a drone of the Python package
is served all the time. Two nodes that do not know of each other both answer: found (DRF_FULL=1)."""
import json
import os
import re
import signal
import subprocess
import threading

from drf_fixture import TOP, Folder, Kafka, Mosquitto, Node, free_ports, main, skip, wait_until
from fixture import client, place
from test_demo_witness import DRONES, FILES, caught_up, configuration, fly, run

OTHER, PYTHON = "drf-node-2", "python-1"
BROKER = {"auto.create.topics.enable": "false", "group.min.session.timeout.ms": 1000}
SESSION_S = 3.0


def two(kafka, mqtt, bounds, topic):
    """The configurations of two nodes, and the ports of their pages."""
    ports = free_ports(2)
    configs = [configuration(kafka.bootstrap, mqtt, port, bounds) for port in ports]
    for config, name in zip(configs, ("n1", "n2")):
        config["node"]["id"] = name
        config["owners"] = {"topic": topic, "session_ms": round(1000 * SESSION_S)}
    configs[1]["mqtt"].update(username=OTHER, password=mqtt.passwords[OTHER])
    return configs, ports


class Fed:
    """A world in Kafka's topics, and two nodes that have read it."""

    def __init__(self, topic=""):
        self.topic = topic
        self.folder, self.kafka, self.mqtt = Folder("witness"), Kafka(BROKER), Mosquitto(users=[*DRONES, PYTHON], nodes=[OTHER])
        self.nodes = []

    def __enter__(self):
        for part in (self.folder, self.kafka, self.mqtt):
            part.__enter__()
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self):
        world = self.folder.path / "world"
        made = run("world", "--seed", "5", "--out", world, "--center", "47,8", "--size-km", "8")
        bounds = [float(x) for x in re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()]
        self.kafka.create_topics(*(f"w.{name}" for name in FILES))
        configs, self.ports = two(self.kafka, self.mqtt, bounds, self.topic)
        for config in configs:
            self.nodes.append(Node(config))
            self.nodes[-1].__enter__()
        for name, (kind, file) in FILES.items():
            run("publish", "--bootstrap", self.kafka.bootstrap, "--topic", f"w.{name}", "--kind", kind, world / file)
        for port in self.ports:
            wait_until(lambda port=port: caught_up(port), "all is learned")

    def __exit__(self, kind, error, trace):
        for part in (*reversed(self.nodes), self.mqtt, self.kafka, self.folder):
            part.__exit__(kind, error, trace)

    def owned(self):
        """All parts of the drones have an owner, and both nodes are one of some."""
        parts = [place.metrics(port).get("drf_owner_parts", 0) for port in self.ports]
        return sum(parts) == 32 and all(parts)


def test_one_node_is_killed_and_the_other_goes_on():
    with Fed("drf.owners.sim-witness") as fed:
        wait_until(fed.owned, "each node is owner of some")
        mqtt = fed.mqtt
        drone = subprocess.Popen([client.python(), TOP / "tests/integration/client/failover.py", mqtt.host, str(mqtt.port), PYTHON,
                                  mqtt.passwords[PYTHON], "47.0", "8.0", "18"], text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        try:
            assert "served" in drone.stderr.readline()
            killed = threading.Timer(5, lambda: fed.nodes[0].process.signal(signal.SIGKILL))
            killed.start()
            code, report, text = fly(mqtt, fed.folder, 16, "--streams", "--requests", "0")
            killed.join()
            told = json.loads(drone.communicate(timeout=120)[0])
        finally:
            drone.kill()
            drone.wait()
        several, kinds = report["several_nodes"], report["kinds"]
        assert (code, report["mismatches"]) == (0, 0), text
        assert report["verified"] == report["contexts"] - report["unmatched"], "contexts of both nodes are checked"
        # What was judged, and that there was something to judge.
        assert several["streams"] and several["owner_changes"] >= 1 and several["owner_contexts"] > 250, several
        assert kinds["owner"]["checked"] > 0 and kinds["context_gap"]["checked"] > 300, kinds
        assert several["replied"] >= len(DRONES), several
        assert several["gaps_over"] == several["gaps_unjudged"] == several["unanswered"] == several["replied_twice"] == 0, several
        assert 0.5 < several["longest_without_owner_s"], several
        assert f"{several['owner_changes']} changes of owner" in text, text
        a_drone_of_the_package(told)


def a_drone_of_the_package(told):
    for at_s, why in told["unserved"]:
        assert any(0 <= at_s - from_s < late_s + 4 for from_s, late_s in told["late_s"]), (at_s, why, told)
    epochs = [epoch for (_, epoch), _ in told["used"] if epoch]
    assert epochs == sorted(epochs) and epochs, told
    assert told["used"][-1][0][0] == "n2" and epochs[-1] > 0, "the one that lives is its owner"


def test_two_nodes_that_do_not_know_of_each_other_are_found():
    if "DRF_FULL" not in os.environ:
        skip("DRF_FULL=1 does it")
    with Fed() as fed:
        code, report, text = fly(fed.mqtt, fed.folder, 6, "--streams", "--requests", "0")
        several = report["several_nodes"]
        assert code == 1 and several["replied_twice"] == several["asked"] >= len(DRONES), text
        assert report["kinds"]["reply"]["wrong"] == several["replied_twice"], report["kinds"]["reply"]
        # And that is all: each of the two is right by itself.
        assert report["mismatches"] == several["replied_twice"], text


main(globals())
