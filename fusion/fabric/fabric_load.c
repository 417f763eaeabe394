// SPDX-License-Identifier: Apache-2.0
// What the store holds is brought back into memory in an order that serves drones early. At
// open only the list of tiles and marks is read; every tile with contributions becomes dirty
// and is queued by its distance from the first points, and the obstacles near those points are
// loaded through the R-tree. All other features and fields come later, RECORDS_PER_STEP at a
// time in the order of their ids, between other work. Until then layers say LOADING, and tiles
// away from the first points are not folded into a surface, which would lack its obstacles. At
// the end rows that the store says are stale are marked, and all of them if the terms of the
// feeds have changed.
#include <math.h>
#include <stdlib.h>

#include "fusion/fabric/fabric_impl.h"
#include "geo/earth.h"

#define NEAR_DEG 0.0135 // of latitude: 1.5 km, a look-ahead

enum {
    RECORDS_PER_STEP = 100,
    FIRST_MAX = 16,
    NEAR_RECORDS_MAX = 2000, // more are no longer few: they come in steps like the others
};

struct touched {
    struct fusion_fabric *fabric;
    bool raises, marked, near;
};

static void touch_tile(void *context, size_t index)
{
    struct touched *touched = context;
    struct fusion_fabric *fabric = touched->fabric;
    struct fabric_slot *slot = &fabric->slots[index];
    touched->marked = touched->marked || slot->ground_mark || slot->surface_mark;
    if (!touched->raises)
        return;
    fabric->surface_loading += !slot->surface_loading;
    slot->surface_loading = true;
    fabric_dirty(fabric, index, false, false);
    // Until it is folded the top of an obstacle that touches two tiles is not known.
    if (fabric->near && slot->ground_dirty)
        fabric_push(fabric, FABRIC_URGENT, index);
}

// Its top and the surface under it. Whether its row is stale the store says; where tiles are
// marked, tops may have changed without their rows.
static enum drf_status enter_obstacle(struct fusion_fabric *fabric,
                                      struct fusion_feature *feature)
{
    struct touched touched = {.fabric = fabric, .raises = feature->raises};
    fusion_features_tiles(fabric->features, feature->fused->obstacle, feature->fused->vertices,
                          touch_tile, &touched);
    feature->row_stale = touched.marked;
    fabric->rows_stale = fabric->rows_stale || touched.marked;
    return fabric_refresh(fabric, feature);
}

// Whether its row is stale the store says.
static enum drf_status enter(struct fusion_fabric *fabric, const struct fusion_live *live,
                             const struct geo_item *item, const struct fusion_source *content)
{
    enum drf_status status;
    if (item->kind == GEO_ITEM_ZONE) {
        status = fabric_enter_zone(fabric, live->id, live->version.time_utc_us, item, content);
        if (status == DRF_OK)
            fabric_zone_row_shown(fabric, live->id);
        return status;
    }
    // There are few, and files of earlier versions have no rows of them: all are written at a
    // start.
    if (item->kind == GEO_ITEM_STATION)
        return fabric_enter_station(fabric, live->id, content->issue_utc_us, item->payload,
                                    content);
    if (item->kind == GEO_ITEM_UNREADABLE)
        return fabric_enter_unreadable(fabric, live->id, live->version.time_utc_us,
                                       item->payload, content);
    status = fabric_enter_obstacle(fabric, live->id, live->version.time_utc_us, item->payload,
                                   geo_item_vertices(item), content);
    return status == DRF_OK
               ? enter_obstacle(fabric, fusion_features_find(fabric->features, live->id))
               : status;
}

