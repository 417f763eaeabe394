#!/usr/bin/python3
# tests/integration/test_demo_witness.py - the fleet finds nothing wrong with an honest node, and each classic error.
# SPDX-License-Identifier: Apache-2.0
# Takes: 85 s
import json
import re
import subprocess

from drf_fixture import BIN, DEADLINE_S, NODE, Folder, Mosquitto, Node, Process, free_ports, main, wait_until
from fixture import place

DRONES = [f"coffee-{i:02d}" for i in range(1, 9)]
FILES = {"terrain": ("geotiff", "ground.tif"), "surface": ("geotiff", "surface.tif"), "towers": ("dof", "towers.dat"),
         "cranes": ("geojson", "obstacles.geojson"), "weather": ("grib", "weather.grib2")}


def run(*argv):
    return subprocess.run([BIN / "drf-sim", *argv], check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE, text=True).stdout


def configuration(bootstrap, mqtt, port, bounds):
    feeds = [dict(name="terrain", kind="terrain"), dict(name="surface", kind="terrain", surface="dsm"),
             dict(name="towers", kind="obstacle"),
             dict(name="cranes", kind="obstacle", format="geojson_obstacles"), dict(name="weather", kind="weather")]
    return {
        "region": {"id": "sim-witness", "bounds": bounds},
        "node": {"id": "n1", "mode": "SIM"},
        "store": {"path": "{folder}/region.gpkg"},
        "kafka": {"bootstrap.servers": bootstrap},
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
        "http": {"port": port},
        "limits": {"discover_s": 1},
        "feeds": [{"topic": f"w.{feed['name']}",
                   **({"vertical_acc95_m": 1} if feed["kind"] == "terrain" else {}), **feed} for feed in feeds],
    }


def fly(mqtt, folder, seconds, *more):
    """The exit code and the report of a fleet."""
    (folder.path / "users").write_text("".join(f"{name}:{mqtt.passwords[name]}\n" for name in DRONES))
    report = folder.path / "report.json"
    report.unlink(missing_ok=True)
    done = subprocess.run([BIN / "drf-sim", "fleet", "--mqtt", f"{mqtt.host}:{mqtt.port}", "--region", "sim-witness",
                           "--world", folder.path / "world", "--drones", str(len(DRONES)), "--seconds", str(seconds),
                           "--users", folder.path / "users", "--report", report, *more],
                          timeout=DEADLINE_S, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert report.exists(), done.stdout
    return done.returncode, json.loads(report.read_text()), done.stdout


def test_fleet_finds_nothing_and_finds_each_classic_error():
    port, = free_ports(1)
    with Folder("witness") as folder, Mosquitto(users=DRONES) as mqtt:
        made = run("world", "--seed", "5", "--out", folder.path / "world", "--center", "47,8", "--size-km", "8",
                   "--refused", "20")
        bounds = [float(x) for x in re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()]
        broker = Process("broker", [BIN / "drf-sim", "broker", "--topics",
                                    ",".join(f"w.{name}" for name in FILES), "--port-file", folder.path / "port"],
                         folder.path / "broker.log")
        try:
            wait_until(lambda: (folder.path / "port").exists() and (folder.path / "port").read_text().strip())
            bootstrap = f"127.0.0.1:{(folder.path / 'port').read_text().strip()}"
            with Node(configuration(bootstrap, mqtt, port, bounds)):
                wait_until(lambda: place.page(port, "healthz")[0] == 200, "the node answers")
                for name, (kind, file) in FILES.items():
                    run("publish", "--bootstrap", bootstrap, "--topic", f"w.{name}", "--kind", kind,
                        folder.path / "world" / file)
                wait_until(lambda: caught_up(port), "all is learned")
                check(mqtt, folder, port)
        finally:
            broker.kill()


def caught_up(port):
    numbers = place.metrics(port)
    behind = [value for name, value in numbers.items() if name.startswith("drf_feed_behind_messages")]
    applied = {name for name, number in numbers.items() if 'outcome="APPLIED"' in name and number > 0}
    return place.page(port, "readyz")[0] == 200 and len(applied) == len(FILES) and not any(behind)


def check(mqtt, folder, port):
    code, report, text = fly(mqtt, folder, 8)
    assert (code, report["mismatches"]) == (0, 0), text
    assert report["contexts"] > len(DRONES) * 8 and report["gaps"] == 0, report
    assert report["verified"] == report["contexts"] - report["unmatched"], report
    assert report["kinds"]["refused"]["checked"] > report["contexts"], "some obstacles were refused, and who is near is told"
    judged = report["advisory_kinds"]
    kinds = [kind for name, kind in judged.items() if isinstance(kind, dict) and name != "unjudged_by"]
    assert judged["told"] == judged["judged"] + judged["unjudged"], judged
    assert sum(kind["judged"] for kind in kinds) == judged["judged"], judged
    assert sum(sum(kind["unjudged_by"].values()) for kind in kinds) == judged["unjudged"] == sum(judged["unjudged_by"].values()), judged
    assert f"of {judged['told']} advisories told {judged['judged']} judged" in text, text
    assert report["kinds"]["plan"]["checked"] > report["contexts"], "plans are filed, and flown"
    assert sum(kind["certain"] for kind in kinds) > 100, judged
    # A share of the drones is checked, all are counted; its node's counters stand beside what is missing.
    code, part, text = fly(mqtt, folder, 8, "--verify", "0.25", "--requests", "1", "--metrics", f"127.0.0.1:{port}")
    assert (code, part["mismatches"]) == (0, 0), text
    assert part["contexts"] * 0.2 < part["verified"] < part["contexts"] * 0.3, part
    assert part["missing"]["node_contexts"] >= part["contexts"], part["missing"]
    questions = part["questions"]
    assert questions["terrain_tiles"] > 56 and questions["landing_answers"] >= 2, questions
    # Patches: key frames and news over them, one in twenty lost, every cell against the world.
    code, report, text = fly(mqtt, folder, 8, "--patch", "64", "--patch-rate", "5", "--lose-patches", "5")
    patches = report["patches"]
    assert (code, report["mismatches"]) == (0, 0), text
    assert patches["decoded"] > len(DRONES) * 8 and patches["lost"] > 0 and patches["gaps"] > 0, patches
    assert patches["weather_cells"] >= 16, patches
    assert patches["key_frames"] < patches["count"] / 10 and patches["cells_checked"] > 10**6, patches
    # Each classic error is found, and as what it is.
    for error, kind in (("wind-sign", "wind"), ("datum", "agl"), ("zero-fill", "invented"),
                        ("advisory-lost", "advisory_missed"), ("advisory-false", "advisory_false")):
        code, report, text = fly(mqtt, folder, 8 if "advisory" in error else 4, "--requests", "0", "--break", error)
        assert code == 1 and report["kinds"][kind]["wrong"] > 10, (error, code, text)
    code, report, text = fly(mqtt, folder, 4, "--requests", "0", "--break", "refused-lost")
    assert code == 1 and report["kinds"]["refused"]["wrong"] > 10, text
    code, report, text = fly(mqtt, folder, 6, "--requests", "1", "--break", "terrain-down")
    assert code == 1 and report["kinds"]["terrain"]["wrong"] > 100, text
    code, report, text = fly(mqtt, folder, 4, "--patch", "64", "--patch-rate", "2", "--break", "patch-shift")
    assert code == 1 and report["kinds"]["patch"]["wrong"] > 10, text


main(globals())
