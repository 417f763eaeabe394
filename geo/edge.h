// geo/edge.h - long edges: straight in degrees, or along the shortest way on the globe.
// SPDX-License-Identifier: Apache-2.0
//
// Every edge of a ring and every leg of a plan is taken as straight in latitude and longitude
// (RFC 7946, 3.1.1). Some who publish one mean the geodesic, which leaves that line towards the
// pole: by up to 1.1 L^2 tan(lat) / 8R, 15 m in 20 km at 60 degrees. Up to
// GEO_EDGE_STRAIGHT_MAX_M the difference is left aside; beyond, whoever must never take an area
// or a corridor smaller than it was meant widens it by these functions. They use great circles
// on the sphere; the margin they take is wider than the difference to a geodesic of WGS 84.
// Pure functions.
#ifndef GEO_EDGE_H
#define GEO_EDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/point.h"

#define GEO_EDGE_STRAIGHT_MAX_M 20000.0
// An edge over more than these degrees of longitude is no shortest way: it is straight.
#define GEO_EDGE_GREAT_CIRCLE_MAX_DEG 90.0

enum { GEO_EDGE_PIECES_MAX = 32 }; // of one edge that is widened

// The length of the great circle, the shorter way round.
double geo_edge_length_m(struct geo_point a, struct geo_point b);

// The greatest distance between the two readings of an edge, never less than it is; 0 for an
// edge of up to GEO_EDGE_STRAIGHT_MAX_M. Longitudes may run past 180.
double geo_edge_bulge_m(struct geo_point a, struct geo_point b);

// Copies a ring (geo/ring.h: counter-clockwise, without its closing vertex) with vertices
// added, so that it holds the area of both readings. Longitudes may run past 180. False: `room`
// is too small. The result may cross itself where the ring was narrow.
bool geo_edge_widen_ring(const struct geo_point *ring, size_t count, struct geo_point *out,
                         size_t room, size_t *out_count);

#endif
