// edge/mqtt/mqtt_parts.h - state of the MQTT connection, functions of its files; private.
// SPDX-License-Identifier: Apache-2.0
//
// open_mqtt.c opens, renews and closes it; mqtt.c connects and keeps it; transfer_mqtt.c moves
// the messages.
#ifndef EDGE_MQTT_PARTS_H
#define EDGE_MQTT_PARTS_H

#include "edge/host/resolver.h"
#include "edge/mqtt/back_off.h"
#include "edge/mqtt/burst.h"
#include "edge/mqtt/cause_mqtt.h"
#include "edge/mqtt/inbox.h"
#include "edge/mqtt/mqtt.h"
#include "edge/mqtt/properties_mqtt.h"
#include "edge/mqtt/sharing.h"

struct mosquitto;
struct mosquitto_message;

struct filter {
    char *text;
    uint8_t qos;
};

struct edge_mqtt {
    struct mosquitto *client;
    char *host;
    uint16_t port, keepalive_s;
    unsigned unacknowledged_max_ms;
    bool tls;
    struct filter *filters;
    size_t filter_count, filters_unanswered; // by the broker, of this connection

    struct edge_resolver resolver;
    char address[EDGE_RESOLVER_ADDRESS_SIZE];

    bool connecting, connected;
    bool reached; // the TCP connection is made
    bool behind;  // the last step left something unread
    int64_t now_mono_us, next_try_mono_us, deadline_mono_us;
    struct edge_back_off back_off;
    char waiting_for[EDGE_MQTT_WHY_SIZE];
    const char *refusal;          // the broker's own word, static; NULL: none
    struct edge_mqtt_cause cause; // of what the library said of this connection

    char *held_topics[EDGE_MQTT_HELD_MAX];
    size_t held_count, held_answered;
    int held_mids[EDGE_MQTT_HELD_MAX];
    bool held;
    void (*on_held)(void *context, size_t topic, const uint8_t *payload, size_t size);
    void *on_held_context;

    int64_t connected_mono_us;
    struct edge_sharing sharing;

    struct edge_inbox inbox;
    size_t queued_bytes, queue_max_bytes;
    struct edge_burst burst;               // of what is sent in a step
    uint32_t outstanding, outstanding_max; // handed over, and not yet written or acknowledged
    struct edge_properties properties;
    struct edge_mqtt_stats stats;
};

// edge/mqtt/mqtt.c: the library calls back from now on.
void edge_mqtt_listen(struct edge_mqtt *mqtt);

// edge/mqtt/transfer_mqtt.c: a connection begins or ends: nothing of one before is left.
void edge_mqtt_transfer_anew(struct edge_mqtt *mqtt);
// The library's callback.
void edge_mqtt_on_message(struct mosquitto *client, void *self,
                          const struct mosquitto_message *message,
                          const struct mqtt5__property *properties);
// Reads a bounded number of packets; a status of the library.
int edge_mqtt_read(struct edge_mqtt *mqtt);
// The socket did not take all that was handed over.
bool edge_mqtt_blocked(const struct edge_mqtt *mqtt);

#endif
