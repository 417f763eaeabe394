// tests/support/store_scene.h - a store that lives through a fixed history, for its fault
// tests. SPDX-License-Identifier: Apache-2.0
//
// Each step puts a raster with cells, an obstacle or its tombstone, an offset and a value, and
// renders. expected[n] is the digest after n steps of an undisturbed run. Include after cmocka.
#ifndef TESTS_SUPPORT_STORE_SCENE_H
#define TESTS_SUPPORT_STORE_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fusion/store/store.h"

enum { LEVEL = 12, STEPS = 24, TILES = 3 };

static char folder[64], path[96];
static uint8_t expected[STEPS + 1][32]; // the digest after each step, undisturbed

static inline bool full_run(void)
{
    return getenv("DRF_FULL") != NULL; // NOLINT(concurrency-mt-unsafe)
}

static inline void drop_store(const char *of)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s%s", of, ends[i]);
        (void)unlink(name);
    }
}

// A place of finer tiles that a test may add.
static const struct geo_inset scene_yard = {
    .bounds = {-79.36, 43.60, -79.34, 43.62}, .level = LEVEL + 2, .name = "yard"};
static size_t scene_insets;

static inline enum drf_status try_open(const char *of, struct fusion_store **out,
                                       struct fusion_store_fault *fault)
{
    return fusion_store_open(
        &(struct fusion_store_config){
            .path = of,
            .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
            .level = LEVEL,
            .insets = &scene_yard,
            .inset_count = scene_insets,
            .region_id = "sim-fault",
            .mode = 4,
            .fault = fault,
        },
        out);
}

static inline struct fusion_store *open_store(void)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    if (try_open(path, &store, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    return store;
}

static inline struct geo_tile tile_of(int i)
{
    return (struct geo_tile){.level = LEVEL, .row = 1055, .col = 2290 + (uint32_t)i};
}

// The cells that a step's raster says of a tile; borrowed until the next call.
static inline enum drf_status cells_of(int step, int i, struct fusion_cells *out)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    for (int c = 0; c < GEO_CELLS_COUNT; c++)
        cells[c] = (uint16_t)(4000 + ((c * 7 + step * 31 + i) & 0x3ff));
    size_t size = sizeof blob;
    enum drf_status status = geo_cells_encode(cells, blob, &size);
    *out = (struct fusion_cells){FUSION_LAYER_GROUND, tile_of(i), blob, size};
    return status;
}

// All of them ahead of the raster. On DRF_ERR_STORE it goes without.
static inline enum drf_status stage_raster(struct fusion_store *store, int step, int64_t *stage)
{
    enum drf_status status = fusion_store_stage_open(store, stage);
    for (int i = 0; i < TILES && status == DRF_OK; i++) {
        struct fusion_cells cells;
        status = cells_of(step, i, &cells);
        if (status == DRF_OK)
            status = fusion_store_stage_cells(store, *stage, &cells, 1);
    }
    if (status != DRF_OK && *stage != 0)
        fusion_store_stage_drop(store, *stage);
    if (status != DRF_OK)
        *stage = 0;
    return status == DRF_ERR_STORE ? DRF_OK : status;
}

static inline enum drf_status put_raster_cells(struct fusion_store *store, int step, int64_t id,
                                               int64_t stage)
{
    enum drf_status status = stage != 0 ? fusion_store_take_stage(store, id, stage) : DRF_OK;
    for (int i = 0; i < TILES && status == DRF_OK; i++) {
        struct fusion_cells cells;
        status = cells_of(step, i, &cells);
        if (status == DRF_OK && stage == 0)
            status = fusion_store_put_cells(store, id, cells.layer, cells.tile, cells.blob,
                                            cells.size);
        if (status == DRF_OK)
            status = fusion_store_mark_dirty(store, cells.layer, cells.tile);
    }
    return status;
}

static inline bool staged_step(int step) { return step % 4 >= 2; }

static inline enum drf_status put_raster_as(struct fusion_store *store, int step, bool staged)
{
    char key[16];
    (void)snprintf(key, sizeof key, "r-%d", step % 3);
    const struct geo_raster raster = {.layer = GEO_RASTER_GROUND,
                                      .level = LEVEL,
                                      .vertical_acc95_m = 2,
                                      .posting_m = 30,
                                      .bounds = {-80, 43, -79, 44},
                                      .min_amsl_m = 0,
                                      .max_amsl_m = 100,
                                      .known_cells = 1,
                                      .crs = "EPSG:4326",
                                      .vertical = "EGM96"};
    const struct fusion_source source = {.feed = "dtm",
                                         .source = "dtm/x",
                                         .licence = "CC0",
                                         .version = "v",
                                         .priority = step % 3,
                                         .vertical_acc95_m = 2,
                                         .posting_m = 30,
                                         .issue_utc_us = step};
    struct geo_record_builder builder;
    struct geo_record record = {0};
    geo_record_builder_init(&builder, 1 << 12);
    int64_t id = 0, stage = 0;
    enum drf_status status =
        geo_record_add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    if (status == DRF_OK && staged)
        status = stage_raster(store, step, &stage);
    if (status == DRF_OK)
        status = geo_record_finish(&builder, &record);
    if (status == DRF_OK)
        status = fusion_store_put(store, (struct fusion_identity){"dtm", "dtm/x", key},
                                  (struct fusion_version){.time_utc_us = step}, record, &source,
                                  NULL, &id);
    geo_record_builder_close(&builder);
    if (status == DRF_OK)
        status = put_raster_cells(store, step, id, stage);
    if (status != DRF_OK && stage != 0)
        fusion_store_stage_drop(store, stage); // unless it was taken
    return status;
}

