# tests/bench/rig.py - what the benchmarks with brokers stand on: a node, and beside it a bare relay.
# SPDX-License-Identifier: Apache-2.0
"""One rig for all of them: a real Kafka, a real mosquitto with the shipped configuration, a world made by drf-sim, a
thousand accounts. The node and the relay have the same account, so one is stopped before the other is asked. A Place is
what a node knows: where, from which feeds, into which store; `with rig.at(place)` has the next nodes know that one."""
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
# pylint: disable=wrong-import-position
from drf_fixture import BIN, DEADLINE_S, NODE, Folder, Kafka, Mosquitto, Node, Process, free_ports, wait_until  # noqa: E402
from fixture import place  # noqa: E402

REGION = "sim-bench"
FILES = {"terrain": ("geotiff", "ground.tif"), "surface": ("geotiff", "surface.tif"), "towers": ("dof", "towers.dat"),
         "cranes": ("geojson", "obstacles.geojson"), "weather": ("grib", "weather.grib2")}
FEEDS = {"terrain": {"kind": "terrain", "vertical_acc95_m": 1}, "surface": {"kind": "terrain", "surface": "dsm", "vertical_acc95_m": 1},
         "towers": {"kind": "obstacle"}, "cranes": {"kind": "obstacle", "format": "geojson_obstacles"},
         "weather": {"kind": "weather"}, "push": {"kind": "obstacle", "format": "geojson_obstacles"}}
COFFEE, CHECKED = "coffee", "checked"
CHECKED_DRONES = 20
DEAD = "w.dead"


class Place:
    """`name` is in front of its topics; bounds are west, south, east, north; the drones fly at `amsl` metres."""

    def __init__(self, rig, name, bounds, feeds, amsl=900, **limits):
        self.name, self.bounds, self.feeds, self.amsl, self.limits = name, tuple(bounds), feeds, amsl, limits
        self.store = rig.folder.path / f"{name}.gpkg"
        rig.kafka.create_topics(*(self.topic(feed) for feed in feeds))

    def topic(self, feed):
        return f"{self.name}.{feed}"

    def box(self, rim_deg=None):
        """Where drones fly, as bench_sim_load takes it: south, west, north, east; a twentieth within the bounds."""
        west, south, east, north = self.bounds
        by = (north - south) * 0.05 if rim_deg is None else rim_deg
        return f"{south + by},{west + by},{north - by},{east - by}"


