// SPDX-License-Identifier: Apache-2.0
// Each bound is the true value of sim/world/world.h and what the published data can make of it:
// sampling, the node's quantum, and obstacles that a node may place with the accuracy they
// state. A bound that a node must reach uses only what certainly stands in the place asked for;
// a bound that it may reach uses everything within reach of it.
#include "sim/witness/witness_truth.h"

#include <math.h>

#include "drf/v1/enums.pb-c.h"

static const double foot_m = 0.3048;
static const int64_t hour_us = INT64_C(3600000000);

// The aircraft's height by the rule of schemas/client.md: ellipsoid, AMSL, above take-off.
struct sim_truth sim_witness_truth(const struct sim_witness *witness,
                                   const struct sim_report *report)
{
    const struct sim_height_tolerance *tolerance = &witness->tolerance;
    struct sim_truth t = {.covered_m = sim_world_covered_m(witness->world, report->position),
                          .ground_m = sim_world_ground_amsl_m(witness->world, report->position),
                          .ground_tol_m = tolerance->ground_m,
                          .amsl_tol_m = 0.05};
    if (t.covered_m < tolerance->edge_m)
        t.ground_tol_m += tolerance->step_m;
    if (report->has_wgs84) {
        t.amsl_known = true;
        t.amsl_m = report->wgs84_m - sim_geoid_m(witness->geoid, report->position);
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_WGS84;
    } else if (report->has_amsl) {
        t.amsl_known = true;
        t.amsl_m = report->amsl_m;
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_AMSL;
    } else if (report->has_takeoff) {
        t.amsl_known = sim_world_covered_m(witness->world, report->takeoff) > tolerance->edge_m;
        t.amsl_m =
            report->above_takeoff_m + sim_world_ground_amsl_m(witness->world, report->takeoff);
        t.amsl_tol_m += tolerance->ground_m;
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_ABOVE_TAKEOFF;
    }
    // The datum may add two metres, the ground at take-off its accuracy.
    t.acc_low_m = report->vertical_acc_m;
    t.acc_high_m = report->vertical_acc_m + 2.0 + (report->has_takeoff ? 10.0 : 0.0);
    return t;
}

// The surface at a position is the greatest of the four cells around it; towers and
// buildings within reach of them may raise it, those that stand in one of them must.
void sim_witness_surface(const struct sim_witness *witness, struct geo_point position,
                         double *low_m, double *high_m)
{
    const struct sim_world *world = witness->world;
    double cell_deg = 180.0 / (double)(UINT64_C(256) << witness->level);
    double west = floor((position.lon_deg + 180.0) / cell_deg - 0.5);
    double south = floor((position.lat_deg + 90.0) / cell_deg - 0.5);
    double highest_m = -HUGE_VAL;
    for (int k = 0; k < 4; k++) {
        int up = k / 2, right = k % 2;
        struct geo_point center = {.lat_deg = (south + up + 0.5) * cell_deg - 90.0,
                                   .lon_deg = (west + right + 0.5) * cell_deg - 180.0};
        highest_m = fmax(highest_m, sim_world_surface_amsl_m(world, center));
    }
    *low_m = highest_m - witness->tolerance.surface_cell_m;
    *high_m = highest_m + witness->tolerance.surface_cell_m;
    double cell_m = hypot(witness->tolerance.cell_n_m, witness->tolerance.cell_e_m);
    struct geo_bounds four = {.west_deg = west * cell_deg - 180.0,
                              .south_deg = south * cell_deg - 90.0};
    four.east_deg = four.west_deg + 2 * cell_deg;
    four.north_deg = four.south_deg + 2 * cell_deg;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        if (o->presence == SIM_HIDDEN || fabs(o->position.lat_deg - position.lat_deg) > 0.005
            || fabs(o->position.lon_deg - position.lon_deg) > 0.02)
            continue;
        struct sim_top top = witness->extents[i].top;
        bool in = o->position.lon_deg > four.west_deg && o->position.lon_deg < four.east_deg
                  && o->position.lat_deg > four.south_deg
                  && o->position.lat_deg < four.north_deg;
        if (in && o->presence == SIM_STANDS)
            *low_m = fmax(*low_m, top.low_m - 0.25);
        double reach_m = isnan(o->horizontal_acc_m) ? 175.0 : o->horizontal_acc_m;
        if (sim_world_obstacle_distance_m(world, o, position) <= reach_m + 3 * cell_m)
            *high_m =
                fmax(*high_m,
                     top.high_m + (isnan(o->vertical_acc_m) ? 60.0 : o->vertical_acc_m) + 0.25);
    }
}

