// sim/world/relief.h - sampled true ground and surface, and scans of strips of it.
// SPDX-License-Identifier: Apache-2.0
//
// A table of the truth at nodes `step_m` apart over the world's box, so that whole corridors
// can be scanned. Between nodes the truth is no more than error_m above the largest of the
// four around it (the bound of bilinear interpolation, from the world's band limit).
#ifndef SIM_RELIEF_H
#define SIM_RELIEF_H

#include "sim/world/world.h"

struct sim_relief {
    double step_m, half_m; // node (i, j) lies at -half_m + i * step_m, -half_m + j * step_m
    size_t side;           // nodes
    double error_m;
    float *ground, *surface; // side * side, row-major from the south-west
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_relief_open(const struct sim_world *world,
                                               struct sim_relief *out);
void sim_relief_close(struct sim_relief *relief);

// A piece of a corridor: from one end to the other along a bearing, widening evenly; or a disc
// when both ends are the same place.
struct sim_strip {
    struct sim_plane from, to;
    double half_from_m, half_to_m;
    double ahead_m, behind_m; // how far it reaches beyond its ends
};

// Least and greatest truth over the nodes in a strip; count 0: no node in it.
struct sim_relief_range {
    size_t count;
    double ground_min_m, ground_max_m, ground_mean_m, surface_max_m;
    double covered_min_m, covered_max_m; // sim_world_covered_m() over a few points of the strip
};
// Every node, or every second, third ... of each row and column: `stride` times the step apart,
// and stride^2 times error_m.
struct sim_relief_range sim_relief_scan(const struct sim_relief *relief,
                                        const struct sim_world *world,
                                        const struct sim_strip *strip, long stride);

// Whether a point of the plane is in the strip.
bool sim_strip_holds(const struct sim_strip *strip, struct sim_plane point);

#endif
