// SPDX-License-Identifier: Apache-2.0
// Zones ahead of an aircraft and around it, over flat ground at 100 m AMSL.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"
#include "tests/support/near.h"
#include "tests/support/scene.h"

#define SECOND INT64_C(1000000)

static const struct geo_point toronto = {.lat_deg = 43.65, .lon_deg = -79.38};

// WGS 84 at 43.65 N
#define NORTH_M_PER_DEG 111106.0
#define EAST_M_PER_DEG 80700.0

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

// One zone in every bucket around, as the set of zones would publish it.
struct stage {
    struct scene *scene;
    struct {
        struct geo_zone zone;
        struct geo_zone_volume volumes[2];
        struct geo_zone_period period;
    } words;
    struct fusion_source source;
    struct fusion_zone zone;
    const struct fusion_zone *list[1];
    struct fusion_zone_bucket bucket;
    const struct fusion_zone_bucket *buckets[9];
};

static struct geo_point east_of(double east_m)
{
    return (struct geo_point){toronto.lat_deg, toronto.lon_deg + east_m / EAST_M_PER_DEG};
}

// A circle of 200 m up to 120 m over the ground, so far to the east.
static void stage_open(struct stage *stage, scene_cell_fn ground, double east_m)
{
    memset(stage, 0, sizeof *stage);
    stage->scene = scene_open(toronto, ground, NULL, NULL);
    stage->source = scene_source("zones", 0.0, 0.0);
    struct geo_zone *zone = &stage->words.zone;
    memcpy(zone->id, "CHE:A", 6);
    memcpy(zone->name, "Concert", 8);
    zone->restriction = GEO_ZONE_PROHIBITED;
    zone->volume_count = 1;
    stage->words.volumes[0] =
        (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE,
                                 .centre = east_of(east_m),
                                 .radius_m = 200.0,
                                 .upper = {.m = 120.0, .reference = GEO_ZONE_AGL}};
    stage->zone =
        (struct fusion_zone){.view = {zone, stage->words.volumes, &stage->words.period, NULL},
                             .source = &stage->source};
    stage->zone.bounds = geo_zone_bounds(&stage->zone.view);
    stage->list[0] = &stage->zone;
    stage->bucket = (struct fusion_zone_bucket){.count = 1, .zones = stage->list};
    for (int i = 0; i < 9; i++)
        stage->buckets[i] = &stage->bucket;
    stage->scene->root.zones = stage->buckets;
    stage->scene->root.zones_all = &stage->bucket;
}

static void stage_close(struct stage *stage) { scene_close(stage->scene); }

static struct fusion_aircraft hovering(double agl_m)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default(),
                                       .fix.position = toronto};
    aircraft.fix.horizontal_acc95_m = 3.0;
    aircraft.fix.amsl = (struct fusion_altitude){true, 100.0 + agl_m, 3.0};
    return aircraft;
}

static struct fusion_aircraft flying_east(double mps, double agl_m)
{
    struct fusion_aircraft aircraft = hovering(agl_m);
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = mps;
    return aircraft;
}

// The advisory about the zone; found false: there is none.
struct told {
    bool found;
    struct fusion_advisory advisory;
};

static struct told tell(const struct stage *stage, const struct fusion_aircraft *aircraft,
                        int64_t now_utc_us)
{
    struct fusion_builder *builder;
    struct fusion_context *context = malloc(sizeof *context);
    struct told told = {.found = false};
    unsigned count = 0;
    assert_non_null(context);
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    fusion_context_build(builder, &stage->scene->root, aircraft, now_utc_us, context);
    for (size_t i = 0; i < context->advisories.count; i++)
        if (context->advisories.items[i].kind == FUSION_ADVISORY_ZONE) {
            told = (struct told){true, context->advisories.items[i]};
            count++;
        }
    assert_in_range(count, 0, 1); // one for a zone, however many buckets it is in
    fusion_builder_close(builder);
    free(context);
    return told;
}

static void zone__around_a_hovering_aircraft__is_a_warning_at_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 50.0);
    struct fusion_aircraft aircraft = hovering(50.0);
    struct told told = tell(&stage, &aircraft, SECOND);
    assert_true(told.found);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_WARNING);
    assert_int_equal(told.advisory.layer, FUSION_LAYER_ZONE);
    assert_near(told.advisory.time_to_go_s, 0.0, 0.0);
    assert_string_equal(told.advisory.feature_id, "CHE:A");
    assert_string_equal(told.advisory.source, "zones");
    assert_string_equal(told.advisory.text, "in PROHIBITED zone Concert");
    uint32_t id = told.advisory.advisory_id;
    aircraft.fix.position = east_of(10.0);
    assert_int_equal(tell(&stage, &aircraft, 2 * SECOND).advisory.advisory_id, id);
    memcpy(stage.words.zone.id, "CHE:B", 6);
    assert_int_not_equal(tell(&stage, &aircraft, 2 * SECOND).advisory.advisory_id, id);
    stage_close(&stage);
}

