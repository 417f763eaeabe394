// SPDX-License-Identifier: Apache-2.0
// A tile numbers its kinds in the order in which its cells first name them, and keeps only
// sources that a cell names, the best first. So the first cell of each kind is found anew:
// outside of the box by going over the packed numbers, a word at a time where a word holds one
// kind that was found already; inside it cell by cell. Where the old kinds keep their numbers,
// as they mostly do, the packed numbers are copied; where only more bits are needed or the
// numbers change, a table turns a byte of the old ones into bytes of the new ones.
#include "fusion/root/tile_patch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/kind_numbers.h"
#include "fusion/root/tile_thin.h"

enum { SIDE = GEO_CELLS_SIDE, NAMES_MAX = FUSION_PATCH_KINDS_MAX };
#define NOWHERE UINT32_MAX

struct plan {
    const struct fusion_tile *old;
    const struct fusion_tile_patch *patch;
    uint32_t outside[NAMES_MAX]; // the first cell of each kind outside of the box
    uint16_t found;              // how many kinds have one
    uint32_t first[NAMES_MAX];   // in the whole tile
    uint16_t number[NAMES_MAX];  // in the new tile
    uint16_t order[NAMES_MAX];   // the kinds by their new numbers
    uint16_t kind_count, source_count;
    uint8_t bits;
    const struct fusion_source *sources[NAMES_MAX];
    uint8_t place[NAMES_MAX]; // of each kind's source
    uint32_t known;
};

static uint16_t number_at(const struct fusion_tile *tile, uint32_t cell)
{
    return fusion_kind_number(tile->kind_of, tile->kind_bits, cell);
}

// Cells of one packed word, all of a kind that was found: there is nothing to be found in it.
static uint32_t found_word(const struct plan *plan, uint32_t cell)
{
    const struct fusion_tile *old = plan->old;
    const uint8_t bits = old->kind_bits;
    const uint32_t word_cells = bits == 0 || bits == 16 ? 0 : 64U / bits;
    if (word_cells == 0 || cell % word_cells != 0)
        return 0;
    const uint16_t number = number_at(old, cell);
    if (plan->outside[number] == NOWHERE)
        return 0;
    uint64_t word, alike = number;
    memcpy(&word, old->kind_of + (size_t)cell * bits / 8, sizeof word);
    for (uint32_t have = bits; have < 64; have *= 2)
        alike |= alike << have;
    return word == alike ? word_cells : 0;
}

// Cells first..end-1, which lie outside of the box.
static void look(struct plan *plan, uint32_t first, uint32_t end)
{
    const struct fusion_tile *old = plan->old;
    for (uint32_t cell = first; cell < end && plan->found < old->kind_count;) {
        const uint32_t skipped = found_word(plan, cell);
        if (skipped > 0) {
            cell += skipped;
            continue;
        }
        const uint16_t number = number_at(old, cell);
        if (plan->outside[number] == NOWHERE && old->cells[cell] != GEO_CELL_UNKNOWN) {
            plan->outside[number] = cell;
            plan->found++;
        }
        cell++;
    }
}

static void look_outside(struct plan *plan)
{
    const struct fusion_cell_box box = plan->patch->box;
    for (size_t i = 0; i < NAMES_MAX; i++)
        plan->outside[i] = NOWHERE;
    look(plan, 0, box.north * SIDE + box.west);
    for (uint32_t row = box.north; row < box.south; row++)
        look(plan, row * SIDE + box.east + 1, (row + 1) * SIDE + box.west);
    look(plan, box.south * SIDE + box.east + 1, GEO_CELLS_COUNT);
}

static void look_inside(struct plan *plan)
{
    const struct fusion_tile_patch *patch = plan->patch;
    const struct fusion_cell_box box = patch->box;
    memcpy(plan->first, plan->outside, patch->name_count * sizeof *plan->first);
    plan->known = plan->old->known;
    for (uint32_t row = box.north; row <= box.south; row++)
        for (uint32_t column = box.west; column <= box.east; column++) {
            const size_t at = (size_t)(row - box.north) * patch->stride + column - box.west;
            const uint32_t cell = row * SIDE + column;
            plan->known -= plan->old->cells[cell] != GEO_CELL_UNKNOWN;
            if (patch->cells[at] == GEO_CELL_UNKNOWN)
                continue;
            plan->known++;
            uint32_t *first = &plan->first[patch->kinds[at]];
            *first = cell < *first ? cell : *first;
        }
}

