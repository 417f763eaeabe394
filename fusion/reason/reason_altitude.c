// SPDX-License-Identifier: Apache-2.0
// The altitudes that an aircraft sends contradict each other, or the ground.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/reason/reasoners.h"
#include "geo/extreme.h"

// On the ground and yet farther from it than this and the accuracy of both; or below it by as
// much, where no aircraft is: a height that means something else.
#define GROUND_MAX_M 10.0

static struct fusion_advisory suspect(const struct fusion_view *view, const char *cause)
{
    return (struct fusion_advisory){
        .advisory_id = fusion_advisory_id(FUSION_ADVISORY_ALTITUDE_REFERENCE_SUSPECT, cause),
        .severity = FUSION_SEVERITY_CAUTION,
        .kind = FUSION_ADVISORY_ALTITUDE_REFERENCE_SUSPECT,
        .valid_until_utc_us = view->now_utc_us + FUSION_ADVISORY_VALID_US,
        .value_known = true,
        .unit = "m",
    };
}

void fusion_reason_altitude(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_height *height = &view->context->height;
    if (height->altitude_suspect) {
        struct fusion_advisory advisory = suspect(view, "geoid");
        advisory.value = height->altitude_residual_m.value;
        advisory.limit = 5.0;
        (void)snprintf(
            advisory.text, sizeof advisory.text,
            "heights disagree: ellipsoid - geoid - AMSL is %.1f m (%.1f m is the geoid here)",
            height->altitude_residual_m.value, height->geoid_m.value);
        fusion_advisories_add(list, &advisory);
    }
    double limit_m = geo_greater(GROUND_MAX_M, height->agl_acc95_m.value);
    double agl_m = height->agl_m.value;
    bool on_ground = view->aircraft->fix.on_ground;
    if (height->agl_m.known && (agl_m < -limit_m || (on_ground && agl_m > limit_m))) {
        struct fusion_advisory advisory = suspect(view, "ground");
        advisory.value = agl_m;
        advisory.limit = limit_m;
        (void)snprintf(advisory.text, sizeof advisory.text,
                       "%s%.1f m %s %s (%.1f m is the geoid here)",
                       on_ground ? "reported on the ground, but " : "altitude is ", fabs(agl_m),
                       agl_m < 0.0 ? "below" : "above", on_ground ? "it" : "the ground",
                       height->geoid_m.value);
        fusion_advisories_add(list, &advisory);
    }
}
