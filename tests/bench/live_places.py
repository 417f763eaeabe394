# tests/bench/live_places.py - rows of places of their own: data points, a whole region in memory, 23,000 zones.
# SPDX-License-Identifier: Apache-2.0
"""Rows as in live.py. Data points: the reports of a thousand drones come oftener and oftener, and each asks for a key frame
of 256 x 256 cells of both layers, until something gives way; what a process used of a core while it was measured is printed
for each, and which was at its end. Twenty more drones, of drf-sim, check every cell that they get at the same time."""
import contextlib
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time

import confluent_kafka
import numpy

from judge import row
from rig import (BIN, CHECKED, DEADLINE_S, FEEDS, Place, cpu_s, decoders_cpu_s, median, memory_mb, node_cpu_s, place,
                 wait_until)
from drf_fixture import REAL_DATA  # found by rig
from tile38 import Tile38

SIDE = 256
POINTS_EACH = 2 * SIDE * SIDE  # of a patch: ground and surface
RIM_DEG = 0.026  # half a window and half a block: what is asked for lies in the place
BUSY = 0.9  # of a core: a process of one working thread that can no more


class Sampler(threading.Thread):
    """What processes use of a core, looked at ten times a second until it ends; share() of the last seconds before."""

    def __init__(self, processes):
        super().__init__(daemon=True)
        self.processes, self.ending, self.seen = processes, threading.Event(), []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def run(self):
        while not self.ending.wait(0.1):
            with contextlib.suppress(OSError, AttributeError):  # not begun yet, or ended
                self.seen.append((time.monotonic(), {**{name: cpu_s(pid()) for name, pid in self.processes.items()},
                                                     "idle": idle_s()}))

    def share(self, seconds, before_end_s):
        end_s = self.seen[-1][0] - before_end_s
        window = [one for one in self.seen if end_s - seconds <= one[0] <= end_s]
        if len(window) < 2:  # a busy machine: all there is
            window = self.seen
        (first_s, first), (last_s, last) = window[0], window[-1]
        return {name: (last[name] - first[name]) / (last_s - first_s) for name in last}


def idle_s():
    """Processor time that nobody on the machine has used; what waits for the disk counts as idle."""
    words = pathlib.Path("/proc/stat").read_text().split(None, 6)
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


def end_of(step):
    """What can no more, in words."""
    idle = step["shares"]["idle"]
    at_end = [f"{name} at {share:.2f} of a core" for name, share in step["shares"].items() if name != "idle" and share >= BUSY]
    if idle < 1 - BUSY:
        at_end.append("no processor idle")
    if step["shed"]:
        at_end.append("shed: " + ", ".join(f"{count:.0f} {why}" for why, count in step["shed"].items()))
    return "; ".join(at_end) or "nothing"


def shed_by_reason(rig):
    return {name.removeprefix("drf_shed_total").strip("{}"): value for name, value in place.metrics(rig.http).items()
            if name.startswith("drf_shed_total") and value}


def points_at(rig, node, rate, seconds, **order):
    before = shed_by_reason(rig)
    with Sampler({"node": lambda: node.process.pid, "mosquitto": lambda: rig.mqtt.process.pid,
                  "drones": lambda: rig.load_process.pid}) as sampler:
        got = rig.load(rate=rate, profile_rate=min(rate, 10), patch=SIDE, patch_rate=10, seconds=seconds, warm=1,
                       box=rig.place.box(RIM_DEG), **order)
    got["rate"] = rate
    got["per_min"] = got["data_points"] / rig.drones / seconds * 60
    got["asked"] = POINTS_EACH * rate * 60
    got["shares"] = {name: round(share, 2) for name, share in sampler.share(seconds, 0.5).items()}
    got["shed"] = {why: count - before.get(why, 0) for why, count in shed_by_reason(rig).items() if count > before.get(why, 0)}
    return got


