// SPDX-License-Identifier: Apache-2.0
// A leg of more than 20 km: straight in degrees or a geodesic, both are following it, and the
// corridor holds both. Geodesics are Karney's, from PROJ (geodesic.h).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <geodesic.h>

#include "fusion/aircraft/path.h"
#include "fusion/aircraft/plan.h"
#include "geo/frame.h"
#include "tests/support/near.h"

enum { NOW_US = 1000000 };

static struct fusion_plan plan_of(const struct geo_point *points, uint32_t count)
{
    struct fusion_plan plan = {
        .valid_until_utc_us = INT64_MAX, .conformance_m = 50.0, .point_count = count};
    for (uint32_t i = 0; i < count; i++)
        plan.points[i] =
            (struct fusion_plan_point){.lat_e7 = (int32_t)lround(points[i].lat_deg * 1e7),
                                       .lon_e7 = (int32_t)lround(points[i].lon_deg * 1e7),
                                       .height_m = 500.0F,
                                       .height = FUSION_PLAN_AMSL};
    return plan;
}

static struct geo_point on_geodesic(struct geo_point a, struct geo_point b, double share,
                                    double aside_m)
{
    struct geod_geodesic earth;
    struct geod_geodesicline line;
    double azimuth_deg;
    struct geo_point on, out;
    geod_init(&earth, 6378137.0, 1 / 298.257223563);
    geod_inverseline(&line, &earth, a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg, 0);
    geod_position(&line, share * line.s13, &on.lat_deg, &on.lon_deg, &azimuth_deg);
    geod_direct(&earth, on.lat_deg, on.lon_deg, azimuth_deg - 90.0, aside_m, &out.lat_deg,
                &out.lon_deg, NULL);
    return out;
}

static const struct geo_point legs[][2] = {
    {{50, 8}, {50, 10}}, {{50, 8}, {51, 10}}, {{-40, 170}, {-41, 171}}, {{65, 20}, {65, 20.5}}};
enum { LEGS = sizeof legs / sizeof legs[0] };

static void follow__on_the_geodesic_or_straight_in_degrees__is_following(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEGS; i++) {
        struct fusion_plan plan = plan_of(legs[i], 2);
        struct geo_point a = legs[i][0], b = legs[i][1];
        for (int k = 1; k < 10; k++) {
            double t = k / 10.0;
            struct fusion_aircraft aircraft = {.plan = &plan};
            aircraft.fix.position = on_geodesic(a, b, t, 0.0);
            struct fusion_follow follow = fusion_plan_follow(&aircraft, NOW_US);
            assert_int_equal(follow.state, FUSION_PLAN_FOLLOWED);
            aircraft.fix.position = (struct geo_point){a.lat_deg + t * (b.lat_deg - a.lat_deg),
                                                       a.lon_deg + t * (b.lon_deg - a.lon_deg)};
            follow = fusion_plan_follow(&aircraft, NOW_US);
            assert_int_equal(follow.state, FUSION_PLAN_FOLLOWED);
            assert_true(follow.cross_m < 0.5);
            // On the other side of the geodesic, a kilometre off.
            double far_m = a.lat_deg > 0 ? 1000.0 : -1000.0;
            aircraft.fix.position = on_geodesic(a, b, t, far_m);
            assert_int_equal(fusion_plan_follow(&aircraft, NOW_US).state,
                             FUSION_PLAN_NONCONFORMING);
        }
    }
}

static void bulge__of_a_leg_of_20_km__is_none(void **state)
{
    (void)state;
    const struct geo_point near[] = {{50, 8}, {50, 8.27}}; // 19.4 km
    const struct geo_point across[] = {{50, 179.9}, {50, -179.9}};
    struct fusion_plan plan = plan_of(near, 2);
    assert_true(fusion_plan_leg_bulge_m(&plan.points[0], &plan.points[1]) == 0.0);
    plan = plan_of(across, 2);
    assert_true(fusion_plan_leg_bulge_m(&plan.points[0], &plan.points[1]) == 0.0);
}

