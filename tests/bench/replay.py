#!/usr/bin/python3
# tests/bench/replay.py [SECONDS [PAIRS]] - what a journal costs a live node, and how fast it is replayed.
# SPDX-License-Identifier: Apache-2.0
"""JSON lines. journal_cost: processor time a context of a node that records beside one that does not, under the same load;
a pair is four runs, bare, own, own, bare, so that what drifts meanwhile is in both.
replay_live_5hz, replay_live_1hz: 500 drones recorded live, then replayed on one core, in times real time; so long that the
start of the replay, which is in it, is a small part. The flight's seconds are what was recorded of that fleet:
contexts / (drones x rate). They are two more than were asked for, because the load answers its warm-up too, which the
journal has like the rest; idle ends of the recording are not flight.
replay_bluesky: the replay at 5 Hz beside 500 aircraft in BlueSky 1.1.1 with its conflict detection, on one core and in
steps of 0.2 s; in an environment of its own from PyPI, or the one named by DRF_BLUESKY (a folder with bin/python); where
there is neither the row is left out, with a word on stderr."""
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

from judge import row
from rig import BIN, DEADLINE_S, Rig, node_cpu_s

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


def cost_us(rig, seconds, *arguments):
    with rig.node(*arguments) as one:
        before = node_cpu_s(one)
        load = rig.load(rate=5, seconds=seconds)
        return (node_cpu_s(one) - before) * 1e6 / max(load["contexts"], 1)


def journal_cost(rig, seconds, pairs):
    own, bare, each_s = [], [], max(seconds // 2, 1)
    for turn in range(pairs):
        first = cost_us(rig, each_s)
        recorded = [cost_us(rig, each_s, "--journal", str(rig.folder.path / f"cost-{turn}-{one}.mcap")) for one in "ab"]
        own.append(statistics.mean(recorded))
        bare.append(statistics.mean([first, cost_us(rig, each_s)]))
    return row("journal_cost", "us of processor a context", own, "the same node that does not record", bare)


def replays(rig, rate, seconds, pairs):
    path = rig.folder.path / f"rate-{rate}.mcap"
    with rig.node("--journal", str(path)) as one:
        contexts = rig.load(rate=rate, seconds=seconds, profile_rate=rate)["contexts"]
        assert one.stop() == 0
    flown_s = contexts / (rig.drones * rate)
    times, outputs = [], 0
    for _ in range(pairs):
        said = subprocess.run([BIN / "drf-edge", "replay", path, "--verify"], check=True, timeout=DEADLINE_S,
                              stdout=subprocess.PIPE, text=True).stdout
        recorded, took = map(float, re.search(r"([\d.]+) s recorded, replayed in ([\d.]+) s", said).groups())
        outputs = int(re.search(r"outputs: (\d+)", said).group(1))
        times.append(flown_s / took)
        assert recorded >= flown_s * 0.9
    return row(f"replay_live_{rate}hz", "times real time", times, outputs=outputs, drones=rig.drones,
               flown_s=flown_s, us_each=flown_s / statistics.median(times) / max(outputs, 1) * 1e6), times


def bluesky(times, seconds, drones):
    """Beside each replay a run of BlueSky."""
    with tempfile.TemporaryDirectory(prefix="drf-bluesky-") as made:
        folder = pathlib.Path(os.environ.get("DRF_BLUESKY") or pathlib.Path(made) / "venv")
        python = folder / "bin" / "python"

        def run(detect):
            said = subprocess.run([python, "-c", BLUESKY, str(seconds), detect], check=True, capture_output=True, text=True,
                                  timeout=600, cwd=made, env={**os.environ, "HOME": made, "OMP_NUM_THREADS": "1"}).stdout
            return float(said.strip().splitlines()[-1])
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
                subprocess.run([python, "-m", "pip", "install", "-q", "bluesky-simulator==1.1.1"], check=True,
                               capture_output=True, timeout=900)
            beside = [run("detect") for _ in times]
            return [row("replay_bluesky", f"times real time, {drones} drones x 5 Hz", times,
                        f"BlueSky with conflict detection, {DRONES} aircraft x 5 Hz", beside, reach=1, more=True,
                        without_detection=run("off"))]
        except (subprocess.SubprocessError, OSError) as why:
            print(f"replay_bluesky is left out: {why}", file=sys.stderr)
            return []


def main():
    seconds, pairs = (int(sys.argv[1]) if len(sys.argv) > 1 else 10), (int(sys.argv[2]) if len(sys.argv) > 2 else 5)
    small = seconds < 5
    with contextlib.ExitStack() as stack:
        rig = Rig(stack, 20 if small else DRONES, small)
        rows = [journal_cost(rig, seconds, pairs)]
        fast, times = replays(rig, 5, (2 if small else 4) * seconds, pairs)
        rows += [fast, replays(rig, 1, (2 if small else 20) * seconds, pairs)[0]]  # as long, in replay, as of 5 Hz
    rows += bluesky(times, 1 if small else 5, rig.drones)
    for one in rows:
        print(json.dumps(one), flush=True)


main()
