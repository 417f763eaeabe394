// SPDX-License-Identifier: Apache-2.0
// Obstacles in the fabric's memory: their tops, which follow the ground under them, and the
// surface, which follows their tops.
#include "fusion/fabric/fabric_impl.h"

enum drf_status fabric_enter_obstacle(struct fusion_fabric *fabric, int64_t id,
                                      int64_t version_utc_us,
                                      const struct geo_obstacle *obstacle,
                                      const struct geo_point *vertices,
                                      const struct fusion_source *content)
{
    const struct fusion_source *source;
    enum drf_status status = fusion_provenance_acquire(fabric->provenances, content, &source);
    if (status != DRF_OK)
        return status;
    status =
        fusion_features_add(fabric->features, id, version_utc_us, obstacle, vertices, source);
    fusion_provenance_release(fabric->provenances, source);
    return status;
}

static const struct fusion_tile *ground_of(void *context, size_t index, bool *loading)
{
    const struct fabric_slot *slot = &((const struct fusion_fabric *)context)->slots[index];
    *loading = slot->ground_loading;
    return slot->ground;
}

struct dirtying {
    struct fusion_fabric *fabric;
    const struct fusion_footprint *footprint;
    bool lowered, urgent;
};

static void dirty_surface(void *context, size_t index)
{
    const struct dirtying *dirtying = context;
    fabric_dirty_under(dirtying->fabric, index, dirtying->footprint, dirtying->lowered,
                       dirtying->urgent);
}

// The surface under an obstacle is to be folded again.
static void dirty_footprint(struct fusion_fabric *fabric, const struct fusion_obstacle *fused,
                            bool lowered, bool urgent)
{
    struct fusion_footprint footprint = fusion_footprint_of(fused->obstacle, fused->vertices);
    struct dirtying dirtying = {fabric, &footprint, lowered, urgent};
    fusion_features_tiles(fabric->features, fused->obstacle, fused->vertices, dirty_surface,
                          &dirtying);
}

enum drf_status fabric_refresh(struct fusion_fabric *fabric, struct fusion_feature *feature)
{
    bool changed, was_stale = feature->row_stale;
    const bool was_known = feature->fused->top_known;
    const double was_amsl_m = feature->fused->top_amsl_m;
    enum drf_status status =
        fusion_features_refresh(fabric->features, feature, ground_of, fabric, &changed);
    if (status != DRF_OK || !changed)
        return status;
    feature->row_stale = was_stale || !fabric->untouched;
    fabric->rows_stale = fabric->rows_stale || feature->row_stale;
    fabric->changed = true;
    const bool higher = feature->fused->top_known && feature->fused->top_amsl_m >= was_amsl_m;
    if (feature->raises)
        dirty_footprint(fabric, feature->fused, was_known && !higher, false);
    struct fusion_footprint footprint =
        fusion_footprint_of(feature->fused->obstacle, feature->fused->vertices);
    fabric_changed(fabric, fusion_footprint_bounds(&footprint), FUSION_LAYER_OBSTACLE);
    return DRF_OK;
}

struct marking {
    struct fusion_fabric *fabric;
    enum drf_status status;
};

static void mark_surface(void *context, size_t index)
{
    struct marking *marking = context;
    if (marking->status == DRF_OK && !marking->fabric->slots[index].surface_mark)
        marking->status = fabric_mark(marking->fabric, FUSION_LAYER_SURFACE, index);
}

// What the surface shows under the obstacle is to be folded and rendered again.
enum drf_status fabric_invalidate_obstacle(struct fusion_fabric *fabric,
                                           const struct fusion_feature *feature, bool goes)
{
    const struct fusion_obstacle *fused = feature->fused;
    struct fusion_footprint footprint = fusion_footprint_of(fused->obstacle, fused->vertices);
    fabric_changed(fabric, fusion_footprint_bounds(&footprint), FUSION_LAYER_OBSTACLE);
    fabric->changed = true;
    fabric->rows_stale = true;
    if (!feature->raises)
        return DRF_OK;
    struct marking marking = {.fabric = fabric};
    fusion_features_tiles(fabric->features, fused->obstacle, fused->vertices, mark_surface,
                          &marking);
    dirty_footprint(fabric, fused, goes, true);
    return marking.status;
}

enum drf_status fabric_leave_obstacle(struct fusion_fabric *fabric, int64_t id)
{
    struct fusion_feature *former = fusion_features_find(fabric->features, id);
    if (former == NULL)
        return DRF_OK;
    enum drf_status status = fabric_invalidate_obstacle(fabric, former, true);
    if (status == DRF_OK)
        status = fabric_note_gone(fabric, id);
    return status == DRF_OK ? fusion_features_remove(fabric->features, former) : status;
}
