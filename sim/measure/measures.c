// SPDX-License-Identifier: Apache-2.0
//
// Every group of rows is one function; it adds all its rows whatever the recording holds. What
// cannot be said is a row with the reason, never 0.
#include "sim/measure/measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/measure/leads.h"

enum { FIRST_ROOM = 256, KINDS = 17 };

const char *const sim_loss_names[SIM_LOSS_KINDS] = {"nmac", "well_clear"};

// AdvisoryKind in enums.proto.
static const char *const kind_names[KINDS] = {NULL,
                                              "terrain",
                                              "obstacle",
                                              "wind",
                                              "gust",
                                              "visibility",
                                              "zone",
                                              "traffic",
                                              "altitude_limit",
                                              "altitude_reference_suspect",
                                              "data_quality",
                                              "region_boundary",
                                              "landing",
                                              "terrain_too_coarse",
                                              "alert",
                                              "time_reference_suspect",
                                              "hazardous_weather"};

struct table {
    struct sim_measured *out;
    enum drf_status status;
};

static struct sim_measure *add(struct table *table, const char *name, const char *of)
{
    struct sim_measured *out = table->out;
    if (table->status == DRF_OK && out->count == out->room) {
        size_t room = out->room == 0 ? FIRST_ROOM : 2 * out->room;
        struct sim_measure *grown = realloc(out->measures, room * sizeof *grown);
        if (grown == NULL)
            table->status = DRF_ERR_NOMEM;
        else {
            out->measures = grown;
            out->room = room;
        }
    }
    if (table->status != DRF_OK)
        return NULL;
    struct sim_measure *row = &out->measures[out->count++];
    *row = (struct sim_measure){0};
    snprintf(row->name, sizeof row->name, "%s", name);
    snprintf(row->of, sizeof row->of, "%s", of);
    return row;
}

static void add_known(struct table *table, const char *name, const char *of, double value,
                      uint64_t count)
{
    struct sim_measure *row = add(table, name, of);
    if (row == NULL)
        return;
    row->known = true;
    row->value = value;
    row->count = count;
}

static void add_unknown(struct table *table, const char *name, const char *of, const char *why)
{
    struct sim_measure *row = add(table, name, of);
    if (row != NULL)
        row->why = why;
}

// `why` NULL: the value is known.
static void add_either(struct table *table, const char *name, const char *of, double value,
                       uint64_t count, const char *why)
{
    if (why != NULL)
        add_unknown(table, name, of, why);
    else
        add_known(table, name, of, value, count);
}

// Mean, quantiles and the greatest of seconds; sorts them.
static void add_spread(struct table *table, const char *name, const char *of,
                       struct sim_numbers *numbers, const char *why)
{
    static const struct {
        const char *end;
        double share;
    } parts[] = {{"p50_s", 0.5}, {"p95_s", 0.95}, {"p99_s", 0.99}, {"max_s", 1}};
    if (numbers->count > 0)
        why = NULL;
    sim_numbers_sort(numbers);
    char full[SIM_MEASURE_NAME_SIZE];
    snprintf(full, sizeof full, "%s_mean_s", name);
    add_either(table, full, of, why == NULL ? sim_numbers_mean(numbers) : 0, numbers->count,
               why);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(full, sizeof full, "%s_%s", name, parts[i].end);
        add_either(table, full, of,
                   why == NULL ? sim_numbers_quantile(numbers, parts[i].share) : 0,
                   numbers->count, why);
    }
}

static void add_recording(struct table *table)
{
    const struct sim_scan *scan = &table->out->scan;
    size_t intruders = 0, aircraft = sim_scan_tracks(scan)->count;
    for (size_t i = 0; i < scan->truth.count; i++)
        intruders += scan->truth.tracks[i].intruder;
    size_t silent = 0;
    for (size_t i = 0; i < scan->listened_count; i++)
        silent += scan->listened[i].update_count == 0;
    add_either(table, "duration_s", "", (double)(scan->end_us - scan->begin_us) / 1e6,
               scan->messages, scan->messages > 0 ? NULL : "no message");
    add_known(table, "messages", "", (double)scan->messages, scan->messages);
    add_known(table, "messages_undecodable", "", (double)scan->undecodable, scan->messages);
    add_known(table, "messages_other_topics", "", (double)scan->leaf_messages[SIM_LEAF_OTHER],
              scan->other_topics);
    add_known(table, "positions_from_truth", "", scan->truth.count > 0, aircraft);
    add_known(table, "drones", "", (double)(aircraft - intruders), aircraft);
    add_either(table, "intruders", "", (double)intruders, aircraft,
               scan->truth.count > 0 ? NULL : "no truth in the recording");
    add_known(table, "drones_without_context", "", (double)silent, scan->listened_count);
}

