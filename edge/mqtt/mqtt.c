// SPDX-License-Identifier: Apache-2.0
// One libmosquitto client on its external loop; edge_mqtt_step() does a bounded number of reads
// and one write. Connecting is a sequence of steps that do not block: resolve the name, connect
// asynchronously, wait for CONNACK until a deadline; any failure goes through lost(), which
// sets the next try with exponential back-off and jitter. The library's own reconnection would
// resolve the name in the loop, and block. Back pressure: libmosquitto does not expose its
// queue, so while it wants to write, contexts are refused (a newer one is better), and other
// messages are accepted up to a byte limit that is reset when the socket is drained.
#include "edge/mqtt/mqtt.h"

#include "edge/host/resolver.h"
#include "edge/host/tcp.h"
#include "edge/mqtt/back_off.h"
#include "edge/mqtt/burst.h"
#include "edge/mqtt/cause_mqtt.h"
#include "edge/mqtt/inbox.h"
#include "edge/mqtt/properties_mqtt.h"
#include "edge/mqtt/sharing.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REACH_TIMEOUT_US = 1500000,   // for the TCP connection, so that a SYN lost is sent soon
    CONNECT_TIMEOUT_US = 5000000, // for the broker's answer to it
    HELD_ANSWER_US = 1000000,     // a broker that does not answer is not waited for any longer
    READS_PER_STEP = 256,
    INFLIGHT_DEFAULT = 1000,
};

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

static bool receive(void *self, struct edge_incoming *out)
{
    return edge_inbox_pop(&((struct edge_mqtt *)self)->inbox, out);
}

