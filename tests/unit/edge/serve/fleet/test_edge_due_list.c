// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/due_list.h promises: each once, longest first, until nothing is due.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/serve/fleet/due_list.h"

enum { ROOM = 3 };

static struct edge_due_list opened(void)
{
    struct edge_due_list list;
    assert_int_equal(edge_due_list_open(&list, ROOM), DRF_OK);
    assert_true(list.mono_us == INT64_MAX);
    return list;
}

static void add__a_drone_twice__stands_in_it_once_at_the_sooner_time(void **state)
{
    (void)state;
    struct edge_due_list list = opened();
    struct edge_due due = edge_due_nothing(false);
    edge_due_list_add(&list, 7, &due, 500);
    edge_due_list_add(&list, 7, &due, 300);
    edge_due_list_add(&list, 7, &due, 400);
    assert_int_equal(list.mono_us, 300);
    uint32_t number;
    edge_due_list_begin(&list);
    assert_true(edge_due_list_next(&list, &number));
    assert_int_equal(number, 7);
    assert_false(edge_due_list_next(&list, &number));
    edge_due_list_close(&list);
}

static void round__some_kept_some_dropped__keeps_their_order_and_the_soonest(void **state)
{
    (void)state;
    struct edge_due_list list = opened();
    struct edge_due dues[ROOM];
    for (uint32_t i = 0; i < ROOM; i++) {
        dues[i] = edge_due_nothing(false);
        edge_due_list_add(&list, i, &dues[i], 100);
    }
    uint32_t number;
    edge_due_list_begin(&list);
    while (edge_due_list_next(&list, &number))
        if (number == 1)
            edge_due_list_drop(&dues[1]);
        else
            edge_due_list_keep(&list, number, 900 - number);
    edge_due_list_end(&list, 200);
    assert_int_equal(list.mono_us, 898);
    edge_due_list_add(&list, 1, &dues[1], 2000); // again, behind those that wait longer
    static const uint32_t expected[ROOM] = {0, 2, 1};
    edge_due_list_begin(&list);
    for (uint32_t i = 0; i < ROOM; i++) {
        assert_true(edge_due_list_next(&list, &number));
        assert_int_equal(number, expected[i]);
        edge_due_list_drop(&dues[number]);
    }
    edge_due_list_end(&list, 200);
    assert_true(list.mono_us == INT64_MAX);
    edge_due_list_close(&list);
}

static void round__the_link_is_backed_up__comes_again_no_sooner_than_told(void **state)
{
    (void)state;
    struct edge_due_list list = opened();
    struct edge_due due = edge_due_nothing(false);
    uint32_t number;
    edge_due_list_add(&list, 0, &due, 100);
    edge_due_list_begin(&list);
    assert_true(edge_due_list_next(&list, &number));
    edge_due_list_keep(&list, number, 100);
    edge_due_list_end(&list, 2100);
    assert_int_equal(list.mono_us, 2100);
    edge_due_list_close(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__a_drone_twice__stands_in_it_once_at_the_sooner_time),
        cmocka_unit_test(round__some_kept_some_dropped__keeps_their_order_and_the_soonest),
        cmocka_unit_test(round__the_link_is_backed_up__comes_again_no_sooner_than_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