static void add_losses(struct table *table, enum sim_loss_kind kind, const char *why)
{
    const struct sim_separation *s = &table->out->separation;
    const char *of = sim_loss_names[kind];
    uint64_t losses = 0, undecided = 0, pairs = 0;
    double seconds = 0;
    for (size_t i = 0; i < s->loss_count; i++) {
        const struct sim_loss *loss = &s->losses[i];
        if (loss->kind != kind)
            continue;
        undecided += loss->undecided;
        if (loss->undecided)
            continue;
        losses++;
        seconds += (double)(loss->to_us - loss->from_us) / 1e6;
        bool first = true;
        for (size_t j = 0; j < i && first; j++)
            first = s->losses[j].kind != kind || s->losses[j].undecided
                    || s->losses[j].one != loss->one || s->losses[j].two != loss->two;
        pairs += first;
    }
    add_either(table, "losses", of, (double)losses, s->pair_count, why);
    add_either(table, "losses_pairs", of, (double)pairs, s->pair_count, why);
    add_either(table, "losses_s", of, seconds, losses, why);
    add_either(table, "losses_undecided", of, (double)undecided, s->pair_count, why);
    add_either(table, "losses_per_flight_hour", of,
               s->aircraft_s > 0 ? (double)losses / s->aircraft_s * 3600 : 0, losses, why);
}

static void add_pairs(struct table *table, const char *why)
{
    const struct sim_separation *s = &table->out->separation;
    const char *none = why != NULL ? why : "no pair came within the range";
    struct sim_numbers least = {0};
    double slant_m = HUGE_VAL;
    uint64_t slants = 0;
    for (size_t i = 0; i < s->pair_count && table->status == DRF_OK; i++) {
        table->status = sim_numbers_add(&least, s->pairs[i].horizontal_m);
        slants += s->pairs[i].has_slant;
        if (s->pairs[i].has_slant)
            slant_m = fmin(slant_m, s->pairs[i].slant_m);
    }
    sim_numbers_sort(&least);
    bool any = least.count > 0;
    add_either(table, "separation_min_m", "horizontal", any ? least.values[0] : 0, least.count,
               any ? NULL : none);
    add_either(table, "separation_min_m", "slant", slant_m, slants,
               slants > 0 ? NULL
               : any      ? "no pair has heights from the same surface"
                          : none);
    add_either(table, "pair_min_p05_m", "horizontal",
               any ? sim_numbers_quantile(&least, 0.05) : 0, least.count, any ? NULL : none);
    add_either(table, "pair_min_p50_m", "horizontal",
               any ? sim_numbers_quantile(&least, 0.5) : 0, least.count, any ? NULL : none);
    add_either(table, "pairs_in_range", "", (double)s->pair_count, s->instants, why);
    sim_numbers_close(&least);
}

static void add_separation(struct table *table)
{
    const struct sim_separation *s = &table->out->separation;
    const char *why = NULL;
    if (table->out->scan.truth.count == 0 && table->out->scan.reported.count == 0)
        why = "no position in the recording";
    else if (s->aircraft == 0)
        why = "no aircraft with two positions in the air, near enough in time";
    add_either(table, "flight_s", "", s->aircraft_s, s->aircraft, why);
    if (why == NULL && s->instants == 0 && s->pair_count == 0)
        why = "never two aircraft in the air together";
    for (enum sim_loss_kind kind = 0; kind < SIM_LOSS_KINDS; kind++)
        add_losses(table, kind, why);
    add_pairs(table, why);
}

