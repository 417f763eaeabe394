// SPDX-License-Identifier: Apache-2.0
// Every reasoner: raised when true, silent when not, severe by 15 s and 45 s, and never silent
// about what is not known. Expected numbers come from the geometry of flat worlds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_build.h"
#include "geo/frame.h"
#include "tests/support/reason_scene.h"

// The cell's column, from 0 at the wall that `context` names: 300 m high from there on east.
static uint16_t cliff(void *context, uint32_t row, uint32_t column)
{
    (void)row;
    return column >= *(const uint32_t *)context ? 5200 : 4400;
}

// Unknown up to the column that `context` names, then 100 m.
static uint16_t west_unknown(void *context, uint32_t row, uint32_t column)
{
    (void)row;
    return column >= *(const uint32_t *)context ? 4400 : GEO_CELL_UNKNOWN;
}

// An aircraft's height and motion, and the severity of a kind that they make.
struct motion {
    double amsl_m, east_mps, up_mps;
    int expected;
};

static void assert_motions(const struct scene *scene, struct fusion_aircraft aircraft,
                           enum fusion_advisory_kind kind, const struct motion *rows,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        aircraft.fix.amsl.m = rows[i].amsl_m;
        aircraft.fix.velocity_east_mps = rows[i].east_mps;
        aircraft.fix.velocity_up_mps = rows[i].up_mps;
        assert_severity(scene, &aircraft, kind, rows[i].expected, i);
    }
}

static uint32_t column_at(double east_m)
{
    return (uint32_t)floor((at(east_m, 0.0).lon_deg + 180.0) * 4096.0 * 256.0 / 180.0);
}

static void terrain__a_cliff_by_its_time__is_warned_of_as_the_contract_says(void **state)
{
    (void)state;
    // two cells, 30 m east-west, and an eighth of a segment are what it may come early
    const struct {
        double time_s;
        int expected;
    } cases[] = {{4.0, WARNING}, {14.5, WARNING}, {25.0, CAUTION}, {44.0, CAUTION},
                 {60.0, INFO},   {80.0, INFO},    {110.0, NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t column = column_at(cases[i].time_s * SPEED_MPS);
        struct scene *scene = scene_open(toronto, flat, cliff, &column);
        struct fusion_aircraft aircraft = eastward();
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, cases[i].expected, i);
        aircraft.fix.amsl.m = 400.0; // over it, by 100 m
        assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN), NONE);
        aircraft.fix.on_ground = true;
        assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN), NONE);
        scene_close(scene);
    }
}

struct ridge { // columns of a ridge of 142 m, and of a wall of 300 m behind it
    uint32_t from, to, wall;
};

static uint16_t ridge_and_wall(void *context, uint32_t row, uint32_t column)
{
    (void)row;
    const struct ridge *ridge = context;
    if (column >= ridge->wall)
        return 5200;
    return column >= ridge->from && column < ridge->to ? 4568 : 4400;
}

// 18 m over the ridge: nominally enough, by the accuracies of 0.5 m and 6 m not.
static void terrain__only_low_soon_and_nominal_later__is_the_more_severe(void **state)
{
    (void)state;
    const struct {
        double low_s, wall_s;
        int expected;
    } cases[] = {{25.0, 60.0, CAUTION},
                 {25.0, 40.0, CAUTION},
                 {3.0, 10.0, WARNING},
                 {55.0, 75.0, INFO},
                 {25.0, 110.0, CAUTION}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ridge ridge = {.from = column_at(cases[i].low_s * SPEED_MPS),
                              .to = column_at((cases[i].low_s + 5.0) * SPEED_MPS),
                              .wall = column_at(cases[i].wall_s * SPEED_MPS)};
        struct scene *scene = scene_open(toronto, flat, ridge_and_wall, &ridge);
        struct fusion_aircraft aircraft = eastward();
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, cases[i].expected, i);
        scene_close(scene);
    }
}

static void terrain__only_the_low_clearance__is_a_caution(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.amsl.acc95_m = 5.0;
    const struct motion rows[] = {
        {125.0, SPEED_MPS, 0.0, CAUTION}, // 25 - 5 - 6 < 15
        {126.5, SPEED_MPS, 0.0, NONE},    // 26.5 - 11 > 15
        {114.0, SPEED_MPS, 0.0, WARNING}, // nominally
    };
    assert_motions(scene, aircraft, FUSION_ADVISORY_TERRAIN, rows,
                   sizeof rows / sizeof rows[0]);
    scene_close(scene);
}

