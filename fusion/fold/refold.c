// SPDX-License-Identifier: Apache-2.0
// Without obstacles a cell of the surface is what the surface models and the ground make of it.
// Where the old surface has no obstacle on a cell that is the cell itself; where it has one and
// no model said anything it is the ground's. Where a model lies under an obstacle the surface
// does not tell, but what was kept of it may (fusion/fold/bare.h); if nothing was, but
// obstacles only came or grew, the cell as it is may stand for it: whatever is higher raises it
// all the same, and only of an equal top it cannot be told whether it is the first. From there
// on the obstacles raise the box as they do in the whole fold. Cells of the box name their kind
// (source and flags) by a number in a short table, which begins with the kinds of the old
// surface.
#include "fusion/fold/refold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fold/fold.h"
#include "geo/earth.h"

enum {
    SIDE = GEO_CELLS_SIDE,
    CELLS_MAX = GEO_CELLS_COUNT / 4, // above this the whole fold costs no more
    NAMES_MAX = FUSION_PATCH_KINDS_MAX,
    NONE = UINT16_MAX,
};

struct fusion_refold {
    const struct fusion_tile *old, *ground;
    struct fusion_cell_box box;
    struct fusion_lattice lattice;
    double south_deg, north_deg, west_deg, east_deg;       // of the box
    uint16_t cells[CELLS_MAX], kinds[CELLS_MAX];           // of the box, row by row
    uint16_t bare_cells[CELLS_MAX], bare_kinds[CELLS_MAX]; // the same without obstacles
    const struct fusion_bare *bare;
    struct fusion_patch_kind names[NAMES_MAX];
    uint16_t name_count;
    uint16_t raised[NAMES_MAX]; // a kind's number with an obstacle's flag, NONE: not yet
    bool grown[CELLS_MAX];      // begins with obstacles on it, as the old surface has it
    bool lowered, any_grown;
    bool full; // there are more kinds, or which of equal tops is named cannot be told
};

enum drf_status fusion_refold_open(struct fusion_refold **out)
{
    struct fusion_refold *refold = malloc(sizeof *refold);
    if (refold == NULL)
        return DRF_ERR_NOMEM;
    *out = refold;
    return DRF_OK;
}

void fusion_refold_close(struct fusion_refold *refold) { free(refold); }

static uint32_t stride(const struct fusion_refold *refold)
{
    return refold->box.east - refold->box.west + 1;
}

static size_t place(const struct fusion_refold *refold, uint32_t row, uint32_t column)
{
    return (size_t)(row - refold->box.north) * stride(refold) + column - refold->box.west;
}

static uint16_t enter(struct fusion_refold *refold, const struct fusion_source *source,
                      uint8_t flags)
{
    for (uint16_t i = refold->name_count; i > 0; i--)
        if (refold->names[i - 1].source == source && refold->names[i - 1].flags == flags)
            return (uint16_t)(i - 1);
    if (refold->name_count == NAMES_MAX) {
        refold->full = true;
        return 0;
    }
    refold->names[refold->name_count] = (struct fusion_patch_kind){source, flags};
    refold->raised[refold->name_count] = NONE;
    return refold->name_count++;
}

// The number of the old surface's kind of a known cell.
static uint16_t kind_of_old(struct fusion_refold *refold, uint32_t cell)
{
    return enter(refold, fusion_tile_source(refold->old, cell),
                 fusion_tile_flags(refold->old, cell));
}

// A cell as it is without obstacles. False: that cannot be told.
static bool bare_cell(struct fusion_refold *refold, uint32_t cell, size_t at)
{
    const struct fusion_tile *old = refold->old, *ground = refold->ground;
    refold->cells[at] = fusion_tile_cell(old, cell);
    refold->kinds[at] = 0;
    refold->grown[at] = false;
    if (fusion_tile_cell(old, cell) == GEO_CELL_UNKNOWN)
        return true;
    const uint8_t flags = fusion_tile_flags(old, cell);
    const bool raised = (flags & FUSION_SURFACE_OBSTACLE) != 0;
    const bool modelled = (flags & FUSION_SURFACE_DSM) != 0;
    const struct fusion_bare_cell *under = raised && modelled && refold->bare != NULL
                                               ? fusion_bare_find(refold->bare, cell)
                                               : NULL;
    if (under != NULL) {
        refold->cells[at] = under->height;
        refold->kinds[at] = enter(refold, under->source, under->flags);
        return true;
    }
    if (!raised || modelled) {
        refold->kinds[at] = kind_of_old(refold, cell);
        refold->grown[at] = raised;
        refold->any_grown = refold->any_grown || raised;
        return !raised || !refold->lowered;
    }
    refold->cells[at] = ground == NULL ? GEO_CELL_UNKNOWN : ground->cells[cell];
    if (refold->cells[at] != GEO_CELL_UNKNOWN)
        refold->kinds[at] =
            enter(refold, fusion_tile_source(ground, cell), FUSION_SURFACE_GROUND);
    return true;
}

