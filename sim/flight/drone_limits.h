// sim/flight/drone_limits.h - profile values and limits of a drone of the fleet.
// SPDX-License-Identifier: Apache-2.0
//
// What a profile does not set has the defaults of schemas/client.md. Drones differ by number,
// so that a fleet meets every limit: each second of four has one on the height above ground,
// of each five one has a limit on gusts, one on wind, one on visibility.
#ifndef SIM_DRONE_LIMITS_H
#define SIM_DRONE_LIMITS_H

#include <stddef.h>

struct sim_drone_limits {
    double look_ahead_s, stopping_m, radius_m, clearance_m;
    double agl_max_m, wind_max_mps, gust_max_mps, visibility_min_m; // NAN: no limit
};

struct sim_drone_limits sim_drone_limits_of(size_t number);

#endif
