// SPDX-License-Identifier: Apache-2.0
// How fast a path climbs and where a descent ends (schemas/client.md, look-ahead): times and
// clearances of a flat world, by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/aircraft/path.h"
#include "fusion/aircraft/path_height.h"
#include "tests/support/near.h"
#include "tests/support/reason_scene.h"

struct corner {
    double east_m, amsl_m;
};

static struct fusion_plan plan_of(const struct corner *corners, uint32_t count, float speed_mps)
{
    struct fusion_plan plan = {
        .valid_until_utc_us = INT64_MAX, .conformance_m = 50.0, .point_count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct geo_point place = at(corners[i].east_m, 0.0);
        plan.points[i] =
            (struct fusion_plan_point){.lat_e7 = (int32_t)lround(place.lat_deg * 1e7),
                                       .lon_e7 = (int32_t)lround(place.lon_deg * 1e7),
                                       .height_m = (float)corners[i].amsl_m,
                                       .height = FUSION_PLAN_AMSL,
                                       .speed_mps = speed_mps};
    }
    return plan;
}

static struct fusion_aircraft hovering(double amsl_m, double up_mps)
{
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.velocity_east_mps = 0.0;
    aircraft.fix.amsl.m = amsl_m;
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = up_mps;
    return aircraft;
}

// The only one of a kind.
static struct fusion_advisory told(const struct scene *scene,
                                   const struct fusion_aircraft *aircraft,
                                   enum fusion_advisory_kind kind)
{
    struct fusion_context context = look(scene, aircraft);
    struct fusion_advisory found = {.severity = 0};
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == kind) {
            assert_int_equal(found.severity, 0);
            found = context.advisories.items[i];
        }
    return found;
}

// A plan is followed by telemetry's word, and it stands at the ground by its heights: "take-off
// or landing: clearance -12 m in 0 s" is no news. What the plan leads into later is.
static void terrain__standing_with_a_plan__is_told_of_what_lies_ahead_alone(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct corner plans[][4] = {
        {{0.0, 100.0}, {100.0, 150.0}, {600.0, 150.0}, {900.0, 150.0}},
        {{0.0, 150.0}, {100.0, 150.0}, {600.0, 150.0}, {900.0, 150.0}},  // begins in the air
        {{-90.0, 150.0}, {90.0, 150.0}, {600.0, 150.0}, {900.0, 150.0}}, // joined on its way
        {{0.0, 150.0}, {50.0, 150.0}, {150.0, 100.0}, {900.0, 100.0}},   // low after 17 s
    };
    const struct {
        double amsl_m, mps, up_mps;
        int expected[4];
    } rows[] = {
        {101.0, 0.0, 0.0, {NONE, NONE, NONE, CAUTION}},         // 1 m above
        {97.0, 0.0, 0.0, {NONE, NONE, NONE, CAUTION}},          // 3 m below, good to 4 m
        {97.0, 0.9, 0.2, {NONE, NONE, NONE, CAUTION}},          // noise
        {101.2, 0.0, 0.0, {INFO, WARNING, WARNING, WARNING}},   // hovering
        {97.0, 1.1, 0.0, {CAUTION, WARNING, WARNING, WARNING}}, // moving
        {97.0, 0.0, 0.4, {CAUTION, WARNING, WARNING, WARNING}}, // taking off
        {90.0, 0.0, 0.0, {WARNING, WARNING, WARNING, WARNING}}, // no accuracy explains 10 m
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 4; k++) {
            struct fusion_plan plan = plan_of(plans[k], 4, 10.0F);
            struct fusion_aircraft aircraft = hovering(rows[i].amsl_m, rows[i].up_mps);
            aircraft.fix.velocity_east_mps = rows[i].mps;
            aircraft.plan = &plan;
            struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_TERRAIN);
            if ((int)a.severity != rows[i].expected[k])
                fail_msg("row %zu, plan %zu: %d \"%s\"", i, k, (int)a.severity, a.text);
        }
    scene_close(scene);
}

// 90 m over the ground, a metre before the end of a plan that lies at 4 m: 75 m down to where
// less than 15 m are clear, at 5 m/s.
static void terrain__hovering_over_the_end_of_a_plan__is_not_there_in_0_s(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct corner corners[] = {{-200.0, 190.0}, {1.0, 104.0}};
    struct fusion_plan plan = plan_of(corners, 2, 5.0F);
    struct fusion_aircraft aircraft = hovering(190.0, 0.0);
    aircraft.plan = &plan;
    struct fusion_advisory landing = told(scene, &aircraft, FUSION_ADVISORY_TERRAIN);
    assert_int_equal(landing.severity, INFO); // a landing, by its plan
    assert_true(landing.time_to_go_known);
    assert_near(landing.time_to_go_s, 15.0, 0.3);
    assert_near(landing.value, 4.0, 0.01);
    struct fusion_context context = look(scene, &aircraft);
    assert_near(context.look_ahead.segments[0].clearance_min_m.value, 4.0, 0.01);
    aircraft.limits.descent_max_mps = 2.5;
    assert_near(told(scene, &aircraft, FUSION_ADVISORY_TERRAIN).time_to_go_s, 30.0, 0.5);
    scene_close(scene);
}

