// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root/zone.h"
#include "geo/utc.h"
#include "tests/support/near.h"

#define HOUR_US INT64_C(3600000000)

static int64_t utc(const char *text)
{
    int64_t us;
    assert_int_equal(geo_utc_parse(text, strlen(text), &us), DRF_OK);
    return us;
}

// Saturday and Sunday, 17 to 24 o'clock, of the year from June 2022: as the Swiss file has it.
static const struct geo_zone_period concert = {
    .days = 0x60, .start_us = 17 * HOUR_US, .end_us = 24 * HOUR_US};

static struct geo_zone_view zone_of(struct geo_zone *zone,
                                    const struct geo_zone_period *periods, uint32_t count)
{
    *zone = (struct geo_zone){.period_count = count};
    return (struct geo_zone_view){.zone = zone, .periods = periods};
}

static void applies__a_weekend_evening__is_that_and_nothing_else(void **state)
{
    (void)state;
    struct geo_zone zone;
    struct geo_zone_period period = concert;
    period.from_utc_us = utc("2022-06-15T09:00:00Z");
    period.until_utc_us = utc("2023-06-15T09:00:00Z");
    struct geo_zone_view view = zone_of(&zone, &period, 1);
    // 2022-06-18 was a Saturday, 2022-06-20 a Monday
    assert_false(fusion_zone_applies(&view, utc("2022-06-18T16:59:59Z")));
    assert_true(fusion_zone_applies(&view, utc("2022-06-18T17:00:00Z")));
    assert_true(fusion_zone_applies(&view, utc("2022-06-18T23:59:59.5Z")));
    assert_false(fusion_zone_applies(&view, utc("2022-06-19T00:00:00Z")));
    assert_true(fusion_zone_applies(&view, utc("2022-06-19T18:00:00Z")));
    assert_false(fusion_zone_applies(&view, utc("2022-06-20T18:00:00Z")));
    assert_false(fusion_zone_applies(&view, utc("2022-06-12T18:00:00Z"))); // a Sunday, before
    assert_false(fusion_zone_applies(&view, utc("2023-06-17T18:00:00Z"))); // a Saturday, after
}

static void next_change__of_a_weekend_evening__is_its_next_edge(void **state)
{
    (void)state;
    struct geo_zone zone;
    struct geo_zone_period period = concert;
    period.from_utc_us = utc("2022-06-15T09:00:00Z");
    period.until_utc_us = utc("2023-06-15T09:00:00Z");
    struct geo_zone_view view = zone_of(&zone, &period, 1);
    assert_true(fusion_zone_next_change(&view, utc("2022-01-01T00:00:00Z"))
                == utc("2022-06-15T09:00:00Z"));
    assert_true(fusion_zone_next_change(&view, utc("2022-06-15T09:00:00Z"))
                == utc("2022-06-18T17:00:00Z"));
    assert_true(fusion_zone_next_change(&view, utc("2022-06-18T17:00:00Z"))
                == utc("2022-06-19T00:00:00Z"));
    assert_true(fusion_zone_next_change(&view, utc("2022-06-19T20:00:00Z"))
                == utc("2022-06-20T00:00:00Z"));
    assert_true(fusion_zone_next_change(&view, utc("2023-06-15T09:00:00Z")) == INT64_MAX);
}

static void applies__a_night__goes_on_after_midnight(void **state)
{
    (void)state;
    struct geo_zone zone;
    const struct geo_zone_period night = {.from_utc_us = GEO_ZONE_ALWAYS_FROM_US,
                                          .until_utc_us = GEO_ZONE_ALWAYS_UNTIL_US,
                                          .days = 0x40, // Sunday
                                          .start_us = 22 * HOUR_US,
                                          .end_us = 5 * HOUR_US};
    struct geo_zone_view view = zone_of(&zone, &night, 1);
    // 2026-11-22 was a Sunday
    assert_true(fusion_zone_applies(&view, utc("2026-11-22T22:00:00Z")));
    assert_true(fusion_zone_applies(&view, utc("2026-11-23T04:59:59Z")));
    assert_false(fusion_zone_applies(&view, utc("2026-11-23T05:00:00Z")));
    assert_false(fusion_zone_applies(&view, utc("2026-11-22T04:00:00Z")));
    assert_true(fusion_zone_next_change(&view, utc("2026-11-23T01:00:00Z"))
                == utc("2026-11-23T05:00:00Z"));
    // Long before 1970 the week goes on as well: 1899-12-31 was a Sunday
    assert_true(fusion_zone_applies(&view, utc("1899-12-31T23:00:00Z")));
}

