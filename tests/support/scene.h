// tests/support/scene.h - a small fabric made by hand: 3 x 3 tiles of level 12, obstacles,
// fields. SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/root.h"
#include "geo/cells.h"

enum { SCENE_TILES = 3, SCENE_OBSTACLES_MAX = 64, SCENE_FIELDS_MAX = 16, SCENE_LEVEL = 12 };

// The cell at a global row and column of the level.
typedef uint16_t (*scene_cell_fn)(void *context, uint32_t row, uint32_t column);

struct scene {
    struct fusion_root root;
    struct fusion_source ground_source, surface_source, obstacle_source, weather_source;
    struct fusion_tile *ground[SCENE_TILES * SCENE_TILES];
    struct fusion_tile *surface[SCENE_TILES * SCENE_TILES];
    const struct fusion_tile *ground_list[SCENE_TILES * SCENE_TILES];
    const struct fusion_tile *surface_list[SCENE_TILES * SCENE_TILES];
    size_t obstacle_count;
    struct geo_obstacle obstacles[SCENE_OBSTACLES_MAX];
    struct fusion_obstacle fused[SCENE_OBSTACLES_MAX];
    const struct fusion_obstacle *bucket_list[SCENE_OBSTACLES_MAX];
    struct fusion_bucket bucket;
    const struct fusion_bucket *buckets[9];
    struct fusion_weather weather;
    struct fusion_field fields[SCENE_FIELDS_MAX];
    struct geo_field heads[SCENE_FIELDS_MAX];
};

static inline struct fusion_source scene_source(const char *name, double acc95_m,
                                                double posting_m)
{
    struct fusion_source source = {.vertical_acc95_m = acc95_m,
                                   .posting_m = posting_m,
                                   .data_time_utc_us = INT64_C(1700000000000000)};
    assert(strlen(name) < sizeof source.feed);
    memcpy(source.feed, name, strlen(name));
    memcpy(source.source, name, strlen(name));
    return source;
}

static inline void scene_tiles(struct scene *scene, scene_cell_fn cell, void *context,
                               struct fusion_tile **tiles, const struct fusion_tile **list,
                               const struct fusion_source *source, uint8_t flags)
{
    uint16_t *cells = malloc(GEO_CELLS_COUNT * sizeof *cells);
    uint8_t *flag_cells = malloc(GEO_CELLS_COUNT);
    assert(cells != NULL && flag_cells != NULL);
    memset(flag_cells, flags, GEO_CELLS_COUNT);
    for (uint32_t i = 0; i < SCENE_TILES * SCENE_TILES; i++) {
        struct geo_tile tile = scene->root.tiles.first;
        tile.row += i / SCENE_TILES;
        tile.col = (tile.col + i % SCENE_TILES) & ((UINT32_C(2) << SCENE_LEVEL) - 1);
        for (uint32_t k = 0; k < GEO_CELLS_COUNT; k++)
            cells[k] = cell(context, tile.row * 256 + k / 256, tile.col * 256 + k % 256);
        fusion_tile_free(tiles[i]);
        tiles[i] = NULL;
        if (fusion_tile_make(NULL, tile, cells, &source, 1, NULL, flag_cells, &tiles[i])
            != DRF_OK)
            abort();
        list[i] = tiles[i];
    }
    free(flag_cells);
    free(cells);
}

