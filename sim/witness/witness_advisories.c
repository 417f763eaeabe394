// SPDX-License-Identifier: Apache-2.0
// Checks that advisories are sound and complete outside a guard band, and have the life
// cycle of schemas/advisories.md.
//
// Complete: a condition that certainly holds has an advisory in the context that answers the
// report, at least as severe. Sound: an advisory's condition may hold now, or may have held
// so recently that the node still keeps the advisory. The times at which conditions may have
// held are stored for each drone: one such time within that while makes an advisory right,
// whatever was not seen of it. That it is false is said only of a drone that has been watched
// for all of it. What an advisory without a feature is about, the id says: of the advisories
// heard in full, in contexts and on the advisory topic, ids and keys are stored.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/simulation.pb-c.h"
#include "sim/witness/witness_history.h"
#include "sim/witness/witness_layers.h"

// Lowering takes three seconds a step: WARNING to CAUTION to INFO to nothing.
static const int64_t dwell_us = 3000000, slack_us = 700000, break_us = 2500000;

enum drf_status sim_witness_fleet(struct sim_witness *witness, struct sim_fleet_reports fleet)
{
    witness->history = calloc(fleet.count + 1, sizeof *witness->history);
    if (witness->history == NULL)
        return DRF_ERR_NOMEM;
    witness->fleet = fleet;
    return DRF_OK;
}

// A context, made at that time of the node.
static void note_context(struct sim_watched *watched, uint64_t boot_id, int64_t now_us)
{
    if (watched->boot_id != boot_id) {
        *watched = (struct sim_watched){.history = watched->history,
                                        .boot_id = boot_id,
                                        .since_us = now_us,
                                        .last_us = now_us};
    }
    int64_t step_us = now_us - watched->last_us;
    if (step_us > break_us || step_us < 0)
        watched->since_us = now_us;
    // mostly the time between two, a longer one at once
    watched->interval_us =
        step_us > watched->interval_us ? step_us : (15 * watched->interval_us + step_us) / 16;
    watched->last_us = now_us;
}

static void remember(struct sim_watched *watched, const struct sim_case *c, int64_t now_us)
{
    for (size_t i = 0; i < SIM_KINDS; i++)
        if (c->unjudged[i] != SIM_JUDGED) {
            watched->unjudged_us[i] = now_us;
            watched->because[i] = c->unjudged[i];
        }
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *condition = &c->conditions[i];
        struct sim_held *held = sim_watched_place(
            watched, sim_advisory_key(condition->kind, condition->variant, condition->feature),
            condition->kind);
        for (int s = condition->possible; s < SIM_NOTHING; s++)
            held->last_us[s] = now_us;
    }
}

static bool same(const struct sim_condition *a, const struct sim_condition *b)
{
    return a->kind == b->kind && a->variant == b->variant
           && strcmp(a->feature, b->feature) == 0;
}

static const struct sim_condition *find_condition(const struct sim_case *c,
                                                  const struct sim_condition *like)
{
    for (size_t i = 0; i < c->count; i++)
        if (same(&c->conditions[i], like))
            return &c->conditions[i];
    return NULL;
}

// What holds for both is certain, what holds for one is possible.
static void merge(struct sim_case *c, const struct sim_case *with)
{
    size_t own = c->count;
    for (size_t i = 0; i < own; i++) {
        struct sim_condition *a = &c->conditions[i];
        const struct sim_condition *b = find_condition(with, a);
        int possible = b != NULL ? b->possible : SIM_NOTHING;
        int certain = b != NULL ? b->certain : SIM_NOTHING;
        a->possible = possible < a->possible ? possible : a->possible;
        a->certain = certain > a->certain ? certain : a->certain;
    }
    for (size_t i = 0; i < with->count; i++) {
        struct sim_condition only = with->conditions[i];
        only.certain = SIM_NOTHING;
        bool known = false;
        for (size_t k = 0; k < own && !known; k++)
            known = same(&c->conditions[k], &only);
        if (!known)
            sim_case_add(c, only);
    }
    for (size_t i = 0; i < SIM_KINDS; i++)
        c->unjudged[i] = c->unjudged[i] != SIM_JUDGED ? c->unjudged[i] : with->unjudged[i];
}

