// tests/bench/bench_edge_serve.c - how many contexts a second the serve step makes on one core,
// with a link that swallows everything. SPDX-License-Identifier: Apache-2.0
//
// A thousand drones report at 10 Hz in simulated time over ground that is known everywhere;
// each report is decoded, answered, encoded and handed to the null link. One JSON line. With
// "memory", two more: what a drone takes up, and what is taken from the heap after warm-up. A
// number is how many drones.
#include <inttypes.h>
#include <malloc.h>
#include <time.h>

#include "edge/serve/drone.h"
#include "edge/serve/patch.h"
#include "geo/cells.h"
#include "tests/support/heap.h"
#include "tests/support/serve_scene.h"

enum { DRONES_MAX = 3000, CONTEXTS = 100000, WARM_UP = 20, LEVEL = 12 };

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

static enum drf_status swallow(void *self, const struct edge_outgoing *message)
{
    struct bench *bench = self;
    bench->sent++;
    bench->bytes += message->size;
    return DRF_OK;
}

static bool next_arrival(void *self, struct edge_incoming *out)
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

static uint32_t session(void *self)
{
    (void)self;
    return 1;
}

static bool connected(void *self)
{
    (void)self;
    return true;
}

static int64_t cpu_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// Rolling ground over the region and the look-ahead, surface the same.
static void lay_ground(struct scene *scene)
{
    static const struct fusion_source source = {
        .feed = "dem", .source = "dem", .posting_m = 30};
    static const struct fusion_source *sources[] = {&source};
    static uint16_t cells[GEO_CELLS_COUNT];
    struct fusion_root *root = &scene->roots[0];
    for (uint32_t i = 0; i < root->tiles.columns * root->tiles.rows; i++) {
        struct geo_tile tile = {.col = root->tiles.first.col + i % root->tiles.columns,
                                .row = root->tiles.first.row + i / root->tiles.columns,
                                .level = LEVEL};
        struct geo_bounds bounds = geo_tile_bounds(tile);
        if (bounds.west_deg > -79.0 || bounds.east_deg < -79.8 || bounds.south_deg > 44.0
            || bounds.north_deg < 43.3)
            continue;
        for (uint32_t k = 0; k < GEO_CELLS_COUNT; k++)
            cells[k] = (uint16_t)(4400 + 200 * sin(k % 256 * 0.05) * cos(k / 256 * 0.03));
        struct fusion_tile *made;
        if (fusion_tile_make(tile, cells, sources, 1, NULL, NULL, &made) != DRF_OK)
            abort();
        scene->tiles[i] = made;
    }
}

static void fill_arrivals(struct bench *bench, uint32_t round)
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

// What a place for one more drone takes from the heap.
static double place_bytes(struct scene *scene, struct edge_link link, uint32_t drones)
{
    size_t bytes[2];
    for (uint32_t i = 0; i < 2; i++) {
        scene->config.limits.drones_max = drones * (i + 1);
        struct mallinfo2 before = mallinfo2();
        struct edge_serve *serve;
        if (edge_serve_open(&scene->config, SCENE_BOOT_ID, link, &scene->mailbox,
                            scene->backqueue, scene->metrics, &scene->health, &serve)
            != DRF_OK)
            abort();
        struct mallinfo2 after = mallinfo2();
        bytes[i] = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
        edge_serve_close(serve);
    }
    return (double)(bytes[1] - bytes[0]) / drones;
}

