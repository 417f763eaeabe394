// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/mqtt/back_off.h"

static void assert_waits(struct edge_back_off *back_off, int refused, const int64_t *least_us,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_in_range(edge_back_off_take(back_off, refused != 0), least_us[i],
                        least_us[i] + least_us[i] / 4);
}

static void take__nobody_answers__doubles_to_a_second(void **state)
{
    (void)state;
    struct edge_back_off back_off;
    edge_back_off_init(&back_off, NULL);
    assert_waits(&back_off, 0, (const int64_t[]){200000, 400000, 800000, 1000000, 1000000}, 5);
    edge_back_off_reset(&back_off);
    assert_waits(&back_off, 0, (const int64_t[]){200000}, 1);
}

static void take__the_broker_says_no__doubles_to_ten_seconds(void **state)
{
    (void)state;
    struct edge_back_off back_off;
    edge_back_off_init(&back_off, "node");
    assert_waits(&back_off, 1,
                 (const int64_t[]){200000, 400000, 800000, 1600000, 3200000, 6400000, 10000000,
                                   10000000},
                 8);
    assert_waits(&back_off, 0, (const int64_t[]){1000000}, 1); // now nobody is there
}

static void take__two_clients__wait_for_other_times(void **state)
{
    (void)state;
    struct edge_back_off a, b;
    edge_back_off_init(&a, "node-1");
    edge_back_off_init(&b, "node-2");
    assert_int_not_equal(edge_back_off_take(&a, false), edge_back_off_take(&b, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__nobody_answers__doubles_to_a_second),
        cmocka_unit_test(take__the_broker_says_no__doubles_to_ten_seconds),
        cmocka_unit_test(take__two_clients__wait_for_other_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
