// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/producer_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/kafka/oauth_kafka.h"
#include "edge/kafka/settings_kafka.h"

struct edge_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    edge_producer_report_fn report; // during a serve
    void *report_context;
};

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    const struct edge_producer *producer = opaque;
    if (!producer->report)
        return;
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    struct edge_kafka_record kafka_record = {
        .key = message->key,
        .key_size = message->key_len,
        .value = message->payload,
        .value_size = message->len,
        .headers = headers,
        .tag = (uintptr_t)message->_private,
    };
    rd_kafka_headers_t *sent;
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message, &sent) == RD_KAFKA_RESP_ERR_NO_ERROR)
        while (kafka_record.header_count < EDGE_KAFKA_RECORD_HEADERS_MAX
               && rd_kafka_header_get_all(sent, kafka_record.header_count, &name, &value, &size)
                      == RD_KAFKA_RESP_ERR_NO_ERROR)
            headers[kafka_record.header_count++] =
                (struct edge_header){.name = name, .value = value, .size = size};
    producer->report(producer->report_context, &kafka_record,
                     message->err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

// The consumers log connection errors already; they are not logged twice.
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client, (void)level, (void)facility, (void)text;
}

enum drf_status edge_producer_open(const struct drf_config *config, const char *topic,
                                   uint32_t messages_max, uint32_t kbytes_max,
                                   char error[static EDGE_KAFKA_ERROR_SIZE],
                                   struct edge_producer **out)
{
    char bound[12], kbytes[12];
    snprintf(bound, sizeof bound, "%u", messages_max);
    snprintf(kbytes, sizeof kbytes, "%u", kbytes_max);
    const struct edge_kafka_pair first[] = {{"client.id", "drf-edge"},
                                            {"linger.ms", "20"},
                                            {"socket.nagle.disable", "true"},
                                            {"enable.idempotence", "true"},
                                            {NULL, NULL}};
    const struct edge_kafka_pair last[] = {{"queue.buffering.max.messages", bound},
                                           {"queue.buffering.max.kbytes", kbytes},
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
    edge_oauth_begin(config, producer->client);
    producer->topic = rd_kafka_topic_new(producer->client, topic, NULL);
    if (!producer->topic) {
        edge_producer_close(producer);
        return DRF_ERR_NOMEM;
    }
    *out = producer;
    return DRF_OK;
}

void edge_producer_close(struct edge_producer *producer)
{
    if (!producer)
        return;
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (producer->topic)
        rd_kafka_topic_destroy(producer->topic);
    rd_kafka_destroy(producer->client);
    free(producer);
}

void edge_producer_purge(struct edge_producer *producer, bool all)
{
    rd_kafka_purge(producer->client,
                   RD_KAFKA_PURGE_F_QUEUE
                       | (all ? RD_KAFKA_PURGE_F_INFLIGHT : RD_KAFKA_PURGE_F_NON_BLOCKING));
}

size_t edge_producer_waiting(const struct edge_producer *producer)
{
    return (size_t)rd_kafka_outq_len(producer->client);
}

static rd_kafka_headers_t *copy_headers(const struct edge_header *headers, size_t count)
{
    rd_kafka_headers_t *copy = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_header_add(copy, headers[i].name, -1, headers[i].value,
                            (ssize_t)headers[i].size);
    return copy;
}

enum drf_status edge_producer_send(struct edge_producer *producer, const char *topic,
                                   const struct edge_kafka_record *kafka_record)
{
    rd_kafka_headers_t *copy = copy_headers(kafka_record->headers, kafka_record->header_count);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)kafka_record->key, kafka_record->key_size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)kafka_record->value, kafka_record->value_size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = copy},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = kafka_record->timestamp_ms},
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the library only hands it back
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)kafka_record->tag},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    if (topic)
        parts[PARTS - 1] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic};
    rd_kafka_error_t *error = rd_kafka_produceva(producer->client, parts, PARTS);
    if (!error)
        return DRF_OK;
    // Anything but its size is no fault of the record: a topic that is missing or forbidden,
    // for one, is refused here too, as soon as the client knows.
    bool never = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(copy); // taken only when the message is
    return never ? DRF_ERR_RANGE : DRF_ERR_FULL;
}

void edge_producer_serve(struct edge_producer *producer, int timeout_ms,
                         edge_producer_report_fn report, void *context)
{
    producer->report = report;
    producer->report_context = context;
    rd_kafka_poll(producer->client, timeout_ms);
    producer->report = NULL;
}