static enum drf_status load_features(struct fusion_fabric *fabric,
                                     const struct fusion_live *live)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(live->record, &cursor, &item)) {
        if (!fabric_is_feature(&item))
            continue;
        struct fusion_source content = *live->provenance;
        struct fusion_weather_terms terms =
            fabric_terms(fabric, live->identity.feed, live->provenance);
        content.priority = terms.priority;
        for (size_t i = 0; i < sizeof content.licence; i++)
            content.licence[i] = terms.licence[i];
        enum drf_status status = enter(fabric, live, &item, &content);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

static void check_near(void *context, size_t index)
{
    struct touched *touched = context;
    touched->near = touched->near || touched->fabric->slots[index].near;
}

// Whether it is an obstacle that touches a tile that is loaded first.
static bool touches_near(struct fusion_fabric *fabric, const struct geo_item *item)
{
    struct touched touched = {.fabric = fabric};
    if (item->kind == GEO_ITEM_OBSTACLE)
        fusion_features_tiles(fabric->features, item->payload, geo_item_vertices(item),
                              check_near, &touched);
    return touched.near;
}

static enum drf_status load_record(struct fusion_fabric *fabric, const struct fusion_live *live)
{
    size_t cursor = 0;
    struct geo_item item;
    if (!geo_record_next(live->record, &cursor, &item)
        || fusion_features_find(fabric->features, live->id) != NULL // it was near
        || fabric_find_zone(fabric, live->id) != NULL
        || fusion_station_set_find(fabric->stations, live->id) != NULL
        || fusion_unreadable_set_find(fabric->unreadables, live->id) != NULL
        || (fabric->near && !touches_near(fabric, &item)))
        return DRF_OK;
    if (fabric_is_feature(&item))
        return load_features(fabric, live);
    if (item.kind != GEO_ITEM_FIELD)
        return DRF_OK;
    struct fusion_weather_terms terms =
        fabric_terms(fabric, live->identity.feed, live->provenance);
    return fusion_weather_set_put(fabric->weather, live->id, live->identity, live->version,
                                  live->record, &terms);
}

struct part { // of the records, being loaded
    struct fusion_fabric *fabric;
    size_t left;
    bool found; // any at all
};

static enum drf_status load_next(void *context, const struct fusion_live *live)
{
    struct part *part = context;
    part->found = true;
    part->fabric->record_cursor = live->id;
    enum drf_status status = load_record(part->fabric, live);
    return status == DRF_OK && --part->left == 0 ? DRF_ERR_AGAIN : status;
}

static enum drf_status load_near(void *context, const struct fusion_live *live)
{
    struct part *part = context;
    if (part->left == 0)
        return DRF_ERR_FULL;
    part->left--;
    return load_record(part->fabric, live);
}

static enum drf_status load_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    struct fusion_fabric *fabric = context;
    size_t index;
    if (!fusion_tile_grids_index(&fabric->tiles, tile, &index))
        return DRF_OK;
    struct fabric_slot *slot = &fabric->slots[index];
    bool ground = layer == FUSION_LAYER_GROUND;
    fabric->ground_loading += ground && !slot->ground_loading;
    fabric->surface_loading += !slot->surface_loading;
    slot->ground_loading = slot->ground_dirty = slot->ground_loading || ground;
    slot->surface_loading = slot->surface_dirty = true;
    return DRF_OK;
}

static enum drf_status load_mark(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    struct fusion_fabric *fabric = context;
    size_t index;
    if (!fusion_tile_grids_index(&fabric->tiles, tile, &index))
        return DRF_OK;
    struct fabric_slot *slot = &fabric->slots[index];
    slot->ground_mark = slot->ground_mark || layer == FUSION_LAYER_GROUND;
    slot->surface_mark = slot->surface_mark || layer == FUSION_LAYER_SURFACE;
    if (slot->ground_mark || slot->surface_mark)
        fabric_push(fabric, FABRIC_RENDER, index);
    return DRF_OK;
}

static enum drf_status load_stale(void *context, int64_t id)
{
    struct fusion_fabric *fabric = context;
    struct fusion_feature *feature = fusion_features_find(fabric->features, id);
    struct fusion_zone_entry *zone = fusion_zone_set_find(fabric->zones, id);
    if (fusion_station_set_find(fabric->stations, id) != NULL)
        return DRF_OK; // it is written anyway
    if (feature == NULL && zone == NULL)
        return fabric_note_gone(fabric, id);
    if (feature != NULL)
        feature->row_stale = true;
    else
        fusion_zone_set_row(fabric->zones, zone, true);
    fabric->rows_stale = true;
    return DRF_OK;
}

// Everything was folded under other terms: nothing in the store can be relied upon to show it.
static enum drf_status mark_all(struct fusion_fabric *fabric)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < fabric->tile_count && status == DRF_OK; i++) {
        const struct fabric_slot *slot = &fabric->slots[i];
        if (slot->ground_dirty || slot->ground != NULL)
            status = fabric_mark(fabric, FUSION_LAYER_GROUND, i);
        if ((slot->surface_dirty || slot->surface != NULL) && status == DRF_OK)
            status = fabric_mark(fabric, FUSION_LAYER_SURFACE, i);
    }
    size_t cursor = 0;
    struct fusion_feature *feature = NULL;
    while ((feature = fusion_features_next(fabric->features, &cursor, feature)) != NULL)
        feature->row_stale = fabric->rows_stale = true;
    cursor = 0;
    struct fusion_zone_entry *zone = NULL;
    while ((zone = fusion_zone_set_next(fabric->zones, &cursor, zone)) != NULL) {
        fusion_zone_set_row(fabric->zones, zone, true);
        fabric->rows_stale = true;
    }
    return status;
}

static enum drf_status finish(struct fusion_fabric *fabric)
{
    bool changed = false;
    enum drf_status status = fusion_store_each_stale(fabric->store, load_stale, fabric);
    if (status == DRF_OK)
        status = fabric_note_terms(fabric, fabric->raster_accuracy_max_m, &changed);
    if (status == DRF_OK && changed)
        status = mark_all(fabric);
    if (status != DRF_OK)
        return status;
    fabric->records_loading = false;
    fabric->changed = true; // the layers no longer say LOADING
    return DRF_OK;
}

