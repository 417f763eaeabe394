// sim/world/world.h - the true world: pure functions of position, height and time.
// SPDX-License-Identifier: Apache-2.0
//
// Truth is recreated from a plan (a few numbers and a seed), never read from what was
// published. What is published is truth plus the errors that the plan states. Heights are AMSL
// (EGM96). Plane coordinates are metres from the centre, proportional to longitude and
// latitude.
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/tile.h"
#include "sim/world/plane.h"
#include "sim/world/spectrum.h"

enum {
    SIM_OBSTACLES_MAX = 200000,
    SIM_VERTICES = 4,
    SIM_WIND_LEVELS = 2,
    SIM_ZONES_MAX = 4,
    SIM_ALERTS_MAX = 4,
    SIM_REFUSED_MAX = 64,
    SIM_ZONE_VERTICES_MAX = 32,
};

// WGS 84 to all digits of a double: the square of the first eccentricity, and a (1 - e^2).
// The node rounds them otherwise (geo/earth.h); the difference is below a micrometre.
#define SIM_ECCENTRICITY2 0.0066943799901413165
#define SIM_MERIDIAN_RADIUS_M 6335439.327292464

struct sim_world_plan {
    uint64_t seed;
    struct geo_point center;
    double size_km;
    int64_t epoch_utc_us; // a full hour; t = 0 of the weather
    uint64_t hours;       // of weather after the epoch; one more hour lies before it
    double posting_arcsec, weather_step_deg;
    double void_radius_m; // of the disc for which the published terrain has no data; 0: none
    uint64_t towers, cranes, buildings;
    uint64_t refused; // obstacles that are published in a form that no node can understand
    double terrain_bias_m, wind_bias_mps, obstacle_bias_m; // published minus truth
    bool surface;                                          // a DSM with canopy is published
    bool lambert; // weather on a Lambert grid, winds along its axes
    bool calm;    // weather within the limits of every drone, and flights that keep clear
};

enum sim_weather_kind {
    SIM_WIND_TO_EAST,
    SIM_WIND_TO_NORTH,
    SIM_GUST,
    SIM_TEMPERATURE,
    SIM_VISIBILITY,
    SIM_PRECIPITATION, // m of water a second
    SIM_WEATHER_COUNT
};

enum sim_obstacle_form { SIM_TOWER, SIM_CRANE, SIM_BUILDING };

// Whether a node can know of a feature: SIM_STANDS was published with the world and must be
// known; SIM_COMING was published just now and may be; SIM_HIDDEN is not published yet.
enum sim_presence { SIM_STANDS, SIM_COMING, SIM_HIDDEN };

struct sim_obstacle {
    char id[24];
    enum sim_obstacle_form form;
    struct geo_point position;               // a building: its first corner
    struct geo_point corners[SIM_VERTICES];  // of a building, counter-clockwise
    double agl_m, amsl_m;                    // as published; amsl_m is NAN where it is not
    double horizontal_acc_m, vertical_acc_m; // as published; NAN: unknown
    enum sim_presence presence;
};

// A prohibited zone from the ground up to upper_amsl_m, as published.
struct sim_zone {
    char id[24];
    struct geo_point vertices[SIM_ZONE_VERTICES_MAX]; // counter-clockwise, not closed
    size_t count;
    double upper_amsl_m;
    enum sim_presence presence;
};

// An alert about a circle, as published; whoever is in it, or will be, is told.
struct sim_alert {
    char id[64]; // as the node names it
    struct geo_point center;
    double radius_m;
    uint32_t severity; // Severity of enums.proto that its words mean
    enum sim_presence presence;
};

// What is published as an obstacle with an id and corners but without a height that can be
// read: a node must say that it knows less there.
struct sim_refused {
    char id[24];
    struct geo_bounds box;
};

struct sim_world {
    struct sim_world_plan plan;
    double m_per_lat_deg, m_per_lon_deg;
    struct geo_bounds box;
    struct geo_point void_center;
    struct sim_spectrum ground, canopy;
    struct sim_spectrum weather[SIM_WEATHER_COUNT]; // wind at 10 m above ground
    struct sim_spectrum wind_error[2]; // published minus true wind, east and north; 0 at first
    struct sim_roughness ground_rough, surface_rough, weather_rough[SIM_WEATHER_COUNT];
    struct sim_obstacle *obstacles;
    size_t obstacle_count;
    struct sim_refused refused[SIM_REFUSED_MAX]; // plan.refused
    struct sim_zone zones[SIM_ZONES_MAX];        // none at first
    size_t zone_count;
    struct sim_alert alerts[SIM_ALERTS_MAX]; // none at first
    size_t alert_count;
};

extern const double sim_wind_level_agl_m[SIM_WIND_LEVELS];

// DRF_ERR_RANGE: a plan no world can be made from. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_world_open(const struct sim_world_plan *plan,
                                              struct sim_world *out);
void sim_world_close(struct sim_world *world);

struct sim_plane sim_world_plane(const struct sim_world *world, struct geo_point point);
struct geo_point sim_world_point(const struct sim_world *world, struct sim_plane plane);
double sim_world_distance_m(const struct sim_world *world, struct geo_point a,
                            struct geo_point b);
// Signed metres of the plane to the edge of a ring of at least one vertex, not closed; negative
// inside it.
double sim_world_ring_m(const struct sim_world *world, const struct geo_point *ring,
                        size_t count, struct sim_plane at);

double sim_world_ground_amsl_m(const struct sim_world *world, struct geo_point point);
// Ground with canopy; buildings and towers are obstacles and not in it.
double sim_world_surface_amsl_m(const struct sim_world *world, struct geo_point point);
// SIM_WIND_* at any height, the others near the ground; SI units.
double sim_world_weather(const struct sim_world *world, enum sim_weather_kind kind,
                         struct geo_point point, double agl_m, int64_t utc_us);
// The mean over an interval of time.
double sim_world_weather_mean(const struct sim_world *world, enum sim_weather_kind kind,
                              struct geo_point point, int64_t from_utc_us,
                              int64_t until_utc_us);
// How much stronger than at 10 m the wind can be at a height, for bounds.
double sim_world_wind_growth(double agl_m);

// How far inside the published terrain a point lies, in metres; negative outside it or in its
// void.
double sim_world_covered_m(const struct sim_world *world, struct geo_point point);

// Makes world->obstacles; called by sim_world_open().
DRF_MUST_CHECK enum drf_status sim_world_place_obstacles(struct sim_world *world);
// One more obstacle, at the end of the list, before a witness is opened. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_world_add_obstacle(struct sim_world *world,
                                                      const struct sim_obstacle *obstacle);
// Metres from a point to the nearest edge of an obstacle; 0 inside a building.
double sim_world_obstacle_distance_m(const struct sim_world *world,
                                     const struct sim_obstacle *obstacle,
                                     struct geo_point point);
const char *sim_obstacle_kind(enum sim_obstacle_form form); // "TOWER"

#endif
