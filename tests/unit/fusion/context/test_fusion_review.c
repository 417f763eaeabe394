// SPDX-License-Identifier: Apache-2.0
// Plans held against zones before they are flown, over flat ground at 100 m AMSL: each leg on
// its own, at its height, at the time it is flown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_build.h"
#include "fusion/context/review.h"
#include "tests/support/scene.h"

#define SECOND INT64_C(1000000)
#define EAST_M_PER_DEG 80700.0 // WGS 84 at 43.65 N

static const struct geo_point toronto = {.lat_deg = 43.65, .lon_deg = -79.38};

static uint16_t flat(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4400; // 100 m
}

// A prohibited circle of 200 m from 80 m to 150 m AMSL, 2,000 m to the east, and a plan of
// three legs of 1,500 m east at 10 m/s: the second, from 150 s to 300 s, goes through it.
struct stage {
    struct scene *scene;
    struct fusion_builder *builder;
    struct geo_zone words;
    struct geo_zone_volume volume;
    struct geo_zone_period period;
    struct fusion_source source;
    struct fusion_zone zone;
    const struct fusion_zone *list[1];
    struct fusion_zone_bucket bucket;
    const struct fusion_zone_bucket *buckets[9];
    struct fusion_plan plan;
    struct fusion_aircraft aircraft;
    struct fusion_review review;
};

static struct geo_point east_of(double east_m)
{
    return (struct geo_point){toronto.lat_deg, toronto.lon_deg + east_m / EAST_M_PER_DEG};
}

static void stage_open(struct stage *stage, float plan_amsl_m)
{
    memset(stage, 0, sizeof *stage);
    stage->scene = scene_open(toronto, flat, NULL, NULL);
    assert_int_equal(fusion_builder_open(&stage->builder), DRF_OK);
    stage->source = scene_source("zones", 0.0, 0.0);
    memcpy(stage->words.id, "CHE:A", 6);
    stage->words.restriction = GEO_ZONE_PROHIBITED;
    stage->words.volume_count = 1;
    stage->volume = (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE,
                                             .centre = east_of(2000.0),
                                             .radius_m = 200.0,
                                             .lower = {.m = 80.0, .reference = GEO_ZONE_AMSL},
                                             .upper = {.m = 150.0, .reference = GEO_ZONE_AMSL}};
    stage->zone =
        (struct fusion_zone){.view = {&stage->words, &stage->volume, &stage->period, NULL},
                             .source = &stage->source};
    stage->zone.bounds = geo_zone_bounds(&stage->zone.view);
    stage->list[0] = &stage->zone;
    stage->bucket = (struct fusion_zone_bucket){.count = 1, .zones = stage->list};
    for (int i = 0; i < 9; i++)
        stage->buckets[i] = &stage->bucket;
    stage->scene->root.zones = stage->buckets;
    stage->scene->root.zones_all = &stage->bucket;
    stage->plan = (struct fusion_plan){.plan_id = "p",
                                       .valid_until_utc_us = 10000 * SECOND,
                                       .conformance_m = FUSION_PLAN_CONFORMANCE_DEFAULT_M,
                                       .point_count = 4};
    for (int i = 0; i < 4; i++) {
        struct geo_point place = east_of(1500.0 * i);
        stage->plan.points[i] =
            (struct fusion_plan_point){.lat_e7 = (int32_t)lround(place.lat_deg * 1e7),
                                       .lon_e7 = (int32_t)lround(place.lon_deg * 1e7),
                                       .height_m = plan_amsl_m,
                                       .height = FUSION_PLAN_AMSL,
                                       .speed_mps = 10.0F};
    }
    stage->aircraft = (struct fusion_aircraft){
        .limits = fusion_limits_default(), .fix.position = toronto, .plan = &stage->plan};
    stage->aircraft.fix.horizontal_acc95_m = 3.0;
    stage->aircraft.fix.amsl = (struct fusion_altitude){true, (double)plan_amsl_m, 3.0};
}

static void stage_close(struct stage *stage)
{
    fusion_builder_close(stage->builder);
    scene_close(stage->scene);
}

// The legs with a conflict by a zone, one bit each; *severity of the last of them.
static unsigned zone_legs(struct stage *stage, enum fusion_severity *severity)
{
    unsigned legs = 0;
    fusion_review_plan(stage->builder, &stage->scene->root, &stage->aircraft, SECOND,
                       &stage->review);
    for (size_t i = 0; i < stage->review.conflict_count; i++) {
        const struct fusion_review_conflict *conflict = &stage->review.conflicts[i];
        if (conflict->advisory.kind != FUSION_ADVISORY_ZONE)
            continue;
        legs |= 1U << conflict->leg;
        *severity = conflict->advisory.severity;
    }
    return legs;
}

