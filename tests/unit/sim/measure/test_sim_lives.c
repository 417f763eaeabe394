// SPDX-License-Identifier: Apache-2.0
// Lives of advisories by schemas/client.md rule 8, episodes of verdicts, and topics by its
// table.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/measure/episodes.h"
#include "sim/measure/lives.h"
#include "sim/measure/topic.h"

#define S INT64_C(1000000)

static struct sim_lives lives;

static Drf__V1__Advisory advisory(uint32_t id, uint32_t severity, const char *feature_id)
{
    Drf__V1__Advisory a = DRF__V1__ADVISORY__INIT;
    a.advisory_id = id;
    a.severity = severity;
    a.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    a.state = DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED;
    a.feature_id = (char *)feature_id;
    return a;
}

// A context that was made and received then, with at most one advisory in full and one in
// brief.
static void context(int64_t s, Drf__V1__Advisory *full, uint32_t brief_id, uint32_t left_out)
{
    Drf__V1__Context c = DRF__V1__CONTEXT__INIT;
    Drf__V1__AdvisoryBrief brief = DRF__V1__ADVISORY_BRIEF__INIT, *briefs[] = {&brief};
    Drf__V1__Advisory *fulls[] = {full};
    c.node_time_us = s * S;
    c.advisories = fulls;
    c.n_advisories = full != NULL;
    brief.advisory_id = brief_id;
    brief.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    brief.severity = DRF__V1__SEVERITY__SEVERITY_INFO;
    c.advisories_brief = briefs;
    c.n_advisories_brief = brief_id != 0;
    c.advisories_left_out = left_out;
    assert_int_equal(sim_lives_context(&lives, 0, s * S, &c), DRF_OK);
}

static void message(int64_t s, Drf__V1__Advisory *a, uint32_t state)
{
    Drf__V1__AdvisoryMessage m = DRF__V1__ADVISORY_MESSAGE__INIT;
    a->state = state;
    m.node_time_us = s * S;
    m.advisory = a;
    assert_int_equal(sim_lives_advisory(&lives, 0, s * S, &m), DRF_OK);
}