class Rig:
    """Opened once; `with rig.node()` and `with rig.relay(bytes)` by turns."""

    def __init__(self, stack, drones, small):
        self.drones, self.small = drones, small
        self.view = 0  # the port of the live page; 0: none
        self.limits = {}  # of the next nodes, beside those of the place
        self.load_process = None  # the last bench_sim_load
        self.folder = stack.enter_context(Folder("bench"))
        names = [f"{COFFEE}-{i:02d}" for i in range(1, drones + 1)]
        checked = [f"{CHECKED}-{i:02d}" for i in range(1, CHECKED_DRONES + 1)]
        self.mqtt = stack.enter_context(Mosquitto(users=[*names, *checked]))
        self.kafka = stack.enter_context(Kafka())
        self.users, self.checked_users = self._accounts("users", names), self._accounts("checked", checked)
        self.http, = free_ports(1)
        self.kafka.create_topics(DEAD)
        self.place = self.world = self.make_world("w", 8 if small else 20)

    def _accounts(self, file, names):
        path = self.folder.path / file
        path.write_text("".join(f"{name}:{self.mqtt.passwords[name]}\n" for name in names))
        return path

    def make_world(self, name, size_km, feeds=tuple(FEEDS), center="47,8"):
        """A place with a world of drf-sim in its topics."""
        folder = self.folder.path / f"world-{name}"
        made = self._sim("world", "--seed", "5", "--out", folder, "--center", center, "--size-km", str(size_km))
        bounds = re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()
        place_made = Place(self, name, [float(x) for x in bounds], {feed: FEEDS[feed] for feed in feeds})
        place_made.folder = folder
        for feed in feeds:
            if feed in FILES:
                self.publish(place_made, feed, folder)
        return place_made

    def publish(self, to, feed, folder):
        """What that feed of a world of drf-sim holds, into the topic of a place."""
        kind, file = FILES[feed]
        self._sim("publish", "--bootstrap", self.kafka.bootstrap, "--topic", to.topic(feed), "--kind", kind, folder / file)

    @contextlib.contextmanager
    def at(self, other):
        before, self.place = self.place, other
        try:
            yield other
        finally:
            self.place = before

    def _sim(self, *argv):
        return subprocess.run([BIN / "drf-sim", *argv], check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE,
                              text=True).stdout

    def configuration(self):
        at = self.place
        return {
            "region": {"id": REGION, "bounds": list(at.bounds), **({"margin_m": 0} if at.limits else {})},
            "node": {"id": "n1", "mode": "SIM"},
            "store": {"path": str(at.store)},
            "kafka": {"bootstrap.servers": self.kafka.bootstrap},
            "dead_letters": {"topic": DEAD},
            "mqtt": {"host": self.mqtt.host, "port": self.mqtt.port, "username": NODE,
                     "password": self.mqtt.passwords[NODE]},
            "http": {"port": self.http},
            "limits": {"discover_s": 1, "context_rate_max_hz": 1000, "context_rate_default_hz": 1000,
                       "telemetry_rate_max_hz": 1000, "drones_max": 2 * self.drones, **at.limits, **self.limits},
            "feeds": [{"name": name, "topic": at.topic(name), "mode": "SIM", **more} for name, more in at.feeds.items()],
            **({"view": {"port": self.view}} if self.view else {}),
        }

    @contextlib.contextmanager
    def node(self, *arguments, env=None):
        with Node(self.configuration(), arguments=arguments, env=env) as node:
            wait_until(self.learned, "the node knows the world", pause_max_s=0.02)
            yield node

    def learned(self):
        numbers = place.metrics(self.http)
        behind = [value for name, value in numbers.items() if name.startswith("drf_feed_behind_messages")]
        return place.page(self.http, "readyz")[0] == 200 and not any(behind)

    @contextlib.contextmanager
    def relay(self, size, advisory_size=0):
        """Its contexts have so many bytes. With advisory_size it tells of obstacles, too."""
        more = [self.kafka.bootstrap, self.place.topic("push"), str(advisory_size)] if advisory_size else []
        relay = Process("relay", [BIN / "bare_relay", str(self.mqtt.port), NODE, self.mqtt.passwords[NODE], str(size),
                                  *more], self.folder.path / "relay.log")
        try:
            relay.wait_ready(lambda: "ready" in relay.log_text())
            yield relay
        finally:
            relay.kill()

    def load(self, **more):
        order = {"port": self.mqtt.port, "users": self.users, "drones": self.drones, "box": self.place.box(),
                 "amsl": self.place.amsl, **more}
        words = [str(word) for name, value in order.items() for word in ("--" + name.replace("_", "-"), value)]
        self.load_process = subprocess.Popen([BIN / "bench_sim_load", *words], stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, text=True)
        try:
            said, errors = self.load_process.communicate(timeout=DEADLINE_S)
        finally:
            self.load_process.kill()
        if self.load_process.returncode != 0:
            raise RuntimeError(f"load: {errors}{said}")
        return json.loads(said)

    def start_fleet(self, drones, seconds, *more, checked=False):
        """drf-sim fleet; what is returned waits for its report. Checked: of accounts that load() has not."""
        report = self.folder.path / "report.json"
        report.unlink(missing_ok=True)
        users, prefix = (self.checked_users, CHECKED) if checked else (self.users, COFFEE)
        run = subprocess.Popen([BIN / "drf-sim", "fleet", "--mqtt", f"{self.mqtt.host}:{self.mqtt.port}", "--region",
                                REGION, "--world", self.place.folder, "--drones", str(drones), "--seconds",
                                str(seconds), "--users", users, "--report", report, "--prefix", prefix, *more],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        def end():
            said = run.communicate(timeout=DEADLINE_S)[0]
            if not report.exists():
                raise RuntimeError(said)
            return json.loads(report.read_text())
        return end

    def fleet(self, drones, seconds, *more):
        return self.start_fleet(drones, seconds, *more)()


def cpu_s(pid):
    """Processor time that a running process has used, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


def node_cpu_s(node):
    return cpu_s(node.process.pid)


def decoders_cpu_s(node):
    return sum(cpu_s(pid) for pid in place.decoders(node.process.pid))


def memory_mb(pid):
    """Of /proc/PID/smaps_rollup and status, in 2^20 bytes: Rss, Pss, and the highest Rss there was."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() + pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1)) / 1024 for name in ("Rss", "Pss", "VmHWM")}


def median(found, key):
    return statistics.median(one[key] for one in found)