static void measure(struct fusion_refold *refold)
{
    const struct fusion_lattice *l = &refold->lattice;
    const struct fusion_cell_box box = refold->box;
    refold->north_deg = l->north_deg - box.north * l->side_deg;
    refold->south_deg = l->north_deg - (box.south + 1) * l->side_deg;
    refold->west_deg = l->west_deg + box.west * l->side_deg;
    refold->east_deg = l->west_deg + (box.east + 1) * l->side_deg;
}

enum drf_status fusion_refold_start(struct fusion_refold *refold, const struct fusion_tile *old,
                                    const struct fusion_tile *ground,
                                    struct fusion_cell_box box, bool lowered,
                                    const struct fusion_bare *bare)
{
    assert(!fusion_cell_box_empty(box) && box.east < SIDE && box.south < SIDE);
    // Beyond this number a source may stand for several: then a cell's own is not known.
    if ((box.east - box.west + 1) * (box.south - box.north + 1) > CELLS_MAX
        || old->source_count >= FUSION_TILE_SOURCES_MAX || old->kind_count > NAMES_MAX / 2)
        return DRF_ERR_FULL;
    refold->old = old;
    refold->ground = ground;
    refold->box = box;
    refold->lattice = fusion_fold_lattice(old->tile);
    refold->lowered = lowered;
    refold->bare = bare;
    refold->any_grown = refold->full = false;
    refold->name_count = 0;
    for (uint16_t i = 0; i < old->kind_count; i++) {
        refold->names[i] =
            (struct fusion_patch_kind){old->sources[old->kinds[i].source], old->kinds[i].flags};
        refold->raised[i] = NONE;
    }
    refold->name_count = old->kind_count;
    measure(refold);
    size_t at = 0;
    for (uint32_t row = box.north; row <= box.south; row++)
        for (uint32_t column = box.west; column <= box.east; column++)
            if (!bare_cell(refold, row * SIDE + column, at++))
                return DRF_ERR_FULL;
    if (bare != NULL) {
        memcpy(refold->bare_cells, refold->cells, at * sizeof *refold->cells);
        memcpy(refold->bare_kinds, refold->kinds, at * sizeof *refold->kinds);
    }
    return DRF_OK;
}

bool fusion_refold_near(const struct fusion_refold *refold, struct geo_point position,
                        double reach_m)
{
    // No degree of latitude is shorter than 110,574 m, and none of longitude than this by the
    // cosine, which is not below 1 - x^2 / 2; a millionth of a degree more for what is rounded.
    const double north_deg = reach_m / 110000.0 + 1e-6;
    if (position.lat_deg > refold->north_deg + north_deg
        || position.lat_deg < refold->south_deg - north_deg)
        return false;
    const double lat = position.lat_deg * GEO_RAD_PER_DEG, cosine = 1.0 - 0.5 * lat * lat;
    if (cosine < 0.05)
        return true;
    const double east_deg = reach_m / (110000.0 * cosine) + 1e-6;
    double from_west = position.lon_deg - refold->west_deg;
    from_west += from_west > 180.0 ? -360.0 : from_west < -180.0 ? 360.0 : 0.0;
    return from_west >= -east_deg
           && from_west <= refold->east_deg - refold->west_deg + east_deg;
}

struct raise {
    struct fusion_refold *refold;
    const struct fusion_source *source;
    uint16_t top;
};

static void raise_cell(const struct raise *raise, size_t at)
{
    struct fusion_refold *refold = raise->refold;
    const bool known = refold->cells[at] != GEO_CELL_UNKNOWN;
    const struct fusion_patch_kind kind = refold->names[refold->kinds[at]];
    const uint8_t flags =
        (uint8_t)((known ? kind.flags : 0) | (uint8_t)FUSION_SURFACE_OBSTACLE);
    if (refold->grown[at] && raise->top == refold->cells[at] && raise->source != kind.source)
        refold->full = true;
    if (!known || raise->top > refold->cells[at]) {
        refold->grown[at] = false;
        refold->cells[at] = raise->top;
        refold->kinds[at] = enter(refold, raise->source, flags);
        return;
    }
    uint16_t *raised = &refold->raised[refold->kinds[at]];
    if (*raised == NONE)
        *raised = enter(refold, kind.source, flags);
    refold->kinds[at] = *raised;
}

static void raise_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    const struct raise *raise = context;
    const struct fusion_cell_box box = raise->refold->box;
    if (row < box.north || row > box.south || first > box.east || last < box.west)
        return;
    first = first < box.west ? box.west : first;
    last = last > box.east ? box.east : last;
    for (uint32_t column = first; column <= last; column++)
        raise_cell(raise, place(raise->refold, row, column));
}

