// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/publisher_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/kafka/oauth_kafka.h"
#include "edge/kafka/settings_kafka.h"

struct edge_publisher_kafka {
    rd_kafka_t *client;
    struct edge_publisher_counts counts; // since the last serve
};

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct edge_publisher_kafka *publisher = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        publisher->counts.delivered++;
    else
        publisher->counts.lost++;
}

// The consumers log connection errors already; they are not logged twice.
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client, (void)level, (void)facility, (void)text;
}

enum drf_status edge_publisher_kafka_open(const struct drf_config *config,
                                          char error[static EDGE_KAFKA_ERROR_SIZE],
                                          struct edge_publisher_kafka **out)
{
    char messages[12], kbytes[12], keep_ms[12];
    (void)snprintf(messages, sizeof messages, "%d", EDGE_PUBLISHER_MESSAGES);
    (void)snprintf(kbytes, sizeof kbytes, "%d", EDGE_PUBLISHER_KBYTES);
    (void)snprintf(keep_ms, sizeof keep_ms, "%d", EDGE_PUBLISHER_KEEP_MS);
    const struct edge_kafka_pair first[] = {{"client.id", "drf-edge"},
                                            {"linger.ms", "50"},
                                            {"socket.nagle.disable", "true"},
                                            {NULL, NULL}};
    const struct edge_kafka_pair last[] = {{"queue.buffering.max.messages", messages},
                                           {"queue.buffering.max.kbytes", kbytes},
                                           {"message.timeout.ms", keep_ms},
                                           {NULL, NULL}};
    struct edge_publisher_kafka *publisher = calloc(1, sizeof *publisher);
    if (!publisher)
        return DRF_ERR_NOMEM;
    rd_kafka_conf_t *conf = edge_kafka_conf(config, first, last, error);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, publisher);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        rd_kafka_conf_set_log_cb(conf, on_log);
        publisher->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, EDGE_KAFKA_ERROR_SIZE);
        if (!publisher->client)
            rd_kafka_conf_destroy(conf);
    }
    if (!publisher->client) {
        free(publisher);
        return DRF_ERR_RANGE;
    }
    edge_oauth_begin(config, publisher->client);
    *out = publisher;
    return DRF_OK;
}

void edge_publisher_kafka_close(struct edge_publisher_kafka *publisher)
{
    if (!publisher)
        return;
    rd_kafka_purge(publisher->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(publisher->client);
    free(publisher);
}

static enum drf_status send_record(void *self, const struct edge_kafka_record *kafka_record)
{
    struct edge_publisher_kafka *publisher = self;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(kafka_record->header_count);
    for (size_t i = 0; i < kafka_record->header_count; i++)
        (void)rd_kafka_header_add(headers, kafka_record->headers[i].name, -1,
                                  kafka_record->headers[i].value,
                                  (ssize_t)kafka_record->headers[i].size);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = kafka_record->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)kafka_record->key, kafka_record->key_size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)kafka_record->value, kafka_record->value_size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(publisher->client, parts, sizeof parts / sizeof parts[0]);
    if (!error)
        return DRF_OK;
    bool full = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers); // taken only when the message is
    return full ? DRF_ERR_FULL : DRF_ERR_RANGE;
}

struct edge_publisher edge_publisher_kafka_port(struct edge_publisher_kafka *publisher)
{
    return (struct edge_publisher){.self = publisher,
                                   .send = publisher != NULL ? send_record : NULL};
}

struct edge_publisher_counts edge_publisher_kafka_serve(struct edge_publisher_kafka *publisher)
{
    (void)rd_kafka_poll(publisher->client, 0);
    struct edge_publisher_counts counts = publisher->counts;
    publisher->counts = (struct edge_publisher_counts){0};
    return counts;
}
