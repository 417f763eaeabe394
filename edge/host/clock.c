// SPDX-License-Identifier: Apache-2.0
#include "edge/host/clock.h"

#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct edge_now edge_clock_now(struct edge_clock clock)
{
    return (struct edge_now){.mono_us = clock_us(CLOCK_MONOTONIC),
                             .utc_us = clock_us(CLOCK_REALTIME) + clock.utc_ahead_us};
}

int64_t edge_clock_mono_us(void) { return clock_us(CLOCK_MONOTONIC); }
int64_t edge_clock_utc_us(void) { return clock_us(CLOCK_REALTIME); }
int64_t edge_clock_boot_us(void) { return clock_us(CLOCK_BOOTTIME); }

int64_t edge_clock_boot_utc_us(void)
{
    return clock_us(CLOCK_REALTIME) - clock_us(CLOCK_BOOTTIME);
}

struct edge_clock edge_clock_from(int64_t utc_us)
{
    return (struct edge_clock){.utc_ahead_us = utc_us - clock_us(CLOCK_REALTIME)};
}
