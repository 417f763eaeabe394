// SPDX-License-Identifier: Apache-2.0
// The forms are those of the OpenStreetMap wiki (Key:height, "Map features/Units"), and of
// tables as people write them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/reader/obstacle_fields.h"
#include "tests/support/near.h"

static void parse__lengths_with_and_without_a_unit__are_read_in_metres(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double unit_m, m;
    } cases[] = {
        {"12 m", 0, 12},
        {"12m", 0.3048, 12},
        {"45", 1, 45},
        {"45", 0.3048, 13.716},
        {"40 ft", 1, 12.192},
        {"40ft", 1, 12.192},
        {"39'", 1, 11.8872},
        {"7'6\"", 1, 2.286},
        {"7' 6\"", 1, 2.286},
        {"16.5 Feet", 1, 5.0292},
        {" 2.35 metres ", 0, 2.35},
        {"-3 m", 1, -3},
        {"+3", 1, 3},
        {"0", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double m = (double)NAN;
        if (!geo_length_parse(cases[i].text, cases[i].unit_m, &m))
            fail_msg("'%s' is a length", cases[i].text);
        assert_near(m, cases[i].m, 1e-9);
    }
}

static void parse__anything_else__is_not_a_length(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "m",
        "12-15 m",
        "12;15",
        "~12 m",
        "12,5 m",
        "1,234 ft",
        "12 km",
        "12 m AGL",
        "about 12",
        "12 yd",
        "12.",
        ".5",
        "1e3",
        "nan",
        "inf",
        "0x10",
        "12 1",
        "7'13\"",
        "7'6",
        "--3",
        "1.2.3",
        "9999999999999999999",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double m = 7;
        if (geo_length_parse(cases[i], 1, &m))
            fail_msg("'%s' was read as %g m", cases[i], m);
        assert_near(m, 7, 0);
    }
    double m;
    assert_false(geo_length_parse("12", 0, &m)); // of what?
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__lengths_with_and_without_a_unit__are_read_in_metres),
        cmocka_unit_test(parse__anything_else__is_not_a_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
