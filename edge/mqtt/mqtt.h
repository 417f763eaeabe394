// edge/mqtt/mqtt.h - the node's MQTT v5 client, on libmosquitto's external loop.
// SPDX-License-Identifier: Apache-2.0
//
// The serve loop polls edge_mqtt_fd() and calls edge_mqtt_step(). Non-blocking: names are
// resolved in the background (getaddrinfo_a), the socket connects without waiting, reconnects
// back off from 0.2 s to 1 s with jitter, to 10 s where the broker refuses; a connection on
// which nothing is acknowledged for 3.5 s is given up. Library callbacks only copy into a
// bounded ring; what does not fit is counted. While the socket is backed up contexts are
// refused (DRF_ERR_FULL), everything else is queued up to `queue_max_bytes` and `inflight_max`.
#ifndef EDGE_MQTT_H
#define EDGE_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/link.h"
#include "geo/status.h"

enum { EDGE_MQTT_WHY_SIZE = 280 };

struct edge_mqtt;

struct edge_mqtt_config { // strings are borrowed during open only
    const char *host;
    uint16_t port;
    const char *client_id;
    const char *username, *password;            // NULL: none
    const char *ca_file, *cert_file, *key_file; // NULL ca_file: no TLS
    uint16_t keepalive_s;
    unsigned unacknowledged_max_ms; // then the connection is lost: edge/host/tcp.h
    size_t ring_bytes;              // for incoming messages
    size_t queue_max_bytes; // of messages handed to the library and not yet on the socket
    uint32_t inflight_max;  // handed over and not written or acknowledged; 0: 1000
    const char *will_topic; // NULL: none; QoS 1, retained
    const void *will_payload;
    size_t will_size;
    const char *const *filters; // subscribed to at each connection
    const uint8_t *filter_qos;
    size_t filter_count;
    // Topics, not filters, that are listened to before anything else, from the first connection
    // until edge_mqtt_release(). Until then nobody is connected as the link sees it, and the
    // filters are not subscribed to.
    const char *const *held_topics;
    size_t held_count; // at most EDGE_MQTT_HELD_MAX; 0: nothing is held
    void (*on_held)(void *context, size_t topic, const uint8_t *payload, size_t size);
    void *on_held_context;
};

enum { EDGE_MQTT_HELD_MAX = 2 };

struct edge_mqtt_stats {
    uint64_t received, sent;
    uint64_t dropped_ring;  // came in while the ring was full
    uint64_t refused_full;  // contexts refused while backed up
    uint64_t dropped_queue; // others refused because the queue was full
    uint64_t acknowledged;  // PUBACKs, whatever they say
    uint64_t denied;        // the broker said no to a publish or a subscription
    uint8_t denied_reason;  // its reason code of the last; 0x87: not authorised
    uint64_t held_denied;   // the same, of the topics that are held
    uint32_t sessions;      // connections made
    uint32_t taken_over;    // of these ended by the broker for another client of the same id
    bool shared;            // another client seems to use the id or account
    uint32_t failures;      // connections lost or not made
};

// DRF_ERR_RANGE: an argument the library refuses (text in *why, static). DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_mqtt_open(const struct edge_mqtt_config *config,
                                              struct edge_mqtt **out, const char **why);
// `fresh`, opened and not used yet, gives its settings to `mqtt`, which is connected with them
// at once, and takes those before, to be closed. The link, the ring and the counts go on.
// `adoptable`: not while a name is being resolved, which would have to be waited for.
bool edge_mqtt_adoptable(const struct edge_mqtt *mqtt);
void edge_mqtt_adopt(struct edge_mqtt *mqtt, struct edge_mqtt *fresh);
// Disconnects without the will being sent if it can be done at once; NULL is fine.
void edge_mqtt_close(struct edge_mqtt *mqtt);

// The socket to poll, -1 while there is none; it changes with each connection.
int edge_mqtt_fd(const struct edge_mqtt *mqtt);
bool edge_mqtt_wants_write(const struct edge_mqtt *mqtt);
// Reads, writes, keeps alive, connects and reconnects. Call when the socket is ready and at
// least every 200 ms.
void edge_mqtt_step(struct edge_mqtt *mqtt, int64_t now_mono_us);
// After each serve step: what it sent goes out now at the latest.
void edge_mqtt_flush(struct edge_mqtt *mqtt);

// The interface the serve step uses; valid as long as the connection object.
struct edge_link edge_mqtt_link(struct edge_mqtt *mqtt);
struct edge_mqtt_stats edge_mqtt_stats(const struct edge_mqtt *mqtt);
// While traffic is held: the broker has answered the subscriptions to `held_topics`.
bool edge_mqtt_held(const struct edge_mqtt *mqtt);
bool edge_mqtt_held_subscribed(const struct edge_mqtt *mqtt);
// Subscribes to the filters and lets the traffic begin.
void edge_mqtt_release(struct edge_mqtt *mqtt);
// Connected, and the broker has answered each subscription: what is sent now is heard.
bool edge_mqtt_hears(const struct edge_mqtt *mqtt);
// Why it does not hear, for people and by cause ("host name: ...", "connection: ...",
// "TLS: ...", "account: ..."); "" when it does. Until the next step; shorter than
// EDGE_MQTT_WHY_SIZE.
const char *edge_mqtt_waiting_for(const struct edge_mqtt *mqtt);

#endif
