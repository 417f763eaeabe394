// tests/support/fabric.h - a small region, a store in a folder of its own, and messages for it.
// SPDX-License-Identifier: Apache-2.0
//
// Included by tests of the fabric only, after cmocka.h. Three by two tiles of level 12 near
// Niagara, on four buckets of level 11.
#ifndef TESTS_SUPPORT_FABRIC_H
#define TESTS_SUPPORT_FABRIC_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fusion/fabric/fabric.h"

enum {
    SPOT_LEVEL = 12,
    SPOT_ROW = 1055,
    SPOT_COL = 2290,
    SPOT_ROWS = 2,
    SPOT_COLS = 3,
    SPOT_TILES = SPOT_ROWS * SPOT_COLS,
    SPOT_FEEDS = 7,
};

static const struct fusion_feed spot_feeds[SPOT_FEEDS] = {
    {.name = "dtm-a", .layer = FUSION_LAYER_GROUND, .priority = 5, .licence = "A"},
    {.name = "dtm-b", .layer = FUSION_LAYER_GROUND, .priority = 5, .licence = "B"},
    {.name = "dtm-c", .layer = FUSION_LAYER_GROUND, .priority = 9, .licence = "C"},
    {.name = "dsm", .layer = FUSION_LAYER_SURFACE, .priority = 5, .licence = "D"},
    {.name = "dsm-b", .layer = FUSION_LAYER_SURFACE, .priority = 5, .licence = "E"},
    {.name = "obs", .layer = FUSION_LAYER_OBSTACLE, .priority = 5, .licence = "F"},
    {.name = "wx",
     .layer = FUSION_LAYER_WEATHER,
     .priority = 5,
     .licence = "G",
     .valid_for_us = 3600000000,
     .max_gap_us = 7200000000},
};

static inline struct geo_tile spot_tile(size_t index)
{
    return (struct geo_tile){.level = SPOT_LEVEL,
                             .row = SPOT_ROW + (uint32_t)index / SPOT_COLS,
                             .col = SPOT_COL + (uint32_t)index % SPOT_COLS};
}

// A box just inside the tiles.
static inline struct geo_bounds spot_keep(void)
{
    struct geo_bounds nw = geo_tile_bounds(spot_tile(0));
    struct geo_bounds se = geo_tile_bounds(spot_tile(SPOT_TILES - 1));
    return (struct geo_bounds){nw.west_deg + 1e-6, se.south_deg + 1e-6, se.east_deg - 1e-6,
                               nw.north_deg - 1e-6};
}

struct spot {
    char folder[64], path[96];
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    const struct fusion_root *root; // the last one published
};

static inline void spot_open_with(struct spot *spot, const struct fusion_feed *feeds,
                                  size_t feed_count, bool read_only)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = {
        .path = spot->path,
        .keep = spot_keep(),
        .level = SPOT_LEVEL,
        .region_id = "sim-spot",
        .mode = 4,
        .read_only = read_only,
        .pending_max_bytes = 256U << 20,
        .fault = &fault,
    };
    if (fusion_store_open(&config, &spot->store) != DRF_OK)
        fail_msg("store: %s", fault.text);
    struct fusion_fabric_config fabric = {
        .keep = spot_keep(),
        .level = SPOT_LEVEL,
        .raster_accuracy_max_m = read_only ? 0 : 175,
        .feeds = feeds,
        .feed_count = read_only ? 0 : feed_count, // a reader has no configuration
    };
    assert_int_equal(fusion_fabric_open(&fabric, spot->store, &spot->fabric), DRF_OK);
    spot->root = NULL;
}

static inline void spot_open_as(struct spot *spot, bool read_only)
{
    spot_open_with(spot, spot_feeds, SPOT_FEEDS, read_only);
}

static inline void spot_open(struct spot *spot) { spot_open_as(spot, false); }

static inline void spot_close(struct spot *spot)
{
    fusion_fabric_close(spot->fabric);
    fusion_store_close(spot->store);
    spot->fabric = NULL;
    spot->store = NULL;
}

static inline void spot_begin(struct spot *spot)
{
    *spot = (struct spot){0};
    (void)snprintf(spot->folder, sizeof spot->folder, "/tmp/drf-fabric-XXXXXX");
    assert_non_null(mkdtemp(spot->folder));
    (void)snprintf(spot->path, sizeof spot->path, "%s/region.gpkg", spot->folder);
    spot_open(spot);
}

static inline void spot_end(struct spot *spot)
{
    spot_close(spot);
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", spot->path, ends[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(spot->folder), 0);
}

