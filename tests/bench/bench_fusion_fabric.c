// tests/bench/bench_fusion_fabric.c - a full region: 512 ground and 512 surface tiles, 100,000
// obstacles. SPDX-License-Identifier: Apache-2.0
//
// Lines: the longest of each kind of step while the region is built, in processor time, which
// other work on the machine does not lengthen, waiting for the disk apart (limit 5 ms; the
// longest by the clock stands beside); what a process
// that holds the region takes up at its highest, what one obstacle takes of the heap where six
// stand on each tile and no surface model lies (as over a country), and how long after the
// start a root shows the tiles under one drone, against a program that reads the same rows of
// the file. Each part runs in a child of its own. Arguments: the folder for the store, and
// `small` to see only that it runs.
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "geo/cells.h"
#include "tests/bench/fabric_start.h"

enum {
    PER_RECORD = 16, // tiles
    OBSTACLES = 100000,
    PER_MESSAGE = 1000,
    PAIRS = 5,
    STEPS_MAX = 400000,
    COMMIT_BYTES = 3 << 20, // as the ingest loop
};

static size_t filled = TILES,
              obstacles = OBSTACLES; // fewer when it is only to be seen that it runs

// How long steps of one kind took.
struct steps {
    const char *name;
    double *ms; // of the processor
    double clock_most_ms;
    size_t count;
};

struct begun {
    double clock_ms, cpu_ms;
};

static struct begun begin(void) { return (struct begun){now_ms(), cpu_ms()}; }

static void note(struct steps *steps, struct begun begun)
{
    if (steps->count < STEPS_MAX)
        steps->ms[steps->count++] = cpu_ms() - begun.cpu_ms;
    steps->clock_most_ms = fmax(steps->clock_most_ms, now_ms() - begun.clock_ms);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void say_steps(struct steps *steps)
{
    if (steps->count == 0)
        return;
    qsort(steps->ms, steps->count, sizeof *steps->ms, by_size);
    double most = steps->ms[steps->count - 1], p99 = steps->ms[steps->count * 99 / 100];
    printf("{\"bench\":\"fusion_fabric_%s\",\"value\":%.3f,\"unit\":\"ms\",\"reference\":"
           "\"limit of a step\",\"reference_value\":5.0,\"ratio\":%.3f,\"reach\":1.0,"
           "\"met\":%s,\"p50\":%.3f,\"p99\":%.3f,\"clock_most\":%.3f,\"steps\":%zu}\n",
           steps->name, most, most / 5.0, most <= 5.0 ? "true" : "false",
           steps->ms[steps->count / 2], p99, steps->clock_most_ms, steps->count);
    (void)fflush(stdout);
}

enum { APPLY_TERRAIN, APPLY_OBSTACLES, FOLD, PUBLISH, RENDER, TIDY, COMMIT, KINDS };

static void apply(struct fusion_fabric *fabric, const char *feed, const char *key,
                  struct geo_record_builder *builder, struct steps *steps)
{
    struct geo_record record;
    require(geo_record_finish(builder, &record), "record");
    struct fusion_message message = {.identity = {feed, feed, key},
                                     .version = {.time_utc_us = 1700000000000000}};
    struct fusion_job *job;
    require(fusion_job_open(fabric, &message, record, &job), "job");
    enum fusion_outcome outcome = FUSION_REFUSED;
    enum drf_status status;
    do {
        struct begun begun = begin();
        status = fusion_job_step(job, &outcome);
        note(steps, begun);
    } while (status == DRF_ERR_AGAIN);
    require(status, "step");
    if (outcome != FUSION_APPLIED)
        abort();
    fusion_job_close(job);
    geo_record_builder_close(builder);
}

// Rolling ground with some grain, so that it packs as real terrain does; trees on top.
static void fill(uint16_t *cells, size_t index, bool trees)
{
    uint32_t grain = 12345U + (uint32_t)index;
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++) {
        size_t column = index % COLS * 256 + i % 256, row = index / COLS * 256 + i / 256;
        double x = (double)column, y = (double)row;
        grain = grain * 1664525U + 1013904223U;
        double ground =
            4800 + 300 * sin(x * 0.013) * cos(y * 0.017) + 40 * sin(x * 0.21 + y * 0.1);
        cells[i] = (uint16_t)(ground + (trees ? 40 + (grain >> 24) / 8.0 : 0));
    }
}

