// fusion/root/tile_thin.h - a tile that holds only the rows in which it differs from another.
// SPDX-License-Identifier: Apache-2.0
//
// A row of 256 cells takes 512 bytes, and an obstacle raises two or three: so the surface over
// a place with some masts takes a few kilobytes beside its ground instead of 128 and more.
// Every reader goes by rows (fusion_tile_row) or by cells, and finds the same.
#ifndef FUSION_TILE_THIN_H
#define FUSION_TILE_THIN_H

#include "fusion/root/tile.h"

enum { FUSION_THIN_ROWS_MAX = GEO_CELLS_SIDE / 2 }; // of its own

// The same tile, thin; `*out` is NULL where it would have more rows of its own, or none. Both
// are of one place, neither is thin. The base is held until the thin tile is freed, by the
// thread that frees both. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_tile_thin(const struct fusion_tile *tile,
                                                const struct fusion_tile *base,
                                                struct fusion_tile **out);
// The same tile with all its rows: as fusion_tile_make() makes it of these cells.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_tile_thick(const struct fusion_tile *thin,
                                                 struct fusion_tile **out);

#endif
