// SPDX-License-Identifier: Apache-2.0
// What fusion/store/store.h promises of what stands beside the truth: offsets, values and the
// marks of tiles to render.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/store_place.h"

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

static size_t dirty_count(struct fusion_store *store)
{
    size_t count = 0;
    assert_int_equal(fusion_store_each_dirty(store, count_tile, &count), DRF_OK);
    return count;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_FILE(offset__put_and_committed__is_where_to_go_on),
        ON_A_FILE(value__put_read_and_deleted__in_memory_and_in_the_file),
        ON_A_FILE(each_value__of_a_prefix__visits_what_is_committed_by_name),
        ON_A_FILE(dirty__mark__lives_until_its_tile_is_rendered_and_committed),
        ON_A_FILE(dirty__rendered_before_the_truth_is_committed__is_written_after_it),
    };
    return cmocka_run_group_tests_name("fusion/store_value", tests, NULL, NULL);
}
