# drf_recording/gpstime.py - GPS week and milliseconds to UTC.
# SPDX-License-Identifier: Apache-2.0
"""GPS time began at 1980-01-06 00:00 UTC and has no leap seconds; UTC is behind it by TAI-UTC minus 19 s.

The table is IERS's leap-seconds.list (https://hpiers.obspm.fr/iers/bul/bulc/ntp/leap-seconds.list) as tzdata 2025b
has it. It says until when it holds; a newer one of the system's tzdata is used instead. After that only the user
can say how many there are.
"""
from __future__ import annotations

import datetime
import pathlib

from .report import Refused

GPS_EPOCH_UNIX_S = 315964800  # 1980-01-06T00:00:00Z
NTP_TO_UNIX_S = 2208988800
TAI_MINUS_GPS_S = 19
SYSTEM_TABLE = pathlib.Path("/usr/share/zoneinfo/leap-seconds.list")
TABLE_EXPIRES = "2026-06-28"
TABLE = [  # from this day on (UTC): GPS - UTC, seconds
    ("1980-01-06", 0), ("1981-07-01", 1), ("1982-07-01", 2), ("1983-07-01", 3), ("1985-07-01", 4), ("1988-01-01", 5),
    ("1990-01-01", 6), ("1991-01-01", 7), ("1992-07-01", 8), ("1993-07-01", 9), ("1994-07-01", 10), ("1996-01-01", 11),
    ("1997-07-01", 12), ("1999-01-01", 13), ("2006-01-01", 14), ("2009-01-01", 15), ("2012-07-01", 16),
    ("2015-07-01", 17), ("2017-01-01", 18),
]


def unix_s(day: str) -> int:
    return int(datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc).timestamp())


class LeapSeconds:
    """How far GPS time is ahead of UTC: by the table, or as the user says."""

    def __init__(self, stated: int | None = None, system: pathlib.Path = SYSTEM_TABLE) -> None:
        self.stated = stated
        self.used: set[int] = set()
        self.steps = [(unix_s(day), seconds) for day, seconds in TABLE]
        self.expires = unix_s(TABLE_EXPIRES)
        self.basis = f"IERS leap-seconds.list, holds until {TABLE_EXPIRES}"
        self._take_newer(system)
        if stated is not None:
            self.basis = "stated by the user"

    def _take_newer(self, path: pathlib.Path) -> None:
        try:
            lines = path.read_text(encoding="ascii").splitlines()
            expires = next(int(line[2:]) for line in lines if line.startswith("#@")) - NTP_TO_UNIX_S
            rows = [line.split("#")[0].split() for line in lines if line and not line.startswith("#")]
            steps = [(int(row[0]) - NTP_TO_UNIX_S, int(row[1]) - TAI_MINUS_GPS_S) for row in rows]
        except (OSError, ValueError, IndexError, StopIteration):
            return  # none, or not in this form: the built-in table holds
        if expires > self.expires and steps:
            self.steps = [(at, seconds) for at, seconds in steps if seconds >= 0]
            self.expires = expires
            day = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc).date()
            self.basis = f"tzdata's leap-seconds.list, holds until {day}"

    def at(self, gps_unix_s: float) -> int:
        """At an instant of GPS time, given as seconds since 1970 without leap seconds."""
        if self.stated is not None:
            return self.stated
        found = 0
        for at, seconds in self.steps:
            if gps_unix_s - seconds >= at:
                found = seconds
        if gps_unix_s - found >= self.expires:
            raise Refused(f"GPS time after {datetime.datetime.fromtimestamp(self.expires, datetime.timezone.utc).date()}, "
                          "when the table of leap seconds ends: say how far GPS time is ahead of UTC with "
                          "--leap-seconds (18 since 2017-01-01, while IERS announces no other)")
        return found

    def utc_us(self, week: int, milliseconds: int) -> int:
        """UTC, Unix microseconds, of a GPS week (counted from 1980, not modulo 1024) and its milliseconds."""
        gps_ms = (GPS_EPOCH_UNIX_S + week * 604800) * 1000 + milliseconds
        leap_s = self.at(gps_ms / 1000.0)
        self.used.add(leap_s)
        return (gps_ms - leap_s * 1000) * 1000
