// sim/witness/witness_way.h - the predicted path: course, plan or disc.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md, look-ahead. Positions are of the world's plane, lengths along the path are
// metres of the ellipsoid.
#ifndef SIM_WITNESS_WAY_H
#define SIM_WITNESS_WAY_H

#include "sim/witness/witness.h"
#include "sim/witness/witness_truth.h"

// UNDECIDED near the speed from which on a course counts: the node may take either.
enum sim_way_kind { SIM_WAY_UNDECIDED, SIM_WAY_DISC, SIM_WAY_COURSE, SIM_WAY_PLAN };
enum { SIM_WAYS_MAX = 4, SIM_CORNERS_MAX = 2 * SIM_PLAN_POINTS_MAX + 2 };
struct sim_corner {
    struct sim_plane at;
    double along_m, time_s;
    double rise_m; // over where the aircraft is
};
struct sim_way {
    enum sim_way_kind kind;
    struct sim_plane start;         // the aircraft
    double scale_east, scale_north; // metres per metre of the plane, there
    double unit_east, unit_north;   // plane metres per metre of a course
    double speed_mps, climb_mps, length_m, base_m, growth_mps, time_max_s;
    double height_tol_m; // of a plan's heights, beside the aircraft's
    const struct sim_witness *witness;
    double amsl_m;                    // the aircraft's; a descent ends at the ground
    double floor_low_m, floor_high_m; // where it does under the aircraft, from there
    double before_m;                  // how much of its plan is flown
    size_t count;                     // corners of a plan; the first is abeam the aircraft
    struct sim_corner corners[SIM_CORNERS_MAX];
};
// Every way that the aircraft may be taken to go: more than one where its plan bends near it
// and the node may take either leg. At least one.
size_t sim_ways_of(const struct sim_witness *witness, const struct sim_report *report,
                   const Drf__V1__Context *context, const struct sim_truth *truth,
                   struct sim_way ways[static SIM_WAYS_MAX]);
// How far it is from the plan that it named, and how far it may be; negative: it named none
// that the node which answers has accepted.
double sim_way_off_plan_m(const struct sim_witness *witness, const struct sim_report *report,
                          const Drf__V1__Context *context, double *conformance_m);
// Whether the node still had that plan when it made the context.
enum sim_plan_held sim_way_plan_held(const struct sim_witness *witness,
                                     const struct sim_report *report,
                                     const Drf__V1__Context *context);
double sim_way_half_m(const struct sim_way *way, double time_s);
double sim_way_disc_m(const struct sim_way *way, double time_s);
// Without a plan, at least and at most: where a descent ends is known only so well.
double sim_way_climbed_m(const struct sim_way *way, double time_s);
double sim_way_climbed_most_m(const struct sim_way *way, double time_s);
// The ground under a place, from that height: between which values a descent ends; -HUGE_VAL:
// nothing known does.
void sim_witness_floor(const struct sim_witness *witness, struct geo_point at, double amsl_m,
                       double *low_m, double *high_m);
// Along a course or a plan, cut to it.
struct sim_plane sim_way_at(const struct sim_way *way, double along_m);
double sim_way_time_s(const struct sim_way *way, double along_m);
double sim_way_along_m(const struct sim_way *way, double time_s);
double sim_way_rise_m(const struct sim_way *way, double along_m);
double sim_way_rise_after_m(const struct sim_way *way, double time_s); // on a plan
// There, or straight up or down close by: how high at least and at most, and when.
struct sim_span {
    double low_m, high_m, soon_s, late_s;
};
struct sim_span sim_way_span(const struct sim_way *way, double along_m);
void sim_way_rises(const struct sim_way *way, double from_m, double to_m, double *low_m,
                   double *high_m);
// In the plane, to the nearest place of the way.
double sim_way_far_m(const struct sim_way *way, struct sim_plane point);

#endif
