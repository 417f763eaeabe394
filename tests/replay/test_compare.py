#!/usr/bin/python3
# tests/replay/test_compare.py - drf-sim compare: the first difference, and intervals beside numpy's bootstrap.
# SPDX-License-Identifier: Apache-2.0
"""The recordings are written with the `mcap` of PyPI, in an environment of the test's own: no network, no test."""
import functools
import re
import statistics

import numpy as np
from drf_fixture import TOP, main
from measure.tape import Bench, sim

JOURNAL = TOP / "tests/data/golden_replay/node.mcap"


@functools.lru_cache(None)
def bench():
    return Bench()


def flight(name, root="drf-test/v1", mode=4, change=None, left_out=None, log_shift_s=0.0):
    """Telemetry and contexts of one drone, 20 s; `change`: {number of the context: fields}."""
    tape = bench().small_chunks(name)
    with tape:
        for k in range(1, 21):
            tape.telemetry("d1", k, 43 + k / 1e4, -79, seq=k, root=root, mode=mode, log_s=k + log_shift_s)
            fields = {"mode": mode, "seq": k, "telemetry_seq": k, "telemetry_drone_boot_id": 1,
                      "height": {"agl_m": 50 + k / 4, "ground_source": "dted"},
                      "advisories": [{"advisory_id": 9, "kind": 1, "severity": 2}, {"advisory_id": 10, "kind": 3, "severity": 3}],
                      **((change or {}).get(k, {}))}
            if k != left_out:
                tape.context("d1", k + 0.1 + log_shift_s, k + 0.05, root=root, **fields)
        tape.add(f"{root}/regions/r1/nodes/n1/heartbeat", bench().message("Heartbeat", boot_id=1, mode=mode), 21 + log_shift_s)
    # As if the power had failed after two thirds.
    cut = tape.path.with_suffix(".cut.mcap")
    cut.write_bytes(tape.path.read_bytes()[:tape.written[27] + 40])
    return tape.path


def test_mode_and_root_are_passed_over():
    one = flight("one.mcap")
    text = sim("compare", one, flight("live.mcap", root="drf/v1", mode=1))
    assert "21 outputs are equal" in text and "0 of " in text, text
    assert "21 outputs are equal" in sim("compare", one, one)
    # When it was recorded is no output: the messages are equal, the ages are not.
    text = sim("compare", one, flight("later.mcap", log_shift_s=0.5), code=1)
    assert "21 outputs are equal" in text and "context_delay_mean_s" in text, text


def test_the_first_difference_is_named_with_its_field_and_the_input_before_it():
    one = flight("whole.mcap")
    cases = (
        ({"height": {"agl_m": 52.25, "ground_source": "dted"}}, "height.agl_m", "51.75", "52.25"),
        ({"height": {"agl_m": 51.75, "ground_source": "glo30"}}, "height.ground_source", '"dted"', '"glo30"'),
        ({"height": {"agl_m": 51.75}}, "height.ground_source", '"dted"', "absent"),
        ({"advisories": [{"advisory_id": 9, "kind": 1, "severity": 2}, {"advisory_id": 10, "kind": 3, "severity": 1}]},
         "advisories[1].severity", "3", "1"),
        ({"advisories": [{"advisory_id": 9, "kind": 1, "severity": 2}]}, "advisories[1]", "a message", "absent"),
        ({"pushed": True}, "pushed", "absent", "true"),
        ({"epoch": 0}, "epoch", "absent", "0"),  # absent is not zero
    )
    for number, (fields, path, a, b) in enumerate(cases):
        text = sim("compare", one, flight(f"changed-{number}.mcap", change={7: fields, 9: {"seq": 99}}), code=1)
        assert f"after 6 equal outputs: {path}\n    A: {a}\n    B: {b}\n" in text, text
        assert "A: no. 7, drf-test/v1/drones/d1/context/r1, at 2023-11-14T22:13:27.100Z" in text, text
        assert "last input   A: no. 7, drf-test/v1/drones/d1/telemetry, at 2023-11-14T22:13:27.000Z" in text, text


def test_a_message_that_is_missing_is_a_difference():
    one, two = flight("all.mcap"), flight("missing.mcap", left_out=20)
    text = sim("compare", one, two, code=1)
    assert "(topic)" in text and "after 19 equal outputs" in text and "heartbeat" in text, text
    # What lies behind the end of a truncated file is unproved, not different.
    text = sim("compare", one, one.with_suffix(".cut.mcap"), code=1)
    unproved, equal = (int(re.search(pattern, text)[1]) for pattern in (r"(\d+) outputs are unproved", r"(\d+) outputs are equal"))
    assert unproved + equal == 21 and unproved >= 7 and equal > 5 and "first difference" not in text, text


