# drf_recording/bluesky.py - BlueSky scenarios (.scn): CRE, MOVE, DEFWPT, ADDWPT, POLY, POLYALT, DEL, DATE.
# SPDX-License-Identifier: Apache-2.0
"""Units of the command reference (https://github.com/TUDelft-CNS-ATM/bluesky/wiki/Command-Reference): positions in
degrees, heights in feet or as a flight level (FL100), speeds in knots CAS or as a Mach number (M.78, .78, 0.78),
vertical speeds in feet a minute. CAS becomes TAS by the standard atmosphere (air.py); in still air, which a scenario
has without WIND, that is the ground speed.

A scenario is no recording: it says where an aircraft begins (CRE) or is put (MOVE), not how it flies between. What it
states becomes telemetry, its route a plan that begins where the aircraft is, its areas zones.
"""
from __future__ import annotations

import dataclasses
import datetime
import math
import re
from typing import Any

from . import air
from .adsb import text_of
from .job import AMSL, ELLIPSOID, Job, heights
from .messages import TIME_NONE
from .report import Refused, iso, utc_us
from .tape import drone_id

ACCEPTS = {"datum", "start_utc_us", "zone_topic", "qnh_hpa"}
LINE = re.compile(r"^\s*((?:[0-9]+:){0,2}[0-9]+(?:\.[0-9]+)?)\s*>\s*(.+?)\s*$")
ALIASES = {"CREATE": "CRE", "POLYGON": "POLY", "DELETE": "DEL", "WPTYPE": "ADDWPT"}
READ = {"CRE", "MOVE", "DEFWPT", "ADDWPT", "POLY", "POLYALT", "DEL", "DATE", "WIND", "LNAV"}
FLYBY = {"FLYBY", "FLYOVER", "FLYTURN", "FLY-BY", "FLY-OVER", "FLY-TURN"}
MACH_HIGHEST = 1.0
SECONDS_MOST = 366 * 86400
PLAN_ID = "route"


@dataclasses.dataclass(frozen=True)
class Height:
    value_m: float
    level: bool  # a flight level: pressure altitude by definition


@dataclasses.dataclass
class Aircraft:
    lat: float
    lon: float
    heading: float
    height: Height
    tas: float
    route: list[dict[str, float]] = dataclasses.field(default_factory=list)
    cut: bool = False
    changed_us: int = 0
    lnav: bool = False


def height_of(text: str) -> Height:
    if re.fullmatch(r"FL[0-9]{2,}", text.upper()):
        return Height(100.0 * int(text[2:]) * air.METRES_PER_FOOT, True)
    return Height(real(text) * air.METRES_PER_FOOT, False)


def speed_of(text: str, height: Height) -> float:
    """True airspeed: what is between 0.1 and 1 is a Mach number, as is what has an M; the rest is knots CAS."""
    said = text.upper()
    value = real(said.replace("M0.", ".").replace("M", ".").replace("..", "."))
    if value < 0:
        raise ValueError("a speed below 0")
    if "M" in said or 0.1 < value < MACH_HIGHEST:
        return air.tas_of_mach(value, height.value_m)
    return air.tas_of_cas(value * air.MPS_PER_KNOT, height.value_m)


def angle_of(text: str) -> float:
    """Degrees, or N52'14'13.5 and its like."""
    said = text.upper().replace('"', "'").replace("\u00b0", "'")
    sign = -1.0 if "-" in said or said[:1] in "SW" else 1.0
    parts = [p for p in re.sub("[NSEW-]", "", said).split("'") if p]
    if not parts:
        raise ValueError(f"{text!r} is no angle")
    return sign * sum(real(part) / math.pow(60, i) for i, part in enumerate(parts))


def real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no number")
    return value


def place_of(lat: str, lon: str) -> tuple[float, float]:
    found = angle_of(lat), angle_of(lon)
    if not (abs(found[0]) <= 90 and abs(found[1]) <= 180):
        raise ValueError(f"{lat} {lon} is not on the globe")
    return found


def is_angle(text: str) -> bool:
    return bool(re.fullmatch(r"[NSEW+-]?[0-9.]+([\u00b0'\"][0-9.'\"]*)?", text.upper()))


