# schemas/python/drf_client/crossing.py - from region to region: which brokers to be connected to. No network here.
# SPDX-License-Identifier: Apache-2.0
"""A region may have a broker of its own. Inside the margin of a region that a node names as its neighbour the aircraft joins
that one's broker, and keeps both: make before break. It leaves the former when it is outside all regions that it hears
there, and another region's node is PRIMARY for it (schemas/client.md rule 10)."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from .enums import Authority
from .places import Polygon
from .streams import HEARTBEAT_S, Moment, Stream, Streams

SETTLED_S = 3.0  # so long outside before it leaves: at a border that it flies along positions go to and fro
ADMITTED_S = 60.0  # a broker that does not know this aircraft is asked again after so long


@dataclasses.dataclass(slots=True)
class Broker:
    heard_mono_us: dict[str, int] = dataclasses.field(default_factory=dict)  # by region, when one of its nodes was heard here
    entered: bool = False  # the aircraft was inside a region that it hears here
    outside_mono_us: int | None = None  # since when it could leave


class Crossing:
    """`step()` says what to join and what to leave; whoever calls it does so. Addresses are HOST:PORT."""

    def __init__(self, streams: Streams, home: str) -> None:
        self.brokers = {home: Broker()}
        self._streams = streams
        self._left: set[str] = set()  # not joined again in the margin that it left through
        self._refused_mono_us: dict[str, int] = {}

    def heard(self, address: str, region: str, at: Moment) -> None:
        """A node of that region, by anything but its state: brokers hand on each other's states."""
        if address in self.brokers:
            self.brokers[address].heard_mono_us[region] = at.mono_us

    def refused(self, address: str, at: Moment) -> None:
        self._refused_mono_us[address] = at.mono_us
        self.brokers.pop(address, None)

    def broker_of(self, region: str) -> str:
        """Where that region's nodes were heard last; "" for nowhere."""
        heard = {address: broker.heard_mono_us.get(region, -1) for address, broker in self.brokers.items()}
        address = max(heard, key=lambda one: heard[one])
        return address if heard[address] >= 0 else ""

    def regions_of(self, address: str) -> Collection[str]:
        """The regions whose nodes are heard there."""
        return self.brokers[address].heard_mono_us.keys() if address in self.brokers else ()

    def step(self, at: Moment, lat_deg: float, lon_deg: float) -> tuple[list[str], list[str]]:
        """The addresses of the brokers to join now, and of those to leave now."""
        serving = self._streams.serving(at)
        if serving is not None and serving.late(at, self._streams.has_clock):
            serving = None
        distances_m = {address: [(area.distance_m(lat_deg, lon_deg), margin_m) for area, margin_m in areas]
                       for address, areas in self._neighbours().items()}
        self._left = {address for address in self._left if serving is not None
                      and all(0.0 < distance_m <= margin_m for distance_m, margin_m in distances_m.get(address, []))}
        joins = [address for address, places in distances_m.items() if self._may_join(address, at)
                 and any(distance_m <= margin_m for distance_m, margin_m in places)]
        leaves = [address for address, broker in self.brokers.items()
                  if self._may_leave(broker, serving, distances_m.get(address, []), at, lat_deg, lon_deg)]
        for address in leaves:
            del self.brokers[address]
            if any(distance_m <= margin_m for distance_m, margin_m in distances_m.get(address, [])):
                self._left.add(address)
        for address in joins:
            self.brokers[address] = Broker()
        return joins, leaves

    def _neighbours(self) -> dict[str, list[tuple[Polygon, float]]]:
        """By address: the areas of the regions there, and their margins. Those that are heard at an address are of it."""
        found: dict[str, dict[str, tuple[Polygon, float]]] = {}
        for region in self._streams.regions.values():
            for neighbour in region.neighbours:
                if neighbour.address and len(neighbour.boundary) >= 3:
                    of = found.setdefault(neighbour.address, {})
                    of[neighbour.region_id] = Polygon.of(neighbour.boundary), neighbour.margin_m
        return {address: list(areas.values()) for address, areas in found.items()}

    def _regions(self, broker: Broker) -> Iterator[tuple[Polygon | None, float]]:
        for name in broker.heard_mono_us:
            region = self._streams.regions.get(name)
            yield (region.area, region.margin_m) if region else (None, 0.0)

    def _may_join(self, address: str, at: Moment) -> bool:
        """Not where it is already, under whatever name: a second connection of one account would end the first."""
        if address in self.brokers or address in self._left:
            return False
        if at.mono_us - self._refused_mono_us.get(address, at.mono_us - round(ADMITTED_S * 1e6)) < ADMITTED_S * 1e6:
            return False
        here = {self._streams.regions[name].address for broker in self.brokers.values() for name in broker.heard_mono_us
                if name in self._streams.regions}
        named = {neighbour.region_id for region in self._streams.regions.values() for neighbour in region.neighbours
                 if neighbour.address == address}
        heard = any(at.mono_us - broker.heard_mono_us[name] <= HEARTBEAT_S * 1e6 for broker in self.brokers.values()
                    for name in named & broker.heard_mono_us.keys())
        return address not in here and not heard

    def _may_leave(self, broker: Broker, serving: Stream | None, told_m: list[tuple[float, float]], at: Moment, lat_deg: float,
                   lon_deg: float) -> bool:
        places = [(None if area is None else area.distance_m(lat_deg, lon_deg), margin_m)
                  for area, margin_m in self._regions(broker)] or list(told_m)
        broker.entered = broker.entered or any(distance_m == 0.0 for distance_m, _ in places)
        primary = (serving is not None and serving.context is not None and serving.context.authority == Authority.PRIMARY
                   and serving.region not in broker.heard_mono_us)
        beyond = 0.0 if broker.entered else 1.1  # of the margin, where it turned round before it was inside
        outside = bool(places) and all(distance_m is not None and distance_m > beyond * margin_m
                                       for distance_m, margin_m in places)
        if not primary or not outside or len(self.brokers) < 2:
            broker.outside_mono_us = None
        elif broker.outside_mono_us is None:
            broker.outside_mono_us = at.mono_us
        return broker.outside_mono_us is not None and at.mono_us - broker.outside_mono_us >= SETTLED_S * 1e6
