# schemas/python/drf_client/view.py - what a node said of a place, value by value: of an aircraft's now, and of a query's.
# SPDX-License-Identifier: Apache-2.0
"""Names and units are those of the messages (schemas/client.md rule 2)."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TypeVar

from . import v1
from .enums import AdvisoryKind, Authority, Layer, Mode, PlanState, Reason, Severity
from .values import Listing, Maybe, State, Value, Wrong, Yes, missing, read

T = TypeVar("T")


class View:
    """The values of one message. Where `served` says why there is none, every value is that."""

    def __init__(self, served: State, height: v1.Height, weather: v1.Weather, mode: int,
                 layer_states: Iterable[v1.LayerState]) -> None:
        self.served = served
        """True, or why everything is unknown."""
        self.height = height  # as it came; empty unless served
        self.weather = weather
        self.mode = Mode(mode)
        self.incomplete = {Layer(state.layer): missing(state.reason) for state in layer_states}
        """Layers that are not to be trusted as complete: nothing about them is clear."""
        self._altitude: State = served  # or why what is computed from the altitudes that were sent is wrong

    @property
    def for_flight(self) -> bool:
        """False: a test, a simulation or a replay, whatever the values are."""
        return bool(self.served) and self.mode == Mode.LIVE

    @property
    def agl_m(self) -> Maybe:
        return self._altitude and self._of(self.height, "agl_m", "agl_reason", "agl_acc95_m")

    @property
    def ground_amsl_m(self) -> Maybe:
        return self._of(self.height, "ground_amsl_m", "ground_reason", "ground_acc95_m", "ground_source",
                        "ground_data_time_us")

    @property
    def surface_amsl_m(self) -> Maybe:
        """With buildings and trees where a source knows them; else its reason is BARE_EARTH."""
        return self._of(self.height, "surface_amsl_m", "surface_reason", "surface_acc95_m", "surface_source",
                        "surface_data_time_us")

    @property
    def clearance_m(self) -> Maybe:
        return self._clearance("clearance_m")

    @property
    def clearance_low_m(self) -> Maybe:
        """The aircraft as low and the surface as high as their accuracies allow."""
        return self._clearance("clearance_low_m")

    @property
    def wind_speed_mps(self) -> Maybe:
        return self._wind("wind_speed_mps")

    @property
    def wind_to_north_mps(self) -> Maybe:
        return self._wind("wind_to_north_mps")

    @property
    def wind_to_east_mps(self) -> Maybe:
        return self._wind("wind_to_east_mps")

    @property
    def wind_from_deg_true(self) -> Maybe:
        return self._wind("wind_from_deg_true")

    @property
    def gust_mps(self) -> Maybe:
        return self._quantity("gust_mps")

    @property
    def temperature_k(self) -> Maybe:
        return self._quantity("temperature_k")

    @property
    def visibility_m(self) -> Maybe:
        return self._quantity("visibility_m")

    @property
    def precipitation_mps(self) -> Maybe:
        return self._quantity("precipitation_mps")

    @property
    def ceiling_agl_m(self) -> Maybe:
        return self._quantity("ceiling_agl_m")

    @property
    def qnh_pa(self) -> Maybe:
        return self._quantity("qnh_pa")

    def value_lines(self) -> Iterable[str]:
        """The values that anybody wants, each with why it is not there."""
        for name, value, unit in (("agl", self.agl_m, "m"), ("ground", self.ground_amsl_m, "m"),
                                  ("surface", self.surface_amsl_m, "m"), ("wind", self.wind_speed_mps, "m/s"),
                                  ("gust", self.gust_mps, "m/s"), ("visibility", self.visibility_m, "m")):
            yield _value(name, value, unit)

    def layer_lines(self) -> Iterable[str]:
        """Layers that are not complete, those with the same reason together."""
        for why in dict.fromkeys(self.incomplete.values()):
            yield f"INCOMPLETE {' '.join(str(layer) for layer, other in self.incomplete.items() if other == why)}: {why.short}"

    def _of(self, message: v1.Height, field: str, reason: str, acc95: str, source: str = "", time: str = "") -> Maybe:
        return self.served and read(message, field, reason, acc95, source, time)

    def _clearance(self, field: str) -> Maybe:
        """It has no reason of its own: the one of the height or the surface it would be made of (schemas/client.md rule 5)."""
        if self._altitude and self.height.HasField(field):
            return read(self.height, field)
        surface = self.surface_amsl_m
        return self._own_height() and (missing(0) if surface else surface)

    def _own_height(self) -> State:
        """Yes, or why the aircraft's height over the sea is not known: without it no clearance is."""
        agl = self.agl_m
        return agl if not agl and not (self._altitude and self.height.HasField("aircraft_amsl_m")) else Yes()

    def _wind(self, field: str) -> Maybe:
        wind = self.weather.wind
        why = "wind_from_reason" if field == "wind_from_deg_true" and wind.HasField("wind_from_reason") else "wind_reason"
        return self.served and read(wind, field, why, source="source", time="data_time_us")

    def _quantity(self, name: str) -> Maybe:
        return self.served and read(getattr(self.weather, name), "value", "reason", source="source", time="data_time_us")

    def _listing(self, items: Sequence[T], left_out: int, layer: Layer, reason: int) -> Listing[T]:
        complete: State = self.served and self.incomplete.get(layer, Yes())
        if complete and reason not in (0, Reason.NONE):
            complete = missing(reason)
        return Listing(tuple(items) if self.served else (), left_out, complete)


