// SPDX-License-Identifier: Apache-2.0
// Distances and encounters against ECEF chords and closed forms worked out by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/measure/encounter.h"
#include "sim/measure/metric.h"
#include "tests/support/near.h"

// The expected distances are chords between ECEF coordinates (WGS 84), computed in Python.
static void offset__against_ecef_chords__agrees_as_promised(void **state)
{
    (void)state;
    static const struct {
        struct geo_point one, two;
        double height_m, chord_m, within_m;
    } cases[] = {
        {{43.65, -79.38}, {43.656, -79.371}, 120, 985.689466, 1e-4},
        {{0, 0}, {0.005, 0.007}, 0, 955.445541, 1e-4},
        {{-33.9, 151.2}, {-33.91, 151.19}, 1000, 1444.433637, 1e-4},
        {{60.0, 179.999}, {60.001, -179.999}, 50, 157.693607, 1e-4}, // over the antimeridian
        {{45, 7}, {45.05, 7.09}, 0, 9010.460186, 1e-2},
        {{69.6, 18.9}, {69.65, 19.1}, 100, 9568.492878, 1e-2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_offset o = sim_metric_offset(cases[i].one, cases[i].two, cases[i].height_m);
        assert_near(hypot(o.north_m, o.east_m), cases[i].chord_m, cases[i].within_m);
    }
}

// Seen from one, the other stands 300 m north and 400 m east and moves 15 m/s south and 10 m/s
// west: nearest at (300 x 15 + 400 x 10) / 325 s, at |300 x 10 - 400 x 15| / sqrt(325) m.
static const struct sim_approach crossing = {.seconds = 60,
                                             .north_m = 300,
                                             .east_m = 400,
                                             .up_m = 50,
                                             .north_mps = -15,
                                             .east_mps = -10,
                                             .up_mps = -1,
                                             .has_up = true};

static void nearest__of_a_crossing__is_the_closed_form(void **state)
{
    (void)state;
    struct sim_nearest near = sim_approach_horizontal(&crossing);
    assert_near(near.at_s, 8500.0 / 325.0, 1e-9);
    assert_near(near.distance_m, 3000.0 / sqrt(325.0), 1e-9);
    assert_near(sim_approach_up_at(&crossing, near.at_s), 50 - 8500.0 / 325.0, 1e-9);
    // In space: (300 x 15 + 400 x 10 + 50) / 326 s; r^2 - (r.v)^2 / v^2.
    near = sim_approach_slant(&crossing);
    assert_near(near.at_s, 8550.0 / 326.0, 1e-9);
    assert_near(near.distance_m, sqrt(252500.0 - 8550.0 * 8550.0 / 326.0), 1e-9);
}

static void nearest__beyond_the_end__is_at_the_end(void **state)
{
    (void)state;
    struct sim_approach way = crossing;
    way.seconds = 10;
    struct sim_nearest near = sim_approach_horizontal(&way);
    assert_near(near.at_s, 10, 0);
    assert_near(near.distance_m, hypot(150, 300), 1e-9);
    way.north_mps = 15; // away
    way.east_mps = 10;
    near = sim_approach_horizontal(&way);
    assert_near(near.at_s, 0, 0);
    assert_near(near.distance_m, 500, 1e-9);
}

static void nearest__without_relative_motion__is_where_it_is(void **state)
{
    (void)state;
    const struct sim_approach way = {.seconds = 5, .north_m = 3, .east_m = 4, .has_up = true};
    assert_near(sim_approach_horizontal(&way).distance_m, 5, 0);
    assert_near(sim_approach_slant(&way).distance_m, 5, 0);
    struct sim_span span;
    assert_true(sim_approach_inside(&way, (struct sim_cylinder){6, 1}, &span));
    assert_near(span.from_s, 0, 0);
    assert_near(span.to_s, 5, 0);
    assert_false(sim_approach_inside(&way, (struct sim_cylinder){5, 1}, &span)); // at the edge
}

// Head on along a line at 20 m/s from 400 m: inside 152.4 m from (400 - 152.4) / 20 s to
// (400 + 152.4) / 20 s. Vertically from 40.48 m down at 1 m/s: inside 30.48 m from 10 s on.
static void inside__head_on__is_entered_and_left_when_computed(void **state)
{
    (void)state;
    struct sim_approach way = {.seconds = 60, .north_m = 400, .north_mps = -20};
    struct sim_span span;
    const struct sim_cylinder nmac = {152.4, 30.48};
    assert_true(sim_approach_inside(&way, nmac, &span));
    assert_near(span.from_s, 12.38, 1e-9);
    assert_near(span.to_s, 27.62, 1e-9);
    way.has_up = true;
    way.up_m = 44.48;
    way.up_mps = -1; // under 30.48 m from 14 s, over 30.48 m the other way from 74.96 s
    assert_true(sim_approach_inside(&way, nmac, &span));
    assert_near(span.from_s, 14, 1e-9);
    assert_near(span.to_s, 27.62, 1e-9);
    way.up_m = 70; // from 39.52 s: it has passed by then
    assert_false(sim_approach_inside(&way, nmac, &span));
    way.up_mps = 0;
    assert_false(sim_approach_inside(&way, nmac, &span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offset__against_ecef_chords__agrees_as_promised),
        cmocka_unit_test(nearest__of_a_crossing__is_the_closed_form),
        cmocka_unit_test(nearest__beyond_the_end__is_at_the_end),
        cmocka_unit_test(nearest__without_relative_motion__is_where_it_is),
        cmocka_unit_test(inside__head_on__is_entered_and_left_when_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
