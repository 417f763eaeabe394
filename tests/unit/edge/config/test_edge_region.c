// SPDX-License-Identifier: Apache-2.0
// Regions beside each other, as edge/config/region.h promises. Distances: a degree of latitude
// on the sphere of the mean radius is 111,195 m; of longitude at 60 N half of that.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/config/region.h"

static struct edge_region box(double south, double west, double north, double east)
{
    const struct geo_point ring[] = {
        {south, west}, {south, east}, {north, east}, {north, west}};
    struct edge_region out;
    assert_int_equal(edge_region_copy(ring, 4, &out), DRF_OK);
    return out;
}

// Both ways, as it must not matter who asks.
static bool near(struct edge_region a, struct edge_region b, double reach_m)
{
    bool is = edge_region_near(&a, &b, reach_m);
    assert_int_equal(edge_region_near(&b, &a, reach_m), is);
    edge_region_close(&a);
    edge_region_close(&b);
    return is;
}

static void near__side_by_side__by_the_gap_between_them(void **state)
{
    (void)state;
    assert_false(near(box(10, 20, 11, 21), box(11.01, 20, 12, 21), 1100));
    assert_true(near(box(10, 20, 11, 21), box(11.01, 20, 12, 21), 1120));
    assert_false(near(box(59.5, 20, 60.5, 21), box(59.9, 21.02, 60, 22), 1080));
    assert_true(near(box(59.5, 20, 60.5, 21), box(59.9, 21.02, 60, 22), 1130));
}

static void near__sharing_an_edge_or_a_corner__at_no_reach(void **state)
{
    (void)state;
    assert_true(near(box(10, 20, 11, 21), box(10, 21, 11, 22), 0));
    assert_true(near(box(10, 20, 11, 21), box(11, 21, 12, 22), 0));
    assert_false(near(box(10, 20, 11, 21), box(11.000001, 21, 12, 22), 0));
}

static void near__one_inside_the_other__at_no_reach(void **state)
{
    (void)state;
    assert_true(near(box(10, 20, 14, 24), box(11, 21, 12, 22), 0));
}

static void near__a_cross_without_a_corner_in_the_other__at_no_reach(void **state)
{
    (void)state;
    assert_true(near(box(10, 20, 11, 30), box(5, 24, 15, 25), 0));
}

static void near__boxes_that_touch_but_rings_that_do_not__is_false(void **state)
{
    (void)state;
    // Two triangles with a diagonal gap of 0.2 degrees times cos 45, 15.7 km.
    const struct geo_point low[] = {{0, 0}, {0, 1}, {1, 0}};
    const struct geo_point high[] = {{1, 0.2}, {0.2, 1}, {1, 1}};
    struct edge_region a, b;
    assert_int_equal(edge_region_copy(low, 3, &a), DRF_OK);
    assert_int_equal(edge_region_copy(high, 3, &b), DRF_OK);
    assert_false(near(a, b, 15500));
    assert_int_equal(edge_region_copy(low, 3, &a), DRF_OK);
    assert_int_equal(edge_region_copy(high, 3, &b), DRF_OK);
    assert_true(near(a, b, 15900));
}

static void holds__its_edge_and_inside__not_the_hollow(void **state)
{
    (void)state;
    // An L without its north-east quarter.
    const struct geo_point ring[] = {{0, 0}, {0, 2}, {1, 2}, {1, 1}, {2, 1}, {2, 0}};
    struct edge_region region;
    assert_int_equal(edge_region_copy(ring, 6, &region), DRF_OK);
    assert_true(edge_region_holds(&region, (struct geo_point){0.5, 1.5}));
    assert_true(edge_region_holds(&region, (struct geo_point){1, 1.5}));
    assert_true(edge_region_holds(&region, (struct geo_point){0, 0}));
    assert_false(edge_region_holds(&region, (struct geo_point){1.5, 1.5}));
    assert_false(edge_region_holds(&region, (struct geo_point){1.5, 2.5}));
    edge_region_close(&region);
}

static void copy__what_is_no_ring__is_refused(void **state)
{
    (void)state;
    const struct geo_point ring[] = {{0, 0}, {0, 2}, {1, 200}, {1, 1}};
    const struct geo_point wide[] = {{0, -100}, {0, 90}, {1, 90}};
    struct edge_region region;
    assert_int_equal(edge_region_copy(ring, 2, &region), DRF_ERR_RANGE);
    assert_int_equal(edge_region_copy(ring, 0, &region), DRF_ERR_RANGE);
    assert_int_equal(edge_region_copy(ring, 4, &region), DRF_ERR_RANGE);
    assert_int_equal(edge_region_copy(wide, 3, &region), DRF_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near__side_by_side__by_the_gap_between_them),
        cmocka_unit_test(near__sharing_an_edge_or_a_corner__at_no_reach),
        cmocka_unit_test(near__one_inside_the_other__at_no_reach),
        cmocka_unit_test(near__a_cross_without_a_corner_in_the_other__at_no_reach),
        cmocka_unit_test(near__boxes_that_touch_but_rings_that_do_not__is_false),
        cmocka_unit_test(holds__its_edge_and_inside__not_the_hollow),
        cmocka_unit_test(copy__what_is_no_ring__is_refused),
    };
    return cmocka_run_group_tests_name("edge/region", tests, NULL, NULL);
}
