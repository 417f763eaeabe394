// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store.h promises of the truth, one test per promise, on real files.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fusion/store/store.h"

enum { LEVEL = 12 };
static const struct geo_tile tile_a = {.level = LEVEL, .row = 1055, .col = 2290};
static const struct geo_tile tile_b = {.level = LEVEL, .row = 1055, .col = 2291};

struct place {
    char folder[64];
    char path[96];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/drf-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof place->path, "%s/region.gpkg", place->folder);
    *state = place;
    return 0;
}

static int drop_place(void **state)
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

static struct fusion_store_config config_of(const struct place *place)
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

static struct fusion_store *open_store(const struct place *place)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = config_of(place);
    config.fault = &fault;
    struct fusion_store *store = NULL;
    if (fusion_store_open(&config, &store) != DRF_OK)
        fail_msg("%s", fault.text);
    return store;
}

static struct fusion_store *reopen(struct fusion_store *store, const struct place *place)
{
    fusion_store_close(store);
    return open_store(place);
}

static struct fusion_version version_at(int64_t time_utc_us)
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
static struct geo_record obstacle_record(struct geo_record_builder *builder, const char *id)
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

static int64_t put(struct fusion_store *store, struct fusion_identity name, int64_t time_utc_us,
                   struct fusion_touched *touched)
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

static int64_t put_tombstone(struct fusion_store *store, struct fusion_identity name,
                             int64_t time_utc_us, struct fusion_touched *touched)
{
    int64_t id = 0;
    assert_int_equal(fusion_store_put(store, name, version_at(time_utc_us),
                                      (struct geo_record){0}, NULL, touched, &id),
                     DRF_OK);
    return id;
}

static void put_text(struct fusion_store *store, int64_t id, struct geo_tile tile,
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

static enum drf_status list_one(void *context, const struct fusion_contribution *one)
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

static struct listing list(struct fusion_store *store, struct geo_tile tile)
{
    struct listing listing = {0};
    assert_int_equal(
        fusion_store_contributions(store, FUSION_LAYER_GROUND, tile, list_one, &listing),
        DRF_OK);
    return listing;
}

static enum drf_status count_live(void *context, const struct fusion_live *live)
{
    assert_true(live->record.size > 0);
    (*(size_t *)context)++;
    return DRF_OK;
}

static size_t live_count(struct fusion_store *store)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_live(store, count_live, &count), DRF_OK);
    return count;
}

static enum drf_status count_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    assert_int_equal(layer, FUSION_LAYER_GROUND);
    assert_true(geo_tile_valid(tile));
    (*(size_t *)context)++;
    return DRF_OK;
}

static size_t tile_count(struct fusion_store *store)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_tile(store, count_tile, &count), DRF_OK);
    return count;
}

static size_t dirty_count(struct fusion_store *store)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_dirty(store, count_tile, &count), DRF_OK);
    return count;
}

static void put__before_commit__is_seen_by_every_read(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    put_text(store, id, tile_a, "abc");
    assert_string_equal(list(store, tile_a).text, "1:abc,");
    assert_int_equal(list(store, tile_b).count, 0);
    assert_int_equal(live_count(store), 1);
    assert_int_equal(tile_count(store), 1);

    struct fusion_version version;
    bool tombstone = true;
    int64_t found = 0;
    assert_int_equal(fusion_store_version(store, identity, &version, &tombstone, &found),
                     DRF_OK);
    assert_int_equal(version.time_utc_us, 5);
    assert_false(tombstone);
    assert_int_equal(found, id);
    assert_true(fusion_store_pending_bytes(store) > 3);
    fusion_store_close(store);
}

static void close__without_commit__leaves_the_file_as_it_was(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "abc");
    store = reopen(store, *state);
    assert_int_equal(live_count(store), 0);
    assert_int_equal(list(store, tile_a).count, 0);
    assert_true(fusion_store_as_of(store) == INT64_MIN);
    fusion_store_close(store);
}

