// SPDX-License-Identifier: Apache-2.0
// One scratch tile holds for each cell its value, the index of its source in a list, and
// flags. A contribution is decoded and compared cell by cell; whether it beats a source
// already in the fold is worked out once per source, not once per cell, since a tile has few
// sources and 65,536 cells. The winner of a cell is the maximum of a total order, so the order
// of the contributions does not matter. The surface is the same scratch continued: the ground
// is merged in, then each obstacle raises the runs of cells under its footprint. At the end
// the sources in use are ranked into a palette; if there are more than a tile can name, the
// lowest ranks share one entry with the worst values of each. Most tiles have one contribution:
// it is decoded where the fold's cells are, and no list of sources is written.
#include "fusion/fold/fold.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fusion_fold {
    struct fusion_tile_pool *pool;
    uint16_t cells[GEO_CELLS_COUNT];
    uint16_t source_of[GEO_CELLS_COUNT]; // where `sourced`: index, 0 for unknown cells
    uint8_t flags[GEO_CELLS_COUNT];      // of a surface
    uint16_t scratch[GEO_CELLS_COUNT];
    uint8_t narrow[GEO_CELLS_COUNT];
    const struct fusion_source **sources;
    uint16_t *place; // of each source in the palette
    bool *used;
    size_t count, room;
    bool surface, empty;      // empty: nothing was added yet, and `cells` says nothing
    bool sourced;             // false: every cell is of source 0
    struct fusion_bare *bare; // NULL: not kept
};

enum { SOURCES_MAX = 65535 };

enum drf_status fusion_fold_open(struct fusion_tile_pool *pool, struct fusion_fold **out)
{
    struct fusion_fold *fold = malloc(sizeof *fold);
    if (fold == NULL)
        return DRF_ERR_NOMEM;
    fold->pool = pool;
    fold->sources = NULL;
    fold->place = NULL;
    fold->used = NULL;
    fold->count = fold->room = 0;
    fusion_fold_start(fold);
    *out = fold;
    return DRF_OK;
}

void fusion_fold_close(struct fusion_fold *fold)
{
    if (fold == NULL)
        return;
    free(fold->sources);
    free(fold->place);
    free(fold->used);
    free(fold);
}

void fusion_fold_start(struct fusion_fold *fold)
{
    fold->count = 0;
    fold->surface = fold->sourced = false;
    fold->empty = true;
    fold->bare = NULL;
}

// From here on cells may be of another source than the first.
static void write_sources(struct fusion_fold *fold)
{
    if (!fold->sourced)
        memset(fold->source_of, 0, sizeof fold->source_of);
    fold->sourced = true;
}

static enum drf_status make_room(struct fusion_fold *fold)
{
    if (fold->count < fold->room)
        return DRF_OK;
    size_t room = fold->room == 0 ? 64 : fold->room * 2;
    const struct fusion_source **sources =
        realloc((void *)fold->sources, room * sizeof(const struct fusion_source *));
    if (sources == NULL)
        return DRF_ERR_NOMEM;
    fold->sources = sources;
    uint16_t *place = realloc(fold->place, room * sizeof *place);
    if (place == NULL)
        return DRF_ERR_NOMEM;
    fold->place = place;
    bool *used = realloc(fold->used, room * sizeof *used);
    if (used == NULL)
        return DRF_ERR_NOMEM;
    fold->used = used;
    fold->room = room;
    return DRF_OK;
}

// The index of a source in this fold, entered when it is new.
static enum drf_status enter(struct fusion_fold *fold, const struct fusion_source *source,
                             uint16_t *out)
{
    for (size_t i = fold->count; i > 0; i--) // runs of obstacles share theirs: look back first
        if (fold->sources[i - 1] == source) {
            *out = (uint16_t)(i - 1);
            return DRF_OK;
        }
    if (fold->count >= SOURCES_MAX)
        return DRF_ERR_FULL;
    enum drf_status status = make_room(fold);
    if (status != DRF_OK)
        return status;
    *out = (uint16_t)fold->count;
    fold->sources[fold->count++] = source;
    return DRF_OK;
}

