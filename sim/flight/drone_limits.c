// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/drone_limits.h"

#include <math.h>

struct sim_drone_limits sim_drone_limits_of(size_t number)
{
    // Limits in the middle of what the world and the flights have (sim/world/world.c,
    // sim/flight/flight.c).
    return (struct sim_drone_limits){
        .look_ahead_s = 45.0,
        .stopping_m = 50.0,
        .radius_m = 1.0,
        .clearance_m = 15.0,
        .agl_max_m = number % 4 == 1 ? 90.0 : (double)NAN,
        .wind_max_mps = number % 5 == 3 ? 8.0 : (double)NAN,
        .gust_max_mps = number % 5 == 2 ? 11.0 : (double)NAN,
        .visibility_min_m = number % 5 == 4 ? 14000.0 : (double)NAN,
    };
}
