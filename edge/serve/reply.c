// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/inbox.h"
#include "edge/serve/fleet/link_budget.h"
#include "edge/serve/serve_parts.h"

#include <stdio.h>

enum { UNADMITTED_INTERVAL_US = 20000 }; // fifty replies a second

bool edge_incoming_whole(const struct edge_incoming *in, struct edge_wire_refusal *refusal)
{
    if (in->payload_left_out == 0)
        return true;
    refusal->code = EDGE_REPLY_INVALID;
    (void)snprintf(refusal->text, sizeof refusal->text,
                   "a message of %zu bytes, at most %d are read", in->payload_left_out,
                   EDGE_INBOX_PAYLOAD_MAX);
    return false;
}

void edge_reply_send(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                     const struct edge_wire_reply *reply)
{
    bool waits = reply->answers == 2 || reply->answers == 3;
    enum edge_owners_answer answer = edge_owners_answers(serve, id);
    if (waits ? !edge_unanswered_may_reply(serve, id, reply->correlation)
              : answer == EDGE_ANSWERS_NO)
        return;
    struct edge_wire_reply numbered = *reply;
    numbered.stream = edge_send_stream(serve, drone != NULL ? drone->stream.reply_seq + 1 : 0);
    const struct edge_send to = {.kind = EDGE_TOPIC_REPLY,
                                 .id = id,
                                 .form = edge_send_form(drone),
                                 .owned = answer == EDGE_ANSWERS_NOW};
    size_t size = sizeof serve->buffer;
    if (edge_wire_reply_encode(to.form, &numbered, serve->buffer, &size) != DRF_OK)
        return;
    enum drf_status status = edge_send(serve, &to, serve->buffer, size);
    if (status == DRF_ERR_STALE) {
        edge_owners_lapse(serve, edge_owner_part(id));
        edge_unanswered_failed(serve, reply->correlation);
        return;
    }
    if (status != DRF_OK) {
        edge_metrics_add(serve->metrics, EDGE_METRIC_MQTT_DROPS, 0, 0, 1);
        return;
    }
    if (drone != NULL) {
        edge_stream_send_reply(&drone->stream);
        edge_link_budget_charge(drone, serve->now.mono_us, size);
    }
    edge_metrics_add(serve->metrics, EDGE_METRIC_REPLIES, reply->code, 0, 1);
}

void edge_reply_answer(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                       uint32_t answers, const struct edge_wire_refusal *refusal)
{
    const struct edge_wire_reply reply = {
        .code = refusal->code,
        .field_path = refusal->field_path,
        .text = refusal->text,
        .correlation = refusal->correlation,
        .retry_after_s = refusal->code == EDGE_REPLY_OVERLOADED     ? 5.0
                         : refusal->code == EDGE_REPLY_RATE_LIMITED ? 1.0
                                                                    : 0.0,
        .answers = answers,
    };
    edge_reply_send(serve, id, drone, &reply);
}

void edge_reply_text(struct edge_serve *serve, const char *id, struct edge_drone *drone,
                     uint32_t answers, enum edge_reply_code code, const char *text)
{
    struct edge_wire_refusal refusal = {.code = code};
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", text);
    edge_reply_answer(serve, id, drone, answers, &refusal);
}

static void send_refusals(struct edge_serve *serve, struct edge_drone *drone,
                          const struct edge_wire_refusal *refusal)
{
    const struct edge_wire_reply reply = {
        .code = refusal->code,
        .field_path = refusal->field_path,
        .text = refusal->text,
        .correlation = refusal->correlation,
        .count = drone->refusals.untold,
        .answers = 1,
        .retry_after_s = refusal->code == EDGE_REPLY_RATE_LIMITED
                                 || refusal->code == EDGE_REPLY_NOT_AVAILABLE
                             ? 1.0
                             : 0.0,
    };
    drone->refusals.untold = 0;
    drone->refusals.next_mono_us = serve->now.mono_us + EDGE_SERVE_SECOND_US;
    edge_reply_send(serve, drone->id, drone, &reply);
}

void edge_reply_refuse(struct edge_serve *serve, struct edge_drone *drone,
                       const struct edge_wire_refusal *refusal)
{
    edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_REFUSED, refusal->code, 0, 1);
    drone->refusals.untold++;
    drone->refusals.code = refusal->code;
    (void)snprintf(drone->refusals.field_path, sizeof drone->refusals.field_path, "%.39s",
                   refusal->field_path);
    fusion_shorten(drone->refusals.text, sizeof drone->refusals.text, refusal->text);
    if (serve->now.mono_us >= drone->refusals.next_mono_us)
        send_refusals(serve, drone, refusal);
    else
        edge_schedule_at(serve, drone, drone->refusals.next_mono_us);
}

bool edge_reply_unadmitted(struct edge_serve *serve)
{
    int64_t now = serve->now.mono_us;
    if (!edge_pace_ready(&serve->unadmitted_pace, now, EDGE_SERVE_SECOND_US))
        return false;
    edge_pace_take(&serve->unadmitted_pace, now, UNADMITTED_INTERVAL_US, 0);
    return true;
}

void edge_reply_flush(struct edge_serve *serve, struct edge_drone *drone)
{
    struct edge_wire_refusal refusal = {.code = (enum edge_reply_code)drone->refusals.code};
    (void)snprintf(refusal.field_path, sizeof refusal.field_path, "%s",
                   drone->refusals.field_path);
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", drone->refusals.text);
    if (drone->refusals.untold > 1)
        (void)snprintf(refusal.text, sizeof refusal.text, "%s (the last of %u refused)",
                       drone->refusals.text, (unsigned)drone->refusals.untold);
    send_refusals(serve, drone, &refusal);
}
