// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_counts.h"

#include <stdarg.h>
#include <stdio.h>

#include "drf/v1/simulation.pb-c.h"

const char *sim_check_name(enum sim_check check)
{
    static const char *const names[SIM_CHECK_COUNT] = {
        [SIM_CHECK_ENVELOPE] = "envelope",
        [SIM_CHECK_SEQUENCE] = "sequence",
        [SIM_CHECK_AIRCRAFT] = "aircraft",
        [SIM_CHECK_AGL] = "agl",
        [SIM_CHECK_GROUND] = "ground",
        [SIM_CHECK_SURFACE] = "surface",
        [SIM_CHECK_CLEARANCE] = "clearance",
        [SIM_CHECK_SEGMENTS] = "segments",
        [SIM_CHECK_AHEAD] = "ahead",
        [SIM_CHECK_PLAN] = "plan",
        [SIM_CHECK_OBSTACLES] = "obstacles",
        [SIM_CHECK_REFUSED] = "refused",
        [SIM_CHECK_WIND] = "wind",
        [SIM_CHECK_GUST] = "gust",
        [SIM_CHECK_TEMPERATURE] = "temperature",
        [SIM_CHECK_VISIBILITY] = "visibility",
        [SIM_CHECK_PRECIPITATION] = "precipitation",
        [SIM_CHECK_DATA_TIME] = "data_time",
        [SIM_CHECK_INVENTED] = "invented",
        [SIM_CHECK_MISSING] = "missing",
        [SIM_CHECK_PATCH] = "patch",
        [SIM_CHECK_ADVISORY] = "advisory",
        [SIM_CHECK_ADVISORY_FALSE] = "advisory_false",
        [SIM_CHECK_ADVISORY_MISSED] = "advisory_missed",
        [SIM_CHECK_TERRAIN] = "terrain",
        [SIM_CHECK_LANDING] = "landing",
        [SIM_CHECK_CELLS] = "weather_cells",
        [SIM_CHECK_TRAFFIC] = "traffic",
        [SIM_CHECK_ALERTS] = "alerts",
        [SIM_CHECK_REVIEW] = "review",
        [SIM_CHECK_OWNER] = "owner",
        [SIM_CHECK_GAP] = "context_gap",
        [SIM_CHECK_REPLY] = "reply",
        [SIM_CHECK_CARRIED] = "advisory_carried",
        [SIM_CHECK_DECODE] = "decode",
    };
    return names[check];
}

const char *sim_advisory_kind_name(uint32_t kind)
{
    static const char *const names[SIM_ADVISORY_KINDS] = {NULL,
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
    return kind < SIM_ADVISORY_KINDS ? names[kind] : NULL;
}

static const struct {
    const char *name, *text;
} reasons[SIM_UNJUDGED_COUNT] = {
    [SIM_JUDGED] = {"", ""},
    [SIM_UNJUDGED_KIND] = {"kind", "of a kind that the witness does not know"},
    [SIM_UNJUDGED_WAY] = {"way", "the node may take any of several ways"},
    [SIM_UNJUDGED_SHORT] = {"short", "not watched for as long as an advisory is kept"},
    [SIM_UNJUDGED_NAMELESS] = {"nameless", "never received in full"},
    [SIM_UNJUDGED_LATE] = {"late", "answered too late"},
    [SIM_UNJUDGED_UNKNOWN] = {"unknown", "what it is judged by is not known"},
    [SIM_UNJUDGED_FULL] = {"full", "more conditions than the witness keeps"},
};

const char *sim_unjudged_name(enum sim_unjudged reason) { return reasons[reason].name; }

const char *sim_unjudged_text(enum sim_unjudged reason) { return reasons[reason].text; }

struct sim_advisory_totals sim_witness_counts_totals(const struct sim_witness_counts *counts)
{
    struct sim_advisory_totals all = {.told = 0};
    for (int i = 0; i < SIM_ADVISORY_KINDS; i++) {
        const struct sim_kind_count *kind = &counts->kinds[i];
        all.judged += kind->sound;
        all.false_ones += kind->false_ones;
        all.certain += kind->certain;
        all.missed += kind->missed;
        for (int k = 0; k < SIM_UNJUDGED_COUNT; k++) {
            all.because[k] += kind->unjudged[k];
            all.unjudged += kind->unjudged[k];
        }
    }
    all.told = all.judged + all.unjudged;
    return all;
}

uint64_t sim_witness_counts_wrong(const struct sim_witness_counts *counts)
{
    uint64_t sum = 0;
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        sum += counts->wrong[i];
    return sum;
}

static void tell(const struct sim_witness_counts *counts, const struct sim_judgement *judgement)
{
    if (counts->listener.on_judgement != NULL)
        counts->listener.on_judgement(counts->listener.context, counts->drone, counts->mono_us,
                                      judgement);
}

static bool is_advisory(enum sim_check check)
{
    return check == SIM_CHECK_ADVISORY_FALSE || check == SIM_CHECK_ADVISORY_MISSED;
}

// Counts; true when `text` is wanted.
static bool count(struct sim_witness_counts *counts, enum sim_check check, bool good)
{
    counts->checked[check]++;
    if (good)
        return false;
    return counts->wrong[check]++ == 0 || counts->listener.on_judgement != NULL;
}

static void keep(struct sim_witness_counts *counts, enum sim_check check, const char *text)
{
    if (counts->wrong[check] == 1)
        snprintf(counts->sample[check], SIM_SAMPLE_SIZE, "%s", text);
}

void sim_witness_counts_note(struct sim_witness_counts *counts, enum sim_check check, bool good,
                             const char *format, ...)
{
    char text[SIM_SAMPLE_SIZE];
    if (!count(counts, check, good))
        return;
    va_list arguments;
    va_start(arguments, format);
    // Begun one line above; the analyzer does not follow it.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep(counts, check, text);
    if (!is_advisory(check)) // these are told with their kind
        tell(counts, &(struct sim_judgement){.check = check,
                                             .verdict = DRF__V1__VERDICT__VERDICT_WRONG,
                                             .feature = "",
                                             .text = text});
}

void sim_witness_counts_judge(struct sim_witness_counts *counts,
                              const struct sim_judgement *judgement, const char *format, ...)
{
    char text[SIM_SAMPLE_SIZE] = "";
    bool good = judgement->verdict == DRF__V1__VERDICT__VERDICT_RIGHT;
    if (count(counts, judgement->check, good)) {
        va_list arguments;
        va_start(arguments, format);
        // Begun one line above; the analyzer does not follow it.
        // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        keep(counts, judgement->check, text);
    }
    struct sim_judgement told = *judgement;
    told.text = text;
    if (!(good && judgement->check == SIM_CHECK_ADVISORY_MISSED))
        tell(counts, &told);
}

void sim_witness_counts_unjudged(struct sim_witness_counts *counts, uint32_t kind,
                                 uint32_t severity, const char *feature,
                                 enum sim_unjudged reason)
{
    counts->kinds[kind < SIM_ADVISORY_KINDS ? kind : 0].unjudged[reason]++;
    tell(counts, &(struct sim_judgement){.check = SIM_CHECK_ADVISORY_FALSE,
                                         .verdict = DRF__V1__VERDICT__VERDICT_UNJUDGED,
                                         .kind = kind,
                                         .severity = severity,
                                         .feature = feature,
                                         .text = sim_unjudged_name(reason)});
}
