# drf_recording/tlog.py - MAVLink telemetry logs (.tlog): frames with the ground station's time before each.
# SPDX-License-Identifier: Apache-2.0
"""Each record is a stamp (Unix microseconds, big-endian, of the computer that received it) and one MAVLink frame.

GLOBAL_POSITION_INT counts milliseconds since boot. UTC is the aircraft's own where SYSTEM_TIME has it; else the
ground station's stamps, where they are a date at all. `alt` is MSL by MAVLink's definition, unless the log holds
ArduPilot's GPS_DRV_OPTIONS with bit 4. `relative_alt` is over home, and needs HOME_POSITION.
"""
from __future__ import annotations

import dataclasses
import statistics
import struct
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from .air import pressure_altitude_m
from .job import AMSL, CLOCK_STEP_US, ELLIPSOID, PLAUSIBLE_US, Job, Latest, boot_offset_us, heights
from .messages import TIME_GNSS, TIME_NONE, TIME_NTP
from .mission import HEIGHT_ELLIPSOID, WAYPOINTS, plan_point
from .report import Refused

ACCEPTS = {"datum", "start_utc_us", "drone_id", "accept_truncated"}
AUTOPILOT = 1  # component id; others repeat what it says
KEEP_US = 2000000
LANDED = {1: True, 2: False, 3: False, 4: False}  # MAV_LANDED_STATE: on ground, in air, taking off, landing


@dataclasses.dataclass
class Vehicle:
    rows: dict[str, list[tuple[int, Any]]] = dataclasses.field(default_factory=dict)
    ardupilot: bool = False

    def of(self, name: str) -> list[tuple[int, Any]]:
        return self.rows.setdefault(name, [])


def frame_length(data: bytes, at: int) -> int:
    """Of the MAVLink frame at an offset; 0 where none begins."""
    if at + 3 > len(data):
        return 3 if at < len(data) and data[at] in (0xFE, 0xFD) else 0
    if data[at] == 0xFE:
        return 8 + data[at + 1]
    if data[at] == 0xFD:
        return 12 + data[at + 1] + (13 if data[at + 2] & 1 else 0)
    return 0


def resume(data: bytes, at: int) -> int:
    """The next offset where a record may begin."""
    while at < len(data):
        length = frame_length(data, at + 8)
        following = at + 8 + length
        if length and (following == len(data) or frame_length(data, following + 8)):
            return at
        at += 1
    return at


def read(job: Job) -> list[tuple[int, Any]]:
    """Every frame that is one, with its stamp."""
    data, found, at = job.data, [], 0
    if not frame_length(data, 8):
        raise Refused(f"{job.path}: no tlog: no MAVLink frame (fe or fd) after the stamp, at offset 8")
    parser = mavlink.MAVLink(None)
    while at < len(data):
        length = frame_length(data, at + 8)
        if len(data) - at >= 9 and not length:
            again = resume(data, at + 1)
            job.report.drop("bytes_that_are_no_record", again - at)
            at = again
            continue
        if at + 8 + length > len(data) or not length:
            job.truncated(at, "a record")
            break
        stamp = struct.unpack_from(">Q", data, at)[0]
        try:
            found.append((stamp, parser.decode(bytearray(data[at + 8:at + 8 + length]))))
        except mavlink.MAVError as error:
            job.report.drop("unknown_mavlink_message" if "unknown" in str(error).lower() else "bad_mavlink_frame")
        at += 8 + length
    return found


def sort_out(found: list[tuple[int, Any]]) -> dict[int, Vehicle]:
    vehicles: dict[int, Vehicle] = {}
    for stamp, message in found:
        if message.get_srcComponent() != AUTOPILOT:
            continue
        vehicle = vehicles.setdefault(message.get_srcSystem(), Vehicle())
        vehicle.of(message.get_type()).append((stamp, message))
        if message.get_type() == "HEARTBEAT":
            vehicle.ardupilot = message.autopilot == mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA
    return {system: v for system, v in vehicles.items() if v.of("GLOBAL_POSITION_INT")}