static void zone__above_or_beside__is_no_advisory(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 50.0);
    struct fusion_aircraft above = hovering(140.0);
    assert_false(tell(&stage, &above, SECOND).found);
    // only within the accuracies: the altitude's 3 m and the ground's 4 m
    struct fusion_aircraft close = hovering(123.0);
    struct told told = tell(&stage, &close, SECOND);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_CAUTION);
    stage_close(&stage);
    stage_open(&stage, flat, 400.0);
    struct fusion_aircraft beside = hovering(50.0);
    assert_false(tell(&stage, &beside, SECOND).found);
    stage_close(&stage);
}

static void zone__ahead__is_as_severe_as_its_time(void **state)
{
    (void)state;
    const struct {
        double edge_m, time_s;
        enum fusion_severity severity;
    } rows[] = {{100, 10, FUSION_SEVERITY_WARNING}, {300, 30, FUSION_SEVERITY_CAUTION}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage;
        stage_open(&stage, flat, rows[i].edge_m + 200.0);
        struct fusion_aircraft aircraft = flying_east(10.0, 50.0);
        struct told told = tell(&stage, &aircraft, SECOND);
        assert_true(told.found);
        assert_int_equal(told.advisory.severity, rows[i].severity);
        assert_near(told.advisory.time_to_go_s, rows[i].time_s, 2.0);
        assert_near((told.advisory.position.lon_deg - toronto.lon_deg) * EAST_M_PER_DEG,
                    rows[i].edge_m, 20.0);
        // away from it there is nothing
        aircraft.fix.velocity_east_mps = -10.0;
        assert_false(tell(&stage, &aircraft, SECOND).found);
        stage_close(&stage);
    }
}

static void zone__beyond_45_s__is_information(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 800.0);
    struct fusion_aircraft aircraft = flying_east(10.0, 50.0);
    aircraft.limits.look_ahead_s = 90.0;
    struct told told = tell(&stage, &aircraft, SECOND);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_INFO);
    assert_near(told.advisory.time_to_go_s, 60.0, 4.0);
    stage_close(&stage);
}

static void zone__small_and_grazed_by_the_corridor__is_not_passed_over(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 200.0);
    stage.words.volumes[0].radius_m = 1.0;
    stage.words.volumes[0].centre.lat_deg += 4.0 / NORTH_M_PER_DEG;
    stage.zone.bounds = geo_zone_bounds(&stage.zone.view);
    struct fusion_aircraft aircraft = flying_east(20.0, 50.0);
    struct told told = tell(&stage, &aircraft, SECOND);
    assert_true(told.found); // the half width is 4 m at the aircraft
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_CAUTION);
    stage_close(&stage);
}

static void zone__climbed_into__counts_from_where_the_path_meets_its_floor(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 0.0);
    stage.words.volumes[0].lower =
        (struct geo_zone_limit){.m = 70.0, .reference = GEO_ZONE_AGL};
    struct fusion_aircraft aircraft = hovering(50.0);
    assert_false(tell(&stage, &aircraft, SECOND).found);
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = 1.0;
    struct told told = tell(&stage, &aircraft, SECOND);
    assert_true(told.found);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_CAUTION);
    assert_near(told.advisory.time_to_go_s, 15.0, 8.0); // the accuracies reach it sooner
    stage_close(&stage);
}

