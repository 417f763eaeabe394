// fusion/aircraft/aircraft.h - one aircraft: position, accuracy, limits and plan.
// SPDX-License-Identifier: Apache-2.0
//
// Plain values. What the aircraft did not send is marked as not known, never as zero.
#ifndef FUSION_AIRCRAFT_H
#define FUSION_AIRCRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"

// An altitude in the frame that the member holding it names.
struct fusion_altitude {
    bool known;
    double m;
    double acc95_m; // <= 0: not sent; the defaults below hold
};

// What is taken where the aircraft does not say how good its numbers are.
#define FUSION_HORIZONTAL_ACC95_DEFAULT_M 10.0
#define FUSION_ALTITUDE_ACC95_DEFAULT_M 15.0 // satellite altitude, ellipsoid or AMSL
#define FUSION_TAKEOFF_ACC95_DEFAULT_M 10.0  // height above take-off
#define FUSION_VELOCITY_ACC95_DEFAULT_MPS 0.5

// One report of the aircraft itself.
struct fusion_fix {
    struct geo_point position;
    int64_t time_utc_us;
    double horizontal_acc95_m; // <= 0: not sent
    struct fusion_altitude wgs84, amsl, pressure, above_takeoff;
    bool velocity_known; // north and east
    double velocity_north_mps, velocity_east_mps;
    bool velocity_up_known;
    double velocity_up_mps;
    double velocity_acc95_mps; // <= 0: not sent
    bool on_ground;            // false when not sent
    bool takeoff_known;
    struct geo_point takeoff;
};

// What the profile asks for and the aircraft can bear. A limit that is not set does not limit.
struct fusion_limits {
    double look_ahead_s;
    double stopping_distance_m;
    double aircraft_radius_m;
    double clearance_min_m;                // wanted over the surface
    double climb_max_mps, descent_max_mps; // along a plan; > 0
    double obstacle_radius_m;
    uint32_t obstacles_max; // nearest obstacles in a context
    bool agl_max_set, wind_max_set, gust_max_set, visibility_min_set;
    double agl_max_m, wind_max_mps, gust_max_mps, visibility_min_m;
};

// look_ahead_s 45, stopping_distance_m 50, aircraft_radius_m 1, clearance_min_m 15,
// climb_max_mps and descent_max_mps 5, obstacle_radius_m 2000, obstacles_max 4; no other limit
// set.
struct fusion_limits fusion_limits_default(void);

enum fusion_plan_height { // of a plan point
    FUSION_PLAN_AMSL = 1,
    FUSION_PLAN_WGS84 = 2,
    FUSION_PLAN_AGL = 3,
};

struct fusion_plan_point {
    int32_t lat_e7, lon_e7; // as they came
    float height_m;
    uint32_t height; // enum fusion_plan_height
    float speed_mps; // toward this point; <= 0: not said
    float hold_s;    // at this point
};

enum { FUSION_PLAN_POINTS_MAX = 100, FUSION_PLAN_ID_SIZE = 65 };

struct fusion_plan {
    char plan_id[FUSION_PLAN_ID_SIZE]; // NUL-terminated
    uint32_t revision;
    int64_t valid_from_utc_us, valid_until_utc_us;
    double conformance_m; // > 0: horizontal distance from its legs that still is flying it
    uint32_t point_count; // 2 .. FUSION_PLAN_POINTS_MAX
    struct fusion_plan_point points[FUSION_PLAN_POINTS_MAX];
};

// What of it counts, the points last: a copy needs no room for more.
static inline size_t fusion_plan_bytes(uint32_t point_count)
{
    return offsetof(struct fusion_plan, points)
           + point_count * sizeof(struct fusion_plan_point);
}

#define FUSION_PLAN_CONFORMANCE_DEFAULT_M 50.0

static inline struct geo_point fusion_plan_position(const struct fusion_plan_point *point)
{
    return (struct geo_point){.lat_deg = point->lat_e7 / 1e7, .lon_deg = point->lon_e7 / 1e7};
}

struct fusion_surroundings;

struct fusion_aircraft {
    struct fusion_fix fix;
    struct fusion_limits limits;
    const struct fusion_plan *plan; // the one that telemetry names, borrowed; NULL: none held
    const struct fusion_surroundings *around; // borrowed; NULL: unknown
};

#endif
