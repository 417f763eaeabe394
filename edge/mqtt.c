// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt.h"

#include "edge/inbox.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BACK_OFF_FIRST_US = 200000,
    BACK_OFF_MAX_US = 10000000,
    CONNECT_TIMEOUT_US = 5000000,
    READS_PER_STEP = 64,
    SOCKET_BUFFER_BYTES = 1 << 20,
};

struct filter {
    char *text;
    uint8_t qos;
};

struct edge_mqtt {
    struct mosquitto *client;
    char *host;
    uint16_t port, keepalive_s;
    struct filter *filters;
    size_t filter_count;

    struct gaicb lookup; // background name resolution
    bool looking_up;
    char address[64];

    bool connecting, connected;
    int64_t now_mono_us, next_try_mono_us, deadline_mono_us, back_off_us;
    uint32_t jitter;
    char waiting_for[128];

    struct edge_inbox inbox;
    size_t queued_bytes, queue_max_bytes;
    mosquitto_property *protobuf, *json;
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
    char *content_type = NULL, *response = NULL;
    void *correlation = NULL;
    uint16_t correlation_size = 0;
    (void)mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE, &content_type,
                                         false);
    (void)mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response,
                                         false);
    (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation,
                                         &correlation_size, false);
    const struct edge_incoming incoming = {
        .topic = message->topic,
        .payload = message->payload,
        .size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
        .retained = message->retain,
        .json = content_type != NULL && strcmp(content_type, "application/json") == 0,
        .arrival_mono_us = mqtt->now_mono_us,
        .response_topic = response != NULL ? response : "",
        .correlation = correlation,
        .correlation_size = correlation_size,
    };
    if (edge_inbox_push(&mqtt->inbox, &incoming) == DRF_OK)
        mqtt->stats.received++;
    else
        mqtt->stats.dropped_ring++;
    free(content_type);
    free(response);
    free(correlation);
}

static void lost(struct edge_mqtt *mqtt, const char *why)
{
    if (mqtt->connected || mqtt->connecting || mqtt->looking_up)
        mqtt->stats.failures++;
    mqtt->connected = false;
    mqtt->connecting = false;
    mqtt->looking_up = false;
    mqtt->queued_bytes = 0;
    // Xorshift: spreads the reconnects of many nodes; nothing else depends on it.
    mqtt->jitter ^= mqtt->jitter << 13;
    mqtt->jitter ^= mqtt->jitter >> 17;
    mqtt->jitter ^= mqtt->jitter << 5;
    mqtt->next_try_mono_us = mqtt->now_mono_us + mqtt->back_off_us
                             + (int64_t)(mqtt->jitter % (uint32_t)(mqtt->back_off_us / 4 + 1));
    mqtt->back_off_us *= 2;
    if (mqtt->back_off_us > BACK_OFF_MAX_US)
        mqtt->back_off_us = BACK_OFF_MAX_US;
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: %s",
                   mqtt->host, (unsigned)mqtt->port, why);
}

static void on_connect(struct mosquitto *client, void *self, int reason, int flags,
                       const mosquitto_property *properties)
{
    (void)flags;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    if (reason != 0) { // the disconnect that follows starts the back-off
        (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: %s",
                       mqtt->host, (unsigned)mqtt->port, mosquitto_reason_string(reason));
        return;
    }
    mqtt->connecting = false;
    mqtt->connected = true;
    mqtt->back_off_us = BACK_OFF_FIRST_US;
    mqtt->waiting_for[0] = '\0';
    mqtt->stats.sessions++;
    for (size_t i = 0; i < mqtt->filter_count; i++)
        (void)mosquitto_subscribe_v5(client, NULL, mqtt->filters[i].text, mqtt->filters[i].qos,
                                     0, NULL);
}

static void on_publish(struct mosquitto *client, void *self, int mid, int reason,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)mid;
    (void)properties;
    struct edge_mqtt *mqtt = self;
    if (reason >= 0x80)
        mqtt->stats.denied++;
}

static bool wants_write(const struct edge_mqtt *mqtt)
{
    return mosquitto_want_write(mqtt->client);
}