@dataclasses.dataclass(frozen=True)
class Clock:
    """How a row's time and the time it was received are made: offsets are to be added to UTC-less clocks."""
    source: int
    boot_offset_us: int | None  # to time_boot_ms; None: the stamps are the time
    stamp_offset_us: int | None  # to the ground station's stamps; None: they are no time

    def time_us(self, stamp: int, boot_ms: int) -> int:
        if self.boot_offset_us is not None:
            return self.boot_offset_us + boot_ms * 1000
        return stamp + (self.stamp_offset_us or 0)

    def log_us(self, stamp: int, boot_ms: int) -> int:
        if self.stamp_offset_us is None:
            return self.time_us(stamp, boot_ms)
        return stamp + self.stamp_offset_us


def settle_time(job: Job, vehicle: Vehicle, first_stamp: int) -> Clock:
    positions = vehicle.of("GLOBAL_POSITION_INT")
    pairs = [(m.time_boot_ms * 1000, m.time_unix_usec) for _, m in vehicle.of("SYSTEM_TIME")]
    offset = boot_offset_us(job, pairs, "SYSTEM_TIME.time_unix_usec")
    stamped = first_stamp >= PLAUSIBLE_US
    if offset is not None:
        job.no_start_utc("SYSTEM_TIME.time_unix_usec")
        if not stamped:
            job.report.note("the ground station's stamps are no date: messages are logged at the aircraft's time")
            return Clock(TIME_GNSS, offset, None)
        behind = round(statistics.median(offset + m.time_boot_ms * 1000 - stamp for stamp, m in positions))
        if abs(behind) <= CLOCK_STEP_US:
            return Clock(TIME_GNSS, offset, 0)
        job.report.note(f"the ground station's clock is {behind / 1e6:.3f} s behind the aircraft's: its stamps are moved by that")
        return Clock(TIME_GNSS, offset, behind)
    if stamped:
        job.no_start_utc("the ground station's stamp before each frame")
        job.report.state(time_base="clock of the ground station (stamps of the tlog); SYSTEM_TIME has no UTC")
        return Clock(TIME_NTP, None, 0)
    start = job.start_utc_us("SYSTEM_TIME has no UTC, and the ground station's stamps are no date")
    job.report.state(time_base="stated by the user: the first stamp is --start-utc")
    return Clock(TIME_NONE, None, start - first_stamp)


def settle_datum(job: Job, vehicle: Vehicle) -> str:
    for _, message in vehicle.of("PARAM_VALUE"):
        if message.param_id.rstrip("\0") == "GPS_DRV_OPTIONS" and int(message.param_value) & HEIGHT_ELLIPSOID:
            return job.stated_datum(ELLIPSOID, f"parameter GPS_DRV_OPTIONS = {int(message.param_value)}")
    return job.stated_datum(AMSL, "MAVLink's definition of GLOBAL_POSITION_INT.alt")


def run(job: Job) -> None:
    found = read(job)
    vehicles = sort_out(found)
    if not vehicles:
        raise Refused(f"{job.path}: no GLOBAL_POSITION_INT of an autopilot in {len(found)} MAVLink messages")
    for system, vehicle in sorted(vehicles.items()):
        drone = job.drone(f"-{system}" if len(vehicles) > 1 else "")
        clock = settle_time(job, vehicle, found[0][0])
        datum = settle_datum(job, vehicle)
        home = home_of(job, vehicle)
        write_plan(job, found, system, vehicle, drone, clock, datum, home)
        write_rows(job, vehicle, drone, clock, datum, home)
        if len(vehicles) > 1:
            job.report.note(f"{drone}: {job.report.stated['datum']}; {job.report.stated['time_base']}")


def home_of(job: Job, vehicle: Vehicle) -> Any | None:
    homes = [m for _, m in vehicle.of("HOME_POSITION")]
    if len({(m.latitude, m.longitude, m.altitude) for m in homes}) > 1:
        job.report.note("home was moved in flight: heights over it are left out")
        return None
    return homes[0] if homes else None


