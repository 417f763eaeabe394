# tests/bench/live.py - the benchmarks that need brokers: a node, and beside it a bare relay.
# SPDX-License-Identifier: Apache-2.0
"""Each row is a function of the rig and the number of pairs; tests/bench/run calls them. The relay answers with as many
bytes as the node did just before, in contexts and in advisories, at the same rate: its size is taken from the node's run of
the same pair, and what it sent is looked at."""
import contextlib
import functools
import pathlib
import statistics
import subprocess
import sys
import time

from judge import row
from live_places import memory_node, obstacle_cpu, points, zones_live
from rig import DEADLINE_S, FEEDS, Place, Rig, cpu_s, free_ports, median, node_cpu_s, place, wait_until

TILE38 = None  # HOST:PORT, where tests/bench/run is given one
CHECKED_BYTES = 0.02  # what relay and node may differ by in the mean of a message


def pairs_of(rig, count, **order):
    """Node and relay by turns under the same load: [(node, relay)]."""
    found = []
    for _ in range(count):
        with rig.node() as node:
            before = node_cpu_s(node)
            own = rig.load(**order)
            own["cpu_us"] = (node_cpu_s(node) - before) * 1e6 / max(own["contexts"], 1)
            own["overload"] = place.metrics(rig.http).get("drf_overload_level", 0)
        with rig.relay(round(own["bytes_each"]), round(own["advisory_bytes_each"]) if "bootstrap" in order else 0) as relay:
            before = cpu_s(relay.pid)
            bare = rig.load(relay=1, **order)
            bare["cpu_us"] = (cpu_s(relay.pid) - before) * 1e6 / max(bare["contexts"], 1)
        for size in ("bytes_each", "advisory_bytes_each") if "bootstrap" in order else ("bytes_each",):
            if abs(bare[size] - own[size]) > CHECKED_BYTES * own[size] + 1:
                raise RuntimeError(f"the relay moves other {size}: {bare[size]}, the node {own[size]}")
        found.append((own, bare))
    return found


def both(found, key):
    """The values of the nodes, and of the relays."""
    return [pair[0][key] for pair in found], [pair[1][key] for pair in found]


def versus(name, unit, found, key, reference, **more):
    values, beside = both(found, key)
    return row(name, unit, values, reference, beside, **more)


def middles(found, key, name):
    """Two fields of a row: the node's median and the relay's."""
    own, bare = zip(*found, strict=True)
    return {name: median(own, key), f"reference_{name}": median(bare, key)}


def fanout(rig, pairs):
    """10 Hz each, nothing lost; the latency beside the relay's."""
    found = pairs_of(rig, pairs, rate=10, warm=1, seconds=1 if rig.small else 6)
    sent, answered = ([sum(pair[0][key] for pair in found)] for key in ("sent", "answered"))
    return [versus("fanout", "ms", found, "p99_ms", "p99 of a bare relay of the same bytes at the same rate",
                   reference_lost=sum(pair[1]["sent"] - pair[1]["answered"] for pair in found),
                   samples=sum(pair[0]["samples"] for pair in found), **middles(found, "p50_ms", "p50"),
                   **middles(found, "bytes_each", "bytes_each"), **middles(found, "cpu_us", "cpu_us_each")),
            versus("fanout_p50", "ms", found, "p50_ms", "p50 of the same"),
            row("fanout_answered", "contexts", answered, "reports sent", sent, reach=1, more=True,
                seconds=pairs * (1 if rig.small else 6))]