@dataclasses.dataclass(frozen=True, slots=True)
class Advisory:
    """Information, never a command. `message` is None for one that came in brief."""

    advisory_id: int
    severity: Severity
    kind: AdvisoryKind
    text: str = ""
    message: v1.Advisory | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the corridor ahead, from_m to to_m along the way. Unknown is never clear."""

    from_m: float
    to_m: float
    surface_max_amsl_m: Maybe  # over what is known of it
    clearance_min_m: Maybe
    clearance_low_m: Maybe


class Now(View):
    """What is known at the moment it was asked for. It does not change; ask the drone again for the next moment."""

    def __init__(self, context: v1.Context | None, served: State = Yes(), *, region: str = "", age_s: float | None = None,
                 stream_time_us: int | None = None, wrong: tuple[Wrong, ...] = (), mode: Mode | None = None,
                 newer: Iterable[v1.Advisory] = ()) -> None:
        said = context if served and context is not None else v1.Context()
        super().__init__(served, said.height, said.weather, said.mode if served or not mode else mode, said.layer_states)
        self.context = context if served else None
        """The whole message; None while everything is unknown."""
        self.wrong = wrong
        """What of yours is refused, a clock that goes wrong, and altitudes that cannot be true."""
        self.region = region
        self.age_s = age_s
        """Of the last context, also when that is too old to be used; None: there was none."""
        self.stream_time_us = stream_time_us
        """The node's time now. In a REPLAY that is the time that is replayed."""
        self.authority = Authority(said.authority)
        self.plan_state = PlanState(said.plan_state)
        self._said, self._newer = said, tuple(newer)
        for advisory in self.advisories:
            if advisory.kind is AdvisoryKind.ALTITUDE_REFERENCE_SUSPECT:
                suspect = Wrong(Reason.ALTITUDE_SUSPECT, advisory.text or Reason.ALTITUDE_SUSPECT.text)
                self._altitude, self.wrong = suspect, (*self.wrong, suspect)
                break

    @property
    def advisories(self) -> Listing[Advisory]:
        """The most severe first: the active set of the context, and what came sooner than the next."""
        held = {a.advisory_id: a for a in map(_brief, self._said.advisories_brief)}
        held.update((a.advisory_id, a) for a in map(_full, self._said.advisories))
        for message in self._newer if self.served else ():
            if message.state == 2:  # CLEARED
                held.pop(message.advisory_id, None)
            else:
                held[message.advisory_id] = _full(message)
        at = self.stream_time_us or 0
        valid = [a for a in held.values()
                 if a.message is None or not a.message.HasField("valid_until_us") or a.message.valid_until_us > at]
        return Listing(tuple(sorted(valid, key=lambda a: a.severity)), self._said.advisories_left_out, self.served)

    @property
    def advisories_left_out_severity(self) -> Severity:
        """The worst of those left out."""
        return Severity(self._said.advisories_left_out_severity)

    @property
    def obstacles(self) -> Listing[v1.Obstacle]:
        """The nearest within obstacle_radius_m of the profile."""
        return self._listing(self._said.obstacles, self._said.obstacles_left_out, Layer.OBSTACLE,
                             self._said.obstacles_reason)

    @property
    def traffic(self) -> Listing[v1.Traffic]:
        return self._listing(self._said.traffic, self._said.traffic_left_out, Layer.TRAFFIC, 0)

    @property
    def alerts(self) -> Listing[v1.AlertBrief]:
        return self._listing(self._said.alerts, self._said.alerts_left_out, Layer.ALERT, self._said.alerts_reason)

    @property
    def ahead(self) -> Listing[Segment]:
        """The corridor of the look-ahead, without gaps."""
        look = self._said.look_ahead
        items = tuple(self._segment(s) for s in look.segments)
        return Listing(items, 0, self.served and (Yes() if items else missing(look.reason)))

    @property
    def clearance_ahead_m(self) -> Maybe:
        """The lowest in the corridor; missing as soon as one piece of it is not known."""
        ahead = self.ahead
        if not ahead.complete:
            return ahead.complete
        lowest: Value | None = None
        for segment in ahead:
            here = segment.clearance_min_m
            if not here:
                return here
            lowest = here if lowest is None or here.value < lowest.value else lowest
        return lowest or missing(0)

    def _segment(self, s: v1.Segment) -> Segment:
        return Segment(s.from_m, s.to_m, read(s, "surface_max_amsl_m", "unknown_reason"),
                       self._clearance_in(s, "clearance_min_m"), self._clearance_in(s, "clearance_low_m"))

    def _clearance_in(self, s: v1.Segment, field: str) -> Maybe:
        """The reason beside it is the surface's: there may be none where only the altitude is missing."""
        if self._altitude and s.HasField(field):
            return read(s, field, "unknown_reason")
        return self._own_height() and read(s, field, "unknown_reason")

    def lines(self) -> Iterable[str]:
        """What a person wants to read of it."""
        if self.mode == Mode.REPLAY and self.stream_time_us is not None:
            yield "NOT FOR FLIGHT: REPLAY of " + _utc(self.stream_time_us)
        elif self.served and self.mode != Mode.LIVE:
            yield f"NOT FOR FLIGHT: {self.mode}"
        if not self.served:
            yield f"{self.served}; everything is unknown"
        else:
            yield from self.value_lines()
            yield _value("clearance", self.clearance_m, "m")
            yield _value("clearance ahead", self.clearance_ahead_m, "m")
            yield from self.layer_lines()
            for advisory in self.advisories:
                yield f"{_severity(advisory.severity)} {advisory.kind}: {advisory.text}"
            if self.advisories.left_out:
                yield f"{self.advisories.left_out} more advisories, the worst {_severity(self.advisories_left_out_severity)}"
        yield from map(str, self.wrong)

    def __str__(self) -> str:
        return "; ".join(self.lines())


