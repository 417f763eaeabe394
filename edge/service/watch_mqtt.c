// SPDX-License-Identifier: Apache-2.0
#include "edge/service/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DENIED_EVERY_US INT64_C(60000000)

// Whether the account is shared, and whether the node can see others of its id.
static void log_account(struct edge_watch_mqtt *watch, const struct edge_node *node,
                        struct edge_mqtt_stats stats, struct edge_now now)
{
    if (stats.shared != watch->shared)
        edge_log_write(
            &node->log, now.utc_us, stats.shared ? EDGE_LOG_ERROR : EDGE_LOG_INFO,
            stats.shared ? "mqtt.shared" : "mqtt.not_shared", "client_id=%s text=\"%s\"",
            node->config->mqtt.client_id,
            !stats.shared ? "the connection stays"
            : stats.taken_over > 0
                ? "the broker ended the connection because another client connected with the "
                  "same id (0x8E): two nodes may share this account"
                : "the broker has ended three connections in 10 s shortly after they were "
                  "made: another client may use the same account or client id");
    watch->shared = stats.shared;
    edge_metrics_set(node->metrics, EDGE_METRIC_MQTT_SHARED, 0, stats.shared);
    if (stats.held_denied > 0 && !watch->unchecked)
        edge_log_write(&node->log, now.utc_us, EDGE_LOG_WARN, "node.id_unchecked",
                       "node=%s text=\"the broker does not let this account read the state "
                       "and heartbeat of its own node id: another node of this id would not "
                       "be noticed\"",
                       node->config->node_id);
    watch->unchecked = stats.held_denied > 0;
}

// The broker's access list is wrong: drones get nothing, and nothing else shows why.
static void log_denied(struct edge_watch_mqtt *watch, const struct edge_node *node,
                       struct edge_now now)
{
    if (watch->stats.denied == watch->denied || now.mono_us < watch->denied_next_mono_us)
        return;
    edge_log_write(&node->log, now.utc_us, EDGE_LOG_WARN, "mqtt.denied",
                   "count=%" PRIu64 " text=\"the broker refuses publishing or subscribing to "
                   "this account: see its access rules\"",
                   watch->stats.denied - watch->denied);
    watch->denied = watch->stats.denied;
    watch->denied_next_mono_us = now.mono_us + DENIED_EVERY_US;
}

static void log_waiting(struct edge_watch_mqtt *watch, struct edge_node *node,
                        struct edge_now now)
{
    struct edge_link link = edge_mqtt_link(node->mqtt);
    bool down = !edge_mqtt_hears(node->mqtt);
    const char *waiting_for = edge_mqtt_waiting_for(node->mqtt);
    bool changed = edge_health_set(&node->health, EDGE_TROUBLE_MQTT, down);
    bool starting = edge_mqtt_held_subscribed(node->mqtt) || link.connected(link.self);
    bool other = strcmp(waiting_for, watch->waiting_for) != 0; // seldom; this runs in each step
    if (!(down && starting) && (changed || (down && other)))
        edge_watch_trouble(node, EDGE_TROUBLE_MQTT, down,
                           down ? waiting_for : "connected to the MQTT broker", now);
    if (other)
        (void)snprintf(watch->waiting_for, sizeof watch->waiting_for, "%s", waiting_for);
    edge_metrics_set(node->metrics, EDGE_METRIC_MQTT_UP, 0, !down);
}

static void count(const struct edge_node *node, enum edge_metric metric, uint64_t before,
                  uint64_t now)
{
    if (now != before)
        edge_metrics_add(node->metrics, metric, 0, 0, now - before);
}

void edge_watch_mqtt(struct edge_watch_mqtt *watch, struct edge_node *node, struct edge_now now)
{
    const struct edge_mqtt_stats stats = edge_mqtt_stats(node->mqtt), *before = &watch->stats;
    log_waiting(watch, node, now);
    count(node, EDGE_METRIC_MQTT_CONNECTS, before->sessions, stats.sessions);
    count(node, EDGE_METRIC_MQTT_DROPS, before->dropped_ring + before->dropped_queue,
          stats.dropped_ring + stats.dropped_queue);
    count(node, EDGE_METRIC_MQTT_DENIED, before->denied, stats.denied);
    watch->stats = stats;
    log_denied(watch, node, now);
    log_account(watch, node, stats, now);
}
