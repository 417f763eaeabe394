# drf_recording/dataflash.py - ArduPilot DataFlash logs (.bin) through pymavlink.
# SPDX-License-Identifier: Apache-2.0
"""Positions: POS (Lat, Lng, Alt, RelHomeAlt). Times are `TimeUS` since boot; UTC is made from the GPS rows' week and
milliseconds (GMS, GWk), which are GPS time and 18 s ahead of UTC since 2017.

The log names no datum. `Alt` is AMSL as the receiver computes it, unless bit 4 of GPS_DRV_OPTIONS ("use ellipsoid
height instead of AMSL") is set: with that parameter in the log the log says it, without it the user must. RelHomeAlt
is over home: it becomes a height over take-off only where the log says where home is (ORGN). BARO.Alt is relative
and is never used; the pressure altitude is made from BARO.Press.
"""
from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from pymavlink import DFReader

from .air import pressure_altitude_m
from .gpstime import LeapSeconds
from .job import AMSL, ELLIPSOID, Job, Latest, boot_offset_us, heights
from .messages import TIME_GNSS, TIME_NONE
from .mission import HEIGHT_ELLIPSOID, WAYPOINTS, plan_point
from .report import Refused

ACCEPTS = {"datum", "start_utc_us", "leap_seconds", "drone_id", "accept_truncated"}
HEAD = b"\xa3\x95"
FMT_TYPE, FMT_LENGTH = 0x80, 89
PAGE = 528  # block-based logs end with up to a page that was not written
NEEDED = {"PARM": "Value", "GPS": "TimeUS Status GMS GWk Spd GCrs VZ", "POS": "TimeUS Lat Lng Alt", "ORGN": "TimeUS Type Lat Lng Alt",
          "BARO": "TimeUS Press", "CMD": "TimeUS CTot CNum CId Lat Lng Alt Frame"}
TYPES = list(NEEDED)
GPS_WEEK_OLDEST = 1669  # January 2012: a smaller week is one that has rolled over, or none


def whole_records(job: Job) -> bytes:
    """The records one after the other, without what is between them: pymavlink stops at a type that it does not know."""
    data = job.data
    if data[:3] != HEAD + bytes([FMT_TYPE]):
        raise Refused(f"{job.path}: no DataFlash log: it does not begin with a FMT record (a3 95 80)")
    lengths = {FMT_TYPE: FMT_LENGTH}
    at, found = 0, bytearray()
    while at < len(data):
        if data[at:at + 2] != HEAD or (at + 2 < len(data) and data[at + 2] not in lengths):
            again = data.find(HEAD, at + 1)
            if len(data) - at < PAGE and again < 0:
                job.report.drop("bytes_after_the_last_record", len(data) - at)
                break
            if again < 0:
                raise Refused(f"{job.path}: no record at offset {at}, and none after it")
            job.report.drop("bytes_that_are_no_record", again - at)
            at = again
            continue
        length = lengths.get(data[at + 2], 0) if at + 2 < len(data) else 3
        if at + length > len(data):
            job.truncated(at, "a record")
            break
        if data[at + 2] == FMT_TYPE:
            lengths[data[at + 3]] = data[at + 4]
            if data[at + 4] < 3:
                raise Refused(f"{job.path}: the FMT record at offset {at} states a length of {data[at + 4]}")
        found += data[at:at + length]
        at += length
    return bytes(found)


def messages(job: Job, records: bytes) -> Iterator[Any]:
    """pymavlink maps a file."""
    os.environ.setdefault("PYMAVLINK_FAST_INDEX", "0")
    with tempfile.NamedTemporaryFile(suffix=".bin") as copy:
        copy.write(records)
        copy.flush()
        try:
            log = DFReader.DFReader_binary(copy.name)
            while (message := log.recv_match(type=TYPES)) is not None:
                yield message
        except Refused:
            raise
        except Exception as error:  # it raises bare Exception, struct.error and others
            raise Refused(f"{job.path}: pymavlink cannot read it: {type(error).__name__}: {error}") from error


def usable(job: Job, message: Any) -> bool:
    """Whether it has the columns that are read, as numbers. Old logs lack some."""
    name = message.get_type()
    for column in NEEDED[name].split():
        value = getattr(message, column, None)
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            job.report.drop("record_without_a_value")
            if value is None:
                job.report.note(f"{name} has no column {column} in this log: its records are left out")
            return False
    return True


def boot_us(message: Any) -> int:
    return int(message.TimeUS)


def settle_time(job: Job, gps: list[Any], first_us: int) -> tuple[int, int]:
    leap = LeapSeconds(job.options.leap_seconds)
    pairs = []
    for row in gps:
        if int(row.Status) < 3:
            job.report.drop("utc_without_fix")
        elif int(row.GWk) < GPS_WEEK_OLDEST:
            job.report.drop("gps_week_not_plausible")
        else:
            pairs.append((boot_us(row), leap.utc_us(int(row.GWk), int(row.GMS))))
    offset = boot_offset_us(job, pairs, "GPS.GWk and GPS.GMS")
    if offset is not None:
        job.no_start_utc("GPS.GWk and GPS.GMS")
        job.report.state(leap_seconds=" and ".join(str(s) for s in sorted(leap.used)), leap_seconds_basis=leap.basis)
        return offset, TIME_GNSS
    start = job.start_utc_us("times are since boot and no GPS row with a 3D fix has a week")
    job.report.state(time_base="stated by the user: the first TimeUS is --start-utc")
    return start - first_us, TIME_NONE


