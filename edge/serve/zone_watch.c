// SPDX-License-Identifier: Apache-2.0
// Zones begin and end to apply as time passes, also around aircraft that do not move: contexts
// become due then. Zones without periods apply always and are not looked at. The others are
// when one of them is due, and when a new root changed where one of them lies: of what changed
// the root tells itself (edge_schedule_root).
#include "edge/serve/serve_parts.h"
#include "fusion/root/zone.h"
#include "fusion/root/zone_walk.h"

// Looked at this often at least: the UTC clock may be set meanwhile.
#define WATCH_US INT64_C(10000000)

static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

// Those that began or ended to apply since they were looked at last. When the next does so.
static int64_t look_at_all(struct edge_serve *serve)
{
    struct edge_zone_watch *watch = &serve->zones;
    const struct fusion_zone_bucket *timed = serve->root->zones_timed;
    int64_t now_us = serve->now.utc_us, next_us = INT64_MAX;
    for (size_t i = 0; timed != NULL && i < timed->count; i++) {
        const struct fusion_zone *zone = timed->zones[i];
        bool before = fusion_zone_applies(&zone->view, watch->last_utc_us);
        if (before != fusion_zone_applies(&zone->view, now_us))
            edge_schedule_area(serve, zone->bounds);
        next_us = sooner(next_us, fusion_zone_next_change(&zone->view, now_us));
    }
    watch->last_utc_us = now_us;
    return next_us;
}

// Whether a zone with periods lies where the root changed.
static bool timed_changed(const struct fusion_root *root)
{
    for (size_t i = 0; root->zones_timed != NULL && i < root->change_count; i++) {
        if ((root->changes[i].layers >> FUSION_LAYER_ZONE & 1) == 0)
            continue;
        struct fusion_zone_walk walk = fusion_zone_walk_begin(root, root->changes[i].bounds);
        const struct fusion_zone *zone;
        while ((zone = fusion_zone_walk_next(&walk)) != NULL)
            if (zone->view.zone->period_count > 0)
                return true;
    }
    return false;
}

void edge_zone_watch_run(struct edge_serve *serve)
{
    struct edge_zone_watch *watch = &serve->zones;
    const struct fusion_root *root = serve->root;
    if (root == NULL)
        return;
    bool due = serve->now.mono_us >= watch->mono_us || watch->epoch == 0;
    if (!due && (root->epoch == watch->epoch || !timed_changed(root))) {
        watch->epoch = root->epoch;
        return;
    }
    int64_t next_us = look_at_all(serve);
    int64_t wait_us =
        next_us == INT64_MAX ? WATCH_US : sooner(next_us - serve->now.utc_us, WATCH_US);
    watch->mono_us = root->zones_timed != NULL ? serve->now.mono_us + wait_us : INT64_MAX;
    watch->epoch = root->epoch;
}
