// fusion/root/corridor.h - the cells of ground and surface under a piece of the path ahead.
// SPDX-License-Identifier: Apache-2.0
//
// Around each piece of a path lies a convex outline: as wide as the corridor at either end,
// lengthened by the half width where the path begins, ends or bends, so that the outlines
// together cover everything within the half width of the path. A cell counts if any position
// inside the outline would take it into account, that is if the cell grown by half a cell on
// each side touches it: no maximum here is below what fusion/root/sample.h returns for a
// position inside. Unknown cells are counted, never skipped.
//
// Where there are insets the finest cells count, and a coarser cell is skipped if the tiles of
// an inset are known throughout wherever a position would read it; else both count, and the
// higher one holds. So a finer level never hides a height, and leaves no gap.
//
// Every touched cell is read once per layer, in runs along its row: the mean needs them all,
// and at the width of a corridor this is faster than descending a pyramid of maxima.
//
// Plain functions, no allocation.
#ifndef FUSION_CORRIDOR_H
#define FUSION_CORRIDOR_H

#include <math.h>
#include <stdint.h>

#include "fusion/root/outline.h"
#include "fusion/root/root.h"

// What the cells of one or more outlines hold.
struct fusion_swath {
    uint64_t cells;         // touched, each as often as an outline touched it; in cells of the
                            // finest level of the root
    uint64_t ground_known;  // of these
    uint64_t surface_known; // of these
    double ground_sum_m;    // over cells of known ground
    double ground_max_amsl_m, surface_max_amsl_m; // meaningful when one is known
    double
        ground_min_amsl_m;  // likewise; -HUGE_VAL where there are insets: it is not looked for
    double surface_acc95_m; // the worst of the rasters in the touched tiles; tops of obstacles
                            // hold theirs already
    double ground_acc95_m;  // the worst of the sources in the touched tiles
    const struct fusion_tile *last, *last_ground; // touched
};

static inline struct fusion_swath fusion_swath_empty(void)
{
    return (struct fusion_swath){.ground_max_amsl_m = -HUGE_VAL,
                                 .surface_max_amsl_m = -HUGE_VAL,
                                 .ground_min_amsl_m = HUGE_VAL};
}

// Asks the memory for the cells under the straight way from `a` to `b`, which nobody waits for:
// so they are there when the outlines along it are read. Longitudes may run past 180.
void fusion_corridor_prefetch(const struct fusion_root *root, struct geo_point a,
                              struct geo_point b);

// Adds the cells of one outline. A cell outside the root's tiles is unknown.
void fusion_swath_add(struct fusion_swath *swath, const struct fusion_root *root,
                      const struct fusion_outline *outline);

#endif
