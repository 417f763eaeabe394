// tests/unit/sim/witness/test_sim_promises.c - what several nodes promise, broken by hand.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/witness/witness_promises.h"

enum { DRONES = 2 };
static const int64_t s_us = 1000000, begin_us = 50000000;

struct scene {
    struct sim_promises *promises;
    struct sim_witness_counts counts;
};

static void open_scene(struct scene *s, bool streams)
{
    *s = (struct scene){.promises = NULL};
    assert_int_equal(sim_promises_open(DRONES, streams, s_us / 5, &s->promises), DRF_OK);
    sim_promises_begin(s->promises, begin_us);
}

static const struct sim_promise_counts *counted(const struct scene *s)
{
    return sim_promises_count(s->promises);
}

// Made and received at that time of a node, seconds after the beginning; it holds for 3 s.
static void hear(struct scene *s, size_t drone, double seconds, uint64_t epoch)
{
    int64_t at_us = (int64_t)(seconds * 1e6);
    sim_promises_context(
        s->promises, drone,
        &(struct sim_promise_context){
            .epoch = epoch, .node_utc_us = at_us, .stale_after_us = 3 * s_us, .taken = true},
        begin_us + at_us, &s->counts);
}

static void owners__one_after_the_other__are_right_in_any_order_of_arrival(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    hear(&s, 0, 1.0, 100);
    hear(&s, 0, 2.0, 100);
    hear(&s, 1, 2.5, 100); // another drone's owner is its own matter
    hear(&s, 0, 2.2, 101);
    hear(&s, 0, 2.4, 101);
    hear(&s, 0, 2.1, 100); // late, and of before
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 0);
    assert_true(s.counts.checked[SIM_CHECK_OWNER] >= 3);
    assert_int_equal(counted(&s)->owner_contexts, 6);
    hear(&s, 0, 2.3, 100); // a node that does not know that it was put out
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 1);
    sim_promises_close(s.promises);
}

static void owners__next_begins_before_the_last_has_ended__is_wrong(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    hear(&s, 0, 1.0, 100);
    hear(&s, 0, 5.0, 100);
    hear(&s, 0, 5.0, 101); // the same moment is one too early
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 1);
    hear(&s, 0, 5.1, 101);
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 1);
    hear(&s, 1, 4.0, 100);
    hear(&s, 1, 9.0, 101);
    hear(&s, 1, 6.0, 101); // overtaken on its way
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 1);
    hear(&s, 1, 7.0, 100); // after the next one's first, before its second
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 2);
    sim_promises_close(s.promises);
}

static void owners__more_changes_than_are_kept__the_old_ones_still_count(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    for (int i = 1; i <= 40; i++)
        hear(&s, 0, 10.0 * i, 100 + (uint64_t)i);
    assert_int_equal(s.counts.wrong[SIM_CHECK_OWNER], 0);
    assert_int_equal(counted(&s)->owners, 39);
    hear(&s, 0, 15.0, 141); // before 38 or so of them
    assert_true(s.counts.wrong[SIM_CHECK_OWNER] >= 8);
    sim_promises_close(s.promises);
}

static void gap__longer_than_the_last_holds__is_wrong_with_streams_alone(void **state)
{
    (void)state;
    for (int streams = 0; streams < 2; streams++) {
        struct scene s;
        open_scene(&s, streams == 1);
        hear(&s, 0, 0.2, 0);
        hear(&s, 0, 3.2, 0); // just in time
        assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 0);
        hear(&s, 0, 6.3, 0);
        assert_int_equal(counted(&s)->gaps_over, 1);
        assert_int_equal(counted(&s)->longest_gap_us, 3100000);
        assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], streams);
        sim_promises_close(s.promises);
    }
}

static void gap__while_the_fleet_stood_still__does_not_count(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, true);
    hear(&s, 0, 1.0, 0);
    sim_promises_stalled(s.promises, begin_us, begin_us + s_us); // before it
    sim_promises_stalled(s.promises, begin_us + 2 * s_us, begin_us + 4 * s_us);
    hear(&s, 0, 5.9, 0); // 4.9 s, of which 2 are the fleet's own
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 0);
    assert_int_equal(counted(&s)->longest_gap_us, 2900000);
    assert_int_equal(counted(&s)->longest_stall_us, 2 * s_us);
    sim_promises_stalled(s.promises, begin_us + 6 * s_us, begin_us + 7 * s_us);
    hear(&s, 0, 10.0, 0); // 4.1 s, of which 1
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 1);
    sim_promises_close(s.promises);
}

static void gap__not_of_the_nodes_making__is_not_judged(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, true);
    hear(&s, 0, 1.0, 0);
    sim_promises_excuse(s.promises, 0, begin_us + 3 * s_us); // its connection was away
    hear(&s, 0, 9.0, 0);
    assert_int_equal(counted(&s)->gaps_unjudged, 1);
    assert_int_equal(counted(&s)->longest_gap_us, 0);
    hear(&s, 0, 13.0, 0); // but this one is theirs
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 1);
    sim_promises_close(s.promises);
    // One report in two seconds: a context that holds for three may be lost without a failure.
    s = (struct scene){.promises = NULL};
    assert_int_equal(sim_promises_open(DRONES, true, 2 * s_us, &s.promises), DRF_OK);
    hear(&s, 0, 1.0, 0);
    hear(&s, 0, 5.0, 0);
    assert_int_equal(s.counts.checked[SIM_CHECK_GAP], 0);
    assert_int_equal(counted(&s)->gaps_unjudged, 1);
    sim_promises_close(s.promises);
}

