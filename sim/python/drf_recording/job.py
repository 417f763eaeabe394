# drf_recording/job.py - one import: the input, what the user said about it, the tape and the report it goes to.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import bisect
import dataclasses
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any

from .report import Refused, Report, iso
from .tape import Tape, drone_id

AMSL, ELLIPSOID, NO_HEIGHT = "amsl-egm96", "ellipsoid", "none"
PLAUSIBLE_US = 946684800 * 1000000  # 2000-01-01: a clock that says less was never set
CLOCK_STEP_US = 1000000


@dataclasses.dataclass(frozen=True)
class Options:
    datum: str | None = None
    start_utc_us: int | None = None
    leap_seconds: int | None = None
    drone_id: str | None = None
    traffic_topic: str = "import.traffic"
    zone_topic: str = "import.zones"
    qnh_hpa: float | None = None
    accept_truncated: bool = False


@dataclasses.dataclass
class Job:
    path: pathlib.Path
    data: bytes
    options: Options
    report: Report
    tape: Tape

    def drone(self, suffix: str = "") -> str:
        stem = self.options.drone_id or self.path.name.split(".")[0]
        return drone_id(stem[:36 - len(suffix)] + suffix)

    def user_datum(self, why: str) -> str:
        """The datum that the user must say, as the file does not."""
        if self.options.datum is None:
            raise Refused(f"{self.path}: {why}: say it with --datum ({AMSL}, {ELLIPSOID} or {NO_HEIGHT})")
        self.report.datum(self.options.datum, "stated by the user")
        return self.options.datum

    def stated_datum(self, datum: str, where: str) -> str:
        """The datum that the file or its format states, unless the user says another."""
        chosen = self.options.datum
        if chosen is None or chosen == datum:
            self.report.datum(datum, where)
            return datum
        self.report.datum(chosen, "stated by the user")
        self.report.note(f"the user says {chosen}; {where} says {datum}")
        return chosen

    def start_utc_us(self, why: str) -> int:
        """The start that the user must say, as the file has no UTC."""
        if self.options.start_utc_us is None:
            raise Refused(f"{self.path}: {why}: say when it began with --start-utc")
        return self.options.start_utc_us

    def no_start_utc(self, where: str) -> None:
        if self.options.start_utc_us is not None:
            raise Refused(f"{self.path}: {where} states the time; --start-utc is for a file that does not")

    def truncated(self, at: int, what: str) -> None:
        """The file ends inside a record: refused, or the rest is counted."""
        rest = len(self.data) - at
        if not self.options.accept_truncated:
            raise Refused(f"{self.path}: truncated: {what} at offset {at} goes beyond the end of the file, {len(self.data)} "
                          "bytes; --accept-truncated imports what is whole before it")
        self.report.drop("truncated_bytes", rest)
        self.report.note(f"truncated at offset {at}; {rest} bytes of an unfinished record left out")


def heights(datum: str, value_m: float | None) -> dict[str, Any]:
    """The telemetry field of a height with this datum."""
    if datum == AMSL:
        return {"alt_amsl_m": value_m}
    return {"alt_wgs84_m": value_m} if datum == ELLIPSOID else {}


class Latest:
    """Rows of a slower source beside the positions: the last at or before an instant, not older than a limit."""

    def __init__(self, times_us: Sequence[int], rows: Sequence[Any], keep_us: int) -> None:
        order = sorted(range(len(times_us)), key=lambda i: times_us[i])
        self.times, self.rows, self.keep_us = [times_us[i] for i in order], [rows[i] for i in order], keep_us

    def at(self, time_us: int) -> Any | None:
        found = bisect.bisect_right(self.times, time_us) - 1
        if found < 0 or time_us - self.times[found] > self.keep_us:
            return None
        return self.rows[found]


def boot_offset_us(job: Job, pairs: Sequence[tuple[int, int]], where: str) -> int | None:
    """UTC minus boot clock from pairs (boot, UTC): their median; None where there are none.

    A receiver that repeats a fix, or has no date yet, says nothing. A clock that steps on the way is refused:
    no one offset is right then."""
    good: list[int] = []
    last: int | None = None
    for boot_us, utc_us in pairs:
        if utc_us < PLAUSIBLE_US:
            job.report.drop("utc_not_set_yet")
        elif utc_us == last:
            job.report.drop("utc_row_repeated")
        else:
            last = utc_us
            good.append(utc_us - boot_us)
    if not good:
        return None
    if max(good) - min(good) > CLOCK_STEP_US:
        raise Refused(f"{job.path}: UTC of {where} steps by {(max(good) - min(good)) / 1e6:.3f} s against the boot clock: "
                      "cut the log there, or leave the time to --start-utc in a file without it")
    offset = round(statistics.median(good))
    job.report.state(time_base=f"boot clock plus {offset} us, the median of {len(good)} rows of {where}")
    if offset >= PLAUSIBLE_US:
        job.report.state(boot_utc=iso(offset))
    return offset
