// sim/witness/witness_truth.h - the true values at a report and what a node may make of them.
// SPDX-License-Identifier: Apache-2.0
//
// Pairs low_m, high_m: the node must give at least low_m and may give at most high_m.
#ifndef SIM_WITNESS_TRUTH_H
#define SIM_WITNESS_TRUTH_H

#include "sim/witness/witness.h"

// The aircraft by what it reported, the first of: above the ellipsoid, AMSL, above take-off
// (schemas/client.md).
struct sim_truth {
    bool amsl_known;
    double amsl_m, amsl_tol_m;
    double acc_low_m, acc_high_m; // bounds of the accuracy that the node may state for amsl_m
    uint32_t basis;               // AglBasis of enums.proto; 0: it reported no height
    double ground_m, ground_tol_m;
    double covered_m; // sim_world_covered_m() at the report
};
struct sim_truth sim_witness_truth(const struct sim_witness *witness,
                                   const struct sim_report *report);

// The surface at a position.
void sim_witness_surface(const struct sim_witness *witness, struct geo_point position,
                         double *low_m, double *high_m);
// Raises the bounds of a surface by obstacles: those in the strip `in` (NULL: none) must show,
// those in `near` may.
void sim_witness_raise(const struct sim_witness *witness, const struct sim_strip *in,
                       const struct sim_strip *near, double *low_m, double *high_m);
// The top of an obstacle, without its vertical accuracy.
struct sim_top sim_witness_top(const struct sim_witness *witness,
                               const struct sim_obstacle *obstacle);
// Whether weather is published for that time.
bool sim_witness_published(const struct sim_world *world, int64_t utc_us);
// Signed metres to the edge of the region served, whose ring must be known; negative inside.
double sim_witness_outside_m(const struct sim_witness *witness, struct sim_plane at);

#endif