// And what the ingest loop does next: copies the log back when it is due.
static void commit(struct fusion_store *store, struct fusion_fabric *fabric,
                   struct steps *steps)
{
    struct begun begun = begin();
    require(fusion_fabric_commit(fabric, 1700000000000000), "commit");
    note(&steps[COMMIT], begun);
    enum drf_status status;
    do {
        begun = begin();
        status = fusion_store_tidy(store);
        note(&steps[TIDY], begun);
    } while (status == DRF_ERR_AGAIN);
    require(status, "tidy");
}

static void apply_terrain(struct fusion_store *store, struct fusion_fabric *fabric,
                          enum fusion_layer layer, struct steps *steps)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    for (size_t first = 0; first < filled; first += PER_RECORD) {
        struct geo_record_builder builder;
        geo_record_builder_init(&builder, 64U << 20);
        struct geo_raster raster = {.layer = layer,
                                    .level = LEVEL,
                                    .posting_m = 30,
                                    .vertical_acc95_m = 5,
                                    .bounds = keep()};
        require(geo_record_add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0),
                "raster");
        for (size_t i = first; i < first + PER_RECORD; i++) {
            fill(cells, i, layer == FUSION_LAYER_SURFACE);
            size_t size = sizeof blob;
            require(geo_cells_encode(cells, blob, &size), "cells");
            struct geo_cells_item item = {.tile = tile_at(i), .blob_size = (uint32_t)size};
            require(geo_record_add(&builder, GEO_ITEM_CELLS, &item, sizeof item, blob, size),
                    "cells");
        }
        char key[24];
        (void)snprintf(key, sizeof key, "%zu", first);
        apply(fabric, layer == FUSION_LAYER_GROUND ? "dtm" : "dsm", key, &builder,
              &steps[APPLY_TERRAIN]);
        if (fusion_store_pending_bytes(store) >= COMMIT_BYTES)
            commit(store, fabric, steps);
    }
}

static void apply_obstacles(struct fusion_store *store, struct fusion_fabric *fabric,
                            struct steps *steps)
{
    struct geo_bounds box = keep();
    uint64_t seed = 88172645463325252U;
    for (size_t first = 0; first < obstacles; first += PER_MESSAGE) {
        struct geo_record_builder builder;
        geo_record_builder_init(&builder, 64U << 20);
        for (size_t i = first; i < first + PER_MESSAGE; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            struct geo_obstacle obstacle = {
                .kind = "TOWER",
                .position = {box.south_deg
                                 + (box.north_deg - box.south_deg) * (double)(seed >> 48)
                                       / 65536,
                             box.west_deg
                                 + (box.east_deg - box.west_deg) * (double)(seed >> 32 & 65535)
                                       / 65536},
                .agl_m = 30 + (double)(i % 100),
                .horizontal_acc95_m = 15,
                .vertical_acc95_m = 3,
                .flags = GEO_OBSTACLE_HAS_AGL,
                .geometry = GEO_GEOMETRY_POINT,
                .quantity = 1,
            };
            (void)snprintf(obstacle.id, sizeof obstacle.id, "36-%06zu", i);
            require(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle,
                                   NULL, 0),
                    "obstacle");
        }
        apply(fabric, "obs", "file", &builder, &steps[APPLY_OBSTACLES]);
        commit(store, fabric, steps); // at once, as an urgent feed's
    }
}

typedef enum drf_status (*step_fn)(struct fusion_fabric *fabric);

static void run_out(struct fusion_fabric *fabric, step_fn step, struct steps *steps)
{
    enum drf_status status;
    do {
        struct begun begun = begin();
        status = step(fabric);
        note(steps, begun);
    } while (status == DRF_ERR_AGAIN);
    require(status, steps->name);
}

