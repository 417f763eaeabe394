// fusion/aircraft/path_height.h - how high a path is: rates of climb, and where a descent ends.
// SPDX-License-Identifier: Apache-2.0
//
// The rules of schemas/client.md, look-ahead. Heights between two nodes of a path are linear.
#ifndef FUSION_PATH_HEIGHT_H
#define FUSION_PATH_HEIGHT_H

#include "fusion/aircraft/path.h"

// As fast as the aircraft climbs and descends on a plan at most; both > 0.
struct fusion_path_rates {
    double up_mps, down_mps;
};

// Those of the profile, or the vertical speed that it reports where that is more; fix NULL:
// nothing is reported.
struct fusion_path_rates fusion_path_rates_of(const struct fusion_limits *limits,
                                              const struct fusion_fix *fix);

// Appends a point of a plan, whose height is what the plan means and whose time is when the
// way to it is flown. What of the height cannot be reached in that time is flown at the point:
// a second node there, later. There is room for two nodes.
void fusion_path_reach(struct fusion_path *path, const struct fusion_path_rates *rates,
                       const struct fusion_path_node *point);

// The height of a plan point, not below the ground there if that is lower than the path was.
struct fusion_number fusion_path_landing_amsl(const struct fusion_path *path,
                                              const struct fusion_root *root,
                                              struct geo_point place,
                                              struct fusion_number amsl_m);

// Of a path along a velocity, or a disc: a descent ends at the known ground under its middle.
void fusion_path_end_descent(struct fusion_path *path, const struct fusion_root *root);

// Without a course (a disc): how high it is after a time.
struct fusion_number fusion_path_disc_amsl(const struct fusion_path *path, double time_s);

// The clearance of a path that is `amsl_m` high over a top, having been `level_amsl_m` high
// before; the ground is that of the same place. No descent makes it negative by itself.
double fusion_path_clearance_m(const struct fusion_path *path, double amsl_m,
                               double level_amsl_m, struct fusion_number ground_amsl_m,
                               double top_amsl_m);

// When a sinking piece from `a` to `b` is first as low as that: the time of `a` if it is
// already, of `b` if it never is.
double fusion_path_sunk_s(const struct fusion_path_node *a, const struct fusion_path_node *b,
                          double amsl_m);

// Likewise of a stretch that a sweep went over. Heights are known there.
double fusion_path_stretch_sunk_s(const struct fusion_path *path,
                                  const struct fusion_path_sweep *begin,
                                  const struct fusion_path_sweep *end, double amsl_m);

#endif
