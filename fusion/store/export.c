// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/export.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct fusion_export_extent fusion_export_extent(const struct fusion_root *root)
{
    const struct geo_bounds first = geo_tile_bounds(root->tiles.first);
    const double cell = (first.east_deg - first.west_deg) / GEO_CELLS_SIDE;
    const double turn = root->keep.west_deg > root->keep.east_deg ? 360.0 : 0.0;
    const double left = floor((root->keep.west_deg - first.west_deg) / cell);
    const double right = ceil((root->keep.east_deg + turn - first.west_deg) / cell);
    const double top = floor((first.north_deg - root->keep.north_deg) / cell);
    const double bottom = ceil((first.north_deg - root->keep.south_deg) / cell);
    const double most_right = (double)root->tiles.columns * GEO_CELLS_SIDE;
    const double most_down = (double)root->tiles.rows * GEO_CELLS_SIDE;
    const uint32_t skip_columns = (uint32_t)fmax(left, 0.0), skip_rows = (uint32_t)fmax(top, 0);
    return (struct fusion_export_extent){
        .west_deg = first.west_deg + skip_columns * cell,
        .north_deg = first.north_deg - skip_rows * cell,
        .cell_deg = cell,
        .columns = (uint32_t)fmin(right, most_right) - skip_columns,
        .rows = (uint32_t)fmin(bottom, most_down) - skip_rows,
        .skip_columns = skip_columns,
        .skip_rows = skip_rows,
    };
}

struct fusion_export_extent fusion_export_inset(const struct fusion_inset *inset)
{
    const struct geo_bounds first = geo_tile_bounds(inset->tiles.first);
    return (struct fusion_export_extent){
        .west_deg = first.west_deg,
        .north_deg = first.north_deg,
        .cell_deg = (first.east_deg - first.west_deg) / GEO_CELLS_SIDE,
        .columns = inset->tiles.columns * GEO_CELLS_SIDE,
        .rows = inset->tiles.rows * GEO_CELLS_SIDE,
    };
}

void fusion_export_rows(const struct fusion_root *root, const struct fusion_inset *inset,
                        enum fusion_layer layer, uint32_t first, uint32_t count, float unknown,
                        float *out)
{
    const struct fusion_export_extent extent =
        inset != NULL ? fusion_export_inset(inset) : fusion_export_extent(root);
    const struct fusion_tile *const *ground = inset != NULL ? inset->ground : root->ground;
    const struct fusion_tile *const *surface = inset != NULL ? inset->surface : root->surface;
    const struct fusion_tile *const *tiles = layer == FUSION_LAYER_GROUND ? ground : surface;
    const uint32_t across = inset != NULL ? inset->tiles.columns : root->tiles.columns;
    for (uint32_t r = 0; r < count; r++) {
        const uint32_t down = extent.skip_rows + first + r;
        for (uint32_t c = 0; c < extent.columns; c++) {
            const uint32_t along = extent.skip_columns + c;
            const size_t index =
                (size_t)(down / GEO_CELLS_SIDE) * across + along / GEO_CELLS_SIDE;
            uint16_t cell = GEO_CELL_UNKNOWN;
            if (tiles[index] != NULL)
                cell = fusion_tile_row(tiles[index],
                                       down % GEO_CELLS_SIDE)[along % GEO_CELLS_SIDE];
            out[(size_t)r * extent.columns + c] =
                cell == GEO_CELL_UNKNOWN ? unknown : (float)geo_cell_m(cell);
        }
    }
}
