// tests/bench/region.h - a region of any size made by hand: tiles, and obstacles over part of
// it. SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_BENCH_REGION_H
#define TESTS_BENCH_REGION_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fusion/root/obstacle_index.h"
#include "fusion/root/root.h"
#include "geo/cells.h"

enum { REGION_LEVEL = 12, REGION_ROW = 1024, REGION_COL = 2240 };

struct region {
    struct fusion_root root;
    struct fusion_tile_pool *pool; // as in a node
    struct fusion_source terrain, towers;
    size_t places, obstacle_count;
    const struct fusion_tile **ground, **surface;
    struct geo_obstacle *obstacles;
    struct fusion_obstacle *fused;
    struct fusion_bucket **buckets; // NULL where nothing stands
    const struct fusion_bucket **bucket_list;
    const struct fusion_obstacle **in_buckets;
    struct fusion_weather weather;
    struct geo_bounds settled; // where the obstacles stand
};

static inline void *region_room(size_t count, size_t size)
{
    void *room = calloc(count > 0 ? count : 1, size);
    if (room == NULL)
        abort();
    return room;
}

static inline uint64_t region_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

static inline struct fusion_tile *region_tile(struct region *region, size_t at,
                                              uint32_t columns, int more)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static double waves[512]; // by column, by row
    uint64_t grain = at * 2 + (uint64_t)more;
    for (uint32_t i = 0; waves[256 + 255] == 0.0 && i < 256; i++) {
        waves[i] = 200 * sin(i * 0.05);
        waves[256 + i] = cos(i * 0.03);
    }
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = (uint16_t)(4400 + more + waves[i % 256] * waves[256 + i / 256]
                              + (double)(region_random(&grain) % 8));
    const struct fusion_source *sources[] = {&region->terrain};
    struct geo_tile tile = {.level = REGION_LEVEL,
                            .row = REGION_ROW + (uint32_t)at / columns,
                            .col = REGION_COL + (uint32_t)at % columns};
    struct fusion_tile *made;
    if (fusion_tile_make(region->pool, tile, cells, sources, 1, NULL, NULL, &made) != DRF_OK)
        abort();
    return made;
}

static inline struct fusion_obstacle_index_entry region_stand(const void *context, size_t i)
{
    const struct fusion_obstacle *const *list = context;
    const struct geo_obstacle *o = list[i]->obstacle;
    return (struct fusion_obstacle_index_entry){list[i], o->position, o->horizontal_acc95_m,
                                                true};
}

// One obstacle stands in the bucket it stands in: points, whose circles are narrow.
static inline void region_settle(struct region *region, uint32_t columns, uint32_t rows)
{
    uint64_t random = 88172645463325252U;
    size_t *bucket_of = region_room(region->obstacle_count, sizeof *bucket_of);
    size_t *counts = region_room((size_t)columns * rows, sizeof *counts);
    struct geo_bounds box = region->settled;
    for (size_t i = 0; i < region->obstacle_count; i++) {
        struct geo_obstacle *o = &region->obstacles[i];
        *o = (struct geo_obstacle){
            .kind = "TOWER",
            .position = {box.south_deg
                             + (box.north_deg - box.south_deg)
                                   * (double)(region_random(&random) % 1000003) / 1000003,
                         box.west_deg
                             + (box.east_deg - box.west_deg)
                                   * (double)(region_random(&random) % 1000003) / 1000003},
            .amsl_m = 120.0,
            .flags = GEO_OBSTACLE_HAS_AMSL,
            .geometry = GEO_GEOMETRY_POINT,
            .horizontal_acc95_m = 15.0,
            .vertical_acc95_m = 3.0,
            .quantity = 1};
        (void)snprintf(o->id, sizeof o->id, "36-%06zu", i);
        region->fused[i] = (struct fusion_obstacle){
            .obstacle = o, .source = &region->towers, .top_known = true, .top_amsl_m = 123.0};
        struct geo_tile tile;
        size_t index;
        if (geo_tile_at(o->position, FUSION_BUCKET_LEVEL, &tile) != DRF_OK
            || !fusion_extent_index(region->root.buckets, tile, &index))
            abort();
        bucket_of[i] = index;
        counts[index]++;
    }
    // in the order in which they stand in their buckets, as ingest lays them out
    size_t begin = 0;
    for (size_t b = 0; b < (size_t)columns * rows; b++) {
        begin += counts[b];
        counts[b] = begin - counts[b];
    }
    for (size_t i = 0; i < region->obstacle_count; i++)
        region->in_buckets[counts[bucket_of[i]]++] = &region->fused[i];
    begin = 0;
    for (size_t b = 0; b < (size_t)columns * rows; begin = counts[b++]) {
        struct geo_tile tile = region->root.buckets.first;
        tile.col += (uint32_t)(b % columns);
        tile.row += (uint32_t)(b / columns);
        if (counts[b] > begin
            && fusion_bucket_make(tile, counts[b] - begin, region_stand,
                                  region->in_buckets + begin, &region->buckets[b])
                   != DRF_OK)
            abort();
        region->bucket_list[b] = region->buckets[b];
    }
    free(counts);
    free(bucket_of);
}

