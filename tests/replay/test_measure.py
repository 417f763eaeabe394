#!/usr/bin/python3
# tests/replay/test_measure.py - drf-sim measure, against closed forms, numpy, and OGR as the reader.
# SPDX-License-Identifier: Apache-2.0
"""The recordings are written with the `mcap` of PyPI, in an environment of the test's own: no network, no test."""
import functools
import math
import re

import numpy as np
from drf_fixture import TOP, main
from measure.tape import T0, Bench
from osgeo import ogr

ogr.UseExceptions()

JOURNAL = TOP / "tests/data/golden_replay/node.mcap"
A, E2 = 6378137.0, 6.69437999014e-3  # WGS 84
WARNING, CAUTION = 1, 2
TRAFFIC, ZONE = 7, 6
RIGHT, WRONG, MISSED, FALSE, UNJUDGED = 1, 2, 3, 4, 5


@functools.lru_cache(None)
def bench():
    return Bench()


def ecef(lat, lon, h):
    p, l = np.radians(lat), np.radians(lon)
    n = A / np.sqrt(1 - E2 * np.sin(p) ** 2)
    return np.array([(n + h) * np.cos(p) * np.cos(l), (n + h) * np.cos(p) * np.sin(l), (n * (1 - E2) + h) * np.sin(p)])


def at(instants, times, way):
    """Latitude, longitude, height between the reports; not a number before the first and after the last."""
    there = (instants >= times[0]) & (instants <= times[-1])
    return [np.where(there, np.interp(instants, times, v), np.nan) for v in way]


def apart(one, two):
    """Horizontally, as if both were at the height between them, and vertically."""
    middle = (one[2] + two[2]) / 2
    flat = np.linalg.norm(ecef(one[0], one[1], middle) - ecef(two[0], two[1], middle), axis=0)
    return flat, np.abs(one[2] - two[2])


def value(measures, name, of="", within=None, wanted=None):
    row = measures[name, of]
    assert row["value"] != "", row
    if wanted is not None:
        assert abs(float(row["value"]) - wanted) <= within, (row, wanted)
    return float(row["value"])


def unknown(measures, name, of=""):
    row = measures[name, of]
    assert row["value"] == "" and row["count"] == "" and row["not_measurable"], row
    return row["not_measurable"]


def traffic(about, severity=CAUTION, advisory_id=77):
    return {"advisory_id": advisory_id, "kind": TRAFFIC, "severity": severity, "state": 1, "feature_id": about}


EAST = math.pi / 180 * A  # metres of a degree at the equator
HEAD_ON_ENTRY_S = (3000 - 609.6) / 20  # well clear is lost; nearest at 150 s


def head_on(name, heights=(100, 110), **metadata):
    """At the equator, 10 m/s each, from 3 km apart; d2 is told of d1 at 90 s, d1 of d2 at 125.2 s, after the entry."""
    tape = bench().tape(name, seed="7", **metadata)
    with tape:
        for k in range(300):
            t = k + 0.1
            for drone, lon, alt in (("d1", 10 * t / EAST, heights[0]), ("d2", (3000 - 10 * t) / EAST, heights[1])):
                tape.truth(drone, t, 0, lon, alt)
                tape.telemetry(drone, t, 0, lon, seq=k + 1, log_s=t + 0.02)
                told = [traffic("d1" if drone == "d2" else "d2")] if k >= (90 if drone == "d2" else 125) else []
                tape.context(drone, t + 0.1, t + 0.05, sent_s=t + 0.06, telemetry_seq=k + 1, telemetry_drone_boot_id=1,
                             advisories=told)
            if 100 <= k < 160:
                tape.verdict("d2", t + 0.1, RIGHT, TRAFFIC, severity=WARNING if k >= 120 else CAUTION, feature_id="d1")
            if 120 <= k < 125 or k == 140:
                tape.verdict("d1", t + 0.1, MISSED, TRAFFIC, severity=WARNING, feature_id="d2", check="advisory_missed")
            if k in (10, 12, 200):
                tape.verdict("d1", t + 0.1, FALSE, ZONE, severity=CAUTION, check="advisory_false")
            if k in (210, 211, 212):
                tape.verdict("d1", t + 0.1, UNJUDGED, ZONE, severity=CAUTION, check="advisory_false",
                             **({"text": "late"} if k < 212 else {}))
        tape.add("sim/verdict", bench().message("SimVerdict", drone_id="d1", check="wind", verdict=WRONG), 290, transport=None)
    return tape.path


