// SPDX-License-Identifier: Apache-2.0
#include "fusion/fold/tile_grids.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "geo/bounds.h"

static size_t count_of(struct fusion_extent extent)
{
    return (size_t)extent.rows * extent.columns;
}

struct fusion_tile_grids fusion_tile_grids_of(struct fusion_extent region)
{
    return (struct fusion_tile_grids){
        .grids = {{.tiles = region}}, .count = 1, .tile_count = count_of(region)};
}

bool fusion_tile_grids_add(struct fusion_tile_grids *grids, const struct geo_inset *inset,
                           struct geo_bounds keep)
{
    assert(grids->count <= GEO_INSETS_MAX);
    struct geo_bounds box = inset->bounds;
    if (!geo_bounds_touch(box, keep))
        return false;
    box.south_deg = fmax(box.south_deg, keep.south_deg);
    box.north_deg = fmin(box.north_deg, keep.north_deg);
    if (keep.west_deg <= keep.east_deg) { // over the antimeridian it is kept whole
        box.west_deg = fmax(box.west_deg, keep.west_deg);
        box.east_deg = fmin(box.east_deg, keep.east_deg);
    }
    const struct geo_tiles tiles = geo_tiles_of(box, (uint8_t)inset->level);
    struct fusion_tile_grid *grid = &grids->grids[grids->count++];
    *grid = (struct fusion_tile_grid){
        .tiles = {.first = tiles.first, .columns = tiles.columns, .rows = tiles.rows},
        .first = grids->tile_count,
    };
    memcpy(grid->name, inset->name, sizeof grid->name);
    grids->tile_count += count_of(grid->tiles);
    return true;
}

bool fusion_tile_grids_index(const struct fusion_tile_grids *grids, struct geo_tile tile,
                             size_t *out)
{
    for (size_t i = 0; i < grids->count; i++) {
        size_t index;
        if (fusion_extent_index(grids->grids[i].tiles, tile, &index)) {
            *out = grids->grids[i].first + index;
            return true;
        }
    }
    return false;
}

struct geo_tile fusion_tile_grids_tile(const struct fusion_tile_grids *grids, size_t index)
{
    assert(index < grids->tile_count);
    size_t at = grids->count - 1;
    while (index < grids->grids[at].first)
        at--;
    const struct fusion_extent *e = &grids->grids[at].tiles;
    const size_t own = index - grids->grids[at].first;
    uint32_t around = (UINT32_C(2) << e->first.level) - 1;
    return (struct geo_tile){
        .level = e->first.level,
        .row = e->first.row + (uint32_t)(own / e->columns),
        .col = (e->first.col + (uint32_t)(own % e->columns)) & around,
    };
}
