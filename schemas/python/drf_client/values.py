# schemas/python/drf_client/values.py - a value, or why there is none: absent, late and wrong kept apart.
# SPDX-License-Identifier: Apache-2.0
"""Everything that may be missing is a `Maybe`: a Value, which is true in an `if`, or one of three that are false.

    Absent   no source knows it here. Waiting does not help.
    Late     it comes by itself: data or contexts are on their way, or left out for a moment.
    Wrong    something of yours: a refused message, your clock, your altitudes. Mend it.

What is missing is never zero. `or_worst()` makes you name the worst, which is what it has to be taken for."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Generic, Literal, TypeAlias, TypeVar

from google.protobuf.message import Message

from . import v1
from .enums import Reason, ReplyCode

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """In the unit that its name says. `reason` is NONE, or what it lacks: BARE_EARTH, a surface without trees."""

    value: float
    acc95: float | None = None  # half the width of the 95 % interval; None: not known
    reason: Reason = Reason.NONE
    source: str | None = None
    data_time_us: int | None = None  # when it was true, UTC

    def __bool__(self) -> Literal[True]:
        return True

    def or_worst(self, worst: float) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.7g}" + (f" ({self.reason})" if self.reason != Reason.NONE else "")


@dataclasses.dataclass(frozen=True, slots=True)
class Missing:
    """No value. One of the three below; `text` says it in words."""

    reason: Reason
    text: str
    code: ReplyCode | None = None  # of the reply that says so
    field_path: str = ""  # the field of yours that was refused
    retry_after_s: float | None = None

    def __bool__(self) -> Literal[False]:
        return False

    def or_worst(self, worst: float) -> float:
        return worst

    @property
    def short(self) -> str:
        """Without the text."""
        return f"{type(self).__name__.upper()} {self.reason if self.code is None else self.code}"

    def __str__(self) -> str:
        return f"{self.short}: {' '.join(filter(None, (self.field_path, self.text)))}"


@dataclasses.dataclass(frozen=True, slots=True)
class Yes:
    """It is so: the other side of a Missing where there is no number."""

    def __bool__(self) -> Literal[True]:
        return True

    def __str__(self) -> str:
        return "yes"


class Absent(Missing):
    """No source knows it here; waiting does not help. To be treated as the worst."""


class Late(Missing):
    """It comes by itself; until then to be treated as the worst."""


class Wrong(Missing):
    """What you sent, your clock, or your altitudes: to be mended by you."""


Maybe: TypeAlias = Value | Absent | Late | Wrong
No: TypeAlias = Absent | Late | Wrong
State: TypeAlias = Yes | No

LATE = {Reason.STALE, Reason.CATCHING_UP, Reason.RESYNCHRONISING, Reason.LOADING, Reason.FEED_DOWN, Reason.SHED}
WRONG = {Reason.NO_ALTITUDE, Reason.ALTITUDE_SUSPECT, Reason.NO_QNH, Reason.NO_POSITION}
ACCEPTED_CODES = {ReplyCode.OK, ReplyCode.ACCEPTED_DEFAULTS, ReplyCode.DURABLE}
LATE_CODES = {ReplyCode.RATE_LIMITED, ReplyCode.OVERLOADED, ReplyCode.NOT_AVAILABLE}


def missing(number: int, text: str = "") -> No:
    """By schemas/client.md, "Absent, late, wrong". A reason that is not known yet is absent."""
    reason = Reason(number)
    kind = Late if reason in LATE else Wrong if reason in WRONG else Absent
    return kind(reason, text or reason.text)


def refused(reply: v1.Reply) -> No:
    """What a reply of another code than ACCEPTED_CODES says."""
    code = ReplyCode(reply.code)
    kind = Absent if code == ReplyCode.OUTSIDE_REGION else Late if code in LATE_CODES else Wrong
    reason = Reason.OUT_OF_REGION if kind is Absent else Reason.UNKNOWN
    wait = (reply.retry_after_s if reply.HasField("retry_after_s") else 1.0) if kind is Late else None
    return kind(reason, reply.text, code, reply.field_path, wait)


def read(message: Message, field: str, reason: str = "", acc95: str = "", source: str = "", time: str = "") -> Maybe:
    """A field of a message with those that go with it; without any reason it is UNKNOWN, the most severe."""
    number = getattr(message, reason) if reason else 0
    if not message.HasField(field):
        return missing(number)

    def beside(name: str) -> object:
        return getattr(message, name) if name and message.HasField(name) else None
    return Value(getattr(message, field), beside(acc95), Reason(number or Reason.NONE),  # type: ignore[arg-type]
                 beside(source), beside(time))  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list that may not be all. It has no truth of its own: an empty list is clear only where `clear` says so."""

    items: tuple[T, ...] = ()
    left_out: int = 0  # known to the node, but not in this list
    complete: State = Yes()  # else why there may be more than anybody knows

    @property
    def clear(self) -> bool:
        """There is none, and that is known."""
        return not self.items and not self.left_out and bool(self.complete)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __str__(self) -> str:
        more = f", {self.left_out} left out" if self.left_out else ""
        return ("clear" if self.clear else f"{len(self.items)} known{more}") + ("" if self.complete else f", {self.complete.short}")

    def __bool__(self) -> bool:
        raise TypeError("a list that is empty is not clear by that: ask .clear, or look at .items")
