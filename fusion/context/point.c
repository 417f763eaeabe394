// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/point.h"

#include <assert.h>
#include <math.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "geo/bounds.h"

// Beyond what is kept nothing is known, and waiting for a feed does not help.
static void say_outside(struct fusion_point *out)
{
    for (size_t i = 0; i < FUSION_WEATHER_ITEMS; i++)
        if (out->weather.items[i].reason != FUSION_REASON_NONE)
            out->weather.items[i].reason = FUSION_REASON_OUT_OF_REGION;
    if (out->weather.present.reason != FUSION_REASON_NONE)
        out->weather.present.reason = FUSION_REASON_OUT_OF_REGION;
    out->layer_state_count = 0;
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++)
        out->layer_states[out->layer_state_count++] =
            (struct fusion_layer_state){(enum fusion_layer)layer, FUSION_REASON_OUT_OF_REGION};
}

void fusion_point_ask(struct fusion_builder *builder, const struct fusion_root *root,
                      const struct fusion_point_ask *ask, struct fusion_point *out)
{
    struct geo_point position = ask->position;
    assert(fabs(position.lat_deg) <= 90.0 && fabs(position.lon_deg) <= 180.0);

    struct fusion_aircraft there = {.fix.position = position};
    struct fusion_sample ground = fusion_sample_ground(root, position);
    if (ground.known)
        there.fix.amsl = (struct fusion_altitude){
            .known = true, .m = ground.amsl_m + ask->agl_m, .acc95_m = 1e-9};
    fusion_context_height(builder->crs, root, &there, &out->height);
    // What is missing is never the height: the question gave it.
    if (!ground.known)
        out->height.agl_reason = ground.reason;
    // The height is the question's, not the answer's: over unknown ground it still is one.
    struct fusion_weather_ask weather = {.position = position,
                                         .agl_known = true,
                                         .agl_m = ask->agl_m,
                                         .now_utc_us = ask->now_utc_us,
                                         .nearest = ask->nearest,
                                         .ground_known = ground.known,
                                         .ground_amsl_m = ground.amsl_m};
    fusion_weather_ask(builder->planes, root, &weather, &out->weather);
    out->obstacles_reason = fusion_context_near_reason(root, FUSION_LAYER_OBSTACLE, position,
                                                       ask->radius_m, ask->now_utc_us);
    const struct geo_frame frame = geo_frame_at(position);
    out->obstacles_left_out = fusion_context_near(
        root, &frame, ask->radius_m, FUSION_NEAREST_MAX, out->obstacles, &out->obstacle_count);
    fusion_point_zones(root, ask, &out->height, out);
    fusion_point_alerts(root, ask, out);
    out->layer_state_count = fusion_context_states(
        root, geo_bounds_around(position, ask->radius_m), ask->now_utc_us, out->layer_states);
    out->kept = root->keep;
    out->outside = !geo_bounds_hold(root->keep, position);
    if (out->outside)
        say_outside(out);
}
