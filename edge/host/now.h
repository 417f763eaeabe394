// edge/host/now.h - monotonic time and UTC, as the caller passes them to a step function.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_NOW_H
#define EDGE_NOW_H

#include <stdint.h>

// Timers run on mono, validity on utc.
struct edge_now {
    int64_t mono_us;
    int64_t utc_us;
};

#endif
