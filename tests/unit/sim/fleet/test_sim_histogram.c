// SPDX-License-Identifier: Apache-2.0
// What sim/fleet/histogram.h and sim/host/options.h promise.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "geo/point.h"
#include "sim/fleet/histogram.h"
#include "sim/host/options.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void at__any_share__is_within_a_bucket_of_the_sorted_list(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static uint64_t values[COUNT];
    static struct sim_histogram histogram;
    uint64_t seed = 12345;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (seed >> 40) >> (seed % 20); // over many octaves
        sim_histogram_add(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    static const double shares[] = {0.01, 0.5, 0.9, 0.99, 0.999, 1.0};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        uint64_t exact = values[(size_t)ceil(shares[i] * COUNT) - 1];
        uint64_t got = sim_histogram_at(&histogram, shares[i]);
        assert_true(got >= exact && (double)got <= (double)exact * 1.008 + 1.0);
    }
    assert_int_equal(histogram.max, values[COUNT - 1]);
}

static void at__nothing_added__is_zero(void **state)
{
    (void)state;
    static struct sim_histogram histogram;
    assert_int_equal(sim_histogram_at(&histogram, 0.5), 0);
    sim_histogram_add(&histogram, UINT64_C(1) << 40); // far over the range: counted, not lost
    assert_int_equal(histogram.count, 1);
}

static void time__written_and_read__is_the_same_instant(void **state)
{
    (void)state;
    int64_t utc_us = 0;
    assert_int_equal(sim_time_parse("2004-12-09T12:00:00Z", &utc_us), DRF_OK);
    assert_int_equal(utc_us, INT64_C(1102593600000000)); // date -u -d 2004-12-09T12:00 +%s
    assert_int_equal(sim_time_parse("2004-12-09T12:00:00.25Z", &utc_us), DRF_OK);
    char text[SIM_TIME_TEXT_SIZE];
    sim_time_format(utc_us, text);
    assert_string_equal(text, "2004-12-09T12:00:00.250Z");
    assert_int_equal(sim_time_parse("2004-12-09T12:00:00", &utc_us), DRF_ERR_SYNTAX);
    assert_int_equal(sim_time_parse("yesterday", &utc_us), DRF_ERR_SYNTAX);
}

static void options__of_every_kind__are_read_or_refused(void **state)
{
    (void)state;
    bool flag = false;
    const char *text = "";
    uint64_t count = 0;
    double real = 0;
    struct geo_point place = {0};
    const struct sim_option options[] = {{"flag", SIM_OPTION_FLAG, &flag, NULL, ""},
                                         {"text", SIM_OPTION_TEXT, &text, "T", ""},
                                         {"count", SIM_OPTION_COUNT, &count, "N", ""},
                                         {"real", SIM_OPTION_REAL, &real, "R", ""},
                                         {"place", SIM_OPTION_PLACE, &place, "LAT,LON", ""}};
    const struct sim_usage usage = {"x", "y", options, 5};
    char *good[] = {"x",    "--flag",  "--text",       "a",   "--count", "7", "--real",
                    "-2.5", "--place", "43.65,-79.38", "file"};
    int rest = 0;
    assert_int_equal(sim_options_read(&usage, 11, good, &rest), DRF_OK);
    assert_true(flag && count == 7 && real == -2.5 && place.lon_deg == -79.38);
    assert_string_equal(text, "a");
    assert_int_equal(rest, 10);
    char *bad[][3] = {{"x", "--count", "-1"},     {"x", "--real", "nan"},
                      {"x", "--place", "91,0"},   {"x", "--nothing", "1"},
                      {"x", "--count", "7seven"}, {"x", "--real", "1e999"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sim_options_read(&usage, 3, bad[i], &rest), DRF_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at__any_share__is_within_a_bucket_of_the_sorted_list),
        cmocka_unit_test(at__nothing_added__is_zero),
        cmocka_unit_test(time__written_and_read__is_the_same_instant),
        cmocka_unit_test(options__of_every_kind__are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