static const struct fusion_root *publish(struct fusion_fabric *fabric, struct steps *steps)
{
    static const struct fusion_root *last;
    const struct fusion_root *root;
    enum drf_status status;
    do {
        struct begun begun = begin();
        status = fusion_fabric_publish(fabric, &root);
        if (steps != NULL)
            note(steps, begun);
    } while (status == DRF_ERR_AGAIN);
    require(status, "publish");
    if (root != NULL) {
        last = root;
        fusion_fabric_acknowledge(fabric, root->epoch);
    }
    return last;
}

static void build(void)
{
    static const char *const names[KINDS] = {"apply_terrain_step",
                                             "apply_obstacles_step",
                                             "fold_step",
                                             "publish_step",
                                             "render_step",
                                             "tidy_step",
                                             "commit"};
    struct steps steps[KINDS] = {0};
    for (size_t i = 0; i < KINDS; i++)
        steps[i] = (struct steps){names[i], malloc(STEPS_MAX * sizeof(double)), 0, 0};
    struct fusion_store *store = open_store();
    struct fusion_fabric *fabric = open_fabric(store);
    for (enum fusion_layer layer = FUSION_LAYER_GROUND; layer <= FUSION_LAYER_SURFACE;
         layer++) {
        apply_terrain(store, fabric, layer, steps);
        commit(store, fabric, steps);
        run_out(fabric, fusion_fabric_fold, &steps[FOLD]);
        publish(fabric, &steps[PUBLISH]);
    }
    apply_obstacles(store, fabric, steps);
    run_out(fabric, fusion_fabric_fold, &steps[FOLD]);
    publish(fabric, &steps[PUBLISH]);
    run_out(fabric, fusion_fabric_render, &steps[RENDER]);
    commit(store, fabric, steps);
    for (size_t i = 0; i < KINDS; i++)
        if (i != COMMIT) // waits for the disk; its limit is not a step's
            say_steps(&steps[i]);
    fusion_fabric_close(fabric);
    fusion_store_close(store);
}

// A line of /proc/self/status in MB (2^20).
static double own_mb(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kb = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name) + 1, NULL);
    if (file != NULL)
        (void)fclose(file);
    return kb / 1024;
}

static void memory(void)
{
    double before_mb = own_mb("VmRSS");
    struct fusion_store *store = open_store();
    double began_ms = now_ms();
    struct fusion_fabric *fabric = open_fabric(store);
    double opened_ms = now_ms() - began_ms;
    enum drf_status status;
    size_t folded = 0;
    do {
        status = fusion_fabric_fold(fabric);
        if (++folded % 16 == 0)
            publish(fabric, NULL);
    } while (status == DRF_ERR_AGAIN);
    require(status, "fold");
    const struct fusion_root *root = publish(fabric, NULL);
    size_t distinct = 0;
    for (size_t i = 0; i < TILES; i++) {
        distinct += root->ground[i] != NULL;
        distinct += root->surface[i] != NULL && root->surface[i] != root->ground[i];
    }
    double most_mb = own_mb("VmHWM");
    printf("{\"bench\":\"memory_fabric\",\"value\":%.1f,\"unit\":\"MB\",\"reference\":"
           "\"limit\",\"reference_value\":256.0,\"ratio\":%.3f,\"reach\":1.0,\"met\":%s,"
           "\"now\":%.1f,\"before\":%.1f,\"tiles\":%zu,\"obstacles\":%zu,\"open_ms\":%.1f,"
           "\"whole_ms\":%.1f}\n",
           most_mb, most_mb / 256, most_mb <= 256 ? "true" : "false", own_mb("VmRSS"),
           before_mb, distinct, obstacles, opened_ms, now_ms() - began_ms);
    (void)fflush(stdout);
    fusion_fabric_close(fabric);
    fusion_store_close(store);
}