static void terrain__a_landing_that_the_motion_explains__is_an_info(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.velocity_up_known = true;
    const struct motion rows[] = {
        {108.0, 0.0, -1.0, INFO},
        {108.0, 0.0, 0.0, WARNING},  // hovering that low is nobody's landing
        {108.0, 5.0, -1.0, WARNING}, // neither is a shallow approach without a plan
        {90.0, 0.0, -1.0, WARNING},  // 10 m under the surface, which is good to 6
        {98.0, 0.0, -1.0, CAUTION},
    };
    assert_motions(scene, aircraft, FUSION_ADVISORY_TERRAIN, rows,
                   sizeof rows / sizeof rows[0]);
    scene_close(scene);
}

static void terrain__standing_on_the_ground_without_saying_so__is_silent(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL); // 100 m, good to 4 m
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.amsl.acc95_m = 15.0; // over ground 15.5 m
    aircraft.fix.velocity_up_known = true;
    const struct motion rows[] = {
        {88.0, 0.0, 0.0, NONE},     // "clearance -12 m in 0 s"
        {100.9, 0.5, 0.2, NONE},    // noise
        {101.1, 0.0, 0.0, WARNING}, // hovering, however low
        {84.0, 0.0, 0.0, WARNING},  // no accuracy explains 16 m
        {88.0, 1.5, 0.0, WARNING},  // it moves
        {88.0, 0.0, 0.4, CAUTION},  // a take-off
    };
    assert_motions(scene, aircraft, FUSION_ADVISORY_TERRAIN, rows,
                   sizeof rows / sizeof rows[0]);
    aircraft.fix.amsl.m = 88.0;
    // who does not say how it moves may be flying
    aircraft.fix.velocity_east_mps = aircraft.fix.velocity_up_mps = 0.0;
    aircraft.fix.velocity_up_known = false;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, WARNING, 0);
    aircraft.fix.velocity_known = false;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, WARNING, 1);
    aircraft.fix.velocity_up_known = true;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, WARNING, 2);
    aircraft.fix.velocity_known = true;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, NONE, 3);
    aircraft.fix.amsl.acc95_m = 3.0; // over ground 5 m
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TERRAIN, WARNING, 4);
    scene_close(scene);
}

static void obstacle__by_its_time_its_height_and_its_accuracy(void **state)
{
    (void)state;
    const struct {
        double east_m, north_m, top_m, acc95_m;
        int expected;
    } cases[] = {
        {280.0, 0.0, 150.0, 1.0, WARNING},   // 14 s
        {330.0, 0.0, 150.0, 1.0, CAUTION},   // 16 s
        {880.0, 0.0, 150.0, 1.0, CAUTION},   // 44 s
        {920.0, 0.0, 150.0, 1.0, INFO},      // 46 s
        {280.0, 0.0, 144.0, 1.0, NONE},      // 16 m below, 0.5 m accuracy
        {280.0, 0.0, 144.8, 1.0, CAUTION},   // 15.2 m below: only the low clearance
        {280.0, 10.0, 150.0, 1.0, NONE},     // beside the corridor of 2 m
        {280.0, 80.0, 150.0, 90.0, WARNING}, // within its uncertainty
        {280.0, 80.0, 150.0, 176.0, CAUTION} // too uncertain for the surface
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_open(toronto, flat, NULL, NULL);
        struct geo_obstacle *o = scene_obstacle(
            scene, "mast", at(cases[i].east_m, cases[i].north_m), cases[i].top_m - 15.0);
        o->horizontal_acc95_m = cases[i].acc95_m;
        struct fusion_aircraft aircraft = eastward();
        assert_severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE, cases[i].expected, i);
        scene_close(scene);
    }
}

