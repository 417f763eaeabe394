// geo/bounds.h - point and box tests for boxes of latitude and longitude.
// SPDX-License-Identifier: Apache-2.0
//
// All four edges belong to a box. A box whose west edge is east of its east edge crosses the
// antimeridian. Pure functions.
#ifndef GEO_BOUNDS_H
#define GEO_BOUNDS_H

#include <stdbool.h>

#include "geo/point.h"
#include "geo/tile.h"

// False for a point that is not a number.
bool geo_bounds_hold(struct geo_bounds bounds, struct geo_point point);

// True if the boxes share at least a point.
bool geo_bounds_touch(struct geo_bounds a, struct geo_bounds b);

// True if every point of `inner` is one of `outer`.
bool geo_bounds_within(struct geo_bounds inner, struct geo_bounds outer);

// A box that holds every point within a distance (>= 0) of a point; near a pole all longitudes.
struct geo_bounds geo_bounds_around(struct geo_point point, double radius_m);

// The narrowest box that holds both; across the antimeridian where that is the shorter way.
struct geo_bounds geo_bounds_join(struct geo_bounds a, struct geo_bounds b);
// At least `by_m` more on each side, up to the poles and round the world.
struct geo_bounds geo_bounds_widen(struct geo_bounds bounds, double by_m);

#endif
