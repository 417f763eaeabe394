// SPDX-License-Identifier: Apache-2.0
#include "edge/producer_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/settings_kafka.h"

struct edge_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    uint64_t delivered, lost; // since the last serve
};

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct edge_producer *producer = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        producer->delivered++;
    else
        producer->lost++;
}

// Errors of the connection are the consumers' to tell; the same line twice helps nobody.
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client, (void)level, (void)facility, (void)text;
}

enum drf_status edge_producer_open(const struct drf_config *config, const char *topic,
                                   uint32_t messages_max,
                                   char error[static EDGE_KAFKA_ERROR_SIZE],
                                   struct edge_producer **out)
{
    char bound[12];
    snprintf(bound, sizeof bound, "%u", messages_max);
    const struct edge_kafka_pair first[] = {{"client.id", "drf-edge"},
                                            {"linger.ms", "20"},
                                            {"socket.nagle.disable", "true"},
                                            {"enable.idempotence", "true"},
                                            {NULL, NULL}};
    const struct edge_kafka_pair last[] = {{"queue.buffering.max.messages", bound},
                                           {"queue.buffering.max.kbytes", "16384"},
                                           {"message.timeout.ms", "0"},
                                           {NULL, NULL}};
    struct edge_producer *producer = calloc(1, sizeof *producer);
    if (!producer)
        return DRF_ERR_NOMEM;
    rd_kafka_conf_t *conf = edge_kafka_conf(config, first, last, error);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, producer);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        rd_kafka_conf_set_log_cb(conf, on_log);
        producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, EDGE_KAFKA_ERROR_SIZE);
        if (!producer->client)
            rd_kafka_conf_destroy(conf);
    }
    if (!producer->client) {
        free(producer);
        return DRF_ERR_RANGE;
    }
    producer->topic = rd_kafka_topic_new(producer->client, topic, NULL);
    if (!producer->topic) {
        edge_producer_close(producer, 0);
        return DRF_ERR_NOMEM;
    }
    *out = producer;
    return DRF_OK;
}

void edge_producer_close(struct edge_producer *producer, int flush_ms)
{
    if (!producer)
        return;
    if (flush_ms > 0)
        rd_kafka_flush(producer->client, flush_ms);
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (producer->topic)
        rd_kafka_topic_destroy(producer->topic);
    rd_kafka_destroy(producer->client);
    free(producer);
}

static rd_kafka_headers_t *copy_headers(const struct edge_header *headers, size_t count)
{
    rd_kafka_headers_t *copy = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_header_add(copy, headers[i].name, -1, headers[i].value,
                            (ssize_t)headers[i].size);
    return copy;
}

enum drf_status edge_producer_send(struct edge_producer *producer, const uint8_t *key,
                                   size_t key_size, const uint8_t *value, size_t value_size,
                                   const struct edge_header *headers, size_t header_count)
{
    rd_kafka_headers_t *copy = copy_headers(headers, header_count);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)key, key_size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)value, value_size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = copy},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->client, parts, sizeof parts / sizeof parts[0]);
    if (!error)
        return DRF_OK;
    bool full = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(copy); // taken only when the message is
    return full ? DRF_ERR_FULL : DRF_ERR_RANGE;
}

void edge_producer_serve(struct edge_producer *producer, uint64_t *delivered, uint64_t *lost)
{
    rd_kafka_poll(producer->client, 0);
    *delivered = producer->delivered;
    *lost = producer->lost;
    producer->delivered = 0;
    producer->lost = 0;
}
