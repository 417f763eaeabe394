# drf_recording/remoteid.py - remote-ID flights: JSON of the InterUSS test data, KML tracks and drawn flights.
# SPDX-License-Identifier: Apache-2.0
"""JSON: RIDAircraftState of ASTM F3411 (as in the API of F3411-22a): `alt` is over the WGS 84 ellipsoid, -1000 is no
value, nor are a track of 361, a speed of 255 and a vertical speed of 63. `height` is over take-off or ground.

KML, two kinds. `gx:Track` (Google's extension of OGC KML 2.2): positions with times. Folders `flight: NAME` as
InterUSS draws flights (monitoring/uss_qualifier/resources/netrid/simulation, README): a path, and polygons that state
speed and height. Those have no times: the flight is computed from --start-utc on, one position for each
`sample_rate`, and is marked SIM. In a polygon its value holds; outside, the mean of all, weighted by 1 / distance.
An altitudeMode of `absolute` is over sea level, EGM96, by OGC KML 2.2 (07-147r2, 9.20 and 6.3).
"""
from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from .adsb import document, text_of
from .job import AMSL, ELLIPSOID, Job, heights
from .messages import TIME_NONE, TIME_NTP
from .report import Refused, number, utc_us

JSON_ACCEPTS = {"datum", "drone_id"}
KML_ACCEPTS = {"datum", "start_utc_us", "drone_id"}
NO_ALTITUDE_M, NO_TRACK_DEG, NO_SPEED_MPS, NO_CLIMB_MPS = -1000.0, 361.0, 255.0, 63.0
METRES_PER_NM = 1852.0
# Half widths of the 95 % interval, ASTM F3411: horizontal, vertical, speed.
ACC_H = {"HA10NM": 10 * METRES_PER_NM, "HA4NM": 4 * METRES_PER_NM, "HA2NM": 2 * METRES_PER_NM, "HA1NM": METRES_PER_NM,
         "HA05NM": 0.5 * METRES_PER_NM, "HA03NM": 0.3 * METRES_PER_NM, "HA01NM": 0.1 * METRES_PER_NM,
         "HA005NM": 0.05 * METRES_PER_NM, "HA30m": 30.0, "HA10m": 10.0, "HA3m": 3.0, "HA1m": 1.0}
ACC_V = {"VA150m": 150.0, "VA45m": 45.0, "VA25m": 25.0, "VA10m": 10.0, "VA3m": 3.0, "VA1m": 1.0}
ACC_S = {"SA10mps": 10.0, "SA3mps": 3.0, "SA1mps": 1.0, "SA03mps": 0.3}
KML, GX = "{http://www.opengis.net/kml/2.2}", "{http://www.google.com/kml/ext/2.2}"
METRES_PER_DEGREE = 111319.49079327358  # of the sphere of WGS 84's semi-major axis
NEAR_M = 0.1
STEPS_MOST = 20000


def known(value: float | None, none: float) -> float | None:
    return None if value is None or value == none else value


def run_json(job: Job) -> None:
    root = document(job)
    flights = root.get("flights") if isinstance(root, dict) else None
    if not isinstance(flights, list) or not flights:
        raise Refused(f"{job.path}: no remote-ID flights: an object with a list `flights` is expected")
    datum = job.stated_datum(ELLIPSOID, "ASTM F3411's definition of RIDAircraftPosition.alt")
    job.report.state(time_base="UTC: `timestamp` of each state, with its offset")
    job.report.note("the heights were not compared with a geoid: who makes such files from maps or from KML may have "
                    "heights over the sea in them")
    for index, flight in enumerate(flights, 1):
        drone = job.drone(f"-{index}" if len(flights) > 1 else "")
        states = flight.get("states") if isinstance(flight, dict) else None
        if not isinstance(states, list):
            raise Refused(f"{job.path}: flight {index} has no list `states`")
        for at, state in enumerate(states, 1):
            try:
                take_state(job, drone, datum, state)
            except (TypeError, ValueError, KeyError, AttributeError):
                job.report.drop("state_not_readable")
            except Refused as why:
                raise Refused(f"{job.path}: flight {index}, state {at}: {why}") from why


def instant(value: Any) -> int:
    """F3411-19 has a text, F3411-22a an object with a text in `value`."""
    return utc_us(str(value["value"] if isinstance(value, dict) else value), "timestamp")


