// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/spread.h"

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

void sim_spread_add(struct sim_spread *spread, uint64_t value)
{
    spread->count++;
    if (value > spread->max)
        spread->max = value;
    spread->buckets[bucket_of(value)]++;
}

uint64_t sim_spread_at(const struct sim_spread *spread, double share)
{
    if (spread->count == 0)
        return 0;
    double wanted = share * (double)spread->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < SIM_SPREAD_BUCKETS; i++) {
        seen += spread->buckets[i];
        if ((double)seen >= wanted) {
            uint64_t edge = upper_edge(i);
            return edge < spread->max ? edge : spread->max;
        }
    }
    return spread->max;
}