// Sinking 0.1 m/s from 160 m past a mast that reaches from 36 s to 53 s by its uncertainty. Too
// low by the accuracy of 0.5 m after (144.5 - top) / 0.1 s, nominally after (145 - top) / 0.1.
static void obstacle__only_low_soon_and_nominal_later__is_the_more_severe(void **state)
{
    (void)state;
    const struct {
        double top_m;
        int expected;
    } cases[] = {{140.2, CAUTION}, // 43 s, 48 s
                 {139.8, INFO},    // 47 s, 52 s
                 {140.7, CAUTION}, // 38 s, 43 s
                 {139.0, NONE}};   // 55 s
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_open(toronto, flat, NULL, NULL);
        struct geo_obstacle *o =
            scene_obstacle(scene, "mast", at(900.0, 0.0), cases[i].top_m - 15.0);
        o->horizontal_acc95_m = 170.0;
        struct fusion_aircraft aircraft = eastward();
        aircraft.fix.velocity_up_known = true;
        aircraft.fix.velocity_up_mps = -0.1;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE, cases[i].expected, i);
        scene_close(scene);
    }
}

static void obstacle__unknown_top_balloon_or_withdrawn(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_obstacle *o = scene_obstacle(scene, "mast", at(200.0, 0.0), 50.0);
    struct fusion_aircraft aircraft = eastward();
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), NONE);
    scene->fused[0].top_known = false;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), CAUTION);
    scene->fused[0].top_known = true;
    scene->fused[0].top_amsl_m = 1000.0;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), WARNING);
    aircraft.fix.amsl.known = false;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), CAUTION);
    aircraft.fix.amsl.known = true;
    o->flags |= GEO_OBSTACLE_BALLOON;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), CAUTION);
    o->flags |= GEO_OBSTACLE_WITHDRAWN;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_OBSTACLE), NONE);
    scene_close(scene);
}

static void agl__by_its_time_and_over_unknown_ground(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT), NONE);
    aircraft.limits.agl_max_set = true;
    aircraft.limits.agl_max_m = 120.0;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT), NONE);
    aircraft.fix.velocity_up_known = true;
    const struct motion rows[] = {
        {160.0, SPEED_MPS, 60.0 / 13.0, WARNING}, // 120 m in 13 s
        {160.0, SPEED_MPS, 60.0 / 17.0, CAUTION},
        {160.0, SPEED_MPS, 60.0 / 48.0, INFO},
        {221.0, SPEED_MPS, 0.0, WARNING},
    };
    assert_motions(scene, aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT, rows,
                   sizeof rows / sizeof rows[0]);
    aircraft.fix.amsl.m = 221.0;
    scene_close(scene);

    scene = scene_open(toronto, nothing, NULL, NULL);
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT), CAUTION);
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), CAUTION);
    scene_close(scene);

    // 121 m over what is known from 10 s ahead: that is told over unknown ground as well
    uint32_t column = column_at(10.0 * SPEED_MPS);
    scene = scene_open(toronto, west_unknown, NULL, &column);
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT), WARNING);
    aircraft.fix.amsl.m = 160.0;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_ALTITUDE_LIMIT), CAUTION);
    scene_close(scene);
}

static void quality__layers_that_catch_up_are_said(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.limits.look_ahead_s = 45.0;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), NONE);
    scene->root.layer_state[FUSION_LAYER_WEATHER] = FUSION_REASON_CATCHING_UP;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), INFO);
    scene->root.layer_state[FUSION_LAYER_OBSTACLE] = FUSION_REASON_CATCHING_UP;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), CAUTION);
    scene->root.layer_state[FUSION_LAYER_WEATHER] = FUSION_REASON_NONE;
    scene->root.layer_state[FUSION_LAYER_OBSTACLE] = FUSION_REASON_NONE;
    aircraft.limits.gust_max_set = true; // and nobody reports gusts
    aircraft.limits.gust_max_mps = 10.0;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), CAUTION);
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_GUST), NONE);
    scene_close(scene);
}

static void weather__against_the_limits__an_extreme_is_not_the_present(void **state)
{
    (void)state;
    static float gusts[4] = {12.0F, 12.0F, 12.0F, 12.0F};
    const struct geo_grid grid = {.kind = GEO_GRID_LATLON,
                                  .ni = 2,
                                  .nj = 2,
                                  .x0 = -80.0,
                                  .y0 = 43.0,
                                  .dx = 1.0,
                                  .dy = 1.0,
                                  .semi_major_m = 6371229.0,
                                  .semi_minor_m = 6371229.0};
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_field *field = scene_field(scene, GEO_GUST, grid, 0.0, 10.0, NOW_US, gusts);
    struct fusion_aircraft aircraft = eastward();
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_GUST), NONE); // no limit
    aircraft.limits.gust_max_set = true;
    aircraft.limits.gust_max_mps = 12.5;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_GUST), NONE);
    aircraft.limits.gust_max_mps = 11.5;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_GUST), WARNING);
    struct fusion_context context = look(scene, &aircraft);
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == FUSION_ADVISORY_GUST)
            assert_true(context.advisories.items[i].data_time_utc_us == NOW_US);
    field->statistic = GEO_STATISTIC_MAXIMUM;
    field->valid_from_utc_us = NOW_US - INT64_C(3600000000);
    scene->root.epoch++;
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_GUST), NONE);
    assert_int_equal(severity(scene, &aircraft, FUSION_ADVISORY_DATA_QUALITY), CAUTION);
    scene_close(scene);
}

