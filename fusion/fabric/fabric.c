// SPDX-License-Identifier: Apache-2.0
#include "fusion/fabric/fabric.h"

#include <assert.h>
#include <stdlib.h>

#include "fusion/fabric/fabric_impl.h"

#define TRACK_KEEP_US INT64_C(15000000)
#define REFUSED_KEEP_US (INT64_C(86400) * 1000000)

// The tiles of a level that hold a box.
static enum drf_status extent_of(struct geo_bounds box, uint8_t level,
                                 struct fusion_extent *out)
{
    struct geo_tile first, last;
    enum drf_status status =
        geo_tile_at((struct geo_point){box.north_deg, box.west_deg}, level, &first);
    if (status == DRF_OK)
        status = geo_tile_at((struct geo_point){box.south_deg, box.east_deg}, level, &last);
    if (status != DRF_OK)
        return status;
    uint32_t around = UINT32_C(2) << level;
    if (box.east_deg >= 180.0) // +180 is named with column 0, but the box ends before it
        last.col = around - 1;
    if (last.row < first.row)
        return DRF_ERR_RANGE;
    uint32_t columns = ((last.col - first.col) & (around - 1)) + 1;
    uint32_t rows = last.row - first.row + 1;
    if ((uint64_t)columns * rows > FUSION_TILES_MAX)
        return DRF_ERR_RANGE;
    *out = (struct fusion_extent){.first = first, .columns = columns, .rows = rows};
    return DRF_OK;
}

static enum drf_status copy_feeds(struct fusion_fabric *fabric,
                                  const struct fusion_fabric_config *config)
{
    fabric->feeds = malloc((config->feed_count + 1) * sizeof *fabric->feeds);
    if (fabric->feeds == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < config->feed_count; i++)
        fabric->feeds[i] = config->feeds[i];
    fabric->feed_count = config->feed_count;
    return DRF_OK;
}

static enum drf_status open_parts(struct fusion_fabric *fabric, double raster_accuracy_max_m,
                                  const struct fusion_fabric_config *config)
{
    int64_t track_keep_us = config->track_keep_us > 0 ? config->track_keep_us : TRACK_KEEP_US;
    int64_t refused_keep_us =
        config->refused_keep_us > 0 ? config->refused_keep_us : REFUSED_KEEP_US;
    enum drf_status status = fusion_provenance_open(&fabric->provenances);
    fabric->retired.context = fabric->provenances;
    struct fusion_features_config features = {
        .tiles = fabric->tiles,
        .buckets = fabric->buckets,
        .raster_accuracy_max_m = raster_accuracy_max_m,
        .provenances = fabric->provenances,
        .retired = &fabric->retired,
    };
    if (status == DRF_OK)
        status = fusion_features_open(&features, &fabric->features);
    if (status == DRF_OK)
        status = fusion_zone_set_open(fabric->buckets, fabric->provenances, &fabric->retired,
                                      &fabric->zones);
    if (status == DRF_OK)
        status = fusion_zone_set_open(fabric->buckets, fabric->provenances, &fabric->retired,
                                      &fabric->alerts);
    if (status == DRF_OK)
        status = fusion_traffic_set_open(fabric->buckets, track_keep_us, fabric->provenances,
                                         &fabric->retired, &fabric->traffic);
    if (status == DRF_OK)
        status =
            fusion_station_set_open(fabric->provenances, &fabric->retired, &fabric->stations);
    if (status == DRF_OK)
        status = fusion_unreadable_set_open(refused_keep_us, fabric->provenances,
                                            &fabric->retired, &fabric->unreadables);
    if (status == DRF_OK)
        status =
            fusion_weather_set_open(fabric->provenances, &fabric->retired, &fabric->weather);
    if (status == DRF_OK)
        status = fusion_editions_open(fabric->store, &fabric->editions);
    if (status == DRF_OK)
        status = fusion_tile_pool_open(&fabric->pool);
    if (status == DRF_OK)
        status = fusion_fold_open(fabric->pool, &fabric->fold);
    if (status == DRF_OK)
        status = fusion_refold_open(&fabric->refold);
    return status;
}

