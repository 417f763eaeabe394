// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/sharing.h"

void edge_sharing_init(struct edge_sharing *sharing)
{
    *sharing = (struct edge_sharing){.short_mono_us = {INT64_MIN, INT64_MIN}};
}

void edge_sharing_lost(struct edge_sharing *sharing, int64_t connected_mono_us,
                       int64_t now_mono_us)
{
    sharing->taken_over_count += sharing->taken_over;
    sharing->suspected = sharing->suspected || sharing->taken_over;
    sharing->taken_over = false;
    if (now_mono_us - connected_mono_us >= EDGE_SHARING_SHORT_US)
        return;
    if (sharing->short_mono_us[0] != INT64_MIN
        && now_mono_us - sharing->short_mono_us[0] < EDGE_SHARING_WITHIN_US)
        sharing->suspected = true;
    sharing->short_mono_us[0] = sharing->short_mono_us[1];
    sharing->short_mono_us[1] = now_mono_us;
}

void edge_sharing_stands(struct edge_sharing *sharing, int64_t connected_mono_us,
                         int64_t now_mono_us)
{
    if (now_mono_us - connected_mono_us >= EDGE_SHARING_WITHIN_US)
        sharing->suspected = false;
}
