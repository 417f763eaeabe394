// geo/grid.h - definition of a weather grid: projection, origin, spacing.
// SPDX-License-Identifier: Apache-2.0
//
// A grid is regular in a plane: x = x0 + i * dx, y = y0 + j * dy, with 0 <= i < ni, 0 <= j <
// nj. The plane is longitude/latitude in degrees, rotated longitude/latitude in degrees, or
// metres of a map projection on the Earth figure that the source names. +y is north in the
// plane, dy may be negative.
#ifndef GEO_GRID_H
#define GEO_GRID_H

#include <stdint.h>

enum geo_grid_kind {
    GEO_GRID_LATLON = 1,
    GEO_GRID_ROTATED_LATLON =
        2,                 // p: south pole lat, south pole lon, angle of rotation (degrees)
    GEO_GRID_LAMBERT = 3,  // p: LaD, LoV, Latin1, Latin2
    GEO_GRID_POLAR = 4,    // p: LaD, LoV, +90 or -90 (the projection's centre)
    GEO_GRID_MERCATOR = 5, // p: LaD, central longitude
};

struct geo_grid {
    uint32_t kind;                     // enum geo_grid_kind
    uint32_t ni, nj;                   // >= 2 each
    uint32_t whole_circle;             // 1: a latlon grid that closes on itself in longitude
    double x0, y0, dx, dy;             // degrees or metres; dx > 0, dy != 0
    double p[4];                       // by kind, degrees
    double semi_major_m, semi_minor_m; // Earth figure of the source; equal for a sphere
};

#endif
