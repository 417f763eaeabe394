// SPDX-License-Identifier: Apache-2.0
// The parts are filled one after the other, each from what the earlier ones found: the plan
// that is followed, the heights, the path, its segments, the weather, what stands and who flies
// near; then the reasoners see all of it. What belongs to the aircraft's position is worked out
// once. The cells on the way are asked of the memory first, and come while the rest is done.
#include "fusion/context/context_build.h"
#include "fusion/aircraft/context.h"
#include "fusion/reason/reasoners.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "fusion/root/unreadable.h"
#include "geo/bounds.h"
#include "geo/earth.h"
#include "geo/extreme.h"
#include "geo/frame.h"

enum drf_status fusion_builder_open(struct fusion_builder **out)
{
    struct fusion_builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = geo_crs_open(&builder->crs);
    if (status == DRF_OK)
        status = fusion_planes_open(&builder->planes);
    if (status != DRF_OK) {
        fusion_builder_close(builder);
        return status;
    }
    *out = builder;
    return DRF_OK;
}

size_t fusion_builder_weather_left_out(const struct fusion_builder *builder)
{
    return fusion_planes_left_out(builder->planes);
}

void fusion_builder_close(struct fusion_builder *builder)
{
    if (builder == NULL)
        return;
    fusion_planes_close(builder->planes);
    geo_crs_close(builder->crs);
    free(builder);
}

size_t fusion_context_states(const struct fusion_root *root, struct geo_bounds box,
                             int64_t now_utc_us,
                             struct fusion_layer_state out[static FUSION_LAYER_COUNT])
{
    const bool refused = fusion_unreadable_any(root);
    size_t count = 0;
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++) {
        enum fusion_reason reason =
            refused ? fusion_unreadable_state(root, (enum fusion_layer)layer, box, now_utc_us)
                    : fusion_sample_state(root, (enum fusion_layer)layer);
        if (reason != FUSION_REASON_NONE)
            out[count++] = (struct fusion_layer_state){(enum fusion_layer)layer, reason};
    }
    return count;
}

// Surely inside, without a cosine: that of an angle is at least 1 less half its square, and no
// degree is shorter than these.
static bool deep_inside(struct geo_bounds box, struct geo_point point, double radius_m)
{
    const double lat_rad = point.lat_deg * GEO_RAD_PER_DEG;
    const double east_m_per_deg = 111300.0 * (1.0 - 0.5 * lat_rad * lat_rad);
    const double north_deg = radius_m / GEO_EARTH_M_PER_DEG_LEAST;
    const double east_deg =
        geo_lesser(point.lon_deg - box.west_deg, box.east_deg - point.lon_deg);
    return point.lat_deg + north_deg < box.north_deg
           && point.lat_deg - north_deg > box.south_deg && east_deg * east_m_per_deg > radius_m;
}

// The layer's state in a circle, which `box` may say as well as the circle's own.
static enum fusion_reason reason_in(const struct fusion_root *root, enum fusion_layer layer,
                                    struct geo_point point, double radius_m,
                                    struct geo_bounds box, int64_t now_utc_us)
{
    if (!geo_bounds_hold(root->keep, point)) // waiting does not help, whatever the layer is at
        return FUSION_REASON_OUT_OF_REGION;
    enum fusion_reason state = fusion_unreadable_state(root, layer, box, now_utc_us);
    if (state != FUSION_REASON_NONE || radius_m <= 0.0
        || deep_inside(root->keep, point, radius_m))
        return state;
    struct geo_frame frame = geo_frame_at(point);
    const struct geo_offset rim[] = {
        {radius_m, 0.0}, {-radius_m, 0.0}, {0.0, radius_m}, {0.0, -radius_m}};
    for (size_t i = 0; i < sizeof rim / sizeof rim[0]; i++)
        if (!geo_bounds_hold(root->keep, geo_frame_point(&frame, rim[i])))
            return FUSION_REASON_OUT_OF_REGION;
    return FUSION_REASON_NONE;
}

