// edge/config/region.h - the polygon a node serves, and the distance of a position from it.
// SPDX-License-Identifier: Apache-2.0
//
// One outer ring on WGS 84, not closed, counter-clockwise, without edges that cross or touch,
// not across the antimeridian, no pole inside. Edges are straight in latitude and longitude.
// Immutable once parsed; readable from any thread.
#ifndef EDGE_REGION_H
#define EDGE_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/point.h"
#include "geo/status.h"
#include "geo/tile.h"

enum { EDGE_REGION_VERTICES_MAX = 1000, EDGE_REGION_ERROR_SIZE = 160 };

struct edge_region {
    struct geo_point *ring;
    size_t count; // at least 3
    struct geo_bounds bounds;
};

// A box. DRF_ERR_RANGE: off the globe, or not west < east and south < north.
DRF_MUST_CHECK enum drf_status edge_region_from_bounds(struct geo_bounds bounds,
                                                       struct edge_region *out);
// From at least 3 vertices in either direction, closed or not; they are copied. On anything but
// DRF_OK `error` holds one human-readable line. DRF_ERR_RANGE, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_region_from_ring(const struct geo_point *ring, size_t count,
                                                     char error[static EDGE_REGION_ERROR_SIZE],
                                                     struct edge_region *out);
// What another node says of its region: copied as it is, edges that cross are not looked for.
// DRF_ERR_RANGE: fewer than 3 vertices or too many, off the globe, or wider than 180 degrees.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_region_copy(const struct geo_point *ring, size_t count,
                                                struct edge_region *out);
void edge_region_close(struct edge_region *region); // NULL is fine

// How far `point` is outside the ring; 0 inside and on it. Metres on the sphere of the mean
// radius, better than 1 % up to 100 km.
double edge_region_distance_m(const struct edge_region *region, struct geo_point point);

// Whether the ring holds `point`: inside, or on it.
bool edge_region_holds(const struct edge_region *region, struct geo_point point);

// Whether the two come within `reach_m` of each other; where they touch, at any.
bool edge_region_near(const struct edge_region *a, const struct edge_region *b, double reach_m);

// The box widened by `by_m` on every side, cut at the poles and the antimeridian.
struct geo_bounds edge_bounds_widen(struct geo_bounds bounds, double by_m);

#endif