static int setup(void **state)
{
    (void)state;
    lives = (struct sim_lives){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_lives_close(&lives);
    return 0;
}

static void life__in_contexts__lasts_until_one_is_without_it(void **state)
{
    (void)state;
    Drf__V1__Advisory a = advisory(7, 3, "d2");
    context(1, &a, 0, 0);
    a.severity = 1;
    context(2, &a, 0, 0);
    context(3, NULL, 7, 0); // in brief: it is still there
    context(4, NULL, 0, 2); // some were left out: nobody knows
    assert_int_equal(lives.lives[0].end_us, INT64_MAX);
    context(5, NULL, 0, 0);
    context(6, &a, 0, 0);
    assert_int_equal(lives.count, 2);
    assert_int_equal(lives.lives[0].first_us, 1 * S);
    assert_int_equal(lives.lives[0].last_us, 3 * S);
    assert_int_equal(lives.lives[0].end_us, 5 * S);
    assert_int_equal(lives.lives[0].worst, 1);
    assert_string_equal(lives.lives[0].feature_id, "d2");
    assert_int_equal(lives.lives[1].first_us, 6 * S);
}

static void life__by_the_advisory_topic__is_not_ended_by_an_older_context(void **state)
{
    (void)state;
    Drf__V1__Advisory a = advisory(7, 0, "d2"); // severity 0: the most severe
    message(5, &a, DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED);
    context(4, NULL, 0, 0);
    assert_int_equal(lives.lives[0].end_us, INT64_MAX);
    assert_int_equal(lives.lives[0].worst, 1);
    message(8, &a, DRF__V1__ADVISORY_STATE__ADVISORY_STATE_CLEARED);
    assert_int_equal(lives.lives[0].end_us, 8 * S);
    assert_int_equal(lives.count, 1);
}

static void find__of_a_kind_and_feature__is_the_earliest_that_fits(void **state)
{
    (void)state;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    Drf__V1__Advisory a = advisory(7, 2, "d2"), b = advisory(8, 2, "d3");
    context(10, &a, 0, 0);
    context(20, &b, 0, 0);
    assert_ptr_equal(sim_lives_find(&lives, kind, "d2", 15 * S, 30 * S), &lives.lives[0]);
    assert_ptr_equal(sim_lives_find(&lives, kind, "d3", 15 * S, 30 * S), &lives.lives[1]);
    assert_ptr_equal(sim_lives_find(&lives, kind, NULL, 25 * S, 30 * S), &lives.lives[1]);
    assert_null(sim_lives_find(&lives, kind, "d2", 21 * S, 30 * S)); // over by then
    assert_null(sim_lives_find(&lives, kind, "d3", 5 * S, 19 * S));  // not told yet
    assert_null(sim_lives_find(&lives, kind + 1, NULL, 0, 30 * S));
}

static void episodes__of_verdicts__are_split_by_gap_kind_and_feature(void **state)
{
    (void)state;
    struct sim_episodes episodes = {0};
    static const struct {
        int s;
        uint32_t kind, severity;
        const char *feature_id;
        size_t then;
    } cases[] = {{0, 7, 2, "a", 1}, {3, 7, 1, "a", 1}, {3, 7, 2, "b", 2},
                 {3, 6, 2, "a", 3}, {7, 7, 2, "a", 4}, {7, 6, 2, NULL, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Drf__V1__SimVerdict v = DRF__V1__SIM_VERDICT__INIT;
        v.time_utc_us = cases[i].s * S;
        v.kind = cases[i].kind;
        v.severity = cases[i].severity;
        v.verdict = DRF__V1__VERDICT__VERDICT_MISSED;
        v.feature_id = (char *)cases[i].feature_id;
        assert_int_equal(sim_episodes_add(&episodes, &v, 3 * S), DRF_OK);
        assert_int_equal(episodes.count, cases[i].then);
    }
    assert_int_equal(episodes.episodes[0].verdicts, 2);
    assert_true(episodes.episodes[0].warned);
    assert_int_equal(episodes.episodes[0].warning_us, 3 * S);
    assert_false(episodes.episodes[1].warned);
    sim_episodes_close(&episodes);
}

static void topic__of_the_contract__is_recognised_under_both_roots(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        enum sim_leaf leaf;
        const char *id, *region;
    } cases[] = {
        {"drf/v1/drones/d1/telemetry", SIM_LEAF_TELEMETRY, "d1", ""},
        {"drf-test/v1/drones/d.1/context/r-1", SIM_LEAF_CONTEXT, "d.1", "r-1"},
        {"drf-test/v1/drones/d1/context", SIM_LEAF_OTHER, "", ""},
        {"drf-test/v1/drones/d1/telemetry/r1", SIM_LEAF_OTHER, "", ""},
        {"drf/v1/drones//telemetry", SIM_LEAF_OTHER, "", ""},
        {"drf/v1/regions/r1/nodes/n1/heartbeat", SIM_LEAF_HEARTBEAT, "", "r1"},
        {"drf/v1/regions/r1/alerts", SIM_LEAF_ALERTS, "", "r1"},
        {"drf/v1/query/c1", SIM_LEAF_QUERY, "c1", ""},
        {"drf/v1/query/c1/reply", SIM_LEAF_QUERY_REPLY, "c1", ""},
        {"sim/truth/d1", SIM_LEAF_TRUTH, "d1", ""},
        {"sim/verdict", SIM_LEAF_VERDICT, "", ""},
        {"kafka/terrain", SIM_LEAF_KAFKA, "", ""},
        {"elsewhere/v1/drones/d1/telemetry", SIM_LEAF_OTHER, "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_topic topic = sim_topic_parse(cases[i].topic);
        assert_int_equal(topic.leaf, cases[i].leaf);
        assert_int_equal(topic.id_size, strlen(cases[i].id));
        assert_int_equal(topic.region_size, strlen(cases[i].region));
        if (topic.id_size > 0)
            assert_memory_equal(topic.id, cases[i].id, topic.id_size);
    }
    assert_true(sim_leaf_output(SIM_LEAF_CONTEXT) && sim_leaf_output(SIM_LEAF_QUERY_REPLY));
    assert_true(sim_leaf_input(SIM_LEAF_QUERY) && sim_leaf_input(SIM_LEAF_KAFKA));
    assert_false(sim_leaf_output(SIM_LEAF_TRUTH) || sim_leaf_input(SIM_LEAF_VERDICT)
                 || sim_leaf_output(SIM_LEAF_KAFKA) || sim_leaf_output(SIM_LEAF_OTHER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(life__in_contexts__lasts_until_one_is_without_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            life__by_the_advisory_topic__is_not_ended_by_an_older_context, setup, teardown),
        cmocka_unit_test_setup_teardown(find__of_a_kind_and_feature__is_the_earliest_that_fits,
                                        setup, teardown),
        cmocka_unit_test(episodes__of_verdicts__are_split_by_gap_kind_and_feature),
        cmocka_unit_test(topic__of_the_contract__is_recognised_under_both_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
