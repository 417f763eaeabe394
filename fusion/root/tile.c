// SPDX-License-Identifier: Apache-2.0
// The pairs of source and flags that occur (kinds) are numbered in the order of the cells, so
// that equal content gives equal bytes and two tiles can be compared by memcmp. The number of
// a cell's kind is packed in 0, 1, 2, 4, 8 or 16 bits, the fewest that suffice; many tiles
// have one kind and need none. The head of a tile and its cells are separate blocks: heads of
// all tiles lie together in few pages, since every query begins with one. The difference of
// two tiles compares rows by memcmp after bringing the kinds of both to common numbers, and
// looks at single cells only in rows that differ.
#include "fusion/root/tile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/kind_numbers.h"
#include "geo/unconst.h"

enum {
    FLAGS = 8, // combinations of enum fusion_surface_flag
    KINDS_MAX = (FUSION_TILE_SOURCES_MAX + 1) * FLAGS,
    NONE = UINT16_MAX,
};

// Of a thin tile: of its own rows.
static uint16_t number_at(const struct fusion_tile *tile, uint32_t cell)
{
    return fusion_kind_number(tile->kind_of, tile->kind_bits, cell);
}

static uint16_t kind_at(const struct fusion_tile *tile, uint32_t cell)
{
    if (tile->base == NULL)
        return number_at(tile, cell);
    const uint32_t own = tile->row_of[cell / GEO_CELLS_SIDE];
    return own == 0 ? tile->base_kind[number_at(tile->base, cell)]
                    : number_at(tile, (own - 1) * GEO_CELLS_SIDE + cell % GEO_CELLS_SIDE);
}

uint8_t fusion_tile_source_index(const struct fusion_tile *tile, uint32_t cell)
{
    return tile->kind_count == 0 ? 0 : tile->kinds[kind_at(tile, cell)].source;
}

const struct fusion_source *fusion_tile_source(const struct fusion_tile *tile, uint32_t cell)
{
    return tile->kind_count == 0 ? NULL : tile->sources[fusion_tile_source_index(tile, cell)];
}

uint8_t fusion_tile_flags(const struct fusion_tile *tile, uint32_t cell)
{
    return tile->kind_count == 0 ? 0 : tile->kinds[kind_at(tile, cell)].flags;
}

// What the cells name, numbered in the order of the cells: the same for equal content.
struct census {
    uint32_t known;
    uint16_t kind_count, source_count;
    uint16_t number[KINDS_MAX];                 // of (source, flags); NONE: no cell has it
    struct fusion_kind kinds[KINDS_MAX];        // by number, with the given source
    uint8_t place[FUSION_TILE_SOURCES_MAX + 1]; // of a given source among those kept
    uint8_t kept[FUSION_TILE_SOURCES_MAX + 1];  // the given source at each place
};

static struct fusion_kind kind_of(const uint8_t *source_of, const uint8_t *flags, size_t cell)
{
    return (struct fusion_kind){
        .source = source_of == NULL ? 0 : source_of[cell],
        .flags = flags == NULL ? FUSION_SURFACE_GROUND : flags[cell],
    };
}

enum { EIGHT = 8 };

static bool eight_alike(const uint8_t *at)
{
    uint64_t eight;
    memcpy(&eight, at, sizeof eight);
    return eight == at[0] * UINT64_C(0x0101010101010101);
}

// Whether eight cells from here on are of one kind, whatever is known of them.
static bool of_one_kind(const uint8_t *source_of, const uint8_t *flags, size_t cell)
{
    return (source_of == NULL || eight_alike(source_of + cell))
           && (flags == NULL || eight_alike(flags + cell));
}

static uint32_t known_of(const uint16_t *cells)
{
    uint32_t known = 0;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        known += cells[i] != GEO_CELL_UNKNOWN;
    return known;
}