def settle_datum(job: Job, parameters: dict[str, float]) -> str:
    options = parameters.get("GPS_DRV_OPTIONS")
    if options is None:
        return job.user_datum("the log names no datum, and has no parameter GPS_DRV_OPTIONS to tell AMSL from ellipsoid")
    found = ELLIPSOID if int(options) & HEIGHT_ELLIPSOID else AMSL
    return job.stated_datum(found, f"parameter GPS_DRV_OPTIONS = {int(options)}")


def home_of(job: Job, rows: list[Any]) -> Any | None:
    """Where home is: ORGN of type 1. Type 0 is the origin of the estimator."""
    homes = [row for row in rows if int(row.Type) == 1]
    if len({(row.Lat, row.Lng, row.Alt) for row in homes}) > 1:
        job.report.note("home was moved in flight: heights over it are left out")
        return None
    return homes[0] if homes else None


def motion(row: Any | None) -> dict[str, float]:
    if row is None or int(row.Status) < 3:
        return {}
    course = math.radians(float(row.GCrs))
    return {"velocity_north_mps": float(row.Spd) * math.cos(course), "velocity_east_mps": float(row.Spd) * math.sin(course),
            "velocity_up_mps": -float(row.VZ)}


def run(job: Job) -> None:
    if job.options.leap_seconds is not None and not 0 <= job.options.leap_seconds <= 60:
        raise Refused(f"--leap-seconds {job.options.leap_seconds}: GPS time is 0 to 60 s ahead of UTC")
    records = whole_records(job)
    rows: dict[str, list[Any]] = {name: [] for name in TYPES}
    first_us: int | None = None
    for message in messages(job, records):
        if not usable(job, message):
            continue
        rows[message.get_type()].append(message)
        if first_us is None and hasattr(message, "TimeUS"):
            first_us = boot_us(message)
    if not rows["POS"]:
        raise Refused(f"{job.path}: no POS record with TimeUS, Lat, Lng and Alt in it: nothing says where the aircraft was")
    gps = [row for row in rows["GPS"] if int(getattr(row, "I", 0)) == 0]
    offset, source = settle_time(job, gps, first_us or 0)
    datum = settle_datum(job, {str(getattr(row, "Name", "")): float(row.Value) for row in rows["PARM"]})
    home = home_of(job, rows["ORGN"])
    write_plans(job, rows["CMD"], offset, datum, home)
    write_rows(job, rows, gps, offset, source, datum, home)


def write_rows(job: Job, rows: dict[str, list[Any]], gps: list[Any], offset: int, source: int, datum: str,
               home: Any | None) -> None:
    drone = job.drone()
    speed = Latest([boot_us(row) for row in gps], gps, 300000)
    baro = [row for row in rows["BARO"] if int(getattr(row, "I", 0)) == 0]
    air = Latest([boot_us(row) for row in baro], baro, 300000)
    for row in rows["POS"]:
        lat, lon = float(row.Lat), float(row.Lng)
        if lat == 0 and lon == 0:
            job.report.drop("no_position")
            continue
        fields: dict[str, Any] = {**heights(datum, float(row.Alt)), **motion(speed.at(boot_us(row)))}
        over_home = getattr(row, "RelHomeAlt", None)
        if over_home is not None and home is None:
            job.report.drop("height_over_home_without_home")
        elif isinstance(over_home, (int, float)) and home is not None:
            fields.update(alt_above_takeoff_m=float(over_home), takeoff_lat_e7=round(float(home.Lat) * 1e7),
                          takeoff_lon_e7=round(float(home.Lng) * 1e7))
        pressure = air.at(boot_us(row))
        if pressure is not None:
            try:
                fields["alt_pressure_m"] = pressure_altitude_m(float(pressure.Press))
            except ValueError:
                job.report.drop("pressure_out_of_range")
        job.tape.telemetry(drone, offset + boot_us(row), source, lat, lon, **fields)


def write_plans(job: Job, rows: list[Any], offset: int, datum: str, home: Any | None) -> None:
    """A mission is logged item by item, whole, when the log begins and when it changes; item 0 is home."""
    points: list[dict[str, float]] = []
    whole, before = False, None
    for row in rows:
        if int(row.CNum) == 0:
            points, whole = [], True
        elif int(row.CId) not in WAYPOINTS or (float(row.Lat) == 0 and float(row.Lng) == 0):
            job.report.drop("mission_item_without_position")
        else:
            point = plan_point(job, datum, None if home is None else float(home.Alt), float(row.Lat), float(row.Lng),
                               float(row.Alt), int(row.Frame))
            whole = whole and point is not None
            points += [point] if point is not None else []
        if int(row.CNum) != int(row.CTot) - 1:
            continue
        if not whole:
            job.report.drop("mission_incomplete")
        elif points == before:
            job.report.drop("mission_repeated")
        elif job.tape.plan(job.drone(), offset + boot_us(row), "mission", points):
            before = points
        points, whole = [], False
