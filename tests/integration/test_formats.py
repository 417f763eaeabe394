#!/usr/bin/python3
# tests/integration/test_formats.py - HGT and GRIB edition 1 from a real Kafka to what query says.
# SPDX-License-Identifier: Apache-2.0
import json
import subprocess

import numpy
from drf_fixture import BIN, DEADLINE_S, Kafka, Mosquitto, Node, free_ports, main, real_data, wait_until
from fixture import place

HGT, GRIB_1 = "t.hgt", "t.grib1"
PLACE = (48.0, 8.0)  # a point of the model's grid
MODEL_K = 278.63  # there, by grib_get -l 48,8 of eccodes-tools
VALID = "2008-02-06T12:00:00Z"
VOID = -32768


def post_m(lat, lon):
    return 500 + 800 * (lat - 47) + 300 * (lon - 7)


def hgt(south, west):
    """A cell of three arc-seconds, heights a plane to the metre, one post of it void."""
    lat = south + 1 - numpy.arange(1201)[:, None] / 1200
    lon = west + numpy.arange(1201)[None, :] / 1200
    heights = numpy.rint(post_m(lat, lon)).astype(">i2")
    if (south, west) == (47, 8):
        heights[12, 12] = VOID  # 47.99 N 8.01 E
    return heights.tobytes()


def configuration(kafka, mqtt, http):
    made = place.configuration(kafka.bootstrap, mqtt, mode="REPLAY", http=http)
    made["region"]["bounds"] = [7.97, 47.97, 8.03, 48.03]
    made["feeds"] = [{"name": "hgt", "topic": HGT, "kind": "terrain", "format": "hgt", "vertical_acc95_m": 10},
                     {"name": "model", "topic": GRIB_1, "kind": "weather", "format": "grib"}]
    return made


def query(node, lat, lon, *words):
    run = subprocess.run([BIN / "drf-edge", "query", "--store", node.path("region.gpkg"), str(lat), str(lon), "--json",
                          *words], check=True, text=True, stdout=subprocess.PIPE, timeout=DEADLINE_S)
    return json.loads(run.stdout)


def check_ground(node):
    for lat, lon in ((48.0, 8.0), (47.985, 8.02), (48.02, 7.98), (47.98, 7.975), (48.025, 8.025)):
        said = query(node, lat, lon)
        assert abs(said["height"]["ground_amsl_m"] - post_m(lat, lon)) <= 1.0, (lat, lon, said)
    assert "ground_amsl_m" not in query(node, 47.99, 8.01)["height"], "a void became a height"


def check_weather(node):
    said = query(node, *PLACE, "--at", VALID)["weather"]
    assert "temperature_k" in said, said
    assert abs(said["temperature_k"]["value"] - MODEL_K) < 0.01, said


def test_hgt_and_grib_1_are_read_from_kafka():
    grib = real_data("weather/regular_latlon_surface.grib1").read_bytes()
    port, = free_ports(1)
    with Kafka({"message.max.bytes": "33554432"}) as kafka, Mosquitto() as mqtt:
        kafka.create_topics(HGT, GRIB_1, place.DEAD)
        with Node(configuration(kafka, mqtt, port), ["--utc-start", VALID]) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            for south, west in ((47, 7), (47, 8), (48, 7), (48, 8)):
                kafka.produce(HGT, hgt(south, west), key=f"N{south}E{west:03d}.hgt")
            kafka.produce(HGT, hgt(47, 8)[:-2], key="N47E008.hgt.cut")
            kafka.produce(HGT, hgt(47, 8), key="somewhere.hgt")
            kafka.produce(GRIB_1, grib, key="model")
            kafka.produce(GRIB_1, grib[:600], key="cut")
            wait_until(lambda: place.applied(port, "hgt") == 4, "four cells of terrain")
            wait_until(lambda: place.applied(port, "model") == 1, "the model's field")
            letters = kafka.consume(place.DEAD, 3)
            reasons = {key.decode(): headers["drf_dead_reason"].decode() for key, _, headers, _ in letters}
            assert reasons == {"N47E008.hgt.cut": "FORMAT", "somewhere.hgt": "GEOREFERENCE", "cut": "FORMAT"}, reasons
            assert node.stop() == 0
            check_ground(node)
            check_weather(node)


main(globals())