static void applies__without_periods_or_with_two__is_always_or_their_union(void **state)
{
    (void)state;
    struct geo_zone zone;
    struct geo_zone_view always = zone_of(&zone, NULL, 0);
    assert_true(fusion_zone_applies(&always, 0));
    assert_true(fusion_zone_next_change(&always, 0) == INT64_MAX);
    const struct geo_zone_period two[] = {
        {.from_utc_us = 10, .until_utc_us = 20},
        {.from_utc_us = 15, .until_utc_us = GEO_ZONE_ALWAYS_UNTIL_US}};
    struct geo_zone_view view = zone_of(&zone, two, 2);
    assert_false(fusion_zone_applies(&view, 9));
    assert_true(fusion_zone_applies(&view, 10));
    assert_true(fusion_zone_applies(&view, 25));
    assert_true(fusion_zone_next_change(&view, 9) == 10);
    assert_true(fusion_zone_next_change(&view, 20) == INT64_MAX);
}

static struct fusion_number known(double value)
{
    return (struct fusion_number){.known = true, .value = value};
}

static enum fusion_zone_where where(struct geo_zone_limit lower, struct geo_zone_limit upper,
                                    const struct fusion_zone_height *height, bool *degraded)
{
    const struct geo_zone_volume volume = {.lower = lower, .upper = upper};
    return fusion_zone_vertical(&volume, height, degraded);
}

static const struct geo_zone_limit unlimited = {.reference = GEO_ZONE_UNLIMITED};

static void vertical__each_reference__is_compared_with_its_own_height(void **state)
{
    (void)state;
    // 300 m AMSL over ground at 250 m, geoid 48 m: 348 m over the ellipsoid
    const struct fusion_zone_height height = {.amsl_m = known(300),
                                              .amsl_acc95_m = 5,
                                              .agl_m = known(50),
                                              .agl_acc95_m = 6,
                                              .geoid_m = known(48),
                                              .pressure_m = known(280),
                                              .pressure_acc95_m = 10};
    bool degraded;
    const struct {
        uint32_t reference;
        double upper_m;
        enum fusion_zone_where expected;
    } rows[] = {
        {GEO_ZONE_AGL, 50, FUSION_ZONE_INSIDE},
        {GEO_ZONE_AGL, 45, FUSION_ZONE_WITHIN_ACCURACY},
        {GEO_ZONE_AGL, 43, FUSION_ZONE_OUTSIDE},
        {GEO_ZONE_AMSL, 301, FUSION_ZONE_INSIDE},
        {GEO_ZONE_AMSL, 294, FUSION_ZONE_OUTSIDE},
        {GEO_ZONE_WGS84, 347, FUSION_ZONE_WITHIN_ACCURACY},
        {GEO_ZONE_WGS84, 342, FUSION_ZONE_OUTSIDE},
        {GEO_ZONE_PRESSURE, 281, FUSION_ZONE_INSIDE},
        {GEO_ZONE_PRESSURE, 269, FUSION_ZONE_OUTSIDE},
        {GEO_ZONE_UNLIMITED, 0, FUSION_ZONE_INSIDE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct geo_zone_limit upper = {.m = rows[i].upper_m,
                                             .reference = rows[i].reference};
        assert_int_equal(where(unlimited, upper, &height, &degraded), rows[i].expected);
        assert_false(degraded);
    }
    const struct geo_zone_limit floor = {.m = 60, .reference = GEO_ZONE_AGL};
    assert_int_equal(where(floor, unlimited, &height, &degraded), FUSION_ZONE_OUTSIDE);
}

static void vertical__agl_over_unknown_ground__does_not_limit(void **state)
{
    (void)state;
    const struct fusion_zone_height height = {.amsl_m = known(3000), .amsl_acc95_m = 5};
    const struct geo_zone_limit upper = {.m = 120, .reference = GEO_ZONE_AGL};
    bool degraded;
    assert_int_equal(where(unlimited, upper, &height, &degraded), FUSION_ZONE_INSIDE);
    assert_true(degraded);
    const struct fusion_zone_height none = {.amsl_acc95_m = 0};
    const struct geo_zone_limit amsl = {.m = 120, .reference = GEO_ZONE_AMSL};
    assert_int_equal(where(unlimited, amsl, &none, &degraded), FUSION_ZONE_INSIDE);
    assert_true(degraded);
}

static void vertical__a_flight_level_without_pressure__is_within_600_m(void **state)
{
    (void)state;
    const struct fusion_zone_height height = {.amsl_m = known(1500), .amsl_acc95_m = 10};
    const struct geo_zone_limit upper = {.m = 1000, .reference = GEO_ZONE_PRESSURE};
    const struct geo_zone_limit low = {.m = 800, .reference = GEO_ZONE_PRESSURE};
    bool degraded;
    assert_int_equal(where(unlimited, upper, &height, &degraded), FUSION_ZONE_WITHIN_ACCURACY);
    assert_true(degraded);
    assert_int_equal(where(unlimited, low, &height, &degraded), FUSION_ZONE_OUTSIDE);
}

// By the angles that the edges take up around a point: 360 degrees inside, 0 outside.
static bool wound_around(const struct geo_point *v, uint32_t count, struct geo_point p)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        struct geo_point a = v[i], b = v[(i + 1) % count];
        double turn = atan2(b.lat_deg - p.lat_deg, b.lon_deg - p.lon_deg)
                      - atan2(a.lat_deg - p.lat_deg, a.lon_deg - p.lon_deg);
        sum += turn > 3.141592653589793    ? turn - 6.283185307179586
               : turn < -3.141592653589793 ? turn + 6.283185307179586
                                           : turn;
    }
    return fabs(sum) > 3.0;
}

