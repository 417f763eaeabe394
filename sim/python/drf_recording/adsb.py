# drf_recording/adsb.py - ADS-B of strangers: readsb traces, state vectors, OpenSky's CSV.
# SPDX-License-Identifier: Apache-2.0
"""They become Kafka messages in the format `readsb` that a node reads (schemas/traffic.md): one message a report.

readsb traces: the page on JSON formats of github.com/wiedehopf/readsb. `alt_geom` is over the WGS 84 ellipsoid by that page;
column 3 is pressure altitude unless flag 8 says geometric, the rate is barometric unless flag 4 says geometric, and
on the ground column 5 is the true heading instead of the track. OpenSky: the columns of
https://opensky-network.org/datasets/states/README.txt, in metres and m/s; it has a row for each second, in which an
old position is repeated (`lastposupdate`), and does not say what `geoaltitude` is over.
"""
from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from .job import ELLIPSOID, NO_HEIGHT, Job
from .report import LATEST_US, Refused, number

READSB_ACCEPTS = {"datum", "traffic_topic"}
OPENSKY_ACCEPTS = {"datum", "traffic_topic"}
HEX = re.compile(r"~?[0-9a-fA-F]{6}")
GEOMETRIC_RATE, GEOMETRIC_ALTITUDE, AFTER_A_GAP = 4, 8, 1
DETAILS = ("nac_p", "gva", "nic", "rc")  # what is said of the accuracy
COLUMNS = ["time", "icao24", "lat", "lon", "velocity", "heading", "vertrate", "callsign", "onground", "baroaltitude",
           "geoaltitude", "lastposupdate"]
UNIX_MS_FROM = 1e11  # seconds would be the year 5138


def text_of(job: Job) -> str:
    data = job.data
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise Refused(f"{job.path}: gzip: {error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{job.path}: no UTF-8 text at offset {error.start}") from error


