// SPDX-License-Identifier: Apache-2.0
// Messages out and in, all through libmosquitto: a bounded number of reads a step, and writes
// that the socket collects (edge/mqtt/burst.h). Back pressure: libmosquitto does not expose its
// queue, so while it wants to write, contexts are refused (a newer one is better), and other
// messages are accepted up to a byte limit that is reset when the socket is drained.
#include "edge/mqtt/mqtt_parts.h"

#include <errno.h>
#include <mosquitto.h>
#include <string.h>

enum { READS_PER_STEP = 256 };

static bool receive(void *self, struct edge_incoming *out)
{
    return edge_inbox_pop(&((struct edge_mqtt *)self)->inbox, out);
}

void edge_mqtt_on_message(struct mosquitto *client, void *self,
                          const struct mosquitto_message *message,
                          const mosquitto_property *properties)
{
    (void)client;
    struct edge_mqtt *mqtt = self;
    for (size_t i = 0; i < mqtt->held_count && mqtt->held; i++)
        if (strcmp(message->topic, mqtt->held_topics[i]) == 0)
            mqtt->on_held(mqtt->on_held_context, i, message->payload,
                          message->payloadlen > 0 ? (size_t)message->payloadlen : 0);
    if (mqtt->held)
        return; // the filters are not subscribed to: it is of no other topic
    struct edge_properties_in with = edge_properties_read(properties);
    const struct edge_incoming incoming = {
        .topic = message->topic,
        .payload = message->payload,
        .size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
        .retained = message->retain,
        .json = with.content_type != NULL && strcmp(with.content_type, "application/json") == 0,
        .arrival_mono_us = mqtt->now_mono_us,
        .response_topic = with.response_topic != NULL ? with.response_topic : "",
        .correlation = with.correlation,
        .correlation_size = with.correlation_size,
    };
    if (edge_inbox_push(&mqtt->inbox, &incoming) == DRF_OK)
        mqtt->stats.received++;
    else
        mqtt->stats.dropped_ring++;
    edge_properties_free(&with);
}

void edge_mqtt_transfer_anew(struct edge_mqtt *mqtt)
{
    mqtt->queued_bytes = 0;
    mqtt->outstanding = 0;
}

bool edge_mqtt_blocked(const struct edge_mqtt *mqtt)
{
    return mosquitto_want_write(mqtt->client);
}

void edge_mqtt_flush(struct edge_mqtt *mqtt)
{
    edge_burst_end(&mqtt->burst, mosquitto_socket(mqtt->client));
}

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    struct edge_mqtt *mqtt = self;
    if (!mqtt->connected || mqtt->held)
        return DRF_ERR_AGAIN;
    if (!edge_mqtt_blocked(mqtt))
        mqtt->queued_bytes = 0;
    else if (message->priority == EDGE_PRIORITY_CONTEXT) {
        mqtt->stats.refused_full++;
        return DRF_ERR_FULL;
    }
    if (mqtt->queued_bytes + message->size > mqtt->queue_max_bytes
        || (message->qos > 0 && mqtt->outstanding >= mqtt->outstanding_max)) {
        mqtt->stats.dropped_queue++;
        return DRF_ERR_FULL;
    }

    if (message->priority == EDGE_PRIORITY_CONTEXT)
        edge_burst_next(&mqtt->burst, mosquitto_socket(mqtt->client));
    else // an advisory waits for nothing, nor does what stood before it
        edge_mqtt_flush(mqtt);
    mosquitto_property *own = NULL;
    const mosquitto_property *properties = edge_properties_of(&mqtt->properties, message, &own);
    mqtt->outstanding++; // before the call: on_publish may come within it
    int rc =
        properties == NULL
            ? MOSQ_ERR_NOMEM
            : mosquitto_publish_v5(mqtt->client, NULL, message->topic, (int)message->size,
                                   message->payload, message->qos, message->retain, properties);
    mosquitto_property_free_all(&own);
    if (rc != MOSQ_ERR_SUCCESS && mqtt->outstanding > 0)
        mqtt->outstanding--;
    if (rc == MOSQ_ERR_NOMEM)
        return DRF_ERR_NOMEM;
    if (rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST)
        return DRF_ERR_AGAIN;
    if (rc != MOSQ_ERR_SUCCESS)
        return DRF_ERR_RANGE;
    if (edge_mqtt_blocked(mqtt))
        mqtt->queued_bytes += message->size;
    mqtt->stats.sent++;
    return DRF_OK;
}

static uint32_t session(void *self)
{
    const struct edge_mqtt *mqtt = self;
    return mqtt->held ? 0 : mqtt->stats.sessions;
}
static bool connected(void *self)
{
    const struct edge_mqtt *mqtt = self;
    return mqtt->connected && !mqtt->held;
}
static bool behind(void *self) { return ((struct edge_mqtt *)self)->behind; }

struct edge_link edge_mqtt_link(struct edge_mqtt *mqtt)
{
    return (struct edge_link){.self = mqtt,
                              .send = send_message,
                              .receive = receive,
                              .session = session,
                              .connected = connected,
                              .behind = behind};
}

// The library reads one packet a call, whatever the count argument is, and shows by errno only
// that there is none.
int edge_mqtt_read(struct edge_mqtt *mqtt)
{
    int rc = MOSQ_ERR_SUCCESS;
    mqtt->behind = false;
    for (int i = 0; i < READS_PER_STEP && rc == MOSQ_ERR_SUCCESS; i++) {
        errno = 0;
        rc = mosquitto_loop_read(mqtt->client, 1);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return rc == MOSQ_ERR_ERRNO ? MOSQ_ERR_SUCCESS : rc;
    }
    mqtt->behind = rc == MOSQ_ERR_SUCCESS;
    return rc;
}