static bool lead_fits(const struct sim_lead *lead, const char *event, uint32_t kind)
{
    return strcmp(lead->event, event) == 0 && (kind == 0 || lead->kind == kind);
}

// Leads of one event and kind (0: all), from the first word to the event or to the nearest
// point.
static void add_lead(struct table *table, const char *name, const char *of, const char *event,
                     uint32_t kind, bool to_near, const char *none)
{
    struct sim_numbers leads = {0};
    for (size_t i = 0; i < table->out->lead_count && table->status == DRF_OK; i++) {
        const struct sim_lead *lead = &table->out->leads[i];
        if (!lead_fits(lead, event, kind) || !lead->told || (!to_near && !lead->entry_known))
            continue;
        int64_t at_us = to_near ? lead->near_us : lead->event_us;
        table->status = sim_numbers_add(&leads, (double)(at_us - lead->told_us) / 1e6);
    }
    sim_numbers_sort(&leads);
    const char *why = leads.count > 0 ? NULL : none;
    char full[SIM_MEASURE_NAME_SIZE];
    static const struct {
        const char *end;
        double share;
    } parts[] = {{"min_s", 0}, {"p10_s", 0.1}, {"p50_s", 0.5}};
    snprintf(full, sizeof full, "%s_mean_s", name);
    add_either(table, full, of, why == NULL ? sim_numbers_mean(&leads) : 0, leads.count, why);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(full, sizeof full, "%s_%s", name, parts[i].end);
        add_either(table, full, of,
                   why == NULL ? sim_numbers_quantile(&leads, parts[i].share) : 0, leads.count,
                   why);
    }
    sim_numbers_close(&leads);
}

static void add_untold(struct table *table, const char *of, const char *event, uint32_t kind,
                       const char *none)
{
    uint64_t events = 0, untold = 0;
    for (size_t i = 0; i < table->out->lead_count; i++)
        if (lead_fits(&table->out->leads[i], event, kind)) {
            events++;
            untold += !table->out->leads[i].told;
        }
    add_either(table, "events_untold", of, (double)untold, events, events > 0 ? NULL : none);
}

static void add_leads(struct table *table)
{
    const char *none = table->out->scan.leaf_messages[SIM_LEAF_CONTEXT] == 0
                           ? "no context in the recording"
                           : "no such loss of a drone that gets contexts";
    for (enum sim_loss_kind kind = 0; kind < SIM_LOSS_KINDS; kind++) {
        const char *of = sim_loss_names[kind];
        const char *untold = none;
        for (size_t i = 0; i < table->out->lead_count; i++)
            if (lead_fits(&table->out->leads[i], of, 0))
                untold = "nobody was told, or the entry is not known";
        add_lead(table, "lead_to_entry", of, of, 0, false, untold);
        add_lead(table, "lead_to_cpa", of, of, 0, true, untold);
        add_untold(table, of, of, 0, none);
    }
}

