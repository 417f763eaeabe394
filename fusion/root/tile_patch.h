// fusion/root/tile_patch.h - a fused tile made from another one that differs in a box of cells.
// SPDX-License-Identifier: Apache-2.0
//
// The same bytes as fusion_tile_make() would give for the whole, without looking at each cell
// outside of the box. Allocates the new tile alone.
#ifndef FUSION_TILE_PATCH_H
#define FUSION_TILE_PATCH_H

#include "fusion/root/tile.h"

enum { FUSION_PATCH_KINDS_MAX = 512 };

struct fusion_patch_kind { // as struct fusion_kind, by the source itself
    const struct fusion_source *source;
    uint8_t flags;
};

struct fusion_tile_patch {
    struct fusion_cell_box box; // not empty
    // Of the box, row by row, `stride` apart: the cells, and the kind of each known one.
    const uint16_t *cells, *kinds;
    uint32_t stride;
    // The first ones are the old tile's, in its order.
    const struct fusion_patch_kind *names;
    uint16_t name_count;
};

// *out: NULL when nothing is known any more. DRF_ERR_FULL: more sources than a tile can name.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_tile_patch(const struct fusion_tile *old,
                                                 const struct fusion_tile_patch *patch,
                                                 struct fusion_tile **out);

#endif
