// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_query.h"

#include <stdio.h>
#include <string.h>

struct query {
    const struct edge_incoming *in;
    const char *client;
    enum edge_wire_form form;
};

static void send(struct edge_serve *serve, const struct query *query, size_t size,
                 enum edge_reply_code code)
{
    // To the client's own reply topic, whatever it asked for.
    const struct edge_send to = {
        .kind = EDGE_TOPIC_QUERY,
        .id = query->client,
        .form = query->form,
        .asks = query->in,
    };
    if (edge_send_or_drop(serve, &to, size))
        edge_metrics_add(serve->metrics, EDGE_METRIC_REPLIES, code, 0, 1);
}

static void left_out(uint32_t *count, enum fusion_reason *reason)
{
    ++*count;
    if (*reason == FUSION_REASON_NONE)
        *reason = FUSION_REASON_SHED;
}

// So that the answer fits: the farthest obstacle or zone, of alerts the least severe. False:
// there is none.
static bool leave_one_out(struct fusion_point *point)
{
    if (point->obstacle_count > point->zone_count) {
        point->obstacle_count--;
        left_out(&point->obstacles_left_out, &point->obstacles_reason);
    } else if (point->zone_count > 0) {
        point->zone_count--;
        left_out(&point->zones_left_out, &point->zones_reason);
    } else if (point->alerts.count > 0) {
        point->alerts.count--;
        left_out(&point->alerts.left_out, &point->alerts_reason);
    } else {
        return false;
    }
    return true;
}

enum drf_status edge_query_answer(const struct edge_serve *serve,
                                  struct fusion_builder *builder,
                                  const struct fusion_point_ask *ask, enum edge_wire_form form,
                                  uint8_t *bytes, size_t *size, enum edge_reply_code *code)
{
    struct edge_wire_query_answer answer = {
        .ask = *ask,
        .epoch = serve->root->epoch,
        .mode = serve->config->output_mode,
        .boot_id = serve->boot_id,
        .region_id = serve->config->region_id,
        .node_id = serve->config->node_id,
        .outside_m = edge_region_distance_m(&serve->config->region, ask->position),
        .margin_m = serve->config->margin_m,
    };
    fusion_point_ask(builder, serve->root, &answer.ask, &answer.point);
    const size_t room = *size;
    enum drf_status status = edge_wire_query_encode(form, &answer, bytes, size);
    while (status == DRF_ERR_FULL && leave_one_out(&answer.point)) {
        *size = room;
        status = edge_wire_query_encode(form, &answer, bytes, size);
    }
    char outside[EDGE_WIRE_QUERY_TEXT_SIZE];
    *code =
        edge_wire_query_outside(&answer, outside) ? EDGE_REPLY_OUTSIDE_REGION : EDGE_REPLY_OK;
    return status;
}

enum drf_status edge_query_refuse(const struct edge_serve *serve, enum edge_wire_form form,
                                  const struct edge_wire_refusal *refusal, uint8_t *bytes,
                                  size_t *size)
{
    const struct edge_wire_reply reply = {
        .stream = edge_send_stream(serve, 0),
        .code = refusal->code,
        .field_path = refusal->field_path,
        .text = refusal->text,
    };
    uint64_t epoch = serve->root != NULL ? serve->root->epoch : 0;
    return edge_wire_query_refusal_encode(form, &reply, epoch, bytes, size);
}

static void refuse(struct edge_serve *serve, const struct query *query,
                   const struct edge_wire_refusal *refusal)
{
    size_t size = sizeof serve->buffer;
    if (edge_query_refuse(serve, query->form, refusal, serve->buffer, &size) == DRF_OK)
        send(serve, query, size, refusal->code);
}

static void refuse_text(struct edge_serve *serve, const struct query *query,
                        enum edge_reply_code code, const char *field_path, const char *text)
{
    struct edge_wire_refusal refusal = {.code = code};
    (void)snprintf(refusal.field_path, sizeof refusal.field_path, "%s", field_path);
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", text);
    refuse(serve, query, &refusal);
}

static void answer(struct edge_serve *serve, const struct query *query)
{
    struct fusion_point_ask ask;
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (!edge_incoming_whole(query->in, &refusal)
        || edge_wire_query_decode(serve->wire, query->form, query->in->payload, query->in->size,
                                  serve->now.utc_us, &ask, &refusal)
               != DRF_OK) {
        refuse(serve, query, &refusal);
        return;
    }
    if (serve->root == NULL) {
        refuse_text(serve, query, EDGE_REPLY_NOT_AVAILABLE, "", EDGE_QUERY_LOADING);
        return;
    }
    enum edge_reply_code code;
    size_t size = sizeof serve->buffer;
    if (edge_query_answer(serve, serve->builder, &ask, query->form, serve->buffer, &size, &code)
        == DRF_OK)
        send(serve, query, size, code);
    else
        refuse_text(serve, query, EDGE_REPLY_NOT_AVAILABLE, "", EDGE_QUERY_TOO_LARGE);
}

// An account that asks is held as a drone that never flies: so it has a pace of its own.
static bool within_rate(struct edge_serve *serve, const struct query *query)
{
    struct edge_drone *drone;
    if (edge_fleet_admit(serve->fleet, query->client, serve->now.mono_us, &drone) != DRF_OK) {
        if (edge_reply_unadmitted(serve))
            refuse_text(serve, query, EDGE_REPLY_OVERLOADED, "",
                        "the node knows too many clients");
        return false;
    }
    uint32_t count;
    enum edge_request_limit limit =
        edge_rates_request(&drone->rates, serve->now.mono_us, &count);
    if (limit == EDGE_REQUEST_REFUSED)
        refuse_text(serve, query, EDGE_REPLY_RATE_LIMITED, "",
                    "queries come faster than allowed");
    return limit == EDGE_REQUEST_ALLOWED;
}

// A client may have the answer at its own reply topic only (schemas/client.md rule 13).
void edge_query_request_take(struct edge_serve *serve, const char *client,
                             const struct edge_incoming *in)
{
    if (edge_owners_answers(serve, client) == EDGE_ANSWERS_NO)
        return;
    const struct query query = {.in = in, .client = client, .form = edge_incoming_form(in)};
    if (!within_rate(serve, &query))
        return;
    char topic[EDGE_TOPIC_SIZE];
    // As the client knows it: in a replay the recorded node's root.
    (void)edge_topic_format(drf_config_input_root(serve->config), EDGE_TOPIC_QUERY, client,
                            NULL, topic);
    if (in->response_topic[0] != '\0' && strcmp(in->response_topic, topic) != 0)
        refuse_text(serve, &query, EDGE_REPLY_NOT_AUTHORISED, "response_topic",
                    "answers go to the client's own reply topic only");
    else if (in->correlation_left_out > 0)
        refuse_text(serve, &query, EDGE_REPLY_INVALID, "correlation",
                    "correlation data of more than 64 bytes, which cannot be given back");
    else
        answer(serve, &query);
}