// There are few kinds: each goes to its place among those before.
static void number_kinds(struct plan *plan)
{
    plan->kind_count = 0;
    for (uint16_t i = 0; i < plan->patch->name_count; i++) {
        if (plan->first[i] == NOWHERE)
            continue;
        uint16_t at = plan->kind_count++;
        for (; at > 0 && plan->first[plan->order[at - 1]] > plan->first[i]; at--)
            plan->order[at] = plan->order[at - 1];
        plan->order[at] = i;
    }
    for (uint16_t i = 0; i < plan->kind_count; i++)
        plan->number[plan->order[i]] = i;
    plan->bits = fusion_kind_bits(plan->kind_count);
}

static enum drf_status rank_sources(struct plan *plan)
{
    plan->source_count = 0;
    for (uint16_t i = 0; i < plan->kind_count; i++) {
        const struct fusion_source *source = plan->patch->names[plan->order[i]].source;
        uint16_t at = 0;
        while (at < plan->source_count && plan->sources[at] != source)
            at++;
        if (at < plan->source_count)
            continue;
        plan->source_count++;
        for (; at > 0 && fusion_source_compare(source, plan->sources[at - 1]) < 0; at--)
            plan->sources[at] = plan->sources[at - 1];
        plan->sources[at] = source;
    }
    if (plan->source_count > FUSION_TILE_SOURCES_MAX)
        return DRF_ERR_FULL;
    for (uint16_t i = 0; i < plan->kind_count; i++) {
        uint8_t at = 0;
        while (plan->sources[at] != plan->patch->names[plan->order[i]].source)
            at++;
        plan->place[i] = at;
    }
    return DRF_OK;
}

// What the old numbers become. False: an unknown cell, which holds 0, would be renumbered too.
static bool renumbering(const struct plan *plan, uint16_t out[static NAMES_MAX], bool *same)
{
    *same = true;
    for (uint16_t i = 0; i < plan->old->kind_count; i++) {
        out[i] =
            plan->outside[i] == NOWHERE ? 0 : plan->number[i]; // else the box overwrites it
        *same = *same && (plan->outside[i] == NOWHERE || out[i] == i);
    }
    return out[0] == 0 || plan->old->known == GEO_CELLS_COUNT;
}

// Each byte of the old numbers as bytes of the new ones.
static void widen(const struct plan *plan, const uint16_t number[static NAMES_MAX],
                  uint8_t *packed)
{
    const uint8_t from = plan->old->kind_bits, to = plan->bits;
    const size_t wide = (size_t)to / from, bytes = (size_t)GEO_CELLS_COUNT / 8 * from;
    const uint32_t mask = (1U << from) - 1;
    uint8_t table[256][8];
    for (uint32_t byte = 0; byte < 256; byte++) {
        memset(table[byte], 0, sizeof table[byte]);
        for (uint32_t i = 0; i < 8U / from; i++) {
            const uint32_t had = byte >> i * from & mask;
            fusion_kind_put(table[byte], to, i,
                            had < plan->old->kind_count ? number[had] : (uint16_t)0);
        }
    }
    for (size_t i = 0; i < bytes; i++)
        memcpy(packed + i * wide, table[plan->old->kind_of[i]], wide);
}

static void copy_numbers(const struct plan *plan, uint8_t *packed)
{
    const struct fusion_tile *old = plan->old;
    uint16_t number[NAMES_MAX] = {0};
    bool same;
    const bool by_byte = renumbering(plan, number, &same);
    const size_t bytes = (size_t)GEO_CELLS_COUNT / 8 * plan->bits;
    if (same && plan->bits == old->kind_bits) {
        memcpy(packed, old->kind_of, bytes);
    } else if (by_byte && old->kind_bits == 0 && number[0] == 0) {
        memset(packed, 0, bytes);
    } else if (by_byte && old->kind_bits > 0 && plan->bits >= old->kind_bits
               && plan->bits <= 8) {
        widen(plan, number, packed);
    } else {
        memset(packed, 0, bytes);
        for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++)
            if (old->cells[i] != GEO_CELL_UNKNOWN)
                fusion_kind_put(packed, plan->bits, i, number[number_at(old, i)]);
    }
}

