// fusion/context/patch_window.h - an aligned square of fused cells around a position.
// SPDX-License-Identifier: Apache-2.0
//
// A window has 64, 128 or 256 cells a side and consists of 8 x 8 blocks. Its south-west corner
// lies on a multiple of a block's side: drones near each other share windows, and a window that
// moves gains whole rows and columns of blocks. Cells as in geo/cells.h; row 0 is the
// southernmost, column 0 the westernmost. Columns go around the globe, rows end at the poles.
// No allocation.
#ifndef FUSION_PATCH_WINDOW_H
#define FUSION_PATCH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/point.h"

enum {
    FUSION_PATCH_WINDOW_SIDE_MAX = 256,
    FUSION_PATCH_WINDOW_CELLS_MAX = FUSION_PATCH_WINDOW_SIDE_MAX * FUSION_PATCH_WINDOW_SIDE_MAX,
    FUSION_PATCH_WINDOW_BLOCKS_SIDE = 8,
    FUSION_PATCH_WINDOW_BLOCKS = 64,
    FUSION_PATCH_WINDOW_TILES = 8, // four of each layer at most
};

struct fusion_patch_window {
    uint32_t west, south; // columns from longitude -180, rows from latitude -90
    uint16_t side;        // 64, 128, 256
    uint8_t level;        // of WorldCRS84Quad
};

bool fusion_patch_window_valid(struct fusion_patch_window window);
bool fusion_patch_window_same(struct fusion_patch_window a, struct fusion_patch_window b);

// The window around a place on the globe. `last` (NULL: none) is kept while the place lies
// within a block and a half of its middle, so that a drone on a border does not flap.
struct fusion_patch_window fusion_patch_window_around(uint8_t level, uint16_t side,
                                                      struct geo_point place,
                                                      const struct fusion_patch_window *last);

// The same of the finest level whose tiles hold all of the window, the region's own if no
// inset's do.
struct fusion_patch_window fusion_patch_window_finest(const struct fusion_root *root,
                                                      uint16_t side, struct geo_point place,
                                                      const struct fusion_patch_window *last);

struct fusion_patch_window_cells {
    struct fusion_patch_window patch_window;
    uint32_t ground_known, surface_known;
    uint64_t
        blocks[FUSION_PATCH_WINDOW_BLOCKS]; // a digest of both layers; block 8 * row + column
    uint16_t ground[FUSION_PATCH_WINDOW_CELLS_MAX];
    uint16_t surface[FUSION_PATCH_WINDOW_CELLS_MAX];
};

// Copies the cells out of the root; what it has no tile of that level for is
// GEO_CELL_UNKNOWN.
void fusion_patch_window_read(const struct fusion_root *root, struct fusion_patch_window window,
                              struct fusion_patch_window_cells *out);

// The numbers of the tiles that it is read from: where they are the same, so are the cells.
// False: one has no number.
bool fusion_patch_window_tiles(const struct fusion_root *root,
                               struct fusion_patch_window window,
                               uint64_t out[static FUSION_PATCH_WINDOW_TILES]);

// How far east and north `to` lies of `from` in cells; false: not the same level and side, or
// so far that they share no block.
bool fusion_patch_window_shift(struct fusion_patch_window from, struct fusion_patch_window to,
                               int32_t *east, int32_t *north);

// Blocks of `now` that a holder of `base` lacks: those it does not hold, and
// those whose digest differs. Bit 8 * row + column.
uint64_t fusion_patch_window_changed(
    const struct fusion_patch_window_cells *now, struct fusion_patch_window base,
    const uint64_t base_blocks[static FUSION_PATCH_WINDOW_BLOCKS]);

#endif
