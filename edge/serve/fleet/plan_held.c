// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/plan_held.h"

#include <stdlib.h>
#include <string.h>

void edge_plan_held_close(struct edge_plan_held *held)
{
    free(held->plan);
    *held = (struct edge_plan_held){.plan = NULL};
}

enum drf_status edge_plan_held_use(struct edge_plan_held *held, const struct fusion_plan *plan,
                                   uint64_t digest)
{
    bool named = held->named && held->held && strcmp(held->plan->plan_id, plan->plan_id) == 0;
    if (held->plan == NULL || held->points != plan->point_count) {
        struct fusion_plan *room = realloc(held->plan, fusion_plan_bytes(plan->point_count));
        if (room == NULL)
            return DRF_ERR_NOMEM;
        held->plan = room;
        held->points = plan->point_count;
    }
    memcpy(held->plan, plan, fusion_plan_bytes(plan->point_count));
    held->held = true;
    held->named = named;
    held->digest = digest;
    return DRF_OK;
}

void edge_plan_held_drop(struct edge_plan_held *held)
{
    held->held = held->named = false;
    held->digest = 0;
}

void edge_plan_held_name(struct edge_plan_held *held, const char *plan_id)
{
    held->named = held->held && strcmp(held->plan->plan_id, plan_id) == 0;
}
