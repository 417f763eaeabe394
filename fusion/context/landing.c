// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/landing.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "fusion/root/unreadable.h"
#include "fusion/root/zone.h"
#include "fusion/root/zone_walk.h"
#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/extreme.h"
#include "geo/frame.h"

#define PLANE_MIN_M 15.0
// Beyond the first of each a CAUTION, beyond the second a WARNING.
static const double slope_deg[] = {5.0, 12.0};
static const double roughness_m[] = {1.0, 3.0};
static const double canopy_m[] = {1.0, 3.0};

__attribute__((format(printf, 3, 4))) static void add_objection(struct fusion_landing *out,
                                                                enum fusion_severity severity,
                                                                const char *format, ...)
{
    if (severity < out->severity)
        out->severity = severity;
    if (out->against_count == FUSION_LANDING_AGAINST_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(out->against[out->against_count++], FUSION_LANDING_TEXT_SIZE, format,
                    arguments);
    va_end(arguments);
}

static void unknown(struct fusion_landing *out, enum fusion_layer layer)
{
    if (out->severity > FUSION_SEVERITY_CAUTION)
        out->severity = FUSION_SEVERITY_CAUTION;
    for (size_t i = 0; i < out->unknown_count; i++)
        if (out->unknown[i] == layer)
            return;
    out->unknown[out->unknown_count++] = layer;
}

static void weigh(struct fusion_landing *out, const char *name, const char *unit, double value,
                  const double bounds[static 2])
{
    if (value > bounds[0])
        add_objection(out,
                      value > bounds[1] ? FUSION_SEVERITY_WARNING : FUSION_SEVERITY_CAUTION,
                      "%s %.1f %s", name, value, unit);
}

// Nine places, three by three, and the plane of least squares through them.
static void judge_ground(const struct fusion_root *root, const struct fusion_landing_ask *ask,
                         struct fusion_landing *out)
{
    double step_m = geo_greater(ask->radius_m, PLANE_MIN_M);
    struct geo_frame frame = geo_frame_at(ask->position);
    double ground_m[9], sum = 0.0, east = 0.0, north = 0.0, canopy = 0.0;
    bool surface_known = true;
    for (int i = 0; i < 9; i++) {
        const int column = i % 3 - 1, row = i / 3 - 1;
        struct fusion_path_node at = {
            .point = geo_frame_point(&frame, (struct geo_offset){.east_m = column * step_m,
                                                                 .north_m = row * step_m})};
        struct fusion_sample ground = fusion_sample_ground(root, fusion_path_place(&at));
        struct fusion_sample surface = fusion_sample_surface(root, fusion_path_place(&at));
        if (!ground.known) {
            unknown(out, FUSION_LAYER_GROUND);
            unknown(out, FUSION_LAYER_SURFACE);
            return;
        }
        ground_m[i] = ground.amsl_m;
        sum += ground.amsl_m;
        east += column * ground.amsl_m;
        north += row * ground.amsl_m;
        // without a DSM vegetation and buildings are unknown
        surface_known = surface_known && surface.known && surface.reason == FUSION_REASON_NONE;
        canopy = geo_greater(canopy, surface.amsl_m - ground.amsl_m);
    }
    double mean = sum / 9.0, per_east = east / 6.0, per_north = north / 6.0, rough = 0.0;
    for (int i = 0; i < 9; i++) {
        const int column = i % 3 - 1, row = i / 3 - 1;
        rough =
            geo_greater(rough, fabs(ground_m[i] - mean - per_east * column - per_north * row));
    }
    double deg = atan(hypot(per_east, per_north) / step_m) * GEO_DEG_PER_RAD;
    out->slope_deg = (struct fusion_number){.known = true, .value = deg};
    out->roughness_m = (struct fusion_number){.known = true, .value = rough};
    weigh(out, "slope", "deg", deg, slope_deg);
    weigh(out, "roughness", "m", rough, roughness_m);
    if (!surface_known) {
        unknown(out, FUSION_LAYER_SURFACE);
        return;
    }
    out->canopy_m = (struct fusion_number){.known = true, .value = canopy};
    weigh(out, "canopy", "m", canopy, canopy_m);
}

static void judge_obstacles(const struct fusion_root *root,
                            const struct fusion_landing_ask *ask, struct fusion_landing *out)
{
    double near_m = ask->radius_m + FUSION_LANDING_OBSTACLE_M;
    struct fusion_near list[FUSION_NEAREST_MAX];
    size_t count;
    double radius_m = near_m + geo_lesser(root->obstacle_reach_m, 5000.0);
    if (fusion_context_near_reason(root, FUSION_LAYER_OBSTACLE, ask->position, near_m,
                                   ask->now_utc_us)
            != FUSION_REASON_NONE
        || !root->layer_fed[FUSION_LAYER_OBSTACLE])
        unknown(out, FUSION_LAYER_OBSTACLE);
    const struct geo_frame frame = geo_frame_at(ask->position);
    (void)fusion_context_near(root, &frame, radius_m, FUSION_NEAREST_MAX, list, &count);
    for (size_t i = 0; i < count; i++) {
        const struct geo_obstacle *o = list[i].obstacle->obstacle;
        if (list[i].distance_m - o->horizontal_acc95_m > near_m)
            continue;
        out->obstacles++;
        bool sure = list[i].distance_m <= near_m;
        char kind[21], id[36];
        fusion_shorten(kind, sizeof kind, o->kind[0] != '\0' ? o->kind : "obstacle");
        fusion_shorten(id, sizeof id, o->id);
        add_objection(out, sure ? FUSION_SEVERITY_WARNING : FUSION_SEVERITY_CAUTION,
                      "%s %s %s within %.0f m", kind, id, sure ? "stands" : "may stand",
                      near_m);
    }
}

static void judge_weather(struct fusion_builder *builder, const struct fusion_root *root,
                          const struct fusion_landing_ask *ask, struct fusion_landing *out)
{
    const struct fusion_weather_ask at = {.position = ask->position,
                                          .agl_known = true,
                                          .agl_m = 10.0,
                                          .now_utc_us = ask->now_utc_us};
    struct fusion_weather_at weather;
    fusion_weather_ask(builder->planes, root, &at, &weather);
    const struct fusion_quantity *gust = &weather.items[FUSION_GUST];
    if (gust->reason != FUSION_REASON_NONE) {
        unknown(out, FUSION_LAYER_WEATHER);
        return;
    }
    out->gust_mps = (struct fusion_number){.known = true, .value = gust->value};
    if (ask->limits->gust_max_set && gust->value > ask->limits->gust_max_mps)
        add_objection(out, FUSION_SEVERITY_WARNING, "gust %.1f m/s, limit %.1f m/s",
                      gust->value, ask->limits->gust_max_mps);
}

static struct geo_bounds place(const struct fusion_landing_ask *ask)
{
    return geo_bounds_around(ask->position, ask->radius_m);
}

static void judge_zones(const struct fusion_root *root, const struct fusion_landing_ask *ask,
                        struct fusion_landing *out)
{
    if (fusion_unreadable_state(root, FUSION_LAYER_ZONE, place(ask), ask->now_utc_us)
            != FUSION_REASON_NONE
        || !root->layer_fed[FUSION_LAYER_ZONE])
        unknown(out, FUSION_LAYER_ZONE);
    struct fusion_sample ground = fusion_sample_ground(root, ask->position);
    const struct fusion_zone_height height = {
        .amsl_m = {.known = ground.known, .value = ground.amsl_m}, .agl_m = {.known = true}};
    struct fusion_zone_walk walk = fusion_zone_walk_begin(root, place(ask));
    const struct fusion_zone *one;
    while ((one = fusion_zone_walk_next(&walk)) != NULL) {
        const struct geo_zone_view *view = &one->view;
        const struct geo_zone *zone = view->zone;
        if (zone->restriction == GEO_ZONE_NO_RESTRICTION
            || zone->restriction == GEO_ZONE_INFORMATION
            || !fusion_zone_applies(view, ask->now_utc_us))
            continue;
        for (uint32_t v = 0; v < zone->volume_count; v++) {
            bool degraded = false;
            if (fusion_zone_distance_m(&view->volumes[v], view->vertices, ask->position)
                    > ask->radius_m
                || fusion_zone_vertical(&view->volumes[v], &height, &degraded)
                       == FUSION_ZONE_OUTSIDE)
                continue;
            add_objection(out,
                          zone->restriction == GEO_ZONE_PROHIBITED ? FUSION_SEVERITY_WARNING
                                                                   : FUSION_SEVERITY_CAUTION,
                          "in zone %s", zone->id);
            break;
        }
    }
}

void fusion_landing_judge(struct fusion_builder *builder, const struct fusion_root *root,
                          const struct fusion_landing_ask *ask, struct fusion_landing *out)
{
    struct geo_point at = ask->position;
    assert(fabs(at.lat_deg) <= 90.0 && fabs(at.lon_deg) <= 180.0);
    *out = (struct fusion_landing){.severity = FUSION_SEVERITY_INFO};
    judge_ground(root, ask, out);
    judge_obstacles(root, ask, out);
    judge_weather(builder, root, ask, out);
    judge_zones(root, ask, out);
    enum fusion_layer layers[] = {FUSION_LAYER_GROUND, FUSION_LAYER_SURFACE};
    for (int i = 0; i < 2; i++)
        if (fusion_unreadable_state(root, layers[i], place(ask), ask->now_utc_us)
            != FUSION_REASON_NONE)
            unknown(out, layers[i]);
}
