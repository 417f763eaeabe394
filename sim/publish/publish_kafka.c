// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/publish_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_publisher {
    rd_kafka_t *client;
    char *topic;
    struct sim_publisher_count count;
};

static void note_failure(struct sim_publisher *publisher, const char *text)
{
    publisher->count.failed++;
    if (publisher->count.error[0] == '\0')
        snprintf(publisher->count.error, sizeof publisher->count.error, "%s", text);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct sim_publisher *publisher = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_failure(publisher, rd_kafka_err2str(message->err));
        return;
    }
    publisher->count.delivered++;
    publisher->count.bytes += message->len;
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)code;
    struct sim_publisher *publisher = opaque; // reported when the deliveries have timed out
    if (publisher->count.error[0] == '\0')
        snprintf(publisher->count.error, sizeof publisher->count.error, "%s", reason);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text; // on_error() and on_delivery() report it
}

enum drf_status sim_publisher_open(const char *bootstrap, const char *topic, unsigned timeout_s,
                                   struct sim_publisher **out,
                                   char error[static SIM_PUBLISH_ERROR_SIZE])
{
    char timeout_ms[24];
    snprintf(timeout_ms, sizeof timeout_ms, "%u", timeout_s * 1000);
    const char *const settings[][2] = {
        {"bootstrap.servers", bootstrap},   {"client.id", "drf-sim-publish"},
        {"enable.idempotence", "true"},     {"acks", "all"},
        {"message.timeout.ms", timeout_ms}, {"message.max.bytes", "100000000"},
        {"socket.nagle.disable", "true"},   {"linger.ms", "2"},
        {"compression.type", "gzip"}, // every Kafka takes it; obstacles shrink to a quarter
    };
    struct sim_publisher *publisher = calloc(1, sizeof *publisher);
    char *name = strdup(topic);
    if (publisher == NULL || name == NULL) {
        free(publisher);
        free(name);
        return DRF_ERR_NOMEM;
    }
    publisher->topic = name;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = RD_KAFKA_CONF_OK;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && result == RD_KAFKA_CONF_OK;
         i++)
        result = rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error,
                                   SIM_PUBLISH_ERROR_SIZE);
    rd_kafka_conf_set_opaque(conf, publisher);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (result == RD_KAFKA_CONF_OK)
        publisher->client =
            rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, SIM_PUBLISH_ERROR_SIZE);
    if (publisher->client == NULL) {
        rd_kafka_conf_destroy(conf);
        sim_publisher_close(publisher);
        return DRF_ERR_RANGE;
    }
    *out = publisher;
    return DRF_OK;
}

void sim_publisher_close(struct sim_publisher *publisher)
{
    if (publisher == NULL)
        return;
    if (publisher->client != NULL)
        rd_kafka_destroy(publisher->client);
    free(publisher->topic);
    free(publisher);
}

static rd_kafka_headers_t *make_headers(const struct sim_header *headers, size_t count)
{
    rd_kafka_headers_t *list = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        if (headers[i].value != NULL)
            rd_kafka_header_add(list, headers[i].name, -1, headers[i].value, -1);
    return list;
}

// librdkafka takes what it only reads as void *.
static void *unconst(const void *pointer)
{
    void *same;
    memcpy(&same, &pointer, sizeof same);
    return same;
}

enum drf_status sim_publisher_send(struct sim_publisher *publisher, const char *key,
                                   const void *value, size_t size,
                                   const struct sim_header *headers, size_t header_count)
{
    for (;;) {
        rd_kafka_headers_t *list = make_headers(headers, header_count);
        const rd_kafka_vu_t parts[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = publisher->topic},
            {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = unconst(key), .size = strlen(key)}},
            {.vtype = RD_KAFKA_VTYPE_VALUE, // copied, never written to
             .u.mem = {.ptr = unconst(value), .size = size}},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = list},
        };
        rd_kafka_error_t *refusal =
            rd_kafka_produceva(publisher->client, parts, sizeof parts / sizeof parts[0]);
        rd_kafka_resp_err_t error = rd_kafka_error_code(refusal); // of NULL: no error
        rd_kafka_error_destroy(refusal);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            publisher->count.sent++;
            rd_kafka_poll(publisher->client, 0);
            return DRF_OK;
        }
        rd_kafka_headers_destroy(list);
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            note_failure(publisher, rd_kafka_err2str(error));
            return DRF_ERR_RANGE;
        }
        rd_kafka_poll(publisher->client, 100);
    }
}

static enum drf_status publish(void *context, const char *key, const void *value, size_t size,
                               const struct sim_header *headers, size_t header_count)
{
    return sim_publisher_send(context, key, value, size, headers, header_count);
}

struct sim_feed_port sim_publisher_port(struct sim_publisher *publisher)
{
    return (struct sim_feed_port){.context = publisher, .send = publish};
}

enum drf_status sim_publisher_finish(struct sim_publisher *publisher, unsigned wait_ms)
{
    return rd_kafka_flush(publisher->client, (int)wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR
               ? DRF_OK
               : DRF_ERR_AGAIN;
}

const struct sim_publisher_count *sim_publisher_count(const struct sim_publisher *publisher)
{
    return &publisher->count;
}
