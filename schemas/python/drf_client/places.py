# schemas/python/drf_client/places.py - where a region is: inside it, or how far outside.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from . import v1

M_PER_DEG = 111_195.0  # of a great circle, on the sphere of 6,371 km


@dataclasses.dataclass(frozen=True, slots=True)
class Polygon:
    """Corners in degrees, latitude and longitude, in either direction and not closed. Its edges are straight in both."""

    corners: tuple[tuple[float, float], ...]

    @staticmethod
    def of(boundary: Iterable[v1.Vertex]) -> Polygon:
        return Polygon(tuple((vertex.lat_e7 / 1e7, vertex.lon_e7 / 1e7) for vertex in boundary))

    def distance_m(self, lat_deg: float, lon_deg: float) -> float:
        """0 inside. On a plane around the place, which is right to a thousandth at the distances of a margin."""
        east = M_PER_DEG * math.cos(math.radians(lat_deg))
        plane = [(((lon - lon_deg + 180.0) % 360.0 - 180.0) * east, (lat - lat_deg) * M_PER_DEG) for lat, lon in self.corners]
        inside, nearest = False, math.inf
        for (x0, y0), (x1, y1) in zip(plane, plane[1:] + plane[:1], strict=True):
            if (y0 > 0.0) != (y1 > 0.0) and x0 - y0 * (x1 - x0) / (y1 - y0) > 0.0:
                inside = not inside
            along = (x1 - x0) ** 2 + (y1 - y0) ** 2
            share = min(1.0, max(0.0, -(x0 * (x1 - x0) + y0 * (y1 - y0)) / along)) if along else 0.0
            nearest = min(nearest, math.hypot(x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
        return 0.0 if inside else nearest
