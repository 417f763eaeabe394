// tests/unit/sim/fleet/test_sim_node_streams.c - whose contexts a drone uses, by client.md.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/context.pb-c.h"
#include "sim/fleet/node_streams.h"

static const int64_t start_utc_us = INT64_C(1795374000000000), start_mono_us = 1000000;

static struct sim_now at(double seconds)
{
    int64_t after_us = (int64_t)(seconds * 1e6);
    return (struct sim_now){.mono_us = start_mono_us + after_us,
                            .utc_us = start_utc_us + after_us};
}

// A context of the node 'a', 'b' ..., made and received at that time.
static struct sim_arrived take(struct sim_node_streams *s, double seconds, char node,
                               uint64_t boot, uint32_t seq, uint64_t epoch)
{
    const struct sim_context_head head = {.boot_id = boot,
                                          .node = node == 0 ? 0 : 100U + (uint64_t)node,
                                          .owner_epoch = epoch,
                                          .seq = seq,
                                          .node_time_us = at(seconds).utc_us,
                                          .stale_after_ms = 2000};
    return sim_node_streams_take(s, &head, at(seconds));
}

static char used(struct sim_node_streams *s, double seconds)
{
    const struct sim_node_stream *stream = sim_node_streams_choose(s, at(seconds));
    return stream == NULL ? '-' : (char)(stream->node - 100);
}

static void take__each_node__counts_by_itself_and_never_goes_back(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    assert_int_equal(used(&s, 0.0), '-');
    assert_int_equal(take(&s, 0.0, 'a', 5, 10, 0).taken, SIM_TAKEN);
    assert_int_equal(take(&s, 0.1, 'b', 9, 1, 0).taken, SIM_TAKEN);
    struct sim_arrived next = take(&s, 0.2, 'a', 5, 13, 0);
    assert_int_equal(next.taken, SIM_TAKEN); // although 9 was heard
    assert_int_equal(next.lost, 2);
    assert_int_equal(take(&s, 0.3, 'a', 5, 13, 0).taken, SIM_TAKEN_BACK); // repeated
    assert_int_equal(take(&s, 0.3, 'a', 5, 12, 0).taken, SIM_TAKEN_BACK); // overtaken
    next = take(&s, 0.4, 'a', 2000, 1, 0); // it goes on under a larger one
    assert_int_equal(next.taken, SIM_TAKEN);
    assert_int_equal(next.lost, 0);
    next = take(&s, 0.5, 'a', 5, 14, 0); // a former life
    assert_int_equal(next.taken, SIM_TAKEN_BACK);
    assert_int_equal(next.before_boot, 2000);
    assert_int_equal(take(&s, 0.6, 'b', 9, 2, 0).lost, 0);
}

static void choose__owner__is_used_until_it_is_stale_and_at_once_again(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    assert_true(take(&s, 0.0, 'b', 9, 1, 0).used);
    assert_true(take(&s, 0.1, 'a', 5, 1, 100).used);
    assert_false(take(&s, 1.0, 'b', 9, 2, 0).used);
    assert_int_equal(used(&s, 2.1), 'a');
    assert_int_equal(used(&s, 2.2), 'b'); // came at 1.0: no gap
    assert_true(take(&s, 2.3, 'b', 9, 3, 0).used);
    assert_true(take(&s, 2.4, 'a', 5, 2, 100).used);
    assert_int_equal(used(&s, 2.4), 'a');
    // The owner changes: the next one has a newer epoch.
    assert_true(take(&s, 2.5, 'b', 9, 4, 101).used);
    assert_int_equal(used(&s, 2.5), 'b');
    assert_false(take(&s, 2.6, 'a', 5, 3, 0).used);
}

static void take__older_epoch__is_refused_whoever_sends_it(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    (void)take(&s, 0.0, 'a', 5, 1, 100);
    (void)take(&s, 0.1, 'b', 9, 1, 101);
    struct sim_arrived woken = take(&s, 0.2, 'a', 5, 2, 100);
    assert_int_equal(woken.taken, SIM_TAKEN_OLDER);
    assert_false(woken.used);
    assert_int_equal(sim_node_streams_choose(&s, at(0.2))->taken_boot_id, 9);
    // b is stale; what a said as the owner that it was is not used, though it is fresh enough.
    (void)take(&s, 1.9, 'a', 5, 3, 100);
    assert_int_equal(used(&s, 2.2), 'b');
    assert_true(take(&s, 2.3, 'a', 5, 4, 0).used); // as one that is not the owner it may speak
    assert_int_equal(used(&s, 2.3), 'a');
    assert_true(take(&s, 2.4, 'b', 9, 2, 101).used);
    assert_true(s.epoch == 101);
}

