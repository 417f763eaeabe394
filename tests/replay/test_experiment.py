#!/usr/bin/python3
# tests/replay/test_experiment.py - drf-sim experiment: bytes, restarts, refusals, the sample with the real node.
# SPDX-License-Identifier: Apache-2.0
# Takes: 40 s
"""Without brokers. The node is a stand-in (tests/support/lockstep_stub.py) but for the sample experiment."""
import csv
import hashlib
import os
import subprocess

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, main, skip, wait_until

STUB = TOP / "tests/support/lockstep_stub.py"

SMALL = """start: 2026-01-31T12:00:00Z
drones: 3
duration_s: 4
settle_s: 1
seeds: 1..3
world: {size_km: 2, towers: 2, cranes: 2, buildings: 2}
vary: {rate_hz: [1, 5]}
"""


class Bench(Folder):
    """A folder with the small experiment, and how to make it."""

    def __init__(self):
        super().__init__("experiment")
        self.file = self.path / "small.yaml"
        self.file.write_text(SMALL, encoding="utf-8")

    def command(self, out, *more, edge=STUB, file=None):
        return [BIN / "drf-sim", "experiment", file or self.file, "--out", self.path / out,
                *(["--edge", edge] if edge else []), *more]

    def make(self, *args, how="", **kwargs):
        return subprocess.run(self.command(*args, **kwargs), text=True, capture_output=True, timeout=DEADLINE_S,
                              env={**os.environ, "LOCKSTEP_STUB": how}, check=False)

    def begin(self, out):
        """Started, and its first run finished."""
        process = subprocess.Popen(self.command(out), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_until(lambda: list((self.path / out).glob("*/row.csv")), "the first run")
        return process

    def rows(self, out):
        with open(self.path / out / "results.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def digests(self, out):
        folder = self.path / out
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(folder.rglob("*")) if path.name in ("recording.mcap", "results.csv")}


def test_one_job_or_two_give_the_same_bytes():
    with Bench() as bench:
        for out, jobs in (("one", "1"), ("two", "2")):
            done = bench.make(out, "--jobs", jobs)
            assert done.returncode == 0, done.stderr
        one = bench.digests("one")
        assert len(one) == 7 and one == bench.digests("two"), one
        rows = bench.rows("one")
        assert [(row["seed"], row["rate_hz"]) for row in rows] == \
            [("1", "1"), ("2", "1"), ("3", "1"), ("1", "5"), ("2", "5"), ("3", "5")], rows
        assert [row["reports"] for row in rows] == ["12"] * 3 + ["60"] * 3, rows


def test_after_a_kill_the_same_command_makes_the_rest_and_only_that():
    with Bench() as bench:
        whole = bench.make("whole")
        assert whole.returncode == 0, whole.stderr
        process = bench.begin("killed")
        process.kill()
        process.communicate()
        before = {path: path.stat().st_mtime_ns for path in (bench.path / "killed").glob("*/row.csv")}
        again = bench.make("killed")
        assert again.returncode == 0, again.stderr
        assert f"{len(before)} of them finished before" in again.stdout, again.stdout
        for path, when in before.items():
            assert path.stat().st_mtime_ns == when, path
        assert bench.digests("whole") == bench.digests("killed")
        assert "6 of them finished before" in bench.make("killed").stdout


def test_stopped_it_says_so_and_goes_on():
    with Bench() as bench:
        process = bench.begin("out")
        process.terminate()
        out, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1 and "the same command goes on" in out, out
        assert not list((bench.path / "out").glob("*/recording.part"))
        assert bench.make("out").returncode == 0
        assert len(bench.rows("out")) == 6


def test_other_settings_in_the_same_folder_are_refused():
    with Bench() as bench:
        assert bench.make("out").returncode == 0
        before = bench.digests("out")
        bench.file.write_text(SMALL.replace("duration_s: 4", "duration_s: 5"), encoding="utf-8")
        refused = bench.make("out")
        assert refused.returncode == 1 and "made with other settings" in refused.stderr, refused.stderr
        assert bench.digests("out") == before


def test_runs_of_another_build_in_the_same_folder_are_refused():
    with Bench() as bench:
        assert bench.make("out").returncode == 0
        before = bench.digests("out")
        other = bench.path / "rebuilt"
        other.write_bytes(STUB.read_bytes() + b"\n")
        other.chmod(0o755)
        refused = bench.make("out", edge=other)
        assert refused.returncode == 1 and "other settings or programs" in refused.stderr, refused.stderr
        assert bench.digests("out") == before


def test_a_node_that_fails_is_named_with_its_last_words():
    with Bench() as bench:
        failed = bench.make("out", how="die-at:10")
        assert failed.returncode == 1
        assert "run-1-rate_hz=1: the node has ended before its time" in failed.stderr, failed.stderr
        assert "this stand-in was told to end here" in failed.stderr, failed.stderr
        assert "0 of 6 runs finished, 6 failed" in failed.stdout, failed.stdout
        assert bench.make("out").returncode == 0  # tries them again
        absent = bench.make("absent", edge=bench.path / "no-such-program")
        assert absent.returncode == 2 and "No such file or directory" in absent.stderr, absent.stderr
        assert not (bench.path / "absent").exists()


def test_a_wrong_file_is_refused_with_its_line_before_anything_is_made():
    with Bench() as bench:
        bench.file.write_text(SMALL + "dorones: 4\n", encoding="utf-8")
        refused = bench.make("out")
        assert refused.returncode == 2
        assert "small.yaml:8: unknown key dorones; did you mean drones?" in refused.stderr, refused.stderr
        assert not (bench.path / "out").exists()
        gone = bench.make("out", file=bench.path / "gone.yaml")
        assert gone.returncode == 2 and "cannot be read: No such file" in gone.stderr, gone.stderr
        bench.file.write_text(SMALL.replace("{rate_hz", "{seeds: [4], rate_hz"), encoding="utf-8")
        refused = bench.make("out")
        assert refused.returncode == 2 and "each value is run with all of `seeds`" in refused.stderr, refused.stderr


def test_what_the_node_refuses_is_said_before_the_first_run():
    with Bench() as bench:
        for node, vary, said in (("{limits: {stale_after: 900}}", "rate_hz: [1, 5]", "did you mean 'stale_after_ms'"),
                                 ("{}", "rate_hz: [1, 5], node.limits.stale_after_ms: [900, 3]", "3 is not allowed; from 200")):
            bench.file.write_text(SMALL.replace("rate_hz: [1, 5]", vary) + f"node: {node}\n", encoding="utf-8")
            refused = bench.make("out", edge=None)
            assert refused.returncode == 2 and said in refused.stderr, refused.stderr
            assert "runs in" not in refused.stdout and not (bench.path / "out").exists(), refused.stdout


def test_the_sample_with_the_real_node_warns_and_says_the_same_twice():
    if subprocess.run([BIN / "drf-edge", "lockstep", "--help"], capture_output=True, check=False).returncode != 0:
        skip("drf-edge has no lockstep")
    with Bench() as bench:
        for out in ("first", "second"):
            done = bench.make(out, "--jobs", "2", edge=None, file=TOP / "deploy/experiment.yaml")
            assert done.returncode == 0, done.stderr + done.stdout
        rows, reports = bench.rows("first"), 12 * 20 * 5
        assert len(rows) == 4
        for row in rows:
            assert int(row["reports"]) == reports and int(row["refusals"]) == 0, row
            assert int(row["values_checked"]) > 10000 and int(row["advisories_judged"]) > 0, row
            assert row["values_wrong"] == "0" and row["wrong_by"] == "", row
            because = [part.rsplit(" ", 1) for part in row["advisories_unjudged_by"].split("; ") if part]
            assert sum(int(count) for _, count in because) == int(row["advisories_unjudged"]), row
            assert float(row["latency_p50_ms"]) >= 80, row  # two ways of 40 ms
        whole, lossy = rows[0], rows[2]
        assert whole["lost_up"] == "0" and int(whole["contexts"]) > reports * 9 // 10, whole
        assert int(lossy["lost_up"]) > 20 and int(lossy["contexts"]) < int(whole["contexts"]), lossy
        assert bench.digests("first") == bench.digests("second")


def test_weather_over_a_slow_link_is_that_of_the_instant_it_was_told_at():
    """At a full hour the hour's rain and the pair of valid times change between report and answer."""
    if subprocess.run([BIN / "drf-edge", "lockstep", "--help"], capture_output=True, check=False).returncode != 0:
        skip("drf-edge has no lockstep")
    with Bench() as bench:
        bench.file.write_text("""start: 2026-11-28T22:59:52.180Z
drones: 12
duration_s: 10
settle_s: 3
seeds: [17]
world: {seed: 17, lat_deg: 47, lon_deg: 8, size_km: 12}
errors:
  link: {delay_ms: 60, jitter_ms: 30, good_to_bad: 0.01, bad_to_good: 0.2, loss_good: 0, loss_bad: 0}
""", encoding="utf-8")
        done = bench.make("out", edge=None)
        assert done.returncode == 0, done.stderr + done.stdout
        row = bench.rows("out")[0]
        assert int(row["values_checked"]) > 10000 and row["values_wrong"] == "0", row


def test_a_report_that_was_lost_is_not_known_to_the_node():
    """A plan is reviewed without the first report; the next one replaces it while its own last report is the newest."""
    if subprocess.run([BIN / "drf-edge", "lockstep", "--help"], capture_output=True, check=False).returncode != 0:
        skip("drf-edge has no lockstep")
    with Bench() as bench:
        bench.file.write_text("""start: 2026-01-31T12:00:00Z
drones: 15
duration_s: 30
seeds: [5]
traffic: 2
world: {seed: 17, size_km: 4}
errors:
  reports: {lost_ratio: 0.3}
""", encoding="utf-8")
        done = bench.make("out", edge=None)
        assert done.returncode == 0, done.stderr + done.stdout
        row = bench.rows("out")[0]
        assert int(row["reports_not_sent"]) > 500 and int(row["values_checked"]) > 100000, row
        assert row["values_wrong"] == "0" and row["wrong_by"] == "", row


main(globals())