static void commit__then_reopen__gives_the_same_truth(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    put_text(store, id, tile_a, "abc");
    put_text(store, id, tile_b, "de");
    assert_int_equal(fusion_store_commit(store, 77), DRF_OK);
    assert_int_equal(fusion_store_pending_bytes(store), 0);
    store = reopen(store, *state);
    assert_int_equal(fusion_store_as_of(store), 77);
    assert_string_equal(list(store, tile_a).text, "1:abc,");
    assert_string_equal(list(store, tile_b).text, "1:de,");
    assert_int_equal(live_count(store), 1);
    assert_int_equal(tile_count(store), 2);
    const struct fusion_source *read = list(store, tile_a).last_provenance;
    assert_int_equal(fusion_source_compare(read, &provenance), 0);
    fusion_store_close(store);
}

static void put__newer_version__replaces_and_reports_the_tiles_of_the_former(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    put_text(store, id, tile_a, "abc");
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);

    struct fusion_touched touched = {0};
    assert_int_equal(put(store, identity, 6, &touched), id);
    assert_int_equal(touched.count, 1);
    assert_int_equal(touched.tiles[0].col, tile_a.col);
    assert_int_equal(touched.layers[0], 1 << FUSION_LAYER_GROUND);
    assert_int_equal(list(store, tile_a).count, 0);
    assert_int_equal(tile_count(store), 0);
    put_text(store, id, tile_b, "new");
    assert_int_equal(tile_count(store), 1);

    // Once more while pending: what was pending is the former now.
    fusion_touched_close(&touched);
    assert_int_equal(put(store, identity, 7, &touched), id);
    assert_int_equal(touched.count, 1);
    assert_int_equal(touched.tiles[0].col, tile_b.col);
    put_text(store, id, tile_a, "last");
    assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    assert_string_equal(list(store, tile_a).text, "1:last,");
    assert_int_equal(list(store, tile_b).count, 0);
    fusion_touched_close(&touched);
    fusion_store_close(store);
}

static void put__older_version__is_stale_and_changes_nothing(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "abc");
    for (int committed = 0; committed < 2; committed++) {
        struct geo_record_builder builder;
        struct geo_record record = obstacle_record(&builder, "x");
        int64_t id = 99;
        assert_int_equal(
            fusion_store_put(store, identity, version_at(4), record, &provenance, NULL, &id),
            DRF_ERR_STALE);
        struct fusion_version smaller = version_at(5);
        smaller.sha256[0] = 0; // a tie goes to the greater digest
        assert_int_equal(
            fusion_store_put(store, identity, smaller, record, &provenance, NULL, &id),
            DRF_ERR_STALE);
        assert_int_equal(id, 99);
        geo_record_builder_close(&builder);
        assert_string_equal(list(store, tile_a).text, "1:abc,");
        assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    }
    fusion_store_close(store);
}

static void put__tombstone__withdraws_and_is_remembered(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    put_text(store, id, tile_a, "abc");
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    assert_int_equal(put_tombstone(store, identity, 6, NULL), id);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(list(store, tile_a).count, 0);
        assert_int_equal(live_count(store), 0);
        struct fusion_version version;
        bool tombstone = false;
        int64_t found = 0;
        assert_int_equal(fusion_store_version(store, identity, &version, &tombstone, &found),
                         DRF_OK);
        assert_true(tombstone);
        assert_int_equal(version.time_utc_us, 6);
        assert_int_equal(fusion_store_put_cells(store, id, FUSION_LAYER_GROUND, tile_a,
                                                (const uint8_t *)"x", 1),
                         DRF_ERR_ABSENT);
        assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
        store = reopen(store, *state);
    }
    fusion_store_close(store);
}

