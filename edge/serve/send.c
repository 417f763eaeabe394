// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

static const struct {
    enum edge_priority priority;
    uint8_t qos;
} rules[EDGE_TOPIC_KIND_COUNT] = {
    [EDGE_TOPIC_CONTEXT] = {EDGE_PRIORITY_CONTEXT, 0},
    [EDGE_TOPIC_PATCH] = {EDGE_PRIORITY_CONTEXT, 0},
    [EDGE_TOPIC_TERRAIN] = {EDGE_PRIORITY_CONTEXT, 1}, // waits where the link is backed up
    [EDGE_TOPIC_ADVISORY] = {EDGE_PRIORITY_ADVISORY, 1},
    [EDGE_TOPIC_REPLY] = {EDGE_PRIORITY_ADVISORY, 1},
    [EDGE_TOPIC_QUERY] = {EDGE_PRIORITY_ADVISORY, 1},
};

struct edge_wire_stream edge_send_stream(const struct edge_serve *serve, uint32_t seq)
{
    return (struct edge_wire_stream){
        .region_id = serve->config->region_id,
        .node_id = serve->config->node_id,
        .boot_id = serve->boot_id,
        .seq = seq,
        .node_time_utc_us = serve->now.utc_us,
        .mode = serve->config->output_mode,
    };
}

enum edge_wire_form edge_send_form(const struct edge_drone *drone)
{
    return drone != NULL && drone->profile.preferences.json ? EDGE_WIRE_JSON
                                                            : EDGE_WIRE_PROTOBUF;
}

enum drf_status edge_send(struct edge_serve *serve, const struct edge_send *to,
                          const void *payload, size_t size)
{
    char topic[EDGE_TOPIC_SIZE];
    (void)edge_topic_format(serve->topic_root, to->kind, to->id, serve->config->region_id,
                            topic);
    struct edge_outgoing out = {
        .topic = topic,
        .payload = payload,
        .size = size,
        .priority = rules[to->kind].priority,
        .qos = rules[to->kind].qos,
        .json = to->form == EDGE_WIRE_JSON,
        .expiry_s = to->expiry_s,
        .due_mono_us = to->due_mono_us,
        .owner_part =
            to->owned && edge_owners_many(serve) ? (uint8_t)(edge_owner_part(to->id) + 1) : 0,
    };
    if (to->asks != NULL && to->asks->correlation_size > 0) {
        out.correlation = to->asks->correlation;
        out.correlation_size = to->asks->correlation_size;
    }
    return edge_link_send(serve, &out);
}

bool edge_send_or_drop(struct edge_serve *serve, const struct edge_send *to, size_t size)
{
    if (edge_send(serve, to, serve->buffer, size) == DRF_OK)
        return true;
    edge_metrics_add(serve->metrics, EDGE_METRIC_MQTT_DROPS, 0, 0, 1);
    return false;
}

// To everybody in the region: Protocol Buffers, and one topic for all.
static enum drf_status publish(struct edge_serve *serve, const char *topic, size_t size,
                               bool retain, uint8_t owner_part)
{
    const struct edge_outgoing out = {
        .topic = topic,
        .payload = serve->buffer,
        .size = size,
        .priority = EDGE_PRIORITY_ADVISORY,
        .qos = retain ? 1 : 0,
        .retain = retain,
        .owner_part = owner_part,
    };
    return edge_link_send(serve, &out);
}

enum drf_status edge_send_node(struct edge_serve *serve, const char *leaf, size_t size,
                               bool retain)
{
    char topic[EDGE_TOPIC_SIZE];
    (void)edge_topic_node(serve->topic_root, serve->config->region_id, serve->config->node_id,
                          leaf, topic);
    return publish(serve, topic, size, retain, 0);
}

enum drf_status edge_send_alerts(struct edge_serve *serve, size_t size)
{
    char topic[EDGE_TOPIC_SIZE];
    (void)edge_topic_alerts(serve->topic_root, serve->config->region_id, topic);
    enum drf_status status = publish(serve, topic, size, true,
                                     edge_owners_speaks(serve) == EDGE_ANSWERS_NOW ? 1 : 0);
    if (status == DRF_ERR_STALE)
        edge_owners_lapse(serve, 0);
    return status;
}
