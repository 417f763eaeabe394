// tests/bench/bench_edge_serve.c - how many contexts a second the serve step makes on one core,
// with a link that swallows everything. SPDX-License-Identifier: Apache-2.0
//
// A thousand drones report at 10 Hz in simulated time over ground that is known everywhere;
// each report is decoded, answered, encoded and handed to the null link. One JSON line.
#include <inttypes.h>
#include <malloc.h>
#include <time.h>

#include "geo/cells.h"
#include "tests/serve_scene.h"

enum { DRONES = 1000, ROUNDS = 100, WARM_UP = 20, LEVEL = 12 };

struct arrival {
    char topic[64];
    uint8_t bytes[128];
    size_t size;
};

struct bench {
    struct scene *scene;
    struct arrival *arrivals;
    size_t taken;
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
    if (bench->taken == DRONES)
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
    for (uint32_t i = 0; i < DRONES; i++) {
        struct arrival *arrival = &bench->arrivals[i];
        Drf__V1__Telemetry report = scene_report(bench->scene, round);
        Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
        SCENE_SET(&seen, boot_id, SCENE_BOOT_ID);
        SCENE_SET(&seen, context_seq, round - 1);
        report.seen = &seen;
        report.lat_e7 = 435100000 + (int32_t)(i % 40) * 70000 + (int32_t)round * 100;
        report.lon_e7 = -795900000 + (int32_t)(i / 40) * 150000 + (int32_t)round * 100;
        report.velocity_north_mps = (float)(i % 17) - 8.0F;
        (void)snprintf(arrival->topic, sizeof arrival->topic,
                       "drf-test/v1/drones/drone-%04u/telemetry", (unsigned)i);
        if (protobuf_c_message_get_packed_size(&report.base) > sizeof arrival->bytes)
            abort();
        arrival->size = protobuf_c_message_pack(&report.base, arrival->bytes);
    }
    bench->taken = 0;
}

int main(void)
{
    struct scene *scene = scene_open(DRONES);
    struct bench bench = {.scene = scene, .arrivals = calloc(DRONES, sizeof *bench.arrivals)};
    if (bench.arrivals == NULL)
        return 1;
    struct edge_link link = {.self = &bench,
                             .send = swallow,
                             .receive = next_arrival,
                             .session = session,
                             .connected = connected};
    edge_serve_close(scene->serve);
    scene->config.limits.context_rate_default_hz = 10;
    if (edge_serve_open(&scene->config, SCENE_BOOT_ID, link, &scene->mailbox, scene->backqueue,
                        scene->metrics, &scene->health, &scene->serve)
        != DRF_OK)
        return 1;
    lay_ground(scene);

    int64_t spent_us = 0;
    uint64_t sent_before = 0;
    size_t heap_before = 0;
    for (uint32_t round = 1; round <= WARM_UP + ROUNDS; round++) {
        fill_arrivals(&bench, round);
        if (round == WARM_UP + 1) {
            spent_us = 0;
            sent_before = bench.sent;
            heap_before = mallinfo2().uordblks;
        }
        int64_t began_us = cpu_us();
        while (bench.taken < DRONES)
            scene_step(scene);
        spent_us += cpu_us() - began_us;
        scene_pass(scene, 100 * SCENE_MS);
    }
    uint64_t sent = bench.sent - sent_before;
    size_t grown = mallinfo2().uordblks - heap_before;
    (void)printf("{\"bench\":\"serve_step\",\"value\":%.0f,\"unit\":\"contexts/s\","
                 "\"contexts\":%" PRIu64 ",\"bytes_each\":%.0f,\"us_each\":%.2f,"
                 "\"heap_growth_bytes\":%zu}\n",
                 (double)sent * 1e6 / (double)spent_us, sent,
                 (double)bench.bytes / (double)bench.sent, (double)spent_us / (double)sent,
                 grown);
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
