// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <stdio.h>
#include <string.h>

#include "geo/hash.h"

enum drf_status edge_plan_use(struct edge_serve *serve, struct edge_drone *drone,
                              const struct fusion_plan *plan, uint64_t digest)
{
    enum drf_status status = edge_plan_held_use(&drone->plan, plan, digest);
    if (status == DRF_OK)
        edge_fleet_keep(serve->fleet, drone);
    return status;
}

static void drop_plan(struct edge_serve *serve, struct edge_drone *drone)
{
    if (edge_persist_possible(drone, drone->plan.held)
        && !edge_persist_put(serve, "plan", drone->id, NULL, 0)) {
        edge_reply_text(serve, drone->id, drone, 3, EDGE_REPLY_OVERLOADED,
                        "the store cannot keep up: ask again");
        return;
    }
    edge_plan_held_drop(&drone->plan);
    edge_kept_plan_came(&drone->kept);
    edge_reply_text(serve, drone->id, drone, 3, EDGE_REPLY_OK, "no plan is held");
}

void edge_plan_reply(struct edge_serve *serve, struct edge_drone *drone,
                     const char *correlation, const char *text, const char *unreviewed)
{
    if (!edge_unanswered_may_reply(serve, drone->id, correlation))
        return; // no review for nothing
    struct edge_wire_reply reply = {
        .code = EDGE_REPLY_OK, .correlation = correlation, .text = text, .answers = 3};
    struct fusion_review review;
    struct fusion_surroundings around;
    char both[200];
    if (serve->root == NULL)
        unreviewed = "not reviewed: the node is still loading";
    if (unreviewed == NULL) {
        edge_neighbours_none(serve, &around);
        const struct fusion_aircraft aircraft = {.fix = drone->report.fix,
                                                 .limits = drone->profile.limits,
                                                 .plan = drone->plan.plan,
                                                 .around = &around};
        fusion_review_plan(serve->builder, serve->root, &aircraft, serve->now.utc_us, &review);
        if (review.outside) {
            const struct geo_bounds *keep = &serve->root->keep;
            reply.code = EDGE_REPLY_OUTSIDE_REGION;
            (void)snprintf(both, sizeof both,
                           "no leg of this plan is where data are kept: latitude %.4f to %.4f, "
                           "longitude %.4f to %.4f",
                           keep->south_deg, keep->north_deg, keep->west_deg, keep->east_deg);
            reply.text = both;
        } else if (!review.served) {
            reply.code = EDGE_REPLY_OUTSIDE_REGION;
            (void)snprintf(both, sizeof both,
                           "no leg of this plan is where aircraft are served: in region %s and "
                           "to %.0f m outside it",
                           serve->config->region_id, serve->config->margin_m);
            reply.text = both;
        }
        reply.plan = drone->plan.plan;
        reply.review = &review;
    } else {
        (void)snprintf(both, sizeof both, "%s%s%s", text, text[0] != '\0' ? "; " : "",
                       unreviewed);
        reply.text = both;
    }
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_plan_take(struct edge_serve *serve, const char *id, const struct edge_incoming *in)
{
    struct edge_drone *drone = edge_request_budget_admit(serve, id, 3);
    if (drone == NULL)
        return;
    uint64_t digest = geo_hash_bytes(GEO_HASH_START, in->payload, in->size);
    bool same = edge_plan_held_same(&drone->plan, digest);
    if (in->retained && same)
        return;
    if (in->size == 0 && in->payload_left_out == 0) {
        drop_plan(serve, drone);
        return;
    }
    struct fusion_plan plan;
    char correlation[EDGE_WIRE_NAME_SIZE] = "";
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (!edge_incoming_whole(in, &refusal)
        || edge_wire_plan_decode(serve->wire, edge_incoming_form(in), in->payload, in->size,
                                 serve->now.utc_us, &plan, correlation, &refusal)
               != DRF_OK) {
        edge_reply_answer(serve, id, drone, 3, &refusal);
        return;
    }
    if (!edge_request_budget_afford(serve,
                                    serve->root != NULL ? fusion_review_cost(&plan) : 0)) {
        edge_reply_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED,
                        "as many plans as this node can review are under way: send it again");
        return;
    }
    if (!same && !edge_persist_put(serve, "plan", id, in->payload, in->size)) {
        edge_reply_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED,
                        "the store cannot keep up: send it again");
        return;
    }
    if (edge_plan_use(serve, drone, &plan, digest) != DRF_OK) {
        edge_reply_text(serve, id, drone, 3, EDGE_REPLY_OVERLOADED, "no memory for a plan");
        return;
    }
    edge_kept_plan_came(&drone->kept);
    edge_persist_heard(serve, drone);
    edge_plan_reply(serve, drone, correlation, "", NULL);
}