enum drf_status fusion_fold_add(struct fusion_fold *fold, const struct fusion_source *source,
                                const uint8_t *blob, size_t size)
{
    assert(!fold->surface);
    const bool first = fold->empty; // as for most tiles: there is nothing to weigh it against
    enum drf_status status = geo_cells_decode(blob, size, first ? fold->cells : fold->scratch);
    uint16_t index;
    if (status == DRF_OK)
        status = enter(fold, source, &index);
    if (status != DRF_OK)
        return status;
    fold->empty = false;
    if (first)
        return DRF_OK;

    write_sources(fold);
    for (size_t i = 0; i < fold->count; i++)
        fold->used[i] = fusion_source_compare(source, fold->sources[i]) < 0;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        uint16_t offered = fold->scratch[i], held = fold->cells[i];
        if (offered == GEO_CELL_UNKNOWN)
            continue;
        bool equal = fold->source_of[i] == index;
        if (held == GEO_CELL_UNKNOWN || fold->used[fold->source_of[i]]
            || (equal && offered > held)) {
            fold->cells[i] = offered;
            fold->source_of[i] = index;
        }
    }
    return DRF_OK;
}

// Each source of a tile as an index of this fold.
static enum drf_status enter_all(struct fusion_fold *fold, const struct fusion_tile *tile,
                                 uint16_t index[FUSION_TILE_SOURCES_MAX])
{
    enum drf_status status = DRF_OK;
    for (uint16_t i = 0; i < tile->source_count && status == DRF_OK; i++)
        status = enter(fold, tile->sources[i], &index[i]);
    return status;
}

// Without a surface model, as most tiles are: nothing is weighed.
static void take_ground(struct fusion_fold *fold, const struct fusion_tile *ground,
                        const uint16_t index[FUSION_TILE_SOURCES_MAX])
{
    memcpy(fold->cells, ground->cells, sizeof fold->cells);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        fold->flags[i] = fold->cells[i] != GEO_CELL_UNKNOWN ? FUSION_SURFACE_GROUND : 0;
    if (ground->kind_bits == 0
        && (ground->kind_count == 0 || index[ground->kinds[0].source] == 0))
        return; // all of source 0, as at the start
    write_sources(fold);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        if (fold->cells[i] != GEO_CELL_UNKNOWN)
            fold->source_of[i] = index[fusion_tile_source_index(ground, (uint32_t)i)];
}

enum drf_status fusion_fold_ground(struct fusion_fold *fold, const struct fusion_tile *ground)
{
    assert(!fold->surface);
    uint16_t index[FUSION_TILE_SOURCES_MAX];
    if (ground != NULL) {
        enum drf_status status = enter_all(fold, ground, index);
        if (status != DRF_OK)
            return status;
    }
    fold->surface = true;
    if (fold->empty && ground != NULL) {
        take_ground(fold, ground, index);
        return DRF_OK;
    }
    if (fold->empty)
        memset(fold->cells, 0xff, sizeof fold->cells); // GEO_CELL_UNKNOWN
    else
        write_sources(fold);
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        uint16_t held = fold->cells[i];
        uint16_t under = ground == NULL ? GEO_CELL_UNKNOWN : ground->cells[i];
        fold->flags[i] = held == GEO_CELL_UNKNOWN ? 0 : FUSION_SURFACE_DSM;
        if (under == GEO_CELL_UNKNOWN)
            continue;
        fold->flags[i] |= FUSION_SURFACE_GROUND;
        if (held == GEO_CELL_UNKNOWN || under >= held) {
            fold->cells[i] = under;
            fold->source_of[i] = index[fusion_tile_source_index(ground, (uint32_t)i)];
        }
    }
    return DRF_OK;
}

void fusion_fold_keep_bare(struct fusion_fold *fold, struct fusion_bare *bare)
{
    assert(fold->surface);
    fold->bare = bare;
}

static void keep_bare(struct fusion_fold *fold, size_t i)
{
    const uint8_t flags = fold->flags[i];
    if ((flags & FUSION_SURFACE_DSM) != 0 && (flags & FUSION_SURFACE_OBSTACLE) == 0)
        fusion_bare_add(fold->bare,
                        (struct fusion_bare_cell){.source = fold->sources[fold->source_of[i]],
                                                  .cell = (uint16_t)i,
                                                  .height = fold->cells[i],
                                                  .flags = flags});
}

