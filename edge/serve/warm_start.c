// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/warm_start.h"

#include <math.h>
#include <string.h>

#define EVERY_US INT64_C(30000000)
#define STEP_DEG 0.002  // a drone that hovers writes nothing
#define APART_DEG 0.005 // nearer than that they need the same tiles

enum { SLOTS_MAX = 4096 }; // looked at: a hint is not worth more

static const char name[] = "whereabouts";

static double on_grid(double deg) { return round(deg / STEP_DEG) * STEP_DEG; }

static bool near_one(const struct geo_point *points, size_t count, struct geo_point point)
{
    for (size_t i = 0; i < count; i++)
        if (fabs(points[i].lat_deg - point.lat_deg) < APART_DEG
            && fabs(points[i].lon_deg - point.lon_deg) < APART_DEG)
            return true;
    return false;
}

static size_t find(struct edge_fleet *fleet, struct geo_point out[static EDGE_WARM_START_MAX])
{
    size_t count = 0;
    uint32_t slots = edge_fleet_slots(fleet);
    for (uint32_t i = 0; i < slots && i < SLOTS_MAX && count < EDGE_WARM_START_MAX; i++) {
        const struct edge_drone *drone = edge_fleet_at(fleet, i);
        if (!drone->slot.used || !drone->slot.reporting)
            continue;
        const struct geo_point point = {on_grid(drone->report.fix.position.lat_deg),
                                        on_grid(drone->report.fix.position.lon_deg)};
        if (!near_one(out, count, point))
            out[count++] = point;
    }
    return count;
}

void edge_warm_start_run(struct edge_warm_start *warm_start, struct edge_fleet *fleet,
                         struct edge_backqueue *backqueue, int64_t now_mono_us)
{
    if (now_mono_us < warm_start->due_mono_us)
        return;
    const bool first = warm_start->due_mono_us == 0;
    warm_start->due_mono_us = now_mono_us + EVERY_US;
    struct geo_point points[EDGE_WARM_START_MAX] = {0};
    const size_t count = first ? 0 : find(fleet, points);
    if (count == 0
        || (count == warm_start->count
            && memcmp(points, warm_start->points, count * sizeof points[0]) == 0)
        || edge_backqueue_push(backqueue, name, points, count * sizeof points[0]) != DRF_OK)
        return; // a queue that is full has more important things to keep
    memcpy(warm_start->points, points, sizeof points);
    warm_start->count = count;
}

size_t edge_warm_start_read(struct fusion_store *store,
                            struct geo_point out[static EDGE_WARM_START_MAX])
{
    struct geo_point points[EDGE_WARM_START_MAX];
    size_t size = sizeof points, count = 0;
    if (fusion_store_value(store, name, points, &size) != DRF_OK
        || size % sizeof points[0] != 0)
        return 0;
    for (size_t i = 0; i < size / sizeof points[0]; i++)
        if (fabs(points[i].lat_deg) <= 90.0 && fabs(points[i].lon_deg) <= 180.0) // not a NaN
            out[count++] = points[i];
    return count;
}