enum fusion_reason fusion_context_near_reason(const struct fusion_root *root,
                                              enum fusion_layer layer, struct geo_point point,
                                              double radius_m, int64_t now_utc_us)
{
    const struct geo_bounds box = fusion_unreadable_any(root)
                                      ? geo_bounds_around(point, radius_m)
                                      : (struct geo_bounds){0};
    return reason_in(root, layer, point, radius_m, box, now_utc_us);
}

// What a context speaks of, for those inputs that were refused: the circle in which obstacles
// are listed, the place itself, and the corridor with both.
struct concern {
    struct geo_bounds near, here, all;
};

static struct concern concern_of(const struct fusion_root *root, const struct fusion_path *path,
                                 struct geo_point position, double radius_m)
{
    if (!fusion_unreadable_any(root))
        return (struct concern){.near = {0}};
    struct geo_bounds rough;
    if (fusion_path_bounds_rough(path, position, radius_m, &rough)
        && fusion_unreadable_alike(root, rough))
        return (struct concern){.near = rough, .here = rough, .all = rough};
    const struct geo_bounds near = geo_bounds_around(position, radius_m);
    return (struct concern){.near = near,
                            .here = geo_bounds_around(position, 0.0),
                            .all = geo_bounds_join(fusion_path_bounds(path), near)};
}

// Where it will be at the end of the look-ahead if it flies straight on, roughly.
static struct geo_point straight_on(const struct fusion_aircraft *aircraft)
{
    const struct fusion_fix *fix = &aircraft->fix;
    const double time_s = fix->velocity_known ? aircraft->limits.look_ahead_s : 0.0;
    const double square =
        fix->position.lat_deg * fix->position.lat_deg * GEO_RAD_PER_DEG * GEO_RAD_PER_DEG;
    const double cosine = 1.0 - square * (1.0 / 2.0 - square * (1.0 / 24.0)); // right to 0.02
    const double east_m_per_deg = GEO_EARTH_M_PER_DEG * geo_greater(cosine, 0.02);
    return (struct geo_point){
        .lat_deg =
            fix->position.lat_deg + fix->velocity_north_mps * time_s / GEO_EARTH_M_PER_DEG,
        .lon_deg = fix->position.lon_deg + fix->velocity_east_mps * time_s / east_m_per_deg};
}

// The cells on the way ahead: they lie all over memory, and come together while the first of
// them are waited for.
static void fetch_ahead(const struct fusion_root *root, const struct fusion_aircraft *aircraft,
                        const struct fusion_follow *follow)
{
    struct geo_point at = aircraft->fix.position, next = straight_on(aircraft);
    const double way_deg = fabs(next.lat_deg - at.lat_deg) + fabs(next.lon_deg - at.lon_deg);
    if (follow->state != FUSION_PLAN_FOLLOWED) {
        fusion_corridor_prefetch(root, at, next);
        return;
    }
    const struct fusion_plan *plan = aircraft->plan;
    double gone_deg = 0.0;
    for (uint32_t i = follow->leg + 1; i < plan->point_count && gone_deg < way_deg; i++) {
        next = fusion_plan_position(&plan->points[i]);
        fusion_corridor_prefetch(root, at, next);
        gone_deg += fabs(next.lat_deg - at.lat_deg) + fabs(next.lon_deg - at.lon_deg);
        at = next;
    }
}

