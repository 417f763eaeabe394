// geo/format/grib/grib_grid.h - the grid of a GRIB field: scan order, window around a box.
// SPDX-License-Identifier: Apache-2.0
//
// No GRIB library; projections through geo/plane.h.
#ifndef GEO_GRIB_GRID_H
#define GEO_GRIB_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "geo/format/grib/grib_facts.h"
#include "geo/grid.h"
#include "geo/record/record.h"
#include "geo/status.h"
#include "geo/tile.h"

// The whole grid, first column westernmost (dx > 0), rows in the message's order. A global grid
// that repeats its first column at the end loses the repetition.
// DRF_ERR_RANGE, DRF_ERR_SYNTAX: degenerate, contradictory, or of a kind that is not read; *why
// says so. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_grib_grid_of(const struct geo_grib_points *points,
                                                struct geo_grid *out, struct geo_note *why);

// Columns i0 .. i0 + ni - 1 (modulo the width if the grid is a whole circle) and rows j0 ..
// j0 + nj - 1 of a grid.
struct geo_grib_window {
    uint32_t i0, ni, j0, nj;
};

// The part of `grid` that covers `keep` and two points more on each side.
// DRF_ERR_RANGE: they have no place in common; *why says so. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_grib_window_of(const struct geo_grid *grid,
                                                  struct geo_bounds keep,
                                                  struct geo_grib_window *out,
                                                  struct geo_note *why);

// The grid of a window.
struct geo_grid geo_grib_grid_cut(const struct geo_grid *grid, struct geo_grib_window window);

// Where point (i, j) of the whole grid stands among the values in the message's order.
size_t geo_grib_index(const struct geo_grib_points *points, uint32_t i, uint32_t j);

#endif
