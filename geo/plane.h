// geo/plane.h - positions to fractional indices of a weather grid and back.
// SPDX-License-Identifier: Apache-2.0
//
// Latitude and longitude are taken on the Earth figure that the grid names, as is usual for
// model output: no datum shift between the model's sphere and WGS 84. Fractional indices are
// i = (x - x0) / dx, j = (y - y0) / dy; a result outside 0 .. ni-1, 0 .. nj-1 is a position
// outside the grid, and no error. To get a plane's metres (or rotated degrees), open it with
// x0 = y0 = 0 and dx = dy = 1, ni = nj = 2.
//
// A plane has one owner and one thread at a time (PROJ keeps state in it). geo_plane_at() and
// the others allocate nothing.
#ifndef GEO_PLANE_H
#define GEO_PLANE_H

#include "geo/grid.h"
#include "geo/point.h"
#include "geo/status.h"

struct geo_plane;

// `grid` is copied. ni and nj matter only for wrapping the longitude (below).
// DRF_ERR_RANGE: an unknown kind, or parameters no projection has. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_plane_open(const struct geo_grid *grid,
                                              struct geo_plane **out);
void geo_plane_close(struct geo_plane *plane); // takes NULL

// Position to fractional index. In a latlon or rotated grid the longitude is wrapped to
// the index nearest the middle of the grid; in a whole-circle grid 0 <= i < ni, and
// i > ni - 1 lies between the last column and the first.
// DRF_ERR_RANGE: no such place in the plane (the far pole of a projection), or not a number.
DRF_MUST_CHECK enum drf_status geo_plane_at(const struct geo_plane *plane,
                                            struct geo_point point, double *i, double *j);

// Fractional index to position, longitude in -180 .. +180. DRF_ERR_RANGE as above.
DRF_MUST_CHECK enum drf_status geo_plane_point(const struct geo_plane *plane, double i,
                                               double j, struct geo_point *out);

// The bearing of the plane's +y axis at an index: clockwise from true north, -pi .. +pi. A
// vector (u along +x, v along +y) turns to true east and north by
//     east = u cos(r) + v sin(r),  north = -u sin(r) + v cos(r).
// For a Lambert plane r = n (lon - LoV). +y, not +j: it does not change with the sign of dy.
// DRF_ERR_RANGE: a pole, or no such place.
DRF_MUST_CHECK enum drf_status geo_plane_rotation_rad(const struct geo_plane *plane, double i,
                                                      double j, double *rad);

#endif