// The moment follows from the heights alone: 3 m/s from 190 m to the limit.
static void zone__sunk_into__counts_from_when_the_path_meets_its_ceiling(void **state)
{
    (void)state;
    const struct {
        double east_m, radius_m, ceiling_amsl_m, east_mps, down_mps, time_s;
        enum fusion_severity severity;
    } cases[] = {
        // in it only between 293 m and 299 m, where it leaves the circle
        {100.0, 199.0, 146.05, 20.0, 3.0, 14.65, FUSION_SEVERITY_WARNING},
        // a slow one: 14.2 s are 21.3 m
        {0.0, 500.0, 175.8, 1.5, 1.0, 14.2, FUSION_SEVERITY_WARNING},
        // 78 m lower, 234 m on
        {0.0, 900.0, 112.0, 9.0, 3.0, 26.0, FUSION_SEVERITY_CAUTION},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        stage_open(&stage, flat, cases[i].east_m);
        stage.words.volumes[0].radius_m = cases[i].radius_m;
        stage.words.volumes[0].upper =
            (struct geo_zone_limit){.m = cases[i].ceiling_amsl_m, .reference = GEO_ZONE_AMSL};
        stage.zone.bounds = geo_zone_bounds(&stage.zone.view);
        struct fusion_aircraft aircraft = flying_east(cases[i].east_mps, 90.0);
        aircraft.fix.amsl.acc95_m = 0.5;
        aircraft.fix.velocity_up_known = true;
        aircraft.fix.velocity_up_mps = -cases[i].down_mps;
        struct told told = tell(&stage, &aircraft, SECOND);
        assert_true(told.found);
        assert_int_equal(told.advisory.severity, cases[i].severity);
        assert_near(told.advisory.time_to_go_s, cases[i].time_s, 0.1);
        stage_close(&stage);
    }
}

static void zone__of_a_milder_rule__is_a_milder_advisory(void **state)
{
    (void)state;
    const struct {
        uint32_t restriction;
        enum fusion_severity severity;
    } rows[] = {{GEO_ZONE_REQ_AUTHORISATION, FUSION_SEVERITY_CAUTION},
                {GEO_ZONE_CONDITIONAL, FUSION_SEVERITY_CAUTION},
                {GEO_ZONE_USPACE, FUSION_SEVERITY_CAUTION},
                {GEO_ZONE_NO_RESTRICTION, FUSION_SEVERITY_INFO},
                {GEO_ZONE_INFORMATION, FUSION_SEVERITY_INFO}};
    struct stage stage;
    stage_open(&stage, flat, 0.0);
    struct fusion_aircraft aircraft = hovering(50.0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stage.words.zone.restriction = rows[i].restriction;
        assert_int_equal(tell(&stage, &aircraft, SECOND).advisory.severity, rows[i].severity);
    }
    stage.words.zone.restriction = GEO_ZONE_PROHIBITED;
    aircraft.fix.on_ground = true;
    assert_int_equal(tell(&stage, &aircraft, SECOND).advisory.severity, FUSION_SEVERITY_INFO);
    stage_close(&stage);
}

static void zone__that_begins_later__counts_from_then_on(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 0.0);
    stage.words.zone.period_count = 1;
    stage.words.period =
        (struct geo_zone_period){.from_utc_us = 100 * SECOND, .until_utc_us = 200 * SECOND};
    struct fusion_aircraft aircraft = hovering(50.0);
    assert_false(tell(&stage, &aircraft, 40 * SECOND).found);
    struct told told = tell(&stage, &aircraft, 70 * SECOND);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_CAUTION);
    assert_near(told.advisory.time_to_go_s, 30.0, 0.01);
    assert_string_equal(told.advisory.text, "PROHIBITED zone Concert begins in 30 s");
    told = tell(&stage, &aircraft, 90 * SECOND);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_WARNING);
    told = tell(&stage, &aircraft, 100 * SECOND);
    assert_string_equal(told.advisory.text, "in PROHIBITED zone Concert");
    assert_false(tell(&stage, &aircraft, 200 * SECOND).found);
    stage_close(&stage);
}

static void zone__with_agl_limits_over_unknown_ground__applies_and_says_so(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, nothing, 0.0);
    struct fusion_aircraft aircraft = hovering(2000.0);
    struct told told = tell(&stage, &aircraft, SECOND);
    assert_true(told.found);
    assert_int_equal(told.advisory.severity, FUSION_SEVERITY_WARNING);
    assert_string_equal(told.advisory.text, "in PROHIBITED zone Concert, height uncertain");
    stage_close(&stage);
}

static void zone__of_two_volumes__is_one_advisory_by_the_worse(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 300.0);
    stage.words.zone.volume_count = 2;
    stage.words.volumes[1] = stage.words.volumes[0];
    stage.words.volumes[1].centre = east_of(0.0);
    stage.zone.bounds = geo_zone_bounds(&stage.zone.view);
    struct fusion_aircraft aircraft = hovering(50.0);
    assert_int_equal(tell(&stage, &aircraft, SECOND).advisory.severity,
                     FUSION_SEVERITY_WARNING);
    stage_close(&stage);
}