class Place(View):
    """The answer to a query."""

    def __init__(self, reply: v1.QueryReply) -> None:
        super().__init__(Yes(), reply.height, reply.weather, reply.mode, reply.layer_states)
        self.reply = reply

    def __str__(self) -> str:
        values = [line for line in self.value_lines() if not line.startswith("agl ")]  # it is the one that was asked for
        lists = [f"{name}: {items}" for name, items in (("obstacles", self.obstacles), ("zones", self.zones), ("alerts", self.alerts))]
        return "; ".join([*values, *lists, *self.layer_lines()])

    @property
    def obstacles(self) -> Listing[v1.Obstacle]:
        return self._listing(self.reply.obstacles, self.reply.obstacles_left_out, Layer.OBSTACLE, self.reply.obstacles_reason)

    @property
    def zones(self) -> Listing[v1.Zone]:
        return self._listing(self.reply.zones, self.reply.zones_left_out, Layer.ZONE, self.reply.zones_reason)

    @property
    def alerts(self) -> Listing[v1.Alert]:
        return self._listing(self.reply.alerts, self.reply.alerts_left_out, Layer.ALERT, self.reply.alerts_reason)


def _full(a: v1.Advisory) -> Advisory:
    return Advisory(a.advisory_id, Severity(a.severity), AdvisoryKind(a.kind), a.text, a)


def _brief(a: v1.AdvisoryBrief) -> Advisory:
    return Advisory(a.advisory_id, Severity(a.severity), AdvisoryKind(a.kind))


def _value(name: str, value: Maybe, unit: str) -> str:
    if not value:
        return f"{value.short} {name}"
    return f"{name} {value.value:.0f} {unit}" + (f" ({value.reason})" if value.reason != Reason.NONE else "")


def _severity(severity: Severity) -> str:
    return str(Severity.WARNING if severity == Severity.UNKNOWN else severity)


def _utc(us: int) -> str:
    import datetime

    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us)).isoformat(" ", "seconds") + "Z"