def test_head_on_is_measured_as_computed_by_hand():
    m, out = bench().measured(head_on("head_on.mcap"))
    value(m, "drones", wanted=2, within=0)
    value(m, "positions_from_truth", wanted=1, within=0)
    value(m, "losses", "nmac", wanted=1, within=0)
    value(m, "losses", "well_clear", wanted=1, within=0)
    # 100 m up everything is longer by 1.6e-5: the 1219.2 m inside last 2 ms less than on the ellipsoid.
    value(m, "losses_s", "well_clear", wanted=1219.2 / 20, within=0.005)
    value(m, "losses_s", "nmac", wanted=304.8 / 20, within=0.005)
    value(m, "separation_min_m", "horizontal", wanted=0, within=0.01)
    value(m, "separation_min_m", "slant", wanted=10, within=0.01)
    value(m, "flight_s", wanted=2 * 299, within=1e-6)
    value(m, "losses_per_flight_hour", "nmac", wanted=3600 / 598, within=1e-6)
    # Received 0.1 s after the position: d2 first at 90.2 s, d1 at 125.2 s.
    leads = {r["drone"]: r for r in bench().rows(out, "leads.csv") if r["event"] == "well_clear"}
    assert abs(float(leads["d2"]["lead_to_entry_s"]) - (HEAD_ON_ENTRY_S - 90.2)) < 0.005, leads
    assert abs(float(leads["d1"]["lead_to_entry_s"]) - (HEAD_ON_ENTRY_S - 125.2)) < 0.005, leads
    assert abs(float(leads["d1"]["lead_to_cpa_s"]) - (150 - 125.2)) < 0.02, leads
    value(m, "lead_to_entry_min_s", "well_clear", wanted=HEAD_ON_ENTRY_S - 125.2, within=0.005)
    value(m, "lead_to_cpa_mean_s", "nmac", wanted=150 - (90.2 + 125.2) / 2, within=0.02)
    value(m, "events_untold", "well_clear", wanted=0, within=0)
    # Verdicts: 60 right in one episode; missed 120 to 124 and at 140: two; false at 10 and 12 (2 s apart) and 200: two.
    value(m, "advisory_right", "traffic", wanted=60, within=0)
    value(m, "advisory_right_episodes", "traffic", wanted=1, within=0)
    value(m, "advisory_missed", "traffic", wanted=6, within=0)
    value(m, "advisory_missed_episodes", "traffic", wanted=2, within=0)
    value(m, "advisory_false", "zone", wanted=3, within=0)
    value(m, "advisory_false_episodes", "zone", wanted=2, within=0)
    value(m, "advisory_false", "traffic", wanted=0, within=0)
    value(m, "advisory_judged_ratio", wanted=63 / 66, within=1e-9)  # 60 right, 3 false, 3 not judged
    value(m, "advisory_unjudged_by", "late", wanted=2, within=0)
    value(m, "advisory_unjudged_by", "unsaid", wanted=1, within=0)
    value(m, "advisory_unjudged_by", "way", wanted=0, within=0)
    value(m, "checks_wrong", wanted=1, within=0)
    # The first WARNING is due at 120.2 s: d2 was told at 90.2 s. d1's first (120.2 to 124.2 s) passed untold; its
    # second (140.2 s) came while it was told since 125.2 s.
    value(m, "lead_to_warning_p50_s", "traffic", wanted=(30 + 15) / 2, within=1e-6)
    value(m, "events_untold", "traffic", wanted=1, within=0)
    # Made 0.05 s before it is received, sent 0.04 s before, once a second; it answers a report logged 0.08 s before.
    value(m, "context_delay_mean_s", wanted=0.05, within=1e-6)
    value(m, "context_age_peak_max_s", wanted=1.05, within=1e-6)
    value(m, "context_interval_p50_s", wanted=1, within=1e-6)
    value(m, "latency_p95_s", "context", wanted=0.04, within=1e-6)
    value(m, "answer_mean_s", wanted=0.08, within=1e-6)
    unknown(m, "latency_mean_s", "telemetry")  # publish time = log time
    assert "no such message" in unknown(m, "latency_mean_s", "patch")
    wide = bench().rows(out, "recordings.csv")[0]
    assert wide["seed"] == "7" and wide["losses.nmac"] == "1" and wide["latency_mean_s.patch"] == ""


