// fusion/context/point.h - query of one point: ground, surface, weather, obstacles, alerts.
// SPDX-License-Identifier: Apache-2.0
//
// Built from the same parts as a context. Strings and sources are borrowed from the root.
#ifndef FUSION_POINT_H
#define FUSION_POINT_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/aircraft/alert.h"
#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"
#include "fusion/root/zone.h"

enum { FUSION_ZONES_AT_MAX = 8 };

// One volume of a zone.
struct fusion_zone_at {
    const struct fusion_zone *zone;
    const struct geo_zone_volume *volume;
    double distance_m;            // to its edge; 0 inside
    enum fusion_zone_where where; // of the height that is asked about, to its limits
    bool degraded;                // a limit could not be compared, and so does not limit
    bool active;                  // at the time asked about
    int64_t next_change_utc_us;   // when that may be otherwise; INT64_MAX: never
};

struct fusion_point_ask {
    struct geo_point position; // on the globe (asserted)
    double agl_m;              // the height that is asked about
    int64_t now_utc_us;
    bool nearest;    // weather of the nearest grid point, not interpolated
    double radius_m; // of obstacles and zones
};

struct fusion_point {
    bool outside;                // of `kept`: nothing is known here
    struct geo_bounds kept;      // what the root has data of
    struct fusion_height height; // as of an aircraft at that height, its accuracy 0
    struct fusion_weather_at weather;
    enum fusion_reason obstacles_reason; // NONE: the list is complete within the radius
    uint32_t obstacles_left_out;
    size_t obstacle_count;
    struct fusion_near obstacles[FUSION_NEAREST_MAX]; // nearest first
    enum fusion_reason zones_reason;                  // as obstacles_reason
    uint32_t zones_left_out; // volumes within the radius but not listed
    size_t zone_count;
    struct fusion_zone_at zones[FUSION_ZONES_AT_MAX]; // nearest first
    struct fusion_alerts alerts;      // in force there and then, the most severe first
    enum fusion_reason alerts_reason; // as obstacles_reason
    size_t layer_state_count;
    struct fusion_layer_state layer_states[FUSION_LAYER_COUNT];
};

// The zones' part of it; `height` is the point's own.
void fusion_point_zones(const struct fusion_root *root, const struct fusion_point_ask *ask,
                        const struct fusion_height *height, struct fusion_point *out);

// The alerts' part of it.
void fusion_point_alerts(const struct fusion_root *root, const struct fusion_point_ask *ask,
                         struct fusion_point *out);

// Cannot fail: what is not known says why.
void fusion_point_ask(struct fusion_builder *builder, const struct fusion_root *root,
                      const struct fusion_point_ask *ask, struct fusion_point *out);

#endif
