// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/link_budget.h"

#include "edge/serve/fleet/drone.h"

enum { SAVED_US = 1000000 }; // unused time of the link that counts

static int64_t time_us(const struct edge_drone *drone, size_t size)
{
    double bytes = (double)(size + EDGE_LINK_BUDGET_OVERHEAD_BYTES);
    return (int64_t)(bytes * 1e6 / drone->profile.preferences.link_bytes_per_s);
}

double edge_link_budget_bytes_per_s(const struct edge_drone *drone)
{
    if (drone->profile.preferences.link_bytes_per_s == 0)
        return 0.0;
    double contexts_per_s = 1e6 / (double)drone->profile.preferences.interval_us;
    double spare = drone->profile.preferences.link_bytes_per_s
                   - contexts_per_s * drone->link.context_bytes;
    return spare > 0.0 ? spare : -1.0;
}

bool edge_link_budget_fits(const struct edge_drone *drone, int64_t now_mono_us, size_t size)
{
    return drone->profile.preferences.link_bytes_per_s == 0
           || edge_pace_ready(&drone->link.spare_pace, now_mono_us, -time_us(drone, size));
}

bool edge_link_budget_settled(const struct edge_drone *drone, int64_t now_mono_us)
{
    return drone->profile.preferences.link_bytes_per_s == 0
           || edge_pace_ready(&drone->link.spare_pace, now_mono_us, 0);
}

void edge_link_budget_take(struct edge_drone *drone, int64_t now_mono_us, size_t size)
{
    if (drone->profile.preferences.link_bytes_per_s > 0)
        edge_pace_take(&drone->link.spare_pace, now_mono_us, time_us(drone, size), SAVED_US);
}

void edge_link_budget_charge(struct edge_drone *drone, int64_t now_mono_us, size_t size)
{
    if (drone->profile.preferences.link_bytes_per_s > 0)
        edge_pace_take(&drone->link.byte_pace, now_mono_us, time_us(drone, size), 0);
    edge_link_budget_take(drone, now_mono_us, size);
}

void edge_link_budget_context(struct edge_drone *drone, int64_t now_mono_us, size_t size)
{
    drone->link.context_bytes = (uint32_t)size + EDGE_LINK_BUDGET_OVERHEAD_BYTES;
    edge_link_budget_charge(drone, now_mono_us, size);
}