static void find_conditions(struct sim_case *c, const struct sim_way *way)
{
    c->way = *way;
    sim_conditions_terrain(c);
    sim_conditions_obstacles(c);
    sim_conditions_zones(c);
    sim_conditions_weather(c);
    sim_conditions_height(c);
    sim_conditions_boundary(c);
    sim_conditions_traffic(c);
    sim_conditions_alerts(c);
    sim_conditions_quality(c);
}

// On every way that the node may take it to go.
static void find_all_conditions(struct sim_case *c)
{
    struct sim_way ways[SIM_WAYS_MAX];
    size_t count = sim_ways_of(c->witness, c->report, c->context, &c->truth, ways);
    const struct sim_case empty = *c;
    find_conditions(c, &ways[0]);
    for (size_t i = 1; i < count; i++) {
        struct sim_case one = empty;
        find_conditions(&one, &ways[i]);
        merge(c, &one);
    }
}

// Before its profile arrived the node knows none of its limits, and need not judge by them.
static void excuse_limits(struct sim_case *c)
{
    for (size_t i = 0; i < c->count && c->report->unprofiled; i++)
        switch (c->conditions[i].kind) {
        case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND:
        case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST:
        case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY:
        case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT:
        case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY:
            c->conditions[i].certain = SIM_NOTHING;
            break;
        default:
            break;
        }
}

static struct sim_case case_of(const struct sim_case *c, const struct sim_report *report)
{
    return (struct sim_case){.witness = c->witness,
                             .report = report,
                             .context = c->context,
                             .arrival_mono_us = c->arrival_mono_us,
                             .truth = sim_witness_truth(c->witness, report)};
}

// Until the next report the node may have looked again, with what others reported meanwhile.
static void remember_traffic(const struct sim_case *c, const struct sim_report *report,
                             struct sim_watched *watched)
{
    struct sim_case first = case_of(c, report);
    struct sim_way ways[SIM_WAYS_MAX];
    size_t count = sim_ways_of(c->witness, report, c->context, &first.truth, ways);
    for (size_t i = 0; i < count; i++) {
        struct sim_case one = first;
        one.way = ways[i];
        sim_conditions_traffic(&one);
        remember(watched, &one, c->context->node_time_us);
    }
}

// Reports since the last context that none answers: the node may have looked at them all the
// same (schemas/client.md, When the node cannot keep up), and what it found then it still
// keeps.
static void remember_unanswered(const struct sim_case *c, struct sim_watched *watched)
{
    struct sim_witness *witness = c->witness;
    const struct sim_fleet_reports *fleet = &witness->fleet;
    const struct sim_report *ring = &fleet->ring[c->report->drone * fleet->depth];
    uint32_t last = watched->seq;
    watched->seq = c->report->seq;
    if (last == 0 || c->report->seq - last >= fleet->depth)
        return;
    if (ring[last % fleet->depth].seq == last && last < c->report->seq)
        remember_traffic(c, &ring[last % fleet->depth], watched);
    // the surface along the way is known for the report that is answered
    size_t stretches = witness->stretch_count;
    witness->stretch_count = 0;
    for (uint32_t seq = last + 1; seq < c->report->seq; seq++) {
        const struct sim_report *report = &ring[seq % fleet->depth];
        if (report->seq != seq)
            continue;
        struct sim_case one = case_of(c, report);
        find_all_conditions(&one);
        remember(watched, &one, c->context->node_time_us);
    }
    witness->stretch_count = stretches;
}

static const char *kind_name(uint32_t kind)
{
    const char *name = sim_advisory_kind_name(kind);
    return name != NULL ? name : "of no kind";
}

void sim_witness_told(struct sim_witness *witness, size_t drone,
                      const Drf__V1__Advisory *advisory)
{
    if (witness->history != NULL && drone < witness->fleet.count)
        sim_history_store_name(&witness->history[drone], advisory);
}