// Tiles around a centre; ground and surface from the same function unless surface is not NULL.
static inline struct scene *scene_open(struct geo_point centre, scene_cell_fn ground,
                                       scene_cell_fn surface, void *context)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct geo_tile middle, bucket;
    if (scene == NULL || geo_tile_at(centre, SCENE_LEVEL, &middle) != DRF_OK
        || geo_tile_at(centre, FUSION_BUCKET_LEVEL, &bucket) != DRF_OK)
        abort();
    scene->ground_source = scene_source("ground", 4.0, 30.0);
    scene->surface_source = scene_source("surface", 6.0, 30.0);
    scene->obstacle_source = scene_source("obstacles", 0.0, 0.0);
    scene->weather_source = scene_source("weather", 0.0, 10000.0);
    struct geo_tile first = {.level = SCENE_LEVEL,
                             .row = middle.row - 1,
                             .col = (middle.col - 1) & ((UINT32_C(2) << SCENE_LEVEL) - 1)};
    struct geo_tile last = {
        .level = SCENE_LEVEL, .row = middle.row + 1, .col = (first.col + 2) & 8191};
    scene->root = (struct fusion_root){
        .epoch = 1,
        .tiles = {.first = first, .columns = SCENE_TILES, .rows = SCENE_TILES},
        .buckets = {.first = {.level = FUSION_BUCKET_LEVEL,
                              .row = bucket.row - 1,
                              .col = (bucket.col - 1)
                                     & ((UINT32_C(2) << FUSION_BUCKET_LEVEL) - 1)},
                    .columns = 3,
                    .rows = 3},
        .keep = {.west_deg = geo_tile_bounds(first).west_deg,
                 .north_deg = geo_tile_bounds(first).north_deg,
                 .east_deg = geo_tile_bounds(last).east_deg,
                 .south_deg = geo_tile_bounds(last).south_deg},
        .ground = scene->ground_list,
        .surface = scene->surface_list,
        .features = scene->buckets,
        .weather = &scene->weather,
    };
    for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++) {
        scene->root.layer_state[layer] = FUSION_REASON_NONE;
        scene->root.layer_fed[layer] = layer <= FUSION_LAYER_WEATHER;
    }
    scene_tiles(scene, ground, context, scene->ground, scene->ground_list,
                &scene->ground_source, FUSION_SURFACE_GROUND);
    scene_tiles(scene, surface != NULL ? surface : ground, context, scene->surface,
                scene->surface_list, &scene->surface_source,
                FUSION_SURFACE_GROUND | FUSION_SURFACE_DSM);
    scene->weather.fields = scene->fields;
    return scene;
}

static inline void scene_close(struct scene *scene)
{
    for (size_t i = 0; i < SCENE_TILES * SCENE_TILES; i++) {
        fusion_tile_free(scene->ground[i]);
        fusion_tile_free(scene->surface[i]);
    }
    free(scene);
}

// Into the middle bucket and, as a wide uncertainty circle would, into all around it.
static inline struct geo_obstacle *scene_obstacle(struct scene *scene, const char *id,
                                                  struct geo_point position, double amsl_m)
{
    size_t at = scene->obstacle_count++;
    assert(at < SCENE_OBSTACLES_MAX);
    struct geo_obstacle *o = &scene->obstacles[at];
    *o = (struct geo_obstacle){.position = position,
                               .amsl_m = amsl_m,
                               .flags = GEO_OBSTACLE_HAS_AMSL,
                               .geometry = GEO_GEOMETRY_POINT,
                               .horizontal_acc95_m = 75.0,
                               .vertical_acc95_m = 15.0,
                               .quantity = 1};
    assert(strlen(id) < sizeof o->id);
    memcpy(o->id, id, strlen(id));
    scene->fused[at] = (struct fusion_obstacle){.obstacle = o,
                                                .source = &scene->obstacle_source,
                                                .top_known = true,
                                                .top_amsl_m = amsl_m + 15.0};
    scene->bucket_list[at] = &scene->fused[at];
    scene->bucket =
        (struct fusion_bucket){.count = scene->obstacle_count, .obstacles = scene->bucket_list};
    for (int i = 0; i < 9; i++)
        scene->buckets[i] = &scene->bucket;
    return o;
}

// Fields must be added in the order of their variables.
static inline struct geo_field *scene_field(struct scene *scene, uint32_t variable,
                                            struct geo_grid grid, double lower_agl_m,
                                            double upper_agl_m, int64_t valid_utc_us,
                                            const float *values)
{
    size_t at = scene->weather.count++;
    assert(at < SCENE_FIELDS_MAX);
    scene->heads[at] = (struct geo_field){.variable = variable,
                                          .statistic = GEO_STATISTIC_INSTANT,
                                          .lower_agl_m = lower_agl_m,
                                          .upper_agl_m = upper_agl_m,
                                          .reference_utc_us = valid_utc_us,
                                          .valid_from_utc_us = valid_utc_us,
                                          .valid_until_utc_us = valid_utc_us,
                                          .grid = grid};
    scene->fields[at] = (struct fusion_field){.field = &scene->heads[at],
                                              .values = values,
                                              .source = &scene->weather_source,
                                              .valid_for_us = INT64_C(1800000000),
                                              .max_gap_us = INT64_C(10800000000)};
    for (size_t v = variable + 1; v <= GEO_VARIABLE_COUNT; v++)
        scene->weather.first_of[v] = at + 1;
    return &scene->heads[at];
}

#endif
