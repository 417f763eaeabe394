// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/root.h"

bool fusion_extent_index(struct fusion_extent extent, struct geo_tile tile, size_t *out)
{
    if (tile.level != extent.first.level || tile.row < extent.first.row)
        return false;
    // Columns go around the globe, so that an extent may cross the antimeridian.
    uint32_t around = (UINT32_C(2) << extent.first.level) - 1;
    uint32_t row = tile.row - extent.first.row;
    uint32_t col = (tile.col - extent.first.col) & around;
    if (row >= extent.rows || col >= extent.columns)
        return false;
    *out = (size_t)row * extent.columns + col;
    return true;
}
