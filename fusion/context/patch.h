// fusion/context/patch.h - the cells of a window as bytes: schemas/patch.md, coding 1.
// SPDX-License-Identifier: Apache-2.0
//
// Lossless. Each layer of a window is coded by itself: every cell (a key frame), or the cells
// of some blocks, the others being taken from a window that the reader has. Pure functions,
// sizes bounded, no allocation. Decoding reads any bytes safely.
#ifndef FUSION_PATCH_H
#define FUSION_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/context/patch_window.h"
#include "geo/status.h"

enum {
    FUSION_PATCH_CODING = 1,
    FUSION_PATCH_LAYER_MAX =
        1 + 8 + 2 * FUSION_PATCH_WINDOW_CELLS_MAX, // no coded layer is longer
};

// Codes the cells of the blocks in `news` (UINT64_MAX: every cell, a key frame), side x side
// cells, each against `under` where that is not NULL (the ground under a surface). *size is the
// room in, the length out. DRF_ERR_FULL: no room (never with FUSION_PATCH_LAYER_MAX).
DRF_MUST_CHECK enum drf_status fusion_patch_encode(const uint16_t *cells, const uint16_t *under,
                                                   uint16_t side, uint64_t news, uint8_t *bytes,
                                                   size_t *size);

// What the reader holds; window is that of the bytes to be read, base_window that of `base`.
struct fusion_patch_base {
    struct fusion_patch_window window;
    const uint16_t *cells; // NULL: none, only key frames can be read
};

// Reads a layer into `cells`, side x side of them; they must not be those of the base. size 0:
// nothing is new. *news: the blocks that were coded. DRF_ERR_SYNTAX: not a layer, or it needs a
// base that does not hold what it takes from it; `cells` is then unspecified.
DRF_MUST_CHECK enum drf_status fusion_patch_decode(const uint8_t *bytes, size_t size,
                                                   struct fusion_patch_window window,
                                                   const struct fusion_patch_base *base,
                                                   const uint16_t *under, uint16_t *cells,
                                                   uint64_t *news);

#endif