static const mosquitto_property *properties_of(const struct edge_mqtt *mqtt,
                                               const struct edge_outgoing *message,
                                               mosquitto_property **own)
{
    if (message->expiry_s == 0 && message->correlation == NULL)
        return message->json ? mqtt->json : mqtt->protobuf;
    bool ok = mosquitto_property_add_string(own, MQTT_PROP_CONTENT_TYPE,
                                            message->json ? "application/json"
                                                          : "application/x-protobuf")
              == MOSQ_ERR_SUCCESS;
    if (ok && message->expiry_s > 0)
        ok = mosquitto_property_add_int32(own, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                          message->expiry_s)
             == MOSQ_ERR_SUCCESS;
    if (ok && message->correlation != NULL)
        ok =
            mosquitto_property_add_binary(own, MQTT_PROP_CORRELATION_DATA, message->correlation,
                                          (uint16_t)message->correlation_size)
            == MOSQ_ERR_SUCCESS;
    return ok ? *own : NULL;
}

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    struct edge_mqtt *mqtt = self;
    if (!mqtt->connected)
        return DRF_ERR_AGAIN;
    if (wants_write(mqtt)) {
        if (message->priority == EDGE_PRIORITY_CONTEXT) {
            mqtt->stats.refused_full++;
            return DRF_ERR_FULL;
        }
        if (mqtt->queued_bytes + message->size > mqtt->queue_max_bytes) {
            mqtt->stats.dropped_queue++;
            return DRF_ERR_FULL;
        }
        mqtt->queued_bytes += message->size;
    } else {
        mqtt->queued_bytes = 0;
    }

    mosquitto_property *own = NULL;
    const mosquitto_property *properties = properties_of(mqtt, message, &own);
    int rc = mosquitto_publish_v5(mqtt->client, NULL, message->topic, (int)message->size,
                                  message->payload, message->qos, message->retain, properties);
    mosquitto_property_free_all(&own);
    if (rc == MOSQ_ERR_NOMEM)
        return DRF_ERR_NOMEM;
    if (rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST)
        return DRF_ERR_AGAIN;
    if (rc != MOSQ_ERR_SUCCESS)
        return DRF_ERR_RANGE;
    mqtt->stats.sent++;
    return DRF_OK;
}

static uint32_t session(void *self) { return ((struct edge_mqtt *)self)->stats.sessions; }
static bool connected(void *self) { return ((struct edge_mqtt *)self)->connected; }

struct edge_link edge_mqtt_link(struct edge_mqtt *mqtt)
{
    return (struct edge_link){.self = mqtt,
                              .send = send_message,
                              .receive = receive,
                              .session = session,
                              .connected = connected};
}

