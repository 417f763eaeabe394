// SPDX-License-Identifier: Apache-2.0
// The native weather points of a patch (schemas/patch.md): each is a point of the published
// grid, and its values are the truth there and then.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/fleet/patch_watch.h"
#include "sim/witness/witness_truth.h"
#include "sim/world/grid.h"

enum { WEATHER = DRF__V1__LAYER__LAYER_WEATHER };

static bool is_place(const struct sim_grid *grid, const Drf__V1__WeatherCell *cell)
{
    if (cell->column >= (uint32_t)grid->columns || cell->row >= (uint32_t)grid->rows)
        return false;
    // Rows are counted from either end: a grid may be written from the north or the south.
    const int rows[2] = {(int)cell->row, grid->rows - 1 - (int)cell->row};
    for (int i = 0; i < 2; i++) {
        struct geo_point p = sim_grid_point(grid, (int)cell->column, rows[i]);
        if (fabs(p.lat_deg - cell->lat_e7 * 1e-7) < 3e-6
            && fabs(p.lon_deg - cell->lon_e7 * 1e-7) < 3e-6)
            return true;
    }
    return false;
}

static void check_scalar(const struct sim_witness *witness, enum sim_weather_kind kind,
                         struct geo_point at, int64_t utc_us, double value,
                         struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    const int64_t hour_us = INT64_C(3600000000);
    double tol = witness->weather_tolerance[kind] + 0.01;
    double low = sim_world_weather(world, kind, at, 0, utc_us), high = low;
    if (kind == SIM_VISIBILITY) { // the worse of two valid times
        int64_t before_us = utc_us - (utc_us - world->plan.epoch_utc_us + hour_us) % hour_us;
        double a = sim_world_weather(world, kind, at, 0, before_us);
        double b = sim_world_weather(world, kind, at, 0, before_us + hour_us);
        low = fmin(a, b);
        high = low;
        if (utc_us - before_us < 5000000 || before_us + hour_us - utc_us < 5000000)
            high = fmax(a, b);
    }
    sim_witness_counts_note(counts, SIM_CHECK_CELLS, value >= low - tol && value <= high + tol,
                            "weather %d at %.5f %.5f is %.4g, true %.4g +- %.2g", (int)kind,
                            at.lat_deg, at.lon_deg, value, low, tol);
}

// Of the level nearest the aircraft, which a patch does not name: either.
static void check_wind(const struct sim_witness *witness, struct geo_point at, int64_t utc_us,
                       const Drf__V1__WeatherCell *cell, struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    bool good = false;
    double north = 0.0, east = 0.0;
    for (int i = 0; i < SIM_WIND_LEVELS && !good; i++) {
        double level_m = sim_wind_level_agl_m[i];
        double tol = sim_world_wind_growth(level_m)
                         * (witness->weather_tolerance[SIM_WIND_TO_EAST]
                            + witness->weather_tolerance[SIM_WIND_TO_NORTH])
                     + 2 * fabs(world->plan.wind_bias_mps) + 0.01;
        north = sim_world_weather(world, SIM_WIND_TO_NORTH, at, level_m, utc_us);
        east = sim_world_weather(world, SIM_WIND_TO_EAST, at, level_m, utc_us);
        good = fabs((double)cell->wind_to_north_mps - north) <= tol
               && fabs((double)cell->wind_to_east_mps - east) <= tol;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_CELLS, good,
        "wind at %.5f %.5f to north %.2f east %.2f, true %.2f %.2f at 100 m", at.lat_deg,
        at.lon_deg, (double)cell->wind_to_north_mps, (double)cell->wind_to_east_mps, north,
        east);
}

void sim_patch_check_weather(struct sim_witness *witness, const Drf__V1__Patch *patch,
                             struct sim_witness_counts *counts)
{
    int64_t utc_us = patch->node_time_us;
    if (!sim_witness_published(witness->world, utc_us))
        return;
    if (patch->n_weather == 0 && patch->base_seq == 0) {
        if (sim_witness_was_complete(witness, WEATHER, patch->boot_id, patch->node_time_us))
            sim_witness_counts_note(counts, SIM_CHECK_MISSING, false,
                                    "a key frame without weather");
        else
            counts->waiting++;
    }
    struct sim_grid grid = sim_grid_lay(witness->world);
    for (size_t i = 0; i < patch->n_weather; i++) {
        const Drf__V1__WeatherCell *cell = patch->weather[i];
        struct geo_point at = {.lat_deg = cell->lat_e7 * 1e-7, .lon_deg = cell->lon_e7 * 1e-7};
        sim_witness_counts_note(counts, SIM_CHECK_CELLS, is_place(&grid, cell),
                                "column %u row %u at %.5f %.5f is no point of the grid",
                                cell->column, cell->row, at.lat_deg, at.lon_deg);
        if (cell->has_wind_to_north_mps && cell->has_wind_to_east_mps)
            check_wind(witness, at, utc_us, cell, counts);
        if (cell->has_gust_mps)
            check_scalar(witness, SIM_GUST, at, utc_us, (double)cell->gust_mps, counts);
        if (cell->has_temperature_k)
            check_scalar(witness, SIM_TEMPERATURE, at, utc_us, (double)cell->temperature_k,
                         counts);
        if (cell->has_visibility_m)
            check_scalar(witness, SIM_VISIBILITY, at, utc_us, (double)cell->visibility_m,
                         counts);
    }
}
