#!/usr/bin/python3
# tests/integration/test_alerts.py - alerts and traffic from a real Kafka to drones on a real mosquitto.
# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import time

from google.protobuf import json_format

from drf_fixture import BIN, DEADLINE_S, Folder, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place, provenance

CAP, GCN, AIR = "t.cap", "t.gcn", "t.air"
KIND_ZONE, KIND_TRAFFIC, KIND_ALERT = 6, 7, 14
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
    """Hovers at 600 m AMSL and asks for ProtoJSON, or reads Protobuf."""

    def __init__(self, mqtt, name, lat=place.MIDDLE[0], lon=place.MIDDLE[1], read=json.loads):
        self.root = f"drf/v1/drones/{name}"
        self.client = mqtt.client(name)
        self.client.subscribe(f"{self.root}/context/+")
        self.client.publish(f"{self.root}/profile", json.dumps({"json": read is json.loads}), qos=1,
                            retain=True, content_type="application/json")
        self.seq, self.lat, self.lon, self.read = 0, lat, lon, read

    def context(self):
        """Reports, and gives the next context; None when none comes within a second."""
        self.seq += 1
        self.client.publish(f"{self.root}/telemetry", place.report(self.seq, self.lat, self.lon),
                            content_type="application/json")
        try:
            return self.read(self.client.take(1).payload)
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


METAR, ZONES = "t.metar", "t.zones"
SOURCES = (("terrain", "survey"), ("towers", "faa"), ("cranes", "city"), ("forecast", "met"), ("metar", "met-office"),
           ("zones", "authority"), ("cap", "city"), ("gcn", "gcn"), ("air", "adsb"))
# What neither the files below nor the configuration say, and the values that do not occur there.
UNSAID = {(f"{feed}/{source}", "licence") for feed, source in SOURCES if feed not in ("terrain", "towers", "cap", "metar")}
UNSAID |= {("forecast/met", "accuracy"), ("metar/met-office", "accuracy"),
           *((source, "time") for source in ("terrain/survey", "EGM96", "cranes/city", "zones/authority", "gcn/gcn"))}
NOT_HERE = {
    "Height.altitude_residual_m", "LookAhead.track_deg_true", "Traffic.alt_pressure_m", "Traffic.speed_mps", "Alert.test",
    "Alert.valid_from_us", "Zone.message", "Zone.cause", "Zone.lower_amsl_m", "Zone.lower_wgs84_m", "Zone.lower_pressure_m",
    "Zone.upper_agl_m", "Zone.upper_wgs84_m", "Zone.upper_pressure_m"}


def everything(kafka, mqtt, http, folder):
    """A node with a feed of every kind; the licences of some are not stated."""
    lat, lon = place.MIDDLE
    (folder / "stations.csv").write_text(f"id,lat,lon,elevation_m\nLSZZ,{lat + 0.018},{lon},475\n")
    made, alone = place.configuration(kafka.bootstrap, mqtt, http=http), configuration(kafka, mqtt, http)
    made["feeds"] += [*alone["feeds"], {"name": "zones", "topic": ZONES, "kind": "zone", "format": "geojson_zones"},
                      {"name": "metar", "topic": METAR, "kind": "weather", "format": "metar",
                       "stations": str(folder / "stations.csv")}]
    for feed in made["feeds"]:
        if feed["name"] in ("terrain", "towers", "cap", "metar"):
            feed["licence"] = f"of {feed['name']}"
    return made


def produce_quiet(kafka):
    """Of what no advisory comes."""
    lat, lon = place.MIDDLE
    when = time.strftime("%d%H%M", time.gmtime(time.time() - 120))
    metar = f"SAXX31 LSXX {when}\r\r\nMETAR LSZZ {when}Z 27010G22KT 3000 -RA BKN012 M01/M03 Q0987=\r\r\n".encode()
    for topic, source, key, value in (
            (place.TOPICS["terrain"], "survey", "dem", place.geotiff()),
            (place.TOPICS["towers"], "faa", "99-000001", place.dof(1, lat, lon, 200, 1700)),
            (place.TOPICS["cranes"], "city", "crane", place.feature("crane", lat + 0.002, lon)),
            (place.TOPICS["forecast"], "met", "10u", place.grib("10u", 3.0)),
            (place.TOPICS["forecast"], "met", "10v", place.grib("10v", 4.0)), (METAR, "met-office", "SAXX31", metar)):
        kafka.produce(topic, value, key=key, headers=headers(source))


