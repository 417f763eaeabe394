// edge/serve/patch_cache.h - cache of encoded key frames, for all drones.
// SPDX-License-Identifier: Apache-2.0
//
// A ring of bytes with an index by position and digest of the cells; the oldest is overwritten.
// All memory is allocated at open, and touched only as far as there are different windows.
#ifndef EDGE_PATCH_CACHE_H
#define EDGE_PATCH_CACHE_H

#include "edge/wire/wire_patch.h"

struct edge_patch_cache;

// With so many bytes for what was coded, 4 MB at least; the index takes about 1 MB more.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_patch_cache_open(uint64_t bytes,
                                                     struct edge_patch_cache **out);
void edge_patch_cache_close(struct edge_patch_cache *cache); // NULL is fine

// The layers of these cells, until the next is kept; false: not there.
bool edge_patch_cache_find(const struct edge_patch_cache *cache,
                           const struct fusion_patch_window_cells *cells,
                           struct edge_wire_layer *ground, struct edge_wire_layer *surface);
void edge_patch_cache_keep(struct edge_patch_cache *cache,
                           const struct fusion_patch_window_cells *cells,
                           struct edge_wire_layer ground, struct edge_wire_layer surface);

#endif