// columns x rows places of a ground and a surface tile each, both even numbers; obstacles over
// `share` of the area, from its north-west corner.
static inline struct region *region_open(uint32_t columns, uint32_t rows, size_t obstacles,
                                         double share)
{
    struct region *region = region_room(1, sizeof *region);
    region->places = (size_t)columns * rows;
    if (fusion_tile_pool_open(&region->pool) != DRF_OK)
        abort();
    region->obstacle_count = obstacles;
    (void)snprintf(region->terrain.feed, sizeof region->terrain.feed, "dem");
    (void)snprintf(region->towers.feed, sizeof region->towers.feed, "dof");
    region->terrain.posting_m = 30.0;
    region->terrain.vertical_acc95_m = 4.0;
    region->ground = region_room(region->places, sizeof *region->ground);
    region->surface = region_room(region->places, sizeof *region->surface);
    for (size_t i = 0; i < region->places; i++) {
        region->ground[i] = region_tile(region, i, columns, 0);
        region->surface[i] = region_tile(region, i, columns, 20);
    }
    struct geo_tile first = {.level = REGION_LEVEL, .row = REGION_ROW, .col = REGION_COL};
    struct geo_tile last = {
        .level = REGION_LEVEL, .row = REGION_ROW + rows - 1, .col = REGION_COL + columns - 1};
    struct geo_bounds nw = geo_tile_bounds(first), se = geo_tile_bounds(last);
    region->root = (struct fusion_root){
        .epoch = 1,
        .tiles = {.first = first, .columns = columns, .rows = rows},
        .buckets = {.first = {.level = FUSION_BUCKET_LEVEL,
                              .row = REGION_ROW / 2,
                              .col = REGION_COL / 2},
                    .columns = columns / 2,
                    .rows = rows / 2},
        .keep = {nw.west_deg, se.south_deg, se.east_deg, nw.north_deg},
        .weather = &region->weather,
    };
    for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++) {
        region->root.layer_state[layer] = FUSION_REASON_NONE;
        region->root.layer_fed[layer] = layer <= FUSION_LAYER_OBSTACLE;
    }
    double side = sqrt(share);
    struct geo_bounds keep = region->root.keep;
    region->settled = (struct geo_bounds){
        keep.west_deg, keep.north_deg - (keep.north_deg - keep.south_deg) * side,
        keep.west_deg + (keep.east_deg - keep.west_deg) * side, keep.north_deg};
    region->obstacles = region_room(obstacles, sizeof *region->obstacles);
    region->fused = region_room(obstacles, sizeof *region->fused);
    region->in_buckets = region_room(obstacles, sizeof *region->in_buckets);
    region->buckets = region_room(region->places / 4, sizeof *region->buckets);
    region->bucket_list = region_room(region->places / 4, sizeof *region->bucket_list);
    region_settle(region, columns / 2, rows / 2);
    region->root.ground = region->ground;
    region->root.surface = region->surface;
    region->root.features = region->bucket_list;
    return region;
}

static inline void region_free_tile(const struct fusion_tile *tile)
{
    union {
        const struct fusion_tile *from;
        struct fusion_tile *to;
    } own = {.from = tile};
    fusion_tile_free(own.to);
}

static inline void region_close(struct region *region)
{
    for (size_t i = 0; i < region->places; i++) {
        region_free_tile(region->ground[i]);
        region_free_tile(region->surface[i]);
    }
    fusion_tile_pool_close(region->pool);
    free(region->ground);
    free(region->surface);
    free(region->obstacles);
    free(region->fused);
    free(region->in_buckets);
    for (size_t i = 0; i < region->places / 4; i++)
        free(region->buckets[i]);
    free(region->buckets);
    free(region->bucket_list);
    free(region);
}

static inline int64_t region_cpu_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static inline int region_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static inline double region_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, region_compare);
    return values[count / 2];
}

#endif
