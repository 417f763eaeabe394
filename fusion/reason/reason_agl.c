// SPDX-License-Identifier: Apache-2.0
// Higher over the ground than the profile's agl_max_m allows, or about to be.
//
// Judged at the aircraft and every 25 m along the middle of the path (at most 200 places), by
// the nominal height: an altitude's accuracy alone would be a CAUTION over most of a
// legal flight. Segments over whose lowest ground no height of the path is too high are clear
// without a look at their places. Where the ground or the altitude is unknown the limit cannot
// be judged: that is a CAUTION here and an INFO ahead, never silence.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/path_height.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"
#include "geo/extreme.h"

#define STEP_M 25.0
#define PLACES_MAX 200.0
#define ROUNDING_M 1e-3 // more than interpolation loses

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
    char when[FUSION_WHEN_SIZE], agl[FUSION_WHOLE_SIZE], limit[FUSION_WHOLE_SIZE];
    fusion_when(where->time_s, when);
    (void)snprintf(advisory.text, sizeof advisory.text, "%s m above ground %s, limit %s m",
                   fusion_whole(agl_m, agl), when, fusion_whole(limit_m, limit));
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
    char when[FUSION_WHEN_SIZE];
    fusion_when(where->time_s, when);
    (void)snprintf(advisory.text, sizeof advisory.text,
                   "height above ground unknown %s: limit %.0f m cannot be judged", when,
                   view->aircraft->limits.agl_max_m);
    fusion_advisories_add(list, &advisory);
}

static double ground_m(const struct fusion_view *view, const struct fusion_path_node *node)
{
    double amsl_m;
    (void)fusion_sample_ground_height(view->root, fusion_path_place(node), &amsl_m);
    return amsl_m;
}

// Where the path first climbs too high on the spot: as high as it gets there, at the time when
// that begins. Time HUGE_VAL: nowhere.
static struct fusion_path_node look_upright(const struct fusion_view *view)
{
    const struct fusion_path *path = view->path;
    for (uint32_t i = 1; i < path->count; i++) {
        const struct fusion_path_node *a = &path->nodes[i - 1], *b = &path->nodes[i];
        if (b->along_m > a->along_m || !a->amsl_m.known || !b->amsl_m.known
            || b->amsl_m.value <= a->amsl_m.value)
            continue;
        struct fusion_sample ground = fusion_sample_ground(view->root, fusion_path_place(b));
        double most_m = ground.amsl_m + view->aircraft->limits.agl_max_m;
        if (!ground.known || b->amsl_m.value <= most_m)
            continue;
        struct fusion_path_node found = *b;
        double share = (most_m - a->amsl_m.value) / (b->amsl_m.value - a->amsl_m.value);
        found.time_s = a->time_s + (b->time_s - a->time_s) * geo_greater(share, 0.0);
        return found;
    }
    return (struct fusion_path_node){.time_s = HUGE_VAL};
}

// How high the path is, not known where it is not known of a part.
static struct fusion_number highest(const struct fusion_path *path)
{
    struct fusion_number out = path->nodes[0].amsl_m;
    for (uint32_t i = 1; i < path->count; i++) {
        out.known = out.known && path->nodes[i].amsl_m.known;
        out.value = geo_greater(out.value, path->nodes[i].amsl_m.value);
    }
    return out;
}

// Which segments are clear, a bit for each. A place reads cells that its segment has read.
static uint32_t clear_segments(const struct fusion_view *view)
{
    const struct fusion_look_ahead *ahead = &view->context->look_ahead;
    const struct fusion_number most = highest(view->path);
    uint32_t clear = 0;
    for (size_t k = 0; k < ahead->segment_count; k++) {
        const struct fusion_segment *segment = &ahead->segments[k];
        if (most.known && segment->ground_whole
            && most.value + ROUNDING_M - segment->ground_min_amsl_m
                   < view->aircraft->limits.agl_max_m)
            clear |= UINT32_C(1) << k;
    }
    return clear;
}

// The first place ahead that is too high, and the first where it is unknown, unless that was
// reported. Without a course the column above and below the aircraft.
static void look_ahead(const struct fusion_view *view, bool told,
                       struct fusion_advisories *list)
{
    const struct fusion_path *path = view->path;
    double limit_m = view->aircraft->limits.agl_max_m;
    bool disc = path->basis == FUSION_CORRIDOR_DISC;
    const struct fusion_path_node upright = look_upright(view);
    double end = disc ? path->time_max_s : path->length_m;
    double step = disc ? 1.0 : geo_greater(STEP_M, end / PLACES_MAX);
    const struct fusion_look_ahead *ahead = &view->context->look_ahead;
    const uint32_t all = (UINT32_C(1) << ahead->segment_count) - 1;
    const uint32_t clear = disc ? 0 : clear_segments(view);
    size_t segment = 0;
    uint32_t next = 1;
    double at = all != 0 && clear == all ? end : 0.0;
    while (at < end) {
        at = geo_lesser(at + step, end);
        while (segment + 1 < ahead->segment_count && ahead->segments[segment].to_m < at)
            segment++;
        if ((clear >> segment & 1) != 0)
            continue;
        struct fusion_path_node node = path->nodes[0];
        if (disc) {
            node.time_s = at;
            node.amsl_m = fusion_path_disc_amsl(path, at);
        } else {
            node = fusion_path_on(path, &next, at);
        }
        double ground_amsl_m;
        bool known =
            fusion_sample_ground_height(view->root, fusion_path_place(&node), &ground_amsl_m);
        if (!known || !node.amsl_m.known) {
            if (!told)
                raise_unknown(view, &node, FUSION_SEVERITY_INFO, list);
            told = true;
        } else if (node.amsl_m.value - ground_amsl_m > limit_m) {
            if (upright.time_s <= node.time_s)
                node = upright;
            raise(view, &node, node.amsl_m.value - ground_m(view, &node), list);
            return;
        }
    }
    if (upright.time_s < HUGE_VAL)
        raise(view, &upright, upright.amsl_m.value - ground_m(view, &upright), list);
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
