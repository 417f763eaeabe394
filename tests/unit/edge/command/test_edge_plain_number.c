// SPDX-License-Identifier: Apache-2.0
// Numbers as `drf-edge query` and `info` print them: 24130 m of visibility was "2.413e+04 m".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/command/plain_number.h"

static void number__of_any_size__has_no_exponent(void **state)
{
    (void)state;
    const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {
        {24130.0, 4, "24130"}, {9999.0, 4, "9999"},       {9999.4, 4, "9999"},
        {9999.6, 4, "10000"},  {1e7, 4, "10000000"},      {-24130.4, 4, "-24130"},
        {1013.25, 4, "1013"},  {12.5, 4, "12.5"},         {0.0, 4, "0"},
        {-0.0, 4, "0"},        {0.00123, 4, "0.00123"},   {0.00001, 4, "0.000010"},
        {1e-9, 4, "0"},        {1234.0, 3, "1234"},       {999.4, 3, "999"},
        {999.7, 3, "1000"},    {0.000694, 3, "0.000694"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[EDGE_PLAIN_NUMBER_SIZE];
        assert_string_equal(edge_plain_number(cases[i].value, cases[i].digits, text),
                            cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__of_any_size__has_no_exponent),
    };
    return cmocka_run_group_tests_name("edge/plain_number", tests, NULL, NULL);
}
