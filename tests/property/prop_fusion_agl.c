// SPDX-License-Identifier: Apache-2.0
// Segments that are clear by their lowest ground are passed over: the same advisories as by
// every place ahead.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/context/context_build.h"
#include "fusion/reason/reasoners.h"
#include "tests/support/same_advisories.h"
#include "tests/support/scene.h"

#define NOW_US INT64_C(1700000000000000)
enum { FLIGHTS = 6000 };

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};

static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

// Between 110 and 230 m; single cells and whole patches are not known.
static uint16_t hills(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    uint32_t hash = (row * UINT32_C(2654435761)) ^ (column * UINT32_C(2246822519));
    hash ^= hash >> 15;
    if ((row / 40 % 5 == 1 && column / 40 % 4 == 2) || hash % 2048 == 0)
        return GEO_CELL_UNKNOWN;
    return (uint16_t)(4600 + 160 * sin(row * 0.11) * cos(column * 0.07) + (double)(hash % 160));
}

static struct fusion_aircraft any_flight(void)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    double speed_mps = uniform(0.0, 1.0) < 0.1 ? 0.0 : uniform(2.0, 30.0);
    double course_rad = uniform(0.0, 6.283185307);
    aircraft.limits.look_ahead_s = uniform(20.0, 90.0);
    aircraft.limits.climb_max_mps = uniform(1.0, 8.0);
    aircraft.limits.descent_max_mps = uniform(1.0, 8.0);
    aircraft.limits.agl_max_set = true;
    aircraft.fix = (struct fusion_fix){
        .position = {centre.lat_deg + uniform(-0.02, 0.02),
                     centre.lon_deg + uniform(-0.03, 0.03)},
        .time_utc_us = NOW_US,
        .horizontal_acc95_m = uniform(0.01, 5.0),
        .amsl = {uniform(0.0, 1.0) < 0.97, uniform(200.0, 300.0), 2.0},
        .velocity_known = true,
        .velocity_north_mps = speed_mps * cos(course_rad),
        .velocity_east_mps = speed_mps * sin(course_rad),
        .velocity_up_known = true,
        .velocity_up_mps = uniform(0.0, 1.0) < 0.4 ? 0.0 : uniform(-3.0, 3.0),
    };
    // about as much as the flight is over its lowest ground
    aircraft.limits.agl_max_m = aircraft.fix.amsl.m - uniform(100.0, 170.0);
    return aircraft;
}

static void any_plan(const struct fusion_aircraft *aircraft, struct fusion_plan *plan)
{
    struct geo_point at = aircraft->fix.position;
    *plan = (struct fusion_plan){
        .valid_until_utc_us = INT64_MAX, .conformance_m = 20.0, .point_count = 6};
    for (uint32_t i = 0; i < plan->point_count; i++) {
        plan->points[i] = (struct fusion_plan_point){
            .lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
            .lon_e7 = (int32_t)lround(at.lon_deg * 1e7),
            .height = FUSION_PLAN_AMSL,
            .height_m = (float)(aircraft->fix.amsl.m + uniform(-20.0, 20.0)),
            .speed_mps = 15.0F};
        if (uniform(0.0, 1.0) < 0.8) { // else up or down on the spot
            at.lat_deg += uniform(-0.002, 0.002);
            at.lon_deg += uniform(-0.003, 0.003);
        }
    }
}

static void reason_agl__clear_segments_passed_over__says_the_same(void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, hills, NULL, NULL);
    static struct fusion_context context, blind;
    static struct fusion_path path;
    static struct fusion_plan plan;
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    size_t raised = 0, clear = 0;
    for (int i = 0; i < FLIGHTS; i++) {
        struct fusion_aircraft aircraft = any_flight();
        if (uniform(0.0, 1.0) < 0.5) {
            any_plan(&aircraft, &plan);
            aircraft.plan = &plan;
        }
        fusion_context_build(builder, &scene->root, &aircraft, NOW_US, &context);
        fusion_context_way(builder, &scene->root, &aircraft, NOW_US, &path);
        blind = context;
        blind.look_ahead.segment_count = 0;
        struct fusion_view view = {.root = &scene->root,
                                   .aircraft = &aircraft,
                                   .context = &context,
                                   .path = &path,
                                   .now_utc_us = NOW_US};
        struct fusion_advisories passed = {.count = 0}, judged = {.count = 0};
        fusion_reason_agl(&view, &passed);
        view.context = &blind;
        fusion_reason_agl(&view, &judged);
        assert_same_advisories(&passed, &judged);
        raised += judged.count > 0;
        for (size_t k = 0; k < context.look_ahead.segment_count; k++)
            clear +=
                context.look_ahead.segments[k].ground_whole
                && path.nodes[0].amsl_m.value - context.look_ahead.segments[k].ground_min_amsl_m
                       < aircraft.limits.agl_max_m;
    }
    assert_in_range(raised, FLIGHTS / 10, FLIGHTS - FLIGHTS / 10);
    assert_true(clear > FLIGHTS);
    fusion_builder_close(builder);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reason_agl__clear_segments_passed_over__says_the_same)};
    return cmocka_run_group_tests_name("fusion/agl", tests, NULL, NULL);
}
