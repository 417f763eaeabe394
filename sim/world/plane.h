// sim/world/plane.h - a point of the world's plane and its distance to a segment.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PLANE_H
#define SIM_PLANE_H

// Metres from the centre of the world, see sim/world/world.h.
struct sim_plane {
    double east_m, north_m;
};

// Distance from a point to the segment a - b. *share (may be NULL): the share of the segment,
// 0 to 1, that lies before the nearest place; 0 for a segment without length.
double sim_plane_segment_m(struct sim_plane a, struct sim_plane b, struct sim_plane point,
                           double *share);

#endif
