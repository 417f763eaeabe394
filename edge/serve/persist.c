// SPDX-License-Identifier: Apache-2.0
// What the store keeps of a drone, its profile and its plan: writes go through the backward
// queue, reads through edge/handoff/restore_request.h. Nothing here waits for either.
#include "edge/serve/serve_parts.h"

#include <assert.h>
#include <stdio.h>

bool edge_persist_put(struct edge_serve *serve, const char *what, const char *id,
                      const void *bytes, size_t size)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    int length = snprintf(name, sizeof name, "%s/%s", what, id);
    assert(length > 0 && (size_t)length < sizeof name);
    (void)length;
    if (edge_backqueue_push(serve->backqueue, name, bytes, size) == DRF_OK)
        return true;
    edge_metrics_add(serve->metrics, EDGE_METRIC_BACKQUEUE_DROPS, 0, 0, 1);
    return false;
}

bool edge_persist_possible(const struct edge_drone *drone, bool held)
{
    return held || drone->kept.state != EDGE_KEPT_DONE;
}

void edge_persist_ask(struct edge_serve *serve, struct edge_drone *drone)
{
    if (drone->kept.state != EDGE_KEPT_DUE || serve->restore_request == NULL)
        return;
    if (edge_restore_request_ask(serve->restore_request, drone->id) == DRF_OK)
        edge_kept_ask(&drone->kept);
}

// Each drone at a time of its own within the hour, so that the writes of a fleet are spread.
void edge_persist_heard(struct edge_serve *serve, struct edge_drone *drone)
{
    if (!drone->profile.held && !drone->plan.held)
        return;
    uint32_t spread_s = edge_fleet_number(serve->fleet, drone) * 37 % 3600;
    uint32_t hour = (uint32_t)((serve->now.utc_us / 1000000 + spread_s) / 3600);
    if (hour == drone->kept.heard_hour)
        return;
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    (void)snprintf(name, sizeof name, EDGE_STORED_SEEN "%s", drone->id);
    if (edge_backqueue_push(serve->backqueue, name, NULL, 0) == DRF_OK)
        edge_kept_heard(&drone->kept, hour);
}