static void check_form(struct sim_watched *watched, const Drf__V1__Context *context,
                       const Drf__V1__Advisory *a, struct sim_witness_counts *counts)
{
    sim_witness_counts_note(counts, SIM_CHECK_ADVISORY,
                            a->has_advisory_id && a->has_revision && a->revision > 0
                                && a->severity >= SIM_WARNING && a->severity <= SIM_INFO
                                && a->state == DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED
                                && a->has_valid_until_us
                                && a->valid_until_us > context->node_time_us,
                            "%s: id, revision %u, severity %u, state %u or validity",
                            kind_name(a->kind), a->revision, a->severity, a->state);
    // several of DATA_QUALITY have one layer and are one condition here
    bool shared = a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY;
    sim_history_store_name(watched->history, a);
    struct sim_held *held =
        sim_advisory_judged(a->kind) && !shared
            ? sim_watched_find(watched, sim_history_key_told(watched->history, a))
            : NULL;
    if (held == NULL)
        return;
    struct sim_held *other = sim_watched_find_id(watched, a->advisory_id);
    sim_witness_counts_note(
        counts, SIM_CHECK_ADVISORY,
        (other == NULL || other == held)
            && (held->advisory_id == 0 || held->advisory_id == a->advisory_id)
            && (a->revision >= held->revision
                || context->node_time_us - held->told_us > dwell_us),
        "%s %s: id %08x and revision %u, after id %08x and revision %u", kind_name(a->kind),
        a->feature_id != NULL ? a->feature_id : "", a->advisory_id, a->revision,
        held->advisory_id, held->revision);
    held->advisory_id = a->advisory_id;
    held->revision = a->revision;
    held->told_us = context->node_time_us;
}

// An advisory as it was received.
struct told {
    uint32_t kind, severity;
    uint64_t key; // what it is about; 0: that was never received
    const char *feature, *text;
};

// Why an advisory that was not found to be right cannot be judged, or SIM_JUDGED: it is false.
static enum sim_unjudged why_unjudged(const struct sim_case *c,
                                      const struct sim_watched *watched,
                                      const struct told *told, int64_t kept_us)
{
    int64_t from_us = c->context->node_time_us - kept_us;
    if (!sim_advisory_judged(told->kind))
        return SIM_UNJUDGED_KIND;
    if (told->key == 0)
        return SIM_UNJUDGED_NAMELESS;
    if (c->unjudged[told->kind] != SIM_JUDGED)
        return c->unjudged[told->kind];
    if (watched->unjudged_us[told->kind] > from_us)
        return watched->because[told->kind];
    return watched->since_us > from_us ? SIM_UNJUDGED_SHORT : SIM_JUDGED;
}

// Whether it may hold, or may have held so long ago as it is kept.
static void check_sound(const struct sim_case *c, struct sim_watched *watched,
                        const struct told *told, struct sim_witness_counts *counts)
{
    int64_t now_us = c->context->node_time_us;
    int64_t kept_us =
        (int64_t)told->severity * (dwell_us + 2 * watched->interval_us) + slack_us;
    const struct sim_held *held = told->key != 0 ? sim_watched_find(watched, told->key) : NULL;
    int64_t last_us = held != NULL ? held->last_us[told->severity] : 0;
    bool good = sim_advisory_judged(told->kind) && last_us != 0 && now_us - last_us <= kept_us;
    enum sim_unjudged reason = good ? SIM_JUDGED : why_unjudged(c, watched, told, kept_us);
    if (reason != SIM_JUDGED) {
        sim_witness_counts_unjudged(counts, told->kind, told->severity, told->feature, reason);
        return;
    }
    counts->kinds[told->kind].sound++;
    counts->kinds[told->kind].false_ones += good ? 0 : 1;
    const struct sim_judgement judgement = {.check = SIM_CHECK_ADVISORY_FALSE,
                                            .verdict = good ? DRF__V1__VERDICT__VERDICT_RIGHT
                                                            : DRF__V1__VERDICT__VERDICT_FALSE,
                                            .kind = told->kind,
                                            .severity = told->severity,
                                            .feature = told->feature};
    sim_witness_counts_judge(
        counts, &judgement, "drone %zu: %s %s as severe as %u is not so: %s (last %.1f s ago)",
        c->report->drone, kind_name(told->kind), told->feature, told->severity, told->text,
        last_us != 0 ? (double)(now_us - last_us) * 1e-6 : -1.0);
}

