// SPDX-License-Identifier: Apache-2.0
// One libmosquitto client on its external loop. Connecting is a sequence of steps that do not
// block: resolve the name, connect asynchronously, wait for CONNACK until a deadline; any
// failure goes through lost(), which sets the next try with exponential back-off and jitter.
// The library's own reconnection would resolve the name in the loop, and block.
#include "edge/mqtt/mqtt_parts.h"

#include "edge/host/tcp.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <string.h>

enum {
    REACH_TIMEOUT_US = 1500000,   // for the TCP connection, so that a SYN lost is sent soon
    CONNECT_TIMEOUT_US = 5000000, // for the broker's answer to it
    HELD_ANSWER_US = 1000000,     // a broker that does not answer is not waited for any longer
};

static void lost(struct edge_mqtt *mqtt, const char *why)
{
    char text[EDGE_MQTT_CAUSE_SIZE];
    mqtt->stats.failures++;
    edge_mqtt_cause_format(&mqtt->cause, mqtt->refusal, why, text);
    mqtt->cause = (struct edge_mqtt_cause){.tls = mqtt->tls};
    mqtt->next_try_mono_us =
        mqtt->now_mono_us + edge_back_off_take(&mqtt->back_off, mqtt->refusal != NULL);
    if (mqtt->connected)
        edge_sharing_lost(&mqtt->sharing, mqtt->connected_mono_us, mqtt->now_mono_us);
    mqtt->refusal = NULL;
    mqtt->connected = false;
    mqtt->connecting = false;
    edge_mqtt_transfer_anew(mqtt);
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %.80s:%u: %s",
                   mqtt->host, (unsigned)mqtt->port, text);
}

static void on_log(struct mosquitto *client, void *self, int level, const char *text)
{
    struct edge_mqtt *mqtt = self;
    if (level == MOSQ_LOG_ERR)
        edge_mqtt_cause_take(&mqtt->cause, client, text);
}

static void subscribe_filters(struct edge_mqtt *mqtt)
{
    mqtt->filters_unanswered = mqtt->filter_count;
    for (size_t i = 0; i < mqtt->filter_count; i++)
        (void)mosquitto_subscribe_v5(mqtt->client, NULL, mqtt->filters[i].text,
                                     mqtt->filters[i].qos, 0, NULL);
}

static void on_connect(struct mosquitto *client, void *self, int reason, int flags,
                       const mosquitto_property *properties)
{
    (void)flags;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    if (reason != 0) { // the disconnect that follows starts the back-off
        mqtt->refusal = mosquitto_reason_string(reason);
        return;
    }
    mqtt->connecting = false;
    mqtt->connected = true;
    mqtt->cause.answered = true;
    edge_back_off_reset(&mqtt->back_off);
    mqtt->waiting_for[0] = '\0';
    mqtt->stats.sessions++;
    mqtt->connected_mono_us = mqtt->now_mono_us;
    mqtt->held_answered = 0;
    memset(mqtt->held_mids, 0, sizeof mqtt->held_mids); // a client's numbers begin anew at 1
    for (size_t i = 0; i < mqtt->held_count && mqtt->held; i++)
        (void)mosquitto_subscribe_v5(client, &mqtt->held_mids[i], mqtt->held_topics[i], 0, 0,
                                     NULL);
    if (!mqtt->held)
        subscribe_filters(mqtt);
}

static void on_disconnect(struct mosquitto *client, void *self, int reason,
                          const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    if (reason != MQTT_RC_SESSION_TAKEN_OVER)
        return;
    mqtt->sharing.taken_over = true;
    mqtt->refusal = "another client has connected with the same client id (0x8E)";
}

static void on_publish(struct mosquitto *client, void *self, int mid, int reason,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)mid;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    if (mqtt->outstanding > 0)
        mqtt->outstanding--;
    mqtt->stats.acknowledged++;
    if (reason >= 0x80) {
        mqtt->stats.denied++;
        mqtt->stats.denied_reason = (uint8_t)reason;
    }
}

static void on_subscribe(struct mosquitto *client, void *self, int mid, int count,
                         const int *granted, const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    bool held = false;
    for (size_t i = 0; i < mqtt->held_count; i++)
        held = held || (mqtt->held_answered < mqtt->held_count && mid == mqtt->held_mids[i]);
    mqtt->held_answered += held;
    mqtt->filters_unanswered -= !held && mqtt->filters_unanswered > 0;
    for (int i = 0; i < count; i++)
        if (granted[i] >= 0x80 && held)
            mqtt->stats.held_denied++;
        else if (granted[i] >= 0x80)
            mqtt->stats.denied++;
}

void edge_mqtt_listen(struct edge_mqtt *mqtt)
{
    mosquitto_log_callback_set(mqtt->client, on_log);
    mosquitto_connect_v5_callback_set(mqtt->client, on_connect);
    mosquitto_disconnect_v5_callback_set(mqtt->client, on_disconnect);
    mosquitto_message_v5_callback_set(mqtt->client, edge_mqtt_on_message);
    mosquitto_publish_v5_callback_set(mqtt->client, on_publish);
    mosquitto_subscribe_v5_callback_set(mqtt->client, on_subscribe);
}

