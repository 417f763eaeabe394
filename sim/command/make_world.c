// SPDX-License-Identifier: Apache-2.0
// `drf-sim world`: makes a world and writes what providers would publish of it.
#include <math.h>
#include <stdio.h>

#include "sim/command/command.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/world/world_write.h"

static int make(struct sim_world_plan *plan, const char *folder)
{
    if (plan->epoch_utc_us == 0)
        plan->epoch_utc_us = sim_utc_us();
    plan->epoch_utc_us -= plan->epoch_utc_us % INT64_C(3600000000);
    struct sim_world world;
    enum drf_status status = sim_world_open(plan, &world);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim world: no world can be made of these numbers (%s)\n",
                drf_status_name(status));
        return 2;
    }
    status = sim_world_write(&world, folder, stdout);
    if (status == DRF_OK)
        printf("  bounds: west %.6f south %.6f east %.6f north %.6f\n", world.box.west_deg,
               world.box.south_deg, world.box.east_deg, world.box.north_deg);
    sim_world_close(&world);
    return status == DRF_OK ? 0 : 1;
}

int sim_world_run(int argc, char **argv)
{
    const char *folder = NULL;
    bool bare = false;
    struct sim_world_plan plan = {.seed = 1,
                                  .center = {.lat_deg = 47.0, .lon_deg = 8.0},
                                  .size_km = 12.0,
                                  .hours = 6,
                                  .posting_arcsec = 1.0,
                                  .weather_step_deg = 0.01,
                                  .void_radius_m = (double)NAN,
                                  .towers = 60,
                                  .cranes = 20,
                                  .buildings = 120,
                                  .refused = 3};
    const struct sim_option options[] = {
        {"out", SIM_OPTION_TEXT, &folder, "DIR", "folder for the files (made if missing)"},
        {"seed", SIM_OPTION_COUNT, &plan.seed, "N", "one seed, one world (default 1)"},
        {"center", SIM_OPTION_PLACE, &plan.center, "LAT,LON", "default 47,8"},
        {"size-km", SIM_OPTION_REAL, &plan.size_km, "KM", "side of the square (default 12)"},
        {"time", SIM_OPTION_TIME, &plan.epoch_utc_us, "UTC", "epoch of the weather (now)"},
        {"hours", SIM_OPTION_COUNT, &plan.hours, "N", "of weather after it (default 6)"},
        {"posting-arcsec", SIM_OPTION_REAL, &plan.posting_arcsec, "S",
         "of terrain (default 1)"},
        {"weather-step-deg", SIM_OPTION_REAL, &plan.weather_step_deg, "D", "default 0.01"},
        {"void-radius-m", SIM_OPTION_REAL, &plan.void_radius_m, "M",
         "disc without terrain data (default 6 % of the size; 0: none)"},
        {"towers", SIM_OPTION_COUNT, &plan.towers, "N", "as FAA DOF records (default 60)"},
        {"cranes", SIM_OPTION_COUNT, &plan.cranes, "N", "as GeoJSON points (default 20)"},
        {"buildings", SIM_OPTION_COUNT, &plan.buildings, "N", "GeoJSON polygons (default 120)"},
        {"refused", SIM_OPTION_COUNT, &plan.refused, "N",
         "obstacles without a readable height, to be refused (default 3)"},
        {"bare", SIM_OPTION_FLAG, &bare, NULL, "publish no surface model (canopy)"},
        {"lambert", SIM_OPTION_FLAG, &plan.lambert, NULL,
         "weather on a Lambert grid, winds along its axes"},
        {"calm", SIM_OPTION_FLAG, &plan.calm, NULL,
         "a calm day: wind, gusts and visibility within the fleet's limits, and flights that\n"
         "                             keep clear of what stands"},
        {"terrain-bias", SIM_OPTION_REAL, &plan.terrain_bias_m, "M", "published minus truth"},
        {"wind-bias", SIM_OPTION_REAL, &plan.wind_bias_mps, "MPS", "published minus truth"},
        {"obstacle-bias", SIM_OPTION_REAL, &plan.obstacle_bias_m, "M", "published minus truth"},
    };
    const struct sim_usage usage = {
        "world --out DIR [--seed N] [--center LAT,LON] [--size-km KM] [OPTION...]",
        "Makes a world of hills, trees, towers, buildings and weather, and writes what would "
        "be\n"
        "published of it: GeoTIFF, GRIB2, FAA DOF and GeoJSON, all marked SIM. world.json "
        "keeps\n"
        "the numbers from which the truth is made again.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (folder == NULL) {
        fprintf(stderr, "drf-sim world: --out DIR is needed\n");
        return 2;
    }
    plan.surface = !bare;
    if (isnan(plan.void_radius_m))
        plan.void_radius_m = 60.0 * plan.size_km;
    return make(&plan, folder);
}
