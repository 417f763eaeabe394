#!/usr/bin/python3
# tests/nodes/test_up.py - what a node tells others over Kafka: tracks, advisories, its catalogue.
# SPDX-License-Identifier: Apache-2.0
# Takes: 50 s
"""Two regions, each with a node and a broker of its own, on one Kafka. Each node reads the tracks of both regions: those
of the other are traffic, its own are passed over. The catalogue is read back by kcat and by `drf-edge catalog`. Without
Kafka contexts go on, and what cannot be told is counted."""
import json
import signal
import subprocess
import time

from drf_fixture import BIN, NODE, Kafka, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

ROOT = "drf-test/v1"
JSON = "application/json"
TRAFFIC, RAISED, CLEARED = 7, 1, 2  # AdvisoryKind, AdvisoryState
BOUNDS = {"sim-west": [-79.6, 43.5, -79.3, 43.8], "sim-east": [-79.3, 43.5, -79.0, 43.8]}
TRACKS = {region: f"drf.tracks.{region}" for region in BOUNDS}
ADVISORIES = {region: f"drf.advisories.{region}" for region in BOUNDS}
CATALOG = "drf.catalog"


def config(kafka, mqtt, region, http):
    return {
        "region": {"id": region, "bounds": BOUNDS[region], "margin_m": 1000},
        "node": {"id": "n1", "mode": "SIM"},
        "store": {"path": "{folder}/region.gpkg"},
        "kafka": {"bootstrap.servers": kafka.bootstrap},
        "http": {"port": http},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "publish": {"tracks_topic": TRACKS[region], "advisories_topic": ADVISORIES[region], "catalog_topic": CATALOG,
                    "tracks_every_ms": 200},
        "limits": {"discover_s": 1},
        "feeds": [{"name": f"seen-{of}", "topic": topic, "kind": "traffic", "format": "tracks", "licence": f"of {of}"}
                  for of, topic in TRACKS.items()],
    }


