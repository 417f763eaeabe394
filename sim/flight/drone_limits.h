// sim/flight/drone_limits.h - what an aircraft of the fleet asks for and can bear: its profile.
// SPDX-License-Identifier: Apache-2.0
//
// What is not asked for has the defaults of schemas/client.md. Aircraft differ by number, so
// that a fleet meets every limit: each second of four has one on the height above ground, of
// each five one has a limit on gusts, one on wind, one on visibility.
#ifndef SIM_DRONE_LIMITS_H
#define SIM_DRONE_LIMITS_H

#include <stddef.h>

struct sim_drone_limits {
    double look_ahead_s, stopping_m, radius_m, clearance_m;
    double agl_max_m, wind_max_mps, gust_max_mps, visibility_min_m; // NAN: no limit
};

struct sim_drone_limits sim_drone_limits_of(size_t number);

#endif
