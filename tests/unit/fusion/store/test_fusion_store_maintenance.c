// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store_maintenance.h and fusion/store/store_info.h promise, one test per
// promise.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "fusion/store/store_info.h"
#include "fusion/store/store_maintenance.h"
#include "tests/support/store_scene.h"

static void set_aside__a_damaged_file__makes_place_for_a_new_one(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    struct fusion_store_fault fault = {0};
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_ERR_STORE);
    assert_int_equal(fault.trouble, FUSION_STORE_BUSY);
    fusion_store_close(store);
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_OK);
    char aside[128];
    (void)snprintf(aside, sizeof aside, "%s.damaged-1", path);
    assert_int_equal(access(aside, R_OK), 0);
    store = open_store();
    assert_digest(store, 0);
    fusion_store_close(store);
    assert_int_equal(fusion_store_set_aside(path, ".damaged-1", &fault), DRF_ERR_STORE);
    assert_non_null(strstr(fault.text, "already"));
    drop_store(aside);
}

static void in_use__tells_a_store_that_is_open_from_one_that_is_not(void **state)
{
    (void)state;
    assert_false(fusion_store_in_use("/nonexistent/store.gpkg"));
    make_whole();
    assert_false(fusion_store_in_use(path));
    struct fusion_store *store = open_store();
    assert_true(fusion_store_in_use(path));
    assert_true(fusion_store_in_use(path)); // asking does not take it from its writer
    fusion_store_close(store);
    assert_false(fusion_store_in_use(path));
}

static void snapshot__of_a_living_store__is_whole_and_has_the_same_content(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    assert_int_equal(put_step(store, STEPS + 1), DRF_OK); // pending: not in the snapshot
    char out[128];
    (void)snprintf(out, sizeof out, "%s/snapshot.gpkg", folder);
    struct fusion_store_fault fault = {0};
    if (fusion_store_snapshot(path, out, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(fusion_store_snapshot(path, out, &fault), DRF_ERR_STORE);
    struct fusion_store *copy = NULL;
    assert_int_equal(try_open(out, &copy, &fault), DRF_OK);
    assert_digest(copy, STEPS);
    assert_int_equal(fusion_store_check(copy), DRF_OK);
    fusion_store_close(copy);
    fusion_store_close(store);
    drop_store(out);
}

static void wal__held_by_a_reader_that_does_not_end__is_told_and_then_shrinks(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    sqlite3 *reader = NULL;
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM ground", NULL, NULL, NULL),
        SQLITE_OK);
    struct fusion_store_sizes sizes = {0};
    for (int round = 0; round < 80; round++) {
        assert_int_equal(put_raster(store, 1000 + round), DRF_OK);
        assert_int_equal(fusion_store_commit(store, round), DRF_OK);
        while (fusion_store_tidy(store) == DRF_ERR_AGAIN)
            ;
    }
    assert_int_equal(fusion_store_sizes(store, &sizes), DRF_OK);
    assert_true(sizes.wal_bytes > 4 << 20);
    assert_true(sizes.wal_pinned_bytes > 1 << 20);
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (int round = 80; round < 160; round++) {
        assert_int_equal(put_raster(store, 1000 + round), DRF_OK);
        assert_int_equal(fusion_store_commit(store, round), DRF_OK);
        while (fusion_store_tidy(store) == DRF_ERR_AGAIN)
            ;
    }
    assert_int_equal(fusion_store_sizes(store, &sizes), DRF_OK);
    assert_int_equal(sizes.wal_pinned_bytes, 0);
    assert_true(sizes.wal_bytes < 8 << 20);
    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    fusion_store_close(store);
}

static void forget__old_tombstones_and_unused_provenances__leaves_the_live_ones(void **state)
{
    (void)state;
    make_whole();
    struct fusion_store *store = open_store();
    struct fusion_store_info before = {0}, after = {0};
    assert_int_equal(fusion_store_info(store, &before), DRF_OK);
    assert_true(before.tombstones > 0 && before.provenances > 4);
    int64_t forgotten = 0;
    assert_int_equal(fusion_store_forget(store, 21, 100, &forgotten), DRF_OK);
    assert_true(forgotten > 0);
    assert_int_equal(fusion_store_info(store, &after), DRF_OK);
    assert_int_equal(after.live, before.live);
    assert_true(after.tombstones < before.tombstones);
    assert_int_equal(after.provenances, 4); // three rasters', one of the obstacles
    assert_digest(store, STEPS);
    assert_int_equal(fusion_store_shrink(store, 1000), DRF_OK);
    assert_int_equal(run_step(store, STEPS + 1), DRF_OK); // its provenance may be gone
    assert_int_equal(fusion_store_check(store), DRF_OK);
    fusion_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_use__tells_a_store_that_is_open_from_one_that_is_not),
        cmocka_unit_test(set_aside__a_damaged_file__makes_place_for_a_new_one),
        cmocka_unit_test(snapshot__of_a_living_store__is_whole_and_has_the_same_content),
        cmocka_unit_test(wal__held_by_a_reader_that_does_not_end__is_told_and_then_shrinks),
        cmocka_unit_test(forget__old_tombstones_and_unused_provenances__leaves_the_live_ones),
    };
    return cmocka_run_group_tests_name("fusion/store_maintenance", tests, make_folder,
                                       drop_folder);
}