// Down to 110 m at a point between, where nobody lands: by each limit's time.
static void terrain__down_at_a_point_of_a_plan__by_the_time_that_it_takes(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct {
        double east_m, amsl_m, east_mps, up_mps, descent_mps, time_s;
        int expected;
    } cases[] = {
        {200.0, 190.0, 0.0, 0.0, 10.0, 7.5, WARNING}, // above the point, 75 m down
        {200.0, 190.0, 0.0, 0.0, 5.0, 15.0, -1},      // on the very limit
        {200.0, 190.0, 0.0, 0.0, 2.0, 37.5, CAUTION},
        {200.0, 190.0, 0.0, 0.0, 1.0, 75.0, INFO},
        {200.0, 190.0, 0.0, -10.0, 2.0, 7.5, WARNING}, // it sinks faster than it says
        {200.0, 190.0, 0.0, +9.0, 2.0, 37.5, CAUTION}, // upward says nothing of that
        {100.0, 160.0, 10.0, 0.0, 5.0, 9.0, WARNING},  // 10 s away; 45 m down at 5 m/s
        {100.0, 160.0, 10.0, 0.0, 3.0, 15.0, -1},      // 30 m on the way, 15 m at the point
        {0.0, 150.0, 10.0, 0.0, 5.0, 17.5, CAUTION},   // 20 s away, 40 m: evenly, 2 m/s
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct corner corners[] = {{-300.0, 190.0}, {200.0, 110.0}, {900.0, 190.0}};
        struct fusion_plan plan = plan_of(corners, 3, 10.0F);
        struct fusion_aircraft aircraft = hovering(cases[i].amsl_m, cases[i].up_mps);
        aircraft.plan = &plan;
        aircraft.fix.position = at(cases[i].east_m, 0.0);
        aircraft.fix.velocity_east_mps = cases[i].east_mps;
        aircraft.limits.descent_max_mps = cases[i].descent_mps;
        scene->surface_source.vertical_acc95_m = 0.001;
        aircraft.fix.amsl.acc95_m = 0.001;
        struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_TERRAIN);
        if (fabs(a.time_to_go_s - cases[i].time_s) > 0.3
            || (cases[i].expected >= 0 && (int)a.severity != cases[i].expected))
            fail_msg("row %zu: severity %d in %.2f s", i, (int)a.severity, a.time_to_go_s);
    }
    scene_close(scene);
}

// A crane of 21 m, and a descent that would lead 300 m below it.
static void clearance__of_a_descent__ends_on_what_it_meets(void **state)
{
    (void)state;
    const struct {
        double east_m, amsl_m, up_mps, east_mps, clearance_m, time_s;
    } cases[] = {
        {0.0, 160.0, -8.0, 0.0, 0.0, 3.0},    // 24 m down to 15 m over its top
        {0.0, 400.0, -8.0, 0.0, 0.0, 33.0},   // 264 m down
        {0.0, 400.0, -3.0, 0.0, 9.0, 88.0},   // 270 m in the look-ahead of 90 s
        {0.0, 115.0, -8.0, 0.0, -6.0, 0.0},   // beside it and lower already: as it is now
        {400.0, 160.0, -8.0, 20.0, 0.0, 19.5} // on the ground long before it is there
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_open(toronto, flat, NULL, NULL);
        struct geo_obstacle *o =
            scene_obstacle(scene, "crane", at(cases[i].east_m, 0.0), 121.0 - 15.0);
        o->horizontal_acc95_m = 1.0;
        struct fusion_aircraft aircraft = hovering(cases[i].amsl_m, cases[i].up_mps);
        aircraft.fix.amsl.acc95_m = 0.001;
        aircraft.fix.velocity_east_mps = cases[i].east_mps;
        struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_OBSTACLE);
        if (a.severity == 0 || !a.time_to_go_known || fabs(a.value - cases[i].clearance_m) > 0.1
            || fabs(a.time_to_go_s - cases[i].time_s) > 0.5)
            fail_msg("row %zu: severity %d, %.1f m in %.1f s", i, (int)a.severity, a.value,
                     a.time_to_go_s);
        scene_close(scene);
    }
}