static void distance__to_a_star__is_below_zero_where_its_edges_wind_around(void **state)
{
    (void)state;
    struct geo_point star[20];
    for (int i = 0; i < 20; i++) {
        double radius_deg = i % 2 == 0 ? 0.05 : 0.015;
        star[i] = (struct geo_point){46.9 + radius_deg * sin(i * 0.3141592653589793),
                                     7.45 + radius_deg * 1.4 * cos(i * 0.3141592653589793)};
    }
    const struct geo_zone_volume volume = {.shape = GEO_ZONE_POLYGON, .vertex_count = 20};
    unsigned inside = 0;
    for (int row = 0; row < 60; row++)
        for (int column = 0; column < 60; column++) {
            const struct geo_point p = {46.84 + row * 0.00201, 7.36 + column * 0.00301};
            double distance_m = fusion_zone_distance_m(&volume, star, p);
            assert_int_equal(distance_m <= 0.0, wound_around(star, 20, p));
            inside += distance_m <= 0.0;
        }
    assert_in_range(inside, 300, 1500);
}

static void distance__to_edges_and_circles__is_in_metres(void **state)
{
    (void)state;
    // At 47 N a degree of latitude is 111,167 m, of longitude 76,056 m (WGS 84).
    const struct geo_point square[4] = {{47, 8}, {47, 8.1}, {47.1, 8.1}, {47.1, 8}};
    const struct geo_zone_volume polygon = {.shape = GEO_ZONE_POLYGON, .vertex_count = 4};
    assert_near(fusion_zone_distance_m(&polygon, square, (struct geo_point){46.99, 8.05}),
                1111.7, 1);
    assert_near(fusion_zone_distance_m(&polygon, square, (struct geo_point){47.0005, 7.99}),
                760.6, 1);
    assert_near(fusion_zone_distance_m(&polygon, square, (struct geo_point){47.05, 8.002}),
                -152.0, 1);
    const struct geo_zone_volume circle = {
        .shape = GEO_ZONE_CIRCLE, .centre = {47, 8}, .radius_m = 1000};
    assert_near(fusion_zone_distance_m(&circle, NULL, (struct geo_point){47, 8.1}), 6605.8, 8);
    assert_near(fusion_zone_distance_m(&circle, NULL, (struct geo_point){47, 8}), -1000, 1e-3);
    const struct geo_zone_volume dateline = {
        .shape = GEO_ZONE_CIRCLE, .centre = {0, 179.995}, .radius_m = 100};
    assert_near(fusion_zone_distance_m(&dateline, NULL, (struct geo_point){0, -179.995}), 1013,
                2);
    assert_near(fusion_zone_distance_m(&dateline, NULL, (struct geo_point){0, 180.005}), 1013,
                2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applies__a_weekend_evening__is_that_and_nothing_else),
        cmocka_unit_test(next_change__of_a_weekend_evening__is_its_next_edge),
        cmocka_unit_test(applies__a_night__goes_on_after_midnight),
        cmocka_unit_test(applies__without_periods_or_with_two__is_always_or_their_union),
        cmocka_unit_test(vertical__each_reference__is_compared_with_its_own_height),
        cmocka_unit_test(vertical__agl_over_unknown_ground__does_not_limit),
        cmocka_unit_test(vertical__a_flight_level_without_pressure__is_within_600_m),
        cmocka_unit_test(distance__to_a_star__is_below_zero_where_its_edges_wind_around),
        cmocka_unit_test(distance__to_edges_and_circles__is_in_metres),
    };
    return cmocka_run_group_tests_name("fusion/zone", tests, NULL, NULL);
}
