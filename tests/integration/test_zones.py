#!/usr/bin/python3
# tests/integration/test_zones.py - airspace zones from a real Kafka to drones on a real mosquitto.
# SPDX-License-Identifier: Apache-2.0
# Takes: 35 s
import json
import subprocess
import time

from drf_fixture import BIN, DEADLINE_S, Mosquitto, Node, free_ports, late_s, main, real_data, shared_kafka, wait_until
from fixture import place

ZONES = "t.zones"
WARNING, CAUTION = 1, 2
KIND_ZONE, LAYER_ZONE = 6, 5
ROOT = "drf/v1/drones/d-1"
TOLD_GOAL_S = 1.0  # from Kafka to a drone that hovers


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06d}Z"


def headers():
    return {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "authority", "ce_type": "drf.zone",
            "ce_time": utc(time.time()), "drf_mode": "LIVE"}


def square(identity, **properties):
    """A zone of about a kilometre around the middle, up to 2,000 m AMSL."""
    lat, lon = place.MIDDLE
    ring = [[lon + x, lat + y] for x, y in ((-.005, -.005), (.005, -.005), (.005, .005), (-.005, .005), (-.005, -.005))]
    given = {"name": "Concert", "restriction": "PROHIBITED", "lower_agl_m": 0, "upper_amsl_m": 2000, **properties}
    return json.dumps({"type": "Feature", "id": identity, "properties": given,
                       "geometry": {"type": "Polygon", "coordinates": [ring]}}).encode()


def configuration(kafka, mqtt, http, zone_format="geojson_zones", bounds=None):
    made = place.configuration(kafka.bootstrap, mqtt, http=http)
    made["feeds"] = [{"name": "zones", "topic": ZONES, "kind": "zone", "format": zone_format}]
    if bounds:
        made["region"]["bounds"] = bounds
    return made


def applied(port, outcome="applied"):
    return place.metrics(port).get(f'drf_feed_messages_total{{feed="zones",outcome="{outcome}"}}', 0)


class Drone:
    """Hovers at 600 m AMSL in the middle and asks for ProtoJSON."""

    def __init__(self, mqtt):
        self.client = mqtt.client("d-1")
        self.client.subscribe(f"{ROOT}/context/+")
        self.client.publish(f"{ROOT}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type="application/json")
        self.seq = 0

    def report(self):
        self.seq += 1
        self.client.publish(f"{ROOT}/telemetry", place.report(self.seq), content_type="application/json")

    def zones(self, deadline_s):
        """The next context, and the zones that it tells of."""
        context = json.loads(self.client.take(deadline_s).payload)
        return context, [a for a in context.get("advisories", []) if a.get("kind") == KIND_ZONE]

    def told(self, wanted, deadline_s):
        """The first context whose zones are as wanted, without a word of the drone's."""
        end = time.monotonic() + deadline_s
        while True:
            context, found = self.zones(max(end - time.monotonic(), 0.0))
            if wanted(found):
                return context, found

    def settle(self, wanted, severity=None):
        """Reports until a context has as many zones as wanted (and so severe), and takes what else was under way."""
        def look():
            self.report()
            try:
                _, found = self.zones(1)
            except TimeoutError:
                return None
            return (found,) if len(found) == wanted and all(severity in (None, a["severity"]) for a in found) else None
        found, = wait_until(look, f"a context with {wanted} zones")
        self.client.until_quiet(0.5)  # nothing is owed any more: the pace of pushed contexts is met
        return found


def test_a_zone_around_a_hovering_drone_warns_it_by_itself_and_its_withdrawal_clears_it():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(ZONES)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200):
            drone = Drone(mqtt)
            drone.settle(0)
            began = time.monotonic()
            kafka.produce(ZONES, square("tfr-1"), key="tfr-1", headers=headers())
            _, found = drone.told(bool, late_s(TOLD_GOAL_S))  # by itself: the drone reports no more
            took_s = time.monotonic() - began
            assert [a["severity"] for a in found] == [WARNING], found
            assert found[0]["layer"] == LAYER_ZONE and found[0]["feature_id"] == "tfr-1", found
            assert "Concert" in found[0]["text"], found
            print(f"warned {took_s * 1000:.0f} ms after the zone was handed to Kafka", flush=True)
            before = drone.settle(1)[0]["advisory_id"]

            kafka.produce(ZONES, square("tfr-1", restriction="CONDITIONAL"), key="tfr-1", headers=headers())
            changed = drone.settle(1, CAUTION)  # lowered when it has been so for a while
            assert changed[0]["advisory_id"] == before, (changed, before)
            kafka.produce(ZONES, None, key="tfr-1", headers=headers())
            drone.settle(0)


def test_a_zone_that_begins_while_nobody_moves_or_speaks_is_told_when_it_begins_and_ends():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(ZONES)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200):
            drone = Drone(mqtt)
            # A machine may be too busy to tell of the zone before it begins: then another begins later.
            for lead_s in (4, late_s(4)):
                drone.settle(0)
                begin = time.time() + lead_s
                kafka.produce(ZONES, square("later", **{"from": utc(begin), "until": utc(begin + 3)}), key="later",
                              headers=headers())
                _, soon = drone.told(bool, late_s(TOLD_GOAL_S))
                if soon[0].get("time_to_go_s"):
                    break
            assert soon[0]["severity"] == WARNING and 0 < soon[0]["time_to_go_s"] <= lead_s, soon
            context, now = drone.told(lambda zones: zones and not zones[0].get("time_to_go_s"),
                                      lead_s + late_s(TOLD_GOAL_S))
            assert now[0]["severity"] == WARNING, now
            told_s = int(context["node_time_us"]) / 1e6 - begin
            assert told_s >= 0, told_s
            print(f"told {told_s:.2f} s after it began", flush=True)
            drone.settle(0)
            assert time.time() - begin >= 3, time.time() - begin


