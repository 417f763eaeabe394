// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/fleet/patch_decode.h"
#include "sim/fleet/patch_watch.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    NEAR_MAX = 512
};

static const double quantum_m = 0.25, offset_m = -1000.0; // as published with each patch

struct near {
    const struct sim_obstacle *obstacle;
    struct sim_obstacle_extent extent;
    double reach_m, high_m;
};

struct view {
    struct sim_witness *witness;
    const struct sim_patch_window *window;
    struct sim_witness_counts *counts;
    double cell_deg;
    size_t near_count;
    struct near near[NEAR_MAX];
};

static struct geo_point centre_of(const struct view *v, uint32_t x, uint32_t y)
{
    return (struct geo_point){
        .lat_deg = (v->window->south + y + 0.5) * v->cell_deg - 90.0,
        .lon_deg = (v->window->west + x + 0.5) * v->cell_deg - 180.0,
    };
}

// The truth between the nodes of the relief, within its error_m; false: beyond it.
static bool truth_at(const struct sim_relief *relief, struct sim_plane p, double *ground_m,
                     double *surface_m)
{
    double x = (p.east_m + relief->half_m) / relief->step_m;
    double y = (p.north_m + relief->half_m) / relief->step_m;
    if (!(x >= 0.0 && y >= 0.0) || x >= (double)relief->side - 1
        || y >= (double)relief->side - 1)
        return false;
    size_t i = (size_t)x, j = (size_t)y, at = j * relief->side + i;
    double u = x - (double)i, w = y - (double)j;
    const float *tables[] = {relief->ground, relief->surface};
    double values[2];
    for (int k = 0; k < 2; k++) {
        const float *t = tables[k] + at;
        double south = (double)t[0] + u * ((double)t[1] - (double)t[0]);
        const float *n = t + relief->side;
        double north = (double)n[0] + u * ((double)n[1] - (double)n[0]);
        values[k] = south + w * (north - south);
    }
    *ground_m = values[0];
    *surface_m = values[1];
    return true;
}

static void find_near(struct view *v)
{
    const struct sim_world *world = v->witness->world;
    struct geo_point middle = centre_of(v, v->window->side / 2, v->window->side / 2);
    struct sim_plane m = sim_world_plane(world, middle);
    double cell_m = hypot(v->witness->tolerance.cell_n_m, v->witness->tolerance.cell_e_m);
    for (size_t i = 0; i < world->obstacle_count && v->near_count < NEAR_MAX; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        const struct sim_obstacle_extent *s = &v->witness->extents[i];
        double reach_m =
            (isnan(o->horizontal_acc_m) ? 175.0 : o->horizontal_acc_m) + 3 * cell_m;
        if (hypot(s->at.east_m - m.east_m, s->at.north_m - m.north_m)
                > v->window->side * cell_m + reach_m + 200.0
            || o->presence == SIM_HIDDEN)
            continue;
        double high_m =
            s->top.high_m + (isnan(o->vertical_acc_m) ? 60.0 : o->vertical_acc_m) + quantum_m;
        v->near[v->near_count++] = (struct near){o, *s, reach_m, high_m};
    }
}

static bool explained(const struct view *v, struct geo_point at, double surface_m)
{
    if (v->near_count == NEAR_MAX)
        return true;
    for (size_t i = 0; i < v->near_count; i++)
        if (surface_m <= v->near[i].high_m
            && sim_world_obstacle_distance_m(v->witness->world, v->near[i].obstacle, at)
                   <= v->near[i].reach_m)
            return true;
    return false;
}

// Whether contexts had called a layer complete when this patch was made.
static bool complete(const struct view *v, uint32_t layer)
{
    return sim_witness_was_complete(v->witness, layer, v->window->boot_id,
                                    v->window->node_utc_us);
}

static void check_known(const struct view *v, double covered_m, uint16_t cell, uint32_t layer)
{
    struct sim_witness *witness = v->witness;
    double edge_m = witness->tolerance.edge_m;
    if (cell == SIM_CELL_UNKNOWN && covered_m > edge_m) {
        if (layer < SIM_LAYERS && !complete(v, layer))
            v->counts->waiting++; // the contexts have not called the layer complete yet
        else
            sim_witness_counts_note(v->counts, SIM_CHECK_MISSING, false,
                                    "patch %u: a cell of layer %u is unknown", v->window->seq,
                                    layer);
    }
    if (cell != SIM_CELL_UNKNOWN && covered_m < -edge_m)
        sim_witness_counts_note(v->counts, SIM_CHECK_INVENTED, false,
                                "patch %u: a cell of layer %u where no data lie",
                                v->window->seq, layer);
}

