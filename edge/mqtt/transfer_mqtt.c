// SPDX-License-Identifier: Apache-2.0
// Contexts out and reports in are nearly all there is, and at QoS 0 a packet needs no state. On
// a connection without TLS they do not pass through the library, which takes several system
// calls and blocks of memory for each. What is sent is gathered and written together; of what
// has come as much as there is is looked at (it stays in the socket), the plain packets at its
// front are taken, and then the library is given its turn for one that is not plain or not
// complete. It may read on into the next: only when none of its reads found the socket empty is
// it known that it stopped behind a packet.
//
// Back pressure: libmosquitto does not expose its queue, so while it wants to write, contexts
// are refused (a newer one is better), and other messages are accepted up to a byte limit that
// is reset when the socket is drained. Where the socket took only a part of what was gathered,
// the library is told not to write (as beside a thread that does), and queues.
#include "edge/mqtt/mqtt_parts.h"

#include "edge/host/tcp.h"
#include "edge/mqtt/packet.h"

#include <errno.h>
#include <mosquitto.h>
#include <string.h>

enum { READS_PER_STEP = 256 };

static bool receive(void *self, struct edge_incoming *out)
{
    return edge_inbox_pop(&((struct edge_mqtt *)self)->inbox, out);
}

static void take(struct edge_mqtt *mqtt, const struct edge_incoming *incoming)
{
    for (size_t i = 0; i < mqtt->held_count && mqtt->held; i++)
        if (strcmp(incoming->topic, mqtt->held_topics[i]) == 0)
            mqtt->on_held(mqtt->on_held_context, i, incoming->payload, incoming->size);
    if (mqtt->held)
        return; // the filters are not subscribed to: it is of no other topic
    if (edge_inbox_push(&mqtt->inbox, incoming) == DRF_OK)
        mqtt->stats.received++;
    else
        mqtt->stats.dropped_ring++;
}

void edge_mqtt_on_message(struct mosquitto *client, void *self,
                          const struct mosquitto_message *message,
                          const mosquitto_property *properties)
{
    (void)client;
    struct edge_mqtt *mqtt = self;
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
    take(mqtt, &incoming);
    edge_properties_free(&with);
}

bool edge_mqtt_blocked(const struct edge_mqtt *mqtt)
{
    return mqtt->gather.stuck || mosquitto_want_write(mqtt->client);
}

static void let_library_write(struct edge_mqtt *mqtt, bool may)
{
    if (mqtt->only_queues == !may)
        return;
    mqtt->only_queues = !may;
    (void)mosquitto_threaded_set(mqtt->client, !may);
}

static void write_gathered(struct edge_mqtt *mqtt)
{
    edge_gather_write(&mqtt->gather, mosquitto_socket(mqtt->client));
    let_library_write(mqtt, !mqtt->gather.stuck);
}

void edge_mqtt_transfer_anew(struct edge_mqtt *mqtt)
{
    edge_gather_drop(&mqtt->gather);
    let_library_write(mqtt, true);
    mqtt->whole = false;
    mqtt->queued_bytes = 0;
    mqtt->outstanding = 0;
}

void edge_mqtt_flush(struct edge_mqtt *mqtt)
{
    edge_burst_end(&mqtt->burst, mosquitto_socket(mqtt->client));
    if (mqtt->gather.end > 0)
        write_gathered(mqtt);
}

int edge_mqtt_write(struct edge_mqtt *mqtt)
{
    return !mqtt->gather.stuck && mosquitto_want_write(mqtt->client)
               ? mosquitto_loop_write(mqtt->client, 1)
               : MOSQ_ERR_SUCCESS;
}

// False: the library has to.
static bool gather(struct edge_mqtt *mqtt, const struct edge_outgoing *message)
{
    const size_t max =
        mqtt->packet_max < EDGE_GATHER_PACKET_MAX ? mqtt->packet_max : EDGE_GATHER_PACKET_MAX;
    if (mqtt->tls || message->qos > 0 || message->correlation != NULL)
        return false;
    if (!edge_gather_put(&mqtt->gather, message, max))
        return false;
    if (edge_burst_due(&mqtt->burst))
        write_gathered(mqtt);
    mqtt->stats.acknowledged++; // as the library counts what it has written
    return true;
}