def take_state(job: Job, drone: str, datum: str, state: dict[str, Any]) -> None:
    place = state["position"]
    lat, lon = number(place.get("lat"), job.report), number(place.get("lng"), job.report)
    if lat is None or lon is None:
        job.report.drop("no_position")
        return
    if place.get("extrapolated") is True:
        job.report.drop("extrapolated")
        return
    fields: dict[str, Any] = heights(datum, known(number(place.get("alt"), job.report), NO_ALTITUDE_M))
    speed = known(number(state.get("speed"), job.report), NO_SPEED_MPS)
    track = known(number(state.get("track"), job.report), NO_TRACK_DEG)
    if speed is not None and track is not None:
        fields.update(velocity_north_mps=speed * math.cos(math.radians(track)),
                      velocity_east_mps=speed * math.sin(math.radians(track)), track_deg_true=track % 360.0)
    fields["velocity_up_mps"] = known(number(state.get("vertical_speed"), job.report), NO_CLIMB_MPS)
    above = place.get("height") or state.get("height") or {}
    if above.get("reference") == "TakeoffLocation":
        fields["alt_above_takeoff_m"] = known(number(above.get("distance"), job.report), NO_ALTITUDE_M)
    elif above:
        job.report.drop("height_over_ground")
    fields["on_ground"] = {"Ground": True, "Airborne": False}.get(str(state.get("operational_status")))
    fields["horizontal_acc95_m"] = ACC_H.get(str(place.get("accuracy_h")))
    if datum in (AMSL, ELLIPSOID):
        fields["alt_amsl_acc95_m" if datum == AMSL else "alt_wgs84_acc95_m"] = ACC_V.get(str(place.get("accuracy_v")))
    fields["velocity_acc95_mps"] = ACC_S.get(str(state.get("speed_accuracy")))
    job.tape.telemetry(drone, instant(state["timestamp"]), TIME_NTP, lat, lon, **fields)


def run_kml(job: Job) -> None:
    text_of(job)  # that it is text, and where not
    try:
        root = ElementTree.fromstring(job.data)
    except ElementTree.ParseError as error:
        raise Refused(f"{job.path}: no XML: {error}") from error
    flights = [f for f in root.iter(f"{KML}Folder") if name_of(f).startswith("flight:")]
    tracks = list(root.iter(f"{GX}Track"))
    if flights and tracks:
        raise Refused(f"{job.path}: both gx:Track and drawn flights in it: take one of them out")
    if not flights and not tracks:
        raise Refused(f"{job.path}: neither a gx:Track nor a folder `flight: NAME`: a line without times is no flight")
    if tracks:
        run_tracks(job, tracks)
    else:
        run_drawn(job, flights)


def name_of(element: ElementTree.Element) -> str:
    return (element.findtext(f"{KML}name") or "").strip()


def kml_datum(job: Job, modes: set[str]) -> str:
    if modes == {"absolute"}:
        return job.stated_datum(AMSL, "OGC KML 2.2: altitudeMode absolute is over sea level (EGM96)")
    said = ", ".join(sorted(modes)) or "none"
    return job.user_datum(f"altitudeMode {said}: only `absolute` says what heights are over")


def run_tracks(job: Job, tracks: list[ElementTree.Element]) -> None:
    modes = {(t.findtext(f"{KML}altitudeMode") or t.findtext(f"{GX}altitudeMode") or "clampToGround").strip() for t in tracks}
    datum = kml_datum(job, modes)
    job.no_start_utc("`when` of each position")
    job.report.state(time_base="UTC: `when` of each position")
    for index, track in enumerate(tracks, 1):
        drone = job.drone(f"-{index}" if len(tracks) > 1 else "")
        whens = [w.text or "" for w in track.findall(f"{KML}when")]
        places = [(c.text or "").split() for c in track.findall(f"{GX}coord")]
        if len(whens) != len(places):
            raise Refused(f"{job.path}: gx:Track {index} has {len(whens)} times and {len(places)} positions")
        for when, place in zip(whens, places):
            try:
                lon, lat, *height = (float(v) for v in place)
            except ValueError:
                job.report.drop("no_position")
                continue
            job.tape.telemetry(drone, utc_us(when.strip(), f"{job.path}: when"), TIME_NTP, lat, lon,
                               **heights(datum, height[0] if height else None))


@dataclasses.dataclass(frozen=True)
class Area:
    ring: list[tuple[float, float]]
    value: float


def coordinates(element: ElementTree.Element) -> list[tuple[float, ...]]:
    text = element.findtext(f".//{KML}coordinates") or ""
    found = [tuple(float(v) for v in part.split(",")) for part in text.split()]
    if not all(-180 <= p[0] <= 180 and -90 <= p[1] <= 90 and all(map(math.isfinite, p)) for p in found):
        raise ValueError("not on the globe")
    return found


@dataclasses.dataclass
class Drawn:
    path: list[tuple[float, float]]  # metres east and north of the first point
    origin: tuple[float, float]  # lat, lon
    speeds: list[Area]
    alts: list[Area]
    step_s: float

    def flat(self, lon: float, lat: float) -> tuple[float, float]:
        east = (lon - self.origin[1]) * METRES_PER_DEGREE * math.cos(math.radians(self.origin[0]))
        return east, (lat - self.origin[0]) * METRES_PER_DEGREE

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        lon = self.origin[1] + point[0] / METRES_PER_DEGREE / math.cos(math.radians(self.origin[0]))
        return self.origin[0] + point[1] / METRES_PER_DEGREE, lon


def inside(point: tuple[float, float], ring: list[tuple[float, float]]) -> bool:
    found = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1]):
        if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
            found = not found
    return found


