# tests/bench/live.py - the benchmarks that need brokers: a node, and beside it a bare relay.
# SPDX-License-Identifier: Apache-2.0
"""One rig for all of them: a real Kafka, a real mosquitto with the shipped configuration, a world made by drf-sim, a
thousand accounts. The node and the relay have the same account, so one is stopped before the other is asked."""
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
KINDS = {"terrain": {}, "surface": {"surface": "dsm"}, "towers": {}, "cranes": {"format": "geojson_obstacles"},
         "weather": {}, "push": {"format": "geojson_obstacles"}}
KIND = {"terrain": "terrain", "surface": "terrain", "towers": "obstacle", "cranes": "obstacle", "weather": "weather",
        "push": "obstacle"}
COFFEE = "coffee"


class Rig:
    """Opened once; `with rig.node()` and `with rig.relay(bytes)` by turns."""

    def __init__(self, stack, drones, small):
        self.drones, self.small = drones, small
        self.view = 0 # the port of the live page; 0: none
        self.folder = stack.enter_context(Folder("bench"))
        self.names = [f"{COFFEE}-{i:02d}" for i in range(1, drones + 1)]
        self.mqtt = stack.enter_context(Mosquitto(users=self.names))
        self.kafka = stack.enter_context(Kafka())
        self.users = self.folder.path / "users"
        self.users.write_text("".join(f"{name}:{self.mqtt.passwords[name]}\n" for name in self.names))
        self.http, = free_ports(1)
        self.kafka.create_topics(*(f"w.{name}" for name in KINDS))
        self._make_world()

    def _make_world(self):
        made = self._sim("world", "--seed", "5", "--out", self.folder.path / "world", "--center", "47,8", "--size-km",
                         "8" if self.small else "20")
        bounds = re.search(r"bounds: west (\S+) south (\S+) east (\S+) north (\S+)", made).groups()
        self.west, self.south, self.east, self.north = (float(x) for x in bounds)
        for name, (kind, file) in FILES.items():
            self._sim("publish", "--bootstrap", self.kafka.bootstrap, "--topic", f"w.{name}", "--kind", kind,
                      self.folder.path / "world" / file)

    def _sim(self, *argv):
        return subprocess.run([BIN / "drf-sim", *argv], check=True, timeout=DEADLINE_S, stdout=subprocess.PIPE,
                              text=True).stdout

    def configuration(self):
        feeds = [{"name": name, "topic": f"w.{name}", "kind": KIND[name], "mode": "SIM", **more}
                 for name, more in KINDS.items()]
        for feed in feeds:
            if feed["kind"] == "terrain":
                feed["vertical_acc95_m"] = 1
        return {
            "region": {"id": REGION, "bounds": [self.west, self.south, self.east, self.north]},
            "node": {"id": "n1", "mode": "SIM"},
            "store": {"path": str(self.folder.path / "region.gpkg")},
            "kafka": {"bootstrap.servers": self.kafka.bootstrap},
            "mqtt": {"host": self.mqtt.host, "port": self.mqtt.port, "username": NODE,
                     "password": self.mqtt.passwords[NODE]},
            "http": {"port": self.http},
            "limits": {"discover_s": 1, "context_rate_max_hz": 1000, "context_rate_default_hz": 1000,
                       "telemetry_rate_max_hz": 1000, "drones_max": 2 * self.drones},
            "feeds": feeds,
            **({"view": {"port": self.view}} if self.view else {}),
        }

    @contextlib.contextmanager
    def node(self, env=None):
        with Node(self.configuration(), env=env) as node:
            wait_until(self._learned, "the node knows the world")
            yield node

    def _learned(self):
        numbers = place.metrics(self.http)
        behind = [value for name, value in numbers.items() if name.startswith("drf_feed_behind_messages")]
        return place.page(self.http, "readyz")[0] == 200 and not any(behind)

    @contextlib.contextmanager
    def relay(self, size, kafka=False):
        more = [self.kafka.bootstrap, "w.push"] if kafka else []
        relay = Process("relay", [BIN / "bare_relay", str(self.mqtt.port), NODE, self.mqtt.passwords[NODE], str(size),
                                  *more], self.folder.path / "relay.log")
        try:
            relay.wait_ready(lambda: "ready" in relay.log_text())
            yield relay
        finally:
            relay.kill()

    def load(self, **more):
        margin = (self.north - self.south) * 0.05
        box = f"{self.south + margin},{self.west + margin},{self.north - margin},{self.east - margin}"
        order = {"port": self.mqtt.port, "users": self.users, "drones": self.drones, "box": box, "amsl": 900, **more}
        words = [str(word) for name, value in order.items() for word in ("--" + name.replace("_", "-"), value)]
        run = subprocess.run([BIN / "bench_sim_load", *words], capture_output=True, text=True, timeout=DEADLINE_S,
                             check=False)
        if run.returncode != 0:
            raise RuntimeError(f"load: {run.stderr}{run.stdout}")
        return json.loads(run.stdout)

    def fleet(self, drones, seconds, *more):
        report = self.folder.path / "report.json"
        report.unlink(missing_ok=True)
        done = subprocess.run([BIN / "drf-sim", "fleet", "--mqtt", f"{self.mqtt.host}:{self.mqtt.port}", "--region",
                               REGION, "--world", self.folder.path / "world", "--drones", str(drones), "--seconds",
                               str(seconds), "--users", self.users, "--report", report, "--prefix", COFFEE, *more],
                              timeout=DEADLINE_S, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not report.exists():
            raise RuntimeError(done.stdout)
        return json.loads(report.read_text())


def busy_s(process):
    """Processor time that a running process has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def row(name, unit, value, reference, reference_value, reach, met, **more):
    ratio = value / reference_value if reference_value else 0.0
    return {"bench": name, "value": round(value, 4), "unit": unit, "reference": reference,
            "reference_value": round(reference_value, 4), "ratio": round(ratio, 3), "reach": reach, "met": bool(met),
            **more}


def pairs_of(rig, count, **order):
    """Node and relay by turns under the same load: [(node, relay)], node first, whose contexts say how long the relay's
    constant answer is."""
    found = []
    for _ in range(count):
        with rig.node() as node:
            before, began = busy_s(node.process), time.monotonic()
            own = rig.load(**order)
            own["node_cpu_us"] = (busy_s(node.process) - before) * 1e6 / max(own["contexts"], 1)
            own["overload"] = place.metrics(rig.http).get("drf_overload_level", 0)
            own["took_s"] = time.monotonic() - began
        with rig.relay(round(own["bytes_each"]), kafka="bootstrap" in order) as relay:
            before = busy_s(relay)
            bare = rig.load(relay=1, **order)
            bare["node_cpu_us"] = (busy_s(relay) - before) * 1e6 / max(bare["contexts"], 1)
        found.append((own, bare))
    return found


def middle(found, side, key):
    return statistics.median(pair[side][key] for pair in found)


def fanout(rig, pairs):
    """10 Hz each for a minute, nothing lost; then the latency beside the relay's."""
    minute = None
    if not rig.small:
        with rig.node():
            minute = rig.load(rate=10, seconds=60)
    found = pairs_of(rig, pairs, rate=10, seconds=1 if rig.small else 8)
    own, bare = middle(found, 0, "p99_ms"), middle(found, 1, "p99_ms")
    lost = sum(pair[0]["sent"] - pair[0]["answered"] for pair in found)
    lines = [row("fanout", "ms", own, "p99 of a bare relay at the same load", bare, 1.5, own <= 1.5 * bare,
                 p50=middle(found, 0, "p50_ms"), reference_p50=middle(found, 1, "p50_ms"), lost=lost,
                 reference_lost=sum(pair[1]["sent"] - pair[1]["answered"] for pair in found),
                 samples=sum(pair[0]["samples"] for pair in found),
                 cpu_us_each=round(middle(found, 0, "node_cpu_us"), 1),
                 reference_cpu_us_each=round(middle(found, 1, "node_cpu_us"), 1))]
    if minute:
        lines.append(row("fanout_minute", "contexts answered", minute["answered"], "reports sent in 60 s",
                         minute["sent"], 1.0, minute["answered"] == minute["sent"], p99_ms=minute["p99_ms"],
                         per_s=minute["per_s"]))
    return lines


def saturation(rig, pairs):
    """Each drone reports again as soon as it is answered."""
    found = pairs_of(rig, pairs, rate=0, profile_rate=0, seconds=1 if rig.small else 6)
    own, bare = middle(found, 0, "per_s"), middle(found, 1, "per_s")
    return [row("saturation", "contexts/s", own, "answers of a bare relay of the same size", bare, 0.9,
                own >= 0.9 * bare, cpu_us_each=round(middle(found, 0, "node_cpu_us"), 1),
                reference_cpu_us_each=round(middle(found, 1, "node_cpu_us"), 1),
                overload=max(pair[0]["overload"] for pair in found))]


def push(rig, pairs):
    """An obstacle accepted by Kafka, to the advisory in the drone's hands; everybody reports at 1 Hz meanwhile."""
    order = {"rate": 1, "seconds": 3 if rig.small else 20, "obstacles": 20 if rig.small else 100, "profile_rate": 1,
             "bootstrap": rig.kafka.bootstrap, "topic": "w.push"}
    found = pairs_of(rig, pairs, **order)
    own, bare = middle(found, 0, "p99_ms"), middle(found, 1, "p99_ms")
    return [row("push", "ms", own, "p99 of a bare Kafka-to-MQTT relay", bare, 1.5, own <= 1.5 * bare,
                p50=middle(found, 0, "p50_ms"), reference_p50=middle(found, 1, "p50_ms"),
                samples=sum(pair[0]["samples"] for pair in found),
                warned=sum(pair[0]["warned"] for pair in found), accepted=sum(pair[0]["accepted"] for pair in found),
                reference_warned=sum(pair[1]["warned"] for pair in found))]


def points(rig, _pairs):
    """Key frames of 256 x 256 cells, first as many as are asked for, then more until something gives way."""
    seconds, reach = (3, 0) if rig.small else (20, 5e6)
    lines = []
    with rig.node() as node:
        for rate in [0.7] if rig.small else [0.7, 1.0, 1.5, 2.5]:
            before, before_mqtt = busy_s(node.process), busy_s(rig.mqtt.process)
            got = rig.load(rate=2, profile_rate=2, patch=256, patch_rate=rate, seconds=seconds, warm=3)
            numbers = place.metrics(rig.http)
            per_min = got["data_points"] / rig.drones / seconds * 60
            asked = 2 * 65536 * rate * 60
            lines.append(row(f"points_{rate:g}_hz" if rate != 0.7 else "points", "points/min/drone", per_min,
                             "to reach" if rate == 0.7 else "asked for", reach or asked if rate == 0.7 else asked, 1.0,
                             per_min >= (reach if rate == 0.7 else 0.95 * asked), patches=got["patches"],
                             bytes_per_point=round(got["patch_bytes"] / max(got["data_points"], 1), 3),
                             contexts_lost=got["sent"] - got["answered"], p99_ms=got["p99_ms"],
                             node_cores=round((busy_s(node.process) - before) / (seconds + 4), 2),
                             mosquitto_cores=round((busy_s(rig.mqtt.process) - before_mqtt) / (seconds + 4), 2),
                             drones_cores=round(got["load_cpu_s"] / (seconds + 4), 2),
                             shed=sum(value for name, value in numbers.items() if "drf_shed_total" in name),
                             overload=numbers.get("drf_overload_level", 0)))
            if per_min < 0.8 * asked:
                break
        verified = rig.fleet(min(rig.drones, 20), seconds, "--rate", "5", "--patch", "256", "--patch-rate", "0.7",
                             "--key-frames")
    patches = verified["patches"]
    lines.append(row("points_verified", "cells wrong", float(verified["mismatches"]), "cells checked against the world",
                     float(patches["cells_checked"]), 0, verified["mismatches"] == 0 and patches["cells_checked"] > 0,
                     data_points_per_drone_min=verified["data_points_per_drone_min"]))
    return lines


def strips(rig, _pairs):
    """Bytes a minute of moving drones, acknowledged patches against key frames; then with one in twenty lost."""
    drones, seconds = (10, 5) if rig.small else (100, 20)
    common = ("--rate", "5", "--patch", "128", "--patch-rate", "2", "--verify", "0.1" if not rig.small else "1")
    with rig.node():
        moving = rig.fleet(drones, seconds, *common)
        keys = rig.fleet(drones, seconds, *common, "--key-frames")
        losing = rig.fleet(drones, seconds, *common, "--lose-patches", "5")

    def a_minute(report):
        return report["patches"]["bytes"] / drones / report["seconds"] * 60
    ratio = a_minute(moving) / a_minute(keys)
    exact = not any(report["mismatches"] for report in (moving, keys, losing))
    return [row("strips", "bytes/min/drone", a_minute(moving), "key frames alone", a_minute(keys), 0.1,
                ratio <= 0.1 and exact, key_frames=moving["patches"]["key_frames"], patches=moving["patches"]["count"],
                after_loss=round(a_minute(losing) / a_minute(keys), 3),
                mismatches=[report["mismatches"] for report in (moving, keys, losing)])]


@contextlib.contextmanager
def looking(port, count):
    """So many pages' streams, read and thrown away by a process of its own; yields what tells how many bytes came."""
    reader = subprocess.Popen([sys.executable, "-c", READER, str(port), str(count)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout.readline() == "open\n"
        yield lambda: int(reader.communicate("end\n", timeout=DEADLINE_S)[0])
    finally:
        reader.kill()
        reader.wait()


READER = """
import selectors, socket, sys
port, count = map(int, sys.argv[1:])
chosen, got = selectors.DefaultSelector(), 0
for _ in range(count):
    one = socket.create_connection(("127.0.0.1", port))
    one.sendall(f"GET /v1/live HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\n\\r\\n".encode())
    chosen.register(one, selectors.EVENT_READ)
chosen.register(sys.stdin, selectors.EVENT_READ)
print("open", flush=True)
while True:
    for key, _ in chosen.select():
        if key.fileobj is sys.stdin:
            print(got)
            sys.exit()
        data = key.fileobj.recv(1 << 16)
        got += len(data)
        if not data:
            chosen.unregister(key.fileobj)
"""
VIEWERS = 16


def viewers(rig, pairs):
    """4 Hz each, by turns while nobody looks and while 16 pages do; what that costs the node, and the drones."""
    rig.view, = free_ports(1)
    found = []
    with rig.node() as node:
        for _ in range(pairs):
            pair = []
            for count in (0, VIEWERS):
                with looking(rig.view, count) as end:
                    before, began = busy_s(node.process), time.monotonic()
                    got = rig.load(rate=4, profile_rate=4, seconds=1 if rig.small else 8)
                    took_s = time.monotonic() - began
                    got["core"] = (busy_s(node.process) - before) / took_s
                    got["kb_each_s"] = end() / 1000 / took_s / max(count, 1)
                pair.append(got)
            found.append(pair)
    ratios = sorted(pair[1]["p99_ms"] / pair[0]["p99_ms"] for pair in found)
    own, bare = middle(found, 1, "p99_ms"), middle(found, 0, "p99_ms")
    more = statistics.median(pair[1]["core"] - pair[0]["core"] for pair in found)
    return [row("viewers", "ms", own, "p99 while nobody looks", bare, 1.1, own <= 1.1 * bare,
                ratios=[round(ratio, 3) for ratio in ratios], p50=middle(found, 1, "p50_ms"),
                reference_p50=middle(found, 0, "p50_ms"), node_core_more=round(more, 4),
                kb_each_s=round(middle(found, 1, "kb_each_s"), 1))]


ROWS = {"fanout": fanout, "viewers": viewers, "saturation": saturation, "points": points, "strips": strips, "push": push}


def run(names, pairs, small):
    """The lines of those rows, as they are found."""
    if not names:
        return
    with contextlib.ExitStack() as stack:
        rig = Rig(stack, 20 if small else 1000, small)
        for name in names:
            yield from ROWS[name](rig, pairs)