static enum drf_status publish(struct edge_mqtt *mqtt, const struct edge_outgoing *message)
{
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
    return rc == MOSQ_ERR_SUCCESS ? DRF_OK : DRF_ERR_RANGE;
}

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    struct edge_mqtt *mqtt = self;
    const bool context = message->priority == EDGE_PRIORITY_CONTEXT;
    if (!mqtt->connected || mqtt->held)
        return DRF_ERR_AGAIN;
    if (!edge_mqtt_blocked(mqtt))
        mqtt->queued_bytes = 0;
    else if (context) {
        mqtt->stats.refused_full++;
        return DRF_ERR_FULL;
    }
    if (mqtt->queued_bytes + message->size > mqtt->queue_max_bytes
        || (message->qos > 0 && mqtt->outstanding >= mqtt->outstanding_max)) {
        mqtt->stats.dropped_queue++;
        return DRF_ERR_FULL;
    }

    enum drf_status status = DRF_OK;
    if (!context || !gather(mqtt, message)) {
        if (context && mqtt->tls)
            edge_burst_next(&mqtt->burst, mosquitto_socket(mqtt->client));
        else // an advisory waits for nothing, nor does what stood before it
            edge_mqtt_flush(mqtt);
        status = publish(mqtt, message);
    }
    if (status != DRF_OK)
        return status;
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

// Takes the plain packets at the front of what has come, *left at most. DRF_OK: nothing more is
// there. DRF_ERR_FULL: the library is to read, a packet or the end. DRF_ERR_AGAIN: the socket
// has failed, errno says how.
static enum drf_status read_plain(struct edge_mqtt *mqtt, int *left)
{
    const int fd = mosquitto_socket(mqtt->client);
    enum edge_packet kind = EDGE_PACKET_PLAIN;
    size_t there, done;
    do {
        enum drf_status status;
        there = edge_tcp_peek(fd, mqtt->peeked, EDGE_MQTT_PEEK_BYTES, &status);
        if (there == 0)
            return status == DRF_ERR_ABSENT ? DRF_ERR_FULL : status;
        for (done = 0; *left > 0 && done < there; --*left) {
            struct edge_packet_texts texts;
            struct edge_incoming incoming;
            size_t used;
            kind =
                edge_packet_read(mqtt->peeked + done, there - done, &texts, &incoming, &used);
            if (kind != EDGE_PACKET_PLAIN)
                break;
            incoming.arrival_mono_us = mqtt->now_mono_us;
            take(mqtt, &incoming);
            done += used;
        }
        edge_tcp_skip(fd, mqtt->peeked, done);
    } while (*left > 0 && done > 0 && kind != EDGE_PACKET_OTHER
             && there == EDGE_MQTT_PEEK_BYTES);
    return kind == EDGE_PACKET_PLAIN ? DRF_OK : DRF_ERR_FULL;
}

// The library reads one packet a call, or as many as it has unacknowledged, whatever the count
// argument is, and shows by errno only that there is none.
static int read_packet(struct edge_mqtt *mqtt)
{
    errno = 0;
    int rc = mosquitto_loop_read(mqtt->client, 1);
    mqtt->whole = rc == MOSQ_ERR_SUCCESS && errno == 0;
    return rc;
}

// As the library tells of it, which would find no more than an end.
static int read_failed(struct edge_mqtt *mqtt)
{
    const int error = errno;
    (void)read_packet(mqtt);
    errno = error;
    return error == ECONNRESET ? MOSQ_ERR_CONN_LOST : MOSQ_ERR_ERRNO;
}

int edge_mqtt_read(struct edge_mqtt *mqtt)
{
    int rc = MOSQ_ERR_SUCCESS, left = READS_PER_STEP;
    mqtt->behind = false;
    for (; left > 0 && rc == MOSQ_ERR_SUCCESS; left--) {
        const bool plain = mqtt->whole && mqtt->connected && !mqtt->tls;
        enum drf_status status = plain ? read_plain(mqtt, &left) : DRF_ERR_FULL;
        if (status == DRF_ERR_AGAIN)
            return read_failed(mqtt);
        if (status == DRF_OK)
            break;
        rc = read_packet(mqtt);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return rc == MOSQ_ERR_ERRNO ? MOSQ_ERR_SUCCESS : rc;
    }
    mqtt->behind = rc == MOSQ_ERR_SUCCESS && left <= 0;
    return rc;
}