static void put_cells__for_a_committed_identity__adds_to_what_stands(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    put_text(store, id, tile_a, "abc");
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    put_text(store, id, tile_b, "more");
    put_text(store, id, tile_a, "over");
    for (int round = 0; round < 2; round++) {
        assert_string_equal(list(store, tile_a).text, "1:over,");
        assert_string_equal(list(store, tile_b).text, "1:more,");
        assert_int_equal(tile_count(store), 2);
        assert_int_equal(live_count(store), 1);
        assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    }
    fusion_store_close(store);
}

static void put_cells__of_another_level_or_layer__is_refused(void **state)
{
    struct fusion_store *store = open_store(*state);
    const int64_t id = put(store, identity, 5, NULL);
    const struct geo_tile other = {.level = LEVEL - 1, .row = 1, .col = 1};
    const uint8_t blob[] = {1};
    assert_int_equal(fusion_store_put_cells(store, id, FUSION_LAYER_GROUND, other, blob, 1),
                     DRF_ERR_RANGE);
    assert_true(fusion_store_error(store)[0] != '\0');
    assert_int_equal(fusion_store_put_cells(store, id, FUSION_LAYER_WEATHER, tile_a, blob, 1),
                     DRF_ERR_RANGE);
    assert_int_equal(fusion_store_put_cells(store, 12345, FUSION_LAYER_GROUND, tile_a, blob, 1),
                     DRF_ERR_ABSENT);
    fusion_store_close(store);
}

static void contributions__of_many_identities__come_from_file_and_memory(void **state)
{
    struct fusion_store *store = open_store(*state);
    static const struct fusion_identity names[] = {
        {"dtm", "dtm/a", "1"}, {"dtm", "dtm/b", "1"}, {"dtm2", "dtm/a", "1"}};
    for (size_t i = 0; i < 3; i++) {
        put_text(store, put(store, names[i], 5, NULL), tile_a, names[i].feed);
        if (i < 2)
            assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    }
    assert_string_equal(list(store, tile_a).text, "1:dtm,2:dtm,3:dtm2,");
    put_tombstone(store, names[0], 6, NULL);
    assert_string_equal(list(store, tile_a).text, "2:dtm,3:dtm2,");
    assert_int_equal(live_count(store), 2);
    assert_int_equal(tile_count(store), 1);
    fusion_store_close(store);
}

static void provenance__equal_ones__are_one_object_for_the_life_of_the_store(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "a");
    const struct fusion_identity other = {"dtm", "dtm/nrcan", "other"};
    put_text(store, put(store, other, 5, NULL), tile_b, "b");
    const struct fusion_source *first = list(store, tile_a).last_provenance;
    assert_ptr_equal(first, list(store, tile_b).last_provenance);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    assert_ptr_equal(first, list(store, tile_a).last_provenance);
    store = reopen(store, *state);
    first = list(store, tile_a).last_provenance;
    put_text(store, put(store, identity, 6, NULL), tile_a, "c");
    assert_ptr_equal(first, list(store, tile_a).last_provenance);
    fusion_store_close(store);
}

static void offset__put_and_committed__is_where_to_go_on(void **state)
{
    struct fusion_store *store = open_store(*state);
    char cluster[64] = "untouched";
    int64_t next = -1;
    assert_int_equal(fusion_store_offset(store, "terrain", 0, cluster, &next), DRF_ERR_ABSENT);
    assert_int_equal(next, -1);
    assert_int_equal(fusion_store_put_offset(store, "c1", "terrain", 0, 41), DRF_OK);
    assert_int_equal(fusion_store_put_offset(store, "c1", "terrain", 0, 42), DRF_OK);
    assert_int_equal(fusion_store_put_offset(store, "c1", "terrain", 1, 7), DRF_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(fusion_store_offset(store, "terrain", 0, cluster, &next), DRF_OK);
        assert_int_equal(next, 42);
        assert_string_equal(cluster, "c1");
        assert_int_equal(fusion_store_offset(store, "terrain", 1, cluster, &next), DRF_OK);
        assert_int_equal(next, 7);
        assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
        store = reopen(store, *state);
    }
    fusion_store_close(store);
}