def ramp(rig, rates, pairs, **order):
    """The rate that most came of, measured as often as there are pairs; all steps in short."""
    steps, seconds = [], 1 if rig.small else 4
    with rig.node() as node:
        for rate in rates:
            steps.append(points_at(rig, node, rate, seconds, **order))
            if len(steps) > 1 and all(step["per_min"] < 0.8 * step["asked"] for step in steps[-2:]):
                break
        best = max(steps, key=lambda step: step["per_min"])
        runs = [best, *(points_at(rig, node, best["rate"], seconds, **order) for _ in range(min(pairs, 3) - 1))]
        overload = place.metrics(rig.http).get("drf_overload_level", 0)
    return runs, {"rate_hz": best["rate"], "asked": best["asked"], "cores": best["shares"], "at_its_end": end_of(best),
                  "bytes_per_point": best["patch_bytes"] / max(best["data_points"], 1),
                  "windows": best["windows"], "windows_shared": best["windows_shared"],
                  "contexts_lost": best["sent"] - best["answered"], "p99_ms": best["p99_ms"], "overload": overload,
                  "steps": [[step["rate"], round(step["per_min"] / 1e6, 2), step["shares"], end_of(step)] for step in steps]}


def points_row(name, runs, about, **more):
    return row(name, "points/min/drone", [run["per_min"] for run in runs], p50=median(runs, "p50_ms"), **about, **more)


def points(rig, pairs):
    small = rig.small
    rates = [1] if small else [2, 5.5, 7.5, 10]
    runs, about = ramp(rig, rates, pairs)
    lines = [points_row("points", runs, about)]
    with rig.node():
        verified_end = rig.start_fleet(2 if small else 20, 2 if small else 5, "--rate", "5", "--patch", str(SIDE),
                                       "--patch-rate", "5", "--key-frames", checked=True)
        rig.load(rate=about["rate_hz"], profile_rate=min(about["rate_hz"], 10), patch=SIDE, patch_rate=10,
                 seconds=1 if small else 4, warm=1)
        verified = verified_end()
    wrong = verified["kinds"]["patch"]["wrong"]  # of the drones of the load, as traffic, it knows nothing
    if wrong or not verified["patches"]["cells_checked"]:
        raise RuntimeError(f"cells differ from the world: {wrong}")
    lines.append(row("points_verified", "cells wrong", [wrong], "cells checked at that rate",
                     [verified["patches"]["cells_checked"]], reach=0, more=False,
                     data_points_per_drone_min=verified["data_points_per_drone_min"]))
    far = rig.make_world("far", 8 if small else 50, ("terrain", "surface"))
    with rig.at(far):
        runs, about = ramp(rig, rates, min(pairs, 2), speed=0)
        if about["windows_shared"] and not small:
            raise RuntimeError(f"{about['windows_shared']} windows are those of several drones")
        lines.append(points_row("points_distinct", runs, about))
    real = real_place(rig)
    if real is None:
        print("points_real is left out: no real data (set DRF_REAL_DATA)", file=sys.stderr, flush=True)
        return lines
    with rig.at(real):
        runs, about = ramp(rig, rates, min(pairs, 2))
        lines.append(points_row("points_real", runs, about))
    return lines


def real_place(rig):
    """15 km of the Kunlun, 1360 to 2982 m in posts of 160 m of a Mercator map; None without the file."""
    file = REAL_DATA / "terrain" / "dem_epsg3857_38.7N_76E.tif"
    if not file.exists():
        return None
    made = Place(rig, "real", (75.94, 38.69, 76.11, 38.82), {"terrain": {"kind": "terrain", "vertical_acc95_m": 10,
                                                                         "vertical_datum": "EGM96"}}, amsl=4000)
    rig.kafka.produce(made.topic("terrain"), file.read_bytes(), key="dem", headers={"drf_mode": "SIM"})
    return made


# ---- a whole region: 512 + 512 tiles, 100,000 obstacles

TILE_DEG = 180 / 2**12