static void count(struct census *census, const uint16_t *cells, uint16_t source_count,
                  const uint8_t *source_of, const uint8_t *flags)
{
    census->known = known_of(cells);
    census->kind_count = census->source_count = 0;
    memset(census->number, 0xff, sizeof census->number);
    bool named[FUSION_TILE_SOURCES_MAX + 1] = {false};
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        if (cells[i] == GEO_CELL_UNKNOWN)
            continue;
        struct fusion_kind kind = kind_of(source_of, flags, i);
        uint16_t *number = &census->number[kind.source * FLAGS + kind.flags];
        if (*number != NONE) {
            if (i % EIGHT == 0 && of_one_kind(source_of, flags, i))
                i += EIGHT - 1; // a kind that has its number, known or not
            continue;
        }
        assert(kind.source < source_count && kind.flags < FLAGS);
        *number = census->kind_count;
        census->kinds[census->kind_count++] = kind;
        named[kind.source] = true;
        if (source_of == NULL && flags == NULL) // all cells are of this one kind
            break;
    }
    for (uint16_t i = 0; i < source_count; i++)
        if (named[i]) {
            census->place[i] = (uint8_t)census->source_count;
            census->kept[census->source_count++] = (uint8_t)i;
        }
}

static size_t size_of_head(uint16_t sources, uint16_t kinds)
{
    return sizeof(struct fusion_tile) + sources * sizeof(struct fusion_source *)
           + kinds * sizeof(struct fusion_kind);
}

bool fusion_tile_room(struct fusion_tile_pool *pool, uint8_t bits, uint16_t **cells,
                      uint8_t **packed)
{
    *packed = bits > 0 ? malloc((size_t)GEO_CELLS_COUNT / 8 * bits) : NULL;
    if (bits > 0 && *packed == NULL)
        return false;
    *cells =
        pool != NULL ? fusion_tile_pool_take(pool) : malloc(GEO_CELLS_COUNT * sizeof **cells);
    if (*cells == NULL)
        free(*packed);
    return *cells != NULL;
}

static void give_room(struct fusion_tile *tile)
{
    free(GEO_UNCONST(tile->kind_of));
    if (tile->pool != NULL)
        fusion_tile_pool_give(tile->pool, tile->cells);
    else
        free(GEO_UNCONST(tile->cells));
}

static bool all_known(const uint16_t *cells)
{
    bool known = true;
    for (size_t i = 0; i < EIGHT; i++)
        known &= cells[i] != GEO_CELL_UNKNOWN;
    return known;
}

// Eight cells take as many bytes as one takes bits: those of one kind are written at once.
static void pack_all(uint8_t *packed, uint8_t bits, const uint16_t *cells,
                     const uint8_t *source_of, const uint8_t *flags,
                     const struct census *census)
{
    for (size_t first = 0; first < GEO_CELLS_COUNT; first += EIGHT) {
        uint8_t *at = packed + first / EIGHT * bits;
        if (bits <= 8 && of_one_kind(source_of, flags, first) && all_known(cells + first)) {
            struct fusion_kind kind = kind_of(source_of, flags, first);
            uint32_t byte = census->number[kind.source * FLAGS + kind.flags];
            for (uint32_t have = bits; have < 8; have *= 2)
                byte |= byte << have;
            memset(at, (uint8_t)byte, bits);
            continue;
        }
        memset(at, 0, bits);
        for (size_t i = first; i < first + EIGHT; i++) {
            struct fusion_kind kind = kind_of(source_of, flags, i);
            if (cells[i] != GEO_CELL_UNKNOWN)
                fusion_kind_put(packed, bits, i,
                                census->number[kind.source * FLAGS + kind.flags]);
        }
    }
}

