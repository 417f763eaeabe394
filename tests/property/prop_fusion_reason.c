// SPDX-License-Identifier: Apache-2.0
// Advisories are sound and complete outside a guard band: random flights over an analytic world
// against a brute force that shares nothing with the reasoners but the geometry of a plane.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_build.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

#define NOW_US INT64_C(1700000000000000)
#define LIMIT_M 15.0
#define HORIZON_S 60.0

enum {
    TERRAIN_FLIGHTS = 400,
    OBSTACLE_FLIGHTS = 2000,
    TRAFFIC_FLIGHTS = 4000,
    DESCENTS = 4000
};

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};

static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

// Metres east and north on a plane that is right to 0.2 % over this scene.
#define NORTH_M_PER_DEG 111105.0
#define EAST_M_PER_DEG 80682.0

// Rolling hills, nowhere steeper than 0.09: 60 m high over 800 m.
static double hills_m(double east_m, double north_m)
{
    return 150.0 + 30.0 * sin(east_m / 500.0) * cos(north_m / 600.0);
}
#define STEEPEST 0.09

static uint16_t cell(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    double per_deg = 4096.0 * 256.0 / 180.0;
    double lon = (column + 0.5) / per_deg - 180.0, lat = 90.0 - (row + 0.5) / per_deg;
    double height_m = hills_m((lon - centre.lon_deg) * EAST_M_PER_DEG,
                              (lat - centre.lat_deg) * NORTH_M_PER_DEG);
    return (uint16_t)floor((height_m + 1000.0) * 4.0 + 0.5);
}

struct flight {
    struct fusion_aircraft aircraft;
    double east_mps, north_mps, up_mps, amsl_m;
};

static struct flight random_flight(double low_m, double high_m)
{
    struct flight f = {.amsl_m = uniform(low_m, high_m), .up_mps = uniform(-1.0, 1.0)};
    double speed_mps = uniform(5.0, 25.0), course = uniform(0.0, 6.283185307);
    f.east_mps = speed_mps * sin(course);
    f.north_mps = speed_mps * cos(course);
    f.aircraft.limits = fusion_limits_default();
    f.aircraft.limits.look_ahead_s = HORIZON_S;
    f.aircraft.fix = (struct fusion_fix){
        .position = centre,
        .time_utc_us = NOW_US,
        .horizontal_acc95_m = 1.0,
        .amsl = {true, f.amsl_m, 0.01},
        .velocity_known = true,
        .velocity_north_mps = f.north_mps,
        .velocity_east_mps = f.east_mps,
        .velocity_up_known = true,
        .velocity_up_mps = f.up_mps,
        .velocity_acc95_mps = 0.001,
    };
    return f;
}

// The first of a kind; severity 0: none.
static struct fusion_advisory find(struct fusion_builder *builder, const struct scene *scene,
                                   const struct flight *flight, enum fusion_advisory_kind kind)
{
    static struct fusion_context context;
    fusion_context_build(builder, &scene->root, &flight->aircraft, NOW_US, &context);
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == kind)
            return context.advisories.items[i];
    return (struct fusion_advisory){.severity = 0};
}

// The first second at which the clearance over the analytic hills is below `limit_m` anywhere
// within `wide_m` of the path; negative: never.
static double first_low(const struct flight *f, double limit_m, double wide_m)
{
    double speed_mps = hypot(f->east_mps, f->north_mps);
    double right_e = f->north_mps / speed_mps, right_n = -f->east_mps / speed_mps;
    double until_s = fmax(HORIZON_S, 150.0 / speed_mps);
    for (double t = 0.0; t <= until_s; t += 0.1)
        for (double side = -wide_m; side <= wide_m; side += wide_m / 4.0) {
            double up_m = f->amsl_m + f->up_mps * fmin(t, HORIZON_S);
            double h =
                hills_m(f->east_mps * t + right_e * side, f->north_mps * t + right_n * side);
            if (up_m - h < limit_m)
                return t;
        }
    return -1.0;
}

