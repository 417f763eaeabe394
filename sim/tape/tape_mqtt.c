// SPDX-License-Identifier: Apache-2.0
// libmosquitto's own loop serves the one socket; callbacks run inside it and either hand the
// message on or count. Filters are subscribed with QoS 2 and retain-as-published, so that a
// message arrives with the QoS and the retain flag that its sender gave it.
#include "sim/tape/tape_mqtt.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host/loop.h"

enum {
    KEEPALIVE_S = 30,
    RETRY_US = 1000000,
    WAITING_MAX = 1000, // published and not confirmed
    REFUSED_FROM = 0x80,
};

struct sim_tape_mqtt {
    struct sim_tape_mqtt_options options;
    struct mosquitto *client;
    bool begun, connected, subscribed;
    int64_t retry_mono_us;
    struct sim_tape_mqtt_count count;
};

static void note(struct sim_tape_mqtt *tape, const char *what, const char *why)
{
    snprintf(tape->count.error, sizeof tape->count.error, "%s: %s", what, why);
}

static void on_connect(struct mosquitto *client, void *opaque, int code, int flags,
                       const mosquitto_property *properties)
{
    (void)flags;
    (void)properties;
    struct sim_tape_mqtt *tape = opaque;
    if (code != 0) {
        note(tape, "not let in", mosquitto_reason_string(code));
        tape->count.denied = true;
        return;
    }
    tape->connected = true;
    tape->subscribed = tape->options.filter_count == 0;
    if (tape->subscribed)
        return;
    char *filters[SIM_TAPE_FILTERS_MAX];
    for (size_t i = 0; i < tape->options.filter_count; i++)
        memcpy(&filters[i], &tape->options.filters[i], sizeof filters[i]);
    // QoS 2 and retain as published: as the sender sent it.
    (void)mosquitto_subscribe_multiple(client, NULL, (int)tape->options.filter_count, filters,
                                       2, MQTT_SUB_OPT_RETAIN_AS_PUBLISHED, NULL);
}

static void on_subscribe(struct mosquitto *client, void *opaque, int id, int count,
                         const int *granted, const mosquitto_property *properties)
{
    (void)client;
    (void)id;
    (void)properties;
    struct sim_tape_mqtt *tape = opaque;
    tape->subscribed = true;
    for (int i = 0; i < count; i++)
        if (granted[i] >= REFUSED_FROM) {
            tape->subscribed = false;
            tape->count.denied = true;
            note(tape, "subscription refused", mosquitto_reason_string(granted[i]));
        }
}

static void on_disconnect(struct mosquitto *client, void *opaque, int code,
                          const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct sim_tape_mqtt *tape = opaque;
    if (tape->connected) {
        tape->count.connections_lost++;
        note(tape, "connection lost", mosquitto_reason_string(code));
    }
    tape->connected = tape->subscribed = false;
}

static void on_publish(struct mosquitto *client, void *opaque, int id, int code,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)id;
    (void)properties;
    struct sim_tape_mqtt *tape = opaque;
    if (code >= REFUSED_FROM) {
        tape->count.refused++;
        note(tape, "refused", mosquitto_reason_string(code));
    } else {
        tape->count.confirmed++;
    }
}

static void on_message(struct mosquitto *client, void *opaque,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)client;
    struct sim_tape_mqtt *tape = opaque;
    char *type = NULL, *response = NULL;
    void *correlation = NULL;
    uint16_t correlation_size = 0;
    uint32_t expiry_s = 0;
    (void)mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE, &type, false);
    (void)mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response,
                                         false);
    (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation,
                                         &correlation_size, false);
    (void)mosquitto_property_read_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                        &expiry_s, false);
    const uint8_t *payload = message->payload;
    size_t size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    bool protobuf = type != NULL && strcmp(type, "application/x-protobuf") == 0;
    struct drf_recorded_mqtt told = {
        .topic = message->topic,
        .payload = payload,
        .size = size,
        // Without a content type the first byte tells, as for a node (schemas/client.md).
        .json = (type != NULL && strncmp(type, "application/json", 16) == 0)
                || (!protobuf && size > 0 && payload[0] == '{'),
        .retain = message->retain,
        .qos = (uint8_t)message->qos,
        .expiry_s = expiry_s,
        .response_topic = response,
        .correlation = correlation,
        .correlation_size = correlation_size,
    };
    tape->options.on_message(tape->options.context, &told);
    free(type);
    free(response);
    free(correlation);
}