def test_arguments_and_files_that_are_wrong_end_with_2():
    one = flight("good.mcap")
    bad = bench().path / "bad.mcap"
    data = bytearray(one.read_bytes())
    data[len(data) // 8] ^= 1
    bad.write_bytes(data)
    (bench().path / "nothing").mkdir()
    assert "drf-edge replay FILE --out FILE2" in sim("compare", JOURNAL, JOURNAL, code=2)
    for words in ((one,), (one, bench().path / "absent.mcap"), (one, bad), (one, bench().path / "nothing"),
                  (one, one, "--level", "1"), (one, one, "--resamples", "5"), (one, one, "--nonsense")):
        assert "drf-sim compare: " in sim("compare", *words, code=2), words


def test_recordings_without_outputs_are_not_equal():
    tape = bench().tape("inputs.mcap")
    with tape:
        for k in range(5):
            tape.telemetry("d1", k, 43 + k / 1e4, -79, seq=k)
    assert "no output was compared" in sim("compare", tape.path, tape.path, code=1)


def runs(side, differences, base):
    """A folder for each seed: contexts of a size and delay that differ between the sides by what `differences` says."""
    for seed, (before, difference) in enumerate(zip(base, differences)):
        tape = bench().tape(f"{side}/run-{seed}/recording.mcap", seed=str(seed))
        with tape:
            for k in range(5):
                tape.context("d1", k + before + difference, k)
    return bench().path / side


def bca(values, level=0.95, resamples=40000):
    """Efron and Tibshirani, 14.3, by numpy's own generator."""
    random = np.random.default_rng(99)
    values, normal = np.asarray(values), statistics.NormalDist()
    means = np.sort(random.choice(values, (resamples, len(values))).mean(axis=1))
    z0 = normal.inv_cdf((means < values.mean()).mean())
    left_out = np.array([np.delete(values, i).mean() for i in range(len(values))])
    moved = left_out.mean() - left_out
    a = (moved ** 3).sum() / (6 * (moved ** 2).sum() ** 1.5)
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        z = z0 + normal.inv_cdf(share)
        ends.append(float(np.quantile(means, normal.cdf(z0 + z / (1 - a * z)))))
    return ends


def test_intervals_over_seeds_are_those_of_numpy():
    random = np.random.default_rng(5)
    base = np.round(random.uniform(0.1, 0.9, 14), 6)  # much wider than the differences: pairing is what finds them
    differences = np.round(random.gamma(2.0, 0.01, 14), 6)
    one, two = runs("side-a", np.zeros(14), base), runs("side-b", differences, base)
    out = bench().path / "compared"
    text = sim("compare", one, two, "--out", out, code=1)
    assert "14 pairs with the same seed" in text, text
    row = next(r for r in bench().rows(out, "differences.csv") if r["measure"] == "context_delay_mean_s")
    assert int(row["pairs"]) == 14
    assert abs(float(row["mean_difference"]) - differences.mean()) < 1e-6
    assert abs(float(row["mean_a"]) - base.mean()) < 1e-6
    low, high = bca(differences)
    # Two bootstraps of 10,000 and 40,000: each end is known to a few parts in a hundred of the width.
    assert abs(float(row["low"]) - low) < 0.03 * (high - low), (row, low, high)
    assert abs(float(row["high"]) - high) < 0.03 * (high - low), (row, low, high)
    assert float(row["low"]) > 0 and "context_delay_mean_s" in text
    again = bench().path / "compared-again"
    assert sim("compare", one, two, "--out", again, code=1) == text
    assert (out / "differences.csv").read_bytes() == (again / "differences.csv").read_bytes()
    # What neither side knows has no difference, and not 0.
    row = next(r for r in bench().rows(out, "differences.csv") if r["measure"] == "lead_to_entry_mean_s")
    assert row["pairs"] == "0" and row["mean_difference"] == "" and row["low"] == ""


def test_seeds_that_have_no_partner_are_left_out():
    one = runs("lone-a", np.zeros(3), np.array([0.1, 0.2, 0.3]))
    two = runs("lone-b", np.zeros(2), np.array([0.1, 0.2]))
    text = sim("compare", one, two)
    assert "3 runs in A, 2 in B: 2 pairs with the same seed" in text, text
    bare = bench().tape("bare/recording.mcap")
    with bare:
        bare.context("d1", 1, 1)
    assert "no seed" in sim("compare", one, bench().path / "bare", code=2)


def test_one_folder_of_an_experiment_is_compared_by_what_varied():
    for rate in ("1", "5"):
        for drones in ("10", "20"):
            for seed in range(3):
                tape = bench().tape(f"varied/run-{rate}-{drones}-{seed}/recording.mcap", seed=str(seed),
                                    **{"vary.rate_hz": rate, "vary.drones": drones})
                with tape:
                    for k in range(5):
                        tape.context("d1", k + 0.1 + seed / 10 + int(drones) / 100 + (0.03 if rate == "5" else 0), k)
    folder, out = bench().path / "varied", bench().path / "varied-out"
    text = sim("compare", folder, folder, "--a", "rate_hz=1", "--b", "rate_hz=5", "--out", out, code=1)
    assert "6 runs in A, 6 in B: 6 pairs" in text, text
    row = next(r for r in bench().rows(out, "differences.csv") if r["measure"] == "context_delay_mean_s")
    # The same for every pair: the interval is that value.
    for name in ("mean_difference", "low", "high"):
        assert abs(float(row[name]) - 0.03) < 1e-6, row
    # Without a choice a seed stands there twice for each value, and with a wrong one never.
    assert "no recording" in sim("compare", folder, folder, "--a", "rate_hz=2", "--b", "rate_hz=5", code=2)
    assert "12 pairs" in sim("compare", folder, folder)


main(globals())