static void on_message(struct mosquitto *client, void *self,
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
    mqtt->queued_bytes = 0;
    mqtt->outstanding = 0;
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

static bool wants_write(const struct edge_mqtt *mqtt)
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
    if (!wants_write(mqtt))
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
    if (wants_write(mqtt))
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

// The library reads one packet a call, whatever the count argument is, and shows by errno only
// that there is none.
static int read_packets(struct edge_mqtt *mqtt)
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
    else if (wants_write(mqtt))
        rc = mosquitto_loop_write(mqtt->client, 1);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = read_packets(mqtt);
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
    return mqtt->connecting || (mqtt->connected && wants_write(mqtt));
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

static bool copy_held(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    for (size_t i = 0; i < config->held_count && i < EDGE_MQTT_HELD_MAX; i++) {
        mqtt->held_topics[i] = strdup(config->held_topics[i]);
        if (mqtt->held_topics[i] == NULL)
            return false;
        mqtt->held_count = i + 1;
    }
    mqtt->held = mqtt->held_count > 0;
    mqtt->on_held = config->on_held;
    mqtt->on_held_context = config->on_held_context;
    return true;
}

static bool copy_filters(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    mqtt->filters = calloc(config->filter_count + 1, sizeof *mqtt->filters);
    if (mqtt->filters == NULL)
        return false;
    for (size_t i = 0; i < config->filter_count; i++) {
        mqtt->filters[i] =
            (struct filter){.text = strdup(config->filters[i]), .qos = config->filter_qos[i]};
        if (mqtt->filters[i].text == NULL)
            return false;
        mqtt->filter_count = i + 1;
    }
    return true;
}

static int set_will(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    const struct edge_outgoing will = {.json = false};
    mosquitto_property *own = NULL; // the library takes it over
    int rc =
        mosquitto_property_copy_all(&own, edge_properties_of(&mqtt->properties, &will, &own));
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_will_set_v5(mqtt->client, config->will_topic, (int)config->will_size,
                                   config->will_payload, 1, true, own);
    if (rc != MOSQ_ERR_SUCCESS)
        mosquitto_property_free_all(&own);
    return rc;
}

// What the library itself checks; its word for what is wrong, or NULL.
static const char *configure(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    int rc = mosquitto_int_option(mqtt->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    // The window for acknowledged messages stays at the library's 20: with 65,535 a thousand
    // profiles at once all came in, but the broker took nothing more from this connection.
    if (rc == MOSQ_ERR_SUCCESS && config->username != NULL)
        rc = mosquitto_username_pw_set(mqtt->client, config->username, config->password);
    if (rc == MOSQ_ERR_SUCCESS && config->ca_file != NULL)
        rc = mosquitto_tls_set(mqtt->client, config->ca_file, NULL, config->cert_file,
                               config->key_file, NULL);
    if (rc == MOSQ_ERR_SUCCESS && config->will_topic != NULL)
        rc = set_will(mqtt, config);
    if (rc != MOSQ_ERR_SUCCESS)
        return mosquitto_strerror(rc);
    mosquitto_log_callback_set(mqtt->client, on_log);
    mosquitto_connect_v5_callback_set(mqtt->client, on_connect);
    mosquitto_disconnect_v5_callback_set(mqtt->client, on_disconnect);
    mosquitto_message_v5_callback_set(mqtt->client, on_message);
    mosquitto_publish_v5_callback_set(mqtt->client, on_publish);
    mosquitto_subscribe_v5_callback_set(mqtt->client, on_subscribe);
    return NULL;
}

enum drf_status edge_mqtt_open(const struct edge_mqtt_config *config, struct edge_mqtt **out,
                               const char **why)
{
    *why = "out of memory";
    if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
        return DRF_ERR_NOMEM;
    struct edge_mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (mqtt == NULL) {
        (void)mosquitto_lib_cleanup();
        return DRF_ERR_NOMEM;
    }
    mqtt->port = config->port;
    mqtt->keepalive_s = config->keepalive_s;
    mqtt->unacknowledged_max_ms = config->unacknowledged_max_ms;
    edge_back_off_init(&mqtt->back_off, config->client_id);
    edge_sharing_init(&mqtt->sharing);
    mqtt->queue_max_bytes = config->queue_max_bytes;
    mqtt->outstanding_max = config->inflight_max > 0 ? config->inflight_max : INFLIGHT_DEFAULT;
    mqtt->tls = config->ca_file != NULL;
    mqtt->host = strdup(config->host);
    mqtt->client = mosquitto_new(config->client_id, true, mqtt);
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: connecting",
                   config->host, (unsigned)config->port);

    bool complete = mqtt->host != NULL && mqtt->client != NULL
                    && edge_inbox_open(config->ring_bytes, &mqtt->inbox) == DRF_OK
                    && edge_properties_open(&mqtt->properties) == DRF_OK
                    && copy_filters(mqtt, config) && copy_held(mqtt, config);
    const char *refused = complete ? configure(mqtt, config) : NULL;
    if (complete && refused == NULL) {
        *out = mqtt;
        return DRF_OK;
    }
    edge_mqtt_close(mqtt);
    if (refused != NULL)
        *why = refused;
    return complete ? DRF_ERR_RANGE : DRF_ERR_NOMEM;
}

bool edge_mqtt_adoptable(const struct edge_mqtt *mqtt) { return !mqtt->resolver.under_way; }

void edge_mqtt_adopt(struct edge_mqtt *mqtt, struct edge_mqtt *fresh)
{
    struct mosquitto *client = mqtt->client;
    char *host = mqtt->host;
    // Elsewhere nobody follows on the former broker: its will (DOWN) is what it has to say.
    const bool moved = mqtt->port != fresh->port || strcmp(mqtt->host, fresh->host) != 0;
    if (mqtt->connected || mqtt->connecting)
        (void)mosquitto_disconnect_v5(client, moved ? MQTT_RC_DISCONNECT_WITH_WILL_MSG : 0,
                                      NULL);
    mosquitto_user_data_set(client, fresh); // what it still calls is of no interest to `mqtt`
    mqtt->client = fresh->client;
    mqtt->host = fresh->host;
    mqtt->port = fresh->port;
    mqtt->keepalive_s = fresh->keepalive_s;
    mqtt->unacknowledged_max_ms = fresh->unacknowledged_max_ms;
    mqtt->tls = fresh->tls;
    mqtt->outstanding_max = fresh->outstanding_max;
    mosquitto_user_data_set(mqtt->client, mqtt);
    fresh->client = client;
    fresh->host = host;
    mqtt->connecting = mqtt->connected = mqtt->behind = false;
    mqtt->queued_bytes = 0;
    mqtt->outstanding = 0;
    mqtt->refusal = NULL;
    mqtt->next_try_mono_us = 0;
    edge_back_off_reset(&mqtt->back_off);
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: connecting",
                   mqtt->host, (unsigned)mqtt->port);
}

void edge_mqtt_close(struct edge_mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    edge_resolver_close(&mqtt->resolver);
    if (mqtt->client != NULL) {
        (void)mosquitto_disconnect(mqtt->client);
        mosquitto_destroy(mqtt->client);
    }
    for (size_t i = 0; i < mqtt->filter_count; i++)
        free(mqtt->filters[i].text);
    for (size_t i = 0; i < mqtt->held_count; i++)
        free(mqtt->held_topics[i]);
    edge_properties_close(&mqtt->properties);
    free(mqtt->filters);
    edge_inbox_close(&mqtt->inbox);
    free(mqtt->host);
    free(mqtt);
    (void)mosquitto_lib_cleanup();
}
