// SPDX-License-Identifier: Apache-2.0
#include "sim/world/grid.h"

#include <math.h>

#include "geo/earth.h"

static const double sphere_m = 6371229.0;

static double cone(const struct sim_grid *grid)
{
    return sin(grid->lat_tangent_deg * GEO_RAD_PER_DEG);
}

// Snyder 15-1 to 15-3 with one standard parallel.
static double rho(const struct sim_grid *grid, double lat_deg)
{
    double n = cone(grid), tangent = grid->lat_tangent_deg * GEO_RAD_PER_DEG;
    double quarter = 0.25 * 3.141592653589793;
    double f = cos(tangent) * pow(tan(quarter + tangent / 2), n) / n;
    return sphere_m * f / pow(tan(quarter + lat_deg * GEO_RAD_PER_DEG / 2), n);
}

static struct sim_plane to_plane(const struct sim_grid *grid, struct geo_point point)
{
    double angle = cone(grid) * (point.lon_deg - grid->lon_central_deg) * GEO_RAD_PER_DEG;
    double r = rho(grid, point.lat_deg), r0 = rho(grid, grid->lat_tangent_deg);
    return (struct sim_plane){.east_m = r * sin(angle), .north_m = r0 - r * cos(angle)};
}

static struct geo_point from_plane(const struct sim_grid *grid, struct sim_plane p)
{
    double n = cone(grid), tangent = grid->lat_tangent_deg * GEO_RAD_PER_DEG;
    double quarter = 0.25 * 3.141592653589793;
    double f = cos(tangent) * pow(tan(quarter + tangent / 2), n) / n;
    double down = rho(grid, grid->lat_tangent_deg) - p.north_m;
    double r = copysign(hypot(p.east_m, down), n);
    double angle = n > 0 ? atan2(p.east_m, down) : atan2(-p.east_m, -down);
    return (struct geo_point){.lat_deg = (2 * atan(pow(sphere_m * f / r, 1 / n)) - 2 * quarter)
                                         / GEO_RAD_PER_DEG,
                              .lon_deg = grid->lon_central_deg + angle / n / GEO_RAD_PER_DEG};
}

static void lay_lambert(const struct sim_world *world, struct sim_grid *grid)
{
    grid->lat_tangent_deg = world->plan.center.lat_deg;
    grid->lon_central_deg = floor(world->plan.center.lon_deg) - 2.0;
    grid->step_m = grid->step_deg * world->m_per_lat_deg;
    double x[2] = {HUGE_VAL, -HUGE_VAL}, y[2] = {HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i <= 8; i++) { // along the box's edge
        double t = i / 8.0, lat = world->box.south_deg, lon = world->box.west_deg;
        double high = world->box.north_deg - lat, wide = world->box.east_deg - lon;
        struct geo_point edge[4] = {{lat + t * high, lon},
                                    {lat + t * high, lon + wide},
                                    {lat, lon + t * wide},
                                    {lat + high, lon + t * wide}};
        for (int k = 0; k < 4; k++) {
            struct sim_plane p = to_plane(grid, edge[k]);
            x[0] = fmin(x[0], p.east_m);
            x[1] = fmax(x[1], p.east_m);
            y[0] = fmin(y[0], p.north_m);
            y[1] = fmax(y[1], p.north_m);
        }
    }
    grid->x0_m = x[0] - 2 * grid->step_m;
    grid->y0_m = y[0] - 2 * grid->step_m;
    grid->columns = (int)ceil((x[1] - x[0]) / grid->step_m) + 5;
    grid->rows = (int)ceil((y[1] - y[0]) / grid->step_m) + 5;
    // GRIB writes the first point in millionths of a degree and readers build the plane from
    // it.
    struct geo_point first =
        from_plane(grid, (struct sim_plane){.east_m = grid->x0_m, .north_m = grid->y0_m});
    first.lat_deg = round(first.lat_deg * 1e6) / 1e6;
    first.lon_deg = round(first.lon_deg * 1e6) / 1e6;
    struct sim_plane rounded = to_plane(grid, first);
    grid->x0_m = rounded.east_m;
    grid->y0_m = rounded.north_m;
    grid->west_deg = first.lon_deg;
    grid->south_deg = first.lat_deg;
}

struct sim_grid sim_grid_lay(const struct sim_world *world)
{
    struct sim_grid grid = {.lambert = world->plan.lambert,
                            .step_deg = world->plan.weather_step_deg};
    if (grid.lambert) {
        lay_lambert(world, &grid);
        return grid;
    }
    double west = floor(world->box.west_deg / grid.step_deg) - 2;
    double south = floor(world->box.south_deg / grid.step_deg) - 2;
    grid.west_deg = west * grid.step_deg;
    grid.south_deg = south * grid.step_deg;
    grid.columns = (int)(ceil(world->box.east_deg / grid.step_deg) + 2 - west) + 1;
    grid.rows = (int)(ceil(world->box.north_deg / grid.step_deg) + 2 - south) + 1;
    return grid;
}

struct geo_point sim_grid_point(const struct sim_grid *grid, int column, int row)
{
    if (!grid->lambert)
        return (struct geo_point){.lat_deg = grid->south_deg + row * grid->step_deg,
                                  .lon_deg = grid->west_deg + column * grid->step_deg};
    return from_plane(grid, (struct sim_plane){.east_m = grid->x0_m + column * grid->step_m,
                                               .north_m = grid->y0_m + row * grid->step_m});
}

double sim_grid_turn_deg(const struct sim_grid *grid, struct geo_point point)
{
    return grid->lambert ? cone(grid) * (point.lon_deg - grid->lon_central_deg) : 0.0;
}
