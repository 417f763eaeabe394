// tests/unit/sim/witness/test_sim_verdicts.c - judgements are told to who listens.
// SPDX-License-Identifier: Apache-2.0
#include "drf/v1/simulation.pb-c.h"
#include "tests/support/witness_scene.h"

struct heard {
    uint64_t verdicts[DRF__V1__VERDICT__VERDICT_UNJUDGED + 1];
    uint64_t drone, kind, severity;
    int64_t mono_us;
    enum sim_check check;
    char text[SIM_SAMPLE_SIZE];
};

static void on_judgement(void *context, size_t drone, int64_t mono_us,
                         const struct sim_judgement *judgement)
{
    struct heard *heard = context;
    assert_in_range(judgement->verdict, 1, DRF__V1__VERDICT__VERDICT_UNJUDGED);
    heard->verdicts[judgement->verdict]++;
    heard->drone = drone;
    heard->mono_us = mono_us;
    heard->kind = judgement->kind;
    heard->severity = judgement->severity;
    heard->check = judgement->check;
    assert_non_null(judgement->feature);
    snprintf(heard->text, sizeof heard->text, "%s", judgement->text);
}

static void listen(struct scene *s, struct heard *heard)
{
    *heard = (struct heard){.drone = 99};
    s->counts.listener =
        (struct sim_judgement_listener){.context = heard, .on_judgement = on_judgement};
    s->counts.drone = 4;
    s->counts.mono_us = 123456;
}

static void judgements__of_terrain_told_then_over_then_not_told__are_told_each(void **state)
{
    (void)state;
    struct scene s;
    struct heard heard;
    open_scene(&s);
    listen(&s, &heard);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    double amsl_m = s.report.amsl_m;
    const struct sim_stretch high = {50.0, 60.0, amsl_m, amsl_m + 1.0};
    const struct sim_stretch low = {50.0, 60.0, -50.0, -50.0};
    s.witness.stretches[0] = low;
    tell(&s, kind, WARNING, NULL);
    hear(&s); // nothing is there now; what was before the witness watched it cannot know
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_UNJUDGED], 1);
    assert_string_equal(heard.text, "short");
    s.witness.stretches[0] = high;
    hear(&s); // right, however short it has watched
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_RIGHT], 1);
    hear_for(&s, 6.0);
    assert_true(heard.verdicts[DRF__V1__VERDICT__VERDICT_RIGHT] > 1);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_FALSE], 0);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_MISSED], 0);
    assert_int_equal(heard.drone, 4);
    assert_int_equal(heard.mono_us, 123456);
    assert_int_equal(heard.kind, kind);
    assert_int_equal(heard.severity, WARNING);
    assert_string_equal(heard.text, "");
    s.witness.stretches[0].low_m = s.witness.stretches[0].high_m = -50.0;
    hear_for(&s, 8.0);
    assert_true(heard.verdicts[DRF__V1__VERDICT__VERDICT_FALSE] > 0);
    assert_int_equal(heard.check, SIM_CHECK_ADVISORY_FALSE);
    assert_non_null(strstr(heard.text, "terrain"));
    s.witness.stretches[0] = high;
    s.context.n_advisories = 0;
    hear(&s);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_MISSED], 1);
    assert_int_equal(heard.check, SIM_CHECK_ADVISORY_MISSED);
    assert_int_equal(heard.kind, kind);
    // What was told is what was counted.
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_FALSE],
                     s.counts.kinds[kind].false_ones);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_MISSED],
                     s.counts.kinds[kind].missed);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_RIGHT]
                         + heard.verdicts[DRF__V1__VERDICT__VERDICT_FALSE],
                     s.counts.kinds[kind].sound);
    assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_UNJUDGED],
                     sim_witness_counts_totals(&s.counts).unjudged);
    close_scene(&s);
}

static void unjudged__of_different_kinds__are_counted_by_kind_and_reason(void **state)
{
    (void)state;
    struct scene s;
    struct heard heard;
    open_scene(&s);
    listen(&s, &heard);
    const uint32_t zone = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE,
                   landing = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_LANDING, new_one = 999;
    tell(&s, landing, CAUTION, NULL);
    hear_for(&s, 6.0);
    assert_string_equal(heard.text, "kind");
    uint64_t heard_so_far = s.counts.kinds[landing].unjudged[SIM_UNJUDGED_KIND];
    assert_true(heard_so_far >= 30);
    s.context.n_advisories = 0;
    tell(&s, zone, CAUTION, NULL); // as one that the node keeps, and was never named
    hear(&s);
    assert_string_equal(heard.text, "nameless");
    assert_int_equal(s.counts.kinds[zone].unjudged[SIM_UNJUDGED_NAMELESS], 1);
    s.context.n_advisories = 0;
    tell(&s, new_one, CAUTION, NULL);
    hear(&s);
    assert_int_equal(s.counts.kinds[0].unjudged[SIM_UNJUDGED_KIND], 1);
    s.context.n_advisories = 0;
    s.context.n_advisories_brief = 1; // one whose full text was never received counts too
    drf__v1__advisory_brief__init(&s.brief);
    s.brief_list[0] = &s.brief;
    s.brief.advisory_id = 4711;
    s.brief.severity = CAUTION;
    s.brief.kind = zone;
    hear(&s);
    assert_int_equal(s.counts.kinds[zone].unjudged[SIM_UNJUDGED_NAMELESS], 2);
    const struct sim_advisory_totals all = sim_witness_counts_totals(&s.counts);
    assert_int_equal(all.told, heard_so_far + 3);
    assert_int_equal(all.judged, 0);
    assert_int_equal(all.because[SIM_UNJUDGED_KIND], heard_so_far + 1);
    assert_int_equal(all.because[SIM_UNJUDGED_NAMELESS], 2);
    for (int i = 1; i < SIM_UNJUDGED_COUNT; i++)
        assert_true(sim_unjudged_name((enum sim_unjudged)i)[0] != '\0'
                    && sim_unjudged_text((enum sim_unjudged)i)[0] != '\0');
    close_scene(&s);
}

static void judgements__of_values__only_the_wrong_ones_are_told(void **state)
{
    (void)state;
    struct scene s;
    struct heard heard;
    open_scene(&s);
    listen(&s, &heard);
    sim_witness_counts_note(&s.counts, SIM_CHECK_WIND, true, "right");
    assert_int_equal(heard.drone, 99); // nothing heard
    for (int i = 1; i <= 3; i++) {     // each, not the first alone
        sim_witness_counts_note(&s.counts, SIM_CHECK_WIND, false, "wrong by %d", i);
        assert_int_equal(heard.verdicts[DRF__V1__VERDICT__VERDICT_WRONG], i);
    }
    assert_string_equal(heard.text, "wrong by 3");
    assert_int_equal(heard.check, SIM_CHECK_WIND);
    assert_int_equal(heard.kind, 0);
    assert_string_equal(s.counts.sample[SIM_CHECK_WIND], "wrong by 1");
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judgements__of_terrain_told_then_over_then_not_told__are_told_each),
        cmocka_unit_test(unjudged__of_different_kinds__are_counted_by_kind_and_reason),
        cmocka_unit_test(judgements__of_values__only_the_wrong_ones_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