class Drone:
    """Stands at a place, or flies; keeps its newest context."""

    def __init__(self, mqtt, region, name, lat, lon, east_mps=0.0):
        self.region, self.name, self.lat, self.lon, self.east_mps = region, name, lat, lon, east_mps
        self.client = mqtt.client(name)
        self.client.subscribe(f"{ROOT}/drones/{name}/context/+")
        self.client.publish(f"{ROOT}/drones/{name}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type=JSON)
        self.seq, self.contexts, self.context = 0, 0, None

    def report(self):
        self.seq += 1
        seen = {"seen": {"boot_id": self.context["boot_id"], "context_seq": self.context["seq"]}} if self.context else {}
        self.client.publish(f"{ROOT}/drones/{self.name}/telemetry", json.dumps({
            "seq": self.seq, "drone_boot_id": "77", "time_us": str(time.time_ns() // 1000), "time_source": 1,
            "lat_e7": round(self.lat * 1e7), "lon_e7": round(self.lon * 1e7), "alt_wgs84_m": 100.0,
            "velocity_north_mps": 0.0, "velocity_east_mps": self.east_mps, **seen}), content_type=JSON)

    def look(self):
        while True:
            try:
                message = self.client.take(0)
            except TimeoutError:
                return
            if message.properties.ContentType == JSON:
                self.context = json.loads(message.payload)
                self.contexts += 1

    def traffic(self):
        """Whom the newest context names, each as often as it is named."""
        return sorted(one["traffic_id"] for one in (self.context or {}).get("traffic", []))

    def source(self, other):
        return [one.get("source") for one in self.context["traffic"] if one["traffic_id"] == other]


def flown(drones, until, what):
    """All report, five times a second, until it is so."""
    def look():
        for drone in drones:
            drone.report()
        time.sleep(0.2)
        for drone in drones:
            drone.look()
        return until()
    return wait_until(look, what)


def told(kafka, topic, key, last=50):
    """Values of the topic under that key, and their headers, of the last so many messages."""
    end = kafka.end_offset(topic)
    first = max(0, end - last)
    return [(json.loads(value), headers) for of, value, headers, _ in kafka.consume(topic, end - first, offset=first)
            if of == key.encode()] if end else []


def metric(port, name):
    return place.metrics(port).get(name, 0)


def test_others_are_told_of_drones_advisories_and_sources():
    with Kafka() as kafka, Mosquitto(users=["w-1", "w-2"]) as first, Mosquitto(users=["e-1"]) as second:
        kafka.create_topics(*TRACKS.values(), *ADVISORIES.values())
        kafka.create_compacted(CATALOG)
        ports = free_ports(2)
        with Node(config(kafka, first, "sim-west", ports[0])), Node(config(kafka, second, "sim-east", ports[1])):
            # 45 m of latitude apart, 145 m from the border on either side.
            west = Drone(first, "sim-west", "w-1", 43.65, -79.3018)
            mate = Drone(first, "sim-west", "w-2", 43.6504, -79.3018)
            east = Drone(second, "sim-east", "e-1", 43.65, -79.2982)
            drones = (west, mate, east)
            flown(drones, lambda: east.traffic() == ["w-1", "w-2"] and west.traffic() == ["e-1", "w-2"]
                  and mate.traffic() == ["e-1", "w-1"], "each sees the two others, once")
            assert east.source("w-1") == ["seen-sim-west/sim-west/n1"], east.context["traffic"]
            assert west.source("e-1") == ["seen-sim-east/sim-east/n1"], west.context["traffic"]
            assert west.source("w-2") == [None], west.context["traffic"]
            # For a while nobody is seen twice, nor sees itself.
            before = kafka.end_offset(TRACKS["sim-west"])
            seen = set()
            flown(drones, lambda: seen.update(tuple(drone.traffic()) for drone in drones)
                  or kafka.end_offset(TRACKS["sim-west"]) > before + 40, "further tracks")
            assert seen == {("w-1", "w-2"), ("e-1", "w-2"), ("e-1", "w-1")}, seen
            # Its own tracks a node reads and passes over.
            assert place.applied(ports[0], "seen-sim-west") == 0 and place.applied(ports[0], "seen-sim-east") > 0
            assert metric(ports[0], "drf_tracks") == 1 and metric(ports[1], "drf_tracks") == 2
            assert metric(ports[0], 'drf_feed_refusals_total{feed="seen-sim-west",reason="IGNORED"}') == 0

            values = told(kafka, TRACKS["sim-west"], "w-1")
            value, headers = values[-1]
            assert value["traffic_id"] == "w-1" and value["lat_e7"] == 436500000 and value["lon_e7"] == -793018000, value
            assert value["alt_wgs84_m"] == 100 and value["velocity_east_mps"] == 0, value
            assert headers["ce_source"] == b"sim-west/n1" and headers["drf_mode"] == b"SIM", headers
            ids = [headers["ce_id"] for _, headers in values]
            assert len(set(ids)) == len(ids) and all(headers["ce_time"] for _, headers in values), headers

            # They close in, and part again.
            west.east_mps, east.east_mps = 15.0, -15.0
            raised = flown(drones, lambda: [v for v, _ in told(kafka, ADVISORIES["sim-west"], "w-1")
                                            if v["advisory"]["kind"] == TRAFFIC
                                            and v["advisory"]["feature_id"] == "e-1"], "an advisory over Kafka")[0]
            assert raised["region_id"] == "sim-west" and raised["node_id"] == "n1", raised
            assert raised["advisory"]["state"] == RAISED and raised["mode"] == 4, raised
            west.east_mps, east.east_mps, east.lon = -15.0, 15.0, -79.05
            number = raised["advisory"]["advisory_id"]
            flown(drones, lambda: any(v["advisory"]["advisory_id"] == number and v["advisory"]["state"] == CLEARED
                                      for v, _ in told(kafka, ADVISORIES["sim-west"], "w-1")), "cleared over Kafka")

            check_catalog(kafka)
            check_without_kafka(kafka, drones, ports)


def check_catalog(kafka):
    wait_until(lambda: all(any(source.get("feed") == "seen-sim-east" and source.get("records")
                               for value, _ in told(kafka, CATALOG, f"{region}/n1")[-1:]
                               for source in value["sources"]) for region in BOUNDS), "catalogues with their feeds")
    lines = kafka.kcat_consume(CATALOG, kafka.end_offset(CATALOG), form="%k %h\n").decode().splitlines()
    assert any(line.startswith("sim-east/n1 ") and "ce_source=sim-east/n1" in line for line in lines), lines
    command = [BIN / "drf-edge", "catalog", "--kafka", kafka.bootstrap]
    text = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    assert "sim-west/n1: SIM, said " in text and "sim-east/n1: SIM, said " in text, text
    assert "traffic   seen-sim-east/sim-east/n1, licence of sim-east" in text, text
    out = subprocess.run([*command, "--json"], check=True, text=True, stdout=subprocess.PIPE).stdout
    nodes = {(one["region"], one["node"]): one for one in json.loads(out)}
    assert set(nodes) == {("sim-west", "n1"), ("sim-east", "n1")}, nodes
    assert nodes["sim-west", "n1"]["age_s"] >= 0 and nodes["sim-west", "n1"]["catalog"]["sources"], nodes
    # A tombstone takes it out; a wrong use and a broker that is not there are said.
    kafka.produce(CATALOG, None, key="sim-west/n1")
    out = subprocess.run([*command, "--json"], check=True, text=True, stdout=subprocess.PIPE).stdout
    assert [one["region"] for one in json.loads(out)] == ["sim-east"], out
    assert subprocess.run([BIN / "drf-edge", "catalog"], check=False, stderr=subprocess.PIPE).returncode == 2
    empty = subprocess.run([*command, "--topic", "none.such"], check=True, text=True, stdout=subprocess.PIPE).stdout
    assert empty == "no node has said what it offers\n", empty


def check_without_kafka(kafka, drones, ports):
    kafka.kill()
    lost = metric(ports[0], "drf_publish_drops_total")
    west = drones[0]
    before, first = west.contexts, west.seq
    flown(drones, lambda: metric(ports[0], "drf_publish_drops_total") > lost + 20, "what Kafka does not take is counted")
    wait_until(lambda: west.look() or west.contexts - before >= west.seq - first, "a context for each report")
    kafka.start()
    flown(drones, lambda: kafka.end_offset(TRACKS["sim-west"]) and told(kafka, TRACKS["sim-west"], "w-1")[-1][0]
          ["data_time_us"] > str((time.time_ns() // 1000) - 3000000), "the newest is told again")


def test_a_topic_comes_and_goes_with_a_reload():
    with shared_kafka() as kafka, Mosquitto(users=["w-1"]) as mqtt:
        kafka.create_topics(TRACKS["sim-west"])
        with_topics = config(kafka, mqtt, "sim-west", 0)
        with_topics["feeds"] = []
        without = {name: value for name, value in with_topics.items() if name != "publish"}
        with Node(without) as node:
            drone = Drone(mqtt, "sim-west", "w-1", 43.65, -79.31)
            flown([drone], lambda: drone.contexts > 2, "contexts")
            assert kafka.end_offset(TRACKS["sim-west"]) == 0

            def reload(settings, times):
                node.write_config(settings)
                node.process.signal(signal.SIGHUP)
                wait_until(lambda: node.log_text().count("what=reload.done") == times, "the reload")
            reload(with_topics, 1)
            flown([drone], lambda: kafka.end_offset(TRACKS["sim-west"]) > 2, "tracks")
            reload(without, 2)
            drone.look()
            before = drone.contexts
            at = kafka.end_offset(TRACKS["sim-west"])
            flown([drone], lambda: drone.contexts > before + 10, "contexts go on")
            assert kafka.end_offset(TRACKS["sim-west"]) <= at + 1, "what was under way"


main(globals())
