// tests/unit/sim/witness/test_sim_carried.c - a change of owner, seen by the witness.
// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_layers.h"
#include "tests/support/witness_scene.h"

static const uint32_t terrain = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;

// A ridge ahead that certainly is to be warned of, or none.
static void put_ridge(struct scene *s, bool there)
{
    double amsl_m = s->report.amsl_m;
    s->witness.stretches[0] = there ? (struct sim_stretch){50.0, 60.0, amsl_m, amsl_m + 1.0}
                                    : (struct sim_stretch){50.0, 60.0, -50.0, -50.0};
}

// Contexts of a node as the owner of that epoch, 0.2 s apart.
static void hear_owner(struct scene *s, size_t node, uint64_t epoch, double seconds)
{
    s->witness.node = node;
    s->context.boot_id = 5 + node;
    s->context.has_owner_epoch = epoch != 0;
    s->context.owner_epoch = epoch;
    for (long n = lround(seconds * 5.0); n > 0; n--)
        hear(s);
}

static void carried__in_the_first_of_the_next__is_right(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 4.0);
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 0);
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 1);
    hear_owner(&s, 1, 101, 2.0); // only the first one counts
    hear_owner(&s, 0, 0, 1.0);   // and the other node's are nobody's
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 1);
    s.advisories[0].severity = INFO; // lowered meanwhile: it is there
    hear_owner(&s, 0, 102, 0.2);
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 0);
    close_scene(&s);
}

static void carried__condition_that_holds_and_is_not_told__is_lost(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 4.0);
    s.context.n_advisories = 0;
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 1);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 1, 101, 4.0);
    s.context.n_advisories = 0;
    s.context.node_time_us += 20000000; // nobody was the owner for long, and still it holds
    hear_owner(&s, 0, 102, 0.2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 2);
    close_scene(&s);
}

static void carried__condition_just_over__is_kept_by_every_node_that_saw_it(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 4.0);
    s.context.n_advisories = 0;
    put_ridge(&s, false);
    s.context.node_time_us += 2000000; // 2 s later it cannot be over: WARNING, CAUTION, INFO
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 1);
    close_scene(&s);
}

static void carried__condition_over_for_long__may_have_ended(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 4.0);
    s.context.n_advisories = 0;
    put_ridge(&s, false);
    s.context.node_time_us += 8000000;
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 0);
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 1);
    close_scene(&s);
}

static void carried__seen_by_one_node_at_one_report__is_not_judged(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 0.4);
    s.context.n_advisories = 0;
    put_ridge(&s, false);
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.checked[SIM_CHECK_CARRIED], 0);
    assert_int_equal(s.counts.carried_unjudged, 1);
    close_scene(&s);
}

static void carried__more_than_a_context_lists__is_not_judged(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, true);
    tell(&s, terrain, WARNING, NULL);
    hear_owner(&s, 0, 100, 4.0);
    s.context.n_advisories = 0;
    s.context.has_advisories_left_out = 1;
    s.context.advisories_left_out = 1;
    hear_owner(&s, 1, 101, 0.2);
    assert_int_equal(s.counts.wrong[SIM_CHECK_CARRIED], 0);
    assert_int_equal(s.counts.carried_unjudged, 1);
    close_scene(&s);
}

static void advisories__of_two_nodes_in_turn__are_judged_each_by_its_own(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    put_ridge(&s, false);
    tell(&s, terrain, WARNING, NULL); // never so
    for (int i = 0; i < 60; i++) {
        hear_owner(&s, 0, 0, 0.2);
        hear_owner(&s, 1, 0, 0.2);
    }
    // Were the boots of both one stream, each would begin anew with every context of the other.
    assert_true(s.counts.kinds[terrain].false_ones > 20);
    close_scene(&s);
}

static void layers__of_two_nodes_in_turn__complete_stays_complete(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t ground = DRF__V1__LAYER__LAYER_GROUND;
    Drf__V1__LayerState lacking = DRF__V1__LAYER_STATE__INIT, *list[1] = {&lacking};
    lacking.has_layer = lacking.has_reason = 1;
    lacking.layer = ground;
    lacking.reason = DRF__V1__REASON__REASON_CATCHING_UP;
    Drf__V1__Context a = DRF__V1__CONTEXT__INIT, b = DRF__V1__CONTEXT__INIT;
    a.node_id = "a";
    b.node_id = "b";
    a.boot_id = 5;
    b.boot_id = 6;
    a.node_time_us = b.node_time_us = s.report.utc_us;
    b.n_layer_states = 1; // b is not there yet
    b.layer_states = list;
    sim_witness_layers_learn(&s.witness, &a, 1000);
    sim_witness_layers_learn(&s.witness, &b, 2000);
    assert_true(sim_witness_incomplete(&s.witness, &b, ground)); // what a said is not b's
    a.node_time_us += 1000000;
    a.n_layer_states = 1;
    a.layer_states = list;
    sim_witness_layers_learn(&s.witness, &a, 3000);
    assert_false(sim_witness_incomplete(&s.witness, &a, ground)); // it had called it complete
    assert_true(sim_witness_was_complete(&s.witness, ground, 5, a.node_time_us));
    assert_false(sim_witness_was_complete(&s.witness, ground, 6, a.node_time_us));
    // Answers at that time may say that there may be more; 3 s before and after they may not.
    sim_witness_layers_at(&s.witness, 5, a.node_time_us);
    assert_true(s.witness.complete[ground] && s.witness.listed[ground]);
    sim_witness_layers_at(&s.witness, 5, a.node_time_us + 3000000);
    assert_true(s.witness.complete[ground] && !s.witness.listed[ground]);
    sim_witness_layers_at(&s.witness, 5, a.node_time_us - 3000000);
    assert_false(s.witness.listed[ground]);
    sim_witness_layers_at(&s.witness, 6, b.node_time_us);
    assert_true(!s.witness.complete[ground] && s.witness.listed[ground]);
    a.boot_id = 7;
    sim_witness_layers_learn(&s.witness, &a, 4000);
    assert_true(sim_witness_incomplete(&s.witness, &a, ground)); // another boot
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carried__in_the_first_of_the_next__is_right),
        cmocka_unit_test(carried__condition_that_holds_and_is_not_told__is_lost),
        cmocka_unit_test(carried__condition_just_over__is_kept_by_every_node_that_saw_it),
        cmocka_unit_test(carried__condition_over_for_long__may_have_ended),
        cmocka_unit_test(carried__seen_by_one_node_at_one_report__is_not_judged),
        cmocka_unit_test(carried__more_than_a_context_lists__is_not_judged),
        cmocka_unit_test(advisories__of_two_nodes_in_turn__are_judged_each_by_its_own),
        cmocka_unit_test(layers__of_two_nodes_in_turn__complete_stays_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
