// SPDX-License-Identifier: Apache-2.0
// Zones begin and end to apply as time passes, also around aircraft that do not move: contexts
// become due then.
#include "edge/serve/serve_parts.h"
#include "fusion/root/zone.h"

// Looked at this often at least: the UTC clock may be set meanwhile.
#define WATCH_US INT64_C(10000000)

void edge_zone_watch_run(struct edge_serve *serve)
{
    const struct fusion_zone_bucket *all = serve->root != NULL ? serve->root->zones_all : NULL;
    struct edge_zone_watch *watch = &serve->zones;
    int64_t now_us = serve->now.utc_us, next_us = INT64_MAX;
    bool news = serve->root != NULL && serve->root->epoch != watch->epoch;
    if (!news && serve->now.mono_us < watch->mono_us)
        return;
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        const struct fusion_zone *zone = all->zones[i];
        bool before = fusion_zone_applies(&zone->view, watch->last_utc_us);
        if (before != fusion_zone_applies(&zone->view, now_us))
            edge_schedule_area(serve, zone->bounds);
        int64_t change_us = fusion_zone_next_change(&zone->view, now_us);
        next_us = change_us < next_us ? change_us : next_us;
    }
    int64_t wait_us =
        next_us < INT64_MAX && next_us - now_us < WATCH_US ? next_us - now_us : WATCH_US;
    watch->epoch = serve->root != NULL ? serve->root->epoch : 0;
    watch->last_utc_us = now_us;
    watch->mono_us = all != NULL ? serve->now.mono_us + wait_us : INT64_MAX;
}
