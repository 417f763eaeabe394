// SPDX-License-Identifier: Apache-2.0
// The rules of schemas/weather.md, one by one, on hand-made facts.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/format/grib/grib_parameter.h"
#include "tests/support/near.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define NOON_US INT64_C(1102507200000000) // 2004-12-08T12:00:00Z

// Temperature 2 m above ground, 24 hours after noon.
static const struct geo_grib_product base = {
    .edition = 2,
    .centre = 7,
    .lower = {103, true, 2},
    .upper = {.type = 255},
    .reference = {2004, 12, 8, 12, 0, 0},
    .unit = 1,
    .forecast = 24,
};

static struct geo_grib_product quantity(int64_t category, int64_t number, int64_t level)
{
    struct geo_grib_product p = base;
    p.category = category;
    p.number = number;
    p.lower = (struct geo_grib_level){.type = level};
    return p;
}

// A sum over the 12 hours before its end.
static struct geo_grib_product rain(void)
{
    struct geo_grib_product p = quantity(1, 8, 1);
    p.template = 8;
    p.forecast = 12;
    p.statistic = 1;
    p.ranges = 1;
    p.increment = 2;
    p.length_unit = 1;
    p.length = 12;
    p.end = (struct geo_utc_fields){2004, 12, 9, 12, 0, 0};
    return p;
}

static enum drf_status read(struct geo_grib_product p, struct geo_grib_parameter *m)
{
    struct geo_note why;
    return geo_grib_parameter_of(&p, m, &why);
}

static void meaning__an_instant__has_no_length(void **state)
{
    (void)state;
    struct geo_grib_parameter m;
    assert_int_equal(read(base, &m), DRF_OK);
    assert_int_equal(m.head.variable, GEO_TEMPERATURE);
    assert_int_equal(m.head.statistic, GEO_STATISTIC_INSTANT);
    assert_int_equal(m.head.reference_utc_us, NOON_US);
    assert_int_equal(m.head.valid_from_utc_us, NOON_US + 24 * HOUR_US);
    assert_int_equal(m.head.valid_until_utc_us, NOON_US + 24 * HOUR_US);
    assert_near(m.head.lower_agl_m, 2, 0);
    assert_near(m.head.upper_agl_m, 2, 0);
}

static void meaning__units_of_time__are_those_of_table_4_4(void **state)
{
    (void)state;
    static const struct {
        int64_t unit, seconds;
    } cases[] = {{0, 60},     {1, 3600},   {2, 86400}, {10, 10800},
                 {11, 21600}, {12, 43200}, {13, 1}};
    struct geo_grib_parameter m;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_grib_product p = base;
        p.unit = cases[i].unit;
        p.forecast = 3;
        assert_int_equal(read(p, &m), DRF_OK);
        assert_int_equal(m.head.valid_from_utc_us, NOON_US + 3 * cases[i].seconds * 1000000);
    }
    // Edition 1 has a table of its own: WMO No. 306, FM 92-XI Ext., code table 4.
    static const struct {
        int64_t unit, seconds;
    } first[] = {{0, 60},     {1, 3600}, {2, 86400}, {10, 10800}, {11, 21600},
                 {12, 43200}, {13, 900}, {14, 1800}, {254, 1}};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        struct geo_grib_product p = base;
        p.edition = 1;
        p.discipline = 2;
        p.number = 11;
        p.unit = first[i].unit;
        p.forecast = 3;
        p.length = 0;
        assert_int_equal(read(p, &m), DRF_OK);
        assert_int_equal(m.head.valid_from_utc_us, NOON_US + 3 * first[i].seconds * 1000000);
        p.edition = 2;
        p.discipline = p.number = 0;
        if (first[i].unit == 14 || first[i].unit == 254)
            assert_int_equal(read(p, &m), DRF_ERR_SYNTAX);
    }
    struct geo_grib_product months = base;
    months.unit = 3;
    assert_int_equal(read(months, &m), DRF_ERR_SYNTAX);
}

static void meaning__an_accumulation__keeps_its_interval_and_needs_one(void **state)
{
    (void)state;
    struct geo_grib_parameter m;
    assert_int_equal(read(rain(), &m), DRF_OK);
    assert_int_equal(m.head.statistic, GEO_STATISTIC_ACCUMULATION);
    assert_int_equal(m.head.valid_from_utc_us, NOON_US + 12 * HOUR_US);
    assert_int_equal(m.head.valid_until_utc_us, NOON_US + 24 * HOUR_US);

    struct geo_grib_product wrong = rain();
    wrong.end.hour = 11;
    assert_int_equal(read(wrong, &m), DRF_ERR_SYNTAX);
    wrong = rain();
    wrong.length = 0;
    assert_int_equal(read(wrong, &m), DRF_ERR_SYNTAX);
    wrong = rain();
    wrong.end.month = 13;
    assert_int_equal(read(wrong, &m), DRF_ERR_SYNTAX);
    // Table 4.11: forecasts of one valid time, or an interval somewhere inside.
    for (int64_t increment = 3; increment <= 5; increment++) {
        wrong = rain();
        wrong.increment = increment;
        assert_int_equal(read(wrong, &m), DRF_ERR_ABSENT);
    }
    wrong = rain();
    wrong.ranges = 2;
    assert_int_equal(read(wrong, &m), DRF_ERR_ABSENT);
    // An amount at an instant, a mean amount, and a sum of temperatures say nothing.
    assert_int_equal(read(quantity(1, 8, 1), &m), DRF_ERR_ABSENT);
    wrong = rain();
    wrong.statistic = 0;
    assert_int_equal(read(wrong, &m), DRF_ERR_ABSENT);
    wrong = rain();
    wrong.category = wrong.number = 0;
    wrong.lower = base.lower;
    assert_int_equal(read(wrong, &m), DRF_ERR_ABSENT);
}

