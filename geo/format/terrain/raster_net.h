// geo/format/terrain/raster_net.h - where the cells of a tile lie in a raster, by a net.
// SPDX-License-Identifier: Apache-2.0
//
// A transformation between reference systems takes a third of a microsecond and changes little
// from cell to cell. It is computed for a net of points over the tile and interpolated between
// them, where that is within a centimetre; else for every cell. A tile's net depends on the
// tile and the reference systems alone, so that a raster and its chunks give the same bits.
#ifndef GEO_RASTER_NET_H
#define GEO_RASTER_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/format/terrain/raster_source.h"

enum { RASTER_NET_MAX = 64, RASTER_NET_POINTS = RASTER_NET_MAX + 1 };

struct raster_net {
    const struct raster_source *source;
    double west_deg, north_deg, cell_deg;
    int side;       // of positions: squares along a side; 0: each is computed
    int geoid_side; // of undulations, the same
    double x[RASTER_NET_POINTS * RASTER_NET_POINTS], y[RASTER_NET_POINTS * RASTER_NET_POINTS];
    double undulation_m[RASTER_NET_POINTS * RASTER_NET_POINTS];
};

// For the tile whose north-west corner is given; with undulations of EGM96 if `geoid`.
void raster_net_open(struct raster_net *net, const struct raster_source *source,
                     double west_deg, double north_deg, double cell_deg, bool geoid);

// Image coordinates of `count` positions of a row, a cell apart; row and column count cells
// from the corner, and the first column is 0 or below 1.
void raster_net_row(const struct raster_net *net, double row, double first_col, size_t count,
                    double *u, double *v);

// EGM96 over the ellipsoid at a cell's centre. DRF_ERR_RANGE, DRF_ERR_ABSENT:
// geo_crs_geoid_m().
DRF_MUST_CHECK enum drf_status raster_net_geoid_m(const struct raster_net *net, int row,
                                                  int col, double *undulation_m);

#endif
