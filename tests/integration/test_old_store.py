#!/usr/bin/python3
# tests/integration/test_old_store.py - a store of an earlier version, opened and read on by this one.
# SPDX-License-Identifier: Apache-2.0
# Takes: 20 s
"""tests/data/stores/region_d4d7c7b.gpkg.gz was written by drf-edge of commit d4d7c7b (before refused inputs were records)
from the messages below: `DRF_BIN_DIR=<its programs> python3 tests/integration/test_old_store.py --make FILE`, with
PYTHONPATH=tests/integration. This version opens it, shows what it holds at once, reads the feeds again because they are
decoded otherwise now, and ends as a node that never knew it."""
import gzip
import json
import shutil
import subprocess
import sys

from drf_fixture import BIN, DEADLINE_S, TOP, Mosquitto, Node, free_ports, main, shared_kafka, wait_until
from fixture import place

STORE = TOP / "tests/data/stores/region_d4d7c7b.gpkg.gz"
AT = "2026-06-01T12:00:00Z"
REPORT = b"METAR LSZX 011150Z 24010KT 9999 BKN012 12/10 Q1010="
STATIONS = "LSZX,47.05,8.05,430\n"


def headers(kind):
    return {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "old", "ce_type": kind, "ce_time": AT, "drf_mode": "REPLAY"}


def square(identity, size):
    lat, lon = place.MIDDLE
    ring = [[lon + x * size, lat + y * size] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    return json.dumps({"type": "Feature", "id": identity, "geometry": {"type": "Polygon", "coordinates": [ring]},
                       "properties": {"restriction": "PROHIBITED", "lower_agl_m": 0, "upper_amsl_m": 900}}).encode()


def publish(kafka):
    kafka.create_topics("t.terrain", "t.towers", "t.cranes", "t.zones", "t.metar", place.DEAD)
    kafka.produce("t.terrain", place.geotiff(size=60), key="ground", headers=headers("t"))
    kafka.produce("t.towers", place.dof(1, 47.05, 8.05, 200, 1600), key="99-000001", headers=headers("o"))
    for i in range(3):
        name = f"crane-{i}"
        kafka.produce("t.cranes", place.feature(name, 47.04 + i * .005, 8.05), key=name, headers=headers("o"))
    kafka.produce("t.zones", square("z-1", .004), key="z-1", headers=headers("z"))
    kafka.produce("t.metar", REPORT, key="LSZX", headers=headers("m"))


def configuration(kafka, mqtt, port, folder="{folder}"):
    made = place.configuration(kafka.bootstrap, mqtt, http=port, mode="REPLAY")
    made["feeds"] = [
        {"name": "terrain", "topic": "t.terrain", "kind": "terrain", "vertical_acc95_m": 1},
        {"name": "towers", "topic": "t.towers", "kind": "obstacle"},
        {"name": "cranes", "topic": "t.cranes", "kind": "obstacle", "format": "geojson_obstacles"},
        {"name": "zones", "topic": "t.zones", "kind": "zone", "format": "geojson_zones"},
        {"name": "metar", "topic": "t.metar", "kind": "weather", "format": "metar", "stations": f"{folder}/stations.csv"},
    ]
    return made


class Aged(Node):
    """A node whose store is there before it starts."""
    store = None

    def prepare(self):
        (self.folder.path / "stations.csv").write_text(STATIONS)
        if self.store:
            self.path("region.gpkg").write_bytes(gzip.decompress(self.store.read_bytes()))
        super().prepare()


def edge(node, command, *arguments):
    return json.loads(subprocess.run([BIN / "drf-edge", command, "--store", node.path("region.gpkg"), *arguments, "--json"],
                                     check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE).stdout)


def shown(node):
    there = edge(node, "query", *map(str, place.MIDDLE), "--at", AT, "--radius", "2000")
    return (sorted(o["feature_id"] for o in there.get("obstacles", [])), [z["feature_id"] for z in there.get("zones", [])],
            round(there["height"]["ground_amsl_m"]))


EVERYTHING = (["99-000001", "crane-0", "crane-1", "crane-2"], ["z-1"], round(place.ground_amsl_m(*place.MIDDLE)))


def settled(node, port):
    numbers = place.metrics(port)
    read = [name for name, count in numbers.items() if name.startswith("drf_feed_messages_total") and count > 0]
    return len(read) == 5 and place.page(port, "readyz")[0] == 200 and not any(
        value for name, value in numbers.items()
        if name.startswith(("drf_feed_behind_messages", "drf_feed_catching_up", "drf_feed_resyncing")))


def run(kafka, mqtt, store, then):
    port, = free_ports(1)
    Aged.store = store
    with Aged(configuration(kafka, mqtt, port), ["--utc-start", AT]) as node:
        return then(node, port)


def test_a_store_of_an_earlier_version_is_opened_and_ends_as_a_fresh_one():
    def digest(node, port):
        wait_until(lambda: settled(node, port), "all is read")
        wait_until(lambda: shown(node) == EVERYTHING, "all is committed")
        node.stop()
        return edge(node, "digest", "--at", AT)

    with shared_kafka() as kafka, Mosquitto([]) as mqtt:
        publish(kafka)

        def aged(node, port):
            assert shown(node) == EVERYTHING, shown(node)  # from the file alone, before anything is read
            wait_until(lambda: node.log_text().count("what=feed.resynchronised") == 5, "the feeds were read again")
            return digest(node, port)
        assert run(kafka, mqtt, STORE, aged) == run(kafka, mqtt, None, digest)


def make(out):
    def keep(node, port):
        wait_until(lambda: settled(node, port), "all is read")
        wait_until(lambda: shown(node) == EVERYTHING, "all is committed")
        node.stop()
        with open(node.path("region.gpkg"), "rb") as store, gzip.GzipFile(out, "wb", 9, mtime=0) as file:
            shutil.copyfileobj(store, file)
    with shared_kafka() as kafka, Mosquitto([]) as mqtt:
        publish(kafka)
        run(kafka, mqtt, None, keep)


if sys.argv[1:2] == ["--make"]:
    make(sys.argv[2])
else:
    main(globals())
