# drf_recording/mission.py - mission items of MAVLink autopilots as points of a plan.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from .job import AMSL, ELLIPSOID, Job

FRAME_AMSL, FRAME_RELATIVE, FRAME_TERRAIN = {0, 5}, {3, 6}, {10, 11}  # MAV_FRAME, each with its _INT form
WAYPOINTS = {16, 17, 18, 19, 21, 22, 82}  # MAV_CMD_NAV_*: waypoint, loiters, land, take-off, spline
HEIGHT_ELLIPSOID = 1 << 4  # GPS_DRV_OPTIONS of ArduPilot: ellipsoid height instead of AMSL


def plan_point(job: Job, datum: str, home: float | None, lat: float, lon: float, alt: float, frame: int) -> dict[str, float] | None:
    point = {"lat": lat, "lon": lon}
    if frame in FRAME_TERRAIN:
        return {**point, "agl_m": alt}
    if frame in FRAME_RELATIVE:
        if home is None:
            job.report.drop("mission_height_over_home_without_home")
            return None
        alt += home
    elif frame not in FRAME_AMSL:
        job.report.drop("mission_item_in_another_frame")
        return None
    if datum not in (AMSL, ELLIPSOID):
        job.report.drop("mission_height_without_datum")
        return None
    return {**point, "alt_amsl_m" if datum == AMSL else "alt_wgs84_m": alt}
