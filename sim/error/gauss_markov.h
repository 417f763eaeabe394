// sim/error/gauss_markov.h - first-order Gauss-Markov process: noise with a memory.
// SPDX-License-Identifier: Apache-2.0
//
// A. Gelb (ed.): Applied Optimal Estimation. MIT Press 1974. x(n+1) = a x(n) + s sqrt(1 - a^2)
// w(n), a = exp(-dt / time), w white and normal. Stationary from the start: the standard
// deviation is s, the correlation of two values t apart is exp(-t / time).
#ifndef SIM_GAUSS_MARKOV_H
#define SIM_GAUSS_MARKOV_H

#include "sim/error/draw.h"

// Begin with zeros.
struct sim_gauss_markov {
    double value;
    uint64_t drawn;
};

// The next value, dt_s after the last one (any dt for the first).
double sim_gauss_markov_step(struct sim_gauss_markov *process, struct sim_draw draw,
                             double deviation, double time_s, double dt_s);

#endif
