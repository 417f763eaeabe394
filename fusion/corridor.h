// fusion/corridor.h - what stands in the way ahead, in segments without gaps.
// SPDX-License-Identifier: Apache-2.0
//
// A path is a chain of points; around each piece of it lies a convex quadrilateral: as wide as
// the corridor at either end, lengthened by the half width where the path begins, ends or
// bends, so that the pieces together cover everything within the half width of the path. A cell
// counts when any position inside the quadrilateral would take it into account, that is when
// the cell grown by half a cell on each side touches it: no maximum here is below what
// fusion/sample.h says of any position inside. Unknown cells are counted, never passed over.
//
// Plain functions, no allocation. A path along a constant true course is a rhumb line.
#ifndef FUSION_CORRIDOR_H
#define FUSION_CORRIDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root.h"
#include "geo/point.h"

enum { FUSION_SEGMENTS_MAX = 8 };

// Four corners in order, in cells of the tile level: x eastward from longitude -180, y
// southward from latitude +90.
struct fusion_quad {
    double x[4], y[4];
};

// What the cells of one or more quadrilaterals hold.
struct fusion_swath {
    uint64_t cells;         // touched, each as often as a quadrilateral touched it
    uint64_t ground_known;  // with known ground
    uint64_t surface_known; // with known surface
    double ground_sum_m;    // over cells of known ground
    double ground_max_amsl_m, surface_max_amsl_m; // meaningful when one is known
    enum fusion_reason unknown_reason; // of the first unknown surface; NONE when none is
};

struct fusion_swath fusion_swath_empty(void);

// Adds the cells of one quadrilateral. A cell outside the root's tiles is unknown.
void fusion_corridor_scan(const struct fusion_root *root, const struct fusion_quad *quad,
                          struct fusion_swath *swath);

// The quadrilateral around a piece of path from a to b, half widths in metres at both, of which
// the ends may be lengthened. a and b may be equal: a square around the point.
struct fusion_quad fusion_corridor_quad(const struct fusion_root *root, struct geo_point a,
                                        struct geo_point b, double half_a_m, double half_b_m,
                                        double lengthen_a_m, double lengthen_b_m);

#endif