static void meaning__extremes_and_means__say_what_they_are(void **state)
{
    (void)state;
    static const uint32_t expected[] = {GEO_STATISTIC_MEAN, 0, GEO_STATISTIC_MAXIMUM,
                                        GEO_STATISTIC_MINIMUM};
    struct geo_grib_parameter m;
    for (int64_t code = 0; code < 4; code++) {
        struct geo_grib_product p = rain();
        p.category = 2;
        p.number = 22; // gust
        p.statistic = code;
        if (code == 1)
            continue;
        assert_int_equal(read(p, &m), DRF_OK);
        assert_int_equal(m.head.variable, GEO_GUST);
        assert_int_equal(m.head.statistic, expected[code]);
    }
}

static void meaning__a_pressure_layer__is_a_height_interval(void **state)
{
    (void)state;
    struct geo_grib_product p = quantity(2, 2, 108);
    struct geo_grib_parameter m;
    p.lower = (struct geo_grib_level){108, true, 3000};
    p.upper = (struct geo_grib_level){108, true, 0};
    assert_int_equal(read(p, &m), DRF_OK);
    assert_int_equal(m.head.height_from_pressure, 1);
    assert_near(m.head.lower_agl_m, 0, 0);
    assert_near(m.head.upper_agl_m, 252.8, 0.5);
    // ISO 2533: 900 hPa at 988.5 m, 700 hPa at 3,012 m, 500 hPa at 5,574 m.
    assert_near(geo_grib_layer_height_m(11325), 988.5, 1);
    assert_near(geo_grib_layer_height_m(31325), 3012, 1.5);
    assert_near(geo_grib_layer_height_m(51325), 5574, 2);
    p.upper.type = 255;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
}

static void meaning__what_looks_alike__is_not_taken_for_it(void **state)
{
    (void)state;
    struct geo_grib_parameter m;
    // Skin temperature; wind at 500 hPa, at the tropopause, in the boundary layer; pressure at
    // the surface; cloud base above the sea; a local number of another centre.
    assert_int_equal(read(quantity(0, 0, 1), &m), DRF_ERR_ABSENT);
    assert_int_equal(read(quantity(2, 2, 100), &m), DRF_ERR_ABSENT);
    assert_int_equal(read(quantity(2, 2, 7), &m), DRF_ERR_ABSENT);
    assert_int_equal(read(quantity(2, 2, 220), &m), DRF_ERR_ABSENT);
    assert_int_equal(read(quantity(3, 0, 1), &m), DRF_ERR_ABSENT);
    assert_int_equal(read(quantity(3, 5, 2), &m), DRF_ERR_ABSENT);
    struct geo_grib_product p = quantity(16, 196, 10);
    assert_int_equal(read(p, &m), DRF_OK);
    p.centre = 98;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
    p = base; // one member of an ensemble
    p.template = 1;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
    p = base; // a height that is not given
    p.lower.known = false;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
    p = base; // below ground
    p.lower.value = -5;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
}

static void meaning__percent__becomes_a_ratio(void **state)
{
    (void)state;
    struct geo_grib_parameter m;
    assert_int_equal(read(quantity(6, 1, 10), &m), DRF_OK);
    assert_int_equal(m.head.variable, GEO_CLOUD);
    assert_near(m.scale, 0.01, 0);
}

static void meaning__edition_1__uses_its_own_tables(void **state)
{
    (void)state;
    struct geo_grib_product p = base;
    struct geo_grib_parameter m;
    p.edition = 1;
    p.discipline = 2;
    p.number = 61; // total precipitation
    p.template = 4;
    p.lower = (struct geo_grib_level){.type = 1};
    p.forecast = 12;
    p.length = 24;
    assert_int_equal(read(p, &m), DRF_OK);
    assert_int_equal(m.head.statistic, GEO_STATISTIC_ACCUMULATION);
    assert_int_equal(m.head.valid_from_utc_us, NOON_US + 12 * HOUR_US);
    assert_int_equal(m.head.valid_until_utc_us, NOON_US + 24 * HOUR_US);

    p.centre = 98; // ECMWF's own table: 10 m wind written as "surface"
    p.discipline = 128;
    p.number = 165;
    p.template = 0;
    p.length = 0;
    assert_int_equal(read(p, &m), DRF_OK);
    assert_int_equal(m.head.variable, GEO_WIND_U);
    assert_near(m.head.lower_agl_m, 10, 0);
    p.centre = 7;
    assert_int_equal(read(p, &m), DRF_ERR_ABSENT);
}

static void meaning__impossible_times__are_refused(void **state)
{
    (void)state;
    struct geo_grib_parameter m;
    struct geo_grib_product p = base;
    p.reference.day = 32;
    assert_int_equal(read(p, &m), DRF_ERR_SYNTAX);
    p = base;
    p.forecast = GEO_GRIB_MISSING;
    assert_int_equal(read(p, &m), DRF_ERR_SYNTAX);
    p = base;
    p.forecast = INT64_MAX / 2;
    assert_int_equal(read(p, &m), DRF_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meaning__an_instant__has_no_length),
        cmocka_unit_test(meaning__units_of_time__are_those_of_table_4_4),
        cmocka_unit_test(meaning__an_accumulation__keeps_its_interval_and_needs_one),
        cmocka_unit_test(meaning__extremes_and_means__say_what_they_are),
        cmocka_unit_test(meaning__a_pressure_layer__is_a_height_interval),
        cmocka_unit_test(meaning__what_looks_alike__is_not_taken_for_it),
        cmocka_unit_test(meaning__percent__becomes_a_ratio),
        cmocka_unit_test(meaning__edition_1__uses_its_own_tables),
        cmocka_unit_test(meaning__impossible_times__are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
