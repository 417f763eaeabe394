// fusion/root/tile.h - one fused tile as the serve loop reads it.
// SPDX-License-Identifier: Apache-2.0
//
// Immutable after it is made; made by the fold (fusion/fold/fold.h), freed by the fabric when
// no root in use refers to it. Cells as in geo/cells.h. The source of a cell and what raised it
// form one of a few pairs per tile (its kinds). A cell stores the number of its kind in as few
// bits as needed, so that a tile takes 128 KB, and 8 to 64 KB more where sources meet, often
// none. Tiles of one height all over, as on the sea, share their cells. A surface that only
// some obstacles raise is thin: it holds the rows of cells that differ from its ground, and
// reads the others there (fusion/root/tile_thin.h).
//
// There is no pyramid of maxima: a look-ahead reads a corridor of a few hundred cells, row by
// row, faster than a pyramid would be searched, and a pyramid would take half as much memory
// again.
#ifndef FUSION_TILE_H
#define FUSION_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/source.h"
#include "fusion/root/tile_pool.h"
#include "geo/cells.h"
#include "geo/tile.h"

enum { FUSION_TILE_SOURCES_MAX = 255 };

enum fusion_surface_flag { // what raised a surface cell
    FUSION_SURFACE_GROUND = 1 << 0,
    FUSION_SURFACE_DSM = 1 << 1,
    FUSION_SURFACE_OBSTACLE = 1 << 2,
};

struct fusion_kind { // of cells
    uint8_t source;  // index into sources
    uint8_t flags;   // enum fusion_surface_flag
};

struct fusion_tile {
    struct geo_tile tile;
    uint32_t known;                             // known cells
    uint16_t source_count;                      // 0 only when nothing is known
    uint16_t kind_count;                        // 0 only when nothing is known
    uint8_t kind_bits;                          // of each cell in kind_of: 0, 1, 2, 4, 8 or 16
    const struct fusion_source *const *sources; // each is named by a cell
    const struct fusion_kind *kinds;            // in the order in which the cells name them
    const uint8_t *kind_of;        // packed, low bits first; NULL when kind_bits is 0
    struct fusion_tile_pool *pool; // of its cells, and of those made of it; NULL: malloc
    uint64_t number;               // no other tile of the pool has or had it; 0: no pool
    const uint16_t *cells;         // GEO_CELLS_COUNT, aligned to 16 bytes; NULL of a thin tile
    uint32_t holders;              // how many thin tiles read its rows
    // Of a thin tile alone; kind_of is of its own rows.
    const struct fusion_tile *base; // whose rows it reads; NULL: it is not thin
    const uint8_t *row_of;          // of each row: 0, the base's; else one more than its own
    const uint16_t *own_rows;       // aligned to 16 bytes
    const uint16_t *base_kind;      // which of its kinds each of the base's is
};

// A row of cells, the northernmost is 0; and one cell.
static inline const uint16_t *fusion_tile_row(const struct fusion_tile *tile, uint32_t row)
{
    if (tile->base == NULL)
        return tile->cells + (size_t)row * GEO_CELLS_SIDE;
    const uint32_t own = tile->row_of[row];
    return own == 0 ? tile->base->cells + (size_t)row * GEO_CELLS_SIDE
                    : tile->own_rows + (size_t)(own - 1) * GEO_CELLS_SIDE;
}
static inline uint16_t fusion_tile_cell(const struct fusion_tile *tile, uint32_t cell)
{
    return fusion_tile_row(tile, cell / GEO_CELLS_SIDE)[cell % GEO_CELLS_SIDE];
}

// Who says a known cell; of an unknown one some source or NULL.
const struct fusion_source *fusion_tile_source(const struct fusion_tile *tile, uint32_t cell);
// The same as an index into sources; 0 when nothing is known.
uint8_t fusion_tile_source_index(const struct fusion_tile *tile, uint32_t cell);
// What raised a known cell, enum fusion_surface_flag; of an unknown one meaningless.
uint8_t fusion_tile_flags(const struct fusion_tile *tile, uint32_t cell);

// Takes nothing over: copies cells, the sources they name, and what source_of and flags say.
// NULL pool: the cells lie in a block of malloc. NULL source_of: every cell is from sources[0].
// NULL flags: FUSION_SURFACE_GROUND. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_tile_make(struct fusion_tile_pool *pool,
                                                struct geo_tile tile, const uint16_t *cells,
                                                const struct fusion_source *const *sources,
                                                uint16_t source_count, const uint8_t *source_of,
                                                const uint8_t *flags, struct fusion_tile **out);
// Room for the cells of a tile and for the numbers of their kinds; NULL where those take no
// bits. False: no memory, and nothing was taken.
bool fusion_tile_room(struct fusion_tile_pool *pool, uint8_t bits, uint16_t **cells,
                      uint8_t **packed);
// NULL is fine. What a thin tile reads of it stays until that one is freed, too.
void fusion_tile_free(struct fusion_tile *tile);
// Equal cells, sources and flags. NULL, nothing known, equals NULL only.
bool fusion_tile_same(const struct fusion_tile *a, const struct fusion_tile *b);
// Cells by row and column, the last included; nothing when east < west or south < north.
struct fusion_cell_box {
    uint32_t north, south, west, east;
};
#define FUSION_CELL_BOX_EMPTY ((struct fusion_cell_box){.north = 1})
static inline bool fusion_cell_box_empty(struct fusion_cell_box box)
{
    return box.east < box.west || box.south < box.north;
}

// Where heights read from one of them (geo/cells.h, bilinear or of the four nearest cells) may
// differ from the other's: the box of the cells that are not the same, half a cell wider; the
// whole tile when one is NULL. Both are of one place, and not both NULL. A box may reach beyond
// the tile, never beyond the globe.
struct geo_bounds fusion_tile_difference(const struct fusion_tile *a,
                                         const struct fusion_tile *b);

// Where heights read from two tiles may differ that differ in these cells: half a cell more on
// each side. May reach beyond the tile, never beyond the globe.
struct geo_bounds fusion_tile_box_bounds(struct geo_tile tile, struct fusion_cell_box box);

#endif