static void review__of_a_leg_through_a_zone__names_the_leg(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity = FUSION_SEVERITY_INFO;
    stage_open(&stage, 140.0F);
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    assert_int_equal(severity, FUSION_SEVERITY_WARNING);
    stage.words.restriction = GEO_ZONE_CONDITIONAL;
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    assert_int_equal(severity, FUSION_SEVERITY_CAUTION);
    stage.words.restriction = GEO_ZONE_INFORMATION; // an INFO is no conflict
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage_close(&stage);
}

static void review__of_a_plan_over_or_beside_a_zone__has_no_conflict(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 180.0F); // 30 m over it
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage.volume.upper.m = 190.0;
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    stage.volume.centre.lat_deg += 0.004; // 444 m to the north
    stage.zone.bounds = geo_zone_bounds(&stage.zone.view);
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage_close(&stage);
}

static void review__of_a_zone_with_times__counts_it_when_it_is_passed(void **state)
{
    (void)state;
    static const struct {
        int64_t from_s, until_s;
        unsigned legs;
    } cases[] = {
        {0, 100, 0},         // over before the leg begins at 151 s
        {100, 160, 0},       // over before it is reached, at 1,800 m and 181 s
        {100, 200, 1U << 1}, // in force then
        {190, 300, 1U << 1}, // begins when the aircraft is in it, till 221 s
        {215, 300, 1U << 1},
        {230, 300, 0},             // begins behind its back
        {100000, 200000, 0},       // long after
        {-1000, 1000000, 1U << 1}, // all the while
    };
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 140.0F);
    stage.words.period_count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stage.period = (struct geo_zone_period){.from_utc_us = cases[i].from_s * SECOND,
                                                .until_utc_us = cases[i].until_s * SECOND};
        if (zone_legs(&stage, &severity) != cases[i].legs)
            fail_msg("case %zu", i);
    }
    // A plan that begins later meets what applies then.
    stage.plan.valid_from_utc_us = 5000 * SECOND;
    stage.period =
        (struct geo_zone_period){.from_utc_us = 5100 * SECOND, .until_utc_us = 5200 * SECOND};
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    stage_close(&stage);
}

// One leg of 4,500 m at 5 m/s, from 1 s to 901 s: it is in the zone, 1,800 m to 2,200 m along
// it, from 361 s to 441 s.
static void review__of_a_long_leg__finds_a_zone_that_begins_while_it_is_flown(void **state)
{
    (void)state;
    static const struct {
        int64_t from_s, until_s;
        unsigned legs;
    } cases[] = {{0, 340, 0},   {0, 370, 1},   {200, 10000, 1}, {350, 360, 0},
                 {380, 420, 1}, {430, 900, 1}, {450, 10000, 0}};
    struct stage stage;
    enum fusion_severity severity = FUSION_SEVERITY_INFO;
    stage_open(&stage, 140.0F);
    stage.plan.point_count = 2;
    stage.plan.points[1] = stage.plan.points[3];
    stage.plan.points[1].speed_mps = 5.0F;
    stage.words.period_count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stage.period = (struct geo_zone_period){.from_utc_us = cases[i].from_s * SECOND,
                                                .until_utc_us = cases[i].until_s * SECOND};
        severity = FUSION_SEVERITY_WARNING;
        if (zone_legs(&stage, &severity) != cases[i].legs)
            fail_msg("case %zu", i);
        assert_int_equal(severity, FUSION_SEVERITY_WARNING); // whatever its time
    }
    stage_close(&stage);
}

// Held for ten minutes 2,000 m along, reached after 201 s.
static void review__of_a_hold__counts_a_zone_that_begins_meanwhile(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 140.0F);
    struct geo_point middle = east_of(2000.0);
    stage.plan.point_count = 3;
    stage.plan.points[1].lon_e7 = (int32_t)lround(middle.lon_deg * 1e7);
    stage.plan.points[1].hold_s = 600.0F;
    stage.plan.points[2] = stage.plan.points[3];
    stage.words.period_count = 1;
    stage.period =
        (struct geo_zone_period){.from_utc_us = 700 * SECOND, .until_utc_us = 790 * SECOND};
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0);
    stage.period.until_utc_us = 10000 * SECOND; // and flown out of it from 801 s to 821 s
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0 | 1U << 1);
    stage.period.from_utc_us = 810 * SECOND;
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    stage.period.from_utc_us = 830 * SECOND;
    assert_int_equal(zone_legs(&stage, &severity), 0);
    // Held on the ground first, all of it is later.
    stage.plan.points[0].hold_s = 100.0F;
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0 | 1U << 1);
    stage_close(&stage);
}