static void terrain__random_flights__sound_and_complete_outside_the_band(void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, cell, NULL, NULL);
    scene->surface_source.vertical_acc95_m = 0.01;
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    int raised = 0, silent = 0;
    // A cell is 19 m: what counts at a place may stand two cells off, so much higher.
    double band_m = 2.0 * 24.0 * STEEPEST + 0.5;
    for (int i = 0; i < TERRAIN_FLIGHTS; i++) {
        struct flight f = random_flight(160.0, 230.0);
        double speed_mps = hypot(f.east_mps, f.north_mps);
        // a part of a segment, two cells, and what rounding the plane costs
        double band_s = (60.0 + 0.125 * speed_mps * HORIZON_S * 0.25) / speed_mps;
        struct fusion_advisory a = find(builder, scene, &f, FUSION_ADVISORY_TERRAIN);
        double sure_s = first_low(&f, LIMIT_M - band_m, 2.0);
        double perhaps_s = first_low(&f, LIMIT_M + band_m, 30.0);
        if (a.severity != 0) {
            raised++;
            if (perhaps_s < 0.0 || a.time_to_go_s < perhaps_s - band_s)
                fail_msg("flight %d: raised for %.1f s, true not before %.1f s", i,
                         a.time_to_go_s, perhaps_s);
        } else {
            silent++;
        }
        if (sure_s >= 0.0 && (a.severity == 0 || a.time_to_go_s > sure_s + 0.2))
            fail_msg("flight %d: violated in %.1f s, told %.1f s", i, sure_s, a.time_to_go_s);
        if (sure_s >= 0.0 && sure_s <= 14.5 && a.severity != FUSION_SEVERITY_WARNING)
            fail_msg("flight %d: in %.1f s, severity %d", i, sure_s, (int)a.severity);
    }
    assert_true(raised > TERRAIN_FLIGHTS / 10 && silent > TERRAIN_FLIGHTS / 10);
    fusion_builder_close(builder);
    scene_close(scene);
}

static uint16_t sea(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4000; // 0 m
}

// The first second within `wide_m` of a mast and less than `limit_m` over it.
static double first_mast(const struct flight *f, double east_m, double north_m, double top_m,
                         double limit_m, double wide_m)
{
    for (double t = 0.0; t <= HORIZON_S; t += 0.01) {
        double d = hypot(f->east_mps * t - east_m, f->north_mps * t - north_m);
        if (d <= wide_m && f->amsl_m + f->up_mps * t - top_m < limit_m)
            return t;
    }
    return -1.0;
}

static void obstacle__random_masts__sound_and_complete_outside_the_band(void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, sea, NULL, NULL);
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    int raised = 0;
    struct geo_obstacle *mast = scene_obstacle(scene, "mast", centre, 0.0);
    for (int i = 0; i < OBSTACLE_FLIGHTS; i++) {
        struct flight f = random_flight(100.0, 200.0);
        double t = uniform(0.0, 70.0), side = uniform(-120.0, 120.0);
        double speed_mps = hypot(f.east_mps, f.north_mps);
        double east_m = f.east_mps * t + f.north_mps / speed_mps * side;
        double north_m = f.north_mps * t - f.east_mps / speed_mps * side;
        double top_m = uniform(60.0, 220.0);
        mast->horizontal_acc95_m = uniform(1.0, 80.0);
        mast->position =
            (struct geo_point){.lat_deg = centre.lat_deg + north_m / NORTH_M_PER_DEG,
                               .lon_deg = centre.lon_deg + east_m / EAST_M_PER_DEG};
        scene->fused[0].top_amsl_m = top_m;
        double wide_m = 2.0 + mast->horizontal_acc95_m;
        struct fusion_advisory a = find(builder, scene, &f, FUSION_ADVISORY_OBSTACLE);
        // 0.2 % of 1.5 km by the plane, 2 m by the step
        double sure_s = first_mast(&f, east_m, north_m, top_m, LIMIT_M - 0.1, wide_m - 4.0);
        double perhaps_s = first_mast(&f, east_m, north_m, top_m, LIMIT_M + 0.1, wide_m + 4.0);
        raised += a.severity != 0;
        if (a.severity != 0 && (perhaps_s < 0.0 || a.time_to_go_s < perhaps_s - 1.0))
            fail_msg("flight %d: raised for %.2f s, true not before %.2f s", i, a.time_to_go_s,
                     perhaps_s);
        if (sure_s >= 0.0 && (a.severity == 0 || a.time_to_go_s > sure_s + 1.0))
            fail_msg("flight %d: in %.2f s, told %.2f s", i, sure_s, a.time_to_go_s);
    }
    assert_true(raised > OBSTACLE_FLIGHTS / 10 && raised < OBSTACLE_FLIGHTS * 9 / 10);
    fusion_builder_close(builder);
    scene_close(scene);
}

static double first_encounter(const struct flight *f, const struct flight *other, double east_m,
                              double north_m, double across_m, double up_m)
{
    for (double t = 0.0; t <= HORIZON_S; t += 0.01) {
        double d = hypot(east_m + (other->east_mps - f->east_mps) * t,
                         north_m + (other->north_mps - f->north_mps) * t);
        double dz = other->amsl_m - f->amsl_m + (other->up_mps - f->up_mps) * t;
        if (d <= across_m && fabs(dz) <= up_m)
            return t;
    }
    return -1.0;
}

