// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store.h promises of the truth, one test per promise, on real files.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/store_place.h"

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

static size_t tile_count(struct fusion_store *store)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_tile(store, count_tile, &count), DRF_OK);
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

int main(void)
{
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
    };
    return cmocka_run_group_tests_name("fusion/store", tests, NULL, NULL);
}