static void tune_socket(int fd)
{
    int on = 1, size = SOCKET_BUFFER_BYTES;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static void connect_to_address(struct edge_mqtt *mqtt)
{
    int rc = mosquitto_connect_bind_async(mqtt->client, mqtt->address, mqtt->port,
                                          mqtt->keepalive_s, NULL);
    if (rc != MOSQ_ERR_SUCCESS) {
        lost(mqtt, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
        return;
    }
    mqtt->connecting = true;
    mqtt->deadline_mono_us = mqtt->now_mono_us + CONNECT_TIMEOUT_US;
    tune_socket(mosquitto_socket(mqtt->client));
}

static void take_lookup(struct edge_mqtt *mqtt)
{
    int rc = gai_error(&mqtt->lookup);
    if (rc == EAI_INPROGRESS)
        return;
    mqtt->looking_up = false;
    const struct addrinfo *found = rc == 0 ? mqtt->lookup.ar_result : NULL;
    if (found != NULL)
        rc = getnameinfo(found->ai_addr, found->ai_addrlen, mqtt->address, sizeof mqtt->address,
                         NULL, 0, NI_NUMERICHOST);
    if (mqtt->lookup.ar_result != NULL)
        freeaddrinfo(mqtt->lookup.ar_result);
    mqtt->lookup.ar_result = NULL;
    if (rc != 0)
        lost(mqtt, gai_strerror(rc));
    else
        connect_to_address(mqtt);
}

static void begin_connection(struct edge_mqtt *mqtt)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    mqtt->lookup = (struct gaicb){.ar_name = mqtt->host, .ar_request = &hints};
    struct gaicb *list[] = {&mqtt->lookup};
    int rc = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (rc != 0)
        lost(mqtt, gai_strerror(rc));
    else
        mqtt->looking_up = true;
}

void edge_mqtt_step(struct edge_mqtt *mqtt, int64_t now_mono_us)
{
    mqtt->now_mono_us = now_mono_us;
    if (mqtt->looking_up)
        take_lookup(mqtt);
    else if (!mqtt->connecting && !mqtt->connected && now_mono_us >= mqtt->next_try_mono_us)
        begin_connection(mqtt);
    if (!mqtt->connecting && !mqtt->connected)
        return;

    int rc = MOSQ_ERR_SUCCESS;
    if (wants_write(mqtt))
        rc = mosquitto_loop_write(mqtt->client, 1);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_loop_read(mqtt->client, READS_PER_STEP);
    if (rc == MOSQ_ERR_ERRNO && (errno == EAGAIN || errno == EWOULDBLOCK))
        rc = MOSQ_ERR_SUCCESS;
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_loop_misc(mqtt->client);
    if (rc == MOSQ_ERR_SUCCESS && mosquitto_socket(mqtt->client) < 0)
        rc = MOSQ_ERR_CONN_LOST;
    bool too_late = mqtt->connecting && now_mono_us > mqtt->deadline_mono_us;
    if (rc == MOSQ_ERR_SUCCESS && !too_late)
        return;
    int saved = errno;
    (void)mosquitto_disconnect(mqtt->client);
    lost(mqtt, too_late               ? "no answer within 5 s"
               : rc == MOSQ_ERR_ERRNO ? strerror(saved)
                                      : mosquitto_strerror(rc));
}

int edge_mqtt_fd(const struct edge_mqtt *mqtt)
{
    return mqtt->connecting || mqtt->connected ? mosquitto_socket(mqtt->client) : -1;
}

bool edge_mqtt_wants_write(const struct edge_mqtt *mqtt)
{
    return mqtt->connecting || (mqtt->connected && wants_write(mqtt));
}

struct edge_mqtt_stats edge_mqtt_stats(const struct edge_mqtt *mqtt) { return mqtt->stats; }
const char *edge_mqtt_waiting_for(const struct edge_mqtt *mqtt)
{
    return mqtt->connected ? "" : mqtt->waiting_for;
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

// What the library itself checks; its word for what is wrong, or NULL.
static const char *configure(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    int rc = mosquitto_int_option(mqtt->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    if (rc == MOSQ_ERR_SUCCESS && config->username != NULL)
        rc = mosquitto_username_pw_set(mqtt->client, config->username, config->password);
    if (rc == MOSQ_ERR_SUCCESS && config->ca_file != NULL)
        rc = mosquitto_tls_set(mqtt->client, config->ca_file, NULL, config->cert_file,
                               config->key_file, NULL);
    if (rc == MOSQ_ERR_SUCCESS && config->will_topic != NULL)
        rc = mosquitto_will_set_v5(mqtt->client, config->will_topic, (int)config->will_size,
                                   config->will_payload, 1, true, NULL);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_property_add_string(&mqtt->protobuf, MQTT_PROP_CONTENT_TYPE,
                                           "application/x-protobuf");
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_property_add_string(&mqtt->json, MQTT_PROP_CONTENT_TYPE,
                                           "application/json");
    if (rc != MOSQ_ERR_SUCCESS)
        return mosquitto_strerror(rc);
    mosquitto_connect_v5_callback_set(mqtt->client, on_connect);
    mosquitto_message_v5_callback_set(mqtt->client, on_message);
    mosquitto_publish_v5_callback_set(mqtt->client, on_publish);
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
    mqtt->back_off_us = BACK_OFF_FIRST_US;
    mqtt->queue_max_bytes = config->queue_max_bytes;
    mqtt->host = strdup(config->host);
    mqtt->client = mosquitto_new(config->client_id, true, mqtt);
    for (const char *c = config->client_id; c != NULL && *c != '\0'; c++)
        mqtt->jitter = mqtt->jitter * 31 + (uint8_t)*c;
    mqtt->jitter |= 1;
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: connecting",
                   config->host, (unsigned)config->port);

    bool complete = mqtt->host != NULL && mqtt->client != NULL
                    && edge_inbox_open(config->ring_bytes, &mqtt->inbox) == DRF_OK
                    && copy_filters(mqtt, config);
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

void edge_mqtt_close(struct edge_mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    if (mqtt->looking_up) { // the resolver writes into *mqtt until it is done
        const struct gaicb *list[] = {&mqtt->lookup};
        while (gai_cancel(&mqtt->lookup) == EAI_NOTCANCELED
               && gai_error(&mqtt->lookup) == EAI_INPROGRESS)
            (void)gai_suspend(list, 1, NULL);
        if (mqtt->lookup.ar_result != NULL)
            freeaddrinfo(mqtt->lookup.ar_result);
    }
    if (mqtt->client != NULL) {
        (void)mosquitto_disconnect(mqtt->client);
        mosquitto_destroy(mqtt->client);
    }
    for (size_t i = 0; i < mqtt->filter_count; i++)
        free(mqtt->filters[i].text);
    mosquitto_property_free_all(&mqtt->protobuf);
    mosquitto_property_free_all(&mqtt->json);
    free(mqtt->filters);
    edge_inbox_close(&mqtt->inbox);
    free(mqtt->host);
    free(mqtt);
    (void)mosquitto_lib_cleanup();
}