def distance_to_edge(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0 else ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square
    along = min(max(along, 0.0), 1.0)
    return math.hypot(point[0] - a[0] - along * dx, point[1] - a[1] - along * dy)


def value_at(point: tuple[float, float], areas: list[Area]) -> float:
    """In an area its value; else the mean of all, weighted by 1 / distance (InterUSS, README of the simulation)."""
    distances = [0.0 if inside(point, a.ring) else
                 min(distance_to_edge(point, p, q) for p, q in zip(a.ring, a.ring[1:] + a.ring[:1])) for a in areas]
    nearest = min(range(len(areas)), key=lambda i: distances[i])
    if distances[nearest] < NEAR_M:
        return areas[nearest].value
    weights = [1.0 / d for d in distances]
    return sum(w * a.value for w, a in zip(weights, areas)) / sum(weights)


def read_drawn(job: Job, folder: ElementTree.Element) -> tuple[Drawn, set[str]]:
    marks = folder.findall(f"{KML}Placemark")
    lines = [m for m in marks if m.find(f".//{KML}LineString") is not None]
    name = name_of(folder)
    if len(lines) != 1:
        raise Refused(f"{job.path}: {name!r} has {len(lines)} paths; exactly one is expected")
    rate = re.search(r"^sample_rate: *([0-9.]+) *$", folder.findtext(f"{KML}description") or "", re.M)
    if rate is None or not float(rate[1]) > 0:
        raise Refused(f"{job.path}: {name!r} states no sample_rate in its description")
    try:
        path = coordinates(lines[0])
        drawn = Drawn([], (path[0][1], path[0][0]), [], [], 1.0 / float(rate[1]))
        drawn.path = [drawn.flat(p[0], p[1]) for p in path]
        modes: set[str] = set()
        for mark in marks:
            if mark.find(f".//{KML}Polygon") is None:
                continue
            corners = coordinates(mark)
            ring = [drawn.flat(c[0], c[1]) for c in corners]
            speed = re.fullmatch(r"speed:.*\(([0-9.]+)\)", name_of(mark))
            if speed is not None:
                drawn.speeds.append(Area(ring, float(speed[1])))
            elif name_of(mark).startswith("alt:"):
                drawn.alts.append(Area(ring, corners[0][2]))
                modes.add((mark.findtext(f".//{KML}altitudeMode") or "clampToGround").strip())
    except (ValueError, IndexError) as error:
        raise Refused(f"{job.path}: {name!r} has coordinates that are not readable") from error
    if len(path) < 2 or not drawn.speeds or not drawn.alts or any(not a.value > 0 for a in drawn.speeds):
        raise Refused(f"{job.path}: {name!r} needs a path of two points, a polygon `speed: NAME (M/S)` above 0 and a polygon "
                      "`alt: NAME`")
    length = sum(math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(drawn.path, drawn.path[1:]))
    if length / max(a.value for a in drawn.speeds) / drawn.step_s > STEPS_MOST:
        raise Refused(f"{job.path}: {name!r} is {length / 1000:.0f} km long and takes more than {STEPS_MOST} positions")
    return drawn, modes


def run_drawn(job: Job, folders: list[ElementTree.Element]) -> None:
    flights = [read_drawn(job, folder) for folder in folders]
    start = job.start_utc_us("drawn flights have no times")
    datum = kml_datum(job, set().union(*(modes for _, modes in flights)))
    job.report.state(time_base="stated by the user: each flight begins at --start-utc")
    job.report.note("drawn flights: positions are computed from path, speed and height areas; nobody flew them")
    for index, (drawn, _) in enumerate(flights, 1):
        drone = job.drone(f"-{index}" if len(flights) > 1 else "")
        for step, (point, speed, height, course) in enumerate(fly(drawn)):
            lat, lon = drawn.place(point)
            job.tape.telemetry(drone, start + round(step * drawn.step_s * 1e6), TIME_NONE, lat, lon, on_ground=False,
                               velocity_north_mps=speed * math.cos(course), velocity_east_mps=speed * math.sin(course),
                               **heights(datum, height))


def fly(drawn: Drawn) -> list[tuple[tuple[float, float], float, float, float]]:
    """Position, speed, height and course (from north) at each step, until the path ends."""
    found: list[tuple[tuple[float, float], float, float, float]] = []
    leg, along = 0, 0.0
    while len(found) < STEPS_MOST:
        a, b = drawn.path[leg], drawn.path[leg + 1]
        length = math.hypot(b[0] - a[0], b[1] - a[1])
        if along >= length:
            leg, along = leg + 1, along - length
            if leg + 1 == len(drawn.path):
                break
            continue
        point = a[0] + (b[0] - a[0]) * along / length, a[1] + (b[1] - a[1]) * along / length
        speed = value_at(point, drawn.speeds)
        found.append((point, speed, value_at(point, drawn.alts), math.atan2(b[0] - a[0], b[1] - a[1])))
        along += speed * drawn.step_s
    return found
