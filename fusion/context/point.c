// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/point.h"

#include <assert.h>
#include <math.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "geo/bounds.h"

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
    // The height is the question's, not the answer's: over unknown ground it still is one.
    struct fusion_weather_ask weather = {.position = position,
                                         .agl_known = true,
                                         .agl_m = ask->agl_m,
                                         .now_utc_us = ask->now_utc_us,
                                         .nearest = ask->nearest,
                                         .ground_known = ground.known,
                                         .ground_amsl_m = ground.amsl_m};
    fusion_weather_ask(builder->planes, root, &weather, &out->weather);
    out->obstacles_reason =
        fusion_context_near_reason(root, position, ask->radius_m, ask->now_utc_us);
    out->obstacles_left_out =
        fusion_context_near(root, position, ask->radius_m, FUSION_NEAREST_MAX, out->obstacles,
                            &out->obstacle_count);
    fusion_point_zones(root, ask, &out->height, out);
    fusion_point_alerts(root, ask, out);
    out->layer_state_count = fusion_context_states(
        root, geo_bounds_around(position, ask->radius_m), ask->now_utc_us, out->layer_states);
}
