// SPDX-License-Identifier: Apache-2.0
// A store without a file holds the truth that a file would, renders nothing and locks nothing.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "fusion/store/store_maintenance.h"
#include "tests/support/store_scene.h"

static struct fusion_store *open_memory(void)
{
    const struct fusion_store_config config = {
        .path = path,
        .keep = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .level = LEVEL,
        .region_id = "sim-fault",
        .mode = 4,
        .in_memory = true,
    };
    struct fusion_store *store = NULL;
    assert_int_equal(fusion_store_open(&config, &store), DRF_OK);
    return store;
}

static void in_memory__the_same_history__ends_in_the_digest_of_a_file(void **state)
{
    (void)state;
    struct fusion_store *store = open_memory();
    assert_digest(store, 0);
    for (int step = 1; step <= STEPS; step++) {
        assert_int_equal(run_step(store, step), DRF_OK);
        assert_digest(store, step);
    }
    assert_int_equal(step_of(store), STEPS);
    assert_int_equal(fusion_store_pending_bytes(store), 0);
    fusion_store_close(store);
}

static void in_memory__beside_another__leaves_no_file_and_holds_no_lock(void **state)
{
    (void)state;
    drop_store(path);
    struct fusion_store *first = open_memory(), *second = open_memory();
    assert_int_equal(run_step(first, 1), DRF_OK);
    assert_digest(first, 1);
    assert_digest(second, 0);
    assert_int_not_equal(access(path, F_OK), 0);
    fusion_store_close(first);
    fusion_store_close(second);
    make_whole(); // the file's own name is free for a file
    struct fusion_store *store = open_memory();
    assert_digest(store, 0);
    fusion_store_close(store);
}

static enum drf_status count_dirty(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    (void)layer, (void)tile;
    (*(size_t *)context)++;
    return DRF_OK;
}

static void in_memory__what_was_rendered__is_not_asked_for_again(void **state)
{
    (void)state;
    struct fusion_store *store = open_memory();
    assert_int_equal(run_step(store, 1), DRF_OK);
    size_t dirty = 0, still = 0;
    assert_int_equal(fusion_store_each_dirty(store, count_dirty, &dirty), DRF_OK);
    assert_int_equal(dirty, TILES - 1);
    for (int step = 2; step <= TILES; step++) {
        assert_int_equal(render_one(store, step), DRF_OK);
        assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    }
    assert_int_equal(fusion_store_each_dirty(store, count_dirty, &still), DRF_OK);
    assert_int_equal(still, 0);
    fusion_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory__the_same_history__ends_in_the_digest_of_a_file),
        cmocka_unit_test(in_memory__beside_another__leaves_no_file_and_holds_no_lock),
        cmocka_unit_test(in_memory__what_was_rendered__is_not_asked_for_again),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
