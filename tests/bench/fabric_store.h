// tests/bench/fabric_store.h - a region in a store's file, and the fabric over it.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_BENCH_FABRIC_STORE_H
#define TESTS_BENCH_FABRIC_STORE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fusion/fabric/fabric.h"

enum {
    LEVEL = 12,
    FIRST_ROW = 1050,
    FIRST_COL = 2280,
    ROWS = 16,
    COLS = 32,
    TILES = ROWS * COLS,
    RASTER_ACCURACY_MAX_M = 175,
};

static const struct fusion_feed feeds[] = {
    {.name = "dtm", .layer = FUSION_LAYER_GROUND, .priority = 1},
    {.name = "dsm", .layer = FUSION_LAYER_SURFACE, .priority = 1},
    {.name = "obs", .layer = FUSION_LAYER_OBSTACLE, .priority = 1},
};

static char path[256];

static inline struct geo_tile tile_at(size_t index)
{
    return (struct geo_tile){.level = LEVEL,
                             .row = FIRST_ROW + (uint32_t)index / COLS,
                             .col = FIRST_COL + (uint32_t)index % COLS};
}

static inline struct geo_bounds keep(void)
{
    struct geo_bounds nw = geo_tile_bounds(tile_at(0)),
                      se = geo_tile_bounds(tile_at(TILES - 1));
    return (struct geo_bounds){nw.west_deg + 1e-6, se.south_deg + 1e-6, se.east_deg - 1e-6,
                               nw.north_deg - 1e-6};
}

// Where the drone is: in a tile far from the first and from the last, beside its centre.
static inline struct geo_point drone(void)
{
    struct geo_bounds b = geo_tile_bounds(tile_at(11 * COLS + 21));
    return (struct geo_point){(b.south_deg + b.north_deg) / 2 + 0.001,
                              (b.west_deg + b.east_deg) / 2 + 0.001};
}

static inline void require(enum drf_status status, const char *what)
{
    if (status == DRF_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, drf_status_name(status));
    abort();
}

static inline double now_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline double cpu_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline struct fusion_store *open_store(void)
{
    struct fusion_store_config config = {
        .path = path,
        .keep = keep(),
        .level = LEVEL,
        .region_id = "sim-bench",
        .mode = 4,
        .pending_max_bytes = 64U << 20,
    };
    struct fusion_store *store;
    require(fusion_store_open(&config, &store), "store");
    return store;
}

static inline struct fusion_fabric *open_fabric(struct fusion_store *store)
{
    struct geo_point first = drone();
    struct fusion_fabric_config config = {
        .keep = keep(),
        .level = LEVEL,
        .raster_accuracy_max_m = RASTER_ACCURACY_MAX_M,
        .feeds = feeds,
        .feed_count = sizeof feeds / sizeof feeds[0],
        .first = &first,
        .first_count = 1,
    };
    struct fusion_fabric *fabric;
    require(fusion_fabric_open(&config, store, &fabric), "fabric");
    return fabric;
}

#endif
