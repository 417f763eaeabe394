// SPDX-License-Identifier: Apache-2.0
// Expected instants: date -u -d ... +%s (GNU coreutils).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/utc.h"

static enum drf_status parse(const char *text, int64_t *out)
{
    return geo_utc_parse(text, strlen(text), out);
}

static void parse__documented_forms__are_the_instants_of_gnu_date(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t utc_us;
    } cases[] = {
        {"1970-01-01", 0},
        {"2024-02-18", INT64_C(1708214400000000)},
        {"2024-02-29T12:00Z", INT64_C(1709208000000000)},
        {"2016-10-15T13:32:30Z", INT64_C(1476538350000000)},
        {"2024-02-18T06:30:15.25+01:00", INT64_C(1708234215250000)},
        {"2024-12-31T23:59:59.9999999-00:30", INT64_C(1735691399999999)},
        {"1899-12-31", INT64_C(-2209075200000000)},
        {"2000-03-01T00:00:00Z", INT64_C(951868800000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t utc_us = 1;
        assert_int_equal(parse(cases[i].text, &utc_us), DRF_OK);
        assert_int_equal(utc_us, cases[i].utc_us);
    }
}

static void parse__anything_else__is_a_syntax_error_and_leaves_the_output(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "2024",
                                        "2024-2-18",
                                        "2024-02-18T",
                                        "2024-02-18T06:30",
                                        "2024-02-18T06:30:15.Z",
                                        "2024-02-18T06:30Z ",
                                        " 2024-02-18",
                                        "2024-02-18 06:30Z",
                                        "2024-02-18T06:30:15+0100",
                                        "2024-02-18T06:30+24:00",
                                        "+024-02-18",
                                        "2024-02-18T06Z"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t utc_us = 42;
        assert_int_equal(parse(cases[i], &utc_us), DRF_ERR_SYNTAX);
        assert_int_equal(utc_us, 42);
    }
}

static void parse__impossible_dates__are_out_of_range(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "2023-02-29",        "2024-13-01",        "2024-00-01",
        "2024-04-31",        "1799-01-01",        "2201-01-01",
        "2024-01-01T24:00Z", "2024-01-01T00:60Z", "2024-06-30T23:59:60Z"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t utc_us = 42;
        assert_int_equal(parse(cases[i], &utc_us), DRF_ERR_RANGE);
        assert_int_equal(utc_us, 42);
    }
}

static void day_of_year__leap_and_common_years__end_where_the_calendar_ends(void **state)
{
    (void)state;
    int64_t utc_us = 0;
    assert_int_equal(geo_utc_from_day_of_year(2023, 243, &utc_us), DRF_OK);
    assert_int_equal(utc_us, INT64_C(1693440000000000)); // 2023-08-31
    assert_int_equal(geo_utc_from_day_of_year(2024, 366, &utc_us), DRF_OK);
    assert_int_equal(utc_us, INT64_C(1735603200000000)); // 2024-12-31
    assert_int_equal(geo_utc_from_day_of_year(2023, 366, &utc_us), DRF_ERR_RANGE);
    assert_int_equal(geo_utc_from_day_of_year(2023, 0, &utc_us), DRF_ERR_RANGE);
    assert_int_equal(utc_us, INT64_C(1735603200000000));
}

static void to_fields__of_instants__is_what_parse_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct geo_utc_fields fields;
    } cases[] = {
        {"1970-01-01T00:00:00Z", {1970, 1, 1, 0, 0, 0}},
        {"1969-12-31T23:59:59Z", {1969, 12, 31, 23, 59, 59}},
        {"2000-02-29T12:34:56Z", {2000, 2, 29, 12, 34, 56}},
        {"2024-12-31T23:59:59Z", {2024, 12, 31, 23, 59, 59}},
        {"2026-11-23T02:30:00Z", {2026, 11, 23, 2, 30, 0}},
        {"1800-03-01T00:00:01Z", {1800, 3, 1, 0, 0, 1}},
        {"2200-12-31T00:00:00Z", {2200, 12, 31, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t utc_us;
        assert_int_equal(geo_utc_parse(cases[i].text, strlen(cases[i].text), &utc_us), DRF_OK);
        const struct geo_utc_fields got = geo_utc_to_fields(utc_us + 999999);
        const struct geo_utc_fields want = cases[i].fields;
        assert_memory_equal(&got, &want, sizeof got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__documented_forms__are_the_instants_of_gnu_date),
        cmocka_unit_test(parse__anything_else__is_a_syntax_error_and_leaves_the_output),
        cmocka_unit_test(parse__impossible_dates__are_out_of_range),
        cmocka_unit_test(to_fields__of_instants__is_what_parse_read),
        cmocka_unit_test(day_of_year__leap_and_common_years__end_where_the_calendar_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
