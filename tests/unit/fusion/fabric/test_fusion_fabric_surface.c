// SPDX-License-Identifier: Apache-2.0
// What the surface of fusion/fabric/fabric.h is made of, one test per promise. Heights are
// round numbers: the expected ones are sums made by hand.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/fabric_scene.h"

static void surface__without_anything_above__is_the_ground_tile_itself(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    const struct fusion_root *root = spot_settle(spot);
    assert_non_null(root->ground[0]);
    assert_ptr_equal(root->surface[0], root->ground[0]);
    assert_int_equal(spot_flags(root->surface[0], 0), FUSION_SURFACE_GROUND);
    assert_null(root->ground[1]);
    assert_null(root->surface[1]);
}

static void surface__with_a_model_below_the_ground__is_ground_and_says_both(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    put_flat(spot, "dsm", "k", 1, 95, 0, 0);
    const struct fusion_root *root = spot_settle(spot);
    assert_height(surface_m(root, 0, MIDDLE), 100);
    assert_int_equal(spot_flags(root->surface[0], MIDDLE),
                     FUSION_SURFACE_GROUND | FUSION_SURFACE_DSM);
    assert_string_equal(spot_source(root->surface[0], MIDDLE)->source, "dtm-a");
}

static void surface__of_a_model_without_ground__is_known_and_says_no_ground(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dsm", "k", 1, 120, 0, 0);
    const struct fusion_root *root = spot_settle(spot);
    assert_null(root->ground[0]);
    assert_height(surface_m(root, 0, MIDDLE), 120);
    assert_int_equal(spot_flags(root->surface[0], MIDDLE), FUSION_SURFACE_DSM);
}

static void surface__under_an_obstacle_that_goes__is_what_the_newest_model_says(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    put_flat(spot, "dsm", "k", 1, 120, 0, 0);
    struct geo_obstacle a = tower("a", spot_point(0, 0.5, 0.5)),
                        b = tower("b", spot_point(0, 10.5, 10.5));
    put_obstacle(spot, &a, NULL, 1);
    put_obstacle(spot, &b, NULL, 1);
    (void)spot_settle(spot);
    b.position = spot_point(0, 20.5, 20.5); // what lies under both is kept from now on
    put_obstacle(spot, &b, NULL, 2);
    (void)spot_settle(spot);
    put_flat(spot, "dsm", "k", 2, 130, 0, 0);
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE), 163);
    a.position = spot_point(0, 30.5, 30.5);
    put_obstacle(spot, &a, NULL, 2);
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE), 130);
    struct fusion_message gone = spot_message("dsm", "dsm", "k", 3, 9);
    gone.tombstone = true;
    (void)spot_apply(spot, &gone, (struct geo_record){0});
    (void)spot_settle(spot);
    a.position = spot_point(0, 40.5, 40.5);
    put_obstacle(spot, &a, NULL, 3);
    assert_height(surface_m(spot_settle(spot), 0, MIDDLE + 30 * 257), 100);
}

// Of another surface, whether rows or cells of it were made anew, the number is another
// (fusion/context/patch_window.h): whoever knows the former one reads the cells again.
static void number__of_a_surface_that_changed__is_another(void **state)
{
    struct spot *spot = *state;
    put_flat(spot, "dtm-a", "k", 1, 100, 0, 0);
    uint64_t former = spot_settle(spot)->ground[0]->number;
    assert_true(former > 1);
    struct geo_obstacle a = tower("a", spot_point(0, 0.5, 0.5));
    for (int64_t round = 1; round <= 8; round++) {
        if (round == 5)
            put_flat(spot, "dsm", "k", 1, 120, 0, 0);
        else // over the ground it raises rows, over a model cells
            a.position = spot_point(0, 0.5 + 10 * (double)round, 0.5);
        put_obstacle(spot, &a, NULL, round);
        const struct fusion_root *root = spot_settle(spot);
        assert_true(root->surface[0]->number > former);
        former = root->surface[0]->number;
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, spot_setup, spot_teardown)
    const struct CMUnitTest tests[] = {
        CASE(surface__without_anything_above__is_the_ground_tile_itself),
        CASE(surface__with_a_model_below_the_ground__is_ground_and_says_both),
        CASE(surface__of_a_model_without_ground__is_known_and_says_no_ground),
        CASE(surface__under_an_obstacle_that_goes__is_what_the_newest_model_says),
        CASE(number__of_a_surface_that_changed__is_another),
    };
    return cmocka_run_group_tests_name("fusion/fabric surface", tests, NULL, NULL);
}
