// SPDX-License-Identifier: Apache-2.0
// A zone that is clear of a segment's heights is not looked at there: what is said is the same
// as where nothing is known of the segments and every place is judged by its own ground.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/context/context_build.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/zone.h"
#include "tests/support/same_advisories.h"
#include "tests/support/scene.h"

#define NOW_US INT64_C(1700000000000000)

enum { FLIGHTS = 6000, VOLUMES = 20000 };

// By the border of two tiles.
static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.365};

static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

// Hills of 60 m, and here and there a place that nobody knows.
static uint16_t hills(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    if (row / 8 % 9 == 0 && column / 8 % 7 == 0)
        return GEO_CELL_UNKNOWN;
    return (uint16_t)(4600.0 + 120.0 * sin(column / 25.0) * cos(row / 30.0));
}

// The ground of the tile to the west is known less well.
static void vary_accuracy(struct scene *scene, const struct fusion_source *rough)
{
    enum { WEST = 3 };
    static uint16_t cells[GEO_CELLS_COUNT];
    memcpy(cells, scene->ground[WEST]->cells, sizeof cells);
    const struct geo_tile tile = scene->ground[WEST]->tile;
    fusion_tile_free(scene->ground[WEST]);
    assert_int_equal(
        fusion_tile_make(NULL, tile, cells, &rough, 1, NULL, NULL, &scene->ground[WEST]),
        DRF_OK);
    scene->ground_list[WEST] = scene->ground[WEST];
}

static struct geo_zone_limit any_limit(double about_amsl_m)
{
    const uint32_t reference = (uint32_t)uniform(0.0, 5.0); // enum geo_zone_reference
    const double ground_m = reference == GEO_ZONE_AGL ? 150.0 : 0.0;
    return (struct geo_zone_limit){.m = reference == GEO_ZONE_UNLIMITED
                                            ? 0.0
                                            : about_amsl_m - ground_m + uniform(-60.0, 60.0),
                                   .reference = reference};
}

static struct fusion_aircraft any_flight(void)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    const double speed_mps = uniform(0.0, 1.0) < 0.2 ? 0.0 : uniform(2.0, 25.0);
    const double course = uniform(0.0, 6.283185307);
    aircraft.fix = (struct fusion_fix){
        .position = centre,
        .time_utc_us = NOW_US,
        .horizontal_acc95_m = uniform(0.5, 20.0),
        .amsl = {true, uniform(160.0, 300.0), uniform(0.01, 10.0)},
        .pressure = {uniform(0.0, 1.0) < 0.7, uniform(160.0, 300.0), 3.0},
        .velocity_known = true,
        .velocity_north_mps = speed_mps * sin(course),
        .velocity_east_mps = speed_mps * cos(course),
        .velocity_up_known = uniform(0.0, 1.0) < 0.5,
        .velocity_up_mps = uniform(-3.0, 3.0),
    };
    return aircraft;
}

// Turns now and then, at other heights; a step up or down at a corner is on the spot.
static void any_plan(const struct fusion_aircraft *aircraft, struct fusion_plan *plan)
{
    struct geo_point at = aircraft->fix.position;
    plan->valid_from_utc_us = 0;
    plan->valid_until_utc_us = INT64_MAX;
    plan->conformance_m = 20.0;
    plan->point_count = 5;
    for (uint32_t i = 0; i < plan->point_count; i++) {
        plan->points[i] = (struct fusion_plan_point){
            .lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
            .lon_e7 = (int32_t)lround(at.lon_deg * 1e7),
            .height = FUSION_PLAN_AMSL,
            .height_m = (float)(aircraft->fix.amsl.m + uniform(-60.0, 60.0)),
            .speed_mps = 15.0F};
        at.lat_deg += uniform(-0.002, 0.002);
        at.lon_deg += uniform(-0.003, 0.003);
    }
}

