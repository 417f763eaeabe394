// fusion/aircraft/context.h - all that is known around one aircraft at one instant.
// SPDX-License-Identifier: Apache-2.0
//
// A plain struct of fixed capacity; its fields mean what schemas/client.md says. Strings and
// sources are borrowed from the root and from the surroundings: the context is valid as long as
// both are. It is built without allocation once every grid in use has been seen.
#ifndef FUSION_CONTEXT_H
#define FUSION_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/advisory.h"
#include "fusion/aircraft/aircraft.h"
#include "fusion/aircraft/alert.h"
#include "fusion/root/corridor.h"
#include "fusion/root/number.h"
#include "fusion/root/root.h"
#include "fusion/root/weather.h"
#include "geo/status.h"

enum { FUSION_NEAREST_MAX = 16, FUSION_SEGMENTS_MAX = 8, FUSION_TRAFFIC_MAX = 4 };

struct fusion_neighbour;

enum fusion_agl_basis { // numbers of AglBasis in schemas/drf/v1/enums.proto
    FUSION_AGL_UNKNOWN = 0,
    FUSION_AGL_ABOVE_TAKEOFF = 1,
    FUSION_AGL_AMSL = 2,
    FUSION_AGL_WGS84 = 3,
};

struct fusion_height {
    struct fusion_number agl_m, agl_acc95_m;
    enum fusion_reason agl_reason; // when agl_m is not known
    enum fusion_agl_basis agl_basis;
    struct fusion_number aircraft_amsl_m, aircraft_acc95_m;
    struct fusion_number ground_amsl_m;
    enum fusion_reason ground_reason;
    const struct fusion_source *ground_source; // NULL when not known
    struct fusion_number surface_amsl_m;
    enum fusion_reason surface_reason; // BARE_EARTH or OBSTACLE_TOP beside a value
    const struct fusion_source *surface_source;
    const struct fusion_obstacle *surface_obstacle; // whose top it is, NULL: of none
    uint8_t ground_level, surface_level;            // of the tiles that answered, where known
    struct fusion_number clearance_m, clearance_low_m;
    struct fusion_number geoid_m;
    struct fusion_number altitude_residual_m; // ellipsoid - geoid - AMSL
    bool altitude_suspect;                    // the residual is over 5 m
};

struct fusion_segment {
    double from_m, to_m;
    struct fusion_number ground_max_amsl_m, ground_mean_amsl_m, surface_max_amsl_m;
    struct fusion_number clearance_min_m, clearance_low_m;
    double unknown_ratio;
    enum fusion_reason unknown_reason; // when unknown_ratio > 0
    bool ground_whole;                 // all of its ground is known; not sent
    double ground_min_amsl_m;          // if so: none of it is lower; not sent
};

enum fusion_corridor_basis { // numbers of CorridorBasis in schemas/drf/v1/enums.proto
    FUSION_CORRIDOR_DISC = 1,
    FUSION_CORRIDOR_VELOCITY = 2,
    FUSION_CORRIDOR_PLAN = 3,
};

struct fusion_look_ahead {
    enum fusion_corridor_basis basis;
    double length_m, half_width_m, half_width_end_m;
    struct fusion_number track_deg_true;
    enum fusion_reason reason; // when there are no segments
    size_t segment_count;
    struct fusion_segment segments[FUSION_SEGMENTS_MAX];
    double ground_acc95_m; // the worst of its ground; not sent
};

struct fusion_near {
    const struct fusion_obstacle *obstacle; // borrowed from the root
    double distance_m;                      // to its nearest edge, 0 inside
    double bearing_deg_true;                // to there; to its first vertex when inside
};

// Another aircraft, where it is taken to be at the time of the aircraft's own report.
struct fusion_near_traffic {
    const struct fusion_neighbour *other; // borrowed from the aircraft's surroundings
    bool amsl_known;                      // as it said, or from its ellipsoid height
    double amsl_m;
    double distance_m, bearing_deg_true;
    double cpa_s, cpa_m; // where it is nearest across, in the time looked ahead
};

enum fusion_plan_state { // numbers of PlanState in schemas/drf/v1/enums.proto
    FUSION_PLAN_NONE = 1,
    FUSION_PLAN_STALE = 2,
    FUSION_PLAN_NONCONFORMING = 3,
    FUSION_PLAN_FOLLOWED = 4,
};

struct fusion_layer_state {
    enum fusion_layer layer;
    enum fusion_reason reason; // not NONE
};

struct fusion_context {
    uint64_t epoch;
    struct geo_point position;
    struct fusion_height height;
    struct fusion_look_ahead look_ahead;
    struct fusion_weather_at weather;
    double obstacle_radius_m;
    enum fusion_reason obstacles_reason; // NONE: the list is complete within the radius
    uint32_t obstacles_left_out;         // within the radius, not listed
    size_t obstacle_count;
    struct fusion_near obstacles[FUSION_NEAREST_MAX]; // nearest first
    size_t traffic_count;
    struct fusion_near_traffic traffic[FUSION_TRAFFIC_MAX]; // to be minded most first
    uint32_t traffic_left_out;                              // that may be met too
    struct fusion_alerts alerts;      // that concern it, the most severe first
    enum fusion_reason alerts_reason; // NONE: the list is complete here
    enum fusion_plan_state plan_state;
    size_t layer_state_count;
    struct fusion_layer_state layer_states[FUSION_LAYER_COUNT];
    struct fusion_advisories advisories;
};

#endif