// Set-up and teardown of a cmocka test whose state is a spot.
static inline int spot_setup(void **state)
{
    struct spot *spot = malloc(sizeof *spot);
    assert_non_null(spot);
    spot_begin(spot);
    *state = spot;
    return 0;
}

static inline int spot_teardown(void **state)
{
    spot_end(*state);
    free(*state);
    return 0;
}

static inline struct fusion_message spot_message(const char *feed, const char *source,
                                                 const char *key, int64_t time_us,
                                                 uint8_t digest)
{
    return (struct fusion_message){
        .identity = {feed, source, key},
        .version = {.time_utc_us = time_us, .sha256 = {digest}},
        .cluster_id = "cluster",
        .topic = feed,
    };
}

static inline enum fusion_outcome spot_apply(struct spot *spot,
                                             const struct fusion_message *message,
                                             struct geo_record record)
{
    struct fusion_job *job;
    enum fusion_outcome outcome = 0;
    assert_int_equal(fusion_job_open(spot->fabric, message, record, &job), DRF_OK);
    enum drf_status status;
    while ((status = fusion_job_step(job, &outcome)) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
    fusion_job_close(job);
    return outcome;
}

static inline void spot_fold(struct spot *spot)
{
    enum drf_status status;
    while ((status = fusion_fabric_fold(spot->fabric)) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
}

// Serve takes the newest root at once and acknowledges it.
static inline const struct fusion_root *spot_publish(struct spot *spot)
{
    const struct fusion_root *root;
    assert_int_equal(fusion_fabric_publish(spot->fabric, &root), DRF_OK);
    if (root != NULL) {
        spot->root = root;
        fusion_fabric_acknowledge(spot->fabric, root->epoch);
    }
    return spot->root;
}

static inline const struct fusion_root *spot_settle(struct spot *spot)
{
    spot_fold(spot);
    return spot_publish(spot);
}

static inline void spot_render(struct spot *spot)
{
    enum drf_status status;
    while ((status = fusion_fabric_render(spot->fabric)) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
}

// A terrain record under construction. Closed by the caller.
static inline void spot_raster(struct geo_record_builder *builder, uint32_t layer,
                               double acc95_m)
{
    geo_record_builder_init(builder, 64U << 20);
    struct geo_raster raster = {.layer = layer,
                                .level = SPOT_LEVEL,
                                .vertical_acc95_m = acc95_m,
                                .posting_m = 30,
                                .bounds = spot_keep(),
                                .min_amsl_m = 0,
                                .max_amsl_m = 1000,
                                .crs = "EPSG:4326",
                                .vertical = "EGM96"};
    assert_int_equal(geo_record_add(builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0),
                     DRF_OK);
}

static inline void spot_cells(struct geo_record_builder *builder, size_t tile,
                              const uint16_t *cells)
{
    uint8_t *blob = malloc(GEO_CELLS_BLOB_MAX);
    assert_non_null(blob);
    size_t size = GEO_CELLS_BLOB_MAX;
    assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
    struct geo_cells_item item = {.tile = spot_tile(tile), .blob_size = (uint32_t)size};
    assert_int_equal(geo_record_add(builder, GEO_ITEM_CELLS, &item, sizeof item, blob, size),
                     DRF_OK);
    free(blob);
}

static inline struct geo_record spot_record(struct geo_record_builder *builder)
{
    struct geo_record built, valid;
    assert_int_equal(geo_record_finish(builder, &built), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    struct geo_raster *raster = NULL;
    while (geo_record_next(built, &cursor, &item)) {
        if (item.kind == GEO_ITEM_RASTER)
            raster = (void *)(uintptr_t)item.payload;
        if (item.kind == GEO_ITEM_CELLS)
            raster->known_cells++;
    }
    if (raster != NULL && raster->known_cells == 0)
        raster->min_amsl_m = 2000; // above the greatest: none is known
    assert_int_equal(geo_record_validate(built.bytes, built.size, &valid), DRF_OK);
    return valid;
}

static inline uint16_t spot_cell(double amsl_m)
{
    uint16_t cell;
    assert_int_equal(geo_cell_from_m(amsl_m, &cell), DRF_OK);
    return cell;
}

static inline uint8_t spot_flags(const struct fusion_tile *tile, size_t cell)
{
    return fusion_tile_flags(tile, (uint32_t)cell);
}

static inline const struct fusion_source *spot_source(const struct fusion_tile *tile,
                                                      size_t cell)
{
    return fusion_tile_source(tile, (uint32_t)cell);
}

#endif
