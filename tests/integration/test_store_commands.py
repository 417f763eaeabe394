#!/usr/bin/python3
# tests/integration/test_store_commands.py - what an operator does with a store: import, digest, info and the rest.
# SPDX-License-Identifier: Apache-2.0
"""Without brokers: the files of a world made by drf-sim are imported; other tools look at what comes out."""
import json
import subprocess
import sqlite3

from drf_fixture import BIN, TOP, Folder, main

AT = "2026-06-01T12:00:00Z"
FILES = (("terrain", "ground.tif"), ("dof", "towers.dat"), ("cranes", "obstacles.geojson"))


def edge(*arguments, code=0, program=BIN / "drf-edge"):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert run.returncode == code, (arguments, run.returncode, run.stdout, run.stderr)
    return run.stdout if code == 0 else run.stderr


class Place(Folder):
    """A folder with a world in it and a configuration for a store beside it."""

    def __enter__(self):
        super().__enter__()
        self.world = self.path / "world"
        subprocess.run([BIN / "drf-sim", "world", "--seed", "5", "--out", self.world, "--center", "47,8", "--size-km",
                        "6", "--time", AT, "--hours", "2"], check=True, stdout=subprocess.DEVNULL, timeout=60)
        return self

    def config(self, name, **region):
        told = {"region": {"id": "sim-store", "bounds": [7.97, 46.98, 8.03, 47.02], "margin_m": 500} | region,
                "node": {"id": "edge-1", "mode": "SIM"}, "store": {"path": str(self.store(name))},
                "mqtt": {"host": "localhost"}, "kafka": {"bootstrap.servers": "localhost:1"},
                "limits": {"look_ahead_max_m": 1000},
                "feeds": [
                    {"name": "terrain", "topic": "t", "kind": "terrain", "surface": "dtm", "mode": "SIM",
                     "vertical_acc95_m": 1, "licence": "made up"},
                    {"name": "dof", "topic": "d", "kind": "obstacle", "format": "dof", "mode": "SIM"},
                    {"name": "cranes", "topic": "c", "kind": "obstacle", "format": "geojson_obstacles",
                     "mode": "SIM"}]}
        path = self.path / f"{name}.yaml"
        path.write_text(json.dumps(told, indent=1))
        return path

    def store(self, name):
        return self.path / f"{name}.gpkg"

    def file(self, name):
        return self.world / name

    def imported(self, name, files=FILES, program=BIN / "drf-edge"):
        config = self.config(name)
        for feed, file in files:
            edge("import", "--config", config, "--feed", feed, "--time", AT, self.file(file), program=program)
        return self.store(name)


def digests(store, *arguments, program=BIN / "drf-edge"):
    return json.loads(edge("digest", "--store", store, "--at", AT, "--json", *arguments, program=program))


def test_imports_in_any_order_and_again_give_the_same_digest():
    with Place("import") as place:
        first = digests(place.imported("first"))
        empty = digests(place.imported("empty", FILES[1:]))
        assert first["ground"] != empty["ground"] and first["obstacle"] != empty["obstacle"], "tops need the ground"
        assert digests(place.imported("second", FILES[::-1] + FILES[:1])) == first
        assert digests(place.store("first"), "--layer", "ground") == {"ground": first["ground"]}
        edge("digest", "--store", place.store("first"), "--layer", "soil", code=2)


def test_gcc_and_clang_builds_give_the_same_digest():
    clang = TOP / "build" / "clang" / "bin" / "drf-edge"
    if not clang.exists() or clang.parent == BIN:
        print("no clang build beside this one: not compared")
        return
    with Place("compilers") as place:
        ours = digests(place.imported("ours"))
        theirs = digests(place.imported("theirs", program=clang), program=clang)
        assert ours == theirs


def test_import_is_refused_while_another_writes_and_changes_nothing_then():
    with Place("busy") as place:
        before = digests(place.imported("store", FILES[:1]))
        lock = sqlite3.connect(f"{place.store('store')}-lock", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        said = edge("import", "--config", place.config("store"), "--feed", "dof", place.file(FILES[1][1]), code=1)
        assert "another program is writing" in said and "stop the node" in said, said
        assert digests(place.store("store")) == before, "reading is held up by nobody"
        lock.close()
        said = edge("import", "--config", place.config("store"), "--feed", "dof", place.file(FILES[0][1]), code=1)


main(globals())