struct raise {
    struct fusion_fold *fold;
    uint16_t top, index;
};

static void raise_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    const struct raise *raise = context;
    struct fusion_fold *fold = raise->fold;
    for (size_t i = (size_t)row * GEO_CELLS_SIDE + first,
                end = (size_t)row * GEO_CELLS_SIDE + last;
         i <= end; i++) {
        if (fold->bare != NULL)
            keep_bare(fold, i);
        fold->flags[i] |= FUSION_SURFACE_OBSTACLE;
        if (fold->cells[i] == GEO_CELL_UNKNOWN || raise->top > fold->cells[i]) {
            fold->cells[i] = raise->top;
            fold->source_of[i] = raise->index;
        }
    }
}

enum drf_status fusion_fold_raise(struct fusion_fold *fold, struct geo_tile tile,
                                  const struct fusion_footprint *footprint, double top_amsl_m,
                                  const struct fusion_source *source)
{
    assert(fold->surface);
    struct raise raise = {.fold = fold, .top = fusion_fold_cell_above(top_amsl_m)};
    enum drf_status status = enter(fold, source, &raise.index);
    write_sources(fold);
    if (status == DRF_OK)
        fusion_footprint_spans(footprint, fusion_fold_lattice(tile), raise_span, &raise);
    return status;
}

bool fusion_fold_is_ground(const struct fusion_fold *fold, const struct fusion_tile *ground)
{
    if (ground == NULL)
        return false;
    if (memcmp(fold->cells, ground->cells, sizeof fold->cells) != 0)
        return false;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        if (fold->flags[i] != FUSION_SURFACE_GROUND && fold->cells[i] != GEO_CELL_UNKNOWN)
            return false;
    return true;
}

static int by_rank(const void *a, const void *b)
{
    const struct fusion_source *x = *(const struct fusion_source *const *)a;
    const struct fusion_source *y = *(const struct fusion_source *const *)b;
    return fusion_source_compare(x, y);
}

// What can be said of many sources at once: the worst of each.
static struct fusion_source several_of(const struct fusion_source *const *sources, size_t count)
{
    struct fusion_source all = *sources[0];
    snprintf(all.feed, sizeof all.feed, "%s", "");
    snprintf(all.source, sizeof all.source, "%s", "several sources");
    snprintf(all.licence, sizeof all.licence, "%s", "several licences");
    snprintf(all.version, sizeof all.version, "%s", "");
    for (size_t i = 1; i < count; i++) {
        const struct fusion_source *one = sources[i];
        if (one->priority < all.priority)
            all.priority = one->priority;
        all.vertical_acc95_m = fmax(all.vertical_acc95_m, one->vertical_acc95_m);
        all.posting_m = fmax(all.posting_m, one->posting_m);
        if (one->issue_utc_us < all.issue_utc_us)
            all.issue_utc_us = one->issue_utc_us;
        if (one->data_time_utc_us < all.data_time_utc_us)
            all.data_time_utc_us = one->data_time_utc_us;
    }
    return all;
}

enum { FOUR = 4 };

static bool four_alike(const uint16_t *at)
{
    uint64_t four;
    memcpy(&four, at, sizeof four);
    return four == at[0] * UINT64_C(0x0001000100010001);
}

// Which sources a known cell names.
static void find_used(struct fusion_fold *fold)
{
    for (size_t i = 0; i < fold->count; i++)
        fold->used[i] = false;
    if (fold->count == 0)
        return;
    for (size_t i = 0; !fold->sourced && i < GEO_CELLS_COUNT && !fold->used[0]; i++)
        fold->used[0] = fold->cells[i] != GEO_CELL_UNKNOWN;
    for (size_t i = 0; fold->sourced && i < GEO_CELLS_COUNT;) {
        // Few cells name another source than those before: what is found is passed over.
        if (i % FOUR == 0 && fold->used[fold->source_of[i]]
            && four_alike(&fold->source_of[i])) {
            i += FOUR;
            continue;
        }
        const size_t at = i++;
        if (fold->cells[at] == GEO_CELL_UNKNOWN)
            continue;
        fold->used[fold->source_of[at]] = true;
        if (fold->count == 1) // as of most tiles: there is no other to be found
            return;
    }
}