void fusion_context_build(struct fusion_builder *builder, const struct fusion_root *root,
                          const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                          struct fusion_context *out)
{
    struct geo_point position = aircraft->fix.position;
    assert(fabs(position.lat_deg) <= 90.0 && fabs(position.lon_deg) <= 180.0);

    out->epoch = root->epoch;
    out->position = position;
    const struct fusion_follow follow = fusion_plan_follow(aircraft, now_utc_us);
    out->plan_state = follow.state;
    fetch_ahead(root, aircraft, &follow);
    fusion_context_height(builder->crs, root, aircraft, &out->height);
    struct fusion_path path;
    fusion_path_lay(builder->crs, root, aircraft, &follow, &out->height, &path);
    fusion_context_ahead(root, &path, aircraft, &out->height, &out->look_ahead);

    struct fusion_weather_ask ask = {.position = position,
                                     .agl_known = out->height.agl_m.known,
                                     .agl_m = out->height.agl_m.value,
                                     .now_utc_us = now_utc_us,
                                     .ground_known = out->height.ground_amsl_m.known,
                                     .ground_amsl_m = out->height.ground_amsl_m.value};
    fusion_weather_ask(builder->planes, root, &ask, &out->weather);
    // one that sent an altitude has no wind because the ground is not known
    struct fusion_quantity *wind = &out->weather.items[FUSION_WIND];
    if (wind->reason == FUSION_REASON_NO_ALTITUDE)
        wind->reason = out->height.agl_reason;

    out->obstacle_radius_m = aircraft->limits.obstacle_radius_m;
    size_t room = aircraft->limits.obstacles_max < FUSION_NEAREST_MAX
                      ? aircraft->limits.obstacles_max
                      : FUSION_NEAREST_MAX;
    const struct concern concern = concern_of(root, &path, position, out->obstacle_radius_m);
    out->obstacles_reason = reason_in(root, FUSION_LAYER_OBSTACLE, position,
                                      out->obstacle_radius_m, concern.near, now_utc_us);
    out->obstacles_left_out = fusion_context_near(root, &path.here, out->obstacle_radius_m,
                                                  room, out->obstacles, &out->obstacle_count);
    fusion_alerts_find(root, &aircraft->fix, now_utc_us, &out->alerts);
    out->alerts_reason =
        reason_in(root, FUSION_LAYER_ALERT, position, 0.0, concern.here, now_utc_us);
    out->layer_state_count =
        fusion_context_states(root, concern.all, now_utc_us, out->layer_states);

    out->advisories.count = 0;
    out->advisories.left_out = 0;
    struct fusion_view view = {.root = root,
                               .aircraft = aircraft,
                               .context = out,
                               .path = &path,
                               .planes = builder->planes,
                               .now_utc_us = now_utc_us};
    struct fusion_encounter encounters[FUSION_NEIGHBOURS_MAX];
    view.encounter_count = fusion_context_traffic(&view, builder->crs, encounters, out);
    view.encounters = encounters;
    fusion_reasoners_run(&view, &out->advisories);
}

void fusion_context_way(struct fusion_builder *builder, const struct fusion_root *root,
                        const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                        struct fusion_path *out)
{
    struct fusion_height height;
    fusion_context_height(builder->crs, root, aircraft, &height);
    struct fusion_follow follow = fusion_plan_follow(aircraft, now_utc_us);
    fusion_path_lay(builder->crs, root, aircraft, &follow, &height, out);
}

void fusion_context_expect(struct fusion_builder *builder, const struct fusion_root *root,
                           const struct fusion_aircraft *aircraft, int64_t then_utc_us,
                           double after_s, struct fusion_expected *out)
{
    struct fusion_path path;
    fusion_context_way(builder, root, aircraft, then_utc_us, &path);
    struct fusion_path_node node = fusion_path_after(&path, after_s);
    struct fusion_path_node next = fusion_path_after(&path, after_s + 1.0);
    // the path may end before that: then it is taken to wait there
    struct fusion_path_node last = fusion_path_after(&path, geo_greater(after_s - 1.0, 0.0));
    bool ended = node.time_s < after_s && path.basis == FUSION_CORRIDOR_PLAN;
    const struct fusion_path_node *a = next.time_s > node.time_s ? &node : &last;
    const struct fusion_path_node *b = next.time_s > node.time_s ? &next : &node;
    struct geo_frame frame = geo_frame_at(fusion_path_place(a));
    struct geo_offset way = geo_frame_offset(&frame, fusion_path_place(b));
    double span_s = b->time_s - a->time_s;
    *out =
        (struct fusion_expected){.position = fusion_path_place(&node), .amsl_m = node.amsl_m};
    if (span_s > 0.0 && !ended) {
        out->velocity_north_mps = way.north_m / span_s;
        out->velocity_east_mps = way.east_m / span_s;
    }
}
