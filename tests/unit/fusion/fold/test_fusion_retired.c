// SPDX-License-Identifier: Apache-2.0
// What fusion/fold/retired.h promises: a part is released once, and not before serve has taken
// a root that does not show it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/fold/retired.h"

static void count(void *context, void *part)
{
    (void)context;
    ++*(int *)part;
}

static void add__before_the_first_root__releases_at_once(void **state)
{
    (void)state;
    struct fusion_retired retired = {.epoch = 0};
    int released = 0;
    assert_int_equal(fusion_retired_reserve(&retired, 1), DRF_OK);
    fusion_retired_add(&retired, &released, count);
    assert_int_equal(released, 1);
    fusion_retired_add(&retired, NULL, count);
    fusion_retired_close(&retired);
    assert_int_equal(released, 1);
}

static void acknowledge__of_a_later_root__releases_what_only_older_ones_show(void **state)
{
    (void)state;
    struct fusion_retired retired = {.epoch = 4};
    int fourth = 0, fifth = 0;
    assert_int_equal(fusion_retired_reserve(&retired, 2), DRF_OK);
    fusion_retired_add(&retired, &fourth, count);
    retired.epoch = 5;
    fusion_retired_add(&retired, &fifth, count);
    fusion_retired_acknowledge(&retired, 4); // serve may be reading root 4
    assert_int_equal(fourth, 0);
    fusion_retired_acknowledge(&retired, 5);
    assert_int_equal(fourth, 1);
    assert_int_equal(fifth, 0);
    fusion_retired_acknowledge(&retired, 5);
    assert_int_equal(fourth, 1);
    fusion_retired_close(&retired);
    assert_int_equal(fourth, 1);
    assert_int_equal(fifth, 1);
}

// Parts come and go for long: each is released in its turn, and the room stays small.
static void reserve__again_and_again__keeps_order_and_bounds_the_room(void **state)
{
    (void)state;
    enum { PARTS = 10000, WAITING = 7 };
    static int released[PARTS];
    memset(released, 0, sizeof released);
    struct fusion_retired retired = {.epoch = 1};
    for (int i = 0; i < PARTS; i++) {
        assert_int_equal(fusion_retired_reserve(&retired, 1), DRF_OK);
        fusion_retired_add(&retired, &released[i], count);
        retired.epoch++;
        if (i >= WAITING) {
            fusion_retired_acknowledge(&retired, (uint64_t)(i - WAITING) + 2);
            assert_int_equal(released[i - WAITING], 1);
            assert_int_equal(released[i - WAITING + 1], 0);
        }
    }
    assert_true(retired.room <= 64);
    fusion_retired_close(&retired);
    for (int i = 0; i < PARTS; i++)
        assert_int_equal(released[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__before_the_first_root__releases_at_once),
        cmocka_unit_test(acknowledge__of_a_later_root__releases_what_only_older_ones_show),
        cmocka_unit_test(reserve__again_and_again__keeps_order_and_bounds_the_room),
    };
    return cmocka_run_group_tests_name("fusion/retired", tests, NULL, NULL);
}
