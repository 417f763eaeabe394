// SPDX-License-Identifier: Apache-2.0
// The account writes one empty, not retained message to a topic of each kind that the node
// writes, and the broker's acknowledgement says whether it may. Drones, nodes and clients of
// the topics are called drf-check; the region's alerts, which every drone of the region reads,
// are tried under a region of that name. Only the rights of the real names can tell about
// those.
#include <string.h>
#include <time.h>

#include "edge/command/check.h"
#include "edge/host/clock.h"
#include "edge/mqtt/topic.h"
#include "edge/service/node.h"

#define NOBODY "drf-check"
enum { NOT_AUTHORISED = 0x87, PAUSE_NS = 5000000 };

struct session {
    struct edge_check *check;
    struct edge_mqtt *mqtt;
    struct edge_link link;
};

static bool connected(const struct session *session)
{
    return session->link.connected(session->link.self);
}

static int64_t step(const struct session *session)
{
    const int64_t now_mono_us = edge_clock_mono_us();
    edge_mqtt_step(session->mqtt, now_mono_us);
    (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    return now_mono_us;
}

static bool wait_connected(const struct session *session)
{
    const int64_t end_mono_us =
        edge_clock_mono_us() + (int64_t)session->check->timeout_ms * 1000;
    while (!connected(session))
        // Every further try would tell the same.
        if (step(session) >= end_mono_us || edge_mqtt_stats(session->mqtt).failures > 0)
            break;
    return connected(session);
}

// False: the connection is gone.
static bool try_topic(const struct session *session, const char *kind, const char *topic,
                      bool limited)
{
    char what[64];
    (void)snprintf(what, sizeof what, "mqtt %s", kind);
    const struct edge_mqtt_stats before = edge_mqtt_stats(session->mqtt);
    const struct edge_outgoing message = {
        .topic = topic, .payload = "", .priority = EDGE_PRIORITY_ADVISORY, .qos = 1};
    const int64_t end_mono_us =
        edge_clock_mono_us() + (int64_t)session->check->timeout_ms * 1000;
    if (session->link.send(session->link.self, &message) != DRF_OK)
        return false;
    struct edge_mqtt_stats stats = before;
    while (stats.acknowledged == before.acknowledged && connected(session)
           && step(session) < end_mono_us)
        stats = edge_mqtt_stats(session->mqtt);
    if (!connected(session))
        return false;
    if (stats.acknowledged == before.acknowledged)
        edge_check_add(session->check, what, EDGE_FINDING_FAILED, "%s: no acknowledgement",
                       topic);
    else if (stats.denied == before.denied)
        edge_check_add(session->check, what, EDGE_FINDING_OK, "may write %s", topic);
    else if (limited && stats.denied_reason == NOT_AUTHORISED)
        edge_check_add(session->check, what, EDGE_FINDING_WARNING,
                       "may not write %s (0x87, not authorised); an account that is limited to "
                       "its region may all the same write that region's",
                       topic);
    else
        edge_check_add(session->check, what, EDGE_FINDING_FAILED,
                       "may not write %s (0x%02x%s): see the broker's access rules", topic,
                       stats.denied_reason,
                       stats.denied_reason == NOT_AUTHORISED ? ", not authorised" : "");
    return true;
}

static bool try_all(const struct session *session)
{
    static const struct {
        enum edge_topic_kind kind;
        const char *name;
    } kinds[] = {{EDGE_TOPIC_CONTEXT, "context"}, {EDGE_TOPIC_ADVISORY, "advisory"},
                 {EDGE_TOPIC_PATCH, "patch"},     {EDGE_TOPIC_TERRAIN, "terrain"},
                 {EDGE_TOPIC_REPLY, "reply"},     {EDGE_TOPIC_QUERY, "answer to a query"}};
    static const char *const leaves[] = {"heartbeat", "state", "catalog"};
    const struct drf_config *config = session->check->config;
    const char *root = drf_config_topic_root(config);
    char topic[EDGE_TOPIC_SIZE];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        (void)edge_topic_format(root, kinds[i].kind, NOBODY, config->region_id, topic);
        if (!try_topic(session, kinds[i].name, topic, false))
            return false;
    }
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        (void)edge_topic_node(root, config->region_id, NOBODY, leaves[i], topic);
        if (!try_topic(session, leaves[i], topic, false))
            return false;
    }
    (void)edge_topic_alerts(root, NOBODY, topic);
    return try_topic(session, "alerts", topic, true);
}

static void try_account(const struct session *session)
{
    struct edge_check *check = session->check;
    const struct drf_mqtt_config *mqtt = &check->config->mqtt;
    if (!wait_connected(session)) {
        const char *why = edge_mqtt_waiting_for(session->mqtt);
        edge_check_add(check, "mqtt", EDGE_FINDING_FAILED, "%s", why);
        return;
    }
    edge_check_add(check, "mqtt", EDGE_FINDING_OK, "%s:%u: connected%s", mqtt->host, mqtt->port,
                   mqtt->tls ? " by TLS" : "");
    if (!try_all(session)) {
        edge_check_add(check, "mqtt", EDGE_FINDING_FAILED, "%s: the connection was lost: %s",
                       mqtt->host, edge_mqtt_waiting_for(session->mqtt));
        return;
    }
    edge_check_add(
        check, "mqtt reading", EDGE_FINDING_NOT_TESTED,
        "mosquitto accepts a subscription that it will send nothing for; a node that "
        "hears no drone (drf_telemetry_total) may lack the right to read");
}

void edge_check_mqtt(struct edge_check *check)
{
    const struct drf_config *config = check->config;
    const char *why = "out of memory";
    // A broker that takes the account's name for the client's id (use_username_as_clientid, as
    // in deploy/mosquitto) would throw the running node off, whatever id is sent.
    if (check->running) {
        edge_check_add(check, "mqtt", EDGE_FINDING_NOT_TESTED,
                       "%s:%u: a node with this account is running", config->mqtt.host,
                       config->mqtt.port);
        return;
    }
    // An id of its own, for a node that runs elsewhere and a broker that allows for it.
    struct drf_config checking = *config;
    (void)snprintf(checking.mqtt.client_id, sizeof checking.mqtt.client_id, "%.100s-check",
                   config->mqtt.client_id);
    struct session session = {.check = check};
    if (edge_node_connect(&checking, NULL, &session.mqtt, &why) != DRF_OK) {
        edge_check_add(check, "mqtt", EDGE_FINDING_WRONG, "%s", why);
        return;
    }
    session.link = edge_mqtt_link(session.mqtt);
    try_account(&session);
    edge_mqtt_close(session.mqtt);
}