enum drf_status fabric_load_rest(struct fusion_fabric *fabric)
{
    if (!fabric->records_loading)
        return DRF_OK;
    struct part part = {.fabric = fabric, .left = RECORDS_PER_STEP};
    enum drf_status status =
        fusion_store_each_live_after(fabric->store, fabric->record_cursor, load_next, &part);
    if (status == DRF_OK && !part.found)
        return finish(fabric);
    return status == DRF_OK ? DRF_ERR_AGAIN : status;
}

struct nearness {
    uint32_t index;
    double deg; // away
};

static int by_nearness(const void *a, const void *b)
{
    const struct nearness *x = a, *y = b;
    if (x->deg < y->deg || x->deg > y->deg)
        return x->deg < y->deg ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

// From the nearest point to the tile's edge, north or east, whichever is more, in degrees of
// latitude; 0 inside.
static double away_deg(const struct fusion_fabric *fabric, size_t index,
                       const struct geo_point *first, size_t count)
{
    struct geo_bounds box = geo_tile_bounds(fabric_tile(fabric, index));
    double half_deg = (box.north_deg - box.south_deg) / 2, least_deg = HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        double north = fabs(first[i].lat_deg - (box.south_deg + half_deg)) - half_deg;
        double east =
            fabs(remainder(first[i].lon_deg - (box.west_deg + half_deg), 360.0)) - half_deg;
        east *= cos(first[i].lat_deg * GEO_RAD_PER_DEG);
        least_deg = fmin(least_deg, fmax(0.0, fmax(north, east)));
    }
    return least_deg;
}

// What a look-ahead of a kilometre or two from any of the points touches comes before all else,
// with the obstacles on it.
static enum drf_status load_first(struct fusion_fabric *fabric, const struct geo_point *first,
                                  size_t count)
{
    enum drf_status status = DRF_OK;
    struct part part = {.fabric = fabric, .left = NEAR_RECORDS_MAX};
    const double reach_deg = fmax(fabric->raster_accuracy_max_m, 0.0) / 100000.0;
    fabric->near = true;
    for (size_t i = 0; i < fabric->tile_count && status == DRF_OK; i++) {
        struct fabric_slot *slot = &fabric->slots[i];
        if (!slot->surface_dirty || away_deg(fabric, i, first, count) > NEAR_DEG)
            continue;
        struct geo_bounds box = geo_tile_bounds(fabric_tile(fabric, i));
        double cosine = cos(fmax(fabs(box.south_deg), fabs(box.north_deg)) * GEO_RAD_PER_DEG);
        double wider_deg = cosine > 0.01 ? reach_deg / cosine : 360.0;
        box.south_deg -= reach_deg;
        box.north_deg += reach_deg;
        box.west_deg -= wider_deg; // beyond the antimeridian: those are loaded with the rest
        box.east_deg += wider_deg;
        slot->near = true;
        status = fusion_store_each_live_near(fabric->store, box, load_near, &part);
        slot->near = status == DRF_OK;
        if (slot->near)
            fabric_push(fabric, FABRIC_URGENT, i);
    }
    fabric->near = false;
    return status == DRF_ERR_FULL ? DRF_OK : status;
}

// Every dirty tile is queued, the nearest first.
static enum drf_status queue_tiles(struct fusion_fabric *fabric, const struct geo_point *first,
                                   size_t count)
{
    struct nearness *tiles = malloc(fabric->tile_count * sizeof *tiles);
    if (tiles == NULL)
        return DRF_ERR_NOMEM;
    size_t queued = 0;
    for (size_t i = 0; i < fabric->tile_count; i++)
        if (fabric->slots[i].surface_dirty)
            tiles[queued++] = (struct nearness){(uint32_t)i, away_deg(fabric, i, first, count)};
    qsort(tiles, queued, sizeof *tiles, by_nearness);
    for (size_t i = 0; i < queued; i++)
        fabric_dirty(fabric, tiles[i].index, false, false);
    free(tiles);
    return DRF_OK;
}

enum drf_status fabric_load(struct fusion_fabric *fabric, const struct geo_point *first,
                            size_t first_count)
{
    const struct geo_bounds keep = fabric->keep;
    double width_deg =
        keep.east_deg - keep.west_deg + (keep.east_deg < keep.west_deg ? 360 : 0);
    const struct geo_point middle = {(keep.south_deg + keep.north_deg) / 2,
                                     keep.west_deg + width_deg / 2};
    if (first_count == 0) {
        first = &middle;
        first_count = 1;
    }
    first_count = first_count > FIRST_MAX ? FIRST_MAX : first_count;
    fabric->untouched = fabric->records_loading = true;
    fabric->record_cursor = INT64_MIN;
    enum drf_status status = fusion_store_each_tile(fabric->store, load_tile, fabric);
    if (status == DRF_OK)
        status = fusion_store_each_dirty(fabric->store, load_mark, fabric);
    if (status == DRF_OK)
        status = queue_tiles(fabric, first, first_count);
    return status == DRF_OK ? load_first(fabric, first, first_count) : status;
}
