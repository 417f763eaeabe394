// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

enum { REQUEST_COST = 16 }; // in parts of a plan's leg, as fusion_review_cost() counts them

void edge_request_budget_begin(struct edge_request_budget *budget) { budget->spent = 0; }

void edge_request_budget_spend(struct edge_request_budget *budget, uint32_t cost)
{
    budget->spent += cost;
}

static bool within_rate(struct edge_serve *serve, struct edge_drone *drone, uint32_t answers)
{
    uint32_t count;
    enum edge_request_limit limit =
        edge_rates_request(&drone->rates, serve->now.mono_us, &count);
    if (limit == EDGE_REQUEST_ALLOWED)
        return true;
    const struct edge_wire_reply reply = {
        .code = EDGE_REPLY_RATE_LIMITED,
        .text = "profiles, plans and requests come faster than allowed",
        .retry_after_s = EDGE_REQUEST_RETRY_S,
        .count = count,
        .answers = answers,
    };
    if (limit == EDGE_REQUEST_REFUSED)
        edge_reply_send(serve, drone->id, drone, &reply);
    return false;
}

// Reviews and preloads of all drones together get a quarter of the node's time, and no drone
// can delay the others by more than a tenth of a second.
bool edge_request_budget_afford(struct edge_serve *serve, uint32_t cost)
{
    enum { PART_US = 10, AHEAD_US = 400000 };
    if (!edge_pace_ready(&serve->budget.pace, serve->now.mono_us, AHEAD_US))
        return false;
    edge_pace_take(&serve->budget.pace, serve->now.mono_us, (int64_t)cost * PART_US, 0);
    edge_request_budget_spend(&serve->budget, cost);
    return true;
}

struct edge_drone *edge_request_budget_admit(struct edge_serve *serve, const char *id,
                                             uint32_t answers)
{
    struct edge_drone *drone;
    edge_request_budget_spend(&serve->budget, REQUEST_COST);
    if (edge_fleet_admit(serve->fleet, id, serve->now.mono_us, &drone) == DRF_OK) {
        edge_persist_ask(serve, drone);
        return within_rate(serve, drone, answers) ? drone : NULL;
    }
    edge_metrics_add(serve->metrics, EDGE_METRIC_DRONES_REFUSED, 0, 0, 1);
    if (edge_reply_unadmitted(serve))
        edge_reply_text(serve, id, NULL, answers, EDGE_REPLY_OVERLOADED,
                        "this node serves as many drones as it is configured for");
    return NULL;
}
