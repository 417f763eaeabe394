// SPDX-License-Identifier: Apache-2.0
// Another aircraft comes too near, by the closest point of approach in time and distance: one
// of the region's drones, or one from a feed (fusion/aircraft/encounter.h says how it
// is judged).
//
// Nominally too near is a WARNING or a CAUTION by its time. With both accuracies added, across
// growing with time, it is a CAUTION at most; only with more of them than the feed's default,
// an INFO. One that jumped is a CAUTION at most. An aircraft on the ground is told nothing; a
// drone that stands there is in others' way, an aircraft of a feed is not.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/encounter.h"
#include "fusion/reason/reasoners.h"

static enum fusion_severity severity_of(const struct fusion_encounter *encounter)
{
    bool nominal = encounter->nominal_s >= 0.0;
    if (!nominal && encounter->low_s < 0.0)
        return FUSION_SEVERITY_INFO;
    enum fusion_severity severity =
        fusion_severity_of(nominal ? encounter->nominal_s : encounter->low_s);
    if ((!nominal || encounter->other->unconfirmed) && severity == FUSION_SEVERITY_WARNING)
        return FUSION_SEVERITY_CAUTION;
    // nominally later, by the accuracies sooner: the more pressing holds
    if (nominal && severity == FUSION_SEVERITY_INFO && encounter->low_s >= 0.0
        && encounter->low_s <= FUSION_CAUTION_S)
        return FUSION_SEVERITY_CAUTION;
    return severity;
}

static double first_s(const struct fusion_encounter *encounter) // negative: never
{
    return encounter->nominal_s >= 0.0 ? encounter->nominal_s
           : encounter->low_s >= 0.0   ? encounter->low_s
                                       : encounter->wide_s;
}

static const char *doubt(const struct fusion_neighbour *other)
{
    return other->unconfirmed                             ? " (unconfirmed)"
           : other->reach_mps > 0.0 || other->reach_m > 0 ? " (course unknown)"
           : other->predicted                             ? " (predicted)"
                                                          : "";
}

// Its id, its address where that is another, and its category, as far as they are known.
static void write_text(const struct fusion_encounter *encounter,
                       char text[FUSION_ADVISORY_TEXT_SIZE])
{
    const struct fusion_neighbour *other = encounter->other;
    static const char *const frames[] = {
        [FUSION_APART_UNKNOWN] = "",
        [FUSION_APART_AMSL] = "",
        [FUSION_APART_PRESSURE] = " (pressure)",
        [FUSION_APART_QNH] = " (by QNH)",
        [FUSION_APART_ROUGH] = " +-600 m",
    };
    const char *icao24 = other->icao24 != NULL ? other->icao24 : "";
    const char *category = other->category != NULL ? other->category : "";
    bool own = icao24[0] == '\0' || strcmp(icao24, other->traffic_id) != 0;
    char up[48] = "height unknown", when[FUSION_WHEN_SIZE];
    char known[20], whole[FUSION_WHOLE_SIZE];
    (void)snprintf(known, sizeof known, "%s%s%.6s%s%.2s", own && icao24[0] != '\0' ? " " : "",
                   icao24[0] != '\0' ? "icao24 " : "", icao24, category[0] != '\0' ? " " : "",
                   category);
    fusion_when(encounter->cpa_s, when);
    if (encounter->cpa_up_known)
        (void)snprintf(up, sizeof up, "%s m %s%s",
                       fusion_whole(fabs(encounter->cpa_up_m), whole),
                       encounter->cpa_up_m < 0.0 ? "below" : "above", frames[encounter->apart]);
    char numbers[FUSION_ADVISORY_TEXT_SIZE - 8], rest[sizeof numbers];
    (void)snprintf(numbers, sizeof numbers, "%s: %s m across, %s, closest %s", doubt(other),
                   fusion_whole(encounter->cpa_m, whole), up, when);
    const bool fits = strlen(known) + strlen(numbers) < sizeof rest;
    if (!fits) // the context's traffic says the rest
        known[0] = '\0';
    memcpy(rest, known, strlen(known) + 1);
    memcpy(rest + strlen(known), numbers, strlen(numbers) + 1);
    fusion_say(text, "", own || !fits ? other->traffic_id : "", rest);
}

static void raise(const struct fusion_view *view, const struct fusion_encounter *encounter,
                  struct fusion_advisories *list)
{
    const struct fusion_neighbour *other = encounter->other;
    struct fusion_advisory advisory = fusion_advisory_begin(
        view, FUSION_ADVISORY_TRAFFIC, severity_of(encounter), other->traffic_id);
    advisory.layer = FUSION_LAYER_TRAFFIC;
    advisory.source = other->source;
    advisory.feature_id = other->traffic_id;
    advisory.data_time_known = true;
    advisory.data_time_utc_us = other->time_utc_us;
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = first_s(encounter);
    advisory.position_known = true;
    advisory.position = other->position;
    advisory.alt_known = encounter->amsl_known;
    advisory.alt_amsl_m = encounter->amsl_m;
    advisory.value_known = true;
    advisory.value = encounter->cpa_m;
    advisory.limit = encounter->limit_m;
    advisory.unit = "m";
    write_text(encounter, advisory.text);
    fusion_advisories_add(list, &advisory);
}

void fusion_reason_traffic(const struct fusion_view *view, struct fusion_advisories *list)
{
    if (view->aircraft->fix.on_ground || view->aircraft->limits.clearance_min_m <= 0.0)
        return;
    for (size_t i = 0; i < view->encounter_count; i++) {
        const struct fusion_encounter *encounter = &view->encounters[i];
        // one of a feed that taxies is in nobody's way
        bool aside = encounter->other->on_ground && encounter->other->source != NULL;
        if (!aside && first_s(encounter) >= 0.0)
            raise(view, encounter, list);
    }
}
