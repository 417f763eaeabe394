// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store.h promises of contributions that go ahead of their record.
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

static struct fusion_store *begin(void)
{
    drop_store(path);
    return open_store();
}

// Rows of contributions in the file, whoever's.
static int rows(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM drf_contribution", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return count;
}

static enum drf_status count_one(void *context, const struct fusion_contribution *contribution)
{
    (void)contribution;
    ++*(int *)context;
    return DRF_OK;
}

static int shown(struct fusion_store *store)
{
    int count = 0;
    for (int i = 0; i < TILES; i++)
        assert_int_equal(fusion_store_contributions(store, FUSION_LAYER_GROUND, tile_of(i),
                                                    count_one, &count),
                         DRF_OK);
    return count;
}

static enum drf_status count_tile(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    (void)layer;
    (void)tile;
    ++*(int *)context;
    return DRF_OK;
}

static int tiles_shown(struct fusion_store *store)
{
    int count = 0;
    assert_int_equal(fusion_store_each_tile(store, count_tile, &count), DRF_OK);
    return count;
}

static void tidy(struct fusion_store *store)
{
    enum drf_status status;
    while ((status = fusion_store_tidy(store)) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
}

enum { PLAIN = 4, STAGED = 2 }; // steps, of other keys, that say other cells

static void stage__that_nobody_took__is_shown_to_nobody_and_goes(void **state)
{
    (void)state;
    struct fusion_store *store = begin();
    uint8_t empty[32], after[32];
    digest_of(store, empty);
    int64_t stage = 0;
    assert_int_equal(stage_raster(store, 1, &stage), DRF_OK);
    assert_true(stage < 0);
    assert_int_equal(rows(), TILES);
    assert_int_equal(shown(store), 0);
    assert_int_equal(tiles_shown(store), 0);
    digest_of(store, after);
    assert_memory_equal(after, empty, sizeof empty);
    tidy(store);
    assert_int_equal(rows(), TILES); // it may still be taken
    fusion_store_stage_drop(store, stage);
    tidy(store);
    assert_int_equal(rows(), 0);
    fusion_store_close(store);
}

static void stage__taken__says_the_same_as_cells_put_with_the_record(void **state)
{
    (void)state;
    struct fusion_store *store = begin();
    uint8_t staged[32], plain[32];
    assert_int_equal(put_raster(store, STAGED), DRF_OK);
    digest_of(store, staged); // before the commit, after it, and after another start
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shown(store), TILES);
        assert_int_equal(tiles_shown(store), TILES);
        digest_of(store, plain);
        assert_memory_equal(plain, staged, sizeof plain);
        assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
        if (i == 1) {
            fusion_store_close(store);
            store = open_store();
        }
    }
    tidy(store);
    assert_int_equal(rows(), TILES);
    fusion_store_close(store);

    store = begin(); // the same by hand, unstaged
    assert_int_equal(put_raster_as(store, STAGED, false), DRF_OK);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    digest_of(store, plain);
    assert_memory_equal(plain, staged, sizeof plain);
    fusion_store_close(store);
}

static void stage__left_by_a_process_that_ended__is_removed_at_start(void **state)
{
    (void)state;
    struct fusion_store *store = begin();
    assert_int_equal(put_raster(store, PLAIN), DRF_OK);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    assert_int_equal(put_raster(store, STAGED), DRF_OK); // put, and never committed
    assert_int_equal(shown(store), 2 * TILES);
    fusion_store_close(store);
    store = open_store();
    assert_int_equal(rows(), 2 * TILES);
    assert_int_equal(shown(store), TILES);
    struct fusion_store_info info = {0};
    assert_int_equal(fusion_store_info(store, &info), DRF_OK);
    assert_int_equal(info.contributions[FUSION_LAYER_GROUND], TILES);
    assert_int_equal(put_raster(store, STAGED), DRF_OK); // read again
    assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    tidy(store);
    assert_int_equal(rows(), 2 * TILES);
    assert_int_equal(shown(store), 2 * TILES);
    fusion_store_close(store);
}

static void stage__of_a_former_version__is_shown_until_the_next_and_then_goes(void **state)
{
    (void)state;
    struct fusion_store *store = begin();
    for (int step = STAGED; step <= STAGED + 12; step += 3) { // of one key, staged and not
        assert_int_equal(put_raster(store, step), DRF_OK);
        assert_int_equal(shown(store), TILES);
        assert_int_equal(fusion_store_commit(store, step), DRF_OK);
        assert_int_equal(shown(store), TILES);
        assert_int_equal(tiles_shown(store), TILES);
        tidy(store);
        assert_int_equal(rows(), TILES);
    }
    const struct fusion_version later = {.time_utc_us = 100};
    struct fusion_touched touched = {0};
    int64_t id;
    assert_int_equal(put_raster(store, STAGED + 24), DRF_OK); // twice, without a commit between
    assert_int_equal(put_raster(store, STAGED + 36), DRF_OK);
    assert_int_equal(shown(store), TILES);
    assert_int_equal(fusion_store_put(store, (struct fusion_identity){"dtm", "dtm/x", "r-2"},
                                      later, (struct geo_record){0}, NULL, &touched, &id),
                     DRF_OK);
    assert_int_equal(touched.count, TILES);
    fusion_touched_close(&touched);
    assert_int_equal(shown(store), 0);
    assert_int_equal(fusion_store_commit(store, 100), DRF_OK);
    tidy(store);
    assert_int_equal(rows(), 0);
    fusion_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage__that_nobody_took__is_shown_to_nobody_and_goes),
        cmocka_unit_test(stage__taken__says_the_same_as_cells_put_with_the_record),
        cmocka_unit_test(stage__left_by_a_process_that_ended__is_removed_at_start),
        cmocka_unit_test(stage__of_a_former_version__is_shown_until_the_next_and_then_goes),
    };
    return cmocka_run_group_tests_name("fusion/store_stage", tests, make_folder, drop_folder);
}
