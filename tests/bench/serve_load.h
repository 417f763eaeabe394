// tests/bench/serve_load.h - the serve step with a fleet that reports and a link that swallows.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_BENCH_SERVE_LOAD_H
#define TESTS_BENCH_SERVE_LOAD_H

#include <time.h>

#include "geo/cells.h"
#include "tests/support/serve_scene.h"

struct arrival {
    char topic[64];
    uint8_t bytes[128];
    size_t size;
};

struct bench {
    struct scene *scene;
    struct arrival *arrivals;
    size_t taken, drones;
    uint64_t sent, bytes;
};

static inline enum drf_status swallow(void *self, const struct edge_outgoing *message)
{
    struct bench *bench = self;
    bench->sent++;
    bench->bytes += message->size;
    return DRF_OK;
}

static inline bool next_arrival(void *self, struct edge_incoming *out)
{
    struct bench *bench = self;
    if (bench->taken == bench->drones)
        return false;
    const struct arrival *arrival = &bench->arrivals[bench->taken++];
    *out = (struct edge_incoming){.topic = arrival->topic,
                                  .payload = arrival->bytes,
                                  .size = arrival->size,
                                  .arrival_mono_us = bench->scene->now.mono_us,
                                  .response_topic = ""};
    return true;
}

static inline uint32_t session(void *self)
{
    (void)self;
    return 1;
}

static inline bool connected(void *self)
{
    (void)self;
    return true;
}

static inline int64_t cpu_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// Rolling ground over the region and the look-ahead, surface the same.
static inline void lay_ground(struct scene *scene)
{
    static const struct fusion_source source = {
        .feed = "dem", .source = "dem", .posting_m = 30};
    static const struct fusion_source *sources[] = {&source};
    static uint16_t cells[GEO_CELLS_COUNT];
    struct fusion_root *root = &scene->roots[0];
    struct fusion_tile_pool *pool; // as in a node; it ends with the program
    if (fusion_tile_pool_open(&pool) != DRF_OK)
        abort();
    for (uint32_t i = 0; i < root->tiles.columns * root->tiles.rows; i++) {
        struct geo_tile tile = {.col = root->tiles.first.col + i % root->tiles.columns,
                                .row = root->tiles.first.row + i / root->tiles.columns,
                                .level = 12};
        struct geo_bounds bounds = geo_tile_bounds(tile);
        if (bounds.west_deg > -79.0 || bounds.east_deg < -79.8 || bounds.south_deg > 44.0
            || bounds.north_deg < 43.3)
            continue;
        for (uint32_t k = 0; k < GEO_CELLS_COUNT; k++)
            cells[k] = (uint16_t)(4400 + 200 * sin(k % 256 * 0.05) * cos(k / 256 * 0.03));
        struct fusion_tile *made;
        if (fusion_tile_make(pool, tile, cells, sources, 1, NULL, NULL, &made) != DRF_OK)
            abort();
        scene->tiles[i] = made;
    }
}

static inline void fill_arrivals(struct bench *bench, uint32_t round)
{
    for (uint32_t i = 0; i < bench->drones; i++) {
        struct arrival *arrival = &bench->arrivals[i];
        Drf__V1__Telemetry report = scene_report(bench->scene, round);
        Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
        SCENE_SET(&seen, boot_id, SCENE_BOOT_ID);
        SCENE_SET(&seen, context_seq, round - 1);
        report.seen = &seen;
        uint32_t rows = (uint32_t)bench->drones / 40 + 1;
        report.lat_e7 = 435100000 + (int32_t)(i % 40) * 70000 + (int32_t)round * 100;
        report.lon_e7 =
            -795900000 + (int32_t)(i / 40 * (3900000 / rows)) + (int32_t)round * 100;
        report.velocity_north_mps = (float)(i % 17) - 8.0F;
        (void)snprintf(arrival->topic, sizeof arrival->topic,
                       "drf-test/v1/drones/drone-%04u/telemetry", (unsigned)i);
        if (protobuf_c_message_get_packed_size(&report.base) > sizeof arrival->bytes)
            abort();
        arrival->size = protobuf_c_message_pack(&report.base, arrival->bytes);
    }
    bench->taken = 0;
}

static inline struct edge_link swallowing_link(struct bench *bench)
{
    return (struct edge_link){.self = bench,
                              .send = swallow,
                              .receive = next_arrival,
                              .session = session,
                              .connected = connected};
}

static inline void lift_ground(struct scene *scene)
{
    for (size_t i = 0; i < sizeof scene->tiles / sizeof scene->tiles[0]; i++) {
        union {
            const struct fusion_tile *from;
            struct fusion_tile *to;
        } tile = {.from = scene->tiles[i]};
        fusion_tile_free(tile.to);
    }
}

#endif
