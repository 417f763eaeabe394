# drf_recording/report.py - what an import says of itself: counts, notes, refusals.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import collections
import datetime
import math
from typing import Any


LATEST_US = 4102444800 * 1000000  # 2100-01-01: a later time is none, but what was read wrongly


class Refused(Exception):
    """The input, or what was said about it, is not enough for an import. The text is for the user."""


class Report:
    """What was written, what was dropped and why, what the numbers rest on. Becomes the metadata record `import`."""

    def __init__(self) -> None:
        self.written: collections.Counter[str] = collections.Counter()
        self.dropped: collections.Counter[str] = collections.Counter()
        self.stated: dict[str, str] = {}
        self.notes: list[str] = []

    def drop(self, reason: str, count: int = 1) -> None:
        self.dropped[reason] += count

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def state(self, **values: object) -> None:
        self.stated.update({key: str(value) for key, value in values.items()})

    def datum(self, datum: str, basis: str) -> None:
        """A datum is never verified here: the package has no geoid to compare with."""
        self.state(datum=datum, datum_basis=basis, datum_verified="no")

    def metadata(self) -> dict[str, str]:
        found = dict(self.stated)
        found.update({f"written.{what}": str(count) for what, count in sorted(self.written.items())})
        found.update({f"dropped.{what}": str(count) for what, count in sorted(self.dropped.items())})
        found.update({f"note.{at}": text for at, text in enumerate(self.notes, 1)})
        return found

    def lines(self) -> list[str]:
        found = [f"{key}: {value}" for key, value in self.stated.items()]
        found += [f"written {what}: {count}" for what, count in sorted(self.written.items())]
        found += [f"dropped {what}: {count}" for what, count in sorted(self.dropped.items())]
        return found + [f"note: {text}" for text in self.notes]


def number(value: Any, report: Report | None = None) -> float | None:
    """A finite number; None where there is none (null, empty, NaN). Text that is a number is read, and counted."""
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, str):
        text = value.strip()
        if text == "" or text.lower() in ("nan", "null", "none"):
            return None
        value = float(text)
        if report is not None:
            report.written["number_read_from_text"] += 1
    try:
        result = float(value)
    except OverflowError as error:
        raise ValueError("a number beyond what a double holds") from error
    if math.isnan(result):
        return None
    if math.isinf(result):
        raise ValueError("infinity is not a number")
    return result


def utc_us(text: str, what: str) -> int:
    """Unix microseconds of an ISO 8601 instant with `Z` or an offset."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{what}: {text!r} is no ISO 8601 instant") from error
    if found.tzinfo is None:
        raise Refused(f"{what}: {text!r} has no offset from UTC: write Z, or +hh:mm")
    since = found - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (since.days * 86400 + since.seconds) * 1000000 + since.microseconds


def iso(us: int) -> str:
    at = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=us)
    return at.isoformat().replace("+00:00", "Z")
