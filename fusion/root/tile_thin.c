// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/tile_thin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/kind_numbers.h"
#include "geo/unconst.h"

enum {
    SIDE = GEO_CELLS_SIDE,
    NONE = UINT16_MAX,
    KINDS_MAX = 8 * (FUSION_TILE_SOURCES_MAX + 1)
};

// The packed numbers of a row of a tile that is not thin, and of one of a thin tile's own.
static size_t row_bytes(uint8_t bits) { return (size_t)SIDE / 8 * bits; }

// A byte of numbers that are all the same one.
static uint8_t byte_of(uint16_t number, uint8_t bits)
{
    uint32_t byte = number;
    for (uint32_t have = bits; have > 0 && have < 8; have *= 2)
        byte |= byte << have;
    return (uint8_t)byte;
}

// Whether the whole row has the number of its first cell. 16 bits are not looked at.
static bool of_one(const uint8_t *packed, uint8_t bits)
{
    if (bits == 0 || bits == 16)
        return bits == 0;
    return packed[0] == byte_of(fusion_kind_number(packed, bits, 0), bits)
           && memcmp(packed, packed + 1, row_bytes(bits) - 1) == 0;
}

static const uint8_t *packed_row(const struct fusion_tile *tile, uint32_t row)
{
    return tile->kind_bits == 0 ? NULL : tile->kind_of + row * row_bytes(tile->kind_bits);
}

// Which kind of `tile` each of the base's is; NONE: it has no such kind.
static void match_kinds(const struct fusion_tile *tile, const struct fusion_tile *base,
                        uint16_t out[static KINDS_MAX])
{
    memset(out, 0xff, KINDS_MAX * sizeof *out); // NONE
    for (uint16_t i = 0; i < base->kind_count; i++) {
        const struct fusion_source *source = base->sources[base->kinds[i].source];
        for (uint16_t k = 0; k < tile->kind_count && out[i] == NONE; k++)
            if (tile->kinds[k].flags == base->kinds[i].flags
                && tile->sources[tile->kinds[k].source] == source)
                out[i] = k;
    }
}

static bool row_same(const struct fusion_tile *tile, const struct fusion_tile *base,
                     const uint16_t *kind, uint32_t row)
{
    const uint16_t *cells = tile->cells + (size_t)row * SIDE;
    if (memcmp(cells, base->cells + (size_t)row * SIDE, SIDE * sizeof *cells) != 0)
        return false;
    const uint8_t *own = packed_row(tile, row), *other = packed_row(base, row);
    if (of_one(own, tile->kind_bits) && of_one(other, base->kind_bits)
        && fusion_kind_number(own, tile->kind_bits, 0)
               == kind[fusion_kind_number(other, base->kind_bits, 0)])
        return true;
    for (uint32_t i = 0; i < SIDE; i++)
        if (cells[i] != GEO_CELL_UNKNOWN
            && fusion_kind_number(own, tile->kind_bits, i)
                   != kind[fusion_kind_number(other, base->kind_bits, i)])
            return false;
    return true;
}

// A head with its tables behind it, of a tile that is like `tile`.
static struct fusion_tile *make_head(const struct fusion_tile *tile, size_t more, void **tables)
{
    const size_t sources = tile->source_count * sizeof(struct fusion_source *);
    const size_t kinds = tile->kind_count * sizeof *tile->kinds;
    struct fusion_tile *made = malloc(sizeof *made + sources + kinds + more);
    if (made == NULL)
        return NULL;
    uint8_t *at = (uint8_t *)(made + 1);
    *made = (struct fusion_tile){
        .tile = tile->tile,
        .known = tile->known,
        .source_count = tile->source_count,
        .kind_count = tile->kind_count,
        .kind_bits = tile->kind_bits,
        .pool = tile->pool,
        .number = tile->pool != NULL ? fusion_tile_pool_number(tile->pool) : 0,
        .sources = memcpy(at, (const void *)tile->sources, sources),
        .kinds = memcpy(at + sources, tile->kinds, kinds),
    };
    *tables = at + sources + kinds;
    return made;
}

