#!/usr/bin/python3
# tests/integration/test_cut.py - a raster cut into messages gives the tiles that the whole one gives.
# SPDX-License-Identifier: Apache-2.0
"""Rough ground, so that one cell read wrongly at a seam shows: one file coarser than the tiles, one finer. Each goes
whole to one node and in many pieces to another; the coverages in their stores are compared cell by cell."""
import subprocess
import time

import numpy
from drf_fixture import BIN, DEADLINE_S, Folder, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place
from osgeo import gdal

FINE = (8.06, 47.02, 8.10, 47.06)  # 0.1 arc-second: six posts a cell
COARSE = (7.98, 46.98, 8.05, 47.09)  # 0.8 arc-seconds wide, 1.3 high


def rough(size, seed):
    heights = numpy.random.default_rng(seed).uniform(100, 900, (size, size))
    heights[size // 3:size // 3 + 5, size // 2:size // 2 + 9] = -9999
    return heights


def publish(kafka, files, max_bytes):
    """How many messages it took."""
    before = kafka.end_offset(place.TOPICS["terrain"])
    for file in files:
        subprocess.run([BIN / "drf-sim", "publish", "--bootstrap", kafka.bootstrap, "--topic",
                        place.TOPICS["terrain"], "--kind", "geotiff", "--mode", "LIVE", "--max-bytes",
                        str(max_bytes), file], check=True, timeout=DEADLINE_S, stdout=subprocess.DEVNULL)
    return kafka.end_offset(place.TOPICS["terrain"]) - before


def ground(node):
    try:
        data = gdal.OpenEx(f"GPKG:{node.path('region.gpkg')}:ground", gdal.OF_RASTER)
    except RuntimeError:
        return None
    heights = data.ReadAsArray().astype(float)
    heights[heights == data.GetRasterBand(1).GetNoDataValue()] = numpy.nan
    return data.GetGeoTransform(), heights


def rendered(node, port, messages):
    """The coverage when every message is applied and nothing more appears in it."""
    wait_until(lambda: place.metrics(port).get('drf_feed_outcomes_total{feed="terrain",outcome="APPLIED"}')
               == messages, f"{messages} messages are applied")
    assert not [name for name, count in place.metrics(port).items() if name.startswith("drf_feed_refusals_total") and count]
    seen = []

    def look():
        now = ground(node)
        seen.append((time.monotonic(), now and numpy.isfinite(now[1]).sum()))
        since = [at for at, count in seen if count == seen[-1][1]]
        return now if seen[-1][1] and seen[-1][0] - since[0] > 2 else None
    return wait_until(look, "rendering is over")


def test_a_cut_raster_gives_the_tiles_of_the_whole_one():
    with Folder("cut") as folder, Mosquitto() as mqtt:
        files = [folder.path / "coarse.tif", folder.path / "fine.tif"]
        files[0].write_bytes(place.geotiff(rough(300, 1), COARSE, 300, nodata=-9999))
        files[1].write_bytes(place.geotiff(rough(1440, 2), FINE, 1440, nodata=-9999))
        # The whole file needs messages larger than a topic takes by default.
        compare(node_with(mqtt, files, 60_000_000, {"max.message.bytes": str(64 << 20)}), node_with(mqtt, files, 120_000))


def node_with(mqtt, files, max_bytes, settings=None):
    port, = free_ports(1)
    with shared_kafka() as kafka:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD, config=settings)
        messages = publish(kafka, files, max_bytes)
        assert messages == 2 if settings else messages > 20, messages
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port, message_max_kb=65536)) as node:
            return *rendered(node, port, messages), digest(node)


def digest(node):
    return subprocess.run([BIN / "drf-edge", "digest", "--store", node.path("region.gpkg"), "--layer", "surface"],
                          check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout


def compare(whole, cut):
    assert whole[0] == cut[0] and whole[1].shape == cut[1].shape, (whole[0], cut[0])
    known = numpy.isfinite(whole[1])
    assert known.sum() > 100_000, known.sum()
    assert (known == numpy.isfinite(cut[1])).all(), "unknown cells differ"
    differ = numpy.abs(whole[1] - cut[1])[known]
    print(f"{known.sum()} cells, {numpy.count_nonzero(differ)} differ, by at most {differ.max()} m")
    assert not differ.any()
    assert whole[2] == cut[2], "the digest shows how the file was cut"


main(globals())