static void say_memory(double place, uint64_t contexts, struct heap_calls calls)
{
    double each = place + (double)sizeof(struct fusion_plan);
    (void)printf("{\"bench\":\"memory_drone\",\"value\":%.0f,\"unit\":\"bytes\",\"reference\":"
                 "\"limit, its plan of 100 points included\",\"reference_value\":4096,"
                 "\"ratio\":%.3f,\"reach\":1.0,\"met\":%s,\"more_with_patches\":%zu,"
                 "\"with_patches_and_10_points\":%.0f}\n",
                 each, each / 4096, each <= 4096 ? "true" : "false",
                 sizeof(struct edge_patches),
                 place + (double)(sizeof(struct edge_patches) + fusion_plan_bytes(10)));
    (void)printf("{\"bench\":\"memory_per_message\",\"value\":%.6f,\"unit\":\"allocations of "
                 "ours\",\"reference\":\"those of libraries\",\"reference_value\":%.6f,"
                 "\"ratio\":%.3f,\"reach\":0,\"met\":%s,\"before_warm_up\":%" PRIu64 "}\n",
                 (double)calls.own / (double)contexts,
                 (double)calls.libraries / (double)contexts,
                 calls.libraries > 0 ? (double)calls.own / (double)calls.libraries : 0.0,
                 calls.own == 0 && heap_calls.own > 0 ? "true" : "false", heap_calls.own);
}

int main(int argc, char **argv)
{
    bool memory = argc > 1 && strcmp(argv[1], "memory") == 0;
    long asked = argc > 1 && !memory ? strtol(argv[1], NULL, 10) : 1000;
    if (asked < 1 || asked > DRONES_MAX)
        return 2;
    uint32_t drones = (uint32_t)asked, rounds = CONTEXTS / drones;
    struct scene *scene = scene_open(drones);
    struct bench bench = {
        .scene = scene, .drones = drones, .arrivals = calloc(drones, sizeof *bench.arrivals)};
    if (bench.arrivals == NULL)
        return 1;
    struct edge_link link = {.self = &bench,
                             .send = swallow,
                             .receive = next_arrival,
                             .session = session,
                             .connected = connected};
    edge_serve_close(scene->serve);
    scene->config.limits.context_rate_default_hz = 10;
    double place = memory ? place_bytes(scene, link, drones) : 0.0;
    scene->config.limits.drones_max = drones;
    if (edge_serve_open(&scene->config, SCENE_BOOT_ID, link, &scene->mailbox, scene->backqueue,
                        scene->metrics, &scene->health, &scene->serve)
        != DRF_OK)
        return 1;
    lay_ground(scene);

    int64_t spent_us = 0;
    uint64_t sent_before = 0;
    size_t heap_before = 0;
    struct heap_calls calls = {0, 0};
    for (uint32_t round = 1; round <= WARM_UP + rounds; round++) {
        fill_arrivals(&bench, round);
        if (round == WARM_UP + 1) {
            spent_us = 0;
            sent_before = bench.sent;
            heap_before = mallinfo2().uordblks;
        }
        int64_t began_us = cpu_us();
        struct heap_calls before = heap_calls;
        while (bench.taken < drones)
            scene_step(scene);
        spent_us += cpu_us() - began_us;
        if (round > WARM_UP) {
            calls.own += heap_calls.own - before.own;
            calls.libraries += heap_calls.libraries - before.libraries;
        }
        scene_pass(scene, 100 * SCENE_MS);
    }
    uint64_t sent = bench.sent - sent_before;
    size_t grown = mallinfo2().uordblks - heap_before;
    (void)printf("{\"bench\":\"serve_step\",\"value\":%.0f,\"unit\":\"contexts/s\","
                 "\"drones\":%u,\"contexts\":%" PRIu64 ",\"bytes_each\":%.0f,\"us_each\":%.2f,"
                 "\"heap_growth_bytes\":%zu}\n",
                 (double)sent * 1e6 / (double)spent_us, (unsigned)drones, sent,
                 (double)bench.bytes / (double)bench.sent, (double)spent_us / (double)sent,
                 grown);
    if (memory)
        say_memory(place, sent, calls);
    for (size_t i = 0; i < sizeof scene->tiles / sizeof scene->tiles[0]; i++) {
        union {
            const struct fusion_tile *from;
            struct fusion_tile *to;
        } tile = {.from = scene->tiles[i]};
        fusion_tile_free(tile.to);
    }
    free(bench.arrivals);
    scene_close(scene);
    return 0;
}