def test_the_package_opens_elsewhere():
    path = head_on("package.mcap")
    _, out = bench().measured(path)
    package = ogr.Open(str(out / "measures.gpkg"))
    tracks = package.GetLayer("tracks")
    assert ogr.GeometryTypeToName(tracks.GetGeomType()) == "3D Measured Line String", tracks.GetGeomType()
    assert tracks.GetSpatialRef().GetAuthorityCode(None) == "4326"
    lines = {f["aircraft"]: f for f in tracks}
    assert sorted(lines) == ["d1", "d2"]
    line = lines["d1"].GetGeometryRef()
    assert line.GetPointCount() == 300 and lines["d1"]["height"] == "AMSL" and lines["d1"]["positions"] == "truth"
    assert abs(line.GetX(299) - 10 * 299.1 / EAST) < 1e-9 and line.GetY(0) == 0 and line.GetZ(0) == 100
    assert abs(line.GetM(0) - (T0 / 1e6 + 0.1)) < 1e-6
    assert lines["d1"].GetFieldAsString("from_utc").startswith("2023/11/14 22:13:20.1"), lines["d1"].GetFieldAsString("from_utc")
    events = [(f["event"], f["aircraft"], f["about"], f.GetGeometryRef().GetX()) for f in package.GetLayer("events")]
    losses = [e for e in events if e[0] in ("nmac", "well_clear")]
    assert len(losses) == 2 and all(abs(e[3] - 1500 / EAST) < 1e-6 for e in losses), events
    assert ("advisory", "d2", "d1") in [e[:3] for e in events]
    assert [e[0] for e in events].count("advisory_missed") == 2
    assert [e[0] for e in events].count("advisory_false") == 2


