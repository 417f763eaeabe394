# drf_recording/ulog.py - PX4 ULog (https://docs.px4.io/main/en/dev_log/ulog_file_format.html) through pyulog.
# SPDX-License-Identifier: Apache-2.0
"""Positions: vehicle_global_position, whose fields say AMSL (`alt`) and ellipsoid (`alt_ellipsoid`).

Times are since boot. UTC comes from the receiver's own `time_utc_usec` in vehicle_gps_position or sensor_gps;
the information `time_ref_utc` of a log is the offset of a time zone and no time base. `baro_alt_meter` follows a
setting (SENS_BARO_QNH): the pressure altitude is made from `baro_pressure_pa`.
"""
from __future__ import annotations

import io
import struct
from typing import Any

import pyulog

from .air import pressure_altitude_m
from .job import AMSL, ELLIPSOID, NO_HEIGHT, Job, Latest, boot_offset_us
from .messages import TIME_GNSS, TIME_NONE
from .report import Refused

ACCEPTS = {"datum", "start_utc_us", "drone_id", "accept_truncated"}
MAGIC = b"ULog\x01\x12\x35"
HEADER = 16
SIGMA_TO_95 = 1.96  # schemas/client.md rule 2
SAME_M = 0.5  # heights of two datums that are never further apart than this are one height
TOPICS = ["vehicle_global_position", "vehicle_gps_position", "sensor_gps", "vehicle_local_position",
          "vehicle_land_detected", "vehicle_air_data"]


def check_frame(job: Job) -> None:
    """Magic, and that the last message is whole; pyulog reads a truncated file without a word."""
    if not job.data.startswith(MAGIC) or len(job.data) < HEADER:
        raise Refused(f"{job.path}: no ULog: it does not begin with the bytes 55 4c 6f 67 01 12 35")
    at = HEADER
    while at < len(job.data):
        if at + 3 > len(job.data):
            return job.truncated(at, "the message header")
        size, kind = struct.unpack_from("<HB", job.data, at)
        if kind == ord("B") and size == 40 and any(struct.unpack_from("<3Q", job.data, at + 19)):
            return None  # data were appended after a crash: their place is not by the size of messages
        if at + 3 + size > len(job.data):
            return job.truncated(at, f"message {chr(kind)!r} of {size} bytes")
        at += 3 + size
    return None


def table(log: Any, name: str) -> dict[str, Any] | None:
    for found in log.data_list:
        if found.name == name and found.multi_id == 0 and "timestamp" in found.data:
            return dict(found.data)
    return None


def utc_pairs(job: Job, log: Any) -> tuple[list[tuple[int, int]], str]:
    for name in ("vehicle_gps_position", "sensor_gps"):
        gps = table(log, name)
        if gps is None or "time_utc_usec" not in gps or "fix_type" not in gps:
            continue
        pairs = []
        for boot, utc, fix in zip(gps["timestamp"], gps["time_utc_usec"], gps["fix_type"]):
            if int(fix) < 3:
                job.report.drop("utc_without_fix")
            else:
                pairs.append((int(boot), int(utc)))
        return pairs, f"{name}.time_utc_usec"
    return [], "the receiver"


def settle_time(job: Job, log: Any) -> tuple[int, int]:
    """UTC minus boot clock, and the source of time that telemetry names."""
    pairs, where = utc_pairs(job, log)
    offset = boot_offset_us(job, pairs, where)
    if offset is not None:
        job.no_start_utc(where)
        if offset == 0:
            job.report.note("the boot clock is UTC itself: a log of a simulator")
        return offset, TIME_GNSS
    start = job.start_utc_us("times are since boot and no row of a receiver with a fix has UTC (time_utc_usec)")
    job.report.state(time_base="stated by the user: the log's start timestamp is --start-utc")
    return start - int(log.start_timestamp), TIME_NONE