// Bytes that are allocated.
static double heap(const struct fusion_fabric *fabric)
{
    const struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd
           + (double)fusion_fabric_cells_bytes(fabric);
}

static void sparse(void)
{
    struct steps steps[KINDS] = {0};
    for (size_t i = 0; i < KINDS; i++)
        steps[i] = (struct steps){"", malloc(STEPS_MAX * sizeof(double)), 0, 0};
    (void)strcat(path, "-sparse");
    obstacles = filled * 6 / PER_MESSAGE * PER_MESSAGE;
    struct fusion_store *store = open_store();
    struct fusion_fabric *fabric = open_fabric(store);
    const double empty = heap(fabric);
    apply_terrain(store, fabric, FUSION_LAYER_GROUND, steps);
    commit(store, fabric, steps);
    run_out(fabric, fusion_fabric_fold, &steps[FOLD]);
    publish(fabric, NULL);
    run_out(fabric, fusion_fabric_render, &steps[RENDER]);
    commit(store, fabric, steps);
    const double before = heap(fabric);
    apply_obstacles(store, fabric, steps);
    run_out(fabric, fusion_fabric_fold, &steps[FOLD]);
    publish(fabric, NULL);
    run_out(fabric, fusion_fabric_render, &steps[RENDER]);
    commit(store, fabric, steps);
    publish(fabric, NULL);
    const double each = (heap(fabric) - before) / (double)obstacles;
    printf("{\"bench\":\"memory_obstacle\",\"value\":%.0f,\"unit\":\"bytes\",\"reference\":"
           "\"limit\",\"reference_value\":2048.0,\"ratio\":%.3f,\"reach\":1.0,\"met\":%s,"
           "\"obstacles\":%zu,\"each_tile\":%.0f}\n",
           each, each / 2048, each <= 2048 ? "true" : "false", obstacles,
           (before - empty) / (double)filled);
    (void)fflush(stdout);
    fusion_fabric_close(fabric);
    fusion_store_close(store);
}

// Runs in a child; its answer comes through a pipe.
static double apart(double (*measure)(void))
{
    int ends[2];
    double answer = 0;
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        answer = measure();
        _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
    (void)close(ends[1]);
    bool told = child > 0 && read(ends[0], &answer, sizeof answer) == sizeof answer;
    (void)close(ends[0]);
    if (child > 0)
        (void)waitpid(child, NULL, 0);
    if (!told)
        abort();
    return answer;
}

static double told(void (*part)(void))
{
    part();
    return 0;
}

static double build_apart(void) { return told(build); }
static double memory_apart(void) { return told(memory); }
static double sparse_apart(void) { return told(sparse); }

static void start(void)
{
    double own_ms[PAIRS], others_ms[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        own_ms[i] = apart(start_ms);
        others_ms[i] = apart(bare_ms);
    }
    printf("{\"bench\":\"start\",\"unit\":\"ms\",\"reference\":"
           "\"open the file, read the obstacles and decode the tiles that the first context "
           "needs\",\"pairs\":[");
    for (int i = 0; i < PAIRS; i++)
        printf("%s[%.3f,%.3f]", i > 0 ? "," : "", own_ms[i], others_ms[i]);
    puts("]}");
}

int main(int argc, char **argv)
{
    char folder[200];
    const bool small = argc > 1 && strcmp(argv[argc - 1], "small") == 0;
    if (small)
        filled = 12 * COLS, obstacles = 2 * PER_MESSAGE;
    (void)snprintf(folder, sizeof folder, "%s/drf-bench-XXXXXX",
                   argc > 1 + small ? argv[1] : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    (void)apart(build_apart);
    (void)apart(memory_apart);
    (void)apart(sparse_apart);
    start();
    static const char *const ends[] = {"",        "-wal",        "-shm",        "-lock",
                                       "-sparse", "-sparse-wal", "-sparse-shm", "-sparse-lock"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char file[300];
        (void)snprintf(file, sizeof file, "%s%s", path, ends[i]);
        (void)unlink(file);
    }
    return rmdir(folder) == 0 ? 0 : 1;
}
