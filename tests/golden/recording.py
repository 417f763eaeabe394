#!/usr/bin/python3
# tests/golden/recording.py - records tests/data/golden_replay: 20 s of a node over real brokers, small.
# SPDX-License-Identifier: Apache-2.0
"""Run from the top of a built tree, with build/bin there. The C library computes without fused multiply-add, so that every
processor replays it. Make it anew only when a change of what the node sends is meant, and say in the commit which."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
os.environ.setdefault("DRF_BIN_DIR", str(TOP / "build" / "bin"))

from drf_fixture import BIN, NODE, Folder, Kafka, Mosquitto, Node, free_ports, wait_until  # noqa: E402
from fixture import place  # noqa: E402

OUT = TOP / "tests" / "data" / "golden_replay"
NAMES = ["coffee-01", "coffee-02", "coffee-03"]
FILES = {"terrain": ("geotiff", "ground.tif"), "towers": ("dof", "towers.dat"), "cranes": ("geojson", "obstacles.geojson"),
         "weather": ("grib", "weather.grib2")}
WITHOUT_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable"}


def run(*argv):
    return subprocess.run([BIN / "drf-sim", *argv], check=True, stdout=subprocess.PIPE, text=True).stdout


def configuration(kafka, mqtt, port, bounds):
    feeds = [dict(name="terrain", kind="terrain", vertical_acc95_m=1), dict(name="towers", kind="obstacle"),
             dict(name="cranes", kind="obstacle", format="geojson_obstacles"), dict(name="weather", kind="weather"),
             dict(name="flybys", kind="traffic", format="tracks")]
    return {"region": {"id": "sim-golden", "bounds": bounds, "margin_m": 500},
            "node": {"id": "n1", "mode": "SIM"},
            "store": {"path": "region.gpkg", "level": 10},
            "kafka": {"bootstrap.servers": kafka.bootstrap},
            "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
            "http": {"port": port},
            "limits": {"discover_s": 1, "look_ahead_max_m": 1000},
            "feeds": [{"topic": f"g.{feed['name']}", **feed} for feed in feeds]}


def learned(port):
    numbers = place.metrics(port)
    applied = {name for name, number in numbers.items() if 'outcome="APPLIED"' in name and number > 0}
    return place.page(port, "readyz")[0] == 200 and len(applied) >= len(FILES)


def record(folder, kafka, mqtt):
    port, = free_ports(1)
    made = run("world", "--seed", "11", "--out", folder.path / "world", "--center", "47,8", "--size-km", "2",
               "--posting-arcsec", "6", "--hours", "1", "--towers", "5", "--cranes", "5", "--buildings", "5",
               "--weather-step-deg", "0.02", "--bare")
    bounds = [float(x) for x in re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()]
    (folder.path / "users").write_text("".join(f"{name}:{mqtt.passwords[name]}\n" for name in NAMES))
    kafka.create_topics(*[f"g.{name}" for name in [*FILES, "flybys"]])
    with Node(configuration(kafka, mqtt, port, bounds), arguments=["--journal", "node.mcap", "--journal-output"],
              env={**os.environ, **WITHOUT_FMA}) as node:
        wait_until(lambda: place.page(port, "healthz")[0] == 200, "the node answers")
        for name, (kind, file) in FILES.items():
            run("publish", "--bootstrap", kafka.bootstrap, "--topic", f"g.{name}", "--kind", kind,
                folder.path / "world" / file)
        wait_until(lambda: learned(port), "all is learned")
        run("fleet", "--mqtt", f"{mqtt.host}:{mqtt.port}", "--region", "sim-golden", "--world", folder.path / "world",
            "--drones", str(len(NAMES)), "--seconds", "17", "--rate", "2", "--users", folder.path / "users",
            "--patch", "64", "--traffic", kafka.bootstrap, "--traffic-topic", "g.flybys", "--flybys", "2", "--seed", "11")
        node.stop()
        return node.path("node.mcap").read_bytes()


def main():
    with Folder("golden") as folder, Kafka() as kafka, Mosquitto(users=NAMES) as mqtt:
        recording = record(folder, kafka, mqtt)
    OUT.mkdir(exist_ok=True)
    (OUT / "node.mcap").write_bytes(recording)
    said = subprocess.run([BIN / "drf-edge", "replay", OUT / "node.mcap", "--verify"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    (OUT / "outputs.sha256").write_text(re.search(r"sha256 (\w+)", said).group(1) + "\n")
    print(said, f"{len(recording)} bytes")


main()