static void gap__that_never_ends__is_found_at_the_end(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, true);
    hear(&s, 0, 1.0, 100);
    hear(&s, 1, 8.0, 100);
    sim_promises_end(s.promises, begin_us + 9 * s_us, &s.counts);
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 1);
    assert_int_equal(counted(&s)->longest_gap_us, 8 * s_us);
    assert_int_equal(counted(&s)->longest_without_owner_us, 8 * s_us);
    hear(&s, 1, 30.0, 100); // a late answer after the flight
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 1);
    sim_promises_close(s.promises);
    open_scene(&s, true); // two drones that never heard anything
    sim_promises_end(s.promises, begin_us + 9 * s_us, &s.counts);
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 2);
    sim_promises_close(s.promises);
}

static void without_owner__from_one_context_with_an_epoch_to_the_next(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, true);
    hear(&s, 0, 1.0, 100);
    for (int i = 2; i < 8; i++)
        hear(&s, 0, i, 0); // the other node
    sim_promises_stalled(s.promises, begin_us + 5 * s_us, begin_us + 6 * s_us);
    hear(&s, 0, 8.0, 101);
    assert_int_equal(counted(&s)->longest_without_owner_us, 6 * s_us);
    assert_int_equal(s.counts.wrong[SIM_CHECK_GAP], 0);
    assert_int_equal(counted(&s)->owners, 1);
    sim_promises_close(s.promises);
}

static void ask(struct scene *s, size_t drone, uint32_t answers, uint32_t number,
                double seconds)
{
    sim_promises_asked(s->promises, drone, answers, number, begin_us + (int64_t)(seconds * 1e6),
                       &s->counts);
}

static void replies__one_each__are_right_and_two_are_wrong(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    ask(&s, 0, 2, 1, 0.0);
    ask(&s, 0, 3, 1, 1.0);
    sim_promises_replied(s.promises, 0, 2, 1, &s.counts);
    sim_promises_replied(s.promises, 0, 3, 1, &s.counts);
    sim_promises_replied(s.promises, 1, 3, 1, &s.counts); // nobody asked that
    assert_int_equal(counted(&s)->replied, 2);
    sim_promises_replied(s.promises, 0, 3, 1, &s.counts); // by the other node, too
    assert_int_equal(counted(&s)->twice, 1);
    assert_int_equal(s.counts.wrong[SIM_CHECK_REPLY], 1);
    sim_promises_end(s.promises, begin_us + 60 * s_us, &s.counts);
    sim_promises_settle(s.promises, &s.counts);
    assert_int_equal(s.counts.wrong[SIM_CHECK_REPLY], 1);
    assert_int_equal(s.counts.checked[SIM_CHECK_REPLY], 2);
    sim_promises_close(s.promises);
}

static void replies__none__is_wrong_unless_it_was_sent_again_or_late(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    ask(&s, 0, 3, 1, 0.0);
    ask(&s, 0, 3, 2, 2.0); // the same plan again, which is answered
    sim_promises_replied(s.promises, 0, 3, 2, &s.counts);
    ask(&s, 0, 3, 3, 20.0); // lost
    ask(&s, 1, 3, 1, 55.0); // 5 s before the end
    sim_promises_end(s.promises, begin_us + 60 * s_us, &s.counts);
    sim_promises_settle(s.promises, &s.counts);
    assert_int_equal(counted(&s)->replaced, 1);
    assert_int_equal(counted(&s)->unanswered_late, 1);
    assert_int_equal(counted(&s)->missing, 1);
    assert_int_equal(s.counts.wrong[SIM_CHECK_REPLY], 1);
    sim_promises_close(s.promises);
}

static void replies__more_asked_than_are_kept__the_first_are_judged_then(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, false);
    for (uint32_t i = 1; i <= 20; i++) {
        ask(&s, 0, 3, i, i);
        if (i != 2)
            sim_promises_replied(s.promises, 0, 3, i, &s.counts);
    }
    assert_int_equal(counted(&s)->replaced, 1); // number 2
    assert_int_equal(s.counts.checked[SIM_CHECK_REPLY], 3);
    assert_int_equal(s.counts.wrong[SIM_CHECK_REPLY], 0);
    sim_promises_close(s.promises);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners__one_after_the_other__are_right_in_any_order_of_arrival),
        cmocka_unit_test(owners__next_begins_before_the_last_has_ended__is_wrong),
        cmocka_unit_test(owners__more_changes_than_are_kept__the_old_ones_still_count),
        cmocka_unit_test(gap__longer_than_the_last_holds__is_wrong_with_streams_alone),
        cmocka_unit_test(gap__while_the_fleet_stood_still__does_not_count),
        cmocka_unit_test(gap__not_of_the_nodes_making__is_not_judged),
        cmocka_unit_test(gap__that_never_ends__is_found_at_the_end),
        cmocka_unit_test(without_owner__from_one_context_with_an_epoch_to_the_next),
        cmocka_unit_test(replies__one_each__are_right_and_two_are_wrong),
        cmocka_unit_test(replies__none__is_wrong_unless_it_was_sent_again_or_late),
        cmocka_unit_test(replies__more_asked_than_are_kept__the_first_are_judged_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
