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
#include "tests/support/scene.h"

static const struct geo_point toronto = {.lat_deg = 43.65, .lon_deg = -79.38};

#define NOW_US INT64_C(1700000000000000)
#define SPEED_MPS 20.0

enum {
    WARNING = FUSION_SEVERITY_WARNING,
    CAUTION = FUSION_SEVERITY_CAUTION,
    INFO = 3,
    NONE = 0
};

static uint16_t flat(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4400; // 100 m
}

static uint16_t nothing(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return GEO_CELL_UNKNOWN;
}

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

// Eastward at 20 m/s, 60 m over ground that is 100 m, and good to decimetres.
static struct fusion_aircraft eastward(void)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    aircraft.limits.look_ahead_s = 90.0;
    aircraft.fix.position = toronto;
    aircraft.fix.time_utc_us = NOW_US;
    aircraft.fix.horizontal_acc95_m = 1.0;
    aircraft.fix.amsl = (struct fusion_altitude){true, 160.0, 0.5};
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = SPEED_MPS;
    aircraft.fix.velocity_acc95_mps = 0.01;
    return aircraft;
}

static struct fusion_context look(const struct scene *scene,
                                  const struct fusion_aircraft *aircraft)
{
    struct fusion_builder *builder;
    struct fusion_context context;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    fusion_context_build(builder, &scene->root, aircraft, NOW_US, &context);
    fusion_builder_close(builder);
    return context;
}

// The severity of the first of a kind, 0: none.
static int severity(const struct scene *scene, const struct fusion_aircraft *aircraft,
                    enum fusion_advisory_kind kind)
{
    struct fusion_context context = look(scene, aircraft);
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == kind)
            return (int)context.advisories.items[i].severity;
    return NONE;
}

static void assert_severity(const struct scene *scene, const struct fusion_aircraft *aircraft,
                            enum fusion_advisory_kind kind, int expected, size_t row)
{
    int got = severity(scene, aircraft, kind);
    if (got != expected)
        fail_msg("kind %d, row %zu: severity %d, not %d", (int)kind, row, got, expected);
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

static struct geo_point at(double east_m, double north_m)
{
    struct geo_frame frame = geo_frame_at(toronto);
    return geo_frame_point(&frame, (struct geo_offset){east_m, north_m});
}

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
                                     .horizontal_acc95_m = 1.0};
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
        other->amsl_acc95_m = 5.0;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain__a_cliff_by_its_time__is_warned_of_as_the_contract_says),
        cmocka_unit_test(terrain__only_low_soon_and_nominal_later__is_the_more_severe),
        cmocka_unit_test(terrain__only_the_low_clearance__is_a_caution),
        cmocka_unit_test(terrain__a_landing_that_the_motion_explains__is_an_info),
        cmocka_unit_test(obstacle__by_its_time_its_height_and_its_accuracy),
        cmocka_unit_test(obstacle__only_low_soon_and_nominal_later__is_the_more_severe),
        cmocka_unit_test(obstacle__unknown_top_balloon_or_withdrawn),
        cmocka_unit_test(agl__by_its_time_and_over_unknown_ground),
        cmocka_unit_test(quality__layers_that_catch_up_are_said),
        cmocka_unit_test(weather__against_the_limits__an_extreme_is_not_the_present),
        cmocka_unit_test(boundary__leaving_the_region__by_its_time_and_by_the_end_of_service),
        cmocka_unit_test(traffic__by_the_closest_approach_in_time_and_distance),
        cmocka_unit_test(traffic__heights_in_other_frames__are_compared_as_far_as_they_can_be),
        cmocka_unit_test(traffic__along_a_plan_of_unknown_height__is_judged_across_and_says_so),
    };
    return cmocka_run_group_tests_name("fusion/reason", tests, NULL, NULL);
}
