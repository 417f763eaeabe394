// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/place.h and kept.h promise: states, and who is told what when.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/serve/fleet/kept.h"
#include "edge/serve/fleet/place.h"

enum { SECOND = 1000000 };

static void leave__again_and_again__is_told_once_for_each_exit(void **state)
{
    (void)state;
    struct edge_place place = edge_place_unknown();
    assert_false(edge_place_outside(&place) || edge_place_inside(&place));
    edge_place_serve(&place, 0);
    assert_true(edge_place_inside(&place));
    edge_place_serve(&place, 20);
    assert_false(edge_place_outside(&place) || edge_place_inside(&place));
    assert_true(edge_place_leave(&place, 100 * SECOND));
    assert_true(edge_place_outside(&place));
    assert_false(edge_place_leave(&place, 200 * SECOND)); // still the same exit
}

static void leave__twice_within_ten_seconds__is_told_when_they_are_over(void **state)
{
    (void)state;
    struct edge_place place = edge_place_unknown();
    assert_true(edge_place_leave(&place, 0)); // also at the very beginning of the clock
    edge_place_serve(&place, 0);
    assert_false(edge_place_leave(&place, 9 * SECOND));
    assert_true(edge_place_outside(&place));
    assert_true(edge_place_leave(&place, 10 * SECOND));
    edge_place_serve(&place, 0);
    assert_false(edge_place_leave(&place, 19 * SECOND));
    edge_place_serve(&place, 0); // it came back before it was told: nothing is owed
    assert_false(edge_place_outside(&place));
}

static void wait__only_while_the_store_is_asked__ends_with_its_answer(void **state)
{
    (void)state;
    struct edge_kept kept = {.state = EDGE_KEPT_DUE};
    bool restored;
    edge_kept_wait(&kept, true); // nobody was asked
    assert_int_equal(kept.state, EDGE_KEPT_DUE);
    edge_kept_ask(&kept);
    edge_kept_wait(&kept, true);
    assert_int_equal(kept.state, EDGE_KEPT_WAITING);
    edge_kept_restore(&kept);
    assert_true(edge_kept_end(&kept, &restored));
    assert_true(restored);
    edge_kept_wait(&kept, true);
    assert_int_equal(kept.state, EDGE_KEPT_DONE);
    assert_false(kept.restored);
}

static void wait__a_second_report__waits_for_nothing(void **state)
{
    (void)state;
    struct edge_kept kept = {.state = EDGE_KEPT_ASKED};
    bool restored;
    edge_kept_wait(&kept, true);
    edge_kept_wait(&kept, false);
    assert_true(edge_kept_asked(&kept));
    assert_false(edge_kept_end(&kept, &restored));
    assert_false(restored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leave__again_and_again__is_told_once_for_each_exit),
        cmocka_unit_test(leave__twice_within_ten_seconds__is_told_when_they_are_over),
        cmocka_unit_test(wait__only_while_the_store_is_asked__ends_with_its_answer),
        cmocka_unit_test(wait__a_second_report__waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
