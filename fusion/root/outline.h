// fusion/root/outline.h - the outline around a piece of a path, and the cells it touches.
// SPDX-License-Identifier: Apache-2.0
//
// A cell is touched if any position inside the outline would take it into account, that is if
// the cell grown by half a cell on each side touches it.
//
// Plain functions, no allocation.
#ifndef FUSION_OUTLINE_H
#define FUSION_OUTLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/simd.h"
#include "geo/frame.h"
#include "geo/point.h"

enum {
    FUSION_OUTLINE_CORNERS_MAX = 12,
    FUSION_OUTLINE_ROWS_AT_ONCE = 16, // even
};

// Convex, corners in order, in cells of the tile level: x eastward from longitude -180, y
// southward from latitude +90. x may run past the antimeridian.
struct fusion_outline {
    uint32_t corner_count;
    double x[FUSION_OUTLINE_CORNERS_MAX], y[FUSION_OUTLINE_CORNERS_MAX];
};

// Around the piece of path from a to b, half widths in metres at both ends, which are
// lengthened along the path by as much as said. Longitudes may run past 180 but not jump.
struct fusion_outline fusion_outline_piece(uint8_t level, struct geo_point a,
                                           struct geo_point b, double half_a_m, double half_b_m,
                                           double longer_a_m, double longer_b_m);

// The same where the frames at both ends are at hand: pieces of a path share them.
struct fusion_outline fusion_outline_between(uint8_t level, const struct geo_frame *at_a,
                                             const struct geo_frame *at_b, double half_a_m,
                                             double half_b_m, double longer_a_m,
                                             double longer_b_m);

// Around a disc: a regular polygon that holds it, at most 3.6 % larger in radius.
struct fusion_outline fusion_outline_disc(uint8_t level, struct geo_point centre,
                                          double radius_m);

// The box of cells that holds all touched ones.
struct fusion_outline_box {
    int64_t west, east, top, bottom; // first and last columns and rows
};
struct fusion_outline_box fusion_outline_box(const struct fusion_outline *outline);

// Line n, between two rows of cells, is y = n - 0.5: row r with half a cell more on each side
// lies between line r and line r + 2.
struct fusion_outline_corner {
    fusion_simd_pair x; // and -x
    double y;
    int64_t line; // the last one that it is not above
    int64_t next; // the first one that it is not below: `line` where it lies on that
};

// An outline made ready to be gone through row by row.
struct fusion_outline_corners {
    struct fusion_outline_box box;
    uint32_t count;
    struct fusion_outline_corner corners[FUSION_OUTLINE_CORNERS_MAX];
};
void fusion_outline_corners(const struct fusion_outline *outline,
                            struct fusion_outline_corners *out);

// The columns touched in a row: none when last < first.
struct fusion_outline_span {
    int64_t first, last;
};
// Of `count` rows from `row` on, at most FUSION_OUTLINE_ROWS_AT_ONCE. Returns how many cells
// they touch.
uint64_t fusion_outline_spans(
    const struct fusion_outline_corners *corners, int64_t row, uint32_t count,
    struct fusion_outline_span out[static FUSION_OUTLINE_ROWS_AT_ONCE]);

#endif
