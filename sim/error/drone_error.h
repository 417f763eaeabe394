// sim/error/drone_error.h - the errors of one drone's sensors: what it knows minus the truth.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_DRONE_ERROR_H
#define SIM_DRONE_ERROR_H

#include "sim/error/error_plan.h"
#include "sim/error/gauss_markov.h"

// Begin with zeros; errors that are off stay 0.
struct sim_drone_error {
    struct sim_gauss_markov north, east, up, barometer;
    uint64_t reports;
    double north_m, east_m, up_m; // of the position by GNSS
    double barometer_m;           // of heights by pressure
    bool report_lost;             // this report is not sent
};

// The errors of the next report, dt_s after the last one.
void sim_drone_error_step(struct sim_drone_error *error, const struct sim_error_plan *plan,
                          uint64_t seed, uint32_t drone, double dt_s);
// The drone's clock minus UTC, so long after the start of the flight.
int64_t sim_drone_error_clock_us(const struct sim_error_plan *plan, uint64_t seed,
                                 uint32_t drone, int64_t after_us);

#endif
