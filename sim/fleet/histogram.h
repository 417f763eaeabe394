// sim/fleet/histogram.h - histogram of durations in buckets at most 0.8 % wide.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_HISTOGRAM_H
#define SIM_HISTOGRAM_H

#include <stdint.h>

enum { SIM_HISTOGRAM_BUCKETS = 26 * 128 };

struct sim_histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[SIM_HISTOGRAM_BUCKETS];
};

// value: 0 .. 2^32; a greater one counts as 2^32.
void sim_histogram_add(struct sim_histogram *histogram, uint64_t value);
// The quantile `share` (0 .. 1), to within a bucket; 0 for an empty histogram.
uint64_t sim_histogram_at(const struct sim_histogram *histogram, double share);

#endif