// A plan that leads down beside the crane says so; it ends at the ground, not below it.
static void clearance__of_a_plan_down_beside_a_crane__is_what_the_plan_says(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    (void)scene_obstacle(scene, "crane", at(300.0, 0.0), 121.0 - 15.0);
    const struct {
        double last_amsl_m, clearance_m;
    } cases[] = {{110.0, -11.0}, {100.0, -21.0}, {40.0, -21.0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct corner corners[] = {{-100.0, 130.0}, {300.0, cases[i].last_amsl_m}};
        struct fusion_plan plan = plan_of(corners, 2, 10.0F);
        struct fusion_aircraft aircraft = hovering(130.0, 0.0);
        aircraft.fix.position = at(290.0, 0.0);
        aircraft.plan = &plan;
        struct fusion_context context = look(scene, &aircraft);
        assert_true(context.look_ahead.segments[0].clearance_min_m.value > -0.01);
        // the crane's first place is above it; after that it goes down to the plan's end
        aircraft.fix.position = at(300.0, 0.0);
        aircraft.fix.amsl.m = 145.0;
        assert_near(told(scene, &aircraft, FUSION_ADVISORY_OBSTACLE).value,
                    cases[i].clearance_m, 0.1);
    }
    scene_close(scene);
}

// A porch a metre over the ground, where the surface knows it.
static uint16_t porch(void *context, uint32_t row, uint32_t column)
{
    return (uint16_t)(flat(context, row, column) + 4);
}

static void clearance__on_a_porch__is_never_negative(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, porch, NULL);
    scene->surface_source.vertical_acc95_m = 0.001;
    for (double amsl_m = 101.0; amsl_m < 110.0; amsl_m += 0.5)
        for (double up_mps = -3.0; up_mps <= 0.0; up_mps += 0.5) {
            struct fusion_aircraft aircraft = hovering(amsl_m, up_mps);
            aircraft.fix.amsl.acc95_m = 0.001;
            struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_TERRAIN);
            // a metre over the ground and without a speed it stands there
            bool stands = amsl_m == 101.0 && up_mps == 0.0;
            assert_int_equal(a.severity == 0, stands);
            assert_true(stands || (a.value >= -0.01 && a.value <= amsl_m - 101.0));
            struct fusion_context context = look(scene, &aircraft);
            assert_true(context.look_ahead.segments[0].clearance_min_m.value >= -1e-9);
        }
    scene_close(scene);
}

// A hill higher than the aircraft is one whether it sinks or not.
static void clearance__of_a_hill__is_negative_in_a_descent_too(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.amsl.m = 95.0; // below all of it
    aircraft.fix.velocity_up_known = true;
    for (double up_mps = -3.0; up_mps <= 0.0; up_mps += 1.5) {
        aircraft.fix.velocity_up_mps = up_mps;
        struct fusion_context context = look(scene, &aircraft);
        for (size_t i = 0; i < context.look_ahead.segment_count; i++)
            assert_near(context.look_ahead.segments[i].clearance_min_m.value, -5.0, 1e-9);
    }
    scene_close(scene);
}

// Nothing ends a descent where the ground is not known, and nothing is clear there.
static void descent__over_unknown_ground__is_never_clear(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, nothing, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = -4.0;
    for (int i = 0; i < 2; i++) {
        aircraft.fix.velocity_east_mps = i == 0 ? SPEED_MPS : 0.0;
        struct fusion_context context = look(scene, &aircraft);
        for (size_t k = 0; k < context.look_ahead.segment_count; k++)
            assert_false(context.look_ahead.segments[k].clearance_min_m.known);
        assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), CAUTION);
    }
    struct fusion_height height = {.aircraft_amsl_m = {true, 160.0}};
    struct fusion_follow follow = {.state = FUSION_PLAN_NONE};
    struct fusion_path path;
    fusion_path_lay(NULL, &scene->root, &aircraft, &follow, &height, &path);
    assert_near(fusion_path_disc_amsl(&path, 50.0).value, 160.0 - 200.0, 1e-9);
    scene_close(scene);
}

// Straight up from 50 m to 140 m over the ground, where 120 m is the limit.
static void agl__climbing_at_a_point_of_a_plan__by_the_time_that_it_takes(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct corner corners[] = {{-200.0, 150.0}, {0.0, 150.0}, {0.0, 240.0}};
    struct fusion_plan plan = plan_of(corners, 3, 10.0F);
    struct fusion_aircraft aircraft = hovering(150.0, 0.0);
    aircraft.plan = &plan;
    aircraft.limits.agl_max_set = true;
    aircraft.limits.agl_max_m = 120.0;
    struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT);
    assert_int_equal(a.severity, WARNING);
    assert_near(a.time_to_go_s, 14.0, 0.01);
    assert_near(a.value, 140.0, 0.01);
    aircraft.limits.climb_max_mps = 2.0;
    assert_near(told(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT).time_to_go_s, 35.0,
                0.01);
    scene_close(scene);
}

