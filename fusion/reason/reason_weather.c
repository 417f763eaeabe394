// SPDX-License-Identifier: Apache-2.0
// Wind, gusts or visibility beyond what the aircraft can bear.
//
// Judged where it is now, where it will be after 15 s and 45 s, and at the end of the
// look-ahead, with the weather of that time; grids are kilometres wide, so that nothing hides
// in between. Only limits that the profile sets. A value that fusion/root/weather.h gives is
// the present one: extremes and accumulations are never handed out by it, and a mean of an
// interval gives a CAUTION at most, because it says little about now.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/reason/reasoners.h"
#include "fusion/root/sample.h"
#include "fusion/root/weather.h"
#include "geo/extreme.h"
#include "geo/length.h"
#include "geo/record/field.h"

struct rule {
    enum fusion_weather_item item;
    enum fusion_advisory_kind kind;
    bool set, floor; // floor: below the limit is bad
    double limit;
    const char *unit, *name;
};

static double value_of(const struct rule *rule, const struct fusion_quantity *quantity)
{
    return rule->item == FUSION_WIND ? geo_length(quantity->value, quantity->value_east)
                                     : quantity->value;
}

static bool beyond(const struct rule *rule, const struct fusion_quantity *quantity)
{
    if (quantity->reason != FUSION_REASON_NONE)
        return false;
    double value = value_of(rule, quantity);
    return rule->floor ? value < rule->limit : value > rule->limit;
}

static void raise(const struct fusion_view *view, const struct rule *rule,
                  const struct fusion_quantity *quantity, const struct fusion_path_node *where,
                  struct fusion_advisories *list)
{
    enum fusion_severity severity = fusion_severity_of(where->time_s);
    if (quantity->statistic != GEO_STATISTIC_INSTANT && severity == FUSION_SEVERITY_WARNING)
        severity = FUSION_SEVERITY_CAUTION;
    struct fusion_advisory advisory =
        fusion_advisory_begin(view, rule->kind, severity, rule->name);
    advisory.layer = FUSION_LAYER_WEATHER;
    advisory.source = quantity->source->source;
    advisory.data_time_known = true;
    advisory.data_time_utc_us = quantity->data_time_utc_us;
    advisory.time_to_go_known = true;
    advisory.time_to_go_s = where->time_s;
    advisory.position_known = true;
    advisory.position = fusion_path_place(where);
    advisory.value_known = true;
    advisory.value = value_of(rule, quantity);
    advisory.limit = rule->limit;
    advisory.unit = rule->unit;
    char when[FUSION_WHEN_SIZE];
    fusion_when(where->time_s, when);
    int digits = rule->floor ? 0 : 1; // whole metres of visibility
    (void)snprintf(advisory.text, sizeof advisory.text, "%s %.*f %s %s, limit %.*f %s",
                   rule->name, digits, advisory.value, rule->unit, when, digits, rule->limit,
                   rule->unit);
    fusion_advisories_add(list, &advisory);
}

// The weather at a place ahead, at the height over ground that the path has there.
static void ask_at(const struct fusion_view *view, const struct fusion_path_node *node,
                   uint32_t without, struct fusion_weather_at *out)
{
    const struct fusion_height *height = &view->context->height;
    double ground_amsl_m;
    bool ground_known =
        fusion_sample_ground_height(view->root, fusion_path_place(node), &ground_amsl_m);
    bool known = node->amsl_m.known && ground_known;
    const struct fusion_weather_ask ask = {
        .position = fusion_path_place(node),
        .agl_known = known || height->agl_m.known,
        .agl_m =
            geo_greater(known ? node->amsl_m.value - ground_amsl_m : height->agl_m.value, 0.0),
        .now_utc_us = view->now_utc_us + (int64_t)(node->time_s * 1e6),
        .ground_known = ground_known,
        .ground_amsl_m = ground_amsl_m,
        .without = without,
    };
    fusion_weather_ask(view->planes, view->root, &ask, out);
}

void fusion_reason_weather(const struct fusion_view *view, struct fusion_advisories *list)
{
    const struct fusion_limits *limits = &view->aircraft->limits;
    struct rule rules[] = {
        {FUSION_WIND, FUSION_ADVISORY_WIND, limits->wind_max_set, false, limits->wind_max_mps,
         "m/s", "wind"},
        {FUSION_GUST, FUSION_ADVISORY_GUST, limits->gust_max_set, false, limits->gust_max_mps,
         "m/s", "gust"},
        {FUSION_VISIBILITY, FUSION_ADVISORY_VISIBILITY, limits->visibility_min_set, true,
         limits->visibility_min_m, "m", "visibility"},
    };
    enum { RULES = sizeof rules / sizeof rules[0] };
    bool open = false;
    uint32_t without = UINT32_MAX;
    for (int i = 0; i < RULES; i++) {
        const struct fusion_quantity *now = &view->context->weather.items[rules[i].item];
        if (rules[i].set && beyond(&rules[i], now)) {
            const struct fusion_path_node here = {.point = view->context->position};
            raise(view, &rules[i], now, &here, list);
            rules[i].set = false;
        }
        open |= rules[i].set;
        if (rules[i].set)
            without &= ~(UINT32_C(1) << rules[i].item);
    }
    const struct fusion_path *path = view->path;
    if (path->basis == FUSION_CORRIDOR_DISC)
        return;
    const double times_s[] = {FUSION_WARNING_S, FUSION_CAUTION_S, HUGE_VAL};
    double done_s = 0.0;
    for (int t = 0; t < 3 && open; t++) {
        struct fusion_path_node node = fusion_path_after(path, times_s[t]);
        if (node.time_s <= done_s)
            continue;
        done_s = node.time_s;
        struct fusion_weather_at at;
        ask_at(view, &node, without, &at);
        for (int i = 0; i < RULES; i++)
            if (rules[i].set && beyond(&rules[i], &at.items[rules[i].item])) {
                raise(view, &rules[i], &at.items[rules[i].item], &node, list);
                rules[i].set = false;
            }
    }
}
