#!/usr/bin/python3
# tests/bench/nodes.py SECONDS PAIRS - 1, 2 and 3 nodes on one region under the same fleet: what they cost, and the time to
# fail over.
# SPDX-License-Identifier: Apache-2.0
"""Everybody reports at 5 Hz and is answered by its owner; the others hold it and are silent. What a standby costs is what
several nodes use beyond one and beyond what they use without a drone, for each drone of each standby. The time to fail over is from kill -9 of the owner to the first
context of a newer epoch, for each drone by itself, with a session of 6 s, which brokers take as they come, and of 3 s.
Three runs by turns; tests/bench/run nodes calls it."""
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
# pylint: disable=wrong-import-position
from drf_fixture import BIN, DEADLINE_S, wait_until  # noqa: E402
from fixture.nodes import Region  # noqa: E402
from fixture.observer import Observer  # noqa: E402
from judge import row  # noqa: E402

HZ = 5


def cpu_s(pid):
    """Processor time that a running process has used, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


class Load:
    """bench_sim_load: drones that report and count what they get."""

    def __init__(self, region, drones, seconds):
        west, south, east, north = region.bounds
        by = (north - south) / 20
        order = {"port": region.mqtt.port, "users": region.users_path, "drones": drones, "amsl": 900, "rate": HZ, "warm": 2,
                 "box": f"{south + by},{west + by},{north - by},{east - by}", "seconds": seconds, "profile-rate": HZ}
        self.process = subprocess.Popen([BIN / "bench_sim_load", *(str(word) for name, value in order.items()
                                                                   for word in ("--" + name, value))],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self):
        said, errors = self.process.communicate(timeout=DEADLINE_S)
        if self.process.returncode != 0:
            raise RuntimeError(f"load: {errors}{said}")
        return json.loads(said)


def region_of(count, drones, session_ms=6000):
    return Region(count, [f"d-{i}" for i in range(1, drones + 1)], session_ms, cuts=False, alone=count == 1,
                  limits={"drones_max": 2 * drones})


def ready(region):
    if region.count > 1:
        wait_until(region.shared, "every node owns a part")


def cost(region, drones, seconds):
    """Processor time of the nodes and of the brokers, contexts, drone seconds."""
    pids = {"nodes": [node.process.pid for node in region.nodes], "mqtt": [region.mqtt.process.pid],
            "kafka": [region.kafka.process.pid]}
    begin_s, idle_s = time.monotonic(), sum(map(cpu_s, pids["nodes"]))
    threading.Event().wait(min(seconds, 5))
    idle = (sum(map(cpu_s, pids["nodes"])) - idle_s) / (time.monotonic() - begin_s)
    before, begin_s = {name: sum(map(cpu_s, of)) for name, of in pids.items()}, time.monotonic()
    got = Load(region, drones, seconds).end()
    took_s = time.monotonic() - begin_s
    used = {name: sum(map(cpu_s, of)) - before[name] for name, of in pids.items()}
    return {**used, "idle": idle / region.count, "load_s": used["nodes"] - idle * took_s, "contexts": got["contexts"],
            "lost": got["sent"] - got["answered"], "bytes": got["bytes_each"], "p99_ms": got["p99_ms"],
            "drone_s": drones * took_s}


def costs(counts, drones, seconds, pairs):
    found = {count: [] for count in counts}
    for _ in range(pairs):
        for count, runs in found.items():
            with region_of(count, drones) as region:
                ready(region)
                runs.append(cost(region, drones, seconds))
    return found


def failovers(session_ms, drones, kills):
    """Seconds from each kill to the first context of a newer epoch, for each drone of the killed one."""
    times, done = [], threading.Event()
    with region_of(2, drones, session_ms) as region, Observer(region.mqtt) as seen:
        ready(region)
        load = Load(region, drones, 100000)
        names = [f"d-{i}" for i in range(1, drones + 1)]
        for turn in range(kills):
            wait_until(region.shared, "every node owns a part")
            now = time.monotonic()
            wait_until(lambda since_s=now: seen.owned(names, since_s), "every drone has an owner")
            done.wait(1 + 0.37 * turn % 1)
            node = region.nodes[turn % 2]
            with seen.lock:
                before = {name: drone.newest for name, drone in seen.drones.items()
                          if drone.owners.get(drone.newest, [None])[0] == node.id}
            node.kill()
            killed_us = time.time_ns() // 1000

            def followed(before=before):
                with seen.lock:
                    return all(seen.drones[name].newest > epoch for name, epoch in before.items())
            wait_until(followed, "every drone has a new owner")
            with seen.lock:
                for name, epoch in before.items():
                    later = min(one for one in seen.drones[name].owners if one > epoch)
                    times.append((seen.drones[name].owners[later][1] - killed_us) / 1e6)
            node.start()
        load.process.kill()
        load.process.communicate()
    return times


def main():
    seconds, pairs = int(sys.argv[1]), int(sys.argv[2])
    small = seconds <= 2
    drones = 20 if small else 200
    found = costs((1, 2) if small else (1, 2, 3), drones, seconds, pairs)
    alone = found[1]
    for count, runs in found.items():
        print(json.dumps(row(
            f"nodes_{count}", "contexts/s per core of all nodes", [run["contexts"] / run["nodes"] for run in runs],
            "one node alone" if count > 1 else "", [run["contexts"] / run["nodes"] for run in alone] if count > 1 else None,
            lost=sum(run["lost"] for run in runs), bytes_each=statistics.median(run["bytes"] for run in runs),
            mqtt_us_each=statistics.median(run["mqtt"] * 1e6 / run["contexts"] for run in runs),
            kafka_core=statistics.median(run["kafka"] * drones / run["drone_s"] for run in runs),
            idle_core=statistics.median(run["idle"] for run in runs), p99_ms=statistics.median(run["p99_ms"] for run in runs))), flush=True)
    standby = [(many["load_s"] / many["drone_s"] - one["load_s"] / one["drone_s"]) / (count - 1) * 1e6
               for count, runs in found.items() if count > 1 for one, many in zip(alone, runs, strict=True)]
    print(json.dumps(row("nodes_standby", f"us of a core each second for a drone at {HZ} Hz and a standby", standby)), flush=True)
    for session_ms in (3000,) if small else (6000, 3000):
        times = sorted(failovers(session_ms, 20, 1 if small else 2 * pairs))
        print(json.dumps(row(f"nodes_failover_{session_ms // 1000}", "s from kill -9 to a newer owner's context, p50 of all drones",
                             [statistics.median(times)], max_s=max(times), least_s=min(times), samples=len(times))), flush=True)


main()