// From 20 m under the zone to 30 m over it, 2,000 m east, in 20 s.
static void review__of_a_climb_on_the_spot__passes_all_heights_between(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 60.0F);
    struct geo_point middle = east_of(2000.0);
    stage.plan.point_count = 2;
    for (int i = 0; i < 2; i++)
        stage.plan.points[i].lon_e7 = (int32_t)lround(middle.lon_deg * 1e7);
    stage.plan.points[1].height_m = 180.0F;
    stage.plan.points[1].speed_mps = 6.0F;
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0);
    stage.words.period_count = 1;
    stage.period =
        (struct geo_zone_period){.from_utc_us = 10 * SECOND, .until_utc_us = 100 * SECOND};
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0);
    stage.period.from_utc_us = 30 * SECOND; // it is through
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage_close(&stage);
}

// The rest it climbs at the point.
static void review__of_a_leg_too_steep__is_as_high_as_the_aircraft_gets(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 60.0F);
    stage.plan.point_count = 2; // 1,500 m: the zone is 1,800 m to 2,200 m east
    struct geo_point begin = east_of(1500.0), end = east_of(2500.0);
    stage.plan.points[0].lon_e7 = (int32_t)lround(begin.lon_deg * 1e7);
    stage.plan.points[1].lon_e7 = (int32_t)lround(end.lon_deg * 1e7);
    // from 60 m to 460 m in 100 s: 4 m/s, and 180 m where the zone, up to 150 m, begins
    stage.plan.points[1].height_m = 460.0F;
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage.aircraft.limits.climb_max_mps = 2.0; // 120 m there
    assert_int_equal(zone_legs(&stage, &severity), 1U << 0);
    assert_int_equal(severity, FUSION_SEVERITY_WARNING);
    stage.aircraft.limits.climb_max_mps = 0.2; // 74 m where the zone ends
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage_close(&stage);
}

static void review__of_an_agl_limit__is_over_the_ground_below(void **state)
{
    (void)state;
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 180.0F); // 80 m over the ground
    stage.volume.lower = (struct geo_zone_limit){.m = 0.0, .reference = GEO_ZONE_AGL};
    stage.volume.upper = (struct geo_zone_limit){.m = 120.0, .reference = GEO_ZONE_AGL};
    assert_int_equal(zone_legs(&stage, &severity), 1U << 1);
    stage.volume.upper.m = 40.0;
    assert_int_equal(zone_legs(&stage, &severity), 0);
    stage_close(&stage);
}

