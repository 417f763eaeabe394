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
#include "geo/hash.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum { HELD = 256, NAMES = 64 };

// Lowering takes three seconds a step: WARNING to CAUTION to INFO to nothing.
static const int64_t dwell_us = 3000000, slack_us = 700000, break_us = 2500000;

struct held {
    uint64_t key; // 0: free
    uint32_t advisory_id, revision;
    uint32_t kind;
    int64_t told_us;              // when the advisory last arrived
    int64_t last_us[SIM_NOTHING]; // by severity: when it last may have been so severe
};

// What an id stands for. It is the same after a restart of the node.
struct name {
    uint32_t advisory_id, kind;
    uint64_t key; // 0: free
};

struct sim_advisory_history {
    struct name names[NAMES];
    size_t named; // so many were stored, the newest over the oldest
    uint64_t boot_id;
    int64_t since_us, last_us, interval_us;
    uint32_t seq;                         // of its newest report that was looked at
    int64_t unjudged_us[SIM_KINDS];       // when conditions of a kind were last unknown
    enum sim_unjudged because[SIM_KINDS]; // why they were then
    struct held held[HELD];
};

enum drf_status sim_witness_fleet(struct sim_witness *witness, struct sim_fleet_reports fleet)
{
    witness->history = calloc(fleet.count + 1, sizeof *witness->history);
    if (witness->history == NULL)
        return DRF_ERR_NOMEM;
    witness->fleet = fleet;
    return DRF_OK;
}

static uint64_t key_of(uint32_t kind, uint32_t variant, const char *feature)
{
    uint64_t hash = geo_hash_text(GEO_HASH_START ^ (kind * 256 + variant + 1), feature);
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return hash != 0 ? hash : 1;
}

// Which of the conditions of its kind an advisory reports.
static uint64_t key_of_advisory(const Drf__V1__Advisory *a)
{
    uint32_t variant = 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT)
        variant = a->has_value ? 1 : 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT)
        variant = a->limit > 5.5F ? 1 : 0;
    if (a->kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY)
        variant = 2 * a->layer + (a->has_value ? 1 : 0);
    return key_of(a->kind, variant, a->feature_id != NULL ? a->feature_id : "");
}

static struct held *find(struct sim_advisory_history *history, uint64_t key)
{
    for (size_t i = 0; i < HELD; i++)
        if (history->held[i].key == key)
            return &history->held[i];
    return NULL;
}

static const struct name *find_name(const struct sim_advisory_history *history,
                                    uint32_t advisory_id, uint32_t kind)
{
    for (size_t i = 0; i < NAMES; i++)
        if (history->names[i].key != 0 && history->names[i].advisory_id == advisory_id
            && history->names[i].kind == kind)
            return &history->names[i];
    return NULL;
}

static struct held *find_id(struct sim_advisory_history *history, uint32_t advisory_id)
{
    for (size_t i = 0; i < HELD; i++)
        if (history->held[i].key != 0 && history->held[i].advisory_id == advisory_id)
            return &history->held[i];
    return NULL;
}

// The entry of a key; a new one replaces the one that was not possible for longest.
static struct held *place(struct sim_advisory_history *history, uint64_t key, uint32_t kind)
{
    struct held *held = find(history, key), *oldest = &history->held[0];
    if (held != NULL)
        return held;
    for (size_t i = 0; i < HELD; i++) {
        struct held *one = &history->held[i];
        if (one->key == 0 || one->last_us[SIM_INFO] < oldest->last_us[SIM_INFO])
            oldest = one;
        if (one->key == 0)
            break;
    }
    *oldest = (struct held){.key = key, .kind = kind};
    return oldest;
}

// A context, made at that time of the node.
static void note_context(struct sim_advisory_history *history, uint64_t boot_id, int64_t now_us)
{
    if (history->boot_id != boot_id) {
        struct sim_advisory_history fresh = {
            .named = history->named, .boot_id = boot_id, .since_us = now_us, .last_us = now_us};
        memcpy(fresh.names, history->names, sizeof fresh.names);
        *history = fresh;
    }
    int64_t step_us = now_us - history->last_us;
    if (step_us > break_us || step_us < 0)
        history->since_us = now_us;
    // mostly the time between two, a longer one at once
    history->interval_us =
        step_us > history->interval_us ? step_us : (15 * history->interval_us + step_us) / 16;
    history->last_us = now_us;
}

