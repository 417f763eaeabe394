// SPDX-License-Identifier: Apache-2.0
// The box that holds two boxes: the narrow way around the globe.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "geo/bounds.h"

static struct geo_bounds box(double west, double south, double east, double north)
{
    return (struct geo_bounds){
        .west_deg = west, .south_deg = south, .east_deg = east, .north_deg = north};
}

static void expect(struct geo_bounds a, struct geo_bounds b, struct geo_bounds want)
{
    for (int turn = 0; turn < 2; turn++) {
        struct geo_bounds got = turn == 0 ? geo_bounds_join(a, b) : geo_bounds_join(b, a);
        assert_true(fabs(got.west_deg - want.west_deg) < 1e-9);
        assert_true(fabs(got.south_deg - want.south_deg) < 1e-9);
        assert_true(fabs(got.east_deg - want.east_deg) < 1e-9);
        assert_true(fabs(got.north_deg - want.north_deg) < 1e-9);
    }
}

static void join__boxes_side_by_side_or_nested__gives_the_hull(void **state)
{
    (void)state;
    expect(box(1, 2, 3, 4), box(5, -1, 6, 1), box(1, -1, 6, 4));
    expect(box(0, 0, 10, 10), box(2, 2, 3, 3), box(0, 0, 10, 10));
    expect(box(0, 0, 10, 10), box(5, 5, 15, 15), box(0, 0, 15, 15));
}

static void join__about_the_antimeridian__goes_across_it(void **state)
{
    (void)state;
    expect(box(178, 0, 179, 1), box(-179, 0, -178, 1), box(178, 0, -178, 1));
    expect(box(179, 0, -179, 1), box(-178, 0, -177, 1), box(179, 0, -177, 1));
    expect(box(170, 0, -170, 1), box(175, 0, 176, 1), box(170, 0, -170, 1));
}

static void join__more_than_the_globe__is_all_longitudes(void **state)
{
    (void)state;
    expect(box(0, 0, 170, 1), box(160, 0, 10, 1), box(-180, 0, 180, 1));
}

static void within__boxes_of_either_side_of_the_antimeridian__are_told_apart(void **state)
{
    (void)state;
    assert_true(geo_bounds_within(box(1, 1, 2, 2), box(1, 1, 2, 2)));
    assert_true(geo_bounds_within(box(1, 1, 2, 2), box(0, 0, 3, 3)));
    assert_false(geo_bounds_within(box(1, 1, 2, 4), box(0, 0, 3, 3)));
    assert_false(geo_bounds_within(box(1, -1, 2, 2), box(0, 0, 3, 3)));
    assert_false(geo_bounds_within(box(-1, 1, 2, 2), box(0, 0, 3, 3)));
    assert_false(geo_bounds_within(box(1, 1, 4, 2), box(0, 0, 3, 3)));
    assert_true(geo_bounds_within(box(175, 0, 178, 1), box(170, 0, -170, 1)));
    assert_true(geo_bounds_within(box(-178, 0, -175, 1), box(170, 0, -170, 1)));
    assert_true(geo_bounds_within(box(175, 0, -175, 1), box(170, 0, -170, 1)));
    assert_false(geo_bounds_within(box(165, 0, -175, 1), box(170, 0, -170, 1)));
    assert_false(geo_bounds_within(box(165, 0, 178, 1), box(170, 0, -170, 1)));
    assert_false(geo_bounds_within(box(-178, 0, -165, 1), box(170, 0, -170, 1)));
    assert_false(geo_bounds_within(box(175, 0, -175, 1), box(170, 0, 180, 1)));
    assert_true(geo_bounds_within(box(175, 0, -175, 1), box(-180, 0, 180, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within__boxes_of_either_side_of_the_antimeridian__are_told_apart),
        cmocka_unit_test(join__boxes_side_by_side_or_nested__gives_the_hull),
        cmocka_unit_test(join__about_the_antimeridian__goes_across_it),
        cmocka_unit_test(join__more_than_the_globe__is_all_longitudes),
    };
    return cmocka_run_group_tests_name("geo/bounds", tests, NULL, NULL);
}