def rows(node, sql):
    out = subprocess.run(["ogrinfo", "-ro", "-q", "-dialect", "SQLITE", "-sql", sql, node.path("region.gpkg")],
                         check=True, text=True, stdout=subprocess.PIPE, timeout=DEADLINE_S).stdout
    return [line.split(" = ", 1)[1] for line in out.splitlines() if " = " in line]


def test_the_swiss_file_goes_through_the_publisher_into_the_store_that_gdal_reads():
    source = real_data("zones/ed269_geo-awareness-che-1.json")
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(ZONES)
        with Node(configuration(kafka, mqtt, port, "ed269", [6.5, 46.4, 7.8, 46.9]),
                  ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", kafka.bootstrap, "--topic", ZONES, "--kind",
                            "zone", "--mode", "LIVE", source], check=True, timeout=DEADLINE_S, stdout=subprocess.DEVNULL)
            wait_until(lambda: rows(node, "SELECT count(*) FROM zone") == ["6"], "six zones in the GeoPackage")
            ids = rows(node, "SELECT feature_id FROM zone WHERE feature_id LIKE '%Gantrisch%' ORDER BY 1")
            assert ids == ["CHE:Gantrisch Nature Park", "CHE:Gantrisch Nature Park#2"], ids
            concert = rows(node, "SELECT limits FROM zone WHERE name LIKE 'Sample protected%'")
            assert concert == ["0 m AGL to 6259 m AMSL"], concert
            radius = rows(node, "SELECT ST_Distance(ST_Centroid(geom), MakePoint(6.913146, 46.430758, 4326)) < 1e-4 "
                                "AND MbrMaxY(geom) BETWEEN 46.457743 AND 46.4579 "  # 3,000 m: 0.026987 degrees
                                "FROM zone WHERE name LIKE 'Sample protected%'")
            assert radius == ["1"], radius


FACILITY_MAP = {"id": "GLOBALID", "name": "APT1_NAME", "restriction": "REQ_AUTHORISATION", "lower": "CEILING",
                "lower_unit": "UNIT", "lower_reference": "AGL"}
RESTRICTIONS = {"id": "NOTAM_KEY", "name": "TITLE", "reason": "LEGAL", "restriction": "PROHIBITED", "upper": "9000",
                "upper_unit": "FT", "upper_reference": "MSL", "data_time": "LAST_MODIFICATION_DATETIME",
                "times": "yyyymmddhhmm"}


def feature(properties, around):
    lat, lon = around
    ring = [[lon + x, lat + y] for x, y in ((-.005, -.005), (.005, -.005), (.005, .005), (-.005, .005), (-.005, -.005))]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_providers_own_geojson_needs_a_paragraph_of_configuration_and_no_code():
    port, = free_ports(1)
    elsewhere = (place.MIDDLE[0] + .02, place.MIDDLE[1])
    cells = collection(feature({"GLOBALID": "cell-0", "CEILING": 0, "UNIT": "Feet", "APT1_NAME": "Fallon"}, place.MIDDLE),
                       feature({"GLOBALID": "cell-400", "CEILING": 400, "UNIT": "Feet"}, elsewhere),
                       feature({"GLOBALID": "cell-?", "CEILING": "low", "UNIT": "Feet"}, elsewhere))
    notice = collection(feature({"NOTAM_KEY": "6/7153-1-FDC-F", "TITLE": "Public gathering", "LEGAL": "UAS",
                                 "LAST_MODIFICATION_DATETIME": "202610051111"}, place.MIDDLE))
    with shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(ZONES, "t.tfr")
        made = configuration(kafka, mqtt, port)
        made["feeds"] = [{"name": "zones", "topic": ZONES, "kind": "zone", "fields": FACILITY_MAP},
                         {"name": "tfr", "topic": "t.tfr", "kind": "zone", "fields": RESTRICTIONS}]
        with Node(made, ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            drone = Drone(mqtt)
            drone.settle(0)
            kafka.produce(ZONES, cells, headers=headers())
            found = drone.settle(1)
            assert found[0]["feature_id"] == "cell-0" and found[0]["severity"] == CAUTION, found
            kafka.produce("t.tfr", notice, headers=headers())
            found = {a["feature_id"]: a for a in drone.settle(2)}
            assert found["6/7153-1-FDC-F"]["severity"] == WARNING, found
            wait_until(lambda: rows(node, "SELECT count(*) FROM zone") == ["3"], "three zones in the GeoPackage")
            limits = rows(node, "SELECT limits FROM zone WHERE feature_id = 'cell-400'")
            assert limits == ["121.92 m AGL to unlimited"], limits
            limits = rows(node, "SELECT limits FROM zone WHERE feature_id LIKE '6/7153%'")
            assert limits == ["ground to 2743.2 m AMSL"], limits


main(globals())