static void traffic__random_encounters__sound_and_complete_outside_the_band(void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, sea, NULL, NULL);
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    static struct fusion_surroundings around;
    int nominal = 0, warned = 0;
    for (int i = 0; i < TRAFFIC_FLIGHTS; i++) {
        struct flight f = random_flight(100.0, 130.0), other = random_flight(100.0, 130.0);
        // somewhere near where they would meet
        double t = uniform(0.0, 70.0);
        double east_m = (f.east_mps - other.east_mps) * t + uniform(-40.0, 40.0);
        double north_m = (f.north_mps - other.north_mps) * t + uniform(-40.0, 40.0);
        around = (struct fusion_surroundings){.neighbour_count = 1};
        around.neighbours[0] = (struct fusion_neighbour){
            .traffic_id = "other",
            .position = {.lat_deg = centre.lat_deg + north_m / NORTH_M_PER_DEG,
                         .lon_deg = centre.lon_deg + east_m / EAST_M_PER_DEG},
            .time_utc_us = NOW_US,
            .amsl_known = true,
            .velocity_known = true,
            .amsl_m = other.amsl_m,
            .amsl_acc95_m = 0.01,
            .velocity_north_mps = other.north_mps,
            .velocity_east_mps = other.east_mps,
            .velocity_up_mps = other.up_mps,
            .radius_m = 1.0,
            .horizontal_acc95_m = 1.0,
        };
        f.aircraft.around = &around;
        struct fusion_advisory a = find(builder, scene, &f, FUSION_ADVISORY_TRAFFIC);
        // 17 m across nominally, 19 m and a little with accuracies; the plane is right to 6 m
        double sure_s = first_encounter(&f, &other, east_m, north_m, 11.0, LIMIT_M - 0.1);
        double perhaps_s = first_encounter(&f, &other, east_m, north_m, 27.0, LIMIT_M + 0.2);
        nominal += sure_s >= 0.0;
        warned += a.severity == FUSION_SEVERITY_WARNING;
        if (a.severity != 0 && (perhaps_s < 0.0 || a.time_to_go_s < perhaps_s - 0.1))
            fail_msg("encounter %d: raised for %.2f s, true not before %.2f s", i,
                     a.time_to_go_s, perhaps_s);
        if (sure_s >= 0.0 && (a.severity == 0 || a.time_to_go_s > sure_s + 0.1))
            fail_msg("encounter %d: in %.2f s, told %.2f s, severity %d", i, sure_s,
                     a.time_to_go_s, (int)a.severity);
        if (a.severity == FUSION_SEVERITY_WARNING && perhaps_s > 15.1)
            fail_msg("encounter %d: WARNING for %.2f s", i, perhaps_s);
        if (sure_s >= 0.0 && sure_s <= 14.9 && a.severity != FUSION_SEVERITY_WARNING)
            fail_msg("encounter %d: in %.2f s, severity %d", i, sure_s, (int)a.severity);
    }
    assert_true(nominal > TRAFFIC_FLIGHTS / 50 && warned > TRAFFIC_FLIGHTS / 200);
    fusion_builder_close(builder);
    scene_close(scene);
}

// A flight over the highest hill, sinking or along a plan whose points lie anywhere, some of
// them below the ground; how fast it changes its height at most.
struct descent {
    struct flight flight;
    struct fusion_plan plan;
    bool planned;
    double up_mps, down_mps;
};

static void random_descent(struct descent *d)
{
    d->flight = random_flight(200.0, 320.0);
    struct fusion_aircraft *aircraft = &d->flight.aircraft;
    aircraft->fix.velocity_up_mps = uniform(-10.0, 1.0);
    if (uniform(0.0, 1.0) < 0.3)
        aircraft->fix.velocity_north_mps = aircraft->fix.velocity_east_mps = 0.0;
    aircraft->limits.climb_max_mps = uniform(1.0, 8.0);
    aircraft->limits.descent_max_mps = uniform(1.0, 8.0);
    aircraft->limits.agl_max_set = true;
    aircraft->limits.agl_max_m = uniform(200.0, 300.0);
    d->plan = (struct fusion_plan){
        .valid_until_utc_us = INT64_MAX, .conformance_m = 1000.0, .point_count = 4};
    double east_m = uniform(-300.0, 100.0), north_m = uniform(-100.0, 100.0);
    for (uint32_t i = 0; i < d->plan.point_count; i++) {
        if (uniform(0.0, 1.0) < 0.7) { // else up or down on the spot
            east_m += uniform(0.0, 300.0);
            north_m += uniform(-200.0, 200.0);
        }
        d->plan.points[i] = (struct fusion_plan_point){
            .lat_e7 = (int32_t)lround((centre.lat_deg + north_m / NORTH_M_PER_DEG) * 1e7),
            .lon_e7 = (int32_t)lround((centre.lon_deg + east_m / EAST_M_PER_DEG) * 1e7),
            .height_m = (float)uniform(100.0, 420.0),
            .height = FUSION_PLAN_AMSL,
            .speed_mps = (float)uniform(3.0, 20.0)};
    }
    d->planned = uniform(0.0, 1.0) < 0.5;
    aircraft->plan = d->planned ? &d->plan : NULL;
    double said_mps = aircraft->fix.velocity_up_mps;
    d->up_mps = fmax(said_mps, d->planned ? aircraft->limits.climb_max_mps : 0.0);
    d->down_mps = fmax(-said_mps, d->planned ? aircraft->limits.descent_max_mps : 0.0);
}