def whole_place(rig):
    """Imported without brokers: ground and surface of 32 x 16 tiles, posts of a second of arc; obstacles in a DOF file."""
    columns, rows, obstacles = (4, 4, 1000) if rig.small else (32, 16, 100000)
    west, north = -180 + 2280 * TILE_DEG, 90 - 1050 * TILE_DEG
    east, south = west + columns * TILE_DEG, north - rows * TILE_DEG
    rim = 0.02  # more than the look-ahead: what is kept lies within these tiles
    made = Place(rig, "whole", (west + rim, south + rim, east - rim, north - rim),
                 {"terrain": FEEDS["terrain"], "surface": FEEDS["surface"], "towers": {"kind": "obstacle"}},
                 look_ahead_max_m=1000)
    folder = rig.folder.path / "whole"
    folder.mkdir()
    across, down = round(columns * TILE_DEG * 3600), round(rows * TILE_DEG * 3600)
    x, y, grain = numpy.arange(across), numpy.arange(down)[:, None], numpy.random.default_rng(5)
    ground = 600 + 150 * numpy.sin(x * 0.008) * numpy.cos(y * 0.011) + 20 * numpy.sin(x * 0.13 + y * 0.06)
    for name, heights in (("terrain", ground), ("surface", ground + grain.integers(0, 30, (down, across)))):
        (folder / name).write_bytes(place.geotiff(heights.astype("int16"), (west, south, east, north),
                                                  transform=(west, columns * TILE_DEG / across, 0, north, 0,
                                                             -rows * TILE_DEG / down), kind=3))
    shuffled = random.Random(5)
    with open(folder / "towers", "wb") as file:
        for number in range(obstacles):
            file.write(place.dof(number, shuffled.uniform(south + rim, north - rim), shuffled.uniform(west + rim, east - rim),
                                 100 + number % 300, 2500))
    with rig.at(made):
        config = folder / "node.yaml"
        config.write_text(json.dumps(rig.configuration()))
    for name in made.feeds:
        subprocess.run([BIN / "drf-edge", "import", "--config", config, "--feed", name, folder / name], check=True,
                       stdout=subprocess.DEVNULL, timeout=DEADLINE_S)
    with contextlib.closing(sqlite3.connect(made.store)) as db:
        made.tiles = sum(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("ground", "surface"))
        made.obstacles, = db.execute("SELECT count(*) FROM obstacle").fetchone()
    if made.tiles != 2 * columns * rows or made.obstacles != obstacles:
        raise RuntimeError(f"the store has {made.tiles} tiles and {made.obstacles} obstacles")
    return made


def settled_mb(pid):
    """Once the resident memory has not grown for two seconds: every tile is decoded."""
    sizes = []

    def steady():
        sizes.append(memory_mb(pid)["Rss"])
        time.sleep(0.2)
        return len(sizes) > 10 and sizes[-1] < sizes[-11] + 0.5
    wait_until(steady, "the memory grows no more")
    return sizes[-1]


def memory_node(rig, pairs):
    """The node's process with all that, and 1,000 drones that report and ask for patches."""
    found = []
    with rig.at(whole_place(rig)) as whole:
        for _ in range(min(pairs, 2)):
            with rig.node() as node:
                alone = settled_mb(node.process.pid)
                rig.load(rate=2, profile_rate=2, patch=64, patch_rate=0.5, seconds=1 if rig.small else 5)
                settled_mb(node.process.pid)
                found.append({**memory_mb(node.process.pid), "alone": alone,
                              "decoders": sum(memory_mb(pid)["Pss"] for pid in place.decoders(node.process.pid))})
    return [row("memory_node", "MB resident", [one["Rss"] for one in found], tiles=whole.tiles, obstacles=whole.obstacles,
                drones=rig.drones,
                pss_mb=median(found, "Pss"), highest_mb=median(found, "VmHWM"), without_drones_mb=median(found, "alone"),
                decoders_pss_mb=median(found, "decoders"))]