// The pool's cells of one value where all are alike, else a copy; NULL: no memory.
static const uint16_t *keep_cells(struct fusion_tile_pool *pool, const uint16_t *cells)
{
    const size_t bytes = GEO_CELLS_COUNT * sizeof *cells;
    if (pool != NULL && memcmp(cells, cells + 1, bytes - sizeof *cells) == 0)
        return fusion_tile_pool_share(pool, cells[0]);
    uint16_t *own = pool != NULL ? fusion_tile_pool_take(pool) : malloc(bytes);
    return own != NULL ? memcpy(own, cells, bytes) : NULL;
}

enum drf_status fusion_tile_make(struct fusion_tile_pool *pool, struct geo_tile tile,
                                 const uint16_t *cells,
                                 const struct fusion_source *const *sources,
                                 uint16_t source_count, const uint8_t *source_of,
                                 const uint8_t *flags, struct fusion_tile **out)
{
    assert(geo_tile_valid(tile) && source_count <= FUSION_TILE_SOURCES_MAX);
    struct census census;
    count(&census, cells, source_count, source_of, flags);
    uint8_t bits = fusion_kind_bits(census.kind_count);
    // What every look at a tile begins with lies close together for all tiles, in few pages;
    // the cells lie by themselves, and so does what they are packed with.
    struct fusion_tile *made = malloc(size_of_head(census.source_count, census.kind_count));
    uint8_t *packed = bits > 0 ? malloc((size_t)GEO_CELLS_COUNT / 8 * bits) : NULL;
    const uint16_t *own_cells =
        made != NULL && (bits == 0 || packed != NULL) ? keep_cells(pool, cells) : NULL;
    if (own_cells == NULL) {
        free(made);
        free(packed);
        return DRF_ERR_NOMEM;
    }
    const struct fusion_source **palette = (void *)(made + 1);
    struct fusion_kind *kinds = (void *)(palette + census.source_count);

    for (uint16_t i = 0; i < census.source_count; i++)
        palette[i] = sources[census.kept[i]];
    for (uint16_t i = 0; i < census.kind_count; i++)
        kinds[i] =
            (struct fusion_kind){census.place[census.kinds[i].source], census.kinds[i].flags};
    if (bits > 0)
        pack_all(packed, bits, cells, source_of, flags, &census);
    *made = (struct fusion_tile){
        .tile = tile,
        .known = census.known,
        .source_count = census.source_count,
        .kind_count = census.kind_count,
        .kind_bits = bits,
        .sources = palette,
        .kinds = kinds,
        .kind_of = packed,
        .pool = pool,
        .number = pool != NULL ? fusion_tile_pool_number(pool) : 0,
        .cells = own_cells,
    };
    *out = made;
    return DRF_OK;
}

void fusion_tile_free(struct fusion_tile *tile)
{
    while (tile != NULL && tile->holders == 0) {
        struct fusion_tile *base = GEO_UNCONST(tile->base);
        if (base == NULL)
            give_room(tile);
        free(GEO_UNCONST(tile->own_rows)); // with what they are packed with
        free(tile);
        tile = base;
    }
    if (tile != NULL) // the last one that holds it frees it
        tile->holders--;
}

// The kinds of two tiles under common numbers: those of `a` as it numbers them.
struct naming {
    uint16_t of_a[KINDS_MAX], of_b[KINDS_MAX]; // by their own number
};

static void name_kinds(const struct fusion_tile *a, const struct fusion_tile *b,
                       struct naming *naming)
{
    uint16_t number[KINDS_MAX]; // of (source of `a`, flags)
    memset(number, 0xff, sizeof number);
    memset(naming, 0xff, sizeof *naming);
    for (uint16_t i = 0; i < a->kind_count; i++) {
        number[a->kinds[i].source * FLAGS + a->kinds[i].flags] = i;
        naming->of_a[i] = i;
    }
    for (uint16_t i = 0; i < b->kind_count; i++) {
        uint16_t source = 0;
        while (source < a->source_count && a->sources[source] != b->sources[b->kinds[i].source])
            source++;
        if (source < a->source_count)
            naming->of_b[i] = number[source * FLAGS + b->kinds[i].flags];
    }
}

