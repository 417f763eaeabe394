// SPDX-License-Identifier: Apache-2.0
#include "sim/error/wind_error.h"

#include <math.h>

static const double two_pi = 6.28318530717958647692;

struct sim_spectrum sim_wind_error_make(const struct sim_wind_plan *plan, uint64_t seed,
                                        enum sim_draw_kind kind)
{
    struct sim_spectrum spectrum = {.count = plan->on ? SIM_WAVES_MAX : 0};
    const struct sim_draw draw = {.seed = seed, .kind = kind};
    double length_m = plan->length_km * 1e3;
    for (size_t i = 0; i < spectrum.count; i++)
        spectrum.waves[i] = (struct sim_wave){
            .east_per_m = sim_draw_normal(draw, 4 * i) / (two_pi * length_m),
            .north_per_m = sim_draw_normal(draw, 4 * i + 1) / (two_pi * length_m),
            .per_s = sim_draw_normal(draw, 4 * i + 2) / (two_pi * plan->time_s),
            .phase = sim_draw_uniform(draw, 4 * i + 3),
            .amplitude = plan->speed_mps * sqrt(2.0 / SIM_WAVES_MAX)};
    return spectrum;
}
