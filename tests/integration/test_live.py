#!/usr/bin/python3
# tests/integration/test_live.py - a live node, fed by kcat and asked by mosquitto_pub; what is not live stays out.
# SPDX-License-Identifier: Apache-2.0
"""No program of ours but the node: terrain by GDAL, weather by ecCodes and an obstacle record go through kcat; the
drone is mosquitto_pub, its ears are mosquitto_sub under the observer's account."""
import json
import subprocess

import numpy
from drf_fixture import BIN, DEADLINE_S, OBSERVER, Folder, Kafka, Mosquitto, Node, Process, free_ports, main, wait_until
from fixture import place

DRONE = "d-1"
ROOT = f"drf/v1/drones/{DRONE}"
LIVE = {"drf_mode": "LIVE", "ce_time": "2026-01-01T00:00:00Z", "ce_source": "test.survey"}
MODE_LIVE, WGS84, AMSL = 1, 3, 2


def pub(mqtt, leaf, payload, *more):
    subprocess.run(["mosquitto_pub", *mqtt.arguments(DRONE), "-t", f"{ROOT}/{leaf}", "-D", "publish", "content-type",
                    "application/json", "-s", *more], input=payload, check=True, timeout=DEADLINE_S)


class Ears:
    """mosquitto_sub, one line of JSON for each message of the drone's streams."""

    def __init__(self, mqtt):
        self.folder = Folder("ears")
        self.process = Process("mosquitto_sub", [
            "stdbuf", "-oL", "mosquitto_sub", *mqtt.arguments(OBSERVER), "-d", "-v", "-t", f"{ROOT}/context/+", "-t",
            f"{ROOT}/reply/+"], self.folder.path / "ears.log")
        self.process.wait_log("Subscribed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.folder.close()

    def heard(self, leaf):
        start = f"{ROOT}/{leaf}/place "
        return [json.loads(line[len(start):]) for line in self.process.log_text().splitlines()
                if line.startswith(start + "{")]


def ask(mqtt, ears, seq, **fields):
    """The context that answers report number seq."""
    pub(mqtt, "telemetry", place.report(seq, **fields))
    return wait_until(lambda: next((c for c in ears.heard("context") if c.get("telemetry_seq") == seq), None),
                      f"the context for report {seq}: {ears.process.log_tail(5)}")


def near(value, expected, tolerance):
    assert abs(value - expected) <= tolerance, (value, expected)


def publish(kafka):
    top_ft = round(place.ground_amsl_m(47.052, 8.05) / place.FEET) + 328
    kafka.kcat_produce(place.TOPICS["terrain"], place.geotiff(), key="survey", headers=LIVE)
    kafka.kcat_produce(place.TOPICS["towers"], place.dof(1, 47.052, 8.05, 328, top_ft), key="towers", headers=LIVE)
    kafka.kcat_produce(place.TOPICS["cranes"], place.feature("crane-1", 47.05, 8.055), key="crane-1", headers=LIVE)
    for name, value, level in (("10u", 3.0, 10), ("10v", -4.0, 10), ("2t", 280.0, 2)):
        kafka.kcat_produce(place.TOPICS["forecast"], place.grib(name, value, level), key=name, headers=LIVE)
    return top_ft * place.FEET


def check_values(mqtt, ears, top_m):
    ground = place.ground_amsl_m(*place.MIDDLE)
    c = ask(mqtt, ears, 1)
    assert c["mode"] == MODE_LIVE and c["region_id"] == "place", c
    # No feed of zones, traffic and alerts is configured; all others are complete.
    assert [state["layer"] for state in c["layer_states"]] == [5, 6, 7], c["layer_states"]
    height = c["height"]
    near(height["ground_amsl_m"], ground, 0.3)
    near(height["agl_m"], 600 - ground, 0.3)
    assert height["agl_basis"] == AMSL and height["ground_source"] == "terrain/test.survey", height

    tower, crane = (next(o for o in c["obstacles"] if o["feature_id"] == name) for name in ("99-000001", "crane-1"))
    near(tower["distance_m"], 0.002 * 111194, 1.5)  # metres of a degree of latitude at 47 N
    near(tower["published_amsl_m"], top_m, 0.01)
    near(tower["published_agl_m"], 100, 0.1)
    near(tower["top_amsl_m"], top_m + 3 * place.FEET, 0.6)  # accuracy code A: 3 ft
    near(tower["bearing_deg_true"], 0, 0.5)
    near(crane["bearing_deg_true"], 90, 0.5)
    near(crane["top_amsl_m"], place.ground_amsl_m(47.05, 8.055) + 31, 0.6)

    # 3 m/s to the east and 4 to the south: from 323.13 degrees.
    wind = c["weather"]["wind"]
    near(wind["wind_to_east_mps"], 3, 0.01)
    near(wind["wind_to_north_mps"], -4, 0.01)
    near(wind["wind_speed_mps"], 5, 0.01)
    near(wind["wind_from_deg_true"], 323.13, 0.1)
    assert wind["lower_agl_m"] == wind["upper_agl_m"] == 10, wind
    near(c["weather"]["temperature_k"]["value"], 280, 0.01)

    # The same height over the ellipsoid is another number and the same height above ground.
    c = ask(mqtt, ears, 2, alt_amsl_m=None, alt_amsl_acc95_m=None,
            alt_wgs84_m=600 + place.geoid_m(*place.MIDDLE), alt_wgs84_acc95_m=2.0)
    near(c["height"]["agl_m"], 600 - ground, 0.3)
    assert c["height"]["agl_basis"] == WGS84, c["height"]


def check_refused(kafka, mqtt, ears, port):
    """Data of other modes on every feed: 5000 m of terrain, an obstacle, a storm."""
    values = {"terrain": place.geotiff(numpy.full((300, 300), 5000.0)),
              "towers": place.dof(1, 47.0501, 8.05, 900, 9000),
              "cranes": place.feature("crane-1", 47.0501, 8.05, agl_m=500.0),
              "forecast": place.grib("10u", 40.0)}
    newer = {"ce_time": "2026-06-01T00:00:00Z", "ce_source": "test.survey"}
    expected = []
    for mode in ("SIM", "TEST", "REPLAY", "live"):
        for feed, value in values.items():
            offset = kafka.end_offset(place.TOPICS[feed])
            kafka.kcat_produce(place.TOPICS[feed], value, key="survey", headers={**newer, "drf_mode": mode})
            expected.append((place.TOPICS[feed], offset, mode, value))
    letters = kafka.consume(place.DEAD, len(expected))
    found = set()
    for key, value, headers, _ in letters:
        assert key == b"survey" and headers["drf_dead_reason"] == b"MODE", headers
        assert headers["drf_dead_partition"] == b"0" and headers["ce_time"] == newer["ce_time"].encode(), headers
        found.add((headers["drf_dead_topic"].decode(), int(headers["drf_dead_offset"]), headers["drf_mode"].decode(),
                   value))
    assert found == set(expected), [(h["drf_dead_topic"], h["drf_dead_offset"], h["drf_mode"]) for _, _, h, _ in letters]
    for feed in values:
        assert place.refusals(port, feed, "MODE") == 4, place.metrics(port)
    c = ask(mqtt, ears, 3)
    near(c["height"]["ground_amsl_m"], place.ground_amsl_m(*place.MIDDLE), 0.3)
    near(c["weather"]["wind"]["wind_speed_mps"], 5, 0.01)
    assert {o["feature_id"] for o in c["obstacles"]} == {"99-000001", "crane-1"}, c["obstacles"]
    assert all(o["distance_m"] > 200 for o in c["obstacles"]), c["obstacles"]


def test_live_node_serves_live_data_and_refuses_the_rest():
    port, = free_ports(1)
    with Kafka() as kafka, Mosquitto(users=[DRONE]) as mqtt:
        kafka.create_compacted(*place.TOPICS.values())
        kafka.create_topics(place.DEAD)
        top_m = publish(kafka)
        node = Node(place.configuration(kafka.bootstrap, mqtt, http=port))
        with node, Ears(mqtt) as ears:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            pub(mqtt, "profile", b'{"json": true}', "-q", "1", "-r")
            wait_until(lambda: ears.heard("reply"), "the answer to the profile")
            check_values(mqtt, ears, top_m)
            check_refused(kafka, mqtt, ears, port)
            assert node.stop() == 0


def test_telemetry_of_another_mode_is_refused():
    with Mosquitto(users=[DRONE]) as mqtt, Node(place.configuration("127.0.0.1:9", mqtt)) as node, \
            Ears(mqtt) as ears:
        node.wait_log("what=node.recovered for=mqtt")
        pub(mqtt, "profile", b'{"json": true}', "-q", "1", "-r")
        wait_until(lambda: ears.heard("reply"), "the answer to the profile")
        pub(mqtt, "telemetry", place.report(1, mode=4))
        refused = wait_until(lambda: [r for r in ears.heard("reply") if r.get("answers") == 1], "the refusal")
        assert refused[0]["field_path"] == "mode" and refused[0]["code"] not in (1, 2), refused
        assert ears.heard("context") == []


def test_simulation_is_for_regions_named_so():
    with Mosquitto() as mqtt, Folder("config") as folder:
        for region, code in (("place", 2), ("sim-place", 0)):
            path = folder.path / "node.yaml"
            path.write_text(json.dumps(place.configuration("127.0.0.1:9", mqtt, mode="SIM", region=region))
                            .replace("{folder}", str(folder.path)))
            for command in (["check", "--offline"], ["run"])[:2 if code else 1]:
                done = subprocess.run([BIN / "drf-edge", *command, "--config", path], timeout=DEADLINE_S, check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                assert done.returncode == code, (region, command, done.returncode, done.stdout)
                assert code == 0 or "sim" in done.stdout, done.stdout


main(globals())
