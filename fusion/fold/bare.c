// SPDX-License-Identifier: Apache-2.0
#include "fusion/fold/bare.h"

#include <stdlib.h>

struct fusion_bare *fusion_bare_open(struct fusion_provenance *provenances)
{
    struct fusion_bare *bare = calloc(1, sizeof *bare);
    if (bare != NULL)
        bare->provenances = provenances;
    return bare;
}

static void release(const struct fusion_bare *bare, const struct fusion_bare_cell *cell)
{
    if (bare->provenances != NULL)
        fusion_provenance_release(bare->provenances, cell->source);
}

void fusion_bare_close(struct fusion_bare *bare)
{
    if (bare == NULL)
        return;
    for (size_t i = 0; i < bare->count; i++)
        release(bare, &bare->cells[i]);
    free(bare->cells);
    free(bare);
}

static bool make_room(struct fusion_bare *bare)
{
    if (bare->count < bare->room)
        return true;
    const size_t room = bare->room == 0 ? 64 : bare->room * 2; // comes to FUSION_BARE_MAX
    struct fusion_bare_cell *cells =
        room > FUSION_BARE_MAX ? NULL : realloc(bare->cells, room * sizeof *cells);
    if (cells == NULL)
        return false;
    bare->cells = cells;
    bare->room = room;
    return true;
}

void fusion_bare_add(struct fusion_bare *bare, struct fusion_bare_cell cell)
{
    bare->lost = bare->lost || !make_room(bare);
    if (bare->lost)
        return;
    if (bare->provenances != NULL)
        fusion_provenance_retain(cell.source);
    bare->cells[bare->count++] = cell;
}

static int by_number(const void *a, const void *b)
{
    const struct fusion_bare_cell *x = a, *y = b;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

bool fusion_bare_sort(struct fusion_bare *bare)
{
    if (bare->count > 1)
        qsort(bare->cells, bare->count, sizeof *bare->cells, by_number);
    return !bare->lost;
}

const struct fusion_bare_cell *fusion_bare_find(const struct fusion_bare *bare, uint32_t cell)
{
    const struct fusion_bare_cell name = {.cell = (uint16_t)cell};
    return bare->count == 0 ? NULL
                            : bsearch(&name, bare->cells, bare->count, sizeof name, by_number);
}

void fusion_bare_drop(struct fusion_bare *bare, struct fusion_cell_box box, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < bare->count; i++) {
        const uint32_t row = bare->cells[i].cell / GEO_CELLS_SIDE,
                       column = bare->cells[i].cell % GEO_CELLS_SIDE;
        if (i < count && row >= box.north && row <= box.south && column >= box.west
            && column <= box.east)
            release(bare, &bare->cells[i]);
        else
            bare->cells[kept++] = bare->cells[i];
    }
    bare->count = kept;
}
