// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "sim/experiment/run_impl.h"

const char sim_run_columns[] =
    "seconds,reports,reports_not_sent,lost_up,lost_down,bytes_up,bytes_down,contexts,pushed,"
    "gaps,advisories,replies,refusals,latency_p50_ms,latency_p99_ms,latency_max_ms,"
    "values_checked,values_wrong,advisories_judged,advisories_false,advisories_required,"
    "advisories_missed,advisories_unjudged";

void run_row(const struct sim_run *run, struct sim_run_result *out)
{
    const struct sim_receiver_count *n = sim_receiver_count(run->fleet.receiver);
    const struct sim_witness_counts *w = sim_receiver_counts(run->fleet.receiver);
    const struct sim_histogram *latency = sim_receiver_latency(run->fleet.receiver);
    uint64_t judged = 0, false_ones = 0, required = 0, missed = 0, checked = 0, wrong = 0;
    for (int i = 0; i < SIM_ADVISORY_KINDS; i++) {
        judged += w->kinds[i].sound;
        false_ones += w->kinds[i].false_ones;
        required += w->kinds[i].certain;
        missed += w->kinds[i].missed;
    }
    for (int i = 0; i < SIM_CHECK_COUNT; i++) {
        bool advisory = i == SIM_CHECK_ADVISORY_FALSE || i == SIM_CHECK_ADVISORY_MISSED;
        checked += advisory ? 0 : w->checked[i];
        wrong += advisory ? 0 : w->wrong[i];
    }
    char times[96] = ",,"; // nothing answered
    if (latency->count > 0)
        snprintf(times, sizeof times, "%.3f,%.3f,%.3f",
                 (double)sim_histogram_at(latency, 0.5) * 1e-3,
                 (double)sim_histogram_at(latency, 0.99) * 1e-3, (double)latency->max * 1e-3);
    snprintf(out->row, sizeof out->row,
             "%g,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%" PRIu64,
             run->trial->duration_s, run->fleet.sent, run->fleet.lost, run->lost_up,
             run->lost_down, run->bytes_up, run->bytes_down, n->contexts, n->pushed, n->gaps,
             n->advisories, n->replies, n->refusals, times, checked, wrong, judged, false_ones,
             required, missed, w->unjudged);
}