static bool stands(const struct sim_case *c, struct sim_watched *watched,
                   const struct sim_condition *condition)
{
    const Drf__V1__Context *context = c->context;
    uint64_t key = sim_advisory_key(condition->kind, condition->variant, condition->feature);
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->kind == condition->kind
            && context->advisories[i]->severity <= (uint32_t)condition->certain
            && sim_history_key_told(watched->history, context->advisories[i]) == key)
            return true;
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *brief = context->advisories_brief[i];
        uint64_t told =
            sim_history_key_of_id(watched->history, brief->advisory_id, brief->kind);
        // a brief one that was never received in full counts as the one that is looked for
        if (brief->kind == condition->kind && (told == 0 || told == key)
            && brief->severity <= (uint32_t)condition->certain)
            return true;
    }
    return context->advisories_left_out > 0
           && context->advisories_left_out_severity <= (uint32_t)condition->certain;
}

static bool waits(const struct sim_case *c)
{
    for (uint32_t layer = DRF__V1__LAYER__LAYER_GROUND; layer <= DRF__V1__LAYER__LAYER_ZONE;
         layer++)
        if (sim_witness_incomplete(c->witness, c->context, layer))
            return true;
    return false;
}

static void check_complete(const struct sim_case *c, struct sim_watched *watched,
                           struct sim_witness_counts *counts)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *condition = &c->conditions[i];
        if (condition->certain == SIM_NOTHING)
            continue;
        bool good = stands(c, watched, condition);
        if (!good && waits(c)) {
            counts->waiting++;
            continue;
        }
        counts->kinds[condition->kind].certain++;
        counts->kinds[condition->kind].missed += good ? 0 : 1;
        const struct sim_judgement judgement = {.check = SIM_CHECK_ADVISORY_MISSED,
                                                .verdict =
                                                    good ? DRF__V1__VERDICT__VERDICT_RIGHT
                                                         : DRF__V1__VERDICT__VERDICT_MISSED,
                                                .kind = condition->kind,
                                                .severity = (uint32_t)condition->certain,
                                                .feature = condition->feature};
        sim_witness_counts_judge(
            counts, &judgement,
            "drone %zu seq %u: no %s %s as severe as %d, by %.2f at a limit of %.2f",
            c->report->drone, c->context->seq, kind_name(condition->kind), condition->feature,
            condition->certain, condition->value, condition->limit);
    }
}

void sim_witness_advisories(struct sim_witness *witness, const struct sim_report *report,
                            const Drf__V1__Context *context, int64_t arrival_mono_us,
                            struct sim_witness_counts *counts)
{
    if (witness->history == NULL || report->drone >= witness->fleet.count)
        return;
    struct sim_case c = {.witness = witness,
                         .report = report,
                         .context = context,
                         .arrival_mono_us = arrival_mono_us,
                         .truth = sim_witness_truth(witness, report)};
    find_all_conditions(&c);
    excuse_limits(&c);
    struct sim_advisory_history *history = &witness->history[report->drone];
    struct sim_watched *watched = sim_history_watched(history, witness->node);
    if (watched == NULL) {
        sim_witness_counts_unjudged(counts, 0, 0, "", SIM_UNJUDGED_FULL);
        return;
    }
    note_context(watched, context->boot_id, context->node_time_us);
    remember_unanswered(&c, watched);
    remember(watched, &c, context->node_time_us);
    for (size_t i = 0; i < context->n_advisories; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        check_form(watched, context, a, counts);
        const struct told told = {
            a->kind, a->severity, sim_history_key_told(watched->history, a),
            a->feature_id != NULL ? a->feature_id : "", a->text != NULL ? a->text : ""};
        if (a->severity >= SIM_WARNING && a->severity <= SIM_INFO)
            check_sound(&c, watched, &told, counts);
    }
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *b = context->advisories_brief[i];
        const struct told told = {
            b->kind, b->severity,
            sim_history_key_of_id(watched->history, b->advisory_id, b->kind), "", "(brief)"};
        if (b->severity >= SIM_WARNING && b->severity <= SIM_INFO)
            check_sound(&c, watched, &told, counts);
    }
    check_complete(&c, watched, counts);
    sim_witness_carried(&c, history, counts);
    sim_witness_listed(&c, counts);
}
