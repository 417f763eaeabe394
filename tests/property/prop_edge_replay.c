// SPDX-License-Identifier: Apache-2.0
// Random interleavings of the two loops, recorded and replayed: every output again, to the
// byte. DRF_FULL=1: many more of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/replay_same.h"

static void replay__of_random_interleavings_of_two_threads__is_the_same_to_the_byte(
    void **state)
{
    (void)state;
    uint64_t outputs = 0;
    for (uint64_t seed = 1; seed <= (full() ? 30U : 2U); seed++)
        outputs += record_and_replay(options_of(seed, true));
    print_message("%llu outputs\n", (unsigned long long)outputs);
    assert_true(outputs > 500);
}

static void replay__of_random_orders_in_one_thread__is_the_same_to_the_byte(void **state)
{
    (void)state;
    uint64_t outputs = 0;
    for (uint64_t seed = 1001; seed <= (full() ? 1030U : 1002U); seed++)
        outputs += record_and_replay(options_of(seed, false));
    print_message("%llu outputs\n", (unsigned long long)outputs);
    assert_true(outputs > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay__of_random_orders_in_one_thread__is_the_same_to_the_byte),
        cmocka_unit_test(
            replay__of_random_interleavings_of_two_threads__is_the_same_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