static void connect_to_address(struct edge_mqtt *mqtt)
{
    // With TLS the name is what the certificate is checked against. The library looks it up
    // again, a moment after it was answered.
    const char *host = mqtt->tls ? mqtt->host : mqtt->address;
    int rc =
        mosquitto_connect_bind_async(mqtt->client, host, mqtt->port, mqtt->keepalive_s, NULL);
    if (rc != MOSQ_ERR_SUCCESS) {
        lost(mqtt, edge_mqtt_cause_of(rc, errno));
        return;
    }
    mqtt->connecting = true;
    mqtt->reached = false;
    mqtt->deadline_mono_us = mqtt->now_mono_us + REACH_TIMEOUT_US;
    edge_tcp_tune(mosquitto_socket(mqtt->client), mqtt->unacknowledged_max_ms);
}

static void take_address(struct edge_mqtt *mqtt)
{
    const char *why;
    enum drf_status status = edge_resolver_take(&mqtt->resolver, mqtt->address, &why);
    mqtt->cause.resolving = status != DRF_OK;
    if (status == DRF_OK)
        connect_to_address(mqtt);
    else if (status != DRF_ERR_AGAIN)
        lost(mqtt, why);
}

static void begin_connection(struct edge_mqtt *mqtt)
{
    const char *why;
    mqtt->cause = (struct edge_mqtt_cause){.tls = mqtt->tls, .resolving = true};
    if (edge_resolver_begin(&mqtt->resolver, mqtt->host, &why) != DRF_OK)
        lost(mqtt, why);
}

void edge_mqtt_step(struct edge_mqtt *mqtt, int64_t now_mono_us)
{
    edge_mqtt_flush(mqtt);
    mqtt->now_mono_us = now_mono_us;
    if (mqtt->resolver.under_way)
        take_address(mqtt);
    else if (!mqtt->connecting && !mqtt->connected && now_mono_us >= mqtt->next_try_mono_us)
        begin_connection(mqtt);
    if (!mqtt->connecting && !mqtt->connected)
        return;
    if (mqtt->connected)
        edge_sharing_stands(&mqtt->sharing, mqtt->connected_mono_us, now_mono_us);

    int rc = MOSQ_ERR_SUCCESS,
        saved = mqtt->connecting ? edge_tcp_error(mosquitto_socket(mqtt->client)) : 0;
    if (saved != 0)
        rc = MOSQ_ERR_ERRNO;
    else if (edge_mqtt_blocked(mqtt))
        rc = mosquitto_loop_write(mqtt->client, 1);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = edge_mqtt_read(mqtt);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_loop_misc(mqtt->client);
    if (rc == MOSQ_ERR_SUCCESS && mosquitto_socket(mqtt->client) < 0)
        rc = MOSQ_ERR_CONN_LOST;
    if (mqtt->connecting && !mqtt->reached && rc == MOSQ_ERR_SUCCESS
        && edge_tcp_established(mosquitto_socket(mqtt->client))) {
        mqtt->reached = true;
        mqtt->deadline_mono_us = now_mono_us + CONNECT_TIMEOUT_US;
    }
    bool too_late = mqtt->connecting && now_mono_us > mqtt->deadline_mono_us;
    if (rc == MOSQ_ERR_SUCCESS && !too_late)
        return;
    if (saved == 0)
        saved = errno;
    (void)mosquitto_disconnect(mqtt->client);
    lost(mqtt, !too_late       ? edge_mqtt_cause_of(rc, saved)
               : mqtt->reached ? "no answer within 5 s"
                               : "no connection within 1.5 s");
}

int edge_mqtt_fd(const struct edge_mqtt *mqtt)
{
    return mqtt->connecting || mqtt->connected ? mosquitto_socket(mqtt->client) : -1;
}

bool edge_mqtt_wants_write(const struct edge_mqtt *mqtt)
{
    return mqtt->connecting || (mqtt->connected && edge_mqtt_blocked(mqtt));
}

struct edge_mqtt_stats edge_mqtt_stats(const struct edge_mqtt *mqtt)
{
    struct edge_mqtt_stats stats = mqtt->stats;
    stats.taken_over = mqtt->sharing.taken_over_count;
    stats.shared = mqtt->sharing.suspected;
    return stats;
}

bool edge_mqtt_hears(const struct edge_mqtt *mqtt)
{
    return mqtt->connected && !mqtt->held && mqtt->filters_unanswered == 0;
}

const char *edge_mqtt_waiting_for(const struct edge_mqtt *mqtt)
{
    if (!mqtt->connected)
        return mqtt->waiting_for;
    if (mqtt->held)
        return "connected; listening whether another node has this id";
    return edge_mqtt_hears(mqtt) ? "" : "connected; the subscriptions are not answered yet";
}

bool edge_mqtt_held(const struct edge_mqtt *mqtt) { return mqtt->held; }

bool edge_mqtt_held_subscribed(const struct edge_mqtt *mqtt)
{
    return mqtt->held && mqtt->connected
           && (mqtt->held_answered == mqtt->held_count
               || mqtt->now_mono_us - mqtt->connected_mono_us >= HELD_ANSWER_US);
}

void edge_mqtt_release(struct edge_mqtt *mqtt)
{
    if (!mqtt->held)
        return;
    mqtt->held = false;
    if (!mqtt->connected)
        return;
    for (size_t i = 0; i < mqtt->held_count; i++)
        (void)mosquitto_unsubscribe_v5(mqtt->client, NULL, mqtt->held_topics[i], NULL);
    subscribe_filters(mqtt);
}
