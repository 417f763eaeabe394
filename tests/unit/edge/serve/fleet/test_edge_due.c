// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/due.h promises: each transition from each state.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/serve/fleet/due.h"

enum { MS = 1000, SECOND = 1000000, NOW = 100 * SECOND };

static void idle__at_first__nothing_is_due(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(true);
    assert_false(edge_due_any(&due));
    assert_true(edge_due_next(&due) == INT64_MAX);
    assert_true(due.listed); // of the drone that had this place before
}

static void answer__a_report_on_time__is_owed_since_it_came(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    assert_true(edge_due_ready(&due, NOW, 200 * MS));
    edge_due_answer(&due, NOW, NOW, NOW - 3 * MS, true);
    assert_int_equal(due.state, EDGE_DUE_ANSWER);
    assert_int_equal(edge_due_next(&due), NOW);
    assert_int_equal(due.owed_mono_us, NOW - 3 * MS);
    edge_due_answer(&due, NOW + MS, NOW + MS, NOW + MS, true); // it is late: the same debt
    assert_int_equal(due.owed_mono_us, NOW - 3 * MS);
    assert_int_equal(due.due_mono_us, NOW + MS);
}

static void answer__what_is_pushed_sooner__answers_it_too(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    edge_due_push(&due, NOW + 5 * MS);
    edge_due_answer(&due, NOW, NOW + 9 * MS, NOW, false);
    assert_int_equal(due.state, EDGE_DUE_PUSHED);
    assert_int_equal(due.due_mono_us, NOW + 5 * MS);
    edge_due_answer(&due, NOW, NOW + 4 * MS, NOW,
                    false); // sooner: it is the answer that goes
    assert_int_equal(due.state, EDGE_DUE_ANSWER);
    assert_int_equal(due.due_mono_us, NOW + 4 * MS);
}

static void push__an_answer_is_due__goes_as_pushed_at_the_sooner_time(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    edge_due_answer(&due, NOW, NOW + 5 * MS, NOW, true);
    edge_due_push(&due, NOW + 9 * MS);
    assert_int_equal(due.state, EDGE_DUE_PUSHED);
    assert_int_equal(due.due_mono_us, NOW + 5 * MS);
}

static void now__while_pushed__stays_pushed_and_is_due_at_once(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    edge_due_push(&due, NOW + SECOND);
    edge_due_now(&due, NOW);
    assert_int_equal(due.state, EDGE_DUE_PUSHED);
    assert_int_equal(due.due_mono_us, NOW);
    edge_due_drop(&due);
    edge_due_now(&due, NOW); // what was pushed before it was away is forgotten
    assert_int_equal(due.state, EDGE_DUE_ANSWER);
}

static void sent__either_kind__takes_its_own_pace(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    edge_due_push(&due, NOW);
    edge_due_sent(&due, NOW, 200 * MS, 200 * MS);
    edge_due_settle(&due);
    assert_false(edge_due_any(&due));
    assert_int_equal(edge_due_push_at(&due, NOW + MS), NOW + 200 * MS);
    assert_true(edge_due_ready(&due, NOW + MS, 200 * MS)); // a report has its own
    edge_due_answer(&due, NOW + MS, NOW + MS, NOW + MS, true);
    edge_due_sent(&due, NOW + MS, 400 * MS, 200 * MS); // half the rate: an overload
    edge_due_settle(&due);
    assert_false(edge_due_ready(&due, NOW + 100 * MS, 200 * MS));
    assert_true(edge_due_ready(&due, NOW + 201 * MS, 200 * MS));
}

static void look__many_changes__eight_at_once_and_then_the_time_between(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    int looks = 0;
    for (int i = 0; i < 12; i++) {
        edge_due_want_look(&due, NOW);
        if (due.look_mono_us > NOW)
            break;
        edge_due_look(&due, NOW, true);
        looks++;
    }
    assert_int_equal(looks, 8);
    assert_int_equal(due.look_mono_us, NOW + EDGE_DUE_LOOK_US);
    edge_due_look(&due, NOW, false); // no need any more: it costs nothing
    assert_true(due.look_mono_us == INT64_MAX);
    edge_due_want_look(&due, NOW);
    assert_int_equal(due.look_mono_us, NOW + EDGE_DUE_LOOK_US);
}

static void hold__until_it_is_settled__is_said(void **state)
{
    (void)state;
    struct edge_due due = edge_due_nothing(false);
    edge_due_answer(&due, NOW, NOW, NOW, true);
    edge_due_hold(&due);
    assert_true(due.held_by_link);
    edge_due_settle(&due);
    assert_false(due.held_by_link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle__at_first__nothing_is_due),
        cmocka_unit_test(answer__a_report_on_time__is_owed_since_it_came),
        cmocka_unit_test(answer__what_is_pushed_sooner__answers_it_too),
        cmocka_unit_test(push__an_answer_is_due__goes_as_pushed_at_the_sooner_time),
        cmocka_unit_test(now__while_pushed__stays_pushed_and_is_due_at_once),
        cmocka_unit_test(sent__either_kind__takes_its_own_pace),
        cmocka_unit_test(look__many_changes__eight_at_once_and_then_the_time_between),
        cmocka_unit_test(hold__until_it_is_settled__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