def latest(vehicle: Vehicle, name: str) -> Latest:
    rows = vehicle.of(name)
    return Latest([stamp for stamp, _ in rows], [m for _, m in rows], KEEP_US)


def write_rows(job: Job, vehicle: Vehicle, drone: str, clock: Clock, datum: str, home: Any | None) -> None:
    landed, air = latest(vehicle, "EXTENDED_SYS_STATE"), latest(vehicle, "SCALED_PRESSURE")
    last_boot: int | None = None
    for stamp, m in vehicle.of("GLOBAL_POSITION_INT"):
        if m.time_boot_ms == last_boot:
            job.report.drop("sample_repeated")
            continue
        last_boot = m.time_boot_ms
        if m.lat == 0 and m.lon == 0:
            job.report.drop("no_position")
            continue
        fields: dict[str, Any] = {**heights(datum, m.alt / 1000.0), "velocity_north_mps": m.vx / 100.0,
                                  "velocity_east_mps": m.vy / 100.0, "velocity_up_mps": -m.vz / 100.0}
        if home is None:
            job.report.drop("height_over_home_without_home")
        else:
            fields.update(alt_above_takeoff_m=m.relative_alt / 1000.0, takeoff_lat_e7=home.latitude,
                          takeoff_lon_e7=home.longitude)
        state, pressure = landed.at(stamp), air.at(stamp)
        if state is not None and state.landed_state in LANDED:
            fields["on_ground"] = LANDED[state.landed_state]
        if pressure is not None:
            try:
                fields["alt_pressure_m"] = pressure_altitude_m(pressure.press_abs * 100.0)
            except ValueError:
                job.report.drop("pressure_out_of_range")
        job.tape.telemetry(drone, clock.time_us(stamp, m.time_boot_ms), clock.source, m.lat / 1e7, m.lon / 1e7,
                           log_time_us=clock.log_us(stamp, m.time_boot_ms), **fields)


def write_plan(job: Job, found: list[tuple[int, Any]], system: int, vehicle: Vehicle, drone: str, clock: Clock, datum: str,
               home: Any | None) -> None:
    """Missions that the ground station sent to the vehicle, or read from it: whole ones only."""
    count, before = 0, None
    items: dict[int, Any] = {}
    for stamp, m in found:
        ours = m.get_srcSystem() == system or getattr(m, "target_system", None) == system
        if not ours or getattr(m, "mission_type", 0) != 0:
            continue
        if m.get_type() == "MISSION_COUNT":
            count, items = m.count, {}
        elif m.get_type() in ("MISSION_ITEM_INT", "MISSION_ITEM") and m.seq < count:
            items[m.seq] = m
            if len(items) < count:
                continue
            ordered = [items[i] for i in sorted(items) if not (i == 0 and vehicle.ardupilot)]
            points = plan_points(job, ordered, datum, home)
            if points is None:
                job.report.drop("mission_incomplete")
            elif points == before:
                job.report.drop("mission_repeated")
            elif job.tape.plan(drone, plan_time_us(vehicle, clock, stamp), "mission", points):
                before = points
            count, items = 0, {}


def plan_time_us(vehicle: Vehicle, clock: Clock, stamp: int) -> int:
    if clock.stamp_offset_us is not None:
        return stamp + clock.stamp_offset_us
    first_stamp, first = vehicle.of("GLOBAL_POSITION_INT")[0]
    return clock.time_us(first_stamp, first.time_boot_ms) + stamp - first_stamp


def plan_points(job: Job, items: list[Any], datum: str, home: Any | None) -> list[dict[str, float]] | None:
    points = []
    for m in items:
        scale = 1e7 if m.get_type() == "MISSION_ITEM_INT" else 1.0
        if m.command not in WAYPOINTS or (m.x == 0 and m.y == 0):
            job.report.drop("mission_item_without_position")
            continue
        point = plan_point(job, datum, None if home is None else home.altitude / 1000.0, m.x / scale, m.y / scale,
                           float(m.z), m.frame)
        if point is None:
            return None
        points.append(point)
    return points