static void remember(struct sim_advisory_history *history, const struct sim_case *c,
                     int64_t now_us)
{
    for (size_t i = 0; i < SIM_KINDS; i++)
        if (c->unjudged[i] != SIM_JUDGED) {
            history->unjudged_us[i] = now_us;
            history->because[i] = c->unjudged[i];
        }
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *condition = &c->conditions[i];
        struct held *held =
            place(history, key_of(condition->kind, condition->variant, condition->feature),
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
                             struct sim_advisory_history *history)
{
    struct sim_case first = case_of(c, report);
    struct sim_way ways[SIM_WAYS_MAX];
    size_t count = sim_ways_of(c->witness, report, c->context, &first.truth, ways);
    for (size_t i = 0; i < count; i++) {
        struct sim_case one = first;
        one.way = ways[i];
        sim_conditions_traffic(&one);
        remember(history, &one, c->context->node_time_us);
    }
}

// Reports since the last context that none answers: the node may have looked at them all the
// same (schemas/client.md, When the node cannot keep up), and what it found then it still
// keeps.
static void remember_unanswered(const struct sim_case *c, struct sim_advisory_history *history)
{
    struct sim_witness *witness = c->witness;
    const struct sim_fleet_reports *fleet = &witness->fleet;
    const struct sim_report *ring = &fleet->ring[c->report->drone * fleet->depth];
    uint32_t last = history->seq;
    history->seq = c->report->seq;
    if (last == 0 || c->report->seq - last >= fleet->depth)
        return;
    if (ring[last % fleet->depth].seq == last && last < c->report->seq)
        remember_traffic(c, &ring[last % fleet->depth], history);
    // the surface along the way is known for the report that is answered
    size_t stretches = witness->stretch_count;
    witness->stretch_count = 0;
    for (uint32_t seq = last + 1; seq < c->report->seq; seq++) {
        const struct sim_report *report = &ring[seq % fleet->depth];
        if (report->seq != seq)
            continue;
        struct sim_case one = case_of(c, report);
        find_all_conditions(&one);
        remember(history, &one, c->context->node_time_us);
    }
    witness->stretch_count = stretches;
}

static const char *kind_name(uint32_t kind)
{
    const char *name = sim_advisory_kind_name(kind);
    return name != NULL ? name : "of no kind";
}

static bool judged(uint32_t kind)
{
    switch (kind) {
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN_TOO_COARSE:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALERT:
    case DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY:
        return true;
    default:
        return false;
    }
}

// Kinds whose advisories are about one thing each.
static bool featured(uint32_t kind)
{
    return kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALERT;
}

// Kinds of which a drone has one advisory at most: whatever its id, it is that one.
static bool single(uint32_t kind)
{
    return kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY
           || kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN_TOO_COARSE;
}

// Of an advisory that says what it is about.
static void store_name(struct sim_advisory_history *history, const Drf__V1__Advisory *a)
{
    if (!judged(a->kind) || (featured(a->kind) && a->feature_id == NULL))
        return;
    const struct name name = {a->advisory_id, a->kind, key_of_advisory(a)};
    for (size_t i = 0; i < NAMES; i++)
        if (history->names[i].key == name.key
            && history->names[i].advisory_id == name.advisory_id)
            return;
    history->names[history->named++ % NAMES] = name;
}

// The key of what an id of a kind is about; 0: it was never received in full.
static uint64_t key_of_id(const struct sim_advisory_history *history, uint32_t advisory_id,
                          uint32_t kind)
{
    if (single(kind))
        return key_of(kind, 0, "");
    const struct name *name = find_name(history, advisory_id, kind);
    return name != NULL ? name->key : 0;
}

// An advisory that the node keeps after its condition has ended has no feature; its id says
// what it was about. 0: nothing does.
static uint64_t key_told(const struct sim_advisory_history *history, const Drf__V1__Advisory *a)
{
    return featured(a->kind) && a->feature_id == NULL
               ? key_of_id(history, a->advisory_id, a->kind)
               : key_of_advisory(a);
}

static struct held *held_of(struct sim_advisory_history *history, const Drf__V1__Advisory *a)
{
    uint64_t key = key_told(history, a);
    return key != 0 ? find(history, key) : NULL;
}

void sim_witness_told(struct sim_witness *witness, size_t drone,
                      const Drf__V1__Advisory *advisory)
{
    if (witness->history != NULL && drone < witness->fleet.count)
        store_name(&witness->history[drone], advisory);
}

static void check_form(struct sim_advisory_history *history, const Drf__V1__Context *context,
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
    store_name(history, a);
    struct held *held = judged(a->kind) && !shared ? held_of(history, a) : NULL;
    if (held == NULL)
        return;
    struct held *other = find_id(history, a->advisory_id);
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
                                      const struct sim_advisory_history *history,
                                      const struct told *told, int64_t kept_us)
{
    int64_t from_us = c->context->node_time_us - kept_us;
    if (!judged(told->kind))
        return SIM_UNJUDGED_KIND;
    if (told->key == 0)
        return SIM_UNJUDGED_NAMELESS;
    if (c->unjudged[told->kind] != SIM_JUDGED)
        return c->unjudged[told->kind];
    if (history->unjudged_us[told->kind] > from_us)
        return history->because[told->kind];
    return history->since_us > from_us ? SIM_UNJUDGED_SHORT : SIM_JUDGED;
}

// Whether it may hold, or may have held so long ago as it is kept.
static void check_sound(const struct sim_case *c, struct sim_advisory_history *history,
                        const struct told *told, struct sim_witness_counts *counts)
{
    int64_t now_us = c->context->node_time_us;
    int64_t kept_us =
        (int64_t)told->severity * (dwell_us + 2 * history->interval_us) + slack_us;
    const struct held *held = told->key != 0 ? find(history, told->key) : NULL;
    int64_t last_us = held != NULL ? held->last_us[told->severity] : 0;
    bool good = judged(told->kind) && last_us != 0 && now_us - last_us <= kept_us;
    enum sim_unjudged reason = good ? SIM_JUDGED : why_unjudged(c, history, told, kept_us);
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

static bool stands(const struct sim_case *c, struct sim_advisory_history *history,
                   const struct sim_condition *condition)
{
    const Drf__V1__Context *context = c->context;
    uint64_t key = key_of(condition->kind, condition->variant, condition->feature);
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->kind == condition->kind
            && context->advisories[i]->severity <= (uint32_t)condition->certain
            && key_told(history, context->advisories[i]) == key)
            return true;
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *brief = context->advisories_brief[i];
        uint64_t told = key_of_id(history, brief->advisory_id, brief->kind);
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

static void check_complete(const struct sim_case *c, struct sim_advisory_history *history,
                           struct sim_witness_counts *counts)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *condition = &c->conditions[i];
        if (condition->certain == SIM_NOTHING)
            continue;
        bool good = stands(c, history, condition);
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
    note_context(history, context->boot_id, context->node_time_us);
    remember_unanswered(&c, history);
    remember(history, &c, context->node_time_us);
    for (size_t i = 0; i < context->n_advisories; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        check_form(history, context, a, counts);
        const struct told told = {a->kind, a->severity, key_told(history, a),
                                  a->feature_id != NULL ? a->feature_id : "",
                                  a->text != NULL ? a->text : ""};
        if (a->severity >= SIM_WARNING && a->severity <= SIM_INFO)
            check_sound(&c, history, &told, counts);
    }
    for (size_t i = 0; i < context->n_advisories_brief; i++) {
        const Drf__V1__AdvisoryBrief *b = context->advisories_brief[i];
        const struct told told = {b->kind, b->severity,
                                  key_of_id(history, b->advisory_id, b->kind), "", "(brief)"};
        if (b->severity >= SIM_WARNING && b->severity <= SIM_INFO)
            check_sound(&c, history, &told, counts);
    }
    check_complete(&c, history, counts);
    sim_witness_listed(&c, counts);
}
