// SPDX-License-Identifier: Apache-2.0
#include "fusion/tile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 8 };

uint32_t fusion_pyramid_index(uint32_t level, uint32_t row, uint32_t column)
{
    assert(level < LEVELS);
    uint32_t side = 128U >> level;
    assert(row < side && column < side);
    // The levels before this one hold 4^7 + 4^6 + ... entries, a geometric sum.
    uint32_t before = (65536U - (1U << (2 * (LEVELS - level)))) / 3;
    return before + row * side + column;
}

static uint16_t greater_known(uint16_t a, uint16_t b)
{
    if (a == GEO_CELL_UNKNOWN)
        return b;
    return b == GEO_CELL_UNKNOWN || a > b ? a : b;
}

static void build_first_level(const uint16_t *cells, uint16_t *maxima, uint16_t *unknown)
{
    for (uint32_t row = 0; row < 128; row++)
        for (uint32_t col = 0; col < 128; col++) {
            const uint16_t *top = cells + (size_t)row * 2 * GEO_CELLS_SIDE + (size_t)col * 2;
            const uint16_t *low = top + GEO_CELLS_SIDE;
            uint32_t at = row * 128 + col;
            maxima[at] =
                greater_known(greater_known(top[0], top[1]), greater_known(low[0], low[1]));
            unknown[at] =
                (uint16_t)((top[0] == GEO_CELL_UNKNOWN) + (top[1] == GEO_CELL_UNKNOWN)
                           + (low[0] == GEO_CELL_UNKNOWN) + (low[1] == GEO_CELL_UNKNOWN));
        }
}

static void build_level(uint32_t level, uint16_t *maxima, uint16_t *unknown)
{
    uint32_t side = 128U >> level, below = side * 2;
    const size_t from = fusion_pyramid_index(level - 1, 0, 0);
    const size_t to = fusion_pyramid_index(level, 0, 0);
    for (uint32_t row = 0; row < side; row++)
        for (uint32_t col = 0; col < side; col++) {
            size_t nw = from + (size_t)row * 2 * below + (size_t)col * 2, sw = nw + below;
            size_t at = to + (size_t)row * side + col;
            maxima[at] = greater_known(greater_known(maxima[nw], maxima[nw + 1]),
                                       greater_known(maxima[sw], maxima[sw + 1]));
            uint32_t sum =
                (uint32_t)unknown[nw] + unknown[nw + 1] + unknown[sw] + unknown[sw + 1];
            unknown[at] = (uint16_t)(sum > 65535 ? 65535 : sum);
        }
}

static uint32_t count_known(const uint16_t *cells)
{
    uint32_t known = 0;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        known += cells[i] != GEO_CELL_UNKNOWN;
    return known;
}

// True when `values` is the same for every known cell; *value is then that one. NULL is all
// `otherwise`.
static bool same_everywhere(const uint16_t *cells, const uint8_t *values, uint8_t otherwise,
                            uint8_t *value)
{
    *value = otherwise;
    if (values == NULL)
        return true;
    bool seen = false;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        if (cells[i] == GEO_CELL_UNKNOWN)
            continue;
        if (seen && values[i] != *value)
            return false;
        *value = values[i];
        seen = true;
    }
    return true;
}

// One block: the struct, then its arrays, the widest elements first.
static struct fusion_tile *allocate(size_t sources, bool source_of, bool flags)
{
    size_t size = sizeof(struct fusion_tile) + sources * sizeof(struct fusion_source *)
                  + (GEO_CELLS_COUNT + 2 * FUSION_PYRAMID_COUNT) * sizeof(uint16_t)
                  + (source_of ? GEO_CELLS_COUNT : 0) + (flags ? GEO_CELLS_COUNT : 0);
    return malloc(size);
}

enum drf_status fusion_tile_make(struct geo_tile tile, const uint16_t *cells,
                                 const struct fusion_source *const *sources,
                                 uint16_t source_count, const uint8_t *source_of,
                                 const uint8_t *flags, struct fusion_tile **out)
{
    assert(geo_tile_valid(tile) && source_count <= FUSION_TILE_SOURCES_MAX);
    uint32_t known = count_known(cells);
    assert(known == 0 || source_count > 0);
    uint8_t only, flags_all;
    bool uniform_source = same_everywhere(cells, source_of, 0, &only);
    bool uniform_flags = same_everywhere(cells, flags, FUSION_SURFACE_GROUND, &flags_all);
    uint16_t kept = known == 0 ? 0 : uniform_source ? 1 : source_count;

    struct fusion_tile *made = allocate(kept, !uniform_source, !uniform_flags);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    const struct fusion_source **palette = (void *)(made + 1);
    uint16_t *own_cells = (void *)(palette + kept);
    uint16_t *maxima = own_cells + GEO_CELLS_COUNT, *unknown = maxima + FUSION_PYRAMID_COUNT;
    uint8_t *own_source_of = (void *)(unknown + FUSION_PYRAMID_COUNT);
    uint8_t *own_flags = own_source_of + (uniform_source ? 0 : GEO_CELLS_COUNT);

    for (uint16_t i = 0; i < kept; i++)
        palette[i] = sources[uniform_source ? only : i];
    memcpy(own_cells, cells, GEO_CELLS_COUNT * sizeof *cells);
    if (!uniform_source)
        memcpy(own_source_of, source_of, GEO_CELLS_COUNT);
    if (!uniform_flags)
        memcpy(own_flags, flags, GEO_CELLS_COUNT);
    build_first_level(cells, maxima, unknown);
    for (uint32_t level = 1; level < LEVELS; level++)
        build_level(level, maxima, unknown);

    *made = (struct fusion_tile){
        .tile = tile,
        .known = known,
        .source_count = kept,
        .uniform_source = uniform_source,
        .uniform_flags = uniform_flags,
        .flags_all = flags_all,
        .sources = palette,
        .source_of = uniform_source ? NULL : own_source_of,
        .flags = uniform_flags ? NULL : own_flags,
        .cells = own_cells,
        .maxima = maxima,
        .unknown = unknown,
    };
    *out = made;
    return DRF_OK;
}

void fusion_tile_free(struct fusion_tile *tile) { free(tile); }

bool fusion_tile_same(const struct fusion_tile *a, const struct fusion_tile *b)
{
    if (a == NULL || b == NULL || a == b)
        return a == b;
    bool heads = a->known == b->known && a->source_count == b->source_count
                 && a->uniform_source == b->uniform_source
                 && a->uniform_flags == b->uniform_flags && a->flags_all == b->flags_all;
    if (!heads || memcmp(a->cells, b->cells, GEO_CELLS_COUNT * sizeof *a->cells) != 0)
        return false;
    for (uint16_t i = 0; i < a->source_count; i++)
        if (a->sources[i] != b->sources[i])
            return false;
    return (a->uniform_source || memcmp(a->source_of, b->source_of, GEO_CELLS_COUNT) == 0)
           && (a->uniform_flags || memcmp(a->flags, b->flags, GEO_CELLS_COUNT) == 0);
}