def test_the_same_recording_gives_the_same_bytes():
    path = head_on("same.mcap")
    folders = [bench().path / "same-1", bench().path / "same-2"]
    texts = [bench().measure(path, "--out", folder) for folder in folders]
    assert texts[0] == texts[1]
    names = sorted(p.name for p in folders[0].iterdir())
    assert names == ["drones.csv", "leads.csv", "losses.csv", "measures.csv", "measures.gpkg", "pairs.csv", "recordings.csv",
                     "report.html", "separation.csv"], names
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_the_report_needs_nothing_else():
    _, out = bench().measured(head_on("report.mcap"))
    text = (out / "report.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 5, text.count("<svg")
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?:|src=", text), "a report asks for something"
    assert "prefers-color-scheme:dark" in text and "NMAC" in text


def test_a_random_scene_is_what_numpy_makes_of_it():
    """24 aircraft, 240 s, each with its own phase; positions each 10 ms by numpy, distances as chords between ECEF points."""
    random = np.random.default_rng(20)
    seconds, count = 240, 24
    grid = np.arange(-1, seconds + 2, 0.01)
    tape, reports, positions, ways = bench().tape("random.mcap"), [], [], []
    for i in range(count):
        times = np.round(np.arange(0, seconds + 2, 1) + random.uniform(-0.999, 0), 6)
        heading = np.cumsum(random.normal(0, 0.15, len(times))) + random.uniform(0, 7)
        lat = 43.6 + random.uniform(0, 0.02) + np.cumsum(np.cos(heading)) * 15 / 111111
        lon = -79.4 + random.uniform(0, 0.02) + np.cumsum(np.sin(heading)) * 15 / 80000
        alt = random.uniform(60, 160) + np.cumsum(random.normal(0, 0.7, len(times)))
        reports += [(t, f"d{i}", a, o, h) for t, a, o, h in zip(times, lat, lon, alt)]
        ways.append((times, (lat, lon, alt)))
        positions.append(at(grid, *ways[-1]))
    with tape:
        for t, drone, a, o, h in sorted(reports):
            tape.truth(drone, t, a, o, h)
    m, out = bench().measured(tape.path)
    pairs = {frozenset((r["one"], r["two"])): r for r in bench().rows(out, "pairs.csv")}
    losses = bench().rows(out, "losses.csv")
    near = lost = 0
    inside_s = {"nmac": 0.0, "well_clear": 0.0}
    for i in range(count):
        for j in range(i + 1, count):
            flat, up = apart(positions[i], positions[j])
            row = pairs.get(frozenset((f"d{i}", f"d{j}")))
            if np.nanmin(flat) < 1999:
                near += 1
                # Samples cannot be below the minimum; 10 ms at 30 m/s together are 0.3 m.
                for name, least in (("horizontal_min_m", np.nanmin(flat)), ("slant_min_m", np.nanmin(np.hypot(flat, up)))):
                    assert -0.31 < float(row[name]) - least < 1e-3, (i, j, name, row[name], least)
            elif np.nanmin(flat) > 2001:
                assert row is None, (i, j)
            for kind, h, v in (("nmac", 152.4, 30.48), ("well_clear", 609.6, 76.2)):
                inside = (flat < h) & (up < v)
                inside_s[kind] += inside.sum() * 0.01
                mine = [r for r in losses if r["kind"] == kind and {r["one"], r["two"]} == {f"d{i}", f"d{j}"}]
                # What is shorter than two samples may lie between them.
                short = [r for r in mine if int(r["to_utc_us"]) - int(r["from_utc_us"]) < 20000]
                starts = int((np.diff(inside.astype(int)) == 1).sum() + inside[0])
                assert len(mine) - len(short) <= starts <= len(mine), (kind, i, j, starts, mine)
                lost += starts
    assert near > 100 and lost > 20, (near, lost)
    for kind, wanted in inside_s.items():
        value(m, "losses_s", kind, wanted=wanted, within=0.01 * len(losses))
    # The distribution: at each second after the first report.
    steps = np.arange(0, seconds + 2) + min(r[0] for r in reports)
    then = [at(steps, *way) for way in ways]
    histogram = np.zeros(100, int)
    for i in range(count):
        for j in range(i + 1, count):
            flat, _ = apart(then[i], then[j])
            histogram += np.histogram(flat[np.isfinite(flat)], np.arange(101) * 20)[0]
    found = np.array([int(r["horizontal_pair_instants"]) for r in bench().rows(out, "separation.csv")[:100]])
    # Instants are kept in whole microseconds: one at the edge of a bin may fall on its other side.
    assert np.abs(found - histogram).sum() <= 6 and found.sum() > 10000, (found, histogram)


def test_the_age_is_what_numpy_integrates():
    random = np.random.default_rng(3)
    tape = bench().tape("age.mcap")
    made = np.round(np.cumsum(random.exponential(0.3, 400)), 6)
    got = np.round(made + random.exponential(0.25, 400), 6)  # they overtake each other
    order = np.argsort(got)
    with tape:
        for i in order:
            tape.context("d1", got[i], made[i])
        tape.telemetry("d1", got.max() + 4, 43, -79)
    m, _ = bench().measured(tape.path)
    times = np.arange(got.min(), got.max() + 4, 0.001) + 0.0005
    received = np.searchsorted(got[order], times, side="right")
    newest = np.maximum.accumulate(made[order])[received - 1]
    value(m, "context_age_mean_s", wanted=float((times - newest).mean()), within=1e-3)
    value(m, "context_age_max_s", wanted=float((times - newest).max()), within=2e-3)
    fresh = np.diff(np.maximum.accumulate(made[order])) > 0
    peaks = (got[order][1:] - np.maximum.accumulate(made[order])[:-1])[fresh]
    value(m, "context_age_peak_mean_s", wanted=float(peaks.mean()), within=1e-6)
    value(m, "context_age_peak_p95_s", wanted=float(np.quantile(peaks, 0.95)), within=1e-6)
    value(m, "contexts_late", wanted=int((~fresh).sum()), within=0)
    value(m, "context_delay_p99_s", wanted=float(np.quantile(got - made, 0.99)), within=2e-6)


def test_without_truth_what_was_reported_is_used():
    tape = bench().tape("reported.mcap")
    with tape:
        for k in range(60):
            tape.telemetry("d1", k, 0, 10 * k / EAST, seq=k, root="drf/v1", alt_amsl_m=100)
            tape.telemetry("d2", k, 0, (600 - 10 * k) / EAST, seq=k, root="drf/v1")  # no height
    text = bench().measure(tape.path)
    assert "No truth in the recording" in text and "No verdicts" in text
    m, out = bench().measured(tape.path)
    value(m, "positions_from_truth", wanted=0, within=0)
    value(m, "losses", "nmac", wanted=0, within=0)
    value(m, "losses_undecided", "nmac", wanted=1, within=0)
    assert "heights" in unknown(m, "separation_min_m", "slant")
    assert "witness" in unknown(m, "advisory_missed", "traffic")
    assert unknown(m, "intruders") and unknown(m, "context_age_mean_s") and unknown(m, "lead_to_entry_mean_s", "nmac")
    package = ogr.Open(str(out / "measures.gpkg"))
    assert [f["aircraft"] for f in package.GetLayer("tracks")] == ["d1"]
    assert [f["aircraft"] for f in package.GetLayer("tracks_no_height")] == ["d2"]
    # Payload: the drone's bytes over the 59 s from its first to its last message.
    size = sum(len(bench().message("Telemetry", seq=k, drone_boot_id=1, time_us=T0 + k * 1000000, lat_e7=0, alt_amsl_m=100,
                                   lon_e7=round(10 * k / EAST * 1e7)).SerializeToString()) for k in range(60))
    row = next(r for r in bench().rows(out, "drones.csv") if r["drone"] == "d1")
    assert int(row["up_bytes"]) == size and float(row["seen_s"]) == 59, (row, size)
    value(m, "bytes_per_drone_s_max", "telemetry", wanted=size / 59, within=1e-6)


def test_truth_without_a_height_or_on_the_ground_is_no_loss():
    tape = bench().tape("no-height.mcap")
    with tape:
        for k in range(30):
            tape.truth("d1", k, 0, 0, 0)
            tape.truth("d2", k, 0, 100 / EAST)
            tape.truth("d3", k, 0.001, 0, 0, airborne=False)
    m, _ = bench().measured(tape.path)
    value(m, "losses", "nmac", wanted=0, within=0)
    value(m, "losses_undecided", "nmac", wanted=1, within=0)
    value(m, "pairs_in_range", wanted=1, within=0)
    value(m, "flight_s", wanted=2 * 29, within=1e-9)


def test_nothing_and_one_drone_are_no_zeros():
    empty, one = bench().tape("empty.mcap"), bench().tape("one.mcap")
    with empty:
        pass
    with one:
        for k in range(20):
            one.truth("d1", k, 47, 8 + k / 5000, 500)
    m, _ = bench().measured(empty.path)
    for name, of in (("duration_s", ""), ("losses", "nmac"), ("flight_s", ""), ("separation_min_m", "horizontal"),
                     ("context_age_mean_s", ""), ("bytes_per_drone_s_mean", "down"), ("latency_mean_s", "context")):
        unknown(m, name, of)
    m, _ = bench().measured(one.path)
    value(m, "flight_s", wanted=19, within=1e-9)
    assert "never two aircraft" in unknown(m, "losses", "well_clear")


def test_a_truncated_file_gives_its_whole_chunks_and_a_damaged_one_is_refused():
    whole = head_on("whole.mcap")
    data = whole.read_bytes()
    cut, bad = bench().path / "cut.mcap", bench().path / "bad.mcap"
    cut.write_bytes(data[:len(data) // 4])
    flipped = bytearray(data)
    flipped[len(data) // 4] ^= 0x10
    bad.write_bytes(flipped)
    text = bench().measure(cut)
    assert "truncated" in text, text
    m, out = bench().measured(cut)
    all_of_it, _ = bench().measured(whole)
    assert 0 < value(m, "messages") < value(all_of_it, "messages")
    assert bench().rows(out, "recordings.csv")[0]["truncated"] == "1"
    text = bench().measure(bad, whole, "--out", bench().path / "bad", code=1)
    assert str(bad) in text and re.search(r"\d{3,}", text.split("bad.mcap")[1].splitlines()[0]), text
    assert {r["recording"] for r in bench().rows(bench().path / "bad", "measures.csv")} == {str(whole)}
    assert "a folder; name its recordings" in bench().measure(bench().path, code=1)
    assert "no such file" in bench().measure(bench().path / "absent.mcap", code=1).lower()


def test_strangers_topics_are_counted_and_left_out():
    tape = bench().tape("strangers.mcap")
    with tape:
        tape.telemetry("d1", 0, 43, -79)
        tape.add("/camera/image", b"\x00" * 100, 1, encoding="ros1", transport=None)
        tape.add("/camera/image", b"\x00" * 100, 2, encoding="ros1", transport=None)
        tape.add("drf/v1/drones/d1/colour/r1", b"blue", 3)
        tape.add("drf/v1/drones/d1/context/r1", b"\xff\xff\xff", 4)
    text = bench().measure(tape.path)
    assert "3 messages on 2 topics of others were left out, such as /camera/image" in text, text
    m, _ = bench().measured(tape.path)
    value(m, "messages_other_topics", wanted=3, within=0)
    value(m, "messages_undecodable", wanted=1, within=0)


def test_a_replay_has_no_delays_and_a_journal_no_messages():
    """What drf-edge replay --out writes has the time of the step: a delay of 0 would be no measurement."""
    delays = ("context_delay_mean_s", "context_delay_max_s", "answer_mean_s", "answer_p95_s")
    for replay in ("0", "1"):
        tape = bench().tape(f"replay-{replay}.mcap", replay=replay)
        with tape:
            for k in range(1, 9):
                tape.telemetry("d1", k, 43 + k / 1e4, -79, seq=k)
                tape.context("d1", k, k, seq=k, telemetry_seq=k, telemetry_drone_boot_id=1)
        m, _ = bench().measured(tape.path)
        value(m, "context_age_mean_s", wanted=0.5, within=1e-6)
        for name in delays:
            if replay == "1":
                assert "a replay" in unknown(m, name), name
            else:
                value(m, name, wanted=0, within=1e-9)
    assert "drf-edge replay FILE --out FILE2" in bench().measure(JOURNAL, code=1)


def test_the_curves_of_the_report_are_steps_as_high_as_the_shares():
    tape = bench().tape("steps.mcap")
    with tape:
        t = 0.0
        for k in range(1, 102):  # 90 intervals of 0.25 s, then 10 of 0.5 s
            t += 0.25 if k <= 91 else 0.5
            tape.context("d1", t, t, seq=k)
    _, out = bench().measured(tape.path)
    plot = (out / "report.html").read_text(encoding="utf-8").rsplit("Age of information at the drones", 1)[1]
    curve = re.search(r'<polyline class="line two" points="([^"]*)"', plot)[1].split()
    points = [tuple(map(float, point.split(","))) for point in curve]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in zip(points, points[1:])), points
    heights = sorted(abs(a[1] - b[1]) for a, b in zip(points, points[1:]) if a[0] == b[0] and a[1] != b[1])
    assert len(heights) == 2 and abs(heights[1] / heights[0] - 9) < 0.1, heights


def test_thresholds_are_the_users():
    path = head_on("thresholds.mcap", heights=(100, 150))  # 50 m apart
    m, _ = bench().measured(path)
    value(m, "losses", "nmac", wanted=0, within=0)
    value(m, "losses", "well_clear", wanted=1, within=0)
    m, _ = bench().measured(path, words=("--nmac-vertical-m", 60, "--clear-vertical-m", 40))
    value(m, "losses", "nmac", wanted=1, within=0)
    value(m, "losses", "well_clear", wanted=0, within=0)
    assert "--range-m" in bench().measure(path, "--range-m", 100, code=2)
    assert "no recording" in bench().measure(code=2)


main(globals())
