// tests/support/store_place.h - a store in a folder of its own, and what is put into it.
// SPDX-License-Identifier: Apache-2.0
//
// make_place and drop_place are the set-up and tear-down of a test. Include after cmocka.
#ifndef TESTS_SUPPORT_STORE_PLACE_H
#define TESTS_SUPPORT_STORE_PLACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fusion/store/store.h"

enum { LEVEL = 12 };
static const struct geo_tile tile_a = {.level = LEVEL, .row = 1055, .col = 2290};
static const struct geo_tile tile_b = {.level = LEVEL, .row = 1055, .col = 2291};

struct place {
    char folder[64];
    char path[96];
};

static inline int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/drf-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof place->path, "%s/region.gpkg", place->folder);
    *state = place;
    return 0;
}

static inline int drop_place(void **state)
{
    struct place *place = *state;
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", place->path, ends[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static inline struct fusion_store_config config_of(const struct place *place)
{
    return (struct fusion_store_config){
        .path = place->path,
        .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .level = LEVEL,
        .region_id = "sim-niagara",
        .mode = 4,
        .pending_max_bytes = 64 << 20,
    };
}

static inline struct fusion_store *open_store(const struct place *place)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = config_of(place);
    config.fault = &fault;
    struct fusion_store *store = NULL;
    if (fusion_store_open(&config, &store) != DRF_OK)
        fail_msg("%s", fault.text);
    return store;
}

static inline struct fusion_store *reopen(struct fusion_store *store, const struct place *place)
{
    fusion_store_close(store);
    return open_store(place);
}

static inline struct fusion_version version_at(int64_t time_utc_us)
{
    return (struct fusion_version){.time_utc_us = time_utc_us, .sha256 = {1}};
}

static const struct fusion_source provenance = {.feed = "dtm",
                                                .source = "dtm/nrcan",
                                                .licence = "OGL",
                                                .version = "n43w080",
                                                .priority = 3,
                                                .vertical_acc95_m = 2.5,
                                                .posting_m = 30,
                                                .issue_utc_us = 1000,
                                                .data_time_utc_us = INT64_MIN};
static const struct fusion_identity identity = {"dtm", "dtm/nrcan", "n43w080"};

// A record of one obstacle; borrowed until the builder closes.
static inline struct geo_record obstacle_record(struct geo_record_builder *builder,
                                                const char *id)
{
    struct geo_obstacle obstacle = {.kind = "TOWER",
                                    .position = {43.25, -79.5},
                                    .agl_m = 60,
                                    .amsl_m = 250,
                                    .horizontal_acc95_m = 15,
                                    .vertical_acc95_m = 3,
                                    .flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL,
                                    .geometry = GEO_GEOMETRY_POINT,
                                    .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "%s", id);
    geo_record_builder_init(builder, 1 << 16);
    struct geo_record record = {0};
    assert_int_equal(
        geo_record_add(builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0),
        DRF_OK);
    assert_int_equal(geo_record_finish(builder, &record), DRF_OK);
    return record;
}

static inline int64_t put(struct fusion_store *store, struct fusion_identity name,
                          int64_t time_utc_us, struct fusion_touched *touched)
{
    struct geo_record_builder builder;
    struct geo_record record = obstacle_record(&builder, name.key);
    int64_t id = 0;
    assert_int_equal(fusion_store_put(store, name, version_at(time_utc_us), record, &provenance,
                                      touched, &id),
                     DRF_OK);
    geo_record_builder_close(&builder);
    return id;
}

static inline int64_t put_tombstone(struct fusion_store *store, struct fusion_identity name,
                                    int64_t time_utc_us, struct fusion_touched *touched)
{
    int64_t id = 0;
    assert_int_equal(fusion_store_put(store, name, version_at(time_utc_us),
                                      (struct geo_record){0}, NULL, touched, &id),
                     DRF_OK);
    return id;
}

static inline void put_text(struct fusion_store *store, int64_t id, struct geo_tile tile,
                            const char *text)
{
    assert_int_equal(fusion_store_put_cells(store, id, FUSION_LAYER_GROUND, tile,
                                            (const uint8_t *)text, strlen(text)),
                     DRF_OK);
}

// What stands at a tile: "id:blob," for each, ordered by id.
struct listing {
    char text[512];
    const struct fusion_source *last_provenance;
    size_t count;
};

static inline enum drf_status list_one(void *context, const struct fusion_contribution *one)
{
    struct listing *listing = context;
    char piece[128];
    (void)snprintf(piece, sizeof piece, "%d:%.*s,", (int)one->id, (int)one->size,
                   (const char *)one->blob);
    assert_true(strlen(listing->text) + strlen(piece) < sizeof listing->text);
    (void)snprintf(listing->text + strlen(listing->text),
                   sizeof listing->text - strlen(listing->text), "%s", piece);
    listing->last_provenance = one->provenance;
    listing->count++;
    return DRF_OK;
}

static inline struct listing list(struct fusion_store *store, struct geo_tile tile)
{
    struct listing listing = {0};
    assert_int_equal(
        fusion_store_contributions(store, FUSION_LAYER_GROUND, tile, list_one, &listing),
        DRF_OK);
    return listing;
}

static inline enum drf_status count_tile(void *context, enum fusion_layer layer,
                                         struct geo_tile tile)
{
    assert_int_equal(layer, FUSION_LAYER_GROUND);
    assert_true(geo_tile_valid(tile));
    (*(size_t *)context)++;
    return DRF_OK;
}

#define ON_A_FILE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

#endif
