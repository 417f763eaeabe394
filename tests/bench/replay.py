#!/usr/bin/python3
# tests/bench/replay.py [SECONDS [PAIRS]] - what a journal costs a live node, and how fast it is replayed.
# SPDX-License-Identifier: Apache-2.0
"""JSON lines. journal_cost: processor time a context of a node that records beside one that does not, alternating, under
the same load. replay_5hz, replay_1hz: 500 drones recorded live, then replayed on one core, in times real time (medians of
the replays). experiment_jobs: two runs at a time beside one after the other. bluesky: 500 aircraft in BlueSky with its
conflict detection, where PyPI can be reached; in an environment of its own."""
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

from live import BIN, DEADLINE_S, Rig, busy_s, row
from drf_fixture import Node, wait_until  # found by live

DRONES = 500
BLUESKY = """
import sys, time
import bluesky as bs
bs.init(mode="sim", detached=True)
bs.stack.stack("SEED 1"); bs.stack.stack("DT 0.2"); bs.stack.stack("CDMETHOD STATEBASED" if sys.argv[2] == "detect" else "CDMETHOD OFF")
bs.stack.stack("MCRE 500"); bs.stack.stack("OP")
bs.sim.step()
began, seconds, sim = time.monotonic(), float(sys.argv[1]), bs.sim.simt
while bs.sim.simt - sim < seconds:
    bs.sim.step()
print(seconds / (time.monotonic() - began))
"""


@contextlib.contextmanager
def node(rig, *arguments):
    with Node(rig.configuration(), arguments=arguments) as one:
        wait_until(rig._learned, "the node knows the world")
        yield one


def cost_us(rig, seconds, *arguments):
    with node(rig, *arguments) as one:
        before = busy_s(one.process)
        load = rig.load(rate=5, seconds=seconds)
        return (busy_s(one.process) - before) * 1e6 / max(load["contexts"], 1)


def journal_cost(rig, seconds, pairs):
    own, bare = [], []
    for _ in range(pairs):
        bare.append(cost_us(rig, seconds))
        own.append(cost_us(rig, seconds, "--journal", str(rig.folder.path / "cost.mcap")))
    value, reference = statistics.median(own), statistics.median(bare)
    return row("journal_cost", "us of processor a context", value, "the same node that does not record", reference, 1.05,
               value <= 1.05 * reference)


def replays(rig, rate, seconds, pairs, reach):
    path = rig.folder.path / f"rate-{rate}.mcap"
    with node(rig, "--journal", str(path)) as one:
        rig.load(rate=rate, seconds=seconds, profile_rate=rate)
        assert one.stop() == 0
    times, contexts = [], 0
    for _ in range(max(pairs, 1)):
        said = subprocess.run([BIN / "drf-edge", "replay", path, "--verify"], check=True, timeout=DEADLINE_S,
                              stdout=subprocess.PIPE, text=True).stdout
        recorded, took = map(float, re.search(r"([\d.]+) s recorded, replayed in ([\d.]+) s", said).groups())
        contexts = int(re.search(r"outputs: (\d+)", said).group(1))
        times.append(seconds / took)
        assert recorded >= seconds * 0.9
    value = statistics.median(times)
    return row(f"replay_{rate}hz", "times real time", value, f"{rig.drones} drones x {rate} Hz in real time", 1.0, reach,
               value >= reach, us_each=round(seconds / value / max(contexts, 1) * 1e6, 1), outputs=contexts)


def experiment(folder, jobs, seeds, seconds):
    file = folder / "jobs.yaml"
    file.write_text(f"start: 2026-06-01T12:00:00Z\ndrones: 20\nduration_s: {seconds}\nseeds: 1..{seeds}\n")
    began = time.monotonic()
    subprocess.run([BIN / "drf-sim", "experiment", file, "--out", folder / f"jobs-{jobs}-{time.monotonic_ns()}", "--jobs",
                    str(jobs)], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return time.monotonic() - began


def jobs(seconds, pairs):
    own, bare = [], []
    with tempfile.TemporaryDirectory(prefix="drf-jobs-") as made:
        for _ in range(pairs):
            bare.append(experiment(pathlib.Path(made), 1, 4, seconds))
            own.append(experiment(pathlib.Path(made), 2, 4, seconds))
    value, reference = statistics.median(bare) / statistics.median(own), 1.0
    return row("experiment_jobs", "times as fast with two jobs", value, "one run after the other", reference, 1.8, value >= 1.8)


def bluesky(seconds):
    with tempfile.TemporaryDirectory(prefix="drf-bluesky-") as made:
        python = pathlib.Path(made) / "venv" / "bin" / "python"
        try:
            subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "bluesky-simulator==1.1.1"], check=True, capture_output=True,
                           timeout=600)
            found = {}
            for detect in "detect", "off":
                said = subprocess.run([python, "-c", BLUESKY, str(seconds), detect], check=True, capture_output=True, text=True,
                                      timeout=600, cwd=made, env={**os.environ, "HOME": made}).stdout
                found[detect] = float(said.strip().splitlines()[-1])
        except (subprocess.SubprocessError, OSError) as why:
            print(f"bluesky is left out: {why}", file=sys.stderr)
            return None
    return row("bluesky", "times real time", found["detect"], "the same without conflict detection", found["off"], 0, True)


def main():
    seconds, pairs = (int(sys.argv[1]) if len(sys.argv) > 1 else 10), (int(sys.argv[2]) if len(sys.argv) > 2 else 5)
    small = seconds < 5
    with contextlib.ExitStack() as stack:
        rig = Rig(stack, 20 if small else DRONES, small)
        rows = [journal_cost(rig, seconds, pairs), replays(rig, 5, 2 * seconds, pairs, 30),
                replays(rig, 1, 2 * seconds, pairs, 150)]
    rows.append(jobs(5 if small else 20, pairs))
    if not small:
        rows.append(bluesky(20))
    for one in rows:
        if one:
            print(json.dumps(one), flush=True)


main()