static void write_box(const struct plan *plan, uint16_t *cells, uint8_t *packed)
{
    const struct fusion_tile_patch *patch = plan->patch;
    const struct fusion_cell_box box = patch->box;
    for (uint32_t row = box.north; row <= box.south; row++)
        for (uint32_t column = box.west; column <= box.east; column++) {
            const size_t at = (size_t)(row - box.north) * patch->stride + column - box.west;
            const uint32_t cell = row * SIDE + column;
            cells[cell] = patch->cells[at];
            if (plan->bits > 0)
                fusion_kind_put(packed, plan->bits, cell,
                                patch->cells[at] == GEO_CELL_UNKNOWN
                                    ? (uint16_t)0
                                    : plan->number[patch->kinds[at]]);
        }
}

static enum drf_status make(const struct plan *plan, struct fusion_tile **out)
{
    struct fusion_tile *made =
        malloc(sizeof *made + plan->source_count * sizeof(struct fusion_source *)
               + plan->kind_count * sizeof(struct fusion_kind));
    uint16_t *cells = NULL;
    uint8_t *packed = NULL;
    if (made == NULL || !fusion_tile_room(plan->old->pool, plan->bits, &cells, &packed)) {
        free(made);
        return DRF_ERR_NOMEM;
    }
    const struct fusion_source **sources = (void *)(made + 1);
    struct fusion_kind *kinds = (void *)(sources + plan->source_count);
    memcpy((void *)sources, (const void *)plan->sources,
           plan->source_count * sizeof(struct fusion_source *));
    for (uint16_t i = 0; i < plan->kind_count; i++)
        kinds[i] =
            (struct fusion_kind){plan->place[i], plan->patch->names[plan->order[i]].flags};
    memcpy(cells, plan->old->cells, GEO_CELLS_COUNT * sizeof *cells);
    if (plan->bits > 0)
        copy_numbers(plan, packed);
    write_box(plan, cells, packed);
    *made = (struct fusion_tile){
        .tile = plan->old->tile,
        .known = plan->known,
        .source_count = plan->source_count,
        .kind_count = plan->kind_count,
        .kind_bits = plan->bits,
        .sources = sources,
        .kinds = kinds,
        .kind_of = packed,
        .pool = plan->old->pool,
        .number = plan->old->pool != NULL ? fusion_tile_pool_number(plan->old->pool) : 0,
        .cells = cells,
    };
    *out = made;
    return DRF_OK;
}

static enum drf_status patch_whole(const struct fusion_tile *old,
                                   const struct fusion_tile_patch *patch,
                                   struct fusion_tile **out)
{
    struct plan plan;
    plan.old = old;
    plan.patch = patch;
    plan.found = 0;
    look_outside(&plan);
    look_inside(&plan);
    if (plan.known == 0) {
        *out = NULL;
        return DRF_OK;
    }
    number_kinds(&plan);
    enum drf_status status = rank_sources(&plan);
    return status == DRF_OK ? make(&plan, out) : status;
}

enum drf_status fusion_tile_patch(const struct fusion_tile *old,
                                  const struct fusion_tile_patch *patch,
                                  struct fusion_tile **out)
{
    assert(!fusion_cell_box_empty(patch->box) && patch->name_count <= NAMES_MAX
           && patch->name_count >= old->kind_count);
    struct fusion_tile *thick = NULL;
    enum drf_status status = old->base != NULL ? fusion_tile_thick(old, &thick) : DRF_OK;
    if (status == DRF_OK)
        status = patch_whole(thick != NULL ? thick : old, patch, out);
    fusion_tile_free(thick);
    return status;
}