// Every other two with their cells staged.
static inline enum drf_status put_raster(struct fusion_store *store, int step)
{
    return put_raster_as(store, step, staged_step(step));
}

static inline enum drf_status put_obstacle(struct fusion_store *store, int step)
{
    struct geo_obstacle obstacle = {.kind = "TOWER",
                                    .position = {43.25, -79.5 + step * 0.001},
                                    .amsl_m = 250 + step,
                                    .horizontal_acc95_m = 15,
                                    .flags = GEO_OBSTACLE_HAS_AMSL,
                                    .geometry = GEO_GEOMETRY_POINT,
                                    .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "o-%d", step % 7);
    const struct fusion_identity name = {"dof", "dof/faa", obstacle.id};
    const struct fusion_source source = {.feed = "dof", .source = "dof/faa", .version = "56"};
    const struct fusion_version version = {.time_utc_us = step};
    struct geo_record_builder builder;
    struct geo_record record = {0};
    geo_record_builder_init(&builder, 1 << 12);
    enum drf_status status = DRF_OK;
    if (step % 5 != 0)
        status =
            geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0);
    if (status == DRF_OK && step % 5 != 0)
        status = geo_record_finish(&builder, &record);
    int64_t id = 0;
    if (status == DRF_OK)
        status = fusion_store_put(store, name, version, record, &source, NULL, &id);
    const struct fusion_obstacle fused = {
        .obstacle = &obstacle, .source = &source, .top_known = true, .top_amsl_m = 250 + step};
    if (status == DRF_OK)
        status = fusion_store_render_obstacle(store, id, step % 5 != 0 ? &fused : NULL);
    geo_record_builder_close(&builder);
    return status;
}

static inline enum drf_status render_one(struct fusion_store *store, int step)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    for (int c = 0; c < GEO_CELLS_COUNT; c++)
        cells[c] = (uint16_t)(4000 + ((c * 7 + step) & 0x3ff));
    static const struct fusion_source source = {.feed = "dtm"};
    const struct fusion_source *const sources[] = {&source};
    struct fusion_tile *fused = NULL;
    enum drf_status status =
        fusion_tile_make(NULL, tile_of(step % TILES), cells, sources, 1, NULL, NULL, &fused);
    if (status == DRF_OK)
        status = fusion_store_render(store, FUSION_LAYER_GROUND, tile_of(step % TILES), fused);
    fusion_tile_free(fused);
    return status;
}

// All that step n puts, all of it or (to be repeated) a part of it; not committed.
static inline enum drf_status put_step(struct fusion_store *store, int step)
{
    enum drf_status status = put_raster(store, step);
    if (status == DRF_OK)
        status = put_obstacle(store, step);
    if (status == DRF_OK)
        status = render_one(store, step);
    if (status == DRF_OK)
        status = fusion_store_put_offset(store, "cluster", "terrain", 0, step);
    if (status == DRF_OK)
        status = fusion_store_put_value(store, "step", &step, sizeof step);
    return status;
}

static inline enum drf_status run_step(struct fusion_store *store, int step)
{
    enum drf_status status = put_step(store, step);
    if (status == DRF_OK)
        status = fusion_store_commit(store, step);
    if (status == DRF_OK)
        status = fusion_store_render_commit(store);
    if (status == DRF_OK)
        status = fusion_store_tidy(store); // some of it: the rest is left for later
    return status == DRF_ERR_AGAIN ? DRF_OK : status;
}

static inline void digest_of(struct fusion_store *store, uint8_t out[static 32])
{
    if (fusion_store_digest(store, FUSION_LAYER_COUNT, out) != DRF_OK)
        fail_msg("%s", fusion_store_error(store));
}

static inline int step_of(struct fusion_store *store)
{
    char cluster[64];
    int64_t next = 0;
    enum drf_status status = fusion_store_offset(store, "terrain", 0, cluster, &next);
    assert_true(status == DRF_OK || status == DRF_ERR_ABSENT);
    return status == DRF_OK ? (int)next : 0;
}

static inline void assert_digest(struct fusion_store *store, int step)
{
    uint8_t digest[32];
    digest_of(store, digest);
    assert_true(step >= 0 && step <= STEPS);
    assert_memory_equal(digest, expected[step], sizeof digest);
}

static inline int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/drf-fault-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    struct fusion_store *store = open_store();
    digest_of(store, expected[0]);
    for (int step = 1; step <= STEPS; step++) {
        assert_int_equal(run_step(store, step), DRF_OK);
        digest_of(store, expected[step]);
    }
    fusion_store_close(store);
    return 0;
}

static inline int drop_folder(void **state)
{
    (void)state;
    drop_store(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static inline void make_whole(void)
{
    drop_store(path);
    struct fusion_store *store = open_store();
    for (int step = 1; step <= STEPS; step++)
        assert_int_equal(run_step(store, step), DRF_OK);
    fusion_store_close(store);
}

#endif
