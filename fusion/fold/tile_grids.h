// fusion/fold/tile_grids.h - tiles of the region and of its insets, numbered together.
// SPDX-License-Identifier: Apache-2.0
//
// Numbers count from 0: first the region's own tiles row by row, then those of each inset, the
// finest first. So every table by tile number (folded, rendered, touched by obstacles) covers
// all of them. A value; pure functions.
#ifndef FUSION_TILE_GRIDS_H
#define FUSION_TILE_GRIDS_H

#include <stdbool.h>
#include <stddef.h>

#include "fusion/root/root.h"

struct fusion_tile_grid {
    struct fusion_extent tiles;
    size_t first;                   // number of its north-west tile
    char name[GEO_INSET_NAME_SIZE]; // of the inset; "" of the region's own
};

struct fusion_tile_grids {
    struct fusion_tile_grid grids[1 + GEO_INSETS_MAX]; // the region's own first
    size_t count, tile_count;
};

struct fusion_tile_grids fusion_tile_grids_of(struct fusion_extent region);
// Adds the part of an inset that `keep` needs; false: none. Inset by inset, the
// finest first, at most GEO_INSETS_MAX.
bool fusion_tile_grids_add(struct fusion_tile_grids *grids, const struct geo_inset *inset,
                           struct geo_bounds keep);
// False: it is in none of them.
bool fusion_tile_grids_index(const struct fusion_tile_grids *grids, struct geo_tile tile,
                             size_t *out);
struct geo_tile fusion_tile_grids_tile(const struct fusion_tile_grids *grids, size_t index);

#endif
