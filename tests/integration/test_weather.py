#!/usr/bin/python3
# tests/integration/test_weather.py - METAR and SIGMET from a real Kafka to a drone and to query.
# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import subprocess
import tempfile
import time

from drf_fixture import BIN, DEADLINE_S, Kafka, Mosquitto, Node, free_ports, main
from fixture import place

METAR, SIGMET = "t.metar", "t.sigmet"
BASIS_STATION, CAUTION, KIND_HAZARDOUS_WEATHER = 5, 2, 16
ROOT = "drf/v1/drones/d-1"
KNOT = 1852 / 3600


def headers():
    now = time.time()
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
    return {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "met-office", "ce_type": "drf.metar",
            "ce_time": when, "drf_mode": "LIVE"}


def day_time(seconds):
    return time.strftime("%d%H%M", time.gmtime(seconds))


def bulletin():
    """One station two kilometres north of the middle, one nobody knows, one without an observation."""
    when = day_time(time.time() - 120)
    return (f"SAXX31 LSXX {when}\r\r\nMETAR LSZZ {when}Z 27010G22KT\r\r\n  3000 -RA BKN012 M01/M03 Q0987 NOSIG=\r\r\n"
            f"LSXY {when}Z 09011KT CAVOK 10/05 Q1016=\r\r\nLSXX {when}Z NIL=\r\r\n").encode()


def sigmet(number, tail):
    now = time.time()
    return (f"WSXX31 LSXX {day_time(now)}\r\r\nLSAS SIGMET {number} VALID {day_time(now - 60)}/{day_time(now + 7200)} "
            f"LSXX-\r\r\nLSAS SWITZERLAND FIR {tail}=").encode()


AREA = "SEV TURB OBS WI N4650 E00750 - N4650 E00820 - N4715 E00820 - N4715 E00750 SFC/FL150 STNR NC"


def configuration(kafka, mqtt, http, folder):
    table = pathlib.Path(folder) / "stations.csv"
    lat, lon = place.MIDDLE
    table.write_text(f"id,lat,lon,elevation_m\nLSZZ,{lat + 0.018},{lon},475\n")
    made = place.configuration(kafka.bootstrap, mqtt, http=http)
    made["feeds"] = [{"name": "metar", "topic": METAR, "kind": "weather", "format": "metar", "class": "urgent",
                      "stations": str(table), "licence": "test"},
                     {"name": "sigmet", "topic": SIGMET, "kind": "zone", "format": "sigmet"}]
    return made


class Drone:
    """Hovers in the middle and asks for ProtoJSON."""

    def __init__(self, mqtt):
        self.client = mqtt.client("d-1")
        self.client.subscribe(f"{ROOT}/context/+")
        self.client.publish(f"{ROOT}/profile", json.dumps({"json": True}), qos=1, retain=True,
                            content_type="application/json")
        self.seq = 0

    def until(self, fits, what, deadline_s=DEADLINE_S):
        """The first context that fits."""
        last, end = None, time.monotonic() + deadline_s
        while time.monotonic() < end:
            self.seq += 1
            self.client.publish(f"{ROOT}/telemetry", place.report(self.seq), content_type="application/json")
            try:
                last = json.loads(self.client.take(1).payload)
            except TimeoutError:
                continue
            if fits(last):
                return last
        raise AssertionError(f"no context with {what}: {last}")


def hazards(context):
    return [a for a in context.get("advisories", []) if a.get("kind") == KIND_HAZARDOUS_WEATHER]


def assert_near(value, expected, within):
    assert abs(value - expected) <= within, (value, expected)


def test_a_bulletin_reaches_the_drone_and_query_with_the_station_named_and_a_sigmet_comes_and_goes():
    port, = free_ports(1)
    with tempfile.TemporaryDirectory() as folder, Kafka() as kafka, Mosquitto(["d-1"]) as mqtt:
        kafka.create_topics(METAR, SIGMET)
        with Node(configuration(kafka, mqtt, port, folder),
                  ready=lambda: place.page(port, "readyz")[0] == 200) as node:
            drone = Drone(mqtt)
            kafka.produce(METAR, bulletin(), key="SAXX31", headers=headers())
            context = drone.until(lambda c: "value" in c["weather"]["qnh_pa"], "a QNH")
            weather = context["weather"]
            assert_near(weather["qnh_pa"]["value"], 98700, 1)
            assert weather["qnh_pa"]["station"] == "LSZZ", weather
            assert weather["qnh_pa"]["basis"] == BASIS_STATION, weather
            assert weather["qnh_pa"]["source"] == "metar/met-office", weather
            assert_near(weather["visibility_m"]["value"], 3000, 1)
            assert_near(weather["ceiling_agl_m"]["value"], 1200 * 0.3048, 0.1)
            assert weather["present"] == {**weather["present"], "codes": "-RA", "precipitation": True,
                                          "convection": False, "station": "LSZZ"}, weather

            sample = pathlib.Path(folder) / "sample"
            sample.write_bytes(bulletin())
            checked = subprocess.run([BIN / "drf-edge", "check", "--config", node.config_path, "--feed", "metar", "--file",
                                      sample], text=True, stdout=subprocess.PIPE, timeout=DEADLINE_S)
            assert checked.returncode == 1, checked.stdout  # LSXY is in no table
            for said in ("station LSZZ, at", "visibility 3000 m", "ceiling 366 m above the station", "weather -RA: precipitation",
                         "LSXY"):
                assert said in checked.stdout, checked.stdout

            issued = sigmet(4, AREA)
            kafka.produce(SIGMET, issued, key="WSXX31", headers=headers())
            found = hazards(drone.until(hazards, "a SIGMET"))
            assert found[0]["severity"] == CAUTION and found[0]["feature_id"].startswith("LSAS SIGMET 4 20"), found
            assert "SEV TURB" in found[0]["text"], found
            validity = issued.decode().partition("VALID ")[2].split()[0]
            kafka.produce(SIGMET, sigmet(5, f"CNL SIGMET 4 {validity}"), key="WSXX32", headers=headers())
            drone.until(lambda c: not hazards(c), "no SIGMET any more")

            lat, lon = place.MIDDLE
            asked = json.loads(subprocess.run(
                [BIN / "drf-edge", "query", "--store", node.path("region.gpkg"), str(lat), str(lon), "--agl", "10",
                 "--json"], check=True, text=True, stdout=subprocess.PIPE, timeout=DEADLINE_S).stdout)
            wind = asked["weather"]["wind"]
            assert wind["station"] == "LSZZ", asked
            assert_near(wind["wind_speed_mps"], 10 * KNOT, 0.01)
            assert_near(wind["wind_from_deg_true"], 270, 0.1)
            assert_near(asked["weather"]["gust_mps"]["value"], 22 * KNOT, 0.01)
            assert_near(asked["weather"]["temperature_k"]["value"], 272.15, 0.01)
            assert_near(asked["weather"]["dew_point_k"]["value"], 270.15, 0.01)


main(globals())
