// SPDX-License-Identifier: Apache-2.0
#include "edge/serve_parts.h"

enum { // NodeCondition in schemas/drf/v1/enums.proto
    CONDITION_DOWN = 1,
    CONDITION_OVERLOADED = 2,
    CONDITION_DEGRADED = 3,
    CONDITION_UP = 4,
};

static uint32_t condition_of(uint32_t troubles)
{
    // Whoever hears this hears it through the broker: being without it is nobody's news.
    troubles &= ~(UINT32_C(1) << EDGE_TROUBLE_MQTT);
    if (troubles >> EDGE_TROUBLE_OVERLOAD & 1)
        return CONDITION_OVERLOADED;
    return troubles != 0 ? CONDITION_DEGRADED : CONDITION_UP;
}

static enum drf_status publish(struct edge_serve *serve, const char *leaf, size_t size,
                               bool retain)
{
    char topic[EDGE_TOPIC_SIZE];
    (void)edge_topic_node(serve->topic_root, serve->config->region_id, serve->config->node_id,
                          leaf, topic);
    const struct edge_outgoing out = {
        .topic = topic,
        .payload = serve->buffer,
        .size = size,
        .priority = EDGE_PRIORITY_ADVISORY,
        .qos = retain ? 1 : 0,
        .retain = retain,
    };
    return serve->link.send(serve->link.self, &out);
}

static void beat(struct edge_serve *serve)
{
    struct edge_announced *announced = &serve->announced;
    struct edge_fleet_counts counts = edge_fleet_counts(serve->fleet);
    edge_metrics_set(serve->metrics, EDGE_METRIC_DRONES, 0, counts.reporting);
    const struct edge_wire_heartbeat heartbeat = {
        .boot_id = serve->boot_id,
        .seq = announced->heartbeat_seq + 1,
        .node_time_utc_us = serve->now.utc_us,
        .condition = condition_of(edge_health_all(serve->health)),
        .epoch = serve->root != NULL ? serve->root->epoch : 0,
        .drones = counts.reporting,
        .mode = serve->config->mode,
    };
    size_t size = sizeof serve->buffer;
    if (edge_wire_heartbeat_encode(&heartbeat, serve->buffer, &size) == DRF_OK
        && publish(serve, "heartbeat", size, false) == DRF_OK)
        announced->heartbeat_seq++;
}

static enum drf_status send_state(struct edge_serve *serve, uint32_t condition,
                                  uint32_t troubles)
{
    const char *waiting_for[EDGE_TROUBLE_COUNT];
    size_t waiting_count = 0;
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++)
        if (i != EDGE_TROUBLE_MQTT && (troubles >> i & 1) != 0)
            waiting_for[waiting_count++] = edge_trouble_name((enum edge_trouble)i);
    const struct edge_wire_state state = {
        .stream = edge_serve_stream(serve, 0),
        .condition = condition,
        .boundary = serve->config->region.ring,
        .boundary_count = serve->config->region.count,
        .margin_m = serve->config->margin_m,
        .version = DRF_VERSION,
        .waiting_for = waiting_for,
        .waiting_count = waiting_count,
        .context_rate_max_hz = (uint32_t)serve->config->limits.context_rate_max_hz,
    };
    size_t size = sizeof serve->buffer;
    enum drf_status status = edge_wire_state_encode(&state, serve->buffer, &size);
    return status == DRF_OK ? publish(serve, "state", size, true) : DRF_ERR_RANGE;
}

void edge_announce_run(struct edge_serve *serve)
{
    struct edge_announced *announced = &serve->announced;
    int64_t now = serve->now.mono_us;
    if (now >= announced->heartbeat_mono_us) {
        beat(serve);
        announced->heartbeat_mono_us = now - announced->heartbeat_mono_us < EDGE_SERVE_SECOND_US
                                           ? announced->heartbeat_mono_us + EDGE_SERVE_SECOND_US
                                           : now + EDGE_SERVE_SECOND_US;
    }
    uint32_t session = serve->link.session(serve->link.self);
    if (session != announced->session) {
        announced->session = session;
        announced->state_due = true;
        announced->catalog_due = true;
    }
    uint32_t troubles = edge_health_all(serve->health) & ~(UINT32_C(1) << EDGE_TROUBLE_MQTT);
    if (troubles != announced->troubles)
        announced->state_due = true;
    if (!serve->link.connected(serve->link.self))
        return;
    if (announced->state_due && send_state(serve, condition_of(troubles), troubles) == DRF_OK) {
        announced->state_due = false;
        announced->troubles = troubles;
    }
}

void edge_announce_root(struct edge_serve *serve) { (void)serve; }

void edge_announce_down(struct edge_serve *serve)
{
    (void)send_state(serve, CONDITION_DOWN, edge_health_all(serve->health));
}

enum drf_status edge_serve_will(const struct drf_config *config, uint64_t boot_id,
                                uint8_t *bytes, size_t *size)
{
    const struct edge_wire_state state = {
        .stream = {.region_id = config->region_id,
                   .node_id = config->node_id,
                   .boot_id = boot_id,
                   .mode = config->mode},
        .condition = CONDITION_DOWN,
        .margin_m = config->margin_m,
        .version = DRF_VERSION,
    };
    return edge_wire_state_encode(&state, bytes, size);
}
