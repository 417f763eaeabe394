// sim/host/loop.h - clocks, stop signal and sleep of the simulator.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/host/now.h"

int64_t sim_mono_us(void);
int64_t sim_utc_us(void);
struct sim_now sim_clock_now(void); // both, one after the other

// From here on SIGTERM and SIGINT only make sim_stop_wanted() true.
void sim_stop_watch(void);
bool sim_stop_wanted(void);

// Sleeps up to `ms`, less when a signal comes.
void sim_pause_ms(unsigned ms);

#endif