enum drf_status fusion_tile_thin(const struct fusion_tile *tile, const struct fusion_tile *base,
                                 struct fusion_tile **out)
{
    assert(tile->base == NULL && base->base == NULL && tile != base);
    uint16_t kind[KINDS_MAX];
    uint8_t row_of[SIDE];
    uint32_t own = 0;
    *out = NULL;
    if (base->kind_count == 0) // nothing is known of it: there is nothing to be read there
        return DRF_OK;
    match_kinds(tile, base, kind);
    for (uint32_t row = 0; row < SIDE; row++) {
        row_of[row] = 0;
        if (row_same(tile, base, kind, row))
            continue;
        if (own == FUSION_THIN_ROWS_MAX)
            own++;
        if (own > FUSION_THIN_ROWS_MAX)
            break;
        row_of[row] = (uint8_t)++own;
    }
    if (own == 0 || own > FUSION_THIN_ROWS_MAX)
        return DRF_OK;

    const size_t bytes = row_bytes(tile->kind_bits);
    void *tables;
    struct fusion_tile *made =
        make_head(tile, base->kind_count * sizeof(uint16_t) + sizeof row_of, &tables);
    uint16_t *rows = malloc(own * (SIDE * sizeof *rows + bytes));
    if (made == NULL || rows == NULL) {
        free(made);
        free(rows);
        return DRF_ERR_NOMEM;
    }
    for (uint16_t i = 0; i < base->kind_count; i++)
        kind[i] = kind[i] == NONE ? 0 : kind[i]; // no row of the base's names it
    uint8_t *packed = (uint8_t *)(rows + (size_t)own * SIDE);
    for (uint32_t row = 0; row < SIDE; row++) {
        if (row_of[row] == 0)
            continue;
        const size_t at = row_of[row] - 1U;
        memcpy(rows + at * SIDE, tile->cells + (size_t)row * SIDE, SIDE * sizeof *rows);
        if (bytes > 0)
            memcpy(packed + at * bytes, packed_row(tile, row), bytes);
    }
    made->base_kind = memcpy(tables, kind, base->kind_count * sizeof *kind);
    made->row_of = memcpy((uint16_t *)tables + base->kind_count, row_of, sizeof row_of);
    made->own_rows = rows;
    made->kind_of = bytes > 0 ? packed : NULL;
    made->base = base;
    struct fusion_tile *held = GEO_UNCONST(base);
    held->holders++;
    *out = made;
    return DRF_OK;
}

// The numbers of a row of the base's as the thin tile's, 0 where nothing is known.
static void renumber(const struct fusion_tile *thin, uint32_t row, uint8_t *out)
{
    const struct fusion_tile *base = thin->base;
    const uint8_t bits = thin->kind_bits, *other = packed_row(base, row);
    const uint16_t first = thin->base_kind[fusion_kind_number(other, base->kind_bits, 0)];
    if (bits <= 8 && of_one(other, base->kind_bits)
        && (first == 0 || base->known == GEO_CELLS_COUNT)) {
        memset(out, byte_of(first, bits), row_bytes(bits));
        return;
    }
    const uint16_t *cells = base->cells + (size_t)row * SIDE;
    memset(out, 0, row_bytes(bits));
    for (uint32_t i = 0; i < SIDE; i++)
        if (cells[i] != GEO_CELL_UNKNOWN)
            fusion_kind_put(out, bits, i,
                            thin->base_kind[fusion_kind_number(other, base->kind_bits, i)]);
}

enum drf_status fusion_tile_thick(const struct fusion_tile *thin, struct fusion_tile **out)
{
    assert(thin->base != NULL);
    const size_t bytes = row_bytes(thin->kind_bits);
    void *tables;
    struct fusion_tile *made = make_head(thin, 0, &tables);
    uint16_t *cells = NULL;
    uint8_t *packed = NULL;
    if (made == NULL || !fusion_tile_room(thin->pool, thin->kind_bits, &cells, &packed)) {
        free(made);
        return DRF_ERR_NOMEM;
    }
    for (uint32_t row = 0; row < SIDE; row++) {
        memcpy(cells + (size_t)row * SIDE, fusion_tile_row(thin, row), SIDE * sizeof *cells);
        if (bytes > 0 && thin->row_of[row] > 0)
            memcpy(packed + row * bytes, thin->kind_of + (thin->row_of[row] - 1U) * bytes,
                   bytes);
        else if (bytes > 0)
            renumber(thin, row, packed + row * bytes);
    }
    made->cells = cells;
    made->kind_of = packed;
    *out = made;
    return DRF_OK;
}