static void choose__no_owner__takes_the_freshest_and_stays(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    (void)take(&s, 0.0, 'a', 5, 1, 100);
    (void)take(&s, 1.0, 'b', 6, 1, 0);
    (void)take(&s, 1.2, 'c', 7, 1, 0);
    assert_int_equal(used(&s, 2.1), 'c');
    assert_false(take(&s, 2.5, 'b', 6, 2, 0).used);
    assert_int_equal(used(&s, 3.1), 'c');
    assert_int_equal(used(&s, 3.3), 'b'); // c is stale
    assert_false(take(&s, 3.4, 'c', 7, 2, 0).used);
    assert_int_equal(used(&s, 9.0), 'b'); // nobody is fresh: it stays where it was
}

static void take__without_a_name__is_of_the_stream_with_its_boot(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    (void)take(&s, 0.0, 'a', 5, 1, 0);
    (void)take(&s, 0.0, 'b', 6, 1, 0);
    assert_int_equal(take(&s, 0.1, 0, 6, 1, 0).taken, SIM_TAKEN_BACK);
    assert_int_equal(take(&s, 0.1, 0, 6, 3, 0).lost, 1);
    struct sim_node_streams t = {.epoch = 0};
    assert_true(take(&t, 0.0, 0, 8, 4, 0).used);
    assert_true(take(&t, 0.1, 'c', 8, 5, 0).used); // then it is known whose it was
    assert_int_equal(used(&t, 0.1), 'c');
    assert_int_equal(take(&t, 0.2, 'c', 8, 5, 0).taken, SIM_TAKEN_BACK);
}

static void take__more_nodes_than_fit__the_longest_silent_goes(void **state)
{
    (void)state;
    struct sim_node_streams s = {.epoch = 0};
    for (int i = 0; i < SIM_STREAM_NODES + 1; i++)
        (void)take(&s, i * 0.1, (char)('a' + i), 10 + (uint64_t)i, 7, 0);
    assert_int_equal(take(&s, 1.0, 'b', 11, 7, 0).taken, SIM_TAKEN_BACK);
    assert_int_equal(take(&s, 1.0, 'a', 10, 7, 0).taken, SIM_TAKEN); // forgotten
}

static void scan__context__has_epoch_and_node(void **state)
{
    (void)state;
    Drf__V1__Context context = DRF__V1__CONTEXT__INIT;
    context.has_boot_id = context.has_owner_epoch = 1;
    context.boot_id = 5;
    context.owner_epoch = UINT64_C(1795374000123);
    context.node_id = "n1";
    uint8_t bytes[64];
    struct sim_context_head one, other, none;
    assert_true(sim_context_scan(bytes, drf__v1__context__pack(&context, bytes), &one));
    assert_true(one.owner_epoch == UINT64_C(1795374000123));
    context.node_id = "n2";
    assert_true(sim_context_scan(bytes, drf__v1__context__pack(&context, bytes), &other));
    assert_true(one.node != other.node && one.node != 0 && other.node != 0);
    context.node_id = NULL;
    context.has_owner_epoch = 0;
    assert_true(sim_context_scan(bytes, drf__v1__context__pack(&context, bytes), &none));
    assert_true(none.node == 0 && none.owner_epoch == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__each_node__counts_by_itself_and_never_goes_back),
        cmocka_unit_test(choose__owner__is_used_until_it_is_stale_and_at_once_again),
        cmocka_unit_test(take__older_epoch__is_refused_whoever_sends_it),
        cmocka_unit_test(choose__no_owner__takes_the_freshest_and_stays),
        cmocka_unit_test(take__without_a_name__is_of_the_stream_with_its_boot),
        cmocka_unit_test(take__more_nodes_than_fit__the_longest_silent_goes),
        cmocka_unit_test(scan__context__has_epoch_and_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
