// sim/world/grid.h - weather grids of the simulator: latitude-longitude and Lambert.
// SPDX-License-Identifier: Apache-2.0
//
// Either regular in longitude and latitude, or a Lambert conformal conic plane on a sphere of
// 6,371,229 m, tangent at the world's centre (Snyder 1987, section 15), whose central meridian
// lies two degrees west of the world, so that its axes are rotated against true north.
#ifndef SIM_GRID_H
#define SIM_GRID_H

#include "sim/world/world.h"

struct sim_grid {
    bool lambert;
    int columns, rows;          // rows run northward
    double west_deg, south_deg; // first point
    double step_deg;
    double step_m; // Lambert
    double lat_tangent_deg, lon_central_deg;
    double x0_m, y0_m; // Lambert plane: first point
};

// Covers the world's box and two steps more.
struct sim_grid sim_grid_lay(const struct sim_world *world);
struct geo_point sim_grid_point(const struct sim_grid *grid, int column, int row);
// How far true north lies to the left of the grid's +y there, in degrees; 0 on a regular grid.
double sim_grid_turn_deg(const struct sim_grid *grid, struct geo_point point);

#endif
