#!/usr/bin/python3
# tests/integration/test_alerts.py - alerts and traffic from a real Kafka to drones on a real mosquitto.
# SPDX-License-Identifier: Apache-2.0
import json
import time

from drf_fixture import Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

CAP, GCN, AIR = "t.cap", "t.gcn", "t.air"
KIND_TRAFFIC, KIND_ALERT = 7, 14
WARNING = 1
SET = "drf/v1/regions/place/alerts"


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def headers(source="authority"):
    return {"ce_source": source, "ce_time": utc(time.time()).replace("+00:00", f".{time.time_ns() // 1000 % 10**6:06d}Z"),
            "drf_mode": "LIVE"}


def cap(identity, status="Actual", kind="Alert", references="", area="47.05,8.05 1"):
    """A CAP 1.2 alert; the area is a circle, its radius in km."""
    now = time.time()
    info = "" if kind == "Cancel" else f"""<info><event>Gas leak</event><urgency>Immediate</urgency>
<severity>Extreme</severity><certainty>Observed</certainty><expires>{utc(now + 600)}</expires><headline>Gas leak</headline>
<area><areaDesc>here</areaDesc><circle>{area}</circle></area></info>"""
    return f"""<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identity}</identifier>
<sender>city@example</sender><sent>{utc(now)}</sent><status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>
<references>{references}</references>{info}</alert>""".encode()


def configuration(kafka, mqtt, http):
    made = place.configuration(kafka.bootstrap, mqtt, http=http)
    made["feeds"] = [{"name": "cap", "topic": CAP, "kind": "alert", "format": "cap"},
                     {"name": "gcn", "topic": GCN, "kind": "alert", "format": "gcn"},
                     {"name": "air", "topic": AIR, "kind": "traffic", "format": "tracks"}]
    return made


class Drone:
    """Hovers at 600 m AMSL and asks for ProtoJSON."""

    def __init__(self, mqtt, name, lat=place.MIDDLE[0], lon=place.MIDDLE[1]):
        self.root = f"drf/v1/drones/{name}"
        self.client = mqtt.client(name)
        self.client.subscribe(f"{self.root}/context/+")
        self.client.publish(f"{self.root}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type="application/json")
        self.seq, self.lat, self.lon = 0, lat, lon

    def context(self):
        """Reports, and gives the next context; None when none comes within a second."""
        self.seq += 1
        self.client.publish(f"{self.root}/telemetry", place.report(self.seq, self.lat, self.lon),
                            content_type="application/json")
        try:
            return json.loads(self.client.take(1).payload)
        except (TimeoutError, ValueError):
            return None

    def until(self, wanted, what):
        """The first context that is as wanted."""
        found = []

        def look():
            context = self.context()
            if context is not None and wanted(context):
                found.append(context)
            return bool(found)
        wait_until(look, what)
        return found[-1]


def kinds(context, kind):
    return [a for a in context.get("advisories", []) if a.get("kind") == kind]


def alerts(context):
    return [a["alert_id"] for a in context.get("alerts", [])]


def test_an_alert_reaches_the_drones_in_its_area_and_no_others_and_a_test_reaches_nobody():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1", "d-2"]) as mqtt:
        kafka.create_topics(CAP, GCN, AIR, place.DEAD)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            inside, outside = Drone(mqtt, "d-1"), Drone(mqtt, "d-2", 47.01, 8.01)  # 5 km away
            inside.until(lambda c: not alerts(c), "a context without alerts")
            outside.until(lambda c: not alerts(c), "a context without alerts")

            kafka.produce(CAP, cap("drill", status="Exercise"), key="drill", headers=headers())
            kafka.produce(GCN, json.dumps({"id": "x", "mission": "Test", "alert_tense": "test"}).encode(), key="x",
                          headers=headers())
            kafka.produce(CAP, cap("leak-1"), key="leak-1", headers=headers())
            told = inside.until(lambda c: alerts(c) == ["city@example,leak-1"], "the alert")
            advisory, = kinds(told, KIND_ALERT)
            assert advisory["severity"] == WARNING and advisory["text"] == "Gas leak", advisory
            assert advisory["feature_id"] == "city@example,leak-1", advisory
            wait_until(lambda: place.refusals(port, "gcn", "MODE") == 1, "the test notice refused")
            assert place.refusals(port, "cap", "MODE") == 1
            other = outside.until(lambda c: True, "a context")
            assert not alerts(other) and not kinds(other, KIND_ALERT), other

            with mqtt.client("drf-observer") as observer:  # the set is retained
                observer.subscribe(SET)
                retained = observer.take()
                assert retained.retain and b"leak-1" in retained.payload, retained

            # everybody: where in the sky it was is not known yet
            kafka.produce(GCN, json.dumps({"id": ["745121685"], "mission": "Fermi", "instrument": "GBM",
                                           "alert_type": "initial", "alert_tense": "current"}).encode(), key="745121685",
                          headers=headers("gcn"))
            outside.until(lambda c: alerts(c) == ["Fermi/745121685"], "the notice")

            # state: it is there again after a crash
            node.kill()
            node.start()
            inside.until(lambda c: sorted(alerts(c)) == ["Fermi/745121685", "city@example,leak-1"], "both after a restart")

            kafka.produce(GCN, json.dumps({"id": "745121685", "mission": "Fermi", "alert_type": "retraction"}).encode(),
                          key="745121685", headers=headers("gcn"))
            # of another sender, in whose name nobody else speaks: it withdraws nothing
            kafka.produce(CAP, cap("leak-2", kind="Cancel", references="city@example,leak-1,x").replace(
                b"<sender>city@example", b"<sender>another@example"), key="leak-2", headers=headers())
            wait_until(lambda: place.refusals(port, "cap", "IGNORED") == 1, "the cancel of another passed over")
            inside.until(lambda c: alerts(c) == ["city@example,leak-1"], "the alert still")
            kafka.produce(CAP, cap("leak-2", kind="Cancel", references="city@example,leak-1,x"), key="leak-2",
                          headers=headers())
            inside.until(lambda c: not alerts(c) and not kinds(c, KIND_ALERT), "all over")


def test_an_aircraft_on_a_feed_is_told_of_and_warned_of_and_gone_when_it_falls_silent():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(CAP, GCN, AIR)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200):
            drone = Drone(mqtt, "d-1")
            drone.until(lambda c: not c.get("traffic"), "a context without traffic")
            lat, lon = place.MIDDLE

            def fly():  # stands 300 m east, as high, and comes at 10 m/s by its own words
                kafka.produce(AIR, json.dumps({"tracks": [{
                    "traffic_id": "ac671b", "lat_e7": round(lat * 1e7), "lon_e7": round(lon * 1e7) + 39500,
                    "data_time_us": time.time_ns() // 1000, "alt_amsl_m": 600, "altitude_acc95_m": 5,
                    "velocity_north_mps": 0, "velocity_east_mps": -10, "horizontal_acc95_m": 5}]}).encode(),
                    key="ac671b", headers=headers("adsb"))

            def near(context):
                fly()
                return [t["traffic_id"] for t in context.get("traffic", [])] == ["ac671b"]
            context = drone.until(near, "the aircraft")
            seen = context["traffic"][0]
            assert seen["source"] == "air/adsb", seen
            assert 200 < seen["distance_m"] < 310 and abs(seen["bearing_deg_true"] - 90) < 2, seen
            assert seen["cpa_m"] < 5 and abs(seen["alt_amsl_m"] - 600) < 1, seen
            assert kinds(context, KIND_TRAFFIC), context
            drone.until(lambda c: not c.get("traffic"), "the aircraft gone")