static double from_segment_m(struct geo_point at, const struct fusion_path_node *a,
                             const struct fusion_path_node *b)
{
    struct geo_frame frame = geo_frame_at(at);
    double least_m = HUGE_VAL;
    for (int i = 0; i <= 1000; i++) {
        struct fusion_path_node on =
            fusion_path_between(a, b, a->along_m + (b->along_m - a->along_m) * i / 1000.0);
        struct geo_offset offset = geo_frame_offset(&frame, fusion_path_place(&on));
        least_m = fmin(least_m, hypot(offset.east_m, offset.north_m));
    }
    return least_m;
}

// An aircraft on the straight line that looks the whole leg ahead, and one that steers for the
// geodesic: the corridor of each holds every place of both.
static void path__along_a_long_leg__is_wide_enough_for_both_readings(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEGS; i++) {
        struct fusion_plan plan = plan_of(legs[i], 2);
        struct geo_point a = legs[i][0], b = legs[i][1];
        struct fusion_aircraft aircraft = {.plan = &plan};
        aircraft.fix.position = a;
        aircraft.fix.velocity_known = true;
        aircraft.fix.velocity_east_mps = 50.0;
        aircraft.limits = fusion_limits_default();
        aircraft.limits.look_ahead_s = 4000.0;
        struct fusion_follow follow = fusion_plan_follow(&aircraft, NOW_US);
        assert_int_equal(follow.state, FUSION_PLAN_FOLLOWED);
        struct fusion_path path;
        struct fusion_height height = {.aircraft_amsl_m = {.known = false}};
        fusion_path_lay(NULL, NULL, &aircraft, &follow, &height, &path);
        assert_int_equal(path.count, 2);
        for (int k = 1; k < 20; k++) {
            struct geo_point at = on_geodesic(a, b, k / 20.0, 0.0);
            double off_m = from_segment_m(at, &path.nodes[0], &path.nodes[1]);
            assert_true(off_m <= path.base_m);
        }
    }
}

// A plan of metres east and north of a place, and an aircraft on it.
struct survey {
    struct fusion_plan plan;
    struct geo_frame frame;
};

static struct survey survey_of(const struct geo_offset *points, uint32_t count)
{
    struct survey survey = {.frame = geo_frame_at((struct geo_point){43.65, -79.38})};
    struct geo_point places[16];
    for (uint32_t i = 0; i < count; i++)
        places[i] = geo_frame_point(&survey.frame, points[i]);
    survey.plan = plan_of(places, count);
    return survey;
}

static struct fusion_follow follow_of(const struct survey *survey, double east_m,
                                      double north_m, double course_deg, double speed_mps)
{
    struct fusion_aircraft aircraft = {.plan = &survey->plan};
    struct geo_offset at = {.east_m = east_m, .north_m = north_m};
    double course = course_deg * acos(-1.0) / 180.0;
    aircraft.fix.position = geo_frame_point(&survey->frame, at);
    aircraft.fix.horizontal_acc95_m = 3.0;
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = speed_mps * sin(course);
    aircraft.fix.velocity_north_mps = speed_mps * cos(course);
    return fusion_plan_follow(&aircraft, NOW_US);
}

// Out to the east, back to the west `apart_m` north of it: 500 m each.
static struct survey hairpin(double apart_m)
{
    const struct geo_offset points[] = {{0, 0}, {500, 0}, {500, apart_m}, {0, apart_m}};
    return survey_of(points, 4);
}

static void follow__of_a_hairpin__is_the_leg_that_is_flown(void **state)
{
    (void)state;
    for (double apart_m = 5.0; apart_m <= 60.0; apart_m += 5.0) {
        struct survey survey = hairpin(apart_m);
        // anywhere within the conformance distance (50 m and 3 m) of the leg, also on the other
        for (double off_m = -50.0; off_m <= 50.0; off_m += 5.0)
            for (double drift_deg = -30.0; drift_deg <= 30.0; drift_deg += 15.0) {
                double north_m = off_m;
                struct fusion_follow out =
                    follow_of(&survey, 200.0, north_m, 90.0 + drift_deg, 8.0);
                struct fusion_follow back =
                    follow_of(&survey, 200.0, apart_m + off_m, 270.0 + drift_deg, 8.0);
                assert_int_equal(out.state, FUSION_PLAN_FOLLOWED);
                assert_int_equal(out.leg, 0);
                assert_near(out.cross_m, fabs(off_m), 0.1);
                assert_int_equal(back.state, FUSION_PLAN_FOLLOWED);
                assert_int_equal(back.leg, 2);
                assert_near(back.cross_m, fabs(off_m), 0.1);
            }
    }
}

