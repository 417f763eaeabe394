// SPDX-License-Identifier: Apache-2.0
// Higher over the ground than the profile's agl_max_m allows, or about to be.
//
// Judged at the aircraft and every 25 m along the middle of the path (at most 200 places), by
// the nominal height: an altitude's accuracy alone would be a CAUTION over most of a
// legal flight. Where the ground or the altitude is unknown the limit cannot be judged:
// that is a CAUTION here and an INFO ahead, never silence.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"

#define STEP_M 25.0
#define PLACES_MAX 200.0

static void raise(const struct fusion_view *view, const struct fusion_path_node *where,
                  double agl_m, struct fusion_advisories *list)
{
    double limit_m = view->aircraft->limits.agl_max_m;
    struct fusion_advisory advisory = fusion_advisory_begin(
        view, FUSION_ADVISORY_ALTITUDE_LIMIT, fusion_severity_of(where->time_s), "agl");
    advisory.layer = FUSION_LAYER_GROUND;
    fusion_advisory_source(&advisory, view->context->height.ground_source);
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = where->time_s;
    advisory.position_known = true;
    advisory.position = fusion_path_place(where);
    advisory.value_known = true;
    advisory.value = agl_m;
    advisory.limit = limit_m;
    advisory.unit = "m";
    (void)snprintf(advisory.text, sizeof advisory.text,
                   "%.0f m above ground in %.0f s, limit %.0f m", agl_m, where->time_s,
                   limit_m);
    fusion_advisories_add(list, &advisory);
}

static void raise_unknown(const struct fusion_view *view, const struct fusion_path_node *where,
                          enum fusion_severity severity, struct fusion_advisories *list)
{
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, FUSION_ADVISORY_ALTITUDE_LIMIT, severity, "agl unknown");
    advisory.layer = FUSION_LAYER_GROUND;
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = where->time_s;
    advisory.position_known = true;
    advisory.position = fusion_path_place(where);
    (void)snprintf(advisory.text, sizeof advisory.text,
                   "height above ground unknown in %.0f s: limit %.0f m cannot be judged",
                   where->time_s, view->aircraft->limits.agl_max_m);
    fusion_advisories_add(list, &advisory);
}

// The first place ahead that is too high, and the first where it is unknown, unless that was
// reported. Without a course the column above and below the aircraft.
static void look_ahead(const struct fusion_view *view, bool told,
                       struct fusion_advisories *list)
{
    const struct fusion_path *path = view->path;
    double limit_m = view->aircraft->limits.agl_max_m;
    bool disc = path->basis == FUSION_CORRIDOR_DISC;
    double end = disc ? path->time_max_s : path->length_m;
    double step = disc ? 1.0 : fmax(STEP_M, end / PLACES_MAX);
    double at = 0.0;
    while (at < end) {
        at = fmin(at + step, end);
        struct fusion_path_node node = path->nodes[0];
        if (disc) {
            node.time_s = at;
            node.amsl_m.value += path->climb_mps * at;
        } else {
            node = fusion_path_at(path, at);
        }
        struct fusion_sample ground =
            fusion_sample_ground(view->root, fusion_path_place(&node));
        if (!ground.known || !node.amsl_m.known) {
            if (!told)
                raise_unknown(view, &node, FUSION_SEVERITY_INFO, list);
            told = true;
        } else if (node.amsl_m.value - ground.amsl_m > limit_m) {
            raise(view, &node, node.amsl_m.value - ground.amsl_m, list);
            return;
        }
    }
}

void fusion_reason_agl(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_limits *limits = &view->aircraft->limits;
    if (!limits->agl_max_set || view->aircraft->fix.on_ground)
        return;
    const struct fusion_height *height = &view->context->height;
    const struct fusion_path_node here = {.point = view->context->position};
    if (height->agl_m.known && height->agl_m.value > limits->agl_max_m) {
        raise(view, &here, height->agl_m.value, list);
        return;
    }
    if (!height->agl_m.known)
        raise_unknown(view, &here, FUSION_SEVERITY_CAUTION, list);
    // over unknown ground too: what comes after it may be known
    look_ahead(view, !height->agl_m.known, list);
}
