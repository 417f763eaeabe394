// SPDX-License-Identifier: Apache-2.0
#include "sim/error/drone_error.h"

#include <math.h>

void sim_drone_error_step(struct sim_drone_error *error, const struct sim_error_plan *plan,
                          uint64_t seed, uint32_t drone, double dt_s)
{
    const struct sim_gnss_plan *g = &plan->gnss;
    const struct sim_barometer_plan *b = &plan->barometer;
    uint64_t n = error->reports++;
    struct sim_draw draw = {.seed = seed, .drone = drone};
    if (g->on) {
        double horizontal_m = g->horizontal_m, vertical_m = g->vertical_m;
        draw.kind = SIM_DRAW_GNSS_NORTH;
        error->north_m =
            sim_gauss_markov_step(&error->north, draw, horizontal_m, g->time_s, dt_s);
        draw.kind = SIM_DRAW_GNSS_EAST;
        error->east_m =
            sim_gauss_markov_step(&error->east, draw, horizontal_m, g->time_s, dt_s);
        draw.kind = SIM_DRAW_GNSS_UP;
        error->up_m = sim_gauss_markov_step(&error->up, draw, vertical_m, g->time_s, dt_s);
        draw.kind = SIM_DRAW_WHITE_NORTH;
        error->north_m += g->white_horizontal_m * sim_draw_normal(draw, n);
        draw.kind = SIM_DRAW_WHITE_EAST;
        error->east_m += g->white_horizontal_m * sim_draw_normal(draw, n);
        draw.kind = SIM_DRAW_WHITE_UP;
        error->up_m += g->white_vertical_m * sim_draw_normal(draw, n);
    }
    draw.kind = SIM_DRAW_BAROMETER;
    if (b->on)
        error->barometer_m =
            sim_gauss_markov_step(&error->barometer, draw, b->drift_m, b->time_s, dt_s);
    draw.kind = SIM_DRAW_REPORT_LOST;
    error->report_lost =
        plan->reports.on && sim_draw_uniform(draw, n) < plan->reports.lost_ratio;
}

int64_t sim_drone_error_clock_us(const struct sim_error_plan *plan, uint64_t seed,
                                 uint32_t drone, int64_t after_us)
{
    if (!plan->clock.on)
        return 0;
    const struct sim_draw offset = {seed, drone, SIM_DRAW_CLOCK_OFFSET};
    const struct sim_draw drift = {seed, drone, SIM_DRAW_CLOCK_DRIFT};
    return (int64_t)floor(plan->clock.offset_s * sim_draw_normal(offset, 0) * 1e6
                          + plan->clock.drift_ppm * sim_draw_normal(drift, 0) * 1e-6
                                * (double)after_us);
}
