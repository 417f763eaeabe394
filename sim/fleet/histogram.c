// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/histogram.h"

#include <stddef.h>

// Values below 256 have a bucket each; above, each doubling has 128.
static size_t bucket_of(uint64_t value)
{
    if (value < 256)
        return (size_t)value;
    if (value > UINT32_MAX)
        value = UINT32_MAX;
    unsigned shift = 56U - (unsigned)__builtin_clzll(value);
    return (size_t)(shift + 1) * 128 + (size_t)((value >> shift) - 128);
}

static uint64_t upper_edge(size_t bucket)
{
    if (bucket < 256)
        return bucket;
    unsigned shift = (unsigned)(bucket / 128 - 1);
    return (((uint64_t)(bucket % 128) + 129) << shift) - 1;
}

void sim_histogram_add(struct sim_histogram *histogram, uint64_t value)
{
    histogram->count++;
    if (value > histogram->max)
        histogram->max = value;
    histogram->buckets[bucket_of(value)]++;
}

uint64_t sim_histogram_at(const struct sim_histogram *histogram, double share)
{
    if (histogram->count == 0)
        return 0;
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < SIM_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if ((double)seen >= wanted) {
            uint64_t edge = upper_edge(i);
            return edge < histogram->max ? edge : histogram->max;
        }
    }
    return histogram->max;
}
