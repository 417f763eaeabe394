#!/usr/bin/python3
# tests/integration/test_refused.py - a refused zone is not silence, from a real Kafka to drones on a real mosquitto.
# SPDX-License-Identifier: Apache-2.0
# Takes: 40 s
"""A zone that was not understood marks its box, for who is in it and nobody else, also after a kill; what names no place
changes no drone's layers and is told in the node's state."""
import json
import subprocess
import time

from drf_fixture import BIN, DEADLINE_S, OBSERVER, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

ZONES = "t.zones"
LAYER_ZONE, UNREADABLE = 5, 19  # enums.proto
JUNK = 10000
HERE, THERE = (47.05, 8.05), (47.01, 8.09)


def headers(seconds):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06d}Z"
    return {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "authority", "ce_type": "drf.zone", "ce_time": stamp,
            "drf_mode": "LIVE"}


def zone(identity, closed, **properties):
    """A prohibited zone of about a kilometre around HERE."""
    lat, lon = HERE
    ring = [[lon + x, lat + y] for x, y in ((-.005, -.005), (.005, -.005), (.005, .005), (-.005, .005))]
    given = {"restriction": "PROHIBITED", "lower_agl_m": 0, "upper_amsl_m": 2000, **properties}
    return json.dumps({"type": "Feature", "id": identity, "properties": given, "geometry": {
        "type": "Polygon", "coordinates": [ring + ring[:1] if closed else ring]}}).encode()


def configuration(kafka, mqtt, http):
    made = place.configuration(kafka.bootstrap, mqtt, http=http)
    made["feeds"] = [{"name": "zones", "topic": ZONES, "kind": "zone", "format": "geojson_zones"}]
    return made


class Drone:
    def __init__(self, mqtt, name, where):
        self.client, self.root, self.where, self.seq = mqtt.client(name), f"drf/v1/drones/{name}", where, 0
        self.client.subscribe(f"{self.root}/context/+")
        self.client.publish(f"{self.root}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type="application/json")

    def layer(self):
        """Why zones are not complete where it is, as the answer to a report of its own says; None: they are."""
        self.seq += 1
        self.client.publish(f"{self.root}/telemetry", place.report(self.seq, *self.where),
                            content_type="application/json")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                self.last = json.loads(self.client.take(1).payload)
            except TimeoutError:
                continue
            if self.last.get("telemetry_seq") == self.seq:
                return {s["layer"]: s["reason"] for s in self.last.get("layer_states", [])}.get(LAYER_ZONE)
        return "no answer"

    def until(self, reason):
        wait_until(lambda: self.layer() == reason, f"zones of {self.root} say {reason}")

    def zones(self):
        return [a["feature_id"] for a in self.last.get("advisories", []) if a.get("kind") == 6 and "feature_id" in a]


def stored(node):
    """Why zones are not complete at HERE, as the store says; None: they are."""
    out = subprocess.run([BIN / "drf-edge", "query", "--store", node.path("region.gpkg"), *map(str, HERE), "--json"],
                         check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    return {s["layer"]: s["reason"] for s in json.loads(out).get("layer_states", [])}.get(LAYER_ZONE)


def refused(port):
    return sum(value for name, value in place.metrics(port).items()
               if name.startswith('drf_feed_refusals_total{feed="zones"'))


def test_a_refused_zone_marks_its_box_until_a_good_version():
    port, = free_ports(1)
    began = time.time()
    with shared_kafka() as kafka, Mosquitto(["in", "out"]) as mqtt:
        kafka.create_topics(ZONES)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            inside, outside = Drone(mqtt, "in", HERE), Drone(mqtt, "out", THERE)
            inside.until(None)
            kafka.produce(ZONES, zone("a", closed=False), key="a", headers=headers(began))
            inside.until(UNREADABLE)
            assert inside.zones() == [], inside.last
            assert any("refused" in a.get("text", "") for a in inside.last["advisories"]), inside.last["advisories"]
            outside.until(None)

            kafka.produce(ZONES, zone("a", closed=True), key="a", headers=headers(began + 1))
            inside.until(None)
            wait_until(lambda: inside.layer() is None and inside.zones() == ["a"], "the good version warns")
            kafka.produce(ZONES, zone("a", closed=False), key="a", headers=headers(began + 2))
            inside.until(UNREADABLE)
            assert inside.zones() == ["a"], "what was good is in force"
            wait_until(lambda: stored(node) == UNREADABLE, "it is committed")
            node.kill()
            node.start()
            inside.until(UNREADABLE)
            assert inside.zones() == ["a"], inside.last
            outside.until(None)
            kafka.produce(ZONES, None, key="a", headers=headers(began + 3))
            wait_until(lambda: inside.layer() is None and inside.zones() == [], "the withdrawal ends both")


def test_junk_changes_no_layer_and_is_told_in_the_state_of_the_node():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["in"]) as mqtt:
        kafka.create_topics(ZONES)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            inside = Drone(mqtt, "in", HERE)
            inside.until(None)
            kafka.produce_all(ZONES, [{"key": f"j{i}", "value": b'{"type":"Feature","id":"%d","geometry":{' % i}
                                      for i in range(JUNK)])

            def through():
                assert inside.layer() in (None, "no answer"), inside.last  # all the while
                return refused(port) >= JUNK
            wait_until(through, "all junk is refused")
            inside.until(None)
            assert refused(port) == JUNK
            with mqtt.client(OBSERVER) as observer:
                observer.subscribe("drf/v1/regions/+/nodes/+/state")
                found = wait_until(lambda: [observer.take(5)], "the state of the node")[0]
            assert b"zones" in found.payload, found.payload
            assert stored(node) is None


main(globals())
