// fusion/context/pane.h - an aligned square of native cells of ground and surface around a
// place. SPDX-License-Identifier: Apache-2.0
//
// A window has 64, 128 or 256 cells a side and is made of 8 x 8 blocks; its south-west corner
// lies on a multiple of a block's side, so that drones near each other share windows and a
// window that moves enters whole rows and columns of blocks. Cells as in geo/cells.h, row 0 the
// southernmost, column 0 the westernmost. Columns go around the globe, rows end at the poles.
// No allocation.
#ifndef FUSION_PANE_H
#define FUSION_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/point.h"

enum {
    FUSION_PANE_SIDE_MAX = 256,
    FUSION_PANE_CELLS_MAX = FUSION_PANE_SIDE_MAX * FUSION_PANE_SIDE_MAX,
    FUSION_PANE_BLOCKS_SIDE = 8,
    FUSION_PANE_BLOCKS = 64,
};

struct fusion_pane {
    uint32_t west, south; // columns from longitude -180, rows from latitude -90
    uint16_t side;        // 64, 128, 256
    uint8_t level;        // of WorldCRS84Quad
};

bool fusion_pane_valid(struct fusion_pane window);
bool fusion_pane_same(struct fusion_pane a, struct fusion_pane b);

// The window around a place on the globe. `last` (NULL: none) is kept while the place lies
// within a block and a half of its middle, so that a drone on a border does not flap.
struct fusion_pane fusion_pane_around(uint8_t level, uint16_t side, struct geo_point place,
                                      const struct fusion_pane *last);

// The same of the finest level whose tiles hold all of the window, the region's own if no
// inset's do.
struct fusion_pane fusion_pane_finest(const struct fusion_root *root, uint16_t side,
                                      struct geo_point place, const struct fusion_pane *last);

struct fusion_pane_cells {
    struct fusion_pane pane;
    uint32_t ground_known, surface_known;
    uint64_t blocks[FUSION_PANE_BLOCKS]; // a digest of both layers; block 8 * row + column
    uint16_t ground[FUSION_PANE_CELLS_MAX];
    uint16_t surface[FUSION_PANE_CELLS_MAX];
};

// Copies the cells out of the root; what it has no tile of that level for is
// GEO_CELL_UNKNOWN.
void fusion_pane_read(const struct fusion_root *root, struct fusion_pane window,
                      struct fusion_pane_cells *out);

// How far east and north `to` lies of `from` in cells; false: not the same level and side, or
// so far that they share no block.
bool fusion_pane_shift(struct fusion_pane from, struct fusion_pane to, int32_t *east,
                       int32_t *north);

// Blocks of `now` that somebody who has `base` does not have: those it does not hold, and
// those whose digest differs. Bit 8 * row + column.
uint64_t fusion_pane_news(const struct fusion_pane_cells *now, struct fusion_pane base,
                          const uint64_t base_blocks[static FUSION_PANE_BLOCKS]);

#endif
