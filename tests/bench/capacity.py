#!/usr/bin/python3
# tests/bench/capacity.py [KM...] - what regions and drones take of disk, memory and processor: the table of deploy/runbook.md.
# SPDX-License-Identifier: Apache-2.0
"""Prints the rows of the table. A region is a world of drf-sim, KM on a side: ground and surface every 25 to 30 m,
imported without brokers; memory is that of a node that has just started on this store, and that of `drf-edge digest`, which
decodes and folds every tile as a node does by and by. Drones: bench_edge_serve, which
answers each report at 10 Hz on one core. Not in tests/bench/run: nothing is compared here."""
import json
import os
import pathlib
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from drf_fixture import BIN, DEADLINE_S, Process, free_ports

SIDES_KM = (12, 25, 50)
DRONES = (100, 1000, 3000)


def whole_mb(store):
    process = subprocess.Popen([BIN / "drf-edge", "digest", "--store", store], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss / 1e3


def region(km):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        said = subprocess.run([BIN / "drf-sim", "world", "--seed", "5", "--out", folder / "world", "--center", "47,8",
                               "--size-km", str(km)], check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout
        bounds = [float(x) for x in re.search(r"west (\S+) south (\S+) east (\S+) north (\S+)", said).groups()]
        port, = free_ports(1)
        store, config = folder / "region.gpkg", folder / "node.yaml"
        config.write_text(json.dumps({
            "region": {"id": "sim-capacity", "bounds": bounds, "margin_m": 0}, "node": {"id": "n", "mode": "SIM"},
            "store": {"path": str(store)}, "kafka": {"bootstrap.servers": "127.0.0.1:9"}, "mqtt": {"host": "127.0.0.1", "port": 9},
            "http": {"port": port}, "limits": {"look_ahead_max_m": 1000},
            "feeds": [{"name": "ground", "topic": "g", "kind": "terrain", "mode": "SIM"},
                      {"name": "surface", "topic": "s", "kind": "terrain", "surface": "dsm", "mode": "SIM"}]}))
        began = time.monotonic()
        for feed in "ground", "surface":
            subprocess.run([BIN / "drf-edge", "import", "--config", config, "--feed", feed, folder / "world" / f"{feed}.tif"],
                           check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE_S)
        import_s = time.monotonic() - began
        with sqlite3.connect(store) as db:
            tiles, = db.execute("SELECT count(*) FROM ground").fetchone()
        db.close()
        node = Process("node", [BIN / "drf-edge", "run", "--config", config], folder / "log")
        try:
            def answers():
                try:
                    return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200
                except OSError:
                    return False
            node.wait_ready(answers)
            resident_kb, = re.search(r"^VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{node.pid}/status").read_text(), re.M).groups()
        finally:
            node.stop()
        return tiles, store.stat().st_size / 1e6, int(resident_kb) / 1e3, whole_mb(store), import_s


def drones(count):
    run = subprocess.run([BIN / "bench_edge_serve", str(count)], check=True, capture_output=True, text=True, timeout=DEADLINE_S)
    return json.loads(run.stdout.splitlines()[0])


def main():
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the begin\n")
    print("| region | tiles at level 12, each of ground and surface | disk | memory at the start | with every tile decoded | import |\n|---|---|---|---|---|---|")
    for km in [int(word) for word in sys.argv[1:]] or SIDES_KM:
        tiles, disk_mb, memory_mb, most_mb, import_s = region(km)
        print(f"| {km} x {km} km | {tiles} | {disk_mb:.0f} MB | {memory_mb:.0f} MB | {most_mb:.0f} MB | {import_s:.0f} s |", flush=True)
    print("\n| drones at 10 Hz | contexts/s asked for | contexts/s of one core | of the core |\n|---|---|---|---|")
    for count in DRONES:
        rate = drones(count)["value"]
        print(f"| {count} | {10 * count} | {rate:.0f} | {1000 * count / rate:.0f} % |", flush=True)


main()