// One that lands at 2 m/s from 10 m is on the ground in 5 s, and stays there: what passes 6 m
// over the ground in 30 s comes as near as 6 m. Extrapolated it would be 50 m below.
static void traffic__of_a_descent__ends_at_the_ground(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    static struct fusion_surroundings around;
    for (int i = 0; i < 4; i++) {
        struct fusion_aircraft aircraft = i % 2 == 1 ? eastward() : hovering(110.0, -2.0);
        double closing_mps = SPEED_MPS;
        around = (struct fusion_surroundings){.neighbour_count = 1};
        struct fusion_neighbour *other = &around.neighbours[0];
        *other = (struct fusion_neighbour){.traffic_id = "other",
                                           .position = at(30.0 * closing_mps + 17.0, 0.0),
                                           .time_utc_us = NOW_US,
                                           .amsl_known = true,
                                           .amsl_m = 106.0,
                                           .amsl_acc95_m = 0.5,
                                           .velocity_known = true,
                                           .radius_m = 1.0,
                                           .horizontal_acc95_m = 1.0,
                                           .horizontal_counted_m = 1.0,
                                           .amsl_counted_m = 0.5};
        aircraft.around = &around;
        if (i % 2 == 1) { // the other one lands, or has landed since it was last heard of
            aircraft.fix.amsl.m = 106.0;
            other->amsl_m = i == 1 ? 110.0 : 60.0;
            other->velocity_up_mps = -2.0;
            other->predicted = i == 3;
        } else {
            other->velocity_east_mps = -closing_mps;
        }
        if (i == 2) // 30 m over the ground: never near
            other->amsl_m = 130.0;
        struct fusion_advisory a = told(scene, &aircraft, FUSION_ADVISORY_TRAFFIC);
        assert_int_equal(a.severity, i == 2 ? NONE : CAUTION);
        if (i != 2)
            assert_near(a.time_to_go_s, 30.0, 0.2);
        struct fusion_context context = look(scene, &aircraft);
        assert_int_equal(context.traffic_count, 1);
    }
    scene_close(scene);
}

// The place and height after a time, while it goes down at a point.
static void path__after_a_time__is_on_the_way_down(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct corner corners[] = {{-200.0, 190.0}, {50.0, 110.0}, {150.0, 110.0}};
    struct fusion_plan plan = plan_of(corners, 3, 10.0F);
    struct fusion_aircraft aircraft = hovering(190.0, 0.0);
    aircraft.plan = &plan;
    struct fusion_follow follow = {.state = FUSION_PLAN_FOLLOWED, .leg = 0, .done_ratio = 0.8};
    struct fusion_height height = {.aircraft_amsl_m = {true, 190.0}};
    struct fusion_path path;
    fusion_path_lay(NULL, &scene->root, &aircraft, &follow, &height, &path);
    const struct {
        double time_s, along_m, amsl_m;
    } cases[] = {{0.0, 0.0, 190.0},   {2.5, 25.0, 177.5},  {5.0, 50.0, 165.0},
                 {10.0, 50.0, 140.0}, {16.0, 50.0, 110.0}, {18.0, 70.0, 110.0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_path_node node = fusion_path_after(&path, cases[i].time_s);
        assert_near(node.along_m, cases[i].along_m, 0.1);
        assert_near(node.amsl_m.value, cases[i].amsl_m, 0.1);
        assert_near(node.time_s, cases[i].time_s, 0.05);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain__standing_with_a_plan__is_told_of_what_lies_ahead_alone),
        cmocka_unit_test(terrain__hovering_over_the_end_of_a_plan__is_not_there_in_0_s),
        cmocka_unit_test(terrain__down_at_a_point_of_a_plan__by_the_time_that_it_takes),
        cmocka_unit_test(clearance__of_a_descent__ends_on_what_it_meets),
        cmocka_unit_test(clearance__of_a_plan_down_beside_a_crane__is_what_the_plan_says),
        cmocka_unit_test(clearance__on_a_porch__is_never_negative),
        cmocka_unit_test(clearance__of_a_hill__is_negative_in_a_descent_too),
        cmocka_unit_test(descent__over_unknown_ground__is_never_clear),
        cmocka_unit_test(agl__climbing_at_a_point_of_a_plan__by_the_time_that_it_takes),
        cmocka_unit_test(traffic__of_a_descent__ends_at_the_ground),
        cmocka_unit_test(path__after_a_time__is_on_the_way_down),
    };
    return cmocka_run_group_tests_name("fusion/reason_descent", tests, NULL, NULL);
}
