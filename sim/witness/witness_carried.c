// SPDX-License-Identifier: Apache-2.0
// What a change of owner must not lose: a WARNING in the last owner's last context is in the
// first one of the next, as severe as it may be by then. A WARNING is lowered to CAUTION after
// three seconds and ended after three more at the earliest, so that one whose condition had
// held long enough for every node to see it cannot be over sooner. One that was seen by the
// last owner alone, at one report, is not judged: another node may have looked at other
// reports.
#include "sim/witness/witness_history.h"

// schemas/advisories.md: two steps of three seconds; and what clocks and rounding may take of
// it.
static const int64_t kept_us = 6000000, slack_us = 700000;
// Every node looks at a drone once a second, and has the report before.
static const int64_t seen_by_all_us = 1500000;

static const struct sim_condition *condition_of(const struct sim_case *c, uint64_t key)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *one = &c->conditions[i];
        if (sim_advisory_key(one->kind, one->variant, one->feature) == key)
            return one;
    }
    return NULL;
}

static bool certain(const struct sim_case *c, uint64_t key)
{
    const struct sim_condition *condition = condition_of(c, key);
    return condition != NULL && condition->certain != SIM_NOTHING;
}

// By its id, which is the same for all nodes, or by what it is about.
static bool stands(const struct sim_case *c, const struct sim_advisory_history *history,
                   const struct sim_warning *warning)
{
    const Drf__V1__Context *context = c->context;
    for (size_t i = 0; i < context->n_advisories; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        if (a->kind == warning->kind
            && (a->advisory_id == warning->advisory_id
                || (warning->key != 0 && sim_history_key_told(history, a) == warning->key)))
            return true;
    }
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *b = context->advisories_brief[i];
        uint64_t key = sim_history_key_of_id(history, b->advisory_id, b->kind);
        if (b->kind == warning->kind
            && (b->advisory_id == warning->advisory_id
                || (warning->key != 0 && key == warning->key)))
            return true;
    }
    return false;
}

static void judge(const struct sim_case *c, const struct sim_advisory_history *history,
                  const struct sim_warning *warning, struct sim_witness_counts *counts)
{
    const struct sim_carried *last = &history->carried;
    int64_t since_us = c->context->node_time_us - last->node_us;
    bool good = stands(c, history, warning);
    bool known = warning->key != 0 && sim_advisory_judged(warning->kind)
                 && c->context->advisories_left_out == 0;
    if (!good && known && since_us >= kept_us && c->unjudged[warning->kind] == SIM_JUDGED
        && condition_of(c, warning->key) == NULL)
        good = true; // it is over, and was long enough to be
    bool seen_by_all = warning->certain_since_us != 0
                       && last->node_us - warning->certain_since_us >= seen_by_all_us;
    bool bad = !good && known
               && (certain(c, warning->key) || (seen_by_all && since_us < kept_us - slack_us));
    if (!good && !bad) {
        counts->carried_unjudged++;
        return;
    }
    const char *kind = sim_advisory_kind_name(warning->kind);
    sim_witness_counts_note(
        counts, SIM_CHECK_CARRIED, good,
        "drone %zu: the WARNING %08x of kind %s is not in the next owner's first context, "
        "%.1f s later",
        c->report->drone, warning->advisory_id, kind != NULL ? kind : "of none",
        (double)since_us * 1e-6);
}

static int64_t certain_since(const struct sim_case *c, const struct sim_carried *before,
                             uint64_t key)
{
    if (key == 0 || !certain(c, key))
        return 0;
    for (size_t i = 0; i < before->count; i++)
        if (before->warnings[i].key == key && before->warnings[i].certain_since_us != 0)
            return before->warnings[i].certain_since_us;
    return c->context->node_time_us;
}

static void keep(const struct sim_case *c, const struct sim_carried *before,
                 const struct sim_warning *warning, struct sim_carried *out)
{
    if (out->count == SIM_CARRIED)
        return;
    struct sim_warning kept = *warning;
    kept.certain_since_us = certain_since(c, before, warning->key);
    out->warnings[out->count++] = kept;
}

void sim_witness_carried(const struct sim_case *c, struct sim_advisory_history *history,
                         struct sim_witness_counts *counts)
{
    const Drf__V1__Context *context = c->context;
    struct sim_carried *last = &history->carried;
    // An older owner's, or an older context of this one, says nothing of now.
    if (context->owner_epoch == 0 || context->owner_epoch < last->epoch)
        return;
    for (size_t i = 0; i < last->count && context->owner_epoch > last->epoch; i++)
        judge(c, history, &last->warnings[i], counts);
    struct sim_carried now = {.epoch = context->owner_epoch, .node_us = context->node_time_us};
    for (size_t i = 0; i < context->n_advisories; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        if (a->severity == SIM_WARNING)
            keep(c, last,
                 &(struct sim_warning){.key = sim_history_key_told(history, a),
                                       .advisory_id = a->advisory_id,
                                       .kind = a->kind},
                 &now);
    }
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *b = context->advisories_brief[i];
        if (b->severity == SIM_WARNING)
            keep(c, last,
                 &(struct sim_warning){
                     .key = sim_history_key_of_id(history, b->advisory_id, b->kind),
                     .advisory_id = b->advisory_id,
                     .kind = b->kind},
                 &now);
    }
    *last = now;
}