enum drf_status sim_tape_mqtt_open(const struct sim_tape_mqtt_options *options,
                                   struct sim_tape_mqtt **out)
{
    struct sim_tape_mqtt *tape = calloc(1, sizeof *tape);
    if (tape == NULL)
        return DRF_ERR_NOMEM;
    mosquitto_lib_init();
    tape->options = *options;
    // Broker and library make an id that nobody else has.
    tape->client = mosquitto_new(NULL, true, tape);
    bool good = tape->client != NULL;
    if (good) {
        mosquitto_int_option(tape->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        mosquitto_int_option(tape->client, MOSQ_OPT_TCP_NODELAY, 1);
        good = options->user == NULL
               || mosquitto_username_pw_set(tape->client, options->user, options->password)
                      == MOSQ_ERR_SUCCESS;
        mosquitto_connect_v5_callback_set(tape->client, on_connect);
        mosquitto_subscribe_v5_callback_set(tape->client, on_subscribe);
        mosquitto_disconnect_v5_callback_set(tape->client, on_disconnect);
        mosquitto_publish_v5_callback_set(tape->client, on_publish);
        if (options->on_message != NULL)
            mosquitto_message_v5_callback_set(tape->client, on_message);
    }
    if (!good) {
        sim_tape_mqtt_close(tape);
        return DRF_ERR_NOMEM;
    }
    *out = tape;
    return DRF_OK;
}

void sim_tape_mqtt_close(struct sim_tape_mqtt *tape)
{
    if (tape == NULL)
        return;
    if (tape->client != NULL) {
        if (tape->connected)
            (void)mosquitto_disconnect_v5(tape->client, 0, NULL);
        mosquitto_destroy(tape->client);
    }
    free(tape);
    mosquitto_lib_cleanup();
}

static void reconnect(struct sim_tape_mqtt *tape)
{
    if (sim_mono_us() < tape->retry_mono_us) {
        sim_pause_ms(20);
        return;
    }
    tape->retry_mono_us = sim_mono_us() + RETRY_US;
    int code = mosquitto_connect_bind_v5(tape->client, tape->options.host,
                                         (int)tape->options.port, KEEPALIVE_S, NULL, NULL);
    tape->begun = code == MOSQ_ERR_SUCCESS;
    if (!tape->begun)
        note(tape, "cannot connect", mosquitto_strerror(code));
}

void sim_tape_mqtt_step(struct sim_tape_mqtt *tape, int wait_ms)
{
    if (!tape->begun) {
        reconnect(tape);
        return;
    }
    int code = mosquitto_loop(tape->client, wait_ms, 1);
    if (code == MOSQ_ERR_SUCCESS)
        return;
    if (tape->connected) {
        tape->count.connections_lost++;
        note(tape, "connection lost", mosquitto_strerror(code));
    }
    tape->begun = tape->connected = tape->subscribed = false;
}

bool sim_tape_mqtt_ready(const struct sim_tape_mqtt *tape)
{
    return tape->connected && tape->subscribed;
}

static mosquitto_property *make_properties(const struct drf_recorded_mqtt *message)
{
    mosquitto_property *list = NULL;
    (void)mosquitto_property_add_string(&list, MQTT_PROP_CONTENT_TYPE,
                                        message->json ? "application/json"
                                                      : "application/x-protobuf");
    if (message->expiry_s != 0)
        (void)mosquitto_property_add_int32(&list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                           message->expiry_s);
    if (message->response_topic != NULL)
        (void)mosquitto_property_add_string(&list, MQTT_PROP_RESPONSE_TOPIC,
                                            message->response_topic);
    if (message->correlation != NULL && message->correlation_size <= UINT16_MAX)
        (void)mosquitto_property_add_binary(&list, MQTT_PROP_CORRELATION_DATA,
                                            message->correlation,
                                            (uint16_t)message->correlation_size);
    return list;
}

enum drf_status sim_tape_mqtt_publish(struct sim_tape_mqtt *tape,
                                      const struct drf_recorded_mqtt *message)
{
    const struct sim_tape_mqtt_count *count = &tape->count;
    if (!tape->connected || count->published - count->confirmed - count->refused >= WAITING_MAX)
        return DRF_ERR_AGAIN;
    mosquitto_property *list = make_properties(message);
    int code =
        message->size <= INT32_MAX
            ? mosquitto_publish_v5(tape->client, NULL, message->topic, (int)message->size,
                                   message->payload, message->qos, message->retain, list)
            : MOSQ_ERR_PAYLOAD_SIZE;
    mosquitto_property_free_all(&list);
    if (code == MOSQ_ERR_NO_CONN)
        return DRF_ERR_AGAIN;
    if (code != MOSQ_ERR_SUCCESS) {
        note(tape, "refused", mosquitto_strerror(code));
        return DRF_ERR_RANGE;
    }
    tape->count.published++;
    return DRF_OK;
}

const struct sim_tape_mqtt_count *sim_tape_mqtt_count(const struct sim_tape_mqtt *tape)
{
    return &tape->count;
}
