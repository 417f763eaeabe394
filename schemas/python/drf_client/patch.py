# schemas/python/drf_client/patch.py - the cells around the aircraft (schemas/patch.md): streams, places, heights.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Literal

from . import v1
from .enums import Reason
from .patch_codec import UNKNOWN, Patches
from .values import Absent, Late, Maybe, Value, missing

if TYPE_CHECKING:
    import numpy

log = logging.getLogger("drf_client")
Layer = Literal["ground", "surface"]


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A square of cells, x eastward and y northward from 0. Heights hold as of `message.node_time_us`."""

    message: v1.Patch
    side: int
    ground: list[int]  # as coded, row by row from the south; 65535: not known
    surface: list[int]
    weather: tuple[v1.WeatherCell, ...]

    def __bool__(self) -> Literal[True]:
        return True

    @property
    def cell_deg(self) -> float:
        return 180.0 / (256 << self.message.level)

    def centre_deg(self, x: int, y: int) -> tuple[float, float]:
        """Latitude and longitude of the middle of a cell."""
        lon = (self.message.west_cell + x + 0.5) * self.cell_deg - 180.0
        return (self.message.south_cell + y + 0.5) * self.cell_deg - 90.0, (lon + 180.0) % 360.0 - 180.0

    def cell(self, lat_deg: float, lon_deg: float) -> tuple[int, int] | None:
        """x and y of the cell of a place; None outside the window."""
        y = int((lat_deg + 90.0) // self.cell_deg) - self.message.south_cell
        x = (int((lon_deg + 180.0) // self.cell_deg) - self.message.west_cell) % (512 << self.message.level)
        return (x, y) if 0 <= x < self.side and 0 <= y < self.side else None

    def height_amsl_m(self, layer: Layer, x: int, y: int) -> Maybe:
        """Ground: the mean of a cell. Surface: the greatest in it, with trees and obstacles as far as they are known."""
        number = (self.ground if layer == "ground" else self.surface)[y * self.side + x]
        if number == UNKNOWN:
            return missing(Reason.NO_DATA, "this cell is not known")
        return Value(self.message.offset_amsl_m + self.message.quantum_m * number)

    def at(self, layer: Layer, lat_deg: float, lon_deg: float) -> Maybe:
        cell = self.cell(lat_deg, lon_deg)
        return self.height_amsl_m(layer, *cell) if cell else missing(Reason.OUT_OF_REGION, "outside the window")

    def array(self, layer: Layer) -> numpy.ndarray[tuple[int, int], numpy.dtype[numpy.float64]]:
        """[y, x] in metres, NaN where it is not known. Needs numpy: `pip install ./schemas/python[numpy]`."""
        try:
            import numpy as np
        except ImportError as error:
            raise ImportError(f"Window.array() needs numpy: pip install './schemas/python[numpy]' ({error})") from error

        cells = np.array(self.ground if layer == "ground" else self.surface, dtype=np.float64).reshape(self.side, self.side)
        cells[cells == UNKNOWN] = np.nan
        return np.asarray(self.message.offset_amsl_m + self.message.quantum_m * cells, dtype=np.float64)


class PatchStream:
    """Windows by node, each of its newest stream: what one node sends is coded against what it sent before."""

    def __init__(self) -> None:
        # region and node: boot, acknowledged, patches, window
        self._held: dict[tuple[str, str], tuple[int, int, Patches, Window | None]] = {}

    def take(self, region: str, message: v1.Patch) -> None:
        boot, _, patches, window = self._held.get((region, message.node_id), (0, 0, Patches(), None))
        if message.boot_id < boot or message.boot_id == boot and window and message.seq <= window.message.seq:
            return  # of a former life of the node, or overtaken
        if message.boot_id > boot:
            patches, window = Patches(), None
        if not message.base_seq:
            patches.held.clear()  # nothing older is needed
        try:
            if message.coding not in (0, 1) or message.columns not in (64, 128, 256) or message.rows != message.columns:
                raise ValueError(f"coding {message.coding}, {message.columns} x {message.rows} cells")
            seen = patches.take(message)
        except (IndexError, TypeError, ValueError) as error:
            log.warning("patch %d of %s is discarded: %s", message.seq, region, error)
            seen = 0
        if seen:
            told = message.weather or not message.base_seq or window is None
            weather = tuple(message.weather) if told or window is None else window.weather
            window = Window(message, message.columns, patches.ground, patches.surface, weather)
        self._held[region, message.node_id] = message.boot_id, seen, patches, window

    def seen(self, region: str, boot_id: int) -> int:
        """For seen.patch_seq; 0 asks for a key frame."""
        return next((seen for (name, _), (boot, seen, _, _) in self._held.items() if (name, boot) == (region, boot_id)), 0)

    def window(self, region: str, boot_id: int) -> Window | Late | Absent:
        """Of the stream whose contexts are used; its node has sent none yet where it has just taken over."""
        for (name, _), (boot, _, _, window) in self._held.items():
            if window and (name, boot) == (region, boot_id):
                return window
        return Late(Reason.UNKNOWN, "no patch yet: does the profile ask for one?")
