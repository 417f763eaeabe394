#!/usr/bin/python3
# tests/integration/test_hostile.py - attacks on the decoders, through Kafka, end as one refused message each.
# SPDX-License-Identifier: Apache-2.0
import http.server
import pathlib
import struct
import subprocess
import threading
import time

import numpy
from drf_fixture import DEADLINE_S, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

DEM = place.TOPICS["terrain"]
RSS_MAX_KB = 600 * 1024
CODECS = ["gzip", "lz4", "zstd"]  # snappy makes too little of it for the broker


class Listener:
    """An HTTP server that must never be asked."""

    def __enter__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def vrt(source):
    return (f'<VRTDataset rasterXSize="100" rasterYSize="100"><SRS>EPSG:4326+5773</SRS>'
            f'<GeoTransform>7.9, 0.003, 0, 47.2, 0, -0.003</GeoTransform><VRTRasterBand dataType="Int16" band="1">'
            f'<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
            ).encode()


def tiff(width, height, block, data, tiled=False, step=0.003):
    """A GeoTIFF (EPSG:4326, EGM96) of one ZSTD block that is as large as it says."""
    keys = struct.pack("<20H", 1, 1, 0, 4, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326, 4096, 0, 1, 5773)
    doubles = struct.pack("<3d", step, step, 0) + struct.pack("<6d", 0, 0, 0, 7.9, 47.2, 0)
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 50000), (262, 3, 1, 1),
               (277, 3, 1, 1), (339, 3, 1, 2)]
    count = len(entries) + 4 + 3
    after = 8 + 2 + 12 * count + 4
    scale, tie, key, body = after, after + 24, after + 72, after + 72 + len(keys)
    if tiled:
        entries += [(322, 4, 1, block[0]), (323, 4, 1, block[1]), (324, 4, 1, body), (325, 4, 1, len(data))]
    else:
        entries += [(273, 4, 1, body), (278, 4, 1, block[1]), (279, 4, 1, len(data)), (284, 3, 1, 1)]
    entries += [(33550, 12, 3, scale), (33922, 12, 6, tie), (34735, 3, 20, key)]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return (b"II*\0" + struct.pack("<IH", 8, count) + directory + struct.pack("<I", 0) + doubles + keys + data)


def zeros(size):
    done = subprocess.run(f"head -c {size} /dev/zero | zstd -q -3 -c", shell=True, check=True, timeout=DEADLINE_S,
                          stdout=subprocess.PIPE)
    return done.stdout


def attacks(port):
    large = zeros(42000 * 42000 * 2)
    assert len(large) < 400_000, len(large)
    flat = numpy.zeros((100, 100))
    return {
        "reads-a-file.tif": vrt("/etc/passwd"),
        "calls-a-url.tif": vrt(f"/vsicurl/http://127.0.0.1:{port}/x.tif"),
        "reads-over-the-net.tif": vrt(f"http://127.0.0.1:{port}/y.tif"),
        "one-strip-of-3.5-gb.tif": tiff(42000, 42000, (42000, 42000), large, step=0.000007),
        "few-pixels-in-a-tile-of-3.5-gb.tif": tiff(256, 256, (42000, 42000), large, tiled=True),
        "no-width.tif": place.geotiff(flat, transform=(7.9, 0, 0, 47.2, 0, -0.003)),
        "no-number.tif": place.geotiff(flat, transform=(7.9, float("nan"), 0, 47.2, 0, -0.003)),
        "endless.tif": place.geotiff(flat, transform=(7.9, 1e300, 0, 47.2, 0, -1e300)),
        "too-fine.tif": place.geotiff(flat, transform=(7.9, 1e-300, 0, 47.2, 0, -1e-300)),
        "all-in-a-line.tif": place.geotiff(flat, transform=(7.9, 0.003, 0.003, 47.2, 0.003, 0.003)),
    }


def memory_kb(pid):
    for row in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmRSS:"):
            return int(row.split()[1])
    raise LookupError(pid)


def check_attacks(kafka, node, port, listener):
    cases = attacks(listener.port)
    began_s = time.monotonic()
    kafka.produce_all(DEM, [dict(value=value, key=name) for name, value in cases.items()])
    letters = kafka.consume(place.DEAD, len(cases))
    print(f"{len(cases)} attacks refused in {time.monotonic() - began_s:.1f} s", flush=True)
    assert [letter[0].decode() for letter in letters] == list(cases), [letter[0] for letter in letters]
    reasons = {letter[2]["drf_dead_reason"].decode() for letter in letters}
    assert reasons == {"FORMAT", "TOO_LARGE", "GEOREFERENCE"}, reasons
    assert not listener.asked, listener.asked
    assert memory_kb(node.process.pid) < RSS_MAX_KB, memory_kb(node.process.pid)
    assert place.page(port, "readyz")[0] == 200
    kafka.produce(DEM, place.geotiff(), key="good")
    wait_until(lambda: place.applied(port, "terrain") == 1, "the good message behind them")
    assert kafka.end_offset(place.DEAD) == len(cases), "one letter each, none tried again"


def test_what_takes_the_place_of_a_killed_decoder_reads_the_next_message():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            for round_ in range(1, 4):
                kafka.produce(place.TOPICS["towers"], place.dof(round_, 47.095, 8.095, 100, 1700), key=f"36-{round_}")
                wait_until(lambda: place.applied(port, "towers") == round_, "the obstacle is there")
                before = place.metrics(port).get("drf_decoder_replaced_seconds_count", 0)
                place.kill_decoder(node.process.pid)
                wait_until(lambda: place.metrics(port).get("drf_decoder_replaced_seconds_count", 0) > before,
                           "another decoder stands in its place")
            kafka.produce(place.TOPICS["towers"], place.dof(9, 47.095, 8.095, 100, 1700), key="36-9")
            wait_until(lambda: place.applied(port, "towers") == 4, "the next obstacle is there")
            assert kafka.end_offset(place.DEAD) == 0, "no message was lost to it"
            assert node.stop() == 0


def test_a_compressed_batch_ends_as_one_refused_message_and_what_is_behind_it_is_read():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            swollen = bytes(60 << 20)
            for codec in CODECS:
                kafka.produce(DEM, swollen, key=codec, codec=codec)
            letters = kafka.consume(place.DEAD, len(CODECS))
            assert [letter[0].decode() for letter in letters] == CODECS, [letter[0] for letter in letters]
            assert {letter[2]["drf_dead_reason"] for letter in letters} == {b"TOO_LARGE"}, letters
            kafka.produce(DEM, place.geotiff(), key="good")
            wait_until(lambda: place.applied(port, "terrain") == 1, "the good message behind them")
            assert memory_kb(node.process.pid) < RSS_MAX_KB, memory_kb(node.process.pid)
            assert node.stop() == 0


def test_attacks_end_as_one_refused_message_each():
    port, = free_ports(1)
    with shared_kafka() as kafka, Mosquitto() as mqtt, Listener() as listener:
        kafka.create_topics(*place.TOPICS.values(), place.DEAD)
        with Node(place.configuration(kafka.bootstrap, mqtt, http=port)) as node:
            wait_until(lambda: place.page(port, "readyz")[0] == 200, "the node is ready")
            check_attacks(kafka, node, port, listener)
            assert node.stop() == 0


main(globals())
