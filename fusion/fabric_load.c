// SPDX-License-Identifier: Apache-2.0
// What the store holds, back into memory: features and weather at once, tiles by being dirty.
#include "fusion/fabric_impl.h"

// Whether its row is stale the store says.
static enum drf_status enter(struct fusion_fabric *fabric, const struct fusion_live *live,
                             const struct geo_item *item, const struct fusion_source *content)
{
    enum drf_status status;
    if (item->kind == GEO_ITEM_ZONE) {
        status = fabric_enter_zone(fabric, live->id, live->version.time_utc_us, item, content);
        if (status == DRF_OK)
            fusion_zone_set_find(fabric->zones, live->id)->row_stale = false;
        return status;
    }
    status = fabric_enter_feature(fabric, live->id, live->version.time_utc_us, item->payload,
                                  geo_item_vertices(item), content);
    if (status == DRF_OK)
        fusion_features_find(fabric->features, live->id)->row_stale = false;
    return status;
}

static enum drf_status load_features(struct fusion_fabric *fabric,
                                     const struct fusion_live *live)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(live->record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_OBSTACLE && item.kind != GEO_ITEM_ZONE)
            continue;
        struct fusion_source content = *live->certificate;
        struct fusion_weather_terms terms =
            fabric_terms(fabric, live->identity.feed, live->certificate);
        content.priority = terms.priority;
        for (size_t i = 0; i < sizeof content.licence; i++)
            content.licence[i] = terms.licence[i];
        enum drf_status status = enter(fabric, live, &item, &content);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

static enum drf_status load_live(void *context, const struct fusion_live *live)
{
    struct fusion_fabric *fabric = context;
    size_t cursor = 0;
    struct geo_item item;
    if (!geo_record_next(live->record, &cursor, &item))
        return DRF_OK;
    if (item.kind == GEO_ITEM_OBSTACLE || item.kind == GEO_ITEM_ZONE)
        return load_features(fabric, live);
    if (item.kind != GEO_ITEM_FIELD)
        return DRF_OK;
    struct fusion_weather_terms terms =
        fabric_terms(fabric, live->identity.feed, live->certificate);
    return fusion_weather_set_put(fabric->weather, live->id, live->identity, live->version,
                                  live->record, &terms);
}

static enum drf_status load_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    struct fusion_fabric *fabric = context;
    size_t index;
    if (!fusion_extent_index(fabric->tiles, tile, &index))
        return DRF_OK;
    struct fabric_slot *slot = &fabric->slots[index];
    if (layer == FUSION_LAYER_GROUND && !slot->ground_loading) {
        slot->ground_loading = true;
        fabric->ground_loading++;
    }
    if (!slot->surface_loading) {
        slot->surface_loading = true;
        fabric->surface_loading++;
    }
    fabric_dirty(fabric, index, layer == FUSION_LAYER_GROUND, false);
    return DRF_OK;
}

static void load_under(void *context, size_t index)
{
    struct fusion_fabric *fabric = context;
    struct fabric_slot *slot = &fabric->slots[index];
    if (!slot->surface_loading) {
        slot->surface_loading = true;
        fabric->surface_loading++;
    }
    fabric_dirty(fabric, index, false, false);
}

static enum drf_status load_mark(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    struct fusion_fabric *fabric = context;
    size_t index;
    if (!fusion_extent_index(fabric->tiles, tile, &index))
        return DRF_OK;
    struct fabric_slot *slot = &fabric->slots[index];
    slot->ground_mark = slot->ground_mark || layer == FUSION_LAYER_GROUND;
    slot->surface_mark = slot->surface_mark || layer == FUSION_LAYER_SURFACE;
    if (slot->ground_mark || slot->surface_mark)
        fabric_push(fabric, FABRIC_RENDER, index);
    // Their tops may have changed without their rows.
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    for (size_t i = 0; i < list.count; i++)
        list.items[i]->row_stale = fabric->rows_stale = true;
    return DRF_OK;
}

static enum drf_status load_stale(void *context, int64_t id)
{
    struct fusion_fabric *fabric = context;
    struct fusion_feature *feature = fusion_features_find(fabric->features, id);
    struct fusion_zone_entry *zone = fusion_zone_set_find(fabric->zones, id);
    if (feature == NULL && zone == NULL)
        return fabric_note_gone(fabric, id);
    if (feature != NULL)
        feature->row_stale = true;
    else
        zone->row_stale = true;
    fabric->rows_stale = true;
    return DRF_OK;
}

static enum drf_status load_tops(struct fusion_fabric *fabric)
{
    enum drf_status status = DRF_OK;
    size_t cursor = 0;
    struct fusion_feature *feature = NULL;
    while (status == DRF_OK
           && (feature = fusion_features_next(fabric->features, &cursor, feature)) != NULL) {
        status = fabric_refresh(fabric, feature);
        if (feature->raises)
            fusion_features_tiles(fabric->features, feature->fused->obstacle,
                                  feature->fused->vertices, load_under, fabric);
    }
    return status;
}

static enum drf_status mark_all(struct fusion_fabric *fabric)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < fabric->tile_count && status == DRF_OK; i++) {
        const struct fabric_slot *slot = &fabric->slots[i];
        if (slot->ground_dirty)
            status = fabric_mark(fabric, FUSION_LAYER_GROUND, i);
        if (slot->surface_dirty && status == DRF_OK)
            status = fabric_mark(fabric, FUSION_LAYER_SURFACE, i);
    }
    size_t cursor = 0;
    struct fusion_feature *feature = NULL;
    while ((feature = fusion_features_next(fabric->features, &cursor, feature)) != NULL)
        feature->row_stale = fabric->rows_stale = true;
    cursor = 0;
    struct fusion_zone_entry *zone = NULL;
    while ((zone = fusion_zone_set_next(fabric->zones, &cursor, zone)) != NULL)
        zone->row_stale = fabric->rows_stale = true;
    return status;
}

enum drf_status fabric_load(struct fusion_fabric *fabric, double raster_accuracy_max_m)
{
    bool changed = false;
    fabric->untouched = true;
    enum drf_status status = fusion_store_each_live(fabric->store, load_live, fabric);
    if (status == DRF_OK)
        status = fusion_store_each_tile(fabric->store, load_tile, fabric);
    if (status == DRF_OK)
        status = fusion_store_each_dirty(fabric->store, load_mark, fabric);
    if (status == DRF_OK)
        status = fusion_store_each_stale(fabric->store, load_stale, fabric);
    if (status == DRF_OK)
        status = load_tops(fabric);
    if (status == DRF_OK)
        status = fabric_note_terms(fabric, raster_accuracy_max_m, &changed);
    return status == DRF_OK && changed ? mark_all(fabric) : status;
}