// What is known of the plan at 140 m AMSL: 40 m over a surface good to 6 m, the aircraft's
// altitude to 3 m.
static void review__of_a_plan_partly_unknown__has_no_lowest_clearance(void **state)
{
    (void)state;
    enum { ALL_KNOWN, LEAVES_KEPT, NO_TILE, FEED_IS_DOWN, REFUSED, NO_HEIGHT, LANDING, CASES };
    static const struct {
        enum fusion_reason reason; // NONE: no gap
        uint32_t leg;              // of the first gap
    } expected[CASES] = {
        [ALL_KNOWN] = {FUSION_REASON_NONE, 0},
        [LEAVES_KEPT] = {FUSION_REASON_OUT_OF_REGION, 2},
        [NO_TILE] = {FUSION_REASON_NO_DATA, 2},
        [FEED_IS_DOWN] = {FUSION_REASON_FEED_DOWN, 2},
        [REFUSED] = {FUSION_REASON_UNREADABLE, 0},
        [NO_HEIGHT] = {FUSION_REASON_FEED_DOWN, 2},
        [LANDING] = {FUSION_REASON_NONE, 0},
    };
    const struct fusion_unreadable refused = {.layer = FUSION_LAYER_OBSTACLE,
                                              .count = 1,
                                              .box = {-180.0, -90.0, 180.0, 90.0},
                                              .until_utc_us = INT64_MAX,
                                              .ends_utc_us = INT64_MAX};
    const struct fusion_unreadables refusals = {1, &refused};
    for (int i = 0; i < CASES; i++) {
        struct stage stage;
        enum fusion_severity severity;
        stage_open(&stage, 140.0F);
        struct fusion_plan_point *last = &stage.plan.points[3];
        struct fusion_root *root = &stage.scene->root;
        if (i == LEAVES_KEPT || i == NO_TILE || i == FEED_IS_DOWN || i == NO_HEIGHT)
            last->lon_e7 = (int32_t)lround(east_of(9000.0).lon_deg * 1e7);
        if (i == NO_TILE || i == FEED_IS_DOWN || i == NO_HEIGHT) // kept, but there are no tiles
            root->keep.east_deg += 1.0;
        if (i == FEED_IS_DOWN || i == NO_HEIGHT)
            root->layer_state[FUSION_LAYER_GROUND] = FUSION_REASON_FEED_DOWN;
        if (i == REFUSED)
            root->unreadables = &refusals;
        if (i == NO_HEIGHT) // over ground, and where that ends is none known
            last->height = FUSION_PLAN_AGL;
        if (i == LANDING) { // 5 m over the ground, and 60 m long
            stage.plan.point_count = 2;
            stage.plan.points[1].lon_e7 = (int32_t)lround(east_of(60.0).lon_deg * 1e7);
            stage.plan.points[0].height_m = stage.plan.points[1].height_m = 105.0F;
        }
        (void)zone_legs(&stage, &severity);
        const struct fusion_review *review = &stage.review;
        bool known = i == ALL_KNOWN;
        if (review->clearance_lowest_m.known != known
            || (known
                && fabs(review->clearance_lowest_m.value - (140.0 - 100.0 - 6.0 - 3.0)) > 0.01)
            || (!known && review->clearance_lowest_reason != expected[i].reason))
            fail_msg("case %d: %d %f, reason %d", i, review->clearance_lowest_m.known,
                     review->clearance_lowest_m.value, review->clearance_lowest_reason);
        if ((review->gap_count > 0) != (expected[i].reason != FUSION_REASON_NONE)
            || (review->gap_count > 0
                && (review->gaps[0].leg != expected[i].leg
                    || review->gaps[0].layer != FUSION_LAYER_SURFACE
                    || review->gaps[0].reason != expected[i].reason)))
            fail_msg("case %d: %zu gaps, the first on leg %u, reason %d", i, review->gap_count,
                     review->gaps[0].leg, review->gaps[0].reason);
        stage_close(&stage);
    }
}

// A tower of 130 m AMSL, good to 15 m, on the way, the zone, and the surface: at 110 m, 35 m
// below what its top may be and 10 m over the ground. Nobody flies there, and nothing is now.
static void review__of_conflicts__speaks_of_the_way_not_of_now(void **state)
{
    (void)state;
    static const struct {
        enum fusion_advisory_kind kind;
        const char *text;
    } expected[] = {
        {FUSION_ADVISORY_TERRAIN, "clearance over the surface 10 m"},
        {FUSION_ADVISORY_OBSTACLE, "obstacle T-1: clearance -35 m, position good to 5 m"},
        {FUSION_ADVISORY_ZONE, "through PROHIBITED zone CHE:A"},
    };
    struct stage stage;
    enum fusion_severity severity;
    stage_open(&stage, 110.0F);
    struct geo_obstacle *tower = scene_obstacle(stage.scene, "T-1", east_of(2000.0), 130.0);
    tower->horizontal_acc95_m = 5.0;
    stage.plan.point_count = 2; // through the middle of all three
    for (int i = 0; i < 2; i++)
        stage.plan.points[i].lon_e7 =
            (int32_t)lround(east_of(i == 0 ? 1500.0 : 2500.0).lon_deg * 1e7);
    stage.aircraft.limits.clearance_min_m = 15.0;
    (void)zone_legs(&stage, &severity);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        bool found = false;
        for (size_t k = 0; k < stage.review.conflict_count; k++) {
            const struct fusion_advisory *advisory = &stage.review.conflicts[k].advisory;
            if (advisory->kind != expected[i].kind)
                continue;
            found = true;
            assert_string_equal(advisory->text, expected[i].text);
        }
        if (!found)
            fail_msg("nothing of kind %d", expected[i].kind);
    }
    stage_close(&stage);
}