void sim_witness_raise(const struct sim_witness *witness, const struct sim_strip *in,
                       const struct sim_strip *near, double *low_m, double *high_m)
{
    const struct sim_world *world = witness->world;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        struct sim_plane p = witness->extents[i].at;
        double reach_m = (isnan(o->horizontal_acc_m) ? 175.0 : o->horizontal_acc_m)
                         + (o->form == SIM_BUILDING ? 70.0 : 0.0);
        double far_m =
            near->ahead_m + near->half_to_m + reach_m
            + hypot(near->to.east_m - near->from.east_m, near->to.north_m - near->from.north_m);
        if (o->presence == SIM_HIDDEN || fabs(p.east_m - near->from.east_m) > far_m
            || fabs(p.north_m - near->from.north_m) > far_m)
            continue;
        struct sim_strip wide = *near;
        wide.half_from_m += reach_m;
        wide.half_to_m += reach_m;
        wide.ahead_m += reach_m;
        wide.behind_m += reach_m;
        if (!sim_strip_holds(&wide, p))
            continue;
        struct sim_top top = witness->extents[i].top;
        *high_m = fmax(
            *high_m, top.high_m + (isnan(o->vertical_acc_m) ? 60.0 : o->vertical_acc_m) + 0.25);
        if (o->presence == SIM_STANDS && in != NULL && sim_strip_holds(in, p))
            *low_m = fmax(*low_m, top.low_m - 0.25);
    }
}

// Bounds of the top of an obstacle. A tower's height
// above ground is over the ground at its point, a building's over the ground under its outline.
// How a node takes "the ground under the footprint" of an outline (greatest, mean, first
// corner) lies within the range of the ground over it.
struct sim_top sim_witness_top(const struct sim_witness *witness,
                               const struct sim_obstacle *obstacle)
{
    const struct sim_world *world = witness->world;
    double low_m = sim_world_ground_amsl_m(world, obstacle->position), high_m = low_m;
    if (obstacle->form == SIM_BUILDING) {
        double around_m = 0.0;
        for (int i = 0; i < SIM_VERTICES; i++) {
            double ground_m = sim_world_ground_amsl_m(world, obstacle->corners[i]);
            low_m = fmin(low_m, ground_m);
            high_m = fmax(high_m, ground_m);
            around_m = fmax(around_m, sim_world_distance_m(world, obstacle->position,
                                                           obstacle->corners[i]));
        }
        // Inside, the ground may bulge over the corners by its curvature.
        const struct sim_roughness *r = &world->ground_rough;
        double bulge_m = around_m * around_m * (r->curve_east + r->curve_north) / 8;
        low_m -= bulge_m;
        high_m += bulge_m;
    }
    // A footprint may be taken as wide as its accuracy and whole cells.
    double spread_m =
        world->ground_rough.slope
        * (hypot(witness->tolerance.cell_n_m, witness->tolerance.cell_e_m)
           + (isnan(obstacle->horizontal_acc_m) ? 75.0 : obstacle->horizontal_acc_m));
    double tol_m = witness->tolerance.ground_m;
    struct sim_top top = {.low_m = low_m + obstacle->agl_m - tol_m,
                          .high_m = high_m + spread_m + obstacle->agl_m + tol_m};
    if (!isnan(obstacle->amsl_m)) {
        double published_m = obstacle->amsl_m + world->plan.obstacle_bias_m;
        top.low_m = fmax(top.low_m, published_m - 0.01);
        top.high_m = fmax(top.high_m, published_m + 0.5 * foot_m);
    }
    return top;
}

// Weather is published from an hour before the epoch to plan.hours after it.
bool sim_witness_published(const struct sim_world *world, int64_t utc_us)
{
    int64_t since_us = utc_us - world->plan.epoch_utc_us;
    return since_us >= -hour_us && since_us <= (int64_t)world->plan.hours * hour_us;
}

double sim_witness_outside_m(const struct sim_witness *witness, struct sim_plane at)
{
    const struct sim_region *served = &witness->served;
    return sim_world_ring_m(witness->world, served->ring, served->count, at);
}
