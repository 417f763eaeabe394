// sim/flight.h - a delivery flight over the true terrain: climb, cruise, descend, hover,
// return. SPDX-License-Identifier: Apache-2.0
//
// Deterministic: one world, seed and number give one flight, whatever the clock does. It moves
// in steps of the time handed in, with bounded speed, climb and acceleration, and follows the
// surface at its own cruising height.
#ifndef SIM_FLIGHT_H
#define SIM_FLIGHT_H

#include "sim/world.h"

enum sim_flight_phase {
    SIM_FLIGHT_GROUND,
    SIM_FLIGHT_CLIMB,
    SIM_FLIGHT_CRUISE,
    SIM_FLIGHT_DESCEND,
    SIM_FLIGHT_HOVER,
    SIM_FLIGHT_CLIMB_BACK,
    SIM_FLIGHT_RETURN,
    SIM_FLIGHT_LAND,
    SIM_FLIGHT_PHASES
};

struct sim_flight {
    enum sim_flight_phase phase;
    double phase_s; // since the phase began
    struct sim_plane at, depot, porch;
    double amsl_m;
    double north_mps, east_mps, up_mps;
    double cruise_mps, cruise_agl_m, wait_s;
};

// Every seventh flight delivers into the disc without terrain data, if the world has one.
struct sim_flight sim_flight_make(const struct sim_world *world, uint64_t seed,
                                  uint64_t number);
void sim_flight_step(struct sim_flight *flight, const struct sim_world *world, double dt_s);
bool sim_flight_on_ground(const struct sim_flight *flight);
const char *sim_flight_phase_name(enum sim_flight_phase phase);

#endif
