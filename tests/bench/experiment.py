#!/usr/bin/python3
# tests/bench/experiment.py [SECONDS [PAIRS]] - how fast drf-sim experiment goes, checked and not, one job and two.
# SPDX-License-Identifier: Apache-2.0
"""One JSON line for each: simulated seconds of flight in a second of real time, world and settling left out by the
difference of a long and a short flight. Two jobs make two runs each; their rate over that of one job is the ratio.
Medians of the pairs."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from judge import row

BIN = pathlib.Path(os.environ.get("DRF_BIN_DIR", "build/bin"))


def made_in_s(folder, drones, seconds, ratio, jobs):
    file = folder / f"{seconds}-{ratio}-{jobs}.yaml"
    file.write_text(f"start: 2026-01-31T12:00:00Z\ndrones: {drones}\nduration_s: {seconds}\nsettle_s: 3\n"
                    f"verify_ratio: {ratio}\nseeds: 1..2\nworld: {{size_km: 12}}\n", encoding="utf-8")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as out:
        subprocess.run([BIN / "drf-sim", "experiment", file, "--out", out + "/runs", "--jobs", str(jobs)], check=True,
                       stdout=subprocess.DEVNULL)
    return time.monotonic() - began_s


def flight_s(folder, drones, seconds, short, ratio, jobs):
    """What the longer flight takes more; again where other work on the machine hid it."""
    for _ in range(3):
        took_s = made_in_s(folder, drones, seconds, ratio, jobs) - made_in_s(folder, drones, short, ratio, jobs)
        if took_s > 0:
            return took_s
    raise RuntimeError("a longer flight took no longer than a short one, three times: the machine is too busy")


def main():
    seconds, pairs = (int(word) for word in (sys.argv[1:] + ["20", "1"][len(sys.argv) - 1:]))
    short = max(seconds // 10, 1)
    with tempfile.TemporaryDirectory(prefix="drf-bench-") as name:
        for ratio, what, drones in ((0, "unchecked", 500), (1, "checked", 100)):  # what is checked takes seven times as long
            rates = {1: [], 2: []}
            for _ in range(pairs):
                for jobs, found in rates.items():
                    found.append(2 * (seconds - short) / flight_s(pathlib.Path(name), drones, seconds, short, ratio, jobs))
            print(json.dumps(row(f"experiment_{what}", f"simulated s of {drones} drones at 5 Hz in a second, two jobs",
                                 rates[2], "one job", rates[1])), flush=True)


if __name__ == "__main__":
    main()
