// SPDX-License-Identifier: Apache-2.0
// The surface ahead, or below, is nearer than the aircraft wants it.
#include <math.h>
#include <stdio.h>

#include "fusion/context.h"
#include "fusion/reasoners.h"

#define WARNING_S 15.0
#define CAUTION_S 45.0

struct finding {
    bool found, nominal; // nominal: not only the low clearance violates
    double time_s, clearance_m;
};

static void look(struct finding *finding, double limit_m, double time_s,
                 struct fusion_number nominal, struct fusion_number low)
{
    bool nominal_bad = nominal.known && nominal.value < limit_m;
    bool low_bad = low.known && low.value < limit_m;
    if (!nominal_bad && !low_bad)
        return;
    // the first place where the nominal clearance violates outranks any that only might
    if (finding->found && (finding->nominal || !nominal_bad))
        return;
    *finding = (struct finding){.found = true,
                                .nominal = nominal_bad,
                                .time_s = time_s,
                                .clearance_m = nominal_bad ? nominal.value : low.value};
}

static struct fusion_number over_known(const struct fusion_segment *segment,
                                       const struct fusion_height *height)
{
    if (segment->clearance_min_m.known || !segment->surface_max_amsl_m.known)
        return segment->clearance_min_m;
    // Partly unknown: what is known of it can still be in the way.
    return (struct fusion_number){.known = height->aircraft_amsl_m.known,
                                  .value = height->aircraft_amsl_m.value
                                           - segment->surface_max_amsl_m.value};
}

void fusion_reason_terrain(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_context *context = view->context;
    const struct fusion_fix *fix = &view->aircraft->fix;
    double limit_m = view->aircraft->limits.clearance_min_m;
    if (fix->on_ground || limit_m <= 0.0)
        return;

    const struct fusion_source *source = context->height.surface_source;
    bool coarse =
        source != NULL && source->posting_m > 0.0 && source->vertical_acc95_m > limit_m;
    double speed_mps =
        fix->velocity_known ? hypot(fix->velocity_north_mps, fix->velocity_east_mps) : 0.0;
    struct finding finding = {.found = false};
    const struct fusion_number none = {.known = false};
    look(&finding, limit_m, 0.0, context->height.clearance_m,
         coarse ? none : context->height.clearance_low_m);
    for (size_t i = 0; i < context->look_ahead.segment_count; i++) {
        const struct fusion_segment *segment = &context->look_ahead.segments[i];
        double time_s = speed_mps >= 1.0 ? segment->from_m / speed_mps : segment->from_m;
        look(&finding, limit_m, time_s, over_known(segment, &context->height),
             coarse ? none : segment->clearance_low_m);
    }
    struct fusion_advisory advisory = {
        .valid_until_utc_us = view->now_utc_us + FUSION_ADVISORY_VALID_US,
        .layer = FUSION_LAYER_SURFACE,
        .source = source != NULL ? source->source : NULL,
        .value_known = true,
        .limit = limit_m,
        .unit = "m",
    };
    if (coarse) {
        advisory.kind = FUSION_ADVISORY_TERRAIN_TOO_COARSE;
        advisory.severity = FUSION_SEVERITY_INFO;
        advisory.advisory_id = fusion_advisory_id(advisory.kind, "surface");
        advisory.value = source->vertical_acc95_m;
        (void)snprintf(advisory.text, sizeof advisory.text,
                       "surface is good to %.0f m only, clearance wanted is %.0f m",
                       source->vertical_acc95_m, limit_m);
        fusion_advisories_add(list, &advisory);
    }
    if (!finding.found)
        return;
    advisory.kind = FUSION_ADVISORY_TERRAIN;
    advisory.severity = !finding.nominal              ? FUSION_SEVERITY_CAUTION
                        : finding.time_s <= WARNING_S ? FUSION_SEVERITY_WARNING
                        : finding.time_s <= CAUTION_S ? FUSION_SEVERITY_CAUTION
                                                      : FUSION_SEVERITY_INFO;
    advisory.advisory_id = fusion_advisory_id(advisory.kind, "surface");
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = finding.time_s;
    advisory.value = finding.clearance_m;
    (void)snprintf(advisory.text, sizeof advisory.text, "%s clearance %.0f m in %.0f s",
                   finding.nominal ? "nominal" : "low", finding.clearance_m, finding.time_s);
    fusion_advisories_add(list, &advisory);
}