static void check_cell(const struct view *v, uint32_t x, uint32_t y)
{
    struct sim_witness *witness = v->witness;
    const struct sim_height_tolerance *t = &witness->tolerance;
    size_t index = (size_t)y * v->window->side + x;
    uint16_t ground = v->window->ground[index], surface = v->window->surface[index];
    struct geo_point at = centre_of(v, x, y);
    double covered_m = sim_world_covered_m(witness->world, at);
    check_known(v, covered_m, ground, GROUND);
    check_known(v, covered_m, surface, SURFACE);
    double true_ground_m, true_surface_m;
    if (!truth_at(&witness->relief, sim_world_plane(witness->world, at), &true_ground_m,
                  &true_surface_m))
        return;
    double error_m = witness->relief.error_m + (covered_m < t->edge_m ? t->step_m : 0.0);
    double ground_m = offset_m + quantum_m * ground;
    double surface_m = offset_m + quantum_m * surface;
    if (ground != SIM_CELL_UNKNOWN)
        sim_witness_counts_note(v->counts, SIM_CHECK_PATCH,
                                fabs(ground_m - true_ground_m) <= t->ground_cell_m + error_m,
                                "patch %u cell %u, %u: ground %.2f m, true %.2f +- %.2f",
                                v->window->seq, x, y, ground_m, true_ground_m,
                                t->ground_cell_m + error_m);
    if (surface == SIM_CELL_UNKNOWN)
        return;
    double tol_m = t->surface_cell_m + error_m;
    if (surface_m < true_surface_m - tol_m && !complete(v, SURFACE)) {
        v->counts->waiting++; // trees are not loaded yet
        return;
    }
    bool good = surface_m >= true_surface_m - tol_m
                && (surface_m <= true_surface_m + tol_m || explained(v, at, surface_m));
    sim_witness_counts_note(v->counts, SIM_CHECK_PATCH, good,
                            "patch %u cell %u, %u: surface %.2f m, true %.2f +- %.2f",
                            v->window->seq, x, y, surface_m, true_surface_m, tol_m);
}

// Obstacles in a cell raise its surface.
static void check_tops(const struct view *v)
{
    if (!complete(v, OBSTACLE) || !complete(v, SURFACE))
        return;
    for (size_t i = 0; i < v->near_count; i++) {
        if (v->near[i].obstacle->presence != SIM_STANDS)
            continue;
        struct geo_point at = v->near[i].obstacle->position;
        double x = (at.lon_deg + 180.0) / v->cell_deg - v->window->west;
        double y = (at.lat_deg + 90.0) / v->cell_deg - v->window->south;
        if (!(x >= 0.0 && y >= 0.0) || x >= v->window->side || y >= v->window->side)
            continue;
        uint16_t cell = v->window->surface[(size_t)y * v->window->side + (size_t)x];
        double low_m = v->near[i].extent.top.low_m - quantum_m;
        sim_witness_counts_note(
            v->counts, SIM_CHECK_PATCH,
            cell == SIM_CELL_UNKNOWN || offset_m + quantum_m * cell >= low_m,
            "patch %u: surface %.2f m where %s reaches %.2f", v->window->seq,
            offset_m + quantum_m * cell, v->near[i].obstacle->id, low_m);
    }
}

void sim_patch_check(struct sim_witness *witness, const struct sim_patch_window *window,
                     struct sim_witness_counts *counts)
{
    struct view v = {.witness = witness,
                     .window = window,
                     .counts = counts,
                     .cell_deg = 180.0 / (256.0 * (double)(UINT64_C(1) << window->level))};
    find_near(&v);
    for (uint32_t y = 0; y < window->side; y++)
        for (uint32_t x = 0; x < window->side; x++)
            check_cell(&v, x, y);
    check_tops(&v);
}
