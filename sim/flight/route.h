// sim/flight/route.h - where a drone flies on a calm day: level, and clear of all that stands.
// SPDX-License-Identifier: Apache-2.0
//
// The routes of a world with `calm` in its plan. Each begins in a clearing and is straight, at
// one height over the highest surface and obstacle below it and as far behind both its ends as
// a drone looks ahead, so that nothing along it is nearer than a profile allows; of several
// directions the flattest. Routes lie apart from each other however many there are.
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "sim/world/world.h"

struct sim_route {
    struct sim_plane depot, porch;
    double level_amsl_m; // of the cruise
};

// One world, seed and number give one route.
struct sim_route sim_route_make(const struct sim_world *world, uint64_t seed, uint64_t number);
// Of a cruise between two places, or of a hover over one.
double sim_route_level_amsl_m(const struct sim_world *world, struct sim_plane depot,
                              struct sim_plane porch);

#endif
