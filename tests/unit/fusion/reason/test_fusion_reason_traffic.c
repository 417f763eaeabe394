// SPDX-License-Identifier: Apache-2.0
// The reasoner of traffic: by the closest approach, in whatever frame the heights are, and what
// is not known of the other by its worst. Expected numbers come from the geometry of two lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/reason_scene.h"

// Another one at a place, flying westward as fast.
static struct fusion_neighbour westward(struct geo_point position)
{
    return (struct fusion_neighbour){.traffic_id = "other",
                                     .position = position,
                                     .time_utc_us = NOW_US,
                                     .amsl_acc95_m = 0.5,
                                     .velocity_known = true,
                                     .velocity_east_mps = -SPEED_MPS,
                                     .radius_m = 1.0,
                                     .horizontal_acc95_m = 1.0,
                                     .horizontal_counted_m = 1.0,
                                     .amsl_counted_m = 0.5};
}

static void traffic__by_the_closest_approach_in_time_and_distance(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.limits.look_ahead_s = 90.0;
    static struct fusion_surroundings around;
    // Head on at 40 m/s; too near is 15 + 1 + 1 m across and 15 m up or down.
    const struct {
        double east_m, north_m, amsl_m;
        bool amsl_known;
        int expected;
    } cases[] = {
        {14.0 * 40.0 + 17.0, 0.0, 160.0, true, WARNING},
        {16.0 * 40.0 + 17.0, 0.0, 160.0, true, CAUTION},
        {44.0 * 40.0 + 17.0, 0.0, 160.0, true, CAUTION},
        {47.0 * 40.0 + 17.0, 0.0, 160.0, true, INFO},
        {400.0, 16.0, 160.0, true, WARNING}, // passes at 16 m
        {400.0, 18.5, 160.0, true, CAUTION}, // only with both accuracies
        {400.0, 25.0, 160.0, true, NONE},    // passes at 25 m
        {400.0, 0.0, 174.0, true, WARNING},  // 14 m over
        {400.0, 0.0, 175.5, true, CAUTION},  // 15.5 m, good to 1 m
        {400.0, 0.0, 177.0, true, NONE},
        {400.0, 0.0, 900.0, false, WARNING}, // nobody knows how high
        {-400.0, 0.0, 160.0, true, NONE},    // behind, going away
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        around.neighbours[0] = westward(at(cases[i].east_m, cases[i].north_m));
        around.neighbours[0].amsl_known = cases[i].amsl_known;
        around.neighbours[0].amsl_m = cases[i].amsl_m;
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, cases[i].expected, i);
    }
    // a report of a second ago is where it is now
    around.neighbours[0].position = at(14.0 * 40.0 + 17.0 + 20.0, 0.0);
    around.neighbours[0].time_utc_us = NOW_US - 1000000;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC), WARNING);
    scene_close(scene);
}

// The geoid there is 37.27 m under the ellipsoid (PROJ, egm96_15.gtx).
static void traffic__heights_in_other_frames__are_compared_as_far_as_they_can_be(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    static struct fusion_surroundings around;
    const struct {
        const char *what;
        bool own_amsl, own_pressure, wgs84, pressure;
        double m;
        int expected;
    } cases[] = {
        {"ellipsoid, the same height", true, false, true, false, 160.0 - 37.27, WARNING},
        {"ellipsoid, 37 m over it", true, false, true, false, 160.0, NONE},
        {"pressure with pressure", false, true, false, true, 160.0, WARNING},
        {"pressure with pressure, 60 m over", false, true, false, true, 220.0, NONE},
        {"pressure with AMSL, no setting", true, false, false, true, 160.0, CAUTION},
        {"pressure with AMSL, 590 m over", true, false, false, true, 750.0, CAUTION},
        {"pressure with AMSL, 700 m over", true, false, false, true, 860.0, NONE},
        {"no height at all", true, false, false, false, 0.0, WARNING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_aircraft aircraft = eastward();
        aircraft.fix.amsl.known = cases[i].own_amsl;
        if (cases[i].own_pressure)
            aircraft.fix.pressure = (struct fusion_altitude){true, 160.0, 5.0};
        around = (struct fusion_surroundings){.neighbour_count = 1};
        struct fusion_neighbour *other = &around.neighbours[0];
        *other = westward(at(400.0, 0.0));
        other->amsl_acc95_m = other->amsl_counted_m = 5.0;
        other->wgs84_known = cases[i].wgs84;
        other->pressure_known = cases[i].pressure;
        other->wgs84_m = other->pressure_m = cases[i].m;
        aircraft.around = &around;
        int got = severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC);
        if (got != cases[i].expected)
            fail_msg("%s: severity %d", cases[i].what, got);
    }
    scene_close(scene);
}

