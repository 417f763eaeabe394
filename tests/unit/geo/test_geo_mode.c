// SPDX-License-Identifier: Apache-2.0
// Simulated and test data never reach live aircraft: the rule as it is written, pair by pair.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/mode.h"

enum { UNKNOWN, LIVE, TEST, REPLAY, SIM, MODES };

static void accepts__of_every_pair_of_modes__is_as_written(void **state)
{
    (void)state;
    // LIVE accepts only LIVE; TEST accepts LIVE and TEST; SIM only SIM; REPLAY all; unknown is
    // accepted by nobody.
    static const bool accepted[MODES][MODES] = {
        [LIVE] = {[LIVE] = true},
        [TEST] = {[LIVE] = true, [TEST] = true},
        [SIM] = {[SIM] = true},
        [REPLAY] = {[LIVE] = true, [TEST] = true, [REPLAY] = true, [SIM] = true},
    };
    for (uint32_t node = 0; node < MODES; node++)
        for (uint32_t message = 0; message < MODES; message++)
            assert_int_equal(drf_mode_accepts(node, message), accepted[node][message]);
}

static void accepts__of_a_number_that_is_no_mode__is_false(void **state)
{
    (void)state;
    for (uint32_t mode = UNKNOWN; mode < MODES; mode++) {
        assert_false(drf_mode_accepts(mode, MODES));
        assert_false(drf_mode_accepts(mode, UINT32_MAX));
        assert_false(drf_mode_accepts(MODES, mode));
        assert_false(drf_mode_accepts(UINT32_MAX, mode));
    }
}

static void parse__of_every_name__gives_its_mode(void **state)
{
    (void)state;
    static const char *const names[MODES] = {"UNKNOWN", "LIVE", "TEST", "REPLAY", "SIM"};
    for (uint32_t mode = LIVE; mode < MODES; mode++) {
        assert_string_equal(drf_mode_name(mode), names[mode]);
        assert_int_equal(drf_mode_parse(names[mode], strlen(names[mode])), mode);
    }
    assert_string_equal(drf_mode_name(UNKNOWN), "UNKNOWN");
    assert_string_equal(drf_mode_name(MODES), "UNKNOWN");
    assert_int_equal(drf_mode_parse("UNKNOWN", 7), UNKNOWN);
    assert_int_equal(drf_mode_parse("live", 4), UNKNOWN);
    assert_int_equal(drf_mode_parse("LIVER", 5), UNKNOWN);
    assert_int_equal(drf_mode_parse("", 0), UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts__of_every_pair_of_modes__is_as_written),
        cmocka_unit_test(accepts__of_a_number_that_is_no_mode__is_false),
        cmocka_unit_test(parse__of_every_name__gives_its_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
