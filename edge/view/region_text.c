// SPDX-License-Identifier: Apache-2.0
#include "edge/view/region_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "edge/view/heights.h"
#include "fusion/root/root.h"
#include "geo/cells.h"

enum { DECIMALS = 7 };

static void put_bounds(struct edge_json_text *json, const char *key, struct geo_bounds bounds)
{
    edge_json_text_key(json, key);
    edge_json_text_begin(json, '[');
    edge_json_text_real(json, bounds.west_deg, DECIMALS);
    edge_json_text_real(json, bounds.south_deg, DECIMALS);
    edge_json_text_real(json, bounds.east_deg, DECIMALS);
    edge_json_text_real(json, bounds.north_deg, DECIMALS);
    edge_json_text_end(json, ']');
}

static void put_word(struct edge_json_text *json, const char *key, const char *word)
{
    edge_json_text_key(json, key);
    edge_json_text_word(json, word);
}

static void put_int(struct edge_json_text *json, const char *key, int64_t value)
{
    edge_json_text_key(json, key);
    edge_json_text_int(json, value);
}

static void put_boundary(struct edge_json_text *json, const struct edge_region *region)
{
    edge_json_text_key(json, "boundary");
    edge_json_text_begin(json, '[');
    for (size_t i = 0; i < region->count; i++) {
        edge_json_text_begin(json, '[');
        edge_json_text_real(json, region->ring[i].lon_deg, DECIMALS);
        edge_json_text_real(json, region->ring[i].lat_deg, DECIMALS);
        edge_json_text_end(json, ']');
    }
    edge_json_text_end(json, ']');
}

static void put_insets(struct edge_json_text *json, const struct drf_config *config)
{
    edge_json_text_key(json, "insets");
    edge_json_text_begin(json, '[');
    for (size_t i = 0; i < config->inset_count; i++) {
        edge_json_text_begin(json, '{');
        put_word(json, "name", config->insets[i].name);
        put_int(json, "level", config->insets[i].level);
        put_bounds(json, "bounds", config->insets[i].bounds);
        edge_json_text_end(json, '}');
    }
    edge_json_text_end(json, ']');
}

// The surface is fed by models of the ground, too.
static bool is_fed(const struct drf_config *config, enum fusion_layer layer,
                   enum drf_feed_kind kind)
{
    for (size_t i = 0; i < config->feed_count; i++) {
        const struct drf_feed_config *feed = &config->feeds[i];
        if (!feed->removed
            && (kind != DRF_FEED_TERRAIN        ? feed->kind == kind
                : layer == FUSION_LAYER_SURFACE ? feed->kind == DRF_FEED_TERRAIN
                                                : feed->layer == layer))
            return true;
    }
    return false;
}

static void put_layers(struct edge_json_text *json, const struct drf_config *config)
{
    static const struct {
        const char *name; // Layer of schemas/drf/v1/enums.proto
        enum fusion_layer layer;
        enum drf_feed_kind kind;
    } layers[] = {{"GROUND", FUSION_LAYER_GROUND, DRF_FEED_TERRAIN},
                  {"SURFACE", FUSION_LAYER_SURFACE, DRF_FEED_TERRAIN},
                  {"OBSTACLE", FUSION_LAYER_OBSTACLE, DRF_FEED_OBSTACLE},
                  {"WEATHER", FUSION_LAYER_WEATHER, DRF_FEED_WEATHER},
                  {"ZONE", FUSION_LAYER_ZONE, DRF_FEED_ZONE},
                  {"TRAFFIC", FUSION_LAYER_TRAFFIC, DRF_FEED_TRAFFIC},
                  {"ALERT", FUSION_LAYER_ALERT, DRF_FEED_ALERT}};
    edge_json_text_key(json, "layers");
    edge_json_text_begin(json, '[');
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        edge_json_text_begin(json, '{');
        put_word(json, "layer", layers[i].name);
        edge_json_text_key(json, "fed");
        edge_json_text_bool(json, is_fed(config, layers[i].layer, layers[i].kind));
        edge_json_text_end(json, '}');
    }
    edge_json_text_end(json, ']');
}

void edge_region_text_begin(const struct drf_config *config, uint64_t boot_id,
                            struct edge_json_text *json)
{
    char boot[24];
    (void)snprintf(boot, sizeof boot, "%" PRIu64, boot_id);
    edge_json_text_begin(json, '{');
    put_word(json, "region_id", config->region_id);
    put_word(json, "node_id", config->node_id);
    put_word(json, "mode", drf_mode_name(config->output_mode));
    put_word(json, "boot_id", boot);
    put_word(json, "version", DRF_VERSION);
    put_bounds(json, "bounds", config->region.bounds);
    put_boundary(json, &config->region);
    put_bounds(json, "keep", drf_config_keep(config));
    edge_json_text_key(json, "margin_m");
    edge_json_text_real(json, config->margin_m, 3);
    put_int(json, "level", config->level);
    put_int(json, "coarsest_level", edge_heights_coarsest(config->level));
    put_insets(json, config);
    put_int(json, "stale_after_ms", config->limits.stale_after_us / 1000);
    put_int(json, "lost_link_after_ms", config->limits.lost_link_after_us / 1000);
    put_layers(json, config);
    edge_json_text_key(json, "cells");
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "unit_m");
    edge_json_text_real(json, GEO_CELL_QUANTUM_M, 6);
    edge_json_text_key(json, "offset_m");
    edge_json_text_real(json, GEO_CELL_OFFSET_M, 6);
    put_int(json, "unknown", GEO_CELL_UNKNOWN);
    put_int(json, "size", GEO_CELLS_SIDE);
    edge_json_text_end(json, '}');
}

static void put_count(struct edge_json_text *json, const char *key, int64_t count)
{
    edge_json_text_key(json, key);
    if (count < 0)
        edge_json_text_null(json);
    else
        edge_json_text_int(json, count);
}

void edge_region_text_end(struct edge_region_tiles tiles, struct edge_json_text *json)
{
    edge_json_text_key(json, "tile_count");
    edge_json_text_begin(json, '{');
    put_count(json, "ground", tiles.ground);
    put_count(json, "surface", tiles.surface);
    edge_json_text_end(json, '}');
    edge_json_text_end(json, '}');
}