// Straight up from 30 m to 100 m at a point of the plan; the zone begins 80 m over the ground.
static void zone__over_a_climb_on_the_spot__by_the_time_that_it_takes(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, flat, 0.0);
    stage.words.volumes[0].lower =
        (struct geo_zone_limit){.m = 80.0, .reference = GEO_ZONE_AGL};
    struct fusion_aircraft aircraft = hovering(30.0);
    struct fusion_plan plan = {
        .valid_until_utc_us = INT64_MAX, .conformance_m = 50.0, .point_count = 3};
    for (int i = 0; i < 3; i++) {
        struct geo_point place = east_of(i == 0 ? -100.0 : 0.0);
        plan.points[i] =
            (struct fusion_plan_point){.lat_e7 = (int32_t)lround(place.lat_deg * 1e7),
                                       .lon_e7 = (int32_t)lround(place.lon_deg * 1e7),
                                       .height_m = i == 2 ? 200.0F : 130.0F,
                                       .height = FUSION_PLAN_AMSL,
                                       .speed_mps = 10.0F};
    }
    aircraft.plan = &plan;
    const struct {
        double climb_mps, time_s;
        enum fusion_severity severity;
    } cases[] = {{5.0, 10.0, FUSION_SEVERITY_WARNING}, {2.0, 25.0, FUSION_SEVERITY_CAUTION}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aircraft.limits.climb_max_mps = cases[i].climb_mps;
        struct told told = tell(&stage, &aircraft, 0);
        assert_true(told.found);
        assert_int_equal(told.advisory.severity, cases[i].severity);
        // found every 2 m; the altitude is good to 3 m, and the ground
        assert_true(told.advisory.time_to_go_s >= cases[i].time_s - 5.1 / cases[i].climb_mps);
        assert_true(told.advisory.time_to_go_s <= cases[i].time_s + 2.1 / cases[i].climb_mps);
    }
    stage_close(&stage);
}

// With every part there is, and a name of 95 bytes: the name is shortened, at a word.
static void zone__text__is_whole_but_for_a_long_name(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, nothing, 500.0);
    struct geo_zone *zone = &stage.words.zone;
    const char *name =
        "Temporary reserved airspace for the air display over the harbour and the "
        "old town, part twelve";
    memcpy(zone->name, name, strlen(name) + 1);
    zone->restriction = GEO_ZONE_REQ_AUTHORISATION;
    struct fusion_aircraft aircraft = flying_east(10.0, 50.0);
    struct told told = tell(&stage, &aircraft, 0);
    assert_true(told.found);
    const char *text = told.advisory.text, *begin = "REQ_AUTHORISATION zone Temporary reserved";
    assert_memory_equal(text, begin, strlen(begin));
    const char *cut = strstr(text, "...");
    assert_non_null(cut);
    size_t said = (size_t)(cut - text) - strlen("REQ_AUTHORISATION zone ");
    assert_memory_equal(text + strlen("REQ_AUTHORISATION zone "), name, said);
    assert_true(name[said] == ' ');
    unsigned time_s = 0;
    int end = 0;
    assert_int_equal(sscanf(cut, "... in %u s, height uncertain%n", &time_s, &end), 1);
    assert_int_equal(end, strlen(cut));
    assert_in_range(time_s, 25, 30); // 300 m at 10 m/s, less the accuracies
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone__around_a_hovering_aircraft__is_a_warning_at_once),
        cmocka_unit_test(zone__above_or_beside__is_no_advisory),
        cmocka_unit_test(zone__text__is_whole_but_for_a_long_name),
        cmocka_unit_test(zone__ahead__is_as_severe_as_its_time),
        cmocka_unit_test(zone__beyond_45_s__is_information),
        cmocka_unit_test(zone__small_and_grazed_by_the_corridor__is_not_passed_over),
        cmocka_unit_test(zone__climbed_into__counts_from_where_the_path_meets_its_floor),
        cmocka_unit_test(zone__sunk_into__counts_from_when_the_path_meets_its_ceiling),
        cmocka_unit_test(zone__of_a_milder_rule__is_a_milder_advisory),
        cmocka_unit_test(zone__that_begins_later__counts_from_then_on),
        cmocka_unit_test(zone__with_agl_limits_over_unknown_ground__applies_and_says_so),
        cmocka_unit_test(zone__of_two_volumes__is_one_advisory_by_the_worse),
        cmocka_unit_test(zone__over_a_climb_on_the_spot__by_the_time_that_it_takes),
    };
    return cmocka_run_group_tests_name("fusion/reason_zone", tests, NULL, NULL);
}
