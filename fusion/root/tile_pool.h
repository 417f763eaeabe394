// fusion/root/tile_pool.h - where the cells of a fabric's tiles lie: together, in large pages.
// SPDX-License-Identifier: Apache-2.0
//
// A look-ahead touches a few rows in each of many tiles. With pages of 4 KB the processor looks
// up an address for nearly every row; 16 tiles fit a page of 2 MB (Linux: transparent huge
// pages, asked for by madvise; where there are none these are common pages). A block is taken
// where the lowest is free, and a page without a tile is given back, all but one. Tiles of one
// height all over, as on the sea, share the cells of that height. One owner, no threads.
#ifndef FUSION_TILE_POOL_H
#define FUSION_TILE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

struct fusion_tile_pool;
DRF_MUST_CHECK enum drf_status fusion_tile_pool_open(struct fusion_tile_pool **out);
// After every tile of it was freed; NULL is fine.
void fusion_tile_pool_close(struct fusion_tile_pool *pool);

// GEO_CELLS_COUNT cells, not written, aligned to 64 bytes; NULL: no memory.
uint16_t *fusion_tile_pool_take(struct fusion_tile_pool *pool);
// GEO_CELLS_COUNT cells of that value, shared by all that take it, not to be written; NULL: no
// memory.
const uint16_t *fusion_tile_pool_share(struct fusion_tile_pool *pool, uint16_t value);
// What was taken, or shared.
void fusion_tile_pool_give(struct fusion_tile_pool *pool, const uint16_t *cells);
// Greater than any number it gave before, and than 1.
uint64_t fusion_tile_pool_number(struct fusion_tile_pool *pool);
// Bytes that are held, whether or not a tile lies in them.
size_t fusion_tile_pool_held(const struct fusion_tile_pool *pool);

#endif