// A row of kinds under other numbers. `bits` is a constant wherever this is called.
static inline void unpack(const struct fusion_tile *tile, uint32_t row, uint8_t bits,
                          const uint16_t *name, uint16_t out[static GEO_CELLS_SIDE])
{
    const uint8_t *packed =
        bits == 0 ? NULL : tile->kind_of + (size_t)row * GEO_CELLS_SIDE / 8 * bits;
    for (uint32_t i = 0; i < GEO_CELLS_SIDE; i++) {
        uint32_t kind =
            bits == 0    ? 0
            : bits == 16 ? packed[(size_t)2 * i] | (uint32_t)packed[(size_t)2 * i + 1] << 8
                         : (uint32_t)packed[i * bits / 8] >> i * bits % 8 & ((1U << bits) - 1);
        out[i] = name[kind];
    }
}

static void packed_kinds(const struct fusion_tile *tile, uint32_t row, const uint16_t *name,
                         uint16_t out[static GEO_CELLS_SIDE])
{
    switch (tile->kind_bits) {
    case 0:
        unpack(tile, row, 0, name, out);
        break;
    case 1:
        unpack(tile, row, 1, name, out);
        break;
    case 2:
        unpack(tile, row, 2, name, out);
        break;
    case 4:
        unpack(tile, row, 4, name, out);
        break;
    case 8:
        unpack(tile, row, 8, name, out);
        break;
    default:
        unpack(tile, row, 16, name, out);
        break;
    }
}

static void row_kinds(const struct fusion_tile *tile, uint32_t row, const uint16_t *name,
                      uint16_t out[static GEO_CELLS_SIDE])
{
    if (tile->base == NULL) {
        packed_kinds(tile, row, name, out);
        return;
    }
    if (tile->row_of[row] > 0) {
        packed_kinds(tile, tile->row_of[row] - 1U, name, out);
        return;
    }
    uint16_t names[KINDS_MAX];
    for (uint16_t i = 0; i < tile->base->kind_count; i++)
        names[i] = name[tile->base_kind[i]];
    packed_kinds(tile->base, row, names, out);
}

struct rows { // one of each tile
    const uint16_t *a, *b;
    uint16_t kinds_a[GEO_CELLS_SIDE], kinds_b[GEO_CELLS_SIDE];
};

static bool cell_same(const struct rows *rows, uint32_t column)
{
    return rows->a[column] == rows->b[column]
           && (rows->kinds_a[column] == rows->kinds_b[column]
               || rows->a[column] == GEO_CELL_UNKNOWN);
}

static bool packed_one(const struct fusion_tile *tile, uint32_t row, uint16_t *out)
{
    const uint8_t bits = tile->kind_bits;
    *out = number_at(tile, row * GEO_CELLS_SIDE);
    if (bits == 0 || bits == 16)
        return bits == 0;
    const size_t bytes = (size_t)GEO_CELLS_SIDE / 8 * bits;
    const uint8_t *packed = tile->kind_of + row * bytes;
    uint32_t byte = *out;
    for (uint32_t have = bits; have < 8; have *= 2)
        byte |= byte << have;
    return packed[0] == (uint8_t)byte && memcmp(packed, packed + 1, bytes - 1) == 0;
}

// Whether a whole row is of one kind, as most rows are. *out: its number.
static bool row_of_one(const struct fusion_tile *tile, uint32_t row, uint16_t *out)
{
    if (tile->base == NULL)
        return packed_one(tile, row, out);
    if (tile->row_of[row] > 0)
        return packed_one(tile, tile->row_of[row] - 1U, out);
    const bool one = packed_one(tile->base, row, out);
    *out = tile->base_kind[*out];
    return one;
}