static enum drf_status append_value(void *context, const char *name, const void *bytes,
                                    size_t size)
{
    (void)snprintf(strchr(context, '\0'), 20, "%s=%.*s ", name, (int)size, (const char *)bytes);
    return DRF_OK;
}

static void each_value__of_a_prefix__visits_what_is_committed_by_name(void **state)
{
    struct fusion_store *store = open_store(*state);
    static const char *const names[] = {"plan/b", "plan/a", "planet", "plan/%", "profile/a"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(fusion_store_put_value(store, names[i], "12", 2), DRF_OK);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    char text[64] = "";
    assert_int_equal(fusion_store_each_value(store, "plan/", append_value, text), DRF_OK);
    assert_string_equal(text, "plan/%=12 plan/a=12 plan/b=12 ");
    fusion_store_close(store);
}

static void value__put_read_and_deleted__in_memory_and_in_the_file(void **state)
{
    struct fusion_store *store = open_store(*state);
    char bytes[8];
    size_t size = sizeof bytes;
    assert_int_equal(fusion_store_value(store, "boot", bytes, &size), DRF_ERR_ABSENT);
    assert_int_equal(fusion_store_put_value(store, "boot", "four", 4), DRF_OK);
    for (int round = 0; round < 2; round++) {
        size = 3;
        assert_int_equal(fusion_store_value(store, "boot", bytes, &size), DRF_ERR_FULL);
        size = sizeof bytes;
        assert_int_equal(fusion_store_value(store, "boot", bytes, &size), DRF_OK);
        assert_int_equal(size, 4);
        assert_memory_equal(bytes, "four", 4);
        assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    }
    assert_int_equal(fusion_store_put_value(store, "boot", NULL, 0), DRF_OK);
    for (int round = 0; round < 2; round++) {
        size = sizeof bytes;
        assert_int_equal(fusion_store_value(store, "boot", bytes, &size), DRF_ERR_ABSENT);
        assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    }
    fusion_store_close(store);
}

static void dirty__mark__lives_until_its_tile_is_rendered_and_committed(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "a");
    assert_int_equal(fusion_store_mark_dirty(store, FUSION_LAYER_GROUND, tile_a), DRF_OK);
    assert_int_equal(dirty_count(store), 1);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    store = reopen(store, *state);
    assert_int_equal(dirty_count(store), 1);
    assert_int_equal(fusion_store_render(store, FUSION_LAYER_GROUND, tile_a, NULL), DRF_OK);
    assert_int_equal(dirty_count(store), 0);
    store = reopen(store, *state); // rendered, but not written: the mark stands
    assert_int_equal(dirty_count(store), 1);
    assert_int_equal(fusion_store_render(store, FUSION_LAYER_GROUND, tile_a, NULL), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    store = reopen(store, *state);
    assert_int_equal(dirty_count(store), 0);
    fusion_store_close(store);
}

static void dirty__rendered_before_the_truth_is_committed__is_written_after_it(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "a");
    assert_int_equal(fusion_store_mark_dirty(store, FUSION_LAYER_GROUND, tile_a), DRF_OK);
    assert_int_equal(fusion_store_render(store, FUSION_LAYER_GROUND, tile_a, NULL), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_true(fusion_store_pending_bytes(store) > 0);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    assert_int_equal(fusion_store_pending_bytes(store), 0);
    store = reopen(store, *state);
    assert_int_equal(dirty_count(store), 0);
    fusion_store_close(store);
}

static void open__another_level_region_or_mode__is_refused_with_words(void **state)
{
    fusion_store_close(open_store(*state));
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    for (int what = 0; what < 3; what++) {
        struct fusion_store_config config = config_of(*state);
        config.fault = &fault;
        config.level = what == 0 ? 11 : config.level;
        config.region_id = what == 1 ? "elsewhere" : config.region_id;
        config.mode = what == 2 ? 1 : config.mode;
        assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
        assert_null(store);
        assert_int_equal(fault.trouble, FUSION_STORE_MISMATCH);
        assert_non_null(strstr(fault.text, "was made for"));
    }
}

static void open__numbers_no_store_can_have__is_refused_and_makes_no_file(void **state)
{
    const struct place *place = *state;
    struct fusion_store *store = NULL;
    for (int what = 0; what < 3; what++) {
        struct fusion_store_config config = config_of(place);
        config.level = what == 0 ? GEO_TILE_LEVEL_MAX + 1 : config.level;
        config.mode = what == 1 ? 5 : config.mode;
        config.keep.north_deg = what == 2 ? 91 : config.keep.north_deg;
        assert_int_equal(fusion_store_open(&config, &store), DRF_ERR_RANGE);
    }
    assert_int_not_equal(access(place->path, F_OK), 0);
}

static void open__a_second_writer__is_refused_while_readers_are_not(void **state)
{
    struct fusion_store *store = open_store(*state);
    put_text(store, put(store, identity, 5, NULL), tile_a, "abc");
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);

    struct fusion_store_fault fault = {0};
    struct fusion_store_config config = config_of(*state);
    config.fault = &fault;
    struct fusion_store *second = NULL;
    assert_int_equal(fusion_store_open(&config, &second), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    assert_non_null(strstr(fault.text, "only one"));

    config.read_only = true;
    assert_int_equal(fusion_store_open(&config, &second), DRF_OK);
    assert_string_equal(list(second, tile_a).text, "1:abc,");
    assert_int_equal(fusion_store_put_value(second, "x", "y", 1), DRF_ERR_STORE);
    put_text(store, put(store, identity, 6, NULL), tile_a, "new");
    assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    assert_string_equal(list(second, tile_a).text, "1:new,");
    fusion_store_close(second);
    fusion_store_close(store);
    fusion_store_close(open_store(*state)); // the lock has gone with its owner
}

int main(void)
{
#define ON_A_FILE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)
    const struct CMUnitTest tests[] = {
        ON_A_FILE(put__before_commit__is_seen_by_every_read),
        ON_A_FILE(close__without_commit__leaves_the_file_as_it_was),
        ON_A_FILE(commit__then_reopen__gives_the_same_truth),
        ON_A_FILE(put__newer_version__replaces_and_reports_the_tiles_of_the_former),
        ON_A_FILE(put__older_version__is_stale_and_changes_nothing),
        ON_A_FILE(put__tombstone__withdraws_and_is_remembered),
        ON_A_FILE(put_cells__for_a_committed_identity__adds_to_what_stands),
        ON_A_FILE(put_cells__of_another_level_or_layer__is_refused),
        ON_A_FILE(contributions__of_many_identities__come_from_file_and_memory),
        ON_A_FILE(provenance__equal_ones__are_one_object_for_the_life_of_the_store),
        ON_A_FILE(offset__put_and_committed__is_where_to_go_on),
        ON_A_FILE(value__put_read_and_deleted__in_memory_and_in_the_file),
        ON_A_FILE(each_value__of_a_prefix__visits_what_is_committed_by_name),
        ON_A_FILE(dirty__mark__lives_until_its_tile_is_rendered_and_committed),
        ON_A_FILE(dirty__rendered_before_the_truth_is_committed__is_written_after_it),
        ON_A_FILE(open__another_level_region_or_mode__is_refused_with_words),
        ON_A_FILE(open__numbers_no_store_can_have__is_refused_and_makes_no_file),
        ON_A_FILE(open__a_second_writer__is_refused_while_readers_are_not),
    };
    return cmocka_run_group_tests_name("fusion/store", tests, NULL, NULL);
}
