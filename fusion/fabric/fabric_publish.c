// SPDX-License-Identifier: Apache-2.0
// Roots: what serve sees, what has changed in it, and what it no longer needs.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "geo/bounds.h"

static double width_deg(struct geo_bounds box)
{
    double width = box.east_deg - box.west_deg;
    return width < 0.0 ? width + 360.0 : width;
}

static double area_deg2(struct geo_bounds box)
{
    return width_deg(box) * (box.north_deg - box.south_deg);
}

static bool inside(struct geo_bounds inner, struct geo_bounds outer)
{
    return inner.west_deg <= inner.east_deg && outer.west_deg <= outer.east_deg
           && inner.west_deg >= outer.west_deg && inner.east_deg <= outer.east_deg
           && inner.south_deg >= outer.south_deg && inner.north_deg <= outer.north_deg;
}

static void merge(struct fabric_change *into, const struct fabric_change *from)
{
    into->change.bounds = geo_bounds_join(into->change.bounds, from->change.bounds);
    into->change.layers |= from->change.layers;
    into->epoch = from->epoch > into->epoch ? from->epoch : into->epoch;
}

void fabric_changed(struct fusion_fabric *fabric, struct geo_bounds bounds,
                    enum fusion_layer layer)
{
    const struct fabric_change added = {
        .change = {.bounds = bounds, .layers = UINT32_C(1) << layer},
        .epoch = fabric->retired.epoch + 1,
    };
    size_t best = 0;
    double best_growth = HUGE_VAL;
    for (size_t i = 0; i < fabric->change_count; i++) {
        struct fabric_change *held = &fabric->changes[i];
        if (held->change.layers == added.change.layers && inside(bounds, held->change.bounds)) {
            held->epoch = added.epoch;
            return;
        }
        double growth = area_deg2(geo_bounds_join(held->change.bounds, bounds))
                        - area_deg2(held->change.bounds) - area_deg2(bounds);
        if (growth < best_growth) {
            best_growth = growth;
            best = i;
        }
    }
    if (fabric->change_count < FUSION_CHANGES_MAX)
        fabric->changes[fabric->change_count++] = added;
    else
        merge(&fabric->changes[best], &added);
}

// From harmless to severe; states set by the service, and the fabric's own.
static int severity(enum fusion_reason state)
{
    switch (state) {
    case FUSION_REASON_NONE:
        return 0;
    case FUSION_REASON_FEED_DOWN:
        return 1;
    case FUSION_REASON_RESYNCHRONISING:
        return 2;
    case FUSION_REASON_CATCHING_UP:
        return 3;
    case FUSION_REASON_LOADING:
        return 4;
    default:
        return 5;
    }
}

static enum fusion_reason layer_state(const struct fusion_fabric *fabric, size_t layer)
{
    bool loading = (layer == FUSION_LAYER_GROUND && fabric->ground_loading > 0)
                   || (layer == FUSION_LAYER_SURFACE
                       && fabric->ground_loading + fabric->surface_loading > 0);
    loading = loading || (layer >= FUSION_LAYER_SURFACE && fabric->records_loading);
    enum fusion_reason own = loading ? FUSION_REASON_LOADING : FUSION_REASON_NONE;
    enum fusion_reason feeds = fabric->feed_state[layer];
    enum fusion_reason worse = severity(own) > severity(feeds) ? own : feeds;
    bool missing = worse == FUSION_REASON_NONE
                   && fabric_missing_of_layer(fabric, (enum fusion_layer)layer);
    return missing ? FUSION_REASON_FORGOTTEN : worse;
}

// The surface is fed by ground and surface models.
static void fill_fed(const struct fusion_fabric *fabric, struct fusion_root *root)
{
    for (size_t i = 0; i < fabric->feed_count; i++) {
        enum fusion_layer layer = fabric->feeds[i].layer;
        if (layer > 0 && layer < FUSION_LAYER_COUNT)
            root->layer_fed[layer] = true;
        if (layer == FUSION_LAYER_GROUND)
            root->layer_fed[FUSION_LAYER_SURFACE] = true;
    }
}

// Their tiles follow the region's own.
static void show_insets(const struct fusion_fabric *fabric, struct fusion_root *root)
{
    root->inset_count = fabric->tiles.count - 1;
    for (size_t i = 0; i < root->inset_count; i++) {
        const struct fusion_tile_grid *grid = &fabric->tiles.grids[i + 1];
        root->insets[i] = (struct fusion_inset){.tiles = grid->tiles,
                                                .ground = root->ground + grid->first,
                                                .surface = root->surface + grid->first};
        memcpy(root->insets[i].name, grid->name, sizeof grid->name);
    }
}

