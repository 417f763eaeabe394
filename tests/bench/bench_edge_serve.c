// tests/bench/bench_edge_serve.c - how many contexts a second the serve step makes on one core,
// with a link that swallows everything. SPDX-License-Identifier: Apache-2.0
//
// A thousand drones report at 10 Hz in simulated time over ground that is known everywhere;
// each report is decoded, answered, encoded and handed to the null link. One JSON line. With
// "memory", two more: what a drone takes up, and what is taken from the heap after warm-up. A
// number is how many drones.
#include <inttypes.h>
#include <malloc.h>

#include "edge/serve/fleet/drone.h"
#include "edge/serve/fleet/patches.h"
#include "tests/bench/serve_load.h"
#include "tests/support/heap.h"

enum { DRONES_MAX = 3000, CONTEXTS = 100000, WARM_UP = 20 };

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

// With a plan of 100 points and four advisories; and with patches beside.
static void say_memory(double place, uint64_t contexts, struct heap_calls calls)
{
    double each = place + (double)sizeof(struct fusion_plan);
    (void)printf("{\"bench\":\"memory_drone\",\"value\":%.0f,\"unit\":\"bytes\",\"reference\":"
                 "\"limit, its plan of 100 points and four advisories included\","
                 "\"reference_value\":4096,\"ratio\":%.3f,\"reach\":1.0,\"met\":%s,"
                 "\"more_with_patches\":%zu,\"place\":%.0f}\n",
                 each, each / 4096, each <= 4096 ? "true" : "false",
                 sizeof(struct edge_patches), place);
    double patches = each + (double)sizeof(struct edge_patches);
    (void)printf("{\"bench\":\"memory_drone_patches\",\"value\":%.0f,\"unit\":\"bytes\","
                 "\"reference\":\"limit, with patches and a plan of 100 points\","
                 "\"reference_value\":4096,\"ratio\":%.3f,\"reach\":1.0,\"met\":%s}\n",
                 patches, patches / 4096, patches <= 4096 ? "true" : "false");
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
    struct edge_link link = swallowing_link(&bench);
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
    lift_ground(scene);
    free(bench.arrivals);
    scene_close(scene);
    return 0;
}
