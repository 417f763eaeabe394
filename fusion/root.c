// SPDX-License-Identifier: Apache-2.0
#include "fusion/root.h"

#include <assert.h>

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

const struct fusion_tile *fusion_root_tile(const struct fusion_root *root,
                                           enum fusion_layer layer, struct geo_point point,
                                           enum fusion_reason *reason)
{
    assert(layer == FUSION_LAYER_GROUND || layer == FUSION_LAYER_SURFACE);
    struct geo_tile tile;
    size_t index;
    if (geo_tile_at(point, root->tiles.first.level, &tile) != DRF_OK
        || !fusion_extent_index(root->tiles, tile, &index)) {
        *reason = FUSION_REASON_OUT_OF_REGION;
        return NULL;
    }
    const struct fusion_tile *found =
        layer == FUSION_LAYER_GROUND ? root->ground[index] : root->surface[index];
    *reason = FUSION_REASON_NONE;
    if (found == NULL) {
        enum fusion_reason state = root->layer_state[layer];
        *reason = state == FUSION_REASON_NONE ? FUSION_REASON_NO_DATA : state;
    }
    return found;
}