// No sooner than it can be that low, or that high.
static void assert_possible(const struct descent *d, int i, const struct fusion_advisory *a,
                            double top_m)
{
    double amsl_m = d->flight.amsl_m, least_s = 0.0;
    if (a->kind == FUSION_ADVISORY_TERRAIN) // hills reach 180 m
        least_s = (amsl_m - 180.3 - LIMIT_M) / d->down_mps;
    else if (a->kind == FUSION_ADVISORY_OBSTACLE)
        least_s = (amsl_m - top_m - LIMIT_M - 0.1) / d->down_mps;
    else if (a->kind == FUSION_ADVISORY_ALTITUDE_LIMIT) // and down to 120 m
        least_s = (a->limit + 119.7 - amsl_m) / d->up_mps;
    if (a->time_to_go_known && a->time_to_go_s < least_s - 0.05)
        fail_msg("descent %d: kind %d told in %.2f s, not possible before %.2f s", i,
                 (int)a->kind, a->time_to_go_s, least_s);
}

// No clearance below 0 stems from a descent, and nothing is told of sooner than it can be
// reached: no time to go of 0 for what is not there yet.
static void descent__random_plans_and_speeds__nothing_below_0_and_nothing_too_soon(
    void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, cell, NULL, NULL);
    scene->surface_source.vertical_acc95_m = 0.01;
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    struct geo_obstacle *mast = scene_obstacle(scene, "mast", centre, 0.0);
    static struct fusion_context context;
    static struct descent d;
    unsigned told[32] = {0};
    for (int i = 0; i < DESCENTS; i++) {
        random_descent(&d);
        double top_m = uniform(185.0, 199.0);
        mast->horizontal_acc95_m = 5.0;
        mast->position = (struct geo_point){centre.lat_deg + uniform(-0.001, 0.001),
                                            centre.lon_deg + uniform(-0.002, 0.002)};
        scene->fused[0].top_amsl_m = top_m;
        fusion_context_build(builder, &scene->root, &d.flight.aircraft, NOW_US, &context);
        for (size_t k = 0; k < context.look_ahead.segment_count; k++) {
            const struct fusion_segment *s = &context.look_ahead.segments[k];
            if (s->clearance_min_m.known && s->clearance_min_m.value < -0.3)
                fail_msg("descent %d: clearance %.2f m", i, s->clearance_min_m.value);
        }
        for (size_t k = 0; k < context.advisories.count; k++) {
            const struct fusion_advisory *a = &context.advisories.items[k];
            told[a->kind]++;
            assert_possible(&d, i, a, top_m);
            // a plan may lead down beside a mast, whose top is then above it
            bool beside = a->kind == FUSION_ADVISORY_OBSTACLE && d.planned;
            bool clearance =
                a->kind == FUSION_ADVISORY_TERRAIN || a->kind == FUSION_ADVISORY_OBSTACLE;
            if (clearance && !beside && a->value < -0.3)
                fail_msg("descent %d: kind %d, %.2f m", i, (int)a->kind, a->value);
        }
    }
    assert_true(told[FUSION_ADVISORY_TERRAIN] > DESCENTS / 10
                && told[FUSION_ADVISORY_OBSTACLE] > DESCENTS / 20
                && told[FUSION_ADVISORY_ALTITUDE_LIMIT] > DESCENTS / 50);
    fusion_builder_close(builder);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain__random_flights__sound_and_complete_outside_the_band),
        cmocka_unit_test(obstacle__random_masts__sound_and_complete_outside_the_band),
        cmocka_unit_test(traffic__random_encounters__sound_and_complete_outside_the_band),
        cmocka_unit_test(
            descent__random_plans_and_speeds__nothing_below_0_and_nothing_too_soon),
    };
    return cmocka_run_group_tests_name("fusion/reason", tests, NULL, NULL);
}
