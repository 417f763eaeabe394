// SPDX-License-Identifier: Apache-2.0
// What the node does not know where the aircraft is or goes.
//
// CAUTION where a judgement the aircraft relies on is missing within 45 s: no height above
// ground, unknown surface in the corridor, a limit of the profile on weather that is unknown
// or stale, terrain or obstacles that are not complete. INFO farther ahead, for other layers,
// and on the ground.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/reason/reasoners.h"

static const char *reason_text(enum fusion_reason reason)
{
    static const char *const texts[] = {
        [FUSION_REASON_UNKNOWN] = "reason unknown",
        [FUSION_REASON_NONE] = "known",
        [FUSION_REASON_NO_DATA] = "no source covers it",
        [FUSION_REASON_SOURCE_VOID] = "its source does not know",
        [FUSION_REASON_STALE] = "stale",
        [FUSION_REASON_CATCHING_UP] = "catching up",
        [FUSION_REASON_RESYNCHRONISING] = "resynchronising",
        [FUSION_REASON_LOADING] = "loading",
        [FUSION_REASON_OUT_OF_REGION] = "outside what is kept",
        [FUSION_REASON_NO_ALTITUDE] = "no altitude was sent",
        [FUSION_REASON_NOT_REPORTED] = "not reported",
        [FUSION_REASON_FEED_DOWN] = "feed down",
        [FUSION_REASON_SHED] = "too many",
        [FUSION_REASON_OBSTACLE_TOP] = "an obstacle's top",
        [FUSION_REASON_PER_VALUE] = "per value",
        [FUSION_REASON_FORGOTTEN] = "some were lost with their topic",
        [FUSION_REASON_UNREADABLE] = "an input that may apply here was refused",
    };
    bool named = (size_t)reason < sizeof texts / sizeof texts[0] && texts[reason] != NULL;
    return named ? texts[reason] : texts[0];
}

static void raise(const struct fusion_view *view, enum fusion_severity severity,
                  enum fusion_layer layer, const char *what, enum fusion_reason reason,
                  struct fusion_advisories *list)
{
    if (view->aircraft->fix.on_ground)
        severity = FUSION_SEVERITY_INFO;
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, FUSION_ADVISORY_DATA_QUALITY, severity, what);
    advisory.layer = layer;
    (void)snprintf(advisory.text, sizeof advisory.text, "%s: %s", what, reason_text(reason));
    fusion_advisories_add(list, &advisory);
}

static void judge_surface(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_look_ahead *ahead = &view->context->look_ahead;
    for (size_t i = 0; i < ahead->segment_count; i++) {
        const struct fusion_segment *segment = &ahead->segments[i];
        if (segment->unknown_ratio <= 0.0)
            continue;
        struct fusion_path_node begin = fusion_path_at(view->path, segment->from_m);
        struct fusion_advisory advisory = fusion_advisory_begin(
            view, FUSION_ADVISORY_DATA_QUALITY,
            begin.time_s <= FUSION_CAUTION_S && !view->aircraft->fix.on_ground
                ? FUSION_SEVERITY_CAUTION
                : FUSION_SEVERITY_INFO,
            "surface ahead");
        advisory.layer = FUSION_LAYER_SURFACE;
        advisory.time_to_go_known = true;
        advisory.time_to_go_s = begin.time_s;
        advisory.position_known = true;
        advisory.position = fusion_path_place(&begin);
        advisory.value_known = true;
        advisory.value = segment->unknown_ratio;
        advisory.limit = 0.0;
        advisory.unit = "ratio";
        (void)snprintf(advisory.text, sizeof advisory.text,
                       "surface unknown from %.0f m ahead: %s", segment->from_m,
                       reason_text(segment->unknown_reason));
        fusion_advisories_add(list, &advisory);
        return; // the first place says it
    }
}

// A limit that cannot be judged is a CAUTION; weather that is fed and gone stale an INFO.
static void judge_weather(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_limits *limits = &view->aircraft->limits;
    const struct fusion_weather_at *at = &view->context->weather;
    const struct {
        enum fusion_weather_item item;
        bool limited;
        const char *what;
    } items[] = {
        {FUSION_WIND, limits->wind_max_set, "wind"},
        {FUSION_GUST, limits->gust_max_set, "gust"},
        {FUSION_VISIBILITY, limits->visibility_min_set, "visibility"},
    };
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        enum fusion_reason reason = at->items[items[i].item].reason;
        bool stale = reason == FUSION_REASON_STALE;
        if (reason != FUSION_REASON_NONE && (items[i].limited || stale))
            raise(view, items[i].limited ? FUSION_SEVERITY_CAUTION : FUSION_SEVERITY_INFO,
                  FUSION_LAYER_WEATHER, items[i].what, reason, list);
    }
}

static void judge_layers(const struct fusion_view *view, struct fusion_advisories *list)
{
    static const char *const names[FUSION_LAYER_COUNT] = {
        [FUSION_LAYER_GROUND] = "ground layer", [FUSION_LAYER_SURFACE] = "surface layer",
        [FUSION_LAYER_OBSTACLE] = "obstacles",  [FUSION_LAYER_WEATHER] = "weather layer",
        [FUSION_LAYER_ZONE] = "zones",          [FUSION_LAYER_TRAFFIC] = "traffic layer",
        [FUSION_LAYER_ALERT] = "alerts",
    };
    const struct fusion_context *context = view->context;
    for (size_t i = 0; i < context->layer_state_count; i++) {
        enum fusion_layer layer = context->layer_states[i].layer;
        // without a feed there is nothing to be missing
        if (!view->root->layer_fed[layer])
            continue;
        bool flight = layer == FUSION_LAYER_SURFACE || layer == FUSION_LAYER_GROUND
                      || layer == FUSION_LAYER_OBSTACLE || layer == FUSION_LAYER_ZONE;
        raise(view, flight ? FUSION_SEVERITY_CAUTION : FUSION_SEVERITY_INFO, layer,
              names[layer], context->layer_states[i].reason, list);
    }
}

void fusion_reason_quality(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_height *height = &view->context->height;
    if (!height->agl_m.known)
        raise(view, FUSION_SEVERITY_CAUTION, FUSION_LAYER_GROUND, "height above ground",
              height->agl_reason, list);
    judge_surface(view, list);
    judge_weather(view, list);
    judge_layers(view, list);
    const struct fusion_surroundings *around = view->aircraft->around;
    if (around != NULL && around->neighbours_left_out > 0)
        raise(view, FUSION_SEVERITY_INFO, FUSION_LAYER_TRAFFIC, "farther traffic, not judged",
              FUSION_REASON_SHED, list);
}