// One block: the root, then its arrays of pointers.
static struct fusion_root *make_root(const struct fusion_fabric *fabric,
                                     const struct fusion_bucket *const *buckets,
                                     const struct fusion_zone_bucket *const *zone_buckets)
{
    size_t tiles = fabric->tile_count;
    size_t bucket_count = (size_t)fabric->buckets.rows * fabric->buckets.columns;
    struct fusion_root *root =
        malloc(sizeof *root + (2 * tiles + 2 * bucket_count) * sizeof(void *));
    if (root == NULL)
        return NULL;
    const struct fusion_tile **ground = (void *)(root + 1), **surface = ground + tiles;
    const struct fusion_bucket **features = (void *)(surface + tiles);
    for (size_t i = 0; i < tiles; i++) {
        ground[i] = fabric->slots[i].ground;
        surface[i] = fabric->slots[i].surface;
    }
    memcpy((void *)features, (const void *)buckets, bucket_count * sizeof(void *));
    const struct fusion_zone_bucket **zones = (void *)(features + bucket_count);
    if (zone_buckets != NULL)
        memcpy((void *)zones, (const void *)zone_buckets, bucket_count * sizeof(void *));
    *root = (struct fusion_root){
        .epoch = fabric->retired.epoch + 1,
        .keep = fabric->keep,
        .tiles = fabric->tiles.grids[0].tiles,
        .buckets = fabric->buckets,
        .ground = ground,
        .surface = surface,
        .features = features,
        .zones = zone_buckets != NULL ? zones : NULL,
    };
    show_insets(fabric, root);
    return root;
}

static void release_root(void *context, void *part)
{
    (void)context;
    free(part);
}

enum drf_status fusion_fabric_publish(struct fusion_fabric *fabric,
                                      const struct fusion_root **out)
{
    *out = NULL;
    bool weather_changed = fusion_weather_set_changed(fabric->weather);
    if (!fabric->changed && !weather_changed && !fusion_features_changed(fabric->features)
        && !fusion_zone_set_changed(fabric->zones) && !fusion_zone_set_changed(fabric->alerts)
        && !fusion_traffic_set_changed(fabric->traffic)
        && !fusion_station_set_changed(fabric->stations)
        && !fusion_unreadable_set_changed(fabric->unreadables))
        return DRF_OK;
    const struct fusion_bucket *const *buckets;
    struct fusion_zones_shown zones, alerts;
    const struct fusion_weather *weather;
    const struct fusion_traffic *traffic;
    const struct fusion_stations *stations = NULL;
    const struct fusion_unreadables *unreadables = NULL;
    double reach_m;
    enum drf_status status = fusion_features_publish(fabric->features, &buckets, &reach_m);
    if (status == DRF_OK)
        status = fusion_zone_set_publish(fabric->zones, &zones);
    if (status == DRF_OK)
        status = fusion_zone_set_publish(fabric->alerts, &alerts);
    if (status == DRF_OK)
        status = fusion_traffic_set_publish(fabric->traffic, &traffic);
    if (status == DRF_OK)
        status = fusion_station_set_publish(fabric->stations, &stations);
    if (status == DRF_OK)
        status = fusion_unreadable_set_publish(fabric->unreadables, &unreadables);
    if (status == DRF_OK)
        status = fusion_weather_set_publish(fabric->weather, &weather);
    if (status == DRF_OK)
        status = fusion_retired_reserve(&fabric->retired, 1);
    if (status != DRF_OK)
        return status;
    struct fusion_root *root = make_root(fabric, buckets, zones.buckets);
    if (root == NULL)
        return DRF_ERR_NOMEM;
    if (weather_changed)
        fabric_changed(fabric, fabric->keep, FUSION_LAYER_WEATHER);
    root->zones_all = zones.all;
    root->zones_timed = zones.timed;
    root->alerts_all = alerts.all;
    root->weather = weather;
    root->traffic = traffic;
    root->stations = stations;
    root->unreadables = unreadables;
    root->obstacle_reach_m = reach_m;
    root->raster_accuracy_max_m = fabric->raster_accuracy_max_m;
    fill_fed(fabric, root);
    for (size_t layer = 0; layer < FUSION_LAYER_COUNT; layer++)
        root->layer_state[layer] = layer_state(fabric, layer);
    root->change_count = fabric->change_count;
    for (size_t i = 0; i < fabric->change_count; i++)
        root->changes[i] = fabric->changes[i].change;

    fusion_retired_add(&fabric->retired, fabric->root, release_root);
    fabric->root = root;
    fabric->retired.epoch = root->epoch;
    fabric->changed = false;
    *out = root;
    return DRF_OK;
}

void fusion_fabric_acknowledge(struct fusion_fabric *fabric, uint64_t epoch)
{
    if (epoch <= fabric->acknowledged)
        return;
    fabric->acknowledged = epoch;
    size_t kept = 0;
    for (size_t i = 0; i < fabric->change_count; i++)
        if (fabric->changes[i].epoch > epoch)
            fabric->changes[kept++] = fabric->changes[i];
    fabric->change_count = kept;
    fusion_retired_acknowledge(&fabric->retired, epoch);
}
