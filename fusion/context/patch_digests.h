// fusion/context/patch_digests.h - digests of windows, found by the tiles they were read from.
// SPDX-License-Identifier: Apache-2.0
//
// Tiles are immutable and numbered: a window of the same tiles has the same cells, and need not
// be read to know whether they changed. All tiles are of one pool, whose numbers never come
// again. Bounded; of a set the one used longest ago is
// overwritten. All memory is allocated at open, and touched only as far as it is used.
#ifndef FUSION_PATCH_DIGESTS_H
#define FUSION_PATCH_DIGESTS_H

#include "fusion/context/patch_window.h"

struct fusion_patch_digests;

DRF_MUST_CHECK enum drf_status fusion_patch_digests_open(struct fusion_patch_digests **out);
void fusion_patch_digests_close(struct fusion_patch_digests *digests); // NULL is fine

// Of a window that is read from these tiles (fusion_patch_window_tiles): all of *out but its
// cells, which stay as they are. False: not there.
bool fusion_patch_digests_find(struct fusion_patch_digests *digests,
                               struct fusion_patch_window window,
                               const uint64_t tiles[static FUSION_PATCH_WINDOW_TILES],
                               struct fusion_patch_window_cells *out);
void fusion_patch_digests_keep(struct fusion_patch_digests *digests,
                               const uint64_t tiles[static FUSION_PATCH_WINDOW_TILES],
                               const struct fusion_patch_window_cells *cells);

#endif