void fusion_refold_raise(struct fusion_refold *refold, const struct fusion_footprint *footprint,
                         double top_amsl_m, const struct fusion_source *source)
{
    struct raise raise = {refold, source, fusion_fold_cell_above(top_amsl_m)};
    fusion_footprint_spans(footprint, refold->lattice, raise_span, &raise);
}

static struct fusion_cell_box with(struct fusion_cell_box box, uint32_t row, uint32_t first,
                                   uint32_t last)
{
    if (fusion_cell_box_empty(box))
        return (struct fusion_cell_box){row, row, first, last};
    return (struct fusion_cell_box){
        .north = row < box.north ? row : box.north,
        .south = row > box.south ? row : box.south,
        .west = first < box.west ? first : box.west,
        .east = last > box.east ? last : box.east,
    };
}

static struct fusion_cell_box find_changed(const struct fusion_refold *refold)
{
    const struct fusion_tile *old = refold->old;
    struct fusion_cell_box changed = FUSION_CELL_BOX_EMPTY;
    for (uint32_t row = refold->box.north; row <= refold->box.south; row++)
        for (uint32_t column = refold->box.west; column <= refold->box.east; column++) {
            const size_t at = place(refold, row, column);
            const uint32_t cell = row * SIDE + column;
            if (refold->cells[at] == fusion_tile_cell(old, cell)) {
                const struct fusion_patch_kind *kind = &refold->names[refold->kinds[at]];
                if (refold->cells[at] == GEO_CELL_UNKNOWN
                    || (kind->source == fusion_tile_source(old, cell)
                        && kind->flags == fusion_tile_flags(old, cell)))
                    continue;
            }
            changed = with(changed, row, column, column);
        }
    return changed;
}

static bool is_ground(const struct fusion_tile *tile)
{
    for (uint16_t i = 0; i < tile->kind_count; i++)
        if (tile->kinds[i].flags != FUSION_SURFACE_GROUND)
            return false;
    return true;
}

enum drf_status fusion_refold_finish(struct fusion_refold *refold, enum fusion_refolded *out,
                                     struct fusion_tile **made, struct fusion_cell_box *changed)
{
    if (refold->full)
        return DRF_ERR_FULL;
    *changed = find_changed(refold);
    if (fusion_cell_box_empty(*changed)) {
        *out = FUSION_REFOLD_SAME;
        return DRF_OK;
    }
    const size_t first = place(refold, changed->north, changed->west);
    const struct fusion_tile_patch patch = {
        .box = *changed,
        .cells = refold->cells + first,
        .kinds = refold->kinds + first,
        .stride = stride(refold),
        .names = refold->names,
        .name_count = refold->name_count,
    };
    struct fusion_tile *tile;
    enum drf_status status = fusion_tile_patch(refold->old, &patch, &tile);
    if (status != DRF_OK)
        return status;
    *out = FUSION_REFOLD_MADE;
    if (tile == NULL)
        *changed = (struct fusion_cell_box){.south = SIDE - 1, .east = SIDE - 1};
    if (tile != NULL && refold->ground != NULL && is_ground(tile)) {
        fusion_tile_free(tile);
        *out = FUSION_REFOLD_GROUND;
    } else {
        *made = tile;
    }
    return DRF_OK;
}

bool fusion_refold_bare(const struct fusion_refold *refold, struct fusion_bare *bare)
{
    const struct fusion_cell_box box = refold->box;
    const size_t former = bare->count; // they hold sources that the new ones may name
    if (refold->any_grown)
        return false;
    for (uint32_t row = box.north; row <= box.south; row++)
        for (uint32_t column = box.west; column <= box.east; column++) {
            const size_t at = place(refold, row, column);
            const struct fusion_patch_kind *kind = &refold->names[refold->bare_kinds[at]];
            const uint8_t flags = refold->names[refold->kinds[at]].flags;
            if (refold->bare_cells[at] != GEO_CELL_UNKNOWN
                && (kind->flags & FUSION_SURFACE_DSM) != 0
                && (flags & FUSION_SURFACE_OBSTACLE) != 0)
                fusion_bare_add(
                    bare, (struct fusion_bare_cell){.source = kind->source,
                                                    .cell = (uint16_t)(row * SIDE + column),
                                                    .height = refold->bare_cells[at],
                                                    .flags = kind->flags});
        }
    fusion_bare_drop(bare, box, former);
    return fusion_bare_sort(bare);
}

struct joining {
    struct fusion_cell_box box;
};

static void join_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    struct joining *joining = context;
    joining->box = with(joining->box, row, first, last);
}

struct fusion_cell_box fusion_refold_box(struct fusion_cell_box box, struct geo_tile tile,
                                         const struct fusion_footprint *footprint)
{
    struct joining joining = {box};
    fusion_footprint_spans(footprint, fusion_fold_lattice(tile), join_span, &joining);
    return joining.box;
}
