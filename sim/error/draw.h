// sim/error/draw.h - random numbers by seed, drone, kind and index.
// SPDX-License-Identifier: Apache-2.0
//
// Each number is a pure function of the four: a drone more, or an error more, changes no number
// of another. Only IEEE arithmetic and square roots are used (no libm), so that one seed gives
// the same numbers, bit for bit, on every machine.
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include <stdint.h>

// The numbers stay: another number is another experiment.
enum sim_draw_kind {
    SIM_DRAW_GNSS_NORTH = 1,
    SIM_DRAW_GNSS_EAST = 2,
    SIM_DRAW_GNSS_UP = 3,
    SIM_DRAW_WHITE_NORTH = 4,
    SIM_DRAW_WHITE_EAST = 5,
    SIM_DRAW_WHITE_UP = 6,
    SIM_DRAW_BAROMETER = 7,
    SIM_DRAW_CLOCK_OFFSET = 8,
    SIM_DRAW_CLOCK_DRIFT = 9,
    SIM_DRAW_REPORT_LOST = 10,
    SIM_DRAW_UP_STATE = 11, // of the link to the node
    SIM_DRAW_UP_LOSS = 12,
    SIM_DRAW_UP_DELAY = 13,
    SIM_DRAW_DOWN_STATE = 14, // of the link from the node
    SIM_DRAW_DOWN_LOSS = 15,
    SIM_DRAW_DOWN_DELAY = 16,
    SIM_DRAW_WIND_EAST = 17, // of the world, not of a drone
    SIM_DRAW_WIND_NORTH = 18,
};

struct sim_draw {
    uint64_t seed;
    uint32_t drone;
    enum sim_draw_kind kind;
};

double sim_draw_uniform(struct sim_draw draw, uint64_t index);     // above 0, below 1
double sim_draw_normal(struct sim_draw draw, uint64_t index);      // mean 0, variance 1
double sim_draw_exponential(struct sim_draw draw, uint64_t index); // mean 1

// Of a positive finite number; within 1e-15 of the true one, relatively where that is above 1.
double sim_ln(double x);
// Of a number from -700 to 0; within 1e-15.
double sim_exp(double x);

#endif