// Own: eastward at 20 m/s from the origin. Too near at 17 m, so that one that flies v m/s from
// north_m straight at it is there when (20 t)^2 + north^2 = (17 + v t)^2.
static void traffic__of_an_unknown_course__comes_straight_at_the_aircraft(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_surroundings around;
    const struct {
        double east_m, north_m, mps;
        bool assumed;
        int expected;
        double cpa_s, cpa_m;
    } cases[] = {
        {0.0, 850.0, 61.7, false, WARNING, 14.56, 0.0},  // too near in 14.3 s
        {0.0, 1000.0, 61.7, false, CAUTION, 17.13, 0.0}, // in 16.8 s
        {-400.0, 0.0, 61.7, false, WARNING, 9.59, 0.0},  // from behind, in 9.2 s
        {0.0, 850.0, 128.6, true, CAUTION, 6.69, 0.0},   // so fast only as we say
        {0.0, 8000.0, 128.6, true, INFO, 62.97, 0.0},
        {0.0, 10.0, 128.6, true, WARNING, 0.08, 0.0}, // too near if it only stands there
        // slower than the aircraft: it is nearest where 20 m/s take away 10 m/s
        {0.0, 850.0, 10.0, false, NONE, 24.54, 736.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        struct fusion_neighbour *other = &around.neighbours[0];
        *other = westward(at(cases[i].east_m, cases[i].north_m));
        other->amsl_known = true;
        other->amsl_m = 160.0;
        other->velocity_known = false;
        other->velocity_east_mps = 0.0;
        other->reach_mps = cases[i].mps;
        other->reach_assumed = cases[i].assumed;
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, cases[i].expected, i);
        struct fusion_context context = look(scene, &aircraft);
        assert_int_equal(context.traffic_count, 1);
        if (fabs(context.traffic[0].cpa_s - cases[i].cpa_s) > 0.05
            || fabs(context.traffic[0].cpa_m - cases[i].cpa_m) > 1.0)
            fail_msg("row %zu: nearest %.1f m after %.2f s", i, context.traffic[0].cpa_m,
                     context.traffic[0].cpa_s);
        // the same of a report of two seconds ago, from as much farther away
        other->time_utc_us -= 2000000;
        other->position =
            at(cases[i].east_m, cases[i].north_m > 0.0 ? cases[i].north_m + 2.0 * cases[i].mps
                                                       : cases[i].north_m);
        if (cases[i].north_m > 100.0)
            assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, cases[i].expected, i);
    }
    scene_close(scene);
}

static void traffic__by_more_than_the_feeds_accuracy__is_an_info_at_most(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_surroundings around;
    // Known to 18,520 m across and 150 m up, by a feed of 75 m and 38.1 m.
    const struct {
        double east_m, north_m, amsl_m;
        int expected;
    } cases[] = {
        {400.0, 0.0, 160.0, WARNING},    {400.0, 90.0, 160.0, CAUTION},
        {400.0, 100.0, 160.0, INFO},     {15000.0, 3000.0, 160.0, INFO},
        {-9000.0, -9000.0, 160.0, INFO}, {30000.0, 0.0, 160.0, NONE},
        {400.0, 0.0, 212.0, CAUTION},    {400.0, 0.0, 215.0, INFO}, // 15 + 0.5 + 38.1 m
        {400.0, 0.0, 325.0, INFO},       {400.0, 0.0, 327.0, NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        struct fusion_neighbour *other = &around.neighbours[0];
        *other = westward(at(cases[i].east_m, cases[i].north_m));
        other->amsl_known = true;
        other->amsl_m = cases[i].amsl_m;
        other->horizontal_acc95_m = 18520.0;
        other->horizontal_counted_m = 75.0;
        other->amsl_acc95_m = 150.0;
        other->amsl_counted_m = 38.1;
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, cases[i].expected, i);
    }
    scene_close(scene);
}

// schemas/advisories.md: a drone on the ground stands in others' way; schemas/traffic.md: an
// aircraft of a feed there does not.
static void traffic__that_stands_on_the_ground__is_in_the_way_when_it_is_a_drone(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.amsl.m = 110.0; // 10 m over it
    static struct fusion_surroundings around;
    for (size_t i = 0; i < 2; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        around.neighbours[0] = westward(at(200.0, 0.0));
        around.neighbours[0].velocity_east_mps = 0.0;
        around.neighbours[0].on_ground = true;
        around.neighbours[0].amsl_known = true;
        around.neighbours[0].amsl_m = 100.0;
        around.neighbours[0].source = i == 1 ? "feed" : NULL;
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, i == 0 ? WARNING : NONE, i);
    }
    aircraft.fix.on_ground = true; // nor is it told anything itself
    around.neighbours[0].source = NULL;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, NONE, 2);
    scene_close(scene);
}

