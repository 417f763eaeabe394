#!/usr/bin/python3
# tests/bench/experiment.py [DRONES [SECONDS]] - how fast drf-sim experiment goes, checked and not, one job and two.
# SPDX-License-Identifier: Apache-2.0
"""One JSON line for each: simulated seconds of flight in a second of real time, world and settling left out by the
difference of a long and a short flight. Two jobs make two runs each; their rate over that of one job is the scaling."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("DRF_BIN_DIR", "build/bin"))


def made_in_s(folder, drones, seconds, ratio, jobs):
    file = folder / f"{seconds}-{ratio}-{jobs}.yaml"
    file.write_text(f"start: 2026-01-31T12:00:00Z\ndrones: {drones}\nduration_s: {seconds}\nsettle_s: 3\n"
                    f"verify_ratio: {ratio}\nseeds: 1..2\nworld: {{size_km: 12}}\n", encoding="utf-8")
    began_s = time.monotonic()
    subprocess.run([BIN / "drf-sim", "experiment", file, "--out", folder / file.stem, "--jobs", str(jobs)], check=True,
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - began_s


def main():
    drones, seconds = (int(word) for word in (sys.argv[1:] + ["500", "20"][len(sys.argv) - 1:]))
    short = max(seconds // 10, 1)
    with tempfile.TemporaryDirectory(prefix="drf-bench-") as name:
        for ratio in (0, 1):
            rates = []
            for jobs in (1, 2):
                took_s = made_in_s(pathlib.Path(name), drones, seconds, ratio, jobs) \
                    - made_in_s(pathlib.Path(name), drones, short, ratio, jobs)
                rates.append(2 * (seconds - short) / took_s)
            print(json.dumps({"drones": drones, "rate_hz": 5, "verify_ratio": ratio,
                              "simulated_s_per_s": round(rates[0], 2), "scaling_two_jobs": round(rates[1] / rates[0], 2)}),
                  flush=True)


if __name__ == "__main__":
    main()