def saturation(rig, pairs):
    """Each drone reports again as soon as it is answered."""
    found = pairs_of(rig, pairs, rate=0, profile_rate=0, warm=1, seconds=1 if rig.small else 4)
    own, bare = both(found, "cpu_us")
    return [versus("saturation", "contexts/s", found, "per_s", "answers of a bare relay of the same bytes",
                   **middles(found, "bytes_each", "bytes_each"), **middles(found, "p50_ms", "p50"),
                   overload=max(pair[0]["overload"] for pair in found)),
            row("context_cpu", "us of the node a context at saturation", own, relay_us=sorted(bare)[len(bare) // 2])]


def push(rig, pairs):
    """An obstacle handed to Kafka, to the advisory in the drone's hands, while everybody reports at 1 Hz; then many at
    once, each ahead of another drone, until the last of these is told."""
    seconds, rate, burst = (2, 20, 10) if rig.small else (8, 130, 100)  # 1,040 samples
    found = pairs_of(rig, pairs, rate=1, seconds=seconds, obstacles=rate, burst=burst, profile_rate=1,
                     bootstrap=rig.kafka.bootstrap, topic=rig.place.topic("push"))
    own, bare = zip(*found, strict=True)
    told = {"warned": sum(one["warned"] for one in own), "accepted": sum(one["accepted"] for one in own) - pairs * burst,
            "reference_warned": sum(one["warned"] for one in bare)}
    every = all(one["burst_told"] == burst for one in own)
    return [versus("push", "ms", found, "p99_ms", "p99 of a bare Kafka-to-MQTT relay of the same bytes", **told,
                   samples=sum(one["samples"] for one in own), **middles(found, "p50_ms", "p50"),
                   **middles(found, "advisory_bytes_each", "bytes_each"), kafka_p50_ms=median(own, "accept_p50_ms"),
                   kafka_p99_ms=median(own, "accept_p99_ms")),
            row("push_p50", "ms from the hand-over", [one["p50_ms"] for one in own], relay_ms=median(bare, "p50_ms")),
            row("push_p50_accepted", "ms from the broker's answer to the producer", [one["after_accept_p50_ms"] for one in own],
                relay_ms=median(bare, "after_accept_p50_ms")),
            row("push_burst", f"ms until {burst} of {burst} are told" if every else "ms, and not all were told",
                [one["burst_ms"] for one in own], told=sum(one["burst_told"] for one in own),
                relay_ms=median(bare, "burst_ms"))]


FLOOD = pathlib.Path(__file__).with_name("flood.py")
FLOOD_DRONES, FLOOD_HZ = 10, 20  # 1,000 samples in 5 s


@contextlib.contextmanager
def flooded(rig):
    """5,000 messages a second by a process of its own, every second one broken; yields a list that will hold how many."""
    west, south, east, north = rig.place.bounds
    good = place.dof(1, north - 0.01 * (north - south), east - 0.01 * (east - west), 100, 1700)
    counts = []
    flood = subprocess.Popen([sys.executable, FLOOD, rig.kafka.bootstrap, rig.place.topic("towers")],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        flood.stdin.write(good)
        flood.stdin.flush()
        assert flood.stdout.readline() == b"begun\n"
        yield counts
        counts.append(int(flood.communicate(timeout=DEADLINE_S)[0]))
    finally:
        flood.kill()
        flood.wait()


def flood(rig, pairs):
    """A few drones by turns in quiet and in a poison flood, whose producer and they are processes of their own."""
    west, south, east, north = rig.world.bounds
    box = f"{south + 0.1 * (north - south)},{west + 0.1 * (east - west)},{(south + north) / 2},{(west + east) / 2}"
    order = {"drones": FLOOD_DRONES, "rate": FLOOD_HZ, "seconds": 1 if rig.small else 5.5, "box": box, "warm": 1}
    found, messages, broken = [], 0, 0
    apart = Place(rig, "flood", rig.world.bounds, {name: FEEDS[name] for name in ("terrain", "towers")})
    rig.publish(apart, "terrain", rig.world.folder)  # a tower of the flood is in no truth of the others
    with rig.at(apart), rig.node():
        begun = place.refusals(rig.http, "towers", "FORMAT")
        for _ in range(pairs):
            quiet = rig.load(**order)
            with flooded(rig) as sent:
                own = rig.load(**order)
            messages += sent[0]
            broken += sent[0] // 2  # of each flood: an odd one ends on a good message
            wait_until(lambda count=begun + broken: place.refusals(rig.http, "towers", "FORMAT") >= count,
                       "every broken one is refused")
            wait_until(rig.learned, "nothing is behind")
            found.append((own, quiet))
        lost = place.metrics(rig.http).get("drf_dead_letters_lost_total", 0)
    return [versus("flood", "ms", found, "p99_ms", "p99 of the same without the flood", **middles(found, "p50_ms", "p50"),
                   samples=min(pair[0]["samples"] for pair in found), messages=messages, letters_lost=lost)]


def strips(rig, _pairs):
    """Bytes a minute of moving drones, acknowledged patches against key frames; then with one in twenty lost."""
    drones, seconds = (10, 5) if rig.small else (100, 12)
    common = ("--rate", "5", "--patch", "128", "--patch-rate", "2", "--verify", "0.1" if not rig.small else "1")
    rig.limits = {"lost_link_after_ms": 1000, "lost_link_keep_s": 1}
    with rig.node():
        moving = rig.fleet(drones, seconds, *common)
        time.sleep(3)  # of the drones that have landed nobody is told any more
        keys = rig.fleet(drones, seconds, *common, "--key-frames")
        time.sleep(3)
        losing = rig.fleet(drones, seconds, *common, "--lose-patches", "5")

    def a_minute(report):
        return report["patches"]["bytes"] / drones / report["seconds"] * 60
    exact = not any(report["mismatches"] for report in (moving, keys, losing))
    if not exact:
        wrong = [{kind: one["wrong"] for kind, one in report["kinds"].items() if one["wrong"]}
                 for report in (moving, keys, losing)]
        raise RuntimeError(f"what drones were told differs from the world: {wrong}")
    return [row("strips", "bytes/min/drone", [a_minute(moving)], "key frames alone", [a_minute(keys)],
                key_frames=moving["patches"]["key_frames"], patches=moving["patches"]["count"],
                after_loss=a_minute(losing) / a_minute(keys))]


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
                    before, began = node_cpu_s(node), time.monotonic()
                    got = rig.load(rate=4, profile_rate=4, warm=1, seconds=1 if rig.small else 4)
                    took_s = time.monotonic() - began
                    got["core"] = (node_cpu_s(node) - before) / took_s
                    got["kb_each_s"] = end() / 1000 / took_s / max(count, 1)
                pair.append(got)
            found.append(pair[::-1])
    more = statistics.median(pair[0]["core"] - pair[1]["core"] for pair in found)
    return [versus("viewers", "ms", found, "p99_ms", "p99 while nobody looks", **middles(found, "p50_ms", "p50"),
                   node_core_more=more, kb_each_s=median([pair[0] for pair in found], "kb_each_s"))]


ROWS = {"fanout": fanout, "viewers": viewers, "saturation": saturation, "push": push, "flood": flood, "strips": strips,
        "points": points, "memory_node": memory_node, "obstacle_cpu": obstacle_cpu,
        "zones_live": lambda rig, pairs: zones_live(rig, pairs, TILE38)}


def run(names, pairs, small):
    """(name, what measures its rows) of each."""
    if not names:
        return
    with contextlib.ExitStack() as stack:
        rig = Rig(stack, 20 if small else 1000, small)

        def measure(name):
            try:
                return ROWS[name](rig, pairs)
            finally:  # also of one that failed
                rig.view, rig.limits = 0, {}
        for name in names:
            yield name, functools.partial(measure, name)