static struct fusion_cell_box differing(const struct fusion_tile *a,
                                        const struct fusion_tile *b)
{
    enum { SIDE = GEO_CELLS_SIDE };
    struct fusion_cell_box box = {.west = SIDE, .north = SIDE};
    struct naming naming;
    name_kinds(a, b, &naming);
    for (uint32_t row = 0; row < SIDE; row++) {
        if (a->base != NULL && a->base == b->base && a->row_of[row] == 0 && b->row_of[row] == 0)
            continue;
        struct rows rows = {.a = fusion_tile_row(a, row), .b = fusion_tile_row(b, row)};
        bool cells_same = memcmp(rows.a, rows.b, SIDE * sizeof *rows.a) == 0;
        uint16_t one_a, one_b;
        if (cells_same && row_of_one(a, row, &one_a) && row_of_one(b, row, &one_b)
            && naming.of_a[one_a] == naming.of_b[one_b])
            continue;
        row_kinds(a, row, naming.of_a, rows.kinds_a);
        row_kinds(b, row, naming.of_b, rows.kinds_b);
        if (cells_same && memcmp(rows.kinds_a, rows.kinds_b, sizeof rows.kinds_a) == 0)
            continue;
        uint32_t first = 0, last = SIDE;
        while (first < SIDE && cell_same(&rows, first))
            first++;
        if (first == SIDE)
            continue;
        while (cell_same(&rows, last - 1))
            last--;
        box.west = first < box.west ? first : box.west;
        box.east = last - 1 > box.east ? last - 1 : box.east;
        box.north = row < box.north ? row : box.north;
        box.south = row;
    }
    return box;
}

bool fusion_tile_same(const struct fusion_tile *a, const struct fusion_tile *b)
{
    if (a == NULL || b == NULL || a == b)
        return a == b;
    if (a->known != b->known || a->source_count != b->source_count
        || a->kind_count != b->kind_count
        || memcmp(a->kinds, b->kinds, a->kind_count * sizeof *a->kinds) != 0)
        return false;
    for (uint16_t i = 0; i < a->source_count; i++)
        if (a->sources[i] != b->sources[i])
            return false;
    if (a->base != NULL || b->base != NULL) {
        const struct fusion_cell_box box = differing(a, b);
        return box.east < box.west;
    }
    if (memcmp(a->cells, b->cells, GEO_CELLS_COUNT * sizeof *a->cells) != 0)
        return false;
    return a->kind_bits == 0
           || memcmp(a->kind_of, b->kind_of, (size_t)GEO_CELLS_COUNT / 8 * a->kind_bits) == 0;
}

struct geo_bounds fusion_tile_box_bounds(struct geo_tile tile, struct fusion_cell_box box)
{
    enum { SIDE = GEO_CELLS_SIDE };
    const struct geo_bounds all = geo_tile_bounds(tile);
    const double cell_deg = (all.north_deg - all.south_deg) / SIDE;
    return (struct geo_bounds){
        .west_deg = fmax(all.west_deg + cell_deg * (box.west - 0.5), -180.0),
        .east_deg = fmin(all.west_deg + cell_deg * (box.east + 1.5), 180.0),
        .north_deg = fmin(all.north_deg - cell_deg * (box.north - 0.5), 90.0),
        .south_deg = fmax(all.north_deg - cell_deg * (box.south + 1.5), -90.0),
    };
}

struct geo_bounds fusion_tile_difference(const struct fusion_tile *a,
                                         const struct fusion_tile *b)
{
    enum { SIDE = GEO_CELLS_SIDE };
    assert(a != NULL || b != NULL);
    struct fusion_cell_box box = {.west = SIDE};
    if (a != NULL && b != NULL)
        box = differing(a, b);
    if (box.east < box.west) // one is NULL, or they name the same in another order
        box = (struct fusion_cell_box){.east = SIDE - 1, .south = SIDE - 1};
    return fusion_tile_box_bounds(a != NULL ? a->tile : b->tile, box);
}