def produce_alarming(kafka):
    lat, lon = place.MIDDLE
    ring = [[lon + x, lat + y] for x, y in ((-.005, -.005), (.005, -.005), (.005, .005), (-.005, .005), (-.005, -.005))]
    zone = {"type": "Feature", "id": "Z1", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"name": "Concert", "restriction": "PROHIBITED", "lower_agl_m": 0, "upper_amsl_m": 2000}}
    sky = {"id": ["7"], "mission": "MAXI", "alert_type": "initial", "alert_tense": "current", "ra": 10.5, "dec": 87.0}
    for topic, source, key, value in ((ZONES, "authority", "Z1", json.dumps(zone).encode()),
                                      (CAP, "city", "leak-1", cap("leak-1")), (GCN, "gcn", "7", json.dumps(sky).encode())):
        kafka.produce(topic, value, key=key, headers=headers(source))


def told(mqtt, wire, topic):
    """A retained message of the node."""
    with mqtt.client("drf-observer") as observer:
        observer.subscribe(topic)
        message = observer.take()
        assert message.retain, message
        return wire.FromString(message.payload)


def test_every_value_leads_to_who_says_it_of_which_version_when_under_which_licence_and_how_good():
    classes = provenance.complete()
    wire = {name: classes[f"drf.v1.{name}"] for name in ("Context", "QueryReply", "Catalog", "Alerts")}
    port, = free_ports(1)
    with Folder("provenance") as folder, shared_kafka() as kafka, Mosquitto(["d-1", "d-2"]) as mqtt:
        kafka.create_topics(*place.TOPICS.values(), METAR, ZONES, CAP, GCN, AIR, place.DEAD)
        with Node(everything(kafka, mqtt, port, folder.path),
                  ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            produce_quiet(kafka)
            drone = Drone(mqtt, "d-1", read=wire["Context"].FromString)
            other = Drone(mqtt, "d-2", place.MIDDLE[0] + 0.002, read=drone.read)

            def flying(context):
                kafka.produce(AIR, json.dumps({"tracks": [{
                    "traffic_id": "ac671b", "lat_e7": round(drone.lat * 1e7), "lon_e7": round(drone.lon * 1e7) + 39500,
                    "data_time_us": time.time_ns() // 1000, "alt_amsl_m": 600, "velocity_north_mps": 0,
                    "velocity_east_mps": -10, "icao24": "ac671b", "category": "A1"}]}).encode(),
                    key="ac671b", headers=headers("adsb"))
                other.context()
                return (len(context.traffic) == 2 and len(context.obstacles) == 2 and context.height.HasField("agl_m")
                        and context.weather.qnh_pa.HasField("value") and context.weather.wind.HasField("source"))
            contexts = [drone.until(flying, "a context with traffic and obstacles")]
            assert ({t.traffic_id: (t.icao24, t.category) for t in contexts[0].traffic}
                    == {"ac671b": ("ac671b", "A1"), "d-2": ("", "")}), contexts[0].traffic
            produce_alarming(kafka)
            contexts.append(drone.until(
                lambda c: len(c.alerts) == 2 and KIND_ZONE in [a.kind for a in c.advisories], "alerts and a zone"))
            names = {f"{feed}/{source}" for feed, source in SOURCES}
            catalogs = []

            def whole():
                catalogs.append(told(mqtt, wire["Catalog"], "drf/v1/regions/place/nodes/n1/catalog"))
                return names <= {entry.source for entry in catalogs[-1].sources}
            wait_until(whole, "the catalogue names every source")
            catalog = catalogs[-1]
            retained = told(mqtt, wire["Alerts"], SET)
            walks = [provenance.Walk(context, catalog, retained.alerts) for context in contexts]
            lat, lon = place.MIDDLE
            for agl_m in "10", "100":
                text = subprocess.run([BIN / "drf-edge", "query", "--store", node.path("region.gpkg"), str(lat), str(lon),
                                       "--agl", agl_m, "--json"], check=True, text=True, stdout=subprocess.PIPE,
                                      timeout=DEADLINE_S).stdout
                walks.append(provenance.Walk(json_format.Parse(text, wire["QueryReply"]()), catalog))
            unsaid = set().union(*(walk.unsaid for walk in walks))
            assert unsaid == {(*pair, provenance.NOT_REPORTED) for pair in UNSAID}, unsaid
            seen = set().union(*(walk.proven for walk in walks))
            assert provenance.every_value() - seen == NOT_HERE, provenance.every_value() - seen


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