static void follow__too_far_from_the_leg_of_its_course__is_the_other(void **state)
{
    (void)state;
    struct survey survey = hairpin(60.0);
    assert_int_equal(follow_of(&survey, 200.0, 52.0, 90.0, 8.0).leg, 0);
    assert_int_equal(follow_of(&survey, 200.0, 54.0, 90.0, 8.0).leg, 2);
    assert_int_equal(follow_of(&survey, 200.0, 114.0, 90.0, 8.0).state,
                     FUSION_PLAN_NONCONFORMING);
}

// Up to 1 m/s there is no course: the nearest, of equal ones the first.
static void follow__hovering__is_the_nearest_leg(void **state)
{
    (void)state;
    struct survey survey = hairpin(30.0);
    assert_int_equal(follow_of(&survey, 200.0, 14.0, 270.0, 0.9).leg, 0);
    assert_int_equal(follow_of(&survey, 200.0, 16.0, 90.0, 0.9).leg, 2);
    const struct geo_offset there_and_back[] = {{0, 0}, {500, 0}, {250, 0}, {0, 0}};
    survey = survey_of(there_and_back, 4);
    assert_int_equal(follow_of(&survey, 300.0, 2.0, 270.0, 0.9).leg, 0);
    assert_int_equal(follow_of(&survey, 300.0, 2.0, 270.0, 8.0).leg, 1);
    assert_int_equal(follow_of(&survey, 200.0, 2.0, 270.0, 8.0).leg, 2);
}

// Lanes of a survey 20 m apart, every second the same way: the nearest of these. A corner is
// turned when the aircraft does.
static void follow__of_lanes_and_corners__is_the_one_it_is_on(void **state)
{
    (void)state;
    const struct geo_offset lanes[] = {{0, 0},  {400, 0},  {400, 20}, {0, 20},
                                       {0, 40}, {400, 40}, {400, 60}, {0, 60}};
    struct survey survey = survey_of(lanes, 8);
    assert_int_equal(follow_of(&survey, 200.0, 3.0, 90.0, 8.0).leg, 0);
    assert_int_equal(follow_of(&survey, 200.0, 25.0, 90.0, 8.0).leg, 4);
    assert_int_equal(follow_of(&survey, 200.0, 25.0, 270.0, 8.0).leg, 2);
    assert_int_equal(follow_of(&survey, 200.0, 55.0, 270.0, 8.0).leg, 6);
    const struct geo_offset corner[] = {{0, 0}, {400, 0}, {400, 400}};
    survey = survey_of(corner, 3);
    assert_int_equal(follow_of(&survey, 380.0, 0.0, 90.0, 8.0).leg, 0);
    assert_int_equal(follow_of(&survey, 410.0, 0.0, 90.0, 8.0).leg,
                     0); // too far: it turns late
    assert_int_equal(follow_of(&survey, 405.0, 10.0, 10.0, 8.0).leg, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follow__on_the_geodesic_or_straight_in_degrees__is_following),
        cmocka_unit_test(bulge__of_a_leg_of_20_km__is_none),
        cmocka_unit_test(follow__of_a_hairpin__is_the_leg_that_is_flown),
        cmocka_unit_test(follow__too_far_from_the_leg_of_its_course__is_the_other),
        cmocka_unit_test(follow__hovering__is_the_nearest_leg),
        cmocka_unit_test(follow__of_lanes_and_corners__is_the_one_it_is_on),
        cmocka_unit_test(path__along_a_long_leg__is_wide_enough_for_both_readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
