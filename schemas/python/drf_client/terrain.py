# schemas/python/drf_client/terrain.py - blocks for an autopilot: schemas/terrain.md.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from . import v1
from .enums import Reason
from .values import Maybe, State, Value, Yes, missing

E = 89.83204953368922  # 1e-7 degree a metre
M = 0.011131884502145034  # and its inverse


def _scale(lat_e7: float) -> float:
    return max(math.cos(math.radians(lat_e7 * 1e-7)), 0.01)


def offset(lat_e7: int, lon_e7: int, north_m: float, east_m: float) -> tuple[int, int]:
    """The place so many metres away, in 1e-7 degree, as ArduPilot computes it."""
    north = int(north_m * E)
    return lat_e7 + north, lon_e7 + int(east_m * E / _scale(lat_e7 + north / 2))


def corner(lat_e7: int, lon_e7: int, spacing_m: int) -> tuple[int, int]:
    """The south-west corner of the block of a place: what to ask for."""
    lat0, lon0 = (math.floor(degrees / 1e7) * 10_000_000 for degrees in (lat_e7, lon_e7))
    row = int((lat_e7 - lat0) * M / spacing_m) // 24
    column = int((lon_e7 - lon0) * M * _scale((lat_e7 + lat0) / 2) / spacing_m) // 28
    return offset(lat0, lon0, row * 24 * spacing_m, column * 28 * spacing_m)


@dataclasses.dataclass(frozen=True, slots=True)
class Tile:
    """4 x 4 posts. `heights_amsl_m` is what MAVLink's TERRAIN_DATA has, 16 whole metres, rounded up; None: not known,
    for the reason. A tile that is not known must not be sent to an autopilot."""

    grid_bit: int
    heights_amsl_m: tuple[int, ...] | None
    reason: Reason
    source: str
    data_time_us: int | None


class TerrainBlock:
    """Posts (north 0 .. 27, east 0 .. 31) of one message. True in an `if`: it came; `complete` says whether it is all known."""

    def __init__(self, message: v1.Terrain) -> None:
        self.message = message
        self.pending, self.loaded, self.unavailable = message.pending, message.loaded, message.unavailable_count
        self.tiles = {tile.grid_bit: tile for tile in self._read()}

    @property
    def complete(self) -> State:
        """Yes, or why heights that were asked for are missing: the reason of the most tiles. Each has its own in `tiles`."""
        gaps = [tile.reason for tile in self.tiles.values() if tile.heights_amsl_m is None]
        if not gaps:
            return Yes()
        reason = max(gaps, key=gaps.count)
        return missing(reason, f"{len(gaps)} of {len(self.tiles)} tiles are not known: {reason.text}")

    def __repr__(self) -> str:
        known = sum(tile.heights_amsl_m is not None for tile in self.tiles.values())
        why = "" if self.complete else f", {self.complete.short}"
        return f"<TerrainBlock: {known} of {len(self.tiles)} tiles known{why}; {self.pending} pending>"

    def _read(self) -> Iterator[Tile]:
        whole = self.message
        for data in whole.data:
            if len(data.height_amsl_m) != 16:
                continue
            of = data if data.HasField("source") else whole
            time = of.data_time_us if of.HasField("data_time_us") else None
            yield Tile(data.grid_bit, tuple(data.height_amsl_m), Reason.NONE, of.source, time)
        for gap in whole.unavailable:
            yield Tile(gap.grid_bit, None, Reason(gap.reason), "", None)

    def height_amsl_m(self, north: int, east: int) -> Maybe:
        """Of a post, counted from the corner."""
        tile = self.tiles.get(north // 4 * 8 + east // 4)
        if tile is None or tile.heights_amsl_m is None:
            return missing(tile.reason if tile else 0)
        return Value(tile.heights_amsl_m[north % 4 * 4 + east % 4], source=tile.source or None, data_time_us=tile.data_time_us)