enum drf_status fusion_fold_palette(struct fusion_fold *fold, struct fusion_palette *out)
{
    find_used(fold);
    const struct fusion_source **ranked =
        malloc((fold->count == 0 ? 1 : fold->count) * sizeof(const struct fusion_source *));
    if (ranked == NULL)
        return DRF_ERR_NOMEM;
    size_t count = 0;
    for (size_t i = 0; i < fold->count; i++)
        if (fold->used[i])
            ranked[count++] = fold->sources[i];
    qsort((void *)ranked, count, sizeof(const struct fusion_source *), by_rank);

    const size_t last = FUSION_TILE_SOURCES_MAX - 1;
    out->overflows = count > FUSION_TILE_SOURCES_MAX;
    out->count = (uint16_t)(out->overflows ? last : count);
    for (size_t i = 0; i < out->count; i++)
        out->sources[i] = ranked[i];
    if (out->overflows)
        out->several = several_of(ranked + last, count - last);
    for (size_t i = 0; i < fold->count; i++) {
        size_t at = 0;
        while (at < out->count && out->sources[at] != fold->sources[i])
            at++;
        fold->place[i] = (uint16_t)at; // beyond the named ones: the entry for all others
    }
    free((void *)ranked);
    return DRF_OK;
}

// The place in the palette of each known cell's source.
static void narrow(struct fusion_fold *fold)
{
    for (size_t i = 0; i < GEO_CELLS_COUNT; i += FOUR) {
        if (four_alike(&fold->source_of[i])) {
            memset(&fold->narrow[i], (uint8_t)fold->place[fold->source_of[i]], FOUR);
            continue;
        }
        for (size_t k = i; k < i + FOUR; k++)
            fold->narrow[k] = (uint8_t)fold->place[fold->source_of[k]];
    }
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        fold->narrow[i] = fold->cells[i] == GEO_CELL_UNKNOWN ? 0 : fold->narrow[i];
}

enum drf_status fusion_fold_make(struct fusion_fold *fold, struct geo_tile tile,
                                 const struct fusion_palette *palette, struct fusion_tile **out)
{
    if (palette->count == 0) {
        *out = NULL;
        return DRF_OK;
    }
    const uint16_t sources = (uint16_t)(palette->count + palette->overflows);
    if (sources > 1)
        narrow(fold);
    return fusion_tile_make(fold->pool, tile, fold->cells, palette->sources, sources,
                            sources > 1 ? fold->narrow : NULL,
                            fold->surface ? fold->flags : NULL, out);
}

struct fusion_lattice fusion_fold_lattice(struct geo_tile tile)
{
    struct geo_bounds b = geo_tile_bounds(tile);
    return (struct fusion_lattice){
        .north_deg = b.north_deg,
        .west_deg = b.west_deg,
        .side_deg = (b.north_deg - b.south_deg) / GEO_CELLS_SIDE,
        .rows = GEO_CELLS_SIDE,
        .columns = GEO_CELLS_SIDE,
    };
}

struct under {
    const uint16_t *cells;
    uint16_t greatest; // known when any
    bool any;
};

static void under_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    struct under *under = context;
    const uint16_t *cells = under->cells + (size_t)row * GEO_CELLS_SIDE;
    for (uint32_t i = first; i <= last; i++)
        if (cells[i] != GEO_CELL_UNKNOWN && (!under->any || cells[i] > under->greatest)) {
            under->greatest = cells[i];
            under->any = true;
        }
}

uint16_t fusion_fold_under(const struct fusion_tile *ground,
                           const struct fusion_footprint *footprint)
{
    if (ground == NULL)
        return GEO_CELL_UNKNOWN;
    struct under under = {.cells = ground->cells};
    fusion_footprint_spans(footprint, fusion_fold_lattice(ground->tile), under_span, &under);
    return under.any ? under.greatest : GEO_CELL_UNKNOWN;
}

uint16_t fusion_fold_cell_above(double amsl_m)
{
    double steps = ceil((amsl_m - GEO_CELL_OFFSET_M) / GEO_CELL_QUANTUM_M);
    if (!(steps > 0.0))
        return 0;
    return steps >= GEO_CELL_MAX ? GEO_CELL_MAX : (uint16_t)steps;
}
