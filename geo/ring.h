// geo/ring.h - checks and normal form of lines and polygon rings.
// SPDX-License-Identifier: Apache-2.0
//
// Vertices in plain latitude and longitude, an edge being straight between them (RFC 7946,
// 3.1.1). A polygon is a ring without its closing vertex, counter-clockwise, at least three
// vertices, area above zero, no two edges crossing.
#ifndef GEO_RING_H
#define GEO_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/point.h"
#include "geo/status.h"

// Removes vertices equal to the one before them; returns how many remain.
size_t geo_ring_distinct(struct geo_point *vertices, size_t count);

// True if two neighbours are more than half a circle apart: the line meant to cross the
// antimeridian.
bool geo_ring_crosses_antimeridian(const struct geo_point *vertices, size_t count);

// Twice the signed area in square degrees, positive if counter-clockwise.
double geo_ring_area2(const struct geo_point *vertices, size_t count);

// Whether the closed ring holds the point: inside, or within 0.000001 degrees (0.1 m) of an
// edge.
bool geo_ring_holds(const struct geo_point *vertices, size_t count, struct geo_point point);

void geo_ring_reverse(struct geo_point *vertices, size_t count);

// Whether two edges of the closed ring cross each other; touching is not crossing.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_ring_crosses_itself(const struct geo_point *vertices,
                                                       size_t count, bool *out);

// The convex ring around `count` points, counter-clockwise; sorts `points`. `out` has room for
// one more than that. Fewer than three: they have no area.
size_t geo_ring_hull(struct geo_point *points, size_t count, struct geo_point *out);

#endif
