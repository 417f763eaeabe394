// sim/flight/flight.h - simulation of a delivery flight over the true terrain.
// SPDX-License-Identifier: Apache-2.0
//
// Climb, cruise, descend, hover, return. Deterministic: one world, seed and number give one
// flight, independent of the clock. It moves in steps of the time handed in, with bounded
// speed, climb and acceleration, and follows the surface at its own cruising height; on a calm
// day (sim/flight/route.h) it flies level. The pilot (sim/flight/pilot.h) changes it by an
// intent.
#ifndef SIM_FLIGHT_H
#define SIM_FLIGHT_H

#include "sim/world/world.h"

enum sim_flight_phase {
    SIM_FLIGHT_GROUND,
    SIM_FLIGHT_CLIMB,
    SIM_FLIGHT_CRUISE,
    SIM_FLIGHT_DESCEND,
    SIM_FLIGHT_HOVER,
    SIM_FLIGHT_CLIMB_BACK,
    SIM_FLIGHT_RETURN,
    SIM_FLIGHT_LAND,
    SIM_FLIGHT_PHASES, // these repeat; a flight that lands at the porch ends with:
    SIM_FLIGHT_SET_DOWN = SIM_FLIGHT_PHASES,
    SIM_FLIGHT_DELIVERED,
    SIM_FLIGHT_PHASES_ALL
};

// What the pilot wants beside the delivery; all zero: nothing.
struct sim_intent {
    bool hold;         // stay where it is, in the air
    bool hurry;        // accelerate as hard as it can
    bool may_set_down; // at the porch
    bool floor_known;  // while it cruises, not lower than
    double floor_amsl_m;
    double speed_max_mps; // 0: its own
};

struct sim_flight {
    enum sim_flight_phase phase;
    double phase_s; // since the phase began
    struct sim_plane at, depot, porch;
    double amsl_m;
    double north_mps, east_mps, up_mps;
    double cruise_mps, cruise_agl_m, wait_s;
    bool levelled; // cruises at level_amsl_m, not at cruise_agl_m over the surface
    double level_amsl_m, hover_agl_m, agl_max_m; // the last: its profile's; NAN: none
    double climb_mps, sink_mps;
    bool sets_down;    // at the porch, instead of hovering over it
    bool bent, passed; // has a turning point `via`; has passed it on this leg
    struct sim_plane via;
    struct sim_intent intent;
};

// Every seventh flight delivers into the disc without terrain data, if the world has one; on a
// calm day every 24th.
struct sim_flight sim_flight_make(const struct sim_world *world, uint64_t seed,
                                  uint64_t number);
// From here on it flies by a turning point beside the straight line, out and back.
void sim_flight_bend(struct sim_flight *flight, const struct sim_world *world);
// Aborts the delivery and flies back to its depot.
void sim_flight_turn_home(struct sim_flight *flight);
void sim_flight_step(struct sim_flight *flight, const struct sim_world *world, double dt_s);
// The height at which it cruises here without an intent.
double sim_flight_cruise_amsl_m(const struct sim_flight *flight, const struct sim_world *world);
bool sim_flight_on_ground(const struct sim_flight *flight);
const char *sim_flight_phase_name(enum sim_flight_phase phase);

#endif