// A region of 5,400 m x 4,000 m whose eastern edge, 2,000 m east, has a notch: 1,000 m less
// between 1,000 m and 2,000 m north. Served to 500 m outside. Plans from 0 to 4,500 m east.
static void review__of_a_plan_that_leaves_the_region__says_where(void **state)
{
    (void)state;
    enum { CAUTION = FUSION_SEVERITY_CAUTION, WARNING = FUSION_SEVERITY_WARNING };
    struct told {
        uint32_t leg;
        int severity;
        double east_m;
    };
    static const struct {
        double east_m[4]; // of the points
        double north_m;
        bool unserved;
        size_t count;
        struct told told[2];
    } cases[] = {
        {{0, 500, 1000, 1990}, 0, false, 0, {{0}}},
        {{0, 1500, 2300, 2400}, 0, false, 1, {{1, CAUTION, 2000}}},
        {{0, 1500, 3000, 4500}, 0, false, 2, {{1, CAUTION, 2000}, {1, WARNING, 2500}}},
        {{0, 2200, 3000, 4500}, 0, false, 2, {{0, CAUTION, 2000}, {1, WARNING, 2500}}},
        // out, back in, and out again: told again
        {{0, 2200, 0, 2300}, 0, false, 2, {{0, CAUTION, 2000}, {2, CAUTION, 2000}}},
        // it begins outside
        {{2200, 2300, 1000, 0}, 0, false, 1, {{0, CAUTION, 2200}}},
        {{2600, 2700, 4000, 4500}, 0, true, 2, {{0, CAUTION, 2600}, {0, WARNING, 2600}}},
        // nothing of it is served but a part of a leg across the region
        {{-5000, 4500, 4500, 4500}, 0, false, 2, {{0, CAUTION, -5000}, {0, WARNING, -5000}}},
        // through the notch, 500 m wide on either side: at most 500 m outside
        {{0, 500, 700, 1400}, 1500, false, 1, {{2, CAUTION, 1000}}},
    };
    static const double m_per_deg = 111132.0 * 1.00008; // WGS 84 at 43.65 N
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        enum fusion_severity severity;
        stage_open(&stage, 180.0F); // over the zone
        static const double corners[][2] = {{-3400, -2000}, {2000, -2000}, {2000, 1000},
                                            {1000, 1000},   {1000, 2000},  {-3400, 2000}};
        struct geo_point ring[6];
        for (int k = 0; k < 6; k++) {
            ring[k] = east_of(corners[k][0]);
            ring[k].lat_deg += corners[k][1] / m_per_deg;
        }
        static struct fusion_surroundings around;
        around = (struct fusion_surroundings){.ring = ring, .ring_count = 6, .margin_m = 500.0};
        stage.aircraft.around = &around;
        for (int k = 0; k < 4; k++) {
            struct geo_point place = east_of(cases[i].east_m[k]);
            stage.plan.points[k].lon_e7 = (int32_t)lround(place.lon_deg * 1e7);
            stage.plan.points[k].lat_e7 =
                (int32_t)lround((place.lat_deg + cases[i].north_m / m_per_deg) * 1e7);
        }
        (void)zone_legs(&stage, &severity);
        assert_int_equal(stage.review.served, !cases[i].unserved);
        size_t found = 0;
        for (size_t k = 0; k < stage.review.conflict_count; k++) {
            const struct fusion_review_conflict *conflict = &stage.review.conflicts[k];
            if (conflict->advisory.kind != FUSION_ADVISORY_REGION_BOUNDARY)
                continue;
            const struct told *told = &cases[i].told[found < 2 ? found : 1];
            double east_m =
                (conflict->advisory.position.lon_deg - toronto.lon_deg) * EAST_M_PER_DEG;
            if (found++ >= cases[i].count || conflict->leg != told->leg
                || (int)conflict->advisory.severity != told->severity
                || fabs(east_m - told->east_m) > 5.0)
                fail_msg("case %zu: leg %u, severity %d, %.1f m east", i, conflict->leg,
                         conflict->advisory.severity, east_m);
        }
        if (found != cases[i].count)
            fail_msg("case %zu: %zu told", i, found);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(review__of_a_leg_through_a_zone__names_the_leg),
        cmocka_unit_test(review__of_a_plan_over_or_beside_a_zone__has_no_conflict),
        cmocka_unit_test(review__of_a_zone_with_times__counts_it_when_it_is_passed),
        cmocka_unit_test(review__of_a_long_leg__finds_a_zone_that_begins_while_it_is_flown),
        cmocka_unit_test(review__of_a_hold__counts_a_zone_that_begins_meanwhile),
        cmocka_unit_test(review__of_a_climb_on_the_spot__passes_all_heights_between),
        cmocka_unit_test(review__of_a_leg_too_steep__is_as_high_as_the_aircraft_gets),
        cmocka_unit_test(review__of_an_agl_limit__is_over_the_ground_below),
        cmocka_unit_test(review__of_a_plan_partly_unknown__has_no_lowest_clearance),
        cmocka_unit_test(review__of_conflicts__speaks_of_the_way_not_of_now),
        cmocka_unit_test(review__of_a_plan_that_leaves_the_region__says_where),
    };
    return cmocka_run_group_tests_name("fusion/review", tests, NULL, NULL);
}
