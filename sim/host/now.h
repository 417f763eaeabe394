// sim/host/now.h - the time of a step, on both clocks, as whoever drives the step has it.
// SPDX-License-Identifier: Apache-2.0
//
// A step reads no clock: it is told the time. Live it is that of the machine (sim/host/loop.h),
// in an experiment one that is simulated.
#ifndef SIM_NOW_H
#define SIM_NOW_H

#include <stdint.h>

struct sim_now {
    int64_t mono_us; // never goes back; above 0, which stands for "not yet" in many fields
    int64_t utc_us;
};

#endif
