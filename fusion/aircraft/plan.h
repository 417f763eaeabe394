// fusion/aircraft/plan.h - whether an aircraft follows its plan, and where along it.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_PLAN_H
#define FUSION_PLAN_H

#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/aircraft/context.h"

struct fusion_follow {
    enum fusion_plan_state state;
    uint32_t leg;      // from points[leg] to points[leg + 1]; meaningful when FOLLOWED
    double done_ratio; // of the leg, 0 .. 1
    double cross_m;    // horizontal distance from the leg
};

// How far the geodesic of a leg leaves its line, which is straight in degrees (geo/edge.h); 0
// for a leg of up to 20 km. An aircraft may fly either.
double fusion_plan_leg_bulge_m(const struct fusion_plan_point *from,
                               const struct fusion_plan_point *to);

// NONE without a plan; STALE outside its validity; NONCONFORMING when the nearest leg is
// farther than conformance_m plus the aircraft's horizontal accuracy plus the leg's bulge. Of
// the legs within that the one with the least distance + 50 m x (1 - cos(course - its course))
// is followed, so that a way out and one back beside it are told apart; up to 1 m/s by the
// distance alone, of equal ones the first (schemas/client.md, look-ahead).
struct fusion_follow fusion_plan_follow(const struct fusion_aircraft *aircraft,
                                        int64_t now_utc_us);

// The horizontal accuracy of a fix, with its default.
double fusion_fix_acc95_m(const struct fusion_fix *fix);

#endif