def settle_heights(job: Job, positions: dict[str, Any]) -> set[str]:
    """Which of the two heights are written."""
    if "alt_ellipsoid" not in positions:
        chosen = job.stated_datum(AMSL, "vehicle_global_position.alt")
        job.report.note("the log has no ellipsoid height; which geoid its receiver used it does not say")
        return {chosen}
    gap = [abs(float(a) - float(e)) for a, e in zip(positions["alt"], positions["alt_ellipsoid"])]
    if max(gap) >= SAME_M:
        if job.options.datum is None:
            job.report.datum(f"{AMSL} and {ELLIPSOID}", "vehicle_global_position.alt and .alt_ellipsoid")
            job.report.note("which geoid the receiver used the log does not say; the heights were not compared with one")
            return {AMSL, ELLIPSOID}
        return {job.user_datum("unreached")}
    chosen = job.user_datum(f"alt (AMSL) and alt_ellipsoid are the same to {max(gap):.3f} m: one of them is not what it "
                            "is called, as in a simulator without a geoid")
    job.report.note(f"AMSL and ellipsoid heights are equal to {max(gap):.3f} m in {len(gap)} rows: no geoid can be tested "
                    "with this log; the datum is the user's word and is not verified")
    return {chosen}


def run(job: Job) -> None:
    check_frame(job)
    try:
        log = pyulog.ULog(io.BytesIO(job.data), TOPICS)
    except Exception as error:  # pyulog raises what its parsing meets: TypeError, struct.error, KeyError ...
        raise Refused(f"{job.path}: pyulog cannot read it: {type(error).__name__}: {error}") from error
    if log.dropouts:
        job.report.note(f"the logger itself lost data {len(log.dropouts)} times")
    positions = table(log, "vehicle_global_position")
    if positions is None or len(positions["timestamp"]) == 0:
        raise Refused(f"{job.path}: no vehicle_global_position in it; it has: "
                      + (", ".join(sorted({d.name for d in log.data_list})) or "nothing that is read here"))
    missing = [name for name in ("lat", "lon", "alt") if name not in positions]
    if missing:
        raise Refused(f"{job.path}: vehicle_global_position has no {', '.join(missing)}")
    offset, source = settle_time(job, log)
    kinds = settle_heights(job, positions)
    write_rows(job, log, positions, offset, source, kinds)


def beside(log: Any, name: str, keep_us: int) -> Latest:
    found = table(log, name) or {"timestamp": []}
    rows = [{key: column[i] for key, column in found.items()} for i in range(len(found["timestamp"]))]
    return Latest([int(t) for t in found["timestamp"]], rows, keep_us)


def motion(row: dict[str, Any] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    if row is not None and row.get("v_xy_valid") and "vx" in row and "vy" in row:
        found.update(velocity_north_mps=float(row["vx"]), velocity_east_mps=float(row["vy"]))
    if row is not None and row.get("v_z_valid") and "vz" in row:
        found["velocity_up_mps"] = -float(row["vz"])
    return found


def write_rows(job: Job, log: Any, positions: dict[str, Any], offset: int, source: int, kinds: set[str]) -> None:
    drone = job.drone()
    local = beside(log, "vehicle_local_position", 300000)
    landed = beside(log, "vehicle_land_detected", 2000000)
    air = beside(log, "vehicle_air_data", 300000)
    samples: set[int] = set()
    for i, boot in enumerate(int(t) for t in positions["timestamp"]):
        sample = int(positions["timestamp_sample"][i]) if "timestamp_sample" in positions else boot
        if sample in samples:  # published again without a new estimate
            job.report.drop("sample_repeated")
            continue
        samples.add(sample)
        lat, lon = float(positions["lat"][i]), float(positions["lon"][i])
        if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
            job.report.drop("no_position")
            continue
        fields: dict[str, Any] = motion(local.at(boot))
        if "eph" in positions:
            fields["horizontal_acc95_m"] = float(positions["eph"][i]) * SIGMA_TO_95
        if "epv" in positions and NO_HEIGHT not in kinds:
            fields[f"alt_{'amsl' if AMSL in kinds else 'wgs84'}_acc95_m"] = float(positions["epv"][i]) * SIGMA_TO_95
        if AMSL in kinds:
            fields["alt_amsl_m"] = float(positions["alt"][i])
        if ELLIPSOID in kinds:
            fields["alt_wgs84_m"] = float(positions["alt_ellipsoid" if "alt_ellipsoid" in positions else "alt"][i])
        ground = landed.at(boot)
        if ground is not None and "landed" in ground:
            fields["on_ground"] = bool(ground["landed"])
        pressure = air.at(boot)
        if pressure is not None and "baro_pressure_pa" in pressure:
            try:
                fields["alt_pressure_m"] = pressure_altitude_m(float(pressure["baro_pressure_pa"]))
            except ValueError:
                job.report.drop("pressure_out_of_range")
        # The instant of the estimate; published (and logged) at `timestamp`.
        job.tape.telemetry(drone, offset + sample, source, lat, lon, log_time_us=offset + boot, **fields)
