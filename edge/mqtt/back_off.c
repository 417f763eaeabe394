// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/back_off.h"

#include <stddef.h>

#include "geo/hash.h"

enum {
    FIRST_US = 200000,
    MAX_US = 1000000,          // nobody answers: drones wait for the broker's return
    REFUSED_MAX_US = 10000000, // it answers, and says no
};

void edge_back_off_init(struct edge_back_off *back_off, const char *client_id)
{
    uint32_t seed = geo_hash32_text(GEO_HASH32_START, client_id != NULL ? client_id : "");
    *back_off = (struct edge_back_off){.next_us = FIRST_US, .jitter = seed != 0 ? seed : 1};
}

void edge_back_off_reset(struct edge_back_off *back_off) { back_off->next_us = FIRST_US; }

int64_t edge_back_off_take(struct edge_back_off *back_off, bool refused)
{
    int64_t max_us = refused ? REFUSED_MAX_US : MAX_US;
    int64_t base_us = back_off->next_us < max_us ? back_off->next_us : max_us;
    // Xorshift: nothing else depends on it.
    back_off->jitter ^= back_off->jitter << 13;
    back_off->jitter ^= back_off->jitter >> 17;
    back_off->jitter ^= back_off->jitter << 5;
    back_off->next_us = base_us * 2 < max_us ? base_us * 2 : max_us;
    return base_us + (int64_t)(back_off->jitter % (uint32_t)(base_us / 4 + 1));
}