static struct fusion_tile_grids grids_of(struct fusion_extent region,
                                         const struct fusion_store *store,
                                         struct geo_bounds keep)
{
    struct fusion_tile_grids grids = fusion_tile_grids_of(region);
    size_t count;
    const struct geo_inset *insets = fusion_store_insets(store, &count);
    for (size_t i = 0; i < count; i++)
        (void)fusion_tile_grids_add(&grids, &insets[i], keep);
    return grids;
}

enum drf_status fusion_fabric_open(const struct fusion_fabric_config *config,
                                   struct fusion_store *store, struct fusion_fabric **out)
{
    struct fusion_extent tiles, buckets;
    if (config->level > GEO_TILE_LEVEL_MAX)
        return DRF_ERR_RANGE;
    enum drf_status status = extent_of(config->keep, (uint8_t)config->level, &tiles);
    if (status == DRF_OK)
        status = extent_of(config->keep, FUSION_BUCKET_LEVEL, &buckets);
    if (status != DRF_OK)
        return status;
    struct fusion_fabric *fabric = calloc(1, sizeof *fabric);
    if (fabric == NULL)
        return DRF_ERR_NOMEM;
    fabric->keep = config->keep;
    fabric->level = config->level;
    fabric->store = store;
    fabric->tiles = grids_of(tiles, store, config->keep);
    fabric->buckets = buckets;
    fabric->tile_count = fabric->tiles.tile_count;
    fabric->changed = true;
    fabric->at_utc_us = INT64_MIN;
    for (size_t i = 0; i < FUSION_LAYER_COUNT; i++)
        fabric->feed_state[i] = FUSION_REASON_NONE;

    status = fabric_slots_open(fabric);
    if (status == DRF_OK)
        status = copy_feeds(fabric, config);
    double raster_accuracy_max_m = config->raster_accuracy_max_m;
    if (status == DRF_OK && config->feed_count == 0)
        status = fabric_adopt_terms(fabric, &raster_accuracy_max_m);
    if (status == DRF_OK)
        status = open_parts(fabric, raster_accuracy_max_m, config);
    fabric->raster_accuracy_max_m = raster_accuracy_max_m;
    if (status == DRF_OK)
        status = fabric_missing_load(fabric);
    if (status == DRF_OK)
        status = fabric_load(fabric, config->first, config->first_count);
    if (status != DRF_OK) {
        fusion_fabric_close(fabric);
        return status;
    }
    *out = fabric;
    return DRF_OK;
}

void fusion_fabric_use_tidy(struct fusion_fabric *fabric, struct fusion_tidy tidy)
{
    fabric->tidy = tidy;
}

size_t fusion_fabric_cells_bytes(const struct fusion_fabric *fabric)
{
    return fusion_tile_pool_held(fabric->pool);
}

void fusion_fabric_close(struct fusion_fabric *fabric)
{
    if (fabric == NULL)
        return;
    fabric_drop_half_jobs(fabric);
    fabric_resync_close(fabric);
    fabric_missing_close(fabric);
    free(fabric->root);
    fusion_retired_close(&fabric->retired);
    fabric_slots_close(fabric);
    fusion_tile_pool_close(fabric->pool);
    fusion_fold_close(fabric->fold);
    fusion_refold_close(fabric->refold);
    fusion_editions_close(fabric->editions);
    fusion_weather_set_close(fabric->weather);
    fusion_station_set_close(fabric->stations);
    fusion_unreadable_set_close(fabric->unreadables);
    fusion_zone_set_close(fabric->zones);
    fusion_zone_set_close(fabric->alerts);
    fusion_traffic_set_close(fabric->traffic);
    fusion_features_close(fabric->features);
    fusion_provenance_close(fabric->provenances);
    free(fabric->gone);
    free(fabric->feeds);
    free(fabric);
}

enum drf_status fusion_fabric_commit(struct fusion_fabric *fabric, int64_t now_utc_us)
{
    if (fabric->half_applied > 0)
        return DRF_ERR_STORE;
    return fusion_store_commit(fabric->store, now_utc_us);
}

void fusion_fabric_layer_state(struct fusion_fabric *fabric, enum fusion_layer layer,
                               enum fusion_reason state)
{
    assert(layer > 0 && layer < FUSION_LAYER_COUNT);
    if (fabric->feed_state[layer] != state)
        fabric->changed = true;
    fabric->feed_state[layer] = state;
}