static void add_verdicts(struct table *table)
{
    static const struct {
        const char *name, *episodes;
        uint32_t verdict;
    } columns[] = {
        {"advisory_right", "advisory_right_episodes", DRF__V1__VERDICT__VERDICT_RIGHT},
        {"advisory_missed", "advisory_missed_episodes", DRF__V1__VERDICT__VERDICT_MISSED},
        {"advisory_false", "advisory_false_episodes", DRF__V1__VERDICT__VERDICT_FALSE},
        {"advisory_unjudged", "advisory_unjudged_episodes",
         DRF__V1__VERDICT__VERDICT_UNJUDGED}};
    const struct sim_scan *scan = &table->out->scan;
    const char *why = scan->verdict_messages > 0
                          ? NULL
                          : "no verdict in the recording: it was made without a witness";
    for (uint32_t kind = 1; kind < KINDS; kind++) {
        uint64_t judged = 0;
        for (size_t v = 0; v < SIM_SCAN_VERDICTS; v++)
            judged += scan->verdicts[kind][v];
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            uint64_t episodes = 0;
            for (size_t d = 0; d < scan->listened_count; d++)
                for (size_t i = 0; i < scan->listened[d].episodes.count; i++) {
                    const struct sim_episode *e = &scan->listened[d].episodes.episodes[i];
                    episodes += e->kind == kind && e->verdict == columns[c].verdict;
                }
            add_either(table, columns[c].name, kind_names[kind],
                       (double)scan->verdicts[kind][columns[c].verdict], judged, why);
            add_either(table, columns[c].episodes, kind_names[kind], (double)episodes, judged,
                       why);
        }
        const char *none = why != NULL ? why : "no verdict on a WARNING of this kind";
        add_lead(table, "lead_to_warning", kind_names[kind], "warning", kind, false, none);
        add_untold(table, kind_names[kind], "warning", kind, none);
    }
    uint64_t told = 0, unjudged = 0;
    for (uint32_t kind = 0; kind < SIM_SCAN_KINDS; kind++) {
        told += scan->verdicts[kind][DRF__V1__VERDICT__VERDICT_RIGHT]
                + scan->verdicts[kind][DRF__V1__VERDICT__VERDICT_FALSE]
                + scan->verdicts[kind][DRF__V1__VERDICT__VERDICT_UNJUDGED];
        unjudged += scan->verdicts[kind][DRF__V1__VERDICT__VERDICT_UNJUDGED];
    }
    add_either(table, "advisory_judged_ratio", "",
               told > 0 ? (double)(told - unjudged) / (double)told : 0, told,
               why == NULL && told == 0 ? "no advisory was told" : why);
    for (size_t i = 0; i < SIM_SCAN_REASONS; i++)
        add_either(table, "advisory_unjudged_by", sim_scan_reasons[i],
                   (double)scan->unjudged[i], unjudged, why);
    add_either(table, "checks_wrong", "", (double)scan->checks_wrong, scan->verdict_messages,
               why);
}

static void add_age(struct table *table)
{
    struct sim_measured *out = table->out;
    const struct sim_scan *scan = &out->scan;
    double integral_s2 = 0, window_s = 0, most_s = -HUGE_VAL;
    uint64_t contexts = 0, late = 0, negative = 0;
    for (size_t d = 0; d < scan->listened_count && table->status == DRF_OK; d++) {
        const struct sim_listened *drone = &scan->listened[d];
        if (drone->update_count == 0)
            continue;
        int64_t end_us = drone->updates[drone->update_count - 1].received_us;
        struct sim_age age;
        table->status = sim_age_of(drone->updates, drone->update_count,
                                   drone->reported_us > end_us ? drone->reported_us : end_us,
                                   &out->peaks, &age);
        if (table->status != DRF_OK)
            return;
        integral_s2 += age.integral_s2;
        window_s += age.window_s;
        most_s = fmax(most_s, age.most_s);
        contexts += drone->update_count;
        late += age.late;
        negative += age.negative;
    }
    const char *why = contexts == 0 ? "no context with a time in the recording" : NULL;
    add_either(table, "context_age_mean_s", "", window_s > 0 ? integral_s2 / window_s : 0,
               contexts,
               why != NULL    ? why
               : window_s > 0 ? NULL
                              : "one context to each drone and no report after it");
    add_spread(table, "context_age_peak", "", &out->peaks,
               why != NULL ? why : "no drone had a second context");
    add_either(table, "context_age_max_s", "", most_s, contexts, why);
    add_either(table, "contexts_late", "", (double)late, contexts, why);
    add_either(table, "contexts_from_the_future", "", (double)negative, contexts, why);
    const char *timeless =
        scan->replayed ? "a replay: what is sent has the time of the step that made it" : NULL;
    add_spread(table, "context_delay", "", &out->scan.delay, timeless != NULL ? timeless : why);
    add_spread(table, "context_interval", "", &out->scan.intervals,
               why != NULL ? why : "no drone had a second context");
    add_spread(table, "answer", "", &out->scan.answer,
               timeless != NULL ? timeless
               : why != NULL    ? why
                                : "no context answers a report in the recording");
}

struct rate {
    double sum, most;
    uint64_t drones;
};