def document(job: Job) -> Any:
    text = text_of(job)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(f"{job.path}: no JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        raise Refused(f"{job.path}: no JSON that can be read: {error}") from error


def plausible(time_us: int) -> bool:
    return 0 <= time_us < LATEST_US


class Strangers:
    """Reports of aircraft, each sent once: the same position again, or one that goes back in time, is counted."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.last: dict[str, tuple[int, dict[str, Any]]] = {}

    def fresh(self, address: str, time_us: int, values: dict[str, Any] | None = None) -> bool:
        before = self.last.get(address)
        reason = None
        if before is not None and time_us <= before[0]:
            reason = "time_repeated" if time_us == before[0] else "time_backwards"
        elif before is not None and values is not None and values == before[1]:
            reason = "values_repeated"
        if reason is not None:
            self.job.report.drop(reason)
            return False
        self.last[address] = (time_us, values or {})
        return True


def run_readsb(job: Job) -> None:
    root = document(job)
    if isinstance(root, dict) and isinstance(root.get("trace"), list):
        run_trace(job, root)
    elif isinstance(root, list):
        run_vectors(job, root)
    else:
        raise Refused(f"{job.path}: neither a readsb trace (an object with `icao`, `timestamp` and `trace`) nor a list of "
                      "state vectors")


def run_trace(job: Job, root: dict[str, Any]) -> None:
    address = str(root.get("icao", ""))
    if not HEX.fullmatch(address):
        raise Refused(f"{job.path}: `icao` is {root.get('icao')!r}, not six hexadecimal digits")
    try:
        start = number(root.get("timestamp"))
    except (ValueError, TypeError):
        start = None
    if start is None:
        raise Refused(f"{job.path}: a trace without `timestamp`: its rows count from there")
    geometric = readsb_datum(job, "the readsb documentation of alt_geom (WGS 84 ellipsoid)", stated=True)
    job.report.state(time_base="UTC of the receiver: `timestamp` plus the seconds of each row")
    strangers = Strangers(job)
    flight: str | None = None
    for row in root["trace"]:
        try:
            details = row[8] if len(row) > 8 and isinstance(row[8], dict) else {}
            flight = str(details.get("flight", flight or "")).strip() or flight
            seconds, report = trace_row(job, row, details, geometric)
        except (ValueError, TypeError, IndexError, AttributeError, KeyError):
            job.report.drop("row_not_readable")
            continue
        if report is None:
            continue
        at_us = round((start + seconds) * 1000) * 1000
        if not plausible(at_us):
            job.report.drop("time_not_plausible")
        elif strangers.fresh(address, at_us, report):
            named = {"flight": flight} if flight else {}
            job.tape.kafka(job.options.traffic_topic, at_us,
                           {"hex": address.lower(), "timestamp": at_us / 1e6, **named, **report}, address.lower())


def readsb_datum(job: Job, where: str, stated: bool) -> bool:
    """Whether geometric heights are sent. The format has a field for the ellipsoid only."""
    datum = job.stated_datum(ELLIPSOID, where) if stated else job.user_datum(where)
    if datum not in (ELLIPSOID, NO_HEIGHT):
        raise Refused(f"{job.path}: --datum {datum}: reports of strangers carry pressure altitudes and heights over the "
                      f"ellipsoid only; {NO_HEIGHT} leaves geometric heights out")
    job.report.state(pressure_datum="standard atmosphere, 1013.25 hPa")
    return datum == ELLIPSOID


def trace_row(job: Job, row: list[Any], details: dict[str, Any], geometric: bool) -> tuple[float, dict[str, Any] | None]:
    cells = [*row, *[None] * (14 - len(row))]
    seconds = number(cells[0], job.report)
    lat, lon = number(cells[1], job.report), number(cells[2], job.report)
    if seconds is None or lat is None or lon is None:
        job.report.drop("no_position")
        return 0.0, None
    flags = int(number(cells[6]) or 0)
    if flags & AFTER_A_GAP:
        job.report.written["report_after_20_s_without_one"] += 1
    report: dict[str, Any] = {"lat": lat, "lon": lon}
    on_ground = cells[3] == "ground"
    altitude = None if on_ground else number(cells[3], job.report)
    if on_ground:
        report["alt_baro"] = "ground"
    elif altitude is not None and not flags & GEOMETRIC_ALTITUDE:
        report["alt_baro"] = altitude
    height = altitude if flags & GEOMETRIC_ALTITUDE else number(cells[10], job.report)
    if height is not None and geometric:
        report["alt_geom"] = height
    elif height is not None:
        job.report.drop("geometric_height")
    put(report, "gs", number(cells[4], job.report))
    put(report, "true_heading" if on_ground else "track", number(cells[5], job.report))
    put(report, "geom_rate" if flags & GEOMETRIC_RATE else "baro_rate", number(cells[7], job.report))
    put(report, "geom_rate", number(cells[11], job.report))
    for key in DETAILS:
        put(report, key, number(details.get(key)))
    return seconds, report


def put(report: dict[str, Any], key: str, value: float | None) -> None:
    if value is not None:
        report[key] = value


def run_vectors(job: Job, rows: list[Any]) -> None:
    """State vectors as the Python library `traffic` writes them: feet, knots, feet a minute."""
    has_height = any(isinstance(row, dict) and row.get("geoaltitude") is not None for row in rows)
    geometric = has_height and readsb_datum(job, "the rows do not say what `geoaltitude` is over", stated=False)
    if not has_height:
        job.report.datum("standard atmosphere, 1013.25 hPa", "the format")
    job.report.state(time_base="UTC: `timestamp` of each row, UNIX")
    strangers = Strangers(job)
    for found in sorted((row for row in map(lambda r: vector(job, r, geometric), rows) if row), key=lambda r: r[0]):
        at_us, address, report = found
        if strangers.fresh(address, at_us, report):
            job.tape.kafka(job.options.traffic_topic, at_us, {"hex": address, "timestamp": at_us / 1e6, **report}, address)


def vector(job: Job, row: Any, geometric: bool) -> tuple[int, str, dict[str, Any]] | None:
    try:
        at, lat, lon = (number(row.get(key), job.report) for key in ("timestamp", "latitude", "longitude"))
        address = str(row.get("icao24", "")).lower()
        if at is None or lat is None or lon is None or not HEX.fullmatch(address):
            job.report.drop("no_address" if not HEX.fullmatch(address) else "no_time" if at is None else "no_position")
            return None
        report: dict[str, Any] = {"lat": lat, "lon": lon}
        if row.get("altitude") == "ground" or row.get("onground") is True:
            report["alt_baro"] = "ground"
        else:
            put(report, "alt_baro", number(row.get("altitude"), job.report))
        if geometric:
            put(report, "alt_geom", number(row.get("geoaltitude"), job.report))
        elif row.get("geoaltitude") is not None:
            job.report.drop("geometric_height")
        put(report, "gs", number(row.get("groundspeed"), job.report))
        put(report, "track", number(row.get("track"), job.report))
        put(report, "baro_rate", number(row.get("vertical_rate"), job.report))
        if row.get("callsign"):
            report["flight"] = str(row["callsign"]).strip()
    except (ValueError, TypeError, AttributeError):
        job.report.drop("row_not_readable")
        return None
    at_us = round(at * (1000 if at > UNIX_MS_FROM else 1000000))
    if not plausible(at_us):
        job.report.drop("time_not_plausible")
        return None
    return at_us, address, report


def run_opensky(job: Job) -> None:
    text = text_of(job)
    missing = [name for name in COLUMNS if name not in (csv.DictReader(io.StringIO(text)).fieldnames or [])]
    if missing:
        raise Refused(f"{job.path}: line 1: these columns of OpenSky's state vectors are missing: {', '.join(missing)}")
    has_height = any(row["geoaltitude"] not in (None, "", "NaN", "nan") for row in csv_rows(job, text))
    geometric = has_height and readsb_datum(job, "OpenSky does not say what `geoaltitude` is over", stated=False)
    if not has_height:
        job.report.datum("standard atmosphere, 1013.25 hPa", "the format")
    job.report.state(time_base="UTC: `time` is when it was sent, `lastposupdate` when the aircraft was there")
    strangers = Strangers(job)
    seconds: dict[int, list[list[Any]]] = {}
    for line, row in enumerate(csv_rows(job, text), 2):
        try:
            found = state(job, row, geometric)
        except (ValueError, TypeError, AttributeError):
            if job.report.dropped["row_not_readable"] == 0:
                job.report.note(f"the first row that is not readable is in line {line}")
            job.report.drop("row_not_readable")
            continue
        if found is not None:
            seconds.setdefault(round(found[0] * 1e6), []).append(found[1])
    for at_us in sorted(seconds):
        fresh = [row for row in seconds[at_us] if strangers.fresh(row[0], round(row[3] * 1e6))]
        if fresh:
            job.tape.kafka(job.options.traffic_topic, at_us, {"time": at_us / 1e6, "states": fresh})
            job.report.written["states"] += len(fresh)


def csv_rows(job: Job, text: str) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        yield from reader
    except csv.Error as error:
        raise Refused(f"{job.path}: line {reader.line_num}: no CSV: {error}") from error


def state(job: Job, row: dict[str, str], geometric: bool) -> tuple[float, list[Any]] | None:
    """One row of OpenSky's interface from one of its CSV; all of a CSV is text."""
    at, position_at = number(row["time"]), number(row["lastposupdate"])
    lat, lon = number(row["lat"]), number(row["lon"])
    address = row["icao24"].strip().lower()
    if not HEX.fullmatch(address):
        job.report.drop("no_address")
        return None
    if lat is None or lon is None:
        job.report.drop("no_position")
        return None
    if at is None or position_at is None:
        job.report.drop("no_time")
        return None
    if not plausible(round(at * 1e6)) or not plausible(round(position_at * 1e6)):
        job.report.drop("time_not_plausible")
        return None
    grounded = {"true": True, "false": False}.get(row["onground"].strip().lower())
    if grounded is None:
        raise ValueError(f"onground {row['onground']!r}")
    height = number(row["geoaltitude"])
    if height is not None and not geometric:
        job.report.drop("geometric_height")
        height = None
    return at, [address, row["callsign"].strip() or None, None, position_at, number(row.get("lastcontact") or ""), lon, lat,
                number(row["baroaltitude"]), grounded, number(row["velocity"]), number(row["heading"]),
                number(row["vertrate"]), None, height, (row.get("squawk") or "").strip() or None]
