// fusion/context/patch.h - encoder of terrain patches: schemas/patch.md, coding 1.
// SPDX-License-Identifier: Apache-2.0
//
// Lossless. Each layer of a window is coded by itself: either every cell (a key frame), or the
// cells of some blocks, the others being taken from a window that the receiver has. Pure
// functions, bounded sizes, no allocation. tests/support/patch_decode.h is the decoder.
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

#endif
