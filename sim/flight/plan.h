// sim/flight/plan.h - the flight plans that drones file for their next leg.
// SPDX-License-Identifier: Apache-2.0
//
// A plan is the flight itself, simulated ahead: a course with one turn in the plane, with
// heights that follow the surface. It is filed before the leg begins and named by telemetry
// while the leg is flown, once the node has accepted it. It is kept as it was published,
// rounded as the wire rounds it, so that the witness has what the node has. Heights are AMSL,
// over the ellipsoid or over ground, by the drone's number.
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "drf/v1/reply.pb-c.h"
#include "sim/flight/flight.h"
#include "sim/world/crs.h"

enum { SIM_PLAN_POINTS_MAX = 48, SIM_PLANS_KEPT = 2, SIM_PLAN_MAX = 2048, SIM_PLAN_ID = 12 };

struct sim_plan_point {
    struct geo_point position; // as published
    double amsl_m;             // its true height
};

struct sim_plan {
    uint32_t number;           // "p7" the seventh of its drone; 0: none
    uint64_t accepted_boot_id; // of the node that accepted it; 0: not yet
    int64_t accepted_utc_us;   // when it first did, by its clock
    int64_t until_utc_us;      // its validity
    double speed_mps;          // toward each point
    bool over_ground;          // its heights were published over ground
    double conformance_m;
    size_t count;
    struct sim_plan_point points[SIM_PLAN_POINTS_MAX];
};

// A drone's plans: the last ones filed, by number modulo SIM_PLANS_KEPT.
struct sim_plans {
    bool files; // this drone files plans at all
    uint32_t filed;
    uint32_t sent; // and so many were sent, those that were sent again, too
    bool homeward; // the last one is for the way back
    int64_t sent_utc_us;
    struct sim_plan kept[SIM_PLANS_KEPT];
};

// The bytes of a plan to publish now, when one is due or was not answered for two seconds;
// 0: none. The flight is simulated over `world`, heights are converted by `geoid`.
size_t sim_plans_file(struct sim_plans *plans, size_t drone, const struct sim_flight *flight,
                      const struct sim_world *world, struct sim_geoid *geoid, int64_t utc_us,
                      uint8_t bytes[static SIM_PLAN_MAX]);
// Its correlation is its name and how many were sent: "p7/9".
// A reply that may answer one. The plan that it accepts; NULL: none.
const struct sim_plan *sim_plans_answered(struct sim_plans *plans, const Drf__V1__Reply *reply);

// The plan that the drone flies by now; NULL: none.
const struct sim_plan *sim_plans_flown(const struct sim_plans *plans,
                                       const struct sim_flight *flight);
// Whether a node holds the plan of that number at its time: until it accepts a later one. While
// no reply of that node has said so, nobody knows.
enum sim_plan_held { SIM_PLAN_HELD, SIM_PLAN_REPLACED, SIM_PLAN_UNSURE };
enum sim_plan_held sim_plans_held(const struct sim_plans *plans, uint32_t number,
                                  uint64_t boot_id, int64_t node_utc_us);
// The plan of that number, or NULL when it is no longer kept.
const struct sim_plan *sim_plans_find(const struct sim_plans *plans, uint32_t number);
void sim_plan_name(uint32_t number, char name[static SIM_PLAN_ID]);

#endif