def seconds_of(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + real(part)
    return total


@dataclasses.dataclass
class Command:
    line: int
    at_s: float
    name: str
    words: list[str]


def split(text: str) -> list[str]:
    """Blanks and commas part; two commas mean an empty argument."""
    marked = re.sub(r",\s*(?=,)", ", @ ", text)
    return ["" if w == "@" else w for w in marked.replace(",", " ").split()]


def read(job: Job) -> list[Command]:
    found: list[Command] = []
    ids: set[str] = set()
    for line, text in enumerate(text_of(job).splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        matched = LINE.match(text)
        if matched is None:
            raise Refused(f"{job.path}: line {line}: no command `HH:MM:SS.hh>COMMAND`: {text.strip()[:60]!r}")
        words = split(matched[2])
        if not words:
            continue
        if words[0].upper() in ids and len(words) > 1:  # `KL204 LNAV ON` is `LNAV KL204 ON`
            words = [words[1], words[0], *words[2:]]
        name = ALIASES.get(words[0].upper(), words[0].upper())
        if name == "CRE" and len(words) > 1:
            ids.add(words[1].upper())
        try:
            at_s = seconds_of(matched[1])
        except ValueError as error:
            raise Refused(f"{job.path}: line {line}: {error}") from error
        if at_s > SECONDS_MOST:
            raise Refused(f"{job.path}: line {line}: {matched[1][:30]} is more than {SECONDS_MOST // 86400} days")
        found.append(Command(line, at_s, name, words[1:]))
    return found


class Scenario:
    def __init__(self, job: Job, commands: list[Command]) -> None:
        self.job, self.commands = job, commands
        self.aircraft: dict[str, Aircraft] = {}
        self.waypoints: dict[str, tuple[float, float]] = {}
        self.zones: set[str] = set()
        self.windy = any(c.name == "WIND" for c in commands)
        self.ignored: dict[str, int] = {}
        self.start_us = 0
        self.datum = "none"

    def settle(self) -> None:
        dates = [c for c in self.commands if c.name == "DATE" and len(c.words) >= 3]
        if dates:
            self.job.no_start_utc(f"DATE in line {dates[0].line}")
            self.start_us = self.date(dates[0])
            self.job.report.state(time_base=f"UTC of a simulated clock: DATE in line {dates[0].line}")
        else:
            self.start_us = self.job.start_utc_us("the scenario counts from 00:00:00 and has no DATE")
            self.job.report.state(time_base="stated by the user: 00:00:00 of the scenario is --start-utc")
        self.job.report.state(start_utc=iso(self.start_us))
        self.datum = self.job.user_datum("feet in a scenario are over nothing in particular")
        if self.windy:
            self.job.report.note("WIND in it: airspeeds are not ground speeds, velocities are left out")

    def date(self, command: Command) -> int:
        try:
            day, month, year = (int(w) for w in command.words[:3])
            clock = seconds_of(command.words[3]) if len(command.words) > 3 else 0.0
            at = datetime.datetime(year, month, day, tzinfo=datetime.timezone.utc)
        except ValueError as error:
            raise Refused(f"{self.job.path}: line {command.line}: DATE day,month,year,HH:MM:SS: {error}") from error
        return utc_us(at.isoformat(), "DATE") + round((clock - command.at_s) * 1e6)

    def time_us(self, command: Command) -> int:
        return self.start_us + round(command.at_s * 1e6)

    def run(self) -> None:
        self.settle()
        handlers = {"CRE": self.create, "MOVE": self.move, "DEFWPT": self.define, "ADDWPT": self.route, "POLY": self.area,
                    "POLYALT": self.area, "DEL": self.delete, "LNAV": self.follow}
        for command in sorted(self.commands, key=lambda c: c.at_s):  # BlueSky runs its stack in order of time
            handler = handlers.get(command.name)
            if handler is None:
                if command.name not in READ:
                    self.ignored[command.name] = self.ignored.get(command.name, 0) + 1
                continue
            try:
                handler(command)
            except (ValueError, IndexError) as error:
                raise Refused(f"{self.job.path}: line {command.line}: {command.name} {' '.join(command.words)}: "
                              f"{error}") from error
        if self.ignored:
            self.job.report.drop("command_not_read", sum(self.ignored.values()))
            self.job.report.note("commands not read: " + ", ".join(f"{n} {c}" for n, c in sorted(self.ignored.items())))
        self.write_plans()

    def tell(self, command: Command, name: str, craft: Aircraft, up_mps: float | None) -> None:
        fields: dict[str, Any] = heights(self.datum, craft.height.value_m)
        if craft.height.level:
            fields = {"alt_pressure_m": craft.height.value_m}
        course = math.radians(craft.heading)
        if not self.windy:
            fields.update(velocity_north_mps=craft.tas * math.cos(course), velocity_east_mps=craft.tas * math.sin(course),
                          track_deg_true=craft.heading % 360.0)
        fields.update(heading_deg_true=craft.heading % 360.0, velocity_up_mps=up_mps,
                      active_plan_id=PLAN_ID if craft.lnav and craft.route else None)
        self.job.tape.telemetry(drone_id(name), self.time_us(command), TIME_NONE, craft.lat, craft.lon, **fields)

    def create(self, command: Command) -> None:
        """CRE acid,type,lat,lon,hdg,alt,spd"""
        w = command.words
        if len(w) < 7:
            raise ValueError("acid, type, lat, lon, heading, height and speed are needed")
        if w[0].upper() in self.aircraft:
            self.job.report.drop("aircraft_exists_already")
            return
        height = height_of(w[5])
        craft = Aircraft(*place_of(w[2], w[3]), real(w[4]), height, speed_of(w[6], height))
        self.aircraft[w[0].upper()] = craft
        self.tell(command, w[0].upper(), craft, None)

    def move(self, command: Command) -> None:
        """MOVE acid,lat,lon,[alt,hdg,spd,vspd]: what is left out stays."""
        w = [*command.words, "", "", "", ""]
        craft = self.aircraft[w[0].upper()] if w[0].upper() in self.aircraft else None
        if craft is None:
            raise ValueError(f"no aircraft {w[0]!r} has been created")
        craft.lat, craft.lon = place_of(w[1], w[2])
        craft.height = height_of(w[3]) if w[3] else craft.height
        craft.heading = real(w[4]) if w[4] else craft.heading
        craft.tas = speed_of(w[5], craft.height) if w[5] else craft.tas
        self.tell(command, w[0].upper(), craft, real(w[6]) * air.MPS_PER_FPM if w[6] else None)

    def define(self, command: Command) -> None:
        """DEFWPT name,lat,lon"""
        w = command.words
        self.waypoints[w[0].upper()] = place_of(w[1], w[2])

    def follow(self, command: Command) -> None:
        """LNAV acid,ON: it follows its route."""
        craft = self.aircraft.get(command.words[0].upper()) if command.words else None
        if craft is not None and len(command.words) > 1:
            craft.lnav = command.words[1].upper() in ("ON", "TRUE", "YES", "1")

    def route(self, command: Command) -> None:
        """ADDWPT acid,(wpname | lat,lon),[alt],[spd],[afterwp],[beforewp]"""
        w = command.words
        craft = self.aircraft.get(w[0].upper())
        if craft is None:
            raise ValueError(f"no aircraft {w[0]!r} has been created")
        if w[1].upper() in self.waypoints:
            place, rest = self.waypoints[w[1].upper()], w[2:]
        elif w[1].upper() in FLYBY or w[1].upper().startswith("TURN"):
            return
        elif is_angle(w[1]) and len(w) > 2 and is_angle(w[2]):
            place, rest = place_of(w[1], w[2]), w[3:]
        else:
            self.job.report.drop("waypoint_unknown")
            self.job.report.note(f"waypoint {w[1]} is not defined in the scenario (line {command.line}): the route of "
                                 f"{w[0]} ends before it")
            craft.cut = True
            return
        if len(rest) > 2 and any(rest[2:]):
            raise ValueError("a waypoint that is put between others is not read: put the commands in order")
        if craft.cut:
            self.job.report.drop("waypoint_after_an_unknown_one")
            return
        self.add(command, craft, place, [*rest, "", ""])

    def add(self, command: Command, craft: Aircraft, place: tuple[float, float], rest: list[str]) -> None:
        last = craft.route[-1] if craft.route else None
        if last is None:
            craft.route.append({"lat": craft.lat, "lon": craft.lon, **self.plan_height(craft.height)})
        height = height_of(rest[0]) if rest[0] else None
        point = {"lat": place[0], "lon": place[1]}
        before = craft.route[-1]
        if height is not None:
            point.update(self.plan_height(height))
        else:
            point.update({key: before[key] for key in ("alt_amsl_m", "alt_wgs84_m") if key in before})
        if not self.windy:
            fallback = before.get("speed_mps", craft.tas)
            point["speed_mps"] = speed_of(rest[1], height or craft.height) if rest[1] else fallback
        craft.route.append(point)
        craft.changed_us = self.time_us(command)

    def plan_height(self, height: Height) -> dict[str, float]:
        """A plan has no pressure heights: a flight level needs a QNH to be over the sea."""
        if height.level:
            if self.job.options.qnh_hpa is None:
                return {}
            setting = air.pressure_altitude_m(self.job.options.qnh_hpa * 100.0)
            return {"alt_amsl_m": height.value_m - setting}
        if self.datum == AMSL:
            return {"alt_amsl_m": height.value_m}
        return {"alt_wgs84_m": height.value_m} if self.datum == ELLIPSOID else {}

    def write_plans(self) -> None:
        for name, craft in self.aircraft.items():
            if not craft.route:
                continue
            if any("alt_amsl_m" not in p and "alt_wgs84_m" not in p for p in craft.route):
                self.job.report.drop("plan_height_not_known")
                self.job.report.note(f"the route of {name} has flight levels or heights without a datum: a plan needs "
                                     "heights over the sea or the ellipsoid; --qnh-hpa converts flight levels")
                continue
            self.job.tape.plan(drone_id(name), craft.changed_us, PLAN_ID, craft.route)

    def area(self, command: Command) -> None:
        """POLY name,lat,lon,... and POLYALT name,top,bottom,lat,lon,..."""
        w = command.words
        first = 3 if command.name == "POLYALT" else 1
        numbers = [angle_of(word) for word in w[first:]]
        if len(numbers) % 2 or len(numbers) < 6:
            raise ValueError(f"{len(numbers)} numbers are no polygon of three or more corners")
        ring = [[lon, lat] for lat, lon in zip(numbers[::2], numbers[1::2])]
        if any(abs(lat) > 90 or abs(lon) > 180 for lon, lat in ring):
            raise ValueError("a corner that is not on the globe")
        ring += [ring[0]] if ring[0] != ring[-1] else []
        properties: dict[str, Any] = {"name": w[0]}
        if command.name == "POLYALT":
            bounds = sorted((height_of(w[1]), height_of(w[2])), key=lambda h: h.value_m)
            properties.update(zip(("lower" + self.suffix(bounds[0]), "upper" + self.suffix(bounds[1])),
                                  (h.value_m for h in bounds)))
        feature = {"type": "Feature", "id": w[0], "properties": properties,
                   "geometry": {"type": "Polygon", "coordinates": [ring]}}
        self.zones.add(w[0])
        self.job.report.note("POLY does not say what an area means: the zones have no restriction, and a node takes them as "
                             "PROHIBITED")
        self.job.tape.kafka(self.job.options.zone_topic, self.time_us(command), feature, w[0])
        self.job.report.written["zone"] += 1

    def suffix(self, height: Height) -> str:
        if height.level:
            return "_pressure_m"
        if self.datum not in (AMSL, ELLIPSOID):
            raise ValueError("limits in feet need --datum")
        return "_amsl_m" if self.datum == AMSL else "_wgs84_m"

    def delete(self, command: Command) -> None:
        """DEL name: of an area a withdrawal; of an aircraft its end, which a recording does not have."""
        if command.words and command.words[0] in self.zones:
            self.zones.discard(command.words[0])
            self.job.tape.kafka(self.job.options.zone_topic, self.time_us(command), None, command.words[0])


def run(job: Job) -> None:
    commands = read(job)
    if not commands:
        raise Refused(f"{job.path}: no command in it")
    job.report.note("between CRE and MOVE nothing is simulated: the tape has what the scenario states")
    Scenario(job, commands).run()
