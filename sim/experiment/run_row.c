// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "sim/experiment/run_impl.h"

const char sim_run_columns[] =
    "seconds,reports,reports_not_sent,lost_up,lost_down,bytes_up,bytes_down,contexts,pushed,"
    "gaps,advisories,replies,refusals,latency_p50_ms,latency_p99_ms,latency_max_ms,"
    "values_checked,values_wrong,advisories_judged,advisories_false,advisories_required,"
    "advisories_missed,advisories_unjudged,advisories_unjudged_by,wrong_by";

// "traffic:late 12; zone:way 3", as far as it fits.
static void write_reasons(const struct sim_witness_counts *counts, size_t size, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t kind = 0; kind < SIM_ADVISORY_KINDS; kind++)
        for (int i = 0; i < SIM_UNJUDGED_COUNT && used < size; i++) {
            const char *name = sim_advisory_kind_name(kind);
            if (counts->kinds[kind].unjudged[i] > 0)
                used += (size_t)snprintf(
                    out + used, size - used, "%s%s:%s %" PRIu64, used > 0 ? "; " : "",
                    name != NULL ? name : "of_no_kind", sim_unjudged_name((enum sim_unjudged)i),
                    counts->kinds[kind].unjudged[i]);
        }
}

// "traffic:false 12; zone:missed 3; wind 1", as far as it fits.
static void write_wrong(const struct sim_witness_counts *counts, size_t size, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t kind = 0; kind < SIM_ADVISORY_KINDS; kind++) {
        const struct sim_kind_count *one = &counts->kinds[kind];
        const char *name = sim_advisory_kind_name(kind);
        if (one->false_ones > 0 && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s:false %" PRIu64,
                                     used > 0 ? "; " : "", name, one->false_ones);
        if (one->missed > 0 && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s:missed %" PRIu64,
                                     used > 0 ? "; " : "", name, one->missed);
    }
    for (int i = 0; i < SIM_CHECK_COUNT && used < size; i++)
        if (counts->wrong[i] > 0 && i != SIM_CHECK_ADVISORY_FALSE
            && i != SIM_CHECK_ADVISORY_MISSED)
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s %" PRIu64, used > 0 ? "; " : "",
                                 sim_check_name((enum sim_check)i), counts->wrong[i]);
}

enum drf_status run_samples(const struct sim_run *run, const char *path)
{
    const struct sim_witness_counts *w = sim_receiver_counts(run->fleet.receiver);
    if (sim_witness_counts_wrong(w) == 0) {
        (void)remove(path); // of a run that was half done
        return DRF_OK;
    }
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return DRF_ERR_STORE;
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        if (w->wrong[i] > 0)
            fprintf(file, "%s: %s\n", sim_check_name((enum sim_check)i), w->sample[i]);
    return fclose(file) == 0 ? DRF_OK : DRF_ERR_STORE;
}

void run_row(const struct sim_run *run, struct sim_run_result *out)
{
    const struct sim_receiver_count *n = sim_receiver_count(run->fleet.receiver);
    const struct sim_witness_counts *w = sim_receiver_counts(run->fleet.receiver);
    const struct sim_histogram *latency = sim_receiver_latency(run->fleet.receiver);
    const struct sim_advisory_totals all = sim_witness_counts_totals(w);
    uint64_t checked = 0, wrong = 0;
    for (int i = 0; i < SIM_CHECK_COUNT; i++) {
        bool advisory = i == SIM_CHECK_ADVISORY_FALSE || i == SIM_CHECK_ADVISORY_MISSED;
        checked += advisory ? 0 : w->checked[i];
        wrong += advisory ? 0 : w->wrong[i];
    }
    char times[96] = ",,"; // nothing answered
    char reasons[SIM_ROW_SIZE / 2], wrong_by[SIM_ROW_SIZE / 4];
    write_reasons(w, sizeof reasons, reasons);
    write_wrong(w, sizeof wrong_by, wrong_by);
    if (latency->count > 0)
        snprintf(times, sizeof times, "%.3f,%.3f,%.3f",
                 (double)sim_histogram_at(latency, 0.5) * 1e-3,
                 (double)sim_histogram_at(latency, 0.99) * 1e-3, (double)latency->max * 1e-3);
    snprintf(out->row, sizeof out->row,
             "%g,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
             ",%" PRIu64 ",%s,%s",
             run->trial->duration_s, run->fleet.sent, run->fleet.lost, run->lost_up,
             run->lost_down, run->bytes_up, run->bytes_down, n->contexts, n->pushed, n->gaps,
             n->advisories, n->replies, n->refusals, times, checked, wrong, all.judged,
             all.false_ones, all.certain, all.missed, all.unjudged, reasons, wrong_by);
}
