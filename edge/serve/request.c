// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <stdio.h>
#include <string.h>

// In parts of a plan's leg, as fusion_review_cost() counts them.
enum { PRELOAD_COST = 1500 };

// The whole state at once is what a context holds.
static void send_snapshot(struct edge_serve *serve, struct edge_drone *drone,
                          struct edge_wire_refusal *answered)
{
    if (drone->slot.reporting && serve->root != NULL) {
        edge_schedule_now(serve, drone);
        answered->code = EDGE_REPLY_OK;
        return;
    }
    answered->code = EDGE_REPLY_NOT_AVAILABLE;
    (void)snprintf(answered->text, sizeof answered->text,
                   "no telemetry from inside the region to make a context for");
}

static void answer_landing(struct edge_serve *serve, struct edge_drone *drone,
                           const struct edge_wire_request *request)
{
    const struct fusion_landing_ask ask = {
        .position = request->landing_at,
        .radius_m = request->landing_radius_m,
        .limits = &drone->profile.limits,
        .now_utc_us = serve->now.utc_us,
    };
    struct fusion_landing landing;
    fusion_landing_judge(serve->builder, serve->root, &ask, &landing);
    const struct edge_wire_reply reply = {.code = EDGE_REPLY_OK,
                                          .correlation = request->correlation,
                                          .answers = 4,
                                          .landing = &landing};
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_request_take(struct edge_serve *serve, const char *id, const struct edge_incoming *in)
{
    if (edge_owners_answers(serve, id) == EDGE_ANSWERS_NO)
        return;
    struct edge_drone *drone = edge_request_budget_admit(serve, id, 4);
    if (drone == NULL)
        return;
    struct edge_wire_request request;
    struct edge_wire_refusal answered = {.code = EDGE_REPLY_INVALID};
    if (!edge_incoming_whole(in, &answered)
        || edge_wire_request_decode(serve->wire, edge_incoming_form(in), in->payload, in->size,
                                    &request, &answered)
               != DRF_OK) {
        edge_reply_answer(serve, id, drone, 4, &answered);
        return;
    }
    answered = (struct edge_wire_refusal){.code = EDGE_REPLY_NOT_AVAILABLE};
    memcpy(answered.correlation, request.correlation, sizeof request.correlation);
    if (request.landing && serve->root != NULL) {
        answer_landing(serve, drone, &request);
        return;
    }
    if (request.snapshot)
        send_snapshot(serve, drone, &answered);
    else if (!request.landing && !request.terrain
             && !edge_request_budget_afford(serve, PRELOAD_COST)) {
        answered.code = EDGE_REPLY_OVERLOADED;
        (void)snprintf(answered.text, sizeof answered.text,
                       "as many requests as this node can answer are under way: ask again");
    } else if (request.landing)
        (void)snprintf(answered.text, sizeof answered.text, "the node is still loading");
    else
        edge_terrain_request(serve, drone, &request, &answered);
    edge_reply_answer(serve, id, drone, 4, &answered);
}
