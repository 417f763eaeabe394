// SPDX-License-Identifier: Apache-2.0
#include "sim/error/gauss_markov.h"

#include <math.h>

double sim_gauss_markov_step(struct sim_gauss_markov *process, struct sim_draw draw,
                             double deviation, double time_s, double dt_s)
{
    double w = deviation * sim_draw_normal(draw, process->drawn);
    double kept = process->drawn > 0 ? sim_exp(fmax(-dt_s / time_s, -700.0)) : 0.0;
    process->value = kept * process->value + sqrt(1.0 - kept * kept) * w;
    process->drawn++;
    return process->value;
}
