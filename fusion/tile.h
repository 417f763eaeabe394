// fusion/tile.h - one fused tile as the serve loop reads it.
// SPDX-License-Identifier: Apache-2.0
//
// Immutable after it is made; made by the fold (fusion/fold.h), freed by the fabric when no
// root that serve may hold refers to it. Cells as in geo/cells.h. `maxima` is a pyramid of
// maxima over known cells: level k (0..7) has side 128 >> k, one entry is the maximum of 2 x 2
// of the level below; GEO_CELL_UNKNOWN when all four are. `unknown` counts unknown cells in the
// same pyramid, so that a block can be told complete without reading it.
#ifndef FUSION_TILE_H
#define FUSION_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/source.h"
#include "geo/cells.h"
#include "geo/tile.h"

enum {
    FUSION_TILE_SOURCES_MAX = 255,
    FUSION_PYRAMID_COUNT = 128 * 128 + 64 * 64 + 32 * 32 + 16 * 16 + 8 * 8 + 4 * 4 + 2 * 2 + 1,
};

enum fusion_surface_flag { // what raised a surface cell
    FUSION_SURFACE_GROUND = 1 << 0,
    FUSION_SURFACE_DSM = 1 << 1,
    FUSION_SURFACE_OBSTACLE = 1 << 2,
};

struct fusion_tile {
    struct geo_tile tile;
    uint32_t known;        // known cells
    uint16_t source_count; // 0 only when nothing is known
    bool uniform_source;   // then every known cell is from sources[0] and source_of is NULL
    bool uniform_flags;    // then `flags_all` holds for every known cell and flags is NULL
    uint8_t flags_all;
    const struct fusion_source *const *sources;
    const uint8_t *source_of; // per cell, index into sources; of unknown cells meaningless
    const uint8_t *flags;     // per cell, enum fusion_surface_flag; surface tiles only
    const uint16_t *cells;    // GEO_CELLS_COUNT
    const uint16_t *maxima;   // FUSION_PYRAMID_COUNT, level 0 first
    const uint16_t *unknown;  // FUSION_PYRAMID_COUNT; an entry of 65536 saturates at 65535
};

// Where the entry of pyramid level k (0 .. 7) at (row, column) stands.
uint32_t fusion_pyramid_index(uint32_t level, uint32_t row, uint32_t column);

// Takes nothing over: copies cells, sources, and where not NULL source_of and flags, computes
// the pyramid. NULL source_of: every cell is from sources[0]. NULL flags:
// FUSION_SURFACE_GROUND. What is the same for every known cell is kept once. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_tile_make(struct geo_tile tile, const uint16_t *cells,
                                                const struct fusion_source *const *sources,
                                                uint16_t source_count, const uint8_t *source_of,
                                                const uint8_t *flags, struct fusion_tile **out);
void fusion_tile_free(struct fusion_tile *tile); // NULL is fine
// Equal cells, sources and flags. NULL, nothing known, equals NULL only.
bool fusion_tile_same(const struct fusion_tile *a, const struct fusion_tile *b);

#endif
