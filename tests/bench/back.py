#!/usr/bin/python3
# tests/bench/back.py [SECONDS [PAIRS]] - how soon the node is back after a broker or a link was away.
# SPDX-License-Identifier: Apache-2.0
"""A JSON line for each: from the return of a mosquitto that was away for SECONDS (40) until a drone has its first
context; from the cut of a link, without a word to either side, until the node says that MQTT, and that Kafka is
missing; from the healing of that link after half of SECONDS until every feed is current. Medians of PAIRS (3).

The node runs in a network namespace; another one stands between it and the brokers, and a cut is that this one
forwards nothing. Needs root."""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import fixture.kafka
from drf_fixture import BIN, Kafka, Mosquitto, Node, Process, free_ports, wait_until
from fixture import place

GOALS_S = {"mqtt_back": 2, "mqtt_cut": 5, "kafka_cut": 5, "feeds_back": 5}
BROKERS, NODE_SIDE = "10.98.67.1", "10.98.68.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Link(contextlib.AbstractContextManager):
    """Brokers - router - node, each in a network namespace, that of the brokers being this one."""

    def __init__(self):
        self.router, self.node = f"drf-router-{os.getpid()}", f"drf-node-{os.getpid()}"
        self.ends = [f"drf{letter}{os.getpid() % 100000}" for letter in "abcd"]

    def __enter__(self):
        a, b, c, d = self.ends
        for space in self.router, self.node:
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", a, "type", "veth", "peer", "name", b)
        ip("link", "set", b, "netns", self.router)
        ip("-n", self.router, "link", "add", c, "type", "veth", "peer", "name", d)
        ip("-n", self.router, "link", "set", d, "netns", self.node)
        ip("addr", "add", f"{BROKERS}/24", "dev", a)
        ip("link", "set", a, "up")
        for space, end, address in ((self.router, b, "10.98.67.2"), (self.router, c, "10.98.68.1"), (self.node, d, NODE_SIDE)):
            ip("-n", space, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", space, "link", "set", end, "up")
        ip("route", "add", "10.98.68.0/24", "via", "10.98.67.2")
        ip("-n", self.node, "route", "add", "default", "via", "10.98.68.1")
        self.forward(True)
        return self

    def forward(self, on):
        subprocess.run(["ip", "netns", "exec", self.router, "sh", "-c",
                        f"echo {int(on)} > /proc/sys/net/ipv4/ip_forward"], check=True)

    def __exit__(self, *_):
        for space in self.node, self.router:
            subprocess.run(["ip", "netns", "del", space], check=False)
        subprocess.run(["ip", "link", "del", self.ends[0]], check=False, stderr=subprocess.DEVNULL)


class FarNode(Node):
    def __init__(self, link, config):
        super().__init__(config)
        self.link = link

    def start(self):
        self.process = Process("drf-edge", ["ip", "netns", "exec", self.link.node, BIN / "drf-edge", "run", "--config",
                                            self.config_path], self.folder.path / "node.log", cwd=self.folder.path)

    def count(self, text):
        return self.log_text().count(text)

    def seconds_until(self, text, before, began_s):
        wait_until(lambda: self.count(text) > before, text)
        return time.monotonic() - began_s


def reachable_kafka():
    """Kafka at an address that the node's namespace reaches too."""
    port, controller = free_ports(2)
    fixture.kafka.free_ports = lambda _count: (port, controller)
    return Kafka({"listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{controller}",
                  "advertised.listeners": f"PLAINTEXT://{BROKERS}:{port}"}), f"{BROKERS}:{port}"


def reachable_mosquitto():
    mqtt = Mosquitto(["d-1"])
    start = mqtt._start

    def bound():
        conf = mqtt.folder.path / "mosquitto.conf"
        conf.write_text(conf.read_text().replace(f"listener {mqtt.port} 127.0.0.1", f"listener {mqtt.port} 0.0.0.0"))
        start()
    mqtt._start = bound
    return mqtt


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
        value, goal = statistics.median(values), GOALS_S[name]
        print(json.dumps({"bench": name, "value": round(value, 2), "unit": "s", "reference": "goal",
                          "reference_value": goal, "ratio": round(value / goal, 2), "reach": 1,
                          "met": value <= goal, "all": [round(one, 2) for one in values]}), flush=True)


main()