def obstacle_cpu(rig, pairs):
    """Processor time of a running node for an obstacle that moves, 50 of them a second; quiet by turns."""
    seconds, rate = (1, 20) if rig.small else (3, 50)
    west, south, east, north = rig.place.bounds
    producer = confluent_kafka.Producer({"bootstrap.servers": rig.kafka.bootstrap, "linger.ms": 0})
    keys = 50

    def update(number):
        key = f"cpu-{number % keys}"
        lat = south + (north - south) * (0.3 + 0.4 * number * 0.618034 % 0.4)
        lon = west + (east - west) * (number % keys + 1) / 60
        producer.produce(rig.place.topic("push"), place.feature(key, lat, lon, agl_m=20 + number % 37), key=key,
                         headers={"drf_mode": "SIM"})
        producer.poll(0)

    def spent(node, rate_hz, first):
        began_s, before = time.monotonic(), (node_cpu_s(node), decoders_cpu_s(node))
        for number in range(round(seconds * rate_hz)):
            time.sleep(max(0.0, began_s + number / rate_hz - time.monotonic()))
            update(first + number)
        time.sleep(max(0.0, began_s + seconds + 1 - time.monotonic()))  # rendered half a second later
        return node_cpu_s(node) - before[0], decoders_cpu_s(node) - before[1]
    own, decoders, sent = [], [], 0
    with rig.node() as node:
        for number in range(keys):
            update(number)
        producer.flush(30)
        wait_until(rig.learned, "nothing is behind")
        spent(node, 0.0001, 0)
        for _ in range(pairs):
            quiet, busy = spent(node, 0.0001, 0), spent(node, rate, sent)
            sent += seconds * rate
            own.append((busy[0] - quiet[0]) * 1e3 / (seconds * rate))
            decoders.append((busy[1] - quiet[1]) * 1e3 / (seconds * rate))
    for number in range(keys):
        producer.produce(rig.place.topic("push"), None, key=f"cpu-{number}", headers={"drf_mode": "SIM"})
    producer.flush(30)
    return [row("obstacle_cpu", "ms of the node an update", own, decoder_ms=sorted(decoders)[len(decoders) // 2],
                updates=seconds * rate)]


# ---- many zones

ZONES = 23000


def zone_list(rig, count):
    """Circles of 100 m to 1.5 km (lat, lon, radius_m), every fourth about one of four towns, as bench_fusion_zones; the
    last one in a corner."""
    west, south, east, north = rig.place.bounds
    chosen = random.Random(11)
    for number in range(count - 1):
        y, x = chosen.random(), chosen.random()
        if number % 4 == 0:
            y = 0.25 + 0.5 * (number // 4 % 2) + 0.05 * (y - 0.5)
            x = 0.25 + 0.5 * (number // 8 % 2) + 0.05 * (x - 0.5)
        yield south + (north - south) * y, west + (east - west) * x, 100 + 1400 * chosen.random() ** 4
    yield south + 0.002, west + 0.002, 100


def zone_text(number, lat, lon, radius_m):
    return json.dumps({"type": "Feature", "id": f"ZONE{number:06d}",
                       "properties": {"restriction": "REQ_AUTHORISATION", "upper_agl_m": 120, "radius_m": round(radius_m, 1)},
                       "geometry": {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}}).encode()


@contextlib.contextmanager
def hovering(rig, lat, lon):
    """A drone there; yields a function that waits until it is told of a zone."""
    topic = f"drf-test/v1/drones/{CHECKED}-01"
    with rig.mqtt.client(f"{CHECKED}-01") as drone:
        drone.subscribe(f"{topic}/context/+", qos=0)
        drone.publish(f"{topic}/profile", json.dumps({"json": True, "ignore_seen": True}), qos=1, retain=True,
                      content_type="application/json")

        def told(zone):
            for seq in range(1, 1000):
                drone.publish(f"{topic}/telemetry", place.report(seq, lat, lon, drone_boot_id=str(time.monotonic_ns())[:9]),
                              content_type="application/json")
                with contextlib.suppress(TimeoutError):
                    while not any(one.get("feature_id") == zone
                                  for one in json.loads(drone.take(0.5).payload).get("advisories", [])):
                        pass
                    return
            raise TimeoutError(f"nobody was told of {zone}")
        yield told


def load_zones(rig, zones):
    """From the first hand-over to Kafka until a drone is told of the last, all are applied and nothing is behind."""
    producer = confluent_kafka.Producer({"bootstrap.servers": rig.kafka.bootstrap, "linger.ms": 5,
                                         "queue.buffering.max.messages": 1000000})
    producer.list_topics(timeout=30)  # warm
    texts = [zone_text(number, *zone) for number, zone in enumerate(zones)]
    name = 'drf_feed_outcomes_total{feed="zones",outcome="APPLIED"}'
    with hovering(rig, *zones[-1][:2]) as told:
        began_s = time.monotonic()
        for number, text in enumerate(texts):
            producer.produce(rig.place.topic("zones"), text, key=f"ZONE{number:06d}", headers={"drf_mode": "SIM"})
        producer.flush(60)
        handed_s = time.monotonic() - began_s
        told(f"ZONE{len(texts) - 1:06d}")
        told_s = time.monotonic() - began_s
        wait_until(lambda: place.metrics(rig.http).get(name, 0) >= len(texts) and rig.learned(), "all zones are applied",
                   2 * DEADLINE_S, 0.05)
        return max(told_s, time.monotonic() - began_s), handed_s, told_s


def zones_place(rig, name, bounds):
    return Place(rig, name, bounds, {"zones": {"kind": "zone", "format": "geojson_zones"}, "terrain": FEEDS["terrain"]},
                 amsl=700)


def zones_live(rig, pairs, tile38):
    """23,000 zones over Kafka into a new store, as often as fits a minute; contexts beside those of a node with none."""
    count = 100 if rig.small else ZONES
    west, south = 8.0, 47.0
    bounds = (west, south, west + (0.2 if rig.small else 1.4), south + (0.1 if rig.small else 0.7))
    took, handed, told, memory, began_s = [], [], [], [], time.monotonic()
    while not took or (len(took) < pairs and time.monotonic() - began_s < 60):
        with rig.at(zones_place(rig, f"zones{len(took)}", bounds)) as full, rig.node() as node:
            before = memory_mb(node.process.pid)["Rss"]
            zones = list(zone_list(rig, count))
            one = load_zones(rig, zones)
            took.append(one[0])
            handed.append(one[1])
            told.append(one[2])
            memory.append((memory_mb(node.process.pid)["Rss"] - before) * 2**20 / count)
    lines = [row("zones_load", f"s for {count} over Kafka", took, handed_over_s=max(handed),
                 last_told_s=sorted(told)[len(told) // 2],
                 resident_bytes_each=sorted(memory)[len(memory) // 2])]
    none = zones_place(rig, "none", bounds)
    found = []
    order = {"rate": 5, "warm": 1, "seconds": 1 if rig.small else 3, "profile_rate": 5}
    for _ in range(pairs):
        pair = []
        for one in full, none:
            with rig.at(one), rig.node() as node:
                before = node_cpu_s(node)
                got = rig.load(**order)
                got["cpu_us"] = (node_cpu_s(node) - before) * 1e6 / max(got["contexts"], 1)
                pair.append(got)
        found.append(pair)
    lines.append(row("zones_contexts", f"ms, p99 at 5 Hz each with {count} zones", [pair[0]["p99_ms"] for pair in found],
                     "p99 of the same without zones", [pair[1]["p99_ms"] for pair in found], reach=2, more=False,
                     p50=median([pair[0] for pair in found], "p50_ms"),
                     reference_p50=median([pair[1] for pair in found], "p50_ms"),
                     cpu_us_each=median([pair[0] for pair in found], "cpu_us"),
                     reference_cpu_us_each=median([pair[1] for pair in found], "cpu_us")))
    if tile38:
        lines += beside_tile38(rig, tile38, zones, took, found, full.bounds, pairs)
    return lines


def beside_tile38(rig, address, zones, took, found, bounds, pairs):
    """The same zones as polygons of 16 corners in a Tile38, pipelined; then 5,000 reports a second, each a SET and a
    question for the zones within 300 m: what a drone asks there, where it is not told."""
    loads, reports = [], []
    with Tile38(address) as server:
        for _ in range(pairs):
            server.drop("zones")
            loads.append(server.load("zones", zones))
        memory = server.memory_bytes()
        for _ in range(pairs):
            reports.append(server.reports(bounds, rig.drones, 5 * rig.drones, 1 if rig.small else 4))
    own = [pair[0]["p99_ms"] for pair in found]
    return [row("zones_load_tile38", "s", took, "Tile38: SET of as many, pipelined", loads[:len(took)], reach=1, more=False),
            row("zones_contexts_tile38", "ms, p99", own, "Tile38: p99 of a SET and INTERSECTS at the same rate",
                [one["p99_ms"] for one in reports], reach=1, more=False, p50=median([pair[0] for pair in found], "p50_ms"),
                reference_p50=median(reports, "p50_ms"), tile38_bytes=memory)]
