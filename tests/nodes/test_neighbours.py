#!/usr/bin/python3
# tests/nodes/test_neighbours.py - two regions side by side, each with a node and a broker of its own.
# SPDX-License-Identifier: Apache-2.0
"""Two mosquittos joined as `deploy/mosquitto/configure` joins them: each fetches the states of the other's nodes. Each
node names the other as a neighbour; a drone in the overlap, which speaks to both, is PRIMARY of one at a time."""
import json
import shutil
import subprocess
import time

from drf_fixture import NODE, OBSERVER, TOP, Mosquitto, Node, main, wait_until
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = "drf-test/v1"
JSON = "application/json"
DOWN, SECONDARY, PRIMARY = 1, 1, 2
DRONE = "d-1"
# West, south, east, north; they overlap from -79.25 to -79.2.
BOUNDS = {"sim-west": [-79.6, 43.5, -79.2, 43.8], "sim-east": [-79.25, 43.5, -78.9, 43.8]}
OVERLAP = {"lat_e7": 436500000, "lon_e7": -792250000}


def messages():
    files = descriptor_pb2.FileDescriptorSet.FromString((TOP / "tests/data/golden/drf_v1.desc").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.MessageFactory(pool), pool


FACTORY, POOL = messages()
NodeState = FACTORY.GetPrototype(POOL.FindMessageTypeByName("drf.v1.NodeState"))


def config(mqtt, region, priority):
    return {
        "region": {"id": region, "bounds": BOUNDS[region], "margin_m": 1000, "priority": priority,
                   "address": f"{mqtt.host}:{mqtt.port}"},
        "node": {"id": "n1", "mode": "SIM"},
        "store": {"path": "{folder}/region.gpkg"},
        # Nothing listens there: the node serves without Kafka.
        "kafka": {"bootstrap.servers": "127.0.0.1:9"},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "feeds": [],
    }


class Side:
    """A region: its broker, and an observer there who keeps the newest state of each node it hears of."""

    def __init__(self, region, mqtt):
        self.region, self.mqtt = region, mqtt
        self.states, self.heard = {}, 0
        self.observer = None

    def watch(self):
        if self.observer:
            self.observer.close()
        self.observer = self.mqtt.client(OBSERVER)
        self.observer.subscribe(f"{ROOT}/regions/+/nodes/+/state")

    def state(self, region):
        """The newest state of that region's node, as this broker has it."""
        while True:
            try:
                message = self.observer.take(0)
            except TimeoutError:
                return self.states.get(region)
            self.heard += 1
            self.states[message.topic.split("/")[3]] = NodeState.FromString(message.payload)

    def neighbours(self):
        """What this region's node names."""
        state = self.state(self.region)
        return {n.region_id: n for n in state.neighbours} if state and state.condition != DOWN else None


def join(one, other):
    """`one` fetches the states of `other`'s nodes."""
    account = f"drf-bridge-{one.region}"
    other.mqtt.add_users(account, service=True)
    file = one.mqtt.folder.path / "beside"
    file.write_text(f"{account}:{other.mqtt.passwords[account]}\n")
    return ["--reader", f"drf-bridge-{other.region}", "--beside", other.region,
            f"{other.mqtt.host}:{other.mqtt.port}", file]


def begin_anew(side, arguments):
    """The broker, with a configuration that has these as well."""
    side.mqtt.stop()
    subprocess.run([TOP / "deploy/mosquitto/configure", side.mqtt.folder.path, "--port", str(side.mqtt.port),
                    *arguments], check=True)
    side.mqtt.start()


class Drone:
    """Speaks to both brokers; sees what each node says."""

    def __init__(self, sides):
        self.clients = {side.region: side.mqtt.client(DRONE) for side in sides}
        for client in self.clients.values():
            client.subscribe(f"{ROOT}/drones/{DRONE}/context/+")
            client.publish(f"{ROOT}/drones/{DRONE}/profile", json.dumps({"json": True}), qos=1, retain=True,
                           content_type=JSON)
        self.seq = 0

    def close(self):
        for client in self.clients.values():
            client.close()

    def authority(self):
        """Of both nodes' contexts that answer one report, by region; None where none came within a second."""
        self.seq += 1
        said = {}
        text = json.dumps({"seq": self.seq, "drone_boot_id": "77", "time_us": str(time.time_ns() // 1000),
                           "time_source": 1, **OVERLAP, "alt_wgs84_m": 100.0, "velocity_north_mps": 0.0,
                           "velocity_east_mps": 15.0})
        for client in self.clients.values():
            client.publish(f"{ROOT}/drones/{DRONE}/telemetry", text, content_type=JSON)
        for region, client in self.clients.items():
            said[region] = None
            try:
                while True:
                    message = client.take(1)
                    if message.properties.ContentType != JSON:  # the profile is not there yet
                        continue
                    context = json.loads(message.payload)
                    if context["telemetry_seq"] == self.seq:
                        assert context["region_id"] == region
                        said[region] = context["authority"]
                        break
            except TimeoutError:
                pass
        return said


def test_two_regions_name_each_other_and_one_serves_where_they_overlap():
    with Mosquitto(users=[DRONE]) as first, Mosquitto(users=[DRONE]) as second:
        west, east = Side("sim-west", first), Side("sim-east", second)
        arguments = {west: join(west, east), east: join(east, west)}
        for side, words in arguments.items():
            begin_anew(side, words)
            side.watch()
        with Node(config(first, "sim-west", 1)) as west_node, Node(config(second, "sim-east", 0)) as east_node:
            for one, other, mqtt in ((west, east, second), (east, west, first)):
                named = wait_until(lambda one=one, other=other: (one.neighbours() or {}).get(other.region),
                                   f"{one.region} names {other.region}")
                assert named.node_id == "n1" and named.address == f"{mqtt.host}:{mqtt.port}", named
                assert named.margin_m == 1000 and named.priority == (other.region == "sim-west"), named
                corners = {(v.lat_e7, v.lon_e7) for v in named.boundary}
                w, s, e, n = (round(value * 1e7) for value in BOUNDS[other.region])
                assert corners == {(s, w), (s, e), (n, e), (n, w)}, corners
                state = one.state(one.region)
                assert state.address == f"{one.mqtt.host}:{one.mqtt.port}", state

            drone = Drone((west, east))
            wait_until(lambda: drone.authority() == {"sim-west": PRIMARY, "sim-east": SECONDARY},
                       "the greater priority is PRIMARY")

            west_node.kill()
            wait_until(lambda: east.neighbours() == {}, "the dead node is named no more")
            wait_until(lambda: drone.authority()["sim-east"] == PRIMARY, "the other region serves alone")

            west_node.start()
            wait_until(lambda: "sim-west" in (east.neighbours() or {}), "it is back")
            wait_until(lambda: drone.authority() == {"sim-west": PRIMARY, "sim-east": SECONDARY}, "as before")

            # The brokers: one is away for a while, and forgets everything.
            second.kill()
            (second.folder.path / "mosquitto.db").unlink(missing_ok=True)
            second.start()
            east.watch()
            drone.close()
            drone = Drone((west, east))
            wait_until(lambda: "sim-west" in (east.neighbours() or {}), "named again")
            wait_until(lambda: drone.authority() == {"sim-west": PRIMARY, "sim-east": SECONDARY}, "served again")

            east_node.stop()
            wait_until(lambda: west.neighbours() == {}, "one that ends in order is named no more")
        # Nothing went round in circles: each change is a message or two on each broker.
        west.state("sim-west")
        east.state("sim-west")
        assert west.heard < 60 and east.heard < 60, (west.heard, east.heard)


def test_brokers_with_certificates_are_joined_and_a_reader_reads_only():
    topics = [f"{root}/regions/sim-east/nodes/n1/state" for root in ("drf/v1", ROOT)]
    with Mosquitto(tls=True) as first, Mosquitto(tls=True, services=["drf-bridge-sim-west"]) as second:
        folder = first.folder.path / "beside"
        folder.mkdir()
        there = second.folder.path / "tls"
        for file in (there / "ca.pem", *(there / "clients").glob("drf-bridge-sim-west.*")):
            shutil.copy(file, folder)
        begin_anew(Side("sim-east", second), ["--tls", "--reader", "drf-bridge-sim-west"])
        begin_anew(Side("sim-west", first), ["--tls", "--beside", "sim-east", f"localhost:{second.port}",
                                             folder / "drf-bridge-sim-west.pem"])
        with second.client(NODE) as node, first.client(OBSERVER) as observer:
            observer.subscribe("drf/v1/#", f"{ROOT}/#")
            node.publish(f"{ROOT}/regions/sim-other/nodes/n1/state", b"of another region", qos=1, retain=True)
            node.publish(f"{ROOT}/regions/sim-east/nodes/n1/heartbeat", b"no state", qos=1, retain=True)
            for topic in topics:
                node.publish(topic, topic.encode(), qos=1, retain=True)
            # What is refused or not fetched would have come first.
            assert {observer.take().topic for _ in topics} == set(topics)


if __name__ == "__main__":
    main(globals())