def test_an_account_that_jumps_onto_another_drone_raises_no_warning_there_and_is_served():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto(["d-1", "d-2"]) as mqtt:
        kafka.create_topics(CAP, GCN, AIR)
        with Node(configuration(kafka, mqtt, port), ready=lambda: place.page(port, "readyz")[0] == 200):
            drone, jumper = Drone(mqtt, "d-1"), Drone(mqtt, "d-2", 47.01, 8.01)  # 5 km away
            drone.until(lambda c: not c.get("traffic"), "a context without traffic")
            jumper.until(lambda c: c, "a context of the other")
            told, marked = [], 0
            for turn in range(12):  # there in turn, and here twice: never three reports that agree
                jumper.lat, jumper.lon = (drone.lat, drone.lon) if turn % 3 else (47.01, 8.01)
                served = jumper.until(lambda c: c.get("telemetry_seq") == jumper.seq, "the jumper's own context")
                assert served["lat_e7"] == round(jumper.lat * 1e7), served
                context = drone.until(lambda c: c.get("telemetry_seq") == drone.seq, "a context")
                seen = [t for t in context.get("traffic", []) if t["traffic_id"] == "d-2"]
                marked += sum(bool(t.get("unconfirmed")) for t in seen)
                told += [a["severity"] for a in kinds(context, KIND_TRAFFIC)]
            assert told and marked, (told, marked)
            assert WARNING not in told, told
            # there it stays: believed once three of its reports agree
            jumper.lat, jumper.lon = drone.lat, drone.lon

            def believed(context):
                jumper.context()
                return [a["severity"] for a in kinds(context, KIND_TRAFFIC)] == [WARNING] and not any(
                    t.get("unconfirmed") for t in context["traffic"])
            drone.until(believed, "a warning of one that stays")


main(globals())
