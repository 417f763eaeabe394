// edge/host/clock.h - the machine's clocks: monotonic time and UTC.
// SPDX-License-Identifier: Apache-2.0
//
// Read by the loops, by commands and by threads. A step function never reads a clock: the
// caller passes a struct edge_now.
#ifndef EDGE_CLOCK_H
#define EDGE_CLOCK_H

#include <stdint.h>

#include "edge/host/now.h"

// `utc_ahead_us` is added to the system's UTC: 0 in service.
struct edge_clock {
    int64_t utc_ahead_us;
};

// The present of both clocks.
struct edge_now edge_clock_now(struct edge_clock clock);
// Monotonic time alone, and the system's UTC alone.
int64_t edge_clock_mono_us(void);
int64_t edge_clock_utc_us(void);
// Time since the machine started, which goes on while it is suspended.
int64_t edge_clock_boot_us(void);
// The UTC at which the machine started, by its clocks now.
int64_t edge_clock_boot_utc_us(void);
// A clock whose UTC is `utc_us` now and runs at normal speed.
struct edge_clock edge_clock_from(int64_t utc_us);

#endif