static void reason_zone__clear_segments_passed_over__says_the_same(void **unused)
{
    (void)unused;
    struct scene *scene = scene_open(centre, hills, NULL, NULL);
    static struct fusion_context context, blind;
    static struct fusion_path path;
    struct fusion_plan *plan = calloc(1, sizeof *plan);
    struct fusion_builder *builder;
    assert_non_null(plan);
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    struct geo_zone zone = {.id = "Z", .restriction = GEO_ZONE_PROHIBITED, .volume_count = 1};
    struct geo_zone_volume volume;
    const struct fusion_source source = scene_source("zones", 0.0, 0.0);
    struct fusion_zone fused = {.view = {.zone = &zone, .volumes = &volume}, .source = &source};
    const struct fusion_zone *list[1] = {&fused};
    const struct fusion_zone_bucket all = {.count = 1, .zones = list};
    scene->root.zones_all = &all;
    const struct fusion_source rough = scene_source("ground", 30.0, 30.0);
    vary_accuracy(scene, &rough);
    size_t raised = 0;
    for (int i = 0; i < FLIGHTS; i++) {
        struct fusion_aircraft aircraft = any_flight();
        if (uniform(0.0, 1.0) < 0.5) {
            any_plan(&aircraft, plan);
            aircraft.plan = plan;
        }
        volume = (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE,
                                          .centre = {centre.lat_deg + uniform(-0.004, 0.004),
                                                     centre.lon_deg + uniform(-0.006, 0.006)},
                                          .radius_m = uniform(20.0, 400.0),
                                          .lower = any_limit(aircraft.fix.amsl.m - 50.0),
                                          .upper = any_limit(aircraft.fix.amsl.m)};
        fused.bounds = geo_zone_bounds(&fused.view);
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
        fusion_reason_zone(&view, &passed);
        view.context = &blind;
        fusion_reason_zone(&view, &judged);
        assert_same_advisories(&passed, &judged);
        raised += judged.count;
    }
    assert_in_range(raised, FLIGHTS / 10, FLIGHTS - FLIGHTS / 10);
    fusion_builder_close(builder);
    free(plan);
    scene_close(scene);
}

static struct fusion_zone_height height_between(const struct fusion_zone_height *a,
                                                const struct fusion_zone_height *b)
{
    struct fusion_zone_height height = *a;
    height.amsl_m.value = uniform(a->amsl_m.value, b->amsl_m.value);
    height.agl_m.value = uniform(a->agl_m.value, b->agl_m.value);
    height.pressure_m.value = uniform(a->pressure_m.value, b->pressure_m.value);
    return height;
}

static void zone_clear__any_height_between__is_outside(void **unused)
{
    (void)unused;
    size_t clear = 0;
    for (int i = 0; i < VOLUMES; i++) {
        const struct geo_zone_volume volume = {.lower = any_limit(200.0),
                                               .upper = any_limit(250.0)};
        const double low_m = uniform(100.0, 300.0), more_m = uniform(0.0, 50.0);
        const struct fusion_zone_height lowest = {
            .amsl_m = {uniform(0.0, 1.0) < 0.8, low_m},
            .agl_m = {uniform(0.0, 1.0) < 0.8, low_m - uniform(100.0, 180.0)},
            .pressure_m = {uniform(0.0, 1.0) < 0.8, low_m + uniform(-30.0, 30.0)},
            .geoid_m = {uniform(0.0, 1.0) < 0.8, -36.0},
            .amsl_acc95_m = 4.0,
            .agl_acc95_m = 6.0,
            .pressure_acc95_m = 3.0};
        struct fusion_zone_height highest = lowest;
        highest.amsl_m.value += more_m;
        highest.agl_m.value += more_m;
        highest.pressure_m.value += more_m;
        if (!fusion_zone_clear(&volume, &lowest, &highest))
            continue;
        clear++;
        for (int k = 0; k < 20; k++) {
            const struct fusion_zone_height height = height_between(&lowest, &highest);
            bool degraded;
            assert_int_equal(fusion_zone_vertical(&volume, &height, &degraded),
                             FUSION_ZONE_OUTSIDE);
        }
    }
    assert_in_range(clear, VOLUMES / 20, VOLUMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reason_zone__clear_segments_passed_over__says_the_same),
        cmocka_unit_test(zone_clear__any_height_between__is_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
