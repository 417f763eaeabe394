// fusion/fold/bare.h - what cells under the obstacles of a surface are without them.
// SPDX-License-Identifier: Apache-2.0
//
// Where a surface model lies under an obstacle, the fused tile does not say what the model
// does. Kept beside a surface on which obstacles go or become lower, so that only the cells
// under them are folded again (fusion/fold/refold.h). Whole, or not to be used: what has no
// room is remembered. One owner, no threads.
#ifndef FUSION_BARE_H
#define FUSION_BARE_H

#include "fusion/fold/provenance.h"
#include "fusion/root/tile.h"

enum { FUSION_BARE_MAX = 8192 }; // cells: 128 KB

struct fusion_bare_cell {
    const struct fusion_source *source;
    uint16_t cell, height; // its number in the tile, and what it holds
    uint8_t flags;         // enum fusion_surface_flag
};

struct fusion_bare {
    struct fusion_provenance *provenances; // borrowed; NULL: they need not be held
    struct fusion_bare_cell *cells;
    size_t count, room;
    bool lost; // some had no room
};

struct fusion_bare *fusion_bare_open(struct fusion_provenance *provenances); // NULL: no memory
void fusion_bare_close(struct fusion_bare *bare);                            // NULL is fine

// Each cell once, in any order. Holds its source.
void fusion_bare_add(struct fusion_bare *bare, struct fusion_bare_cell cell);
// After the last. False: it is not whole.
bool fusion_bare_sort(struct fusion_bare *bare);
// NULL: none of that number.
const struct fusion_bare_cell *fusion_bare_find(const struct fusion_bare *bare, uint32_t cell);
// Of the first `count` those of the box go: others of it were added behind them. Sorted next.
void fusion_bare_drop(struct fusion_bare *bare, struct fusion_cell_box box, size_t count);

#endif