static void traffic__that_is_unconfirmed__is_a_caution_at_most(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_surroundings around;
    static const double seconds[] = {0.0, 5.0, 44.0, 47.0};
    static const int expected[] = {CAUTION, CAUTION, CAUTION, INFO};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        around.neighbours[0] = westward(at(seconds[i] * 40.0 + 17.0, 0.0));
        around.neighbours[0].amsl_known = true;
        around.neighbours[0].amsl_m = 160.0;
        around.neighbours[0].unconfirmed = true;
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, expected[i], i);
    }
    scene_close(scene);
}

// Over unknown ground nobody knows how high a plan of heights above ground leads; the other is
// 740 m over the aircraft now, and may be at its height when they meet.
static void traffic__along_a_plan_of_unknown_height__is_judged_across_and_says_so(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, nothing, NULL, NULL);
    static struct fusion_surroundings around;
    struct fusion_plan plan = {
        .valid_until_utc_us = INT64_MAX, .conformance_m = 50.0, .point_count = 2};
    for (int i = 0; i < 2; i++) {
        struct geo_point point = at(i == 0 ? -200.0 : 2000.0, 0.0);
        plan.points[i] =
            (struct fusion_plan_point){.lat_e7 = (int32_t)lround(point.lat_deg * 1e7),
                                       .lon_e7 = (int32_t)lround(point.lon_deg * 1e7),
                                       .height_m = 60.0F,
                                       .height = FUSION_PLAN_AGL};
    }
    struct fusion_aircraft aircraft = eastward();
    aircraft.plan = &plan;
    around.neighbour_count = 1;
    around.neighbours[0] = westward(at(400.0, 0.0));
    around.neighbours[0].amsl_known = true;
    around.neighbours[0].amsl_m = 900.0;
    aircraft.around = &around;
    struct fusion_context context = look(scene, &aircraft);
    assert_int_equal(context.plan_state, FUSION_PLAN_FOLLOWED);
    const struct fusion_advisory *told = NULL;
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == FUSION_ADVISORY_TRAFFIC)
            told = &context.advisories.items[i];
    assert_non_null(told);
    assert_int_equal(told->severity, WARNING);
    assert_non_null(strstr(told->text, "height unknown"));
    scene_close(scene);
}

// Every combination of what is known of the other: who it is, how sure, how high.
static void traffic__text__says_who_it_is_and_is_never_cut(void **state)
{
    (void)state;
    static const struct {
        const char *id, *icao24, *category;
        bool amsl, predicted;
        const char *text;
    } cases[] = {
        {"ac671b", "ac671b", "A3", true, false,
         "icao24 ac671b A3: 0 m across, 12 m above, closest now"},
        {"ac671b", "ac671b", NULL, true, false,
         "icao24 ac671b: 0 m across, 12 m above, closest now"},
        {"~2a3f01", NULL, "B6", true, false, "~2a3f01 B6: 0 m across, 12 m above, closest now"},
        {"d-2", NULL, NULL, false, false, "d-2: 0 m across, height unknown, closest now"},
        {"d-2", NULL, NULL, true, true, "d-2 (predicted): 0 m across, 12 m above, closest now"},
        {"survey-helicopter-over-the-harbour", "4ca123", "A7", true, true,
         "survey-helicopter-over-the... icao24 4ca123 A7 (predicted): 0 m across, 12 m above, "
         "closest now"},
    };
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_surroundings around;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        around = (struct fusion_surroundings){.neighbour_count = 1};
        around.neighbours[0] = westward(at(0.0, 0.0));
        around.neighbours[0].traffic_id = cases[i].id;
        around.neighbours[0].icao24 = cases[i].icao24;
        around.neighbours[0].category = cases[i].category;
        around.neighbours[0].amsl_known = cases[i].amsl;
        around.neighbours[0].amsl_m = aircraft.fix.amsl.m + 12.0;
        around.neighbours[0].predicted = cases[i].predicted;
        aircraft.around = &around;
        struct fusion_context context = look(scene, &aircraft);
        bool told = false;
        for (size_t k = 0; k < context.advisories.count; k++)
            if (context.advisories.items[k].kind == FUSION_ADVISORY_TRAFFIC) {
                assert_string_equal(context.advisories.items[k].text, cases[i].text);
                told = true;
            }
        assert_true(told);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic__text__says_who_it_is_and_is_never_cut),
        cmocka_unit_test(traffic__by_the_closest_approach_in_time_and_distance),
        cmocka_unit_test(traffic__heights_in_other_frames__are_compared_as_far_as_they_can_be),
        cmocka_unit_test(traffic__of_an_unknown_course__comes_straight_at_the_aircraft),
        cmocka_unit_test(traffic__by_more_than_the_feeds_accuracy__is_an_info_at_most),
        cmocka_unit_test(traffic__that_stands_on_the_ground__is_in_the_way_when_it_is_a_drone),
        cmocka_unit_test(traffic__that_is_unconfirmed__is_a_caution_at_most),
        cmocka_unit_test(traffic__along_a_plan_of_unknown_height__is_judged_across_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
