// SPDX-License-Identifier: Apache-2.0
// The digest is over content: the live truth, however and whenever it arrived.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/store_scene.h"

struct digests {
    uint8_t of[FUSION_LAYER_COUNT + 1][32];
};

static struct digests digests_of(struct fusion_store *store)
{
    struct digests digests;
    for (int layer = 0; layer <= FUSION_LAYER_COUNT; layer++)
        assert_int_equal(
            fusion_store_digest(store, (enum fusion_layer)layer, digests.of[layer]), DRF_OK);
    return digests;
}

static bool same(const struct digests *a, const struct digests *b, enum fusion_layer layer)
{
    return memcmp(a->of[layer], b->of[layer], 32) == 0;
}

// The puts of the steps in the given order, committed where `commits` has a bit; stale ones
// refused as they must be.
static struct digests arrive(const int *order, size_t count, unsigned commits)
{
    drop_store(path);
    struct fusion_store *store = open_store();
    for (size_t i = 0; i < count; i++) {
        enum drf_status status = put_raster(store, order[i]);
        assert_true(status == DRF_OK || status == DRF_ERR_STALE);
        status = put_obstacle(store, order[i]);
        assert_true(status == DRF_OK || status == DRF_ERR_STALE);
        if ((commits >> i & 1) != 0)
            assert_int_equal(fusion_store_commit(store, (int64_t)(1000 + i)), DRF_OK);
    }
    const struct digests digests = digests_of(store);
    fusion_store_close(store);
    return digests;
}

static void digest__order_duplicates_and_commits__change_nothing(void **state)
{
    (void)state;
    static const int sorted[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const int shuffled[] = {7, 2, 9, 9, 1, 5, 8, 3, 4, 6, 2, 5};
    const struct digests wanted = arrive(sorted, 9, 0);
    static const unsigned commits[] = {0, ~0U, 0x249, 0x800};
    for (size_t i = 0; i < sizeof commits / sizeof commits[0]; i++) {
        const struct digests got = arrive(shuffled, 12, commits[i]);
        assert_memory_equal(&got, &wanted, sizeof got);
    }
}

static void digest__what_is_no_content__does_not_show(void **state)
{
    (void)state;
    drop_store(path);
    struct fusion_store *store = open_store();
    assert_int_equal(put_raster(store, 1), DRF_OK);
    const struct digests before = digests_of(store);
    assert_int_equal(fusion_store_put_offset(store, "c", "t", 0, 5), DRF_OK);
    assert_int_equal(fusion_store_put_value(store, "v", "x", 1), DRF_OK);
    assert_int_equal(put_obstacle(store, 5), DRF_OK); // a tombstone of what never was
    assert_int_equal(render_one(store, 1), DRF_OK);
    assert_int_equal(fusion_store_commit(store, 12345), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    const struct digests after = digests_of(store);
    assert_memory_equal(&after, &before, sizeof after);
    fusion_store_close(store);
}

static void digest__one_layer_changed__shows_there_and_over_all_only(void **state)
{
    (void)state;
    drop_store(path);
    struct fusion_store *store = open_store();
    assert_int_equal(put_raster(store, 1), DRF_OK);
    assert_int_equal(put_obstacle(store, 1), DRF_OK);
    const struct digests first = digests_of(store);
    assert_int_equal(put_obstacle(store, 2), DRF_OK);
    const struct digests second = digests_of(store);
    assert_true(same(&first, &second, FUSION_LAYER_GROUND));
    assert_true(same(&first, &second, FUSION_LAYER_WEATHER));
    assert_false(same(&first, &second, FUSION_LAYER_OBSTACLE));
    assert_false(same(&first, &second, FUSION_LAYER_COUNT));
    assert_int_equal(put_raster(store, 4), DRF_OK); // other cells in the same tiles
    const struct digests third = digests_of(store);
    assert_false(same(&second, &third, FUSION_LAYER_GROUND));
    assert_true(same(&second, &third, FUSION_LAYER_OBSTACLE));
    fusion_store_close(store);
}

// An obstacle of accuracies that are zero, with this sign: as it waits, and as the file gives
// it back.
static void digests_with_zero(double zero, struct digests *waiting, struct digests *committed)
{
    const struct geo_obstacle obstacle = {.id = "o-1",
                                          .kind = "TOWER",
                                          .position = {43.25, -79.5},
                                          .amsl_m = 250,
                                          .horizontal_acc95_m = 15,
                                          .flags = GEO_OBSTACLE_HAS_AMSL,
                                          .geometry = GEO_GEOMETRY_POINT,
                                          .quantity = 1};
    const struct fusion_source source = {.feed = "dof",
                                         .source = "dof/faa",
                                         .version = "56",
                                         .vertical_acc95_m = zero,
                                         .posting_m = zero};
    struct geo_record_builder builder;
    struct geo_record record;
    int64_t id;
    drop_store(path);
    struct fusion_store *store = open_store();
    geo_record_builder_init(&builder, 1 << 12);
    assert_int_equal(
        geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0),
        DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal(fusion_store_put(store, (struct fusion_identity){"dof", "dof/faa", "o-1"},
                                      (struct fusion_version){.time_utc_us = 1}, record,
                                      &source, NULL, &id),
                     DRF_OK);
    geo_record_builder_close(&builder);
    *waiting = digests_of(store);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    fusion_store_close(store);
    store = open_store();
    *committed = digests_of(store);
    fusion_store_close(store);
}

static void digest__minus_zero__is_zero_before_and_after_the_commit(void **state)
{
    (void)state;
    struct digests plus[2], minus[2];
    digests_with_zero(0.0, &plus[0], &plus[1]);
    digests_with_zero(-0.0, &minus[0], &minus[1]);
    assert_memory_equal(&plus[0], &plus[1], sizeof plus[0]);
    assert_memory_equal(&minus[0], &minus[1], sizeof minus[0]);
    assert_memory_equal(&plus[0], &minus[0], sizeof plus[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__order_duplicates_and_commits__change_nothing),
        cmocka_unit_test(digest__what_is_no_content__does_not_show),
        cmocka_unit_test(digest__one_layer_changed__shows_there_and_over_all_only),
        cmocka_unit_test(digest__minus_zero__is_zero_before_and_after_the_commit),
    };
    return cmocka_run_group_tests_name("fusion/store_digest", tests, make_folder, drop_folder);
}