static void add_rate(struct table *table, const char *of, bool (*wanted)(enum sim_leaf),
                     enum sim_leaf only)
{
    const struct sim_scan *scan = &table->out->scan;
    struct rate rate = {0};
    uint64_t messages = 0;
    for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_OF_DRONES; leaf++)
        if (wanted != NULL ? wanted(leaf) : leaf == only)
            messages += scan->leaf_messages[leaf];
    for (size_t d = 0; d < scan->listened_count; d++) {
        const struct sim_listened *drone = &scan->listened[d];
        if (drone->last_us <= drone->first_us)
            continue;
        uint64_t bytes = 0;
        for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_OF_DRONES; leaf++)
            if (wanted != NULL ? wanted(leaf) : leaf == only)
                bytes += drone->bytes[leaf];
        double value = (double)bytes / ((double)(drone->last_us - drone->first_us) / 1e6);
        rate.sum += value;
        rate.most = fmax(rate.most, value);
        rate.drones++;
    }
    // A recorder may not have listened to a stream: none of it is not 0 bytes.
    const char *why = messages == 0      ? "no such message in the recording"
                      : rate.drones == 0 ? "no drone with two messages"
                                         : NULL;
    add_either(table, "bytes_per_drone_s_mean", of,
               rate.drones > 0 ? rate.sum / (double)rate.drones : 0, rate.drones, why);
    add_either(table, "bytes_per_drone_s_max", of, rate.most, rate.drones, why);
}

static void add_bytes(struct table *table)
{
    struct sim_scan *scan = &table->out->scan;
    for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_OF_DRONES; leaf++)
        add_rate(table, sim_leaf_name(leaf), NULL, leaf);
    add_rate(table, "up", sim_leaf_input, SIM_LEAF_OTHER);
    add_rate(table, "down", sim_leaf_output, SIM_LEAF_OTHER);
    for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_TRUTH; leaf++) {
        add_known(table, "stream_messages", sim_leaf_name(leaf),
                  (double)scan->leaf_messages[leaf], scan->messages);
        add_known(table, "stream_bytes", sim_leaf_name(leaf), (double)scan->leaf_bytes[leaf],
                  scan->leaf_messages[leaf]);
    }
}

static void add_latency(struct table *table)
{
    struct sim_scan *scan = &table->out->scan;
    for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_TRUTH; leaf++)
        add_spread(table, "latency", sim_leaf_name(leaf), &scan->latency[leaf],
                   scan->leaf_messages[leaf] == 0
                       ? "no such message in the recording"
                       : "its messages say no time of sending other than that of arrival");
    add_known(table, "latency_negative", "", (double)scan->latency_negative, scan->messages);
}

enum drf_status sim_measured_open(const char *path, const struct sim_measure_rules *rules,
                                  struct sim_measured *out, struct drf_mcap_error *error)
{
    struct sim_measured measured = {0};
    enum drf_status status = sim_scan_open(path, rules->episode_gap_us, &measured.scan, error);
    if (status != DRF_OK)
        return status;
    status = sim_separation_of(sim_scan_tracks(&measured.scan), &rules->separation,
                               &measured.separation);
    if (status == DRF_OK)
        status = sim_leads_find(&measured);
    struct table table = {.out = &measured, .status = status};
    if (status == DRF_OK) {
        add_recording(&table);
        add_separation(&table);
        add_leads(&table);
        add_verdicts(&table);
        add_age(&table);
        add_bytes(&table);
        add_latency(&table);
    }
    if (table.status != DRF_OK) {
        sim_measured_close(&measured);
        snprintf(error->text, sizeof error->text, "%s: out of memory", path);
        return table.status;
    }
    *out = measured;
    return DRF_OK;
}

void sim_measured_close(struct sim_measured *measured)
{
    sim_scan_close(&measured->scan);
    sim_separation_close(&measured->separation);
    sim_numbers_close(&measured->peaks);
    free(measured->leads);
    free(measured->measures);
    *measured = (struct sim_measured){0};
}

const struct sim_measure *sim_measure_find(const struct sim_measured *measured,
                                           const char *name, const char *of)
{
    for (size_t i = 0; i < measured->count; i++)
        if (strcmp(measured->measures[i].name, name) == 0
            && strcmp(measured->measures[i].of, of) == 0)
            return &measured->measures[i];
    return NULL;
}