static void boundary__leaving_the_region__by_its_time_and_by_the_end_of_service(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_surroundings around;
    const struct {
        double edge_m, margin_m;
        int expected;
    } cases[] = {{280.0, 1000.0, CAUTION}, {880.0, 1000.0, CAUTION}, {920.0, 1000.0, INFO},
                 {2000.0, 1000.0, NONE},   {280.0, 10.0, WARNING},   {280.0, 30.0, CAUTION}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double e = cases[i].edge_m;
        const struct geo_point ring[] = {at(-900, -900), at(e, -900), at(e, 900),
                                         at(-900, 900)};
        around = (struct fusion_surroundings){
            .ring = ring, .ring_count = 4, .margin_m = cases[i].margin_m};
        aircraft.around = &around;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_REGION_BOUNDARY, cases[i].expected,
                        i);
    }
    scene_close(scene);
}

// time_to_go_s is 0, it is outside already: how far now, and in 15 s where that is another
// distance. 10 m/s east, or standing.
static void boundary__outside_already__says_how_far_now(void **state)
{
    (void)state;
    static const struct {
        double edge_m, mps; // where the region ends; its velocity to the east
        const char *text;
    } cases[] = {
        {-1333.0, 0.0, "outside the region, by 1333 m; service ends 2000 m outside"},
        {-1333.0, 10.0,
         "outside the region, by 1333 m now, 1483 m in 15 s; service ends 2000 m outside"},
        {-100.0, -10.0,
         "outside the region, by 100 m now, 0 m in 15 s; service ends 2000 m outside"},
    };
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_aircraft aircraft = eastward();
        aircraft.fix.velocity_east_mps = cases[i].mps;
        double e = cases[i].edge_m;
        const struct geo_point ring[] = {at(e - 3000, -3000), at(e, -3000), at(e, 3000),
                                         at(e - 3000, 3000)};
        static struct fusion_surroundings around;
        around = (struct fusion_surroundings){
            .ring = ring, .ring_count = 4, .margin_m = 2000.0, .outside = true};
        aircraft.around = &around;
        struct fusion_context context = look(scene, &aircraft);
        bool found = false;
        for (size_t k = 0; k < context.advisories.count; k++) {
            const struct fusion_advisory *advisory = &context.advisories.items[k];
            if (advisory->kind != FUSION_ADVISORY_REGION_BOUNDARY)
                continue;
            found = true;
            assert_true(advisory->time_to_go_s == 0.0);
            assert_string_equal(advisory->text, cases[i].text);
        }
        assert_true(found);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain__a_cliff_by_its_time__is_warned_of_as_the_contract_says),
        cmocka_unit_test(terrain__only_low_soon_and_nominal_later__is_the_more_severe),
        cmocka_unit_test(terrain__only_the_low_clearance__is_a_caution),
        cmocka_unit_test(terrain__a_landing_that_the_motion_explains__is_an_info),
        cmocka_unit_test(terrain__standing_on_the_ground_without_saying_so__is_silent),
        cmocka_unit_test(obstacle__by_its_time_its_height_and_its_accuracy),
        cmocka_unit_test(obstacle__only_low_soon_and_nominal_later__is_the_more_severe),
        cmocka_unit_test(obstacle__unknown_top_balloon_or_withdrawn),
        cmocka_unit_test(agl__by_its_time_and_over_unknown_ground),
        cmocka_unit_test(quality__layers_that_catch_up_are_said),
        cmocka_unit_test(weather__against_the_limits__an_extreme_is_not_the_present),
        cmocka_unit_test(boundary__leaving_the_region__by_its_time_and_by_the_end_of_service),
        cmocka_unit_test(boundary__outside_already__says_how_far_now),
    };
    return cmocka_run_group_tests_name("fusion/reason", tests, NULL, NULL);
}
