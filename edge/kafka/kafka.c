// SPDX-License-Identifier: Apache-2.0
// The legacy consumer calls (rd_kafka_consume_start_queue) are used on purpose: they start one
// partition at a time into a queue of ours, need no group, and do not touch the other
// partitions when one is added.
#include "edge/kafka/kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "edge/kafka/cause_kafka.h"
#include "edge/kafka/oauth_kafka.h"
#include "edge/kafka/settings_kafka.h"

struct feed {
    rd_kafka_topic_t *topic; // NULL: not of this client
    rd_kafka_queue_t *queue;
};

struct edge_kafka {
    rd_kafka_t *client;
    edge_kafka_log_fn log;
    void *log_context;
    bool down; // said by librdkafka while it was served
    struct edge_kafka_cause cause;
    size_t feed_count;
    struct feed feeds[DRF_FEEDS_MAX];
};

static const struct edge_kafka_pair defaults[] = {
    {"fetch.wait.max.ms", "10"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"queued.min.messages", "1000"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.error.backoff.ms", "100"},
    {"topic.metadata.refresh.interval.ms", "10000"},
    {"topic.metadata.propagation.max.ms", "0"}, // topics are read when they are found
    {"client.id", "drf-edge"},
    {NULL, NULL},
};
static const struct edge_kafka_pair forced[] = {
    {"auto.offset.reset", "error"},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"log.queue", "true"},
    {"log.connection.close", "true"}, // a closed connection may be the only sign of a cause
    {NULL, NULL},
};

// Of topic discovery: one message at a time is all it looks at.
static const struct edge_kafka_pair forced_topic_discovery[] = {
    {"auto.offset.reset", "error"},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"queued.min.messages", "1"},
    {"fetch.message.max.bytes", "16384"},
    {"log.queue", "true"},
    {"log.connection.close", "false"},
    {NULL, NULL},
};

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)facility;
    struct edge_kafka *kafka = rd_kafka_opaque(client);
    if (kafka)
        edge_kafka_cause_log(&kafka->cause, text);
    if (kafka && kafka->log)
        kafka->log(kafka->log_context, level, text);
}

// Errors of single requests come back where they were asked; this one comes nowhere else.
static void on_error(rd_kafka_t *client, int code, const char *reason, void *self)
{
    (void)client;
    struct edge_kafka *kafka = self;
    edge_kafka_cause_take(&kafka->cause, code, reason);
    kafka->down = kafka->down || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

// Decides nothing; on librdkafka's own threads.
// NOLINTNEXTLINE(readability-function-size): the library's type
static int on_certificate(rd_kafka_t *client, const char *broker, int32_t id,
                          int *error, // NOLINT(readability-non-const-parameter): the same
                          int depth, const char *der, size_t size, char *text, size_t room,
                          void *self)
{
    (void)client, (void)broker, (void)id, (void)depth, (void)der, (void)size;
    struct edge_kafka *kafka = self;
    return edge_kafka_cause_certificate(&kafka->cause, *error, text, room);
}

static enum drf_status open_queue(struct edge_kafka *kafka, struct feed *feed, int wake_fd)
{
    feed->queue = rd_kafka_queue_new(kafka->client);
    if (!feed->queue)
        return DRF_ERR_NOMEM;
    static const uint64_t one = 1; // an eventfd takes eight bytes
    if (wake_fd >= 0)
        rd_kafka_queue_io_event_enable(feed->queue, wake_fd, &one, sizeof one);
    return DRF_OK;
}

static enum drf_status open_client(const struct drf_config *config,
                                   const struct edge_kafka_pair *last, edge_kafka_log_fn log,
                                   void *log_context, char error[static EDGE_KAFKA_ERROR_SIZE],
                                   struct edge_kafka **out)
{
    struct edge_kafka *kafka = calloc(1, sizeof *kafka);
    if (!kafka)
        return DRF_ERR_NOMEM;
    kafka->log = log;
    kafka->log_context = log_context;
    rd_kafka_conf_t *conf = edge_kafka_conf(config, defaults, last, error);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, kafka);
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_conf_set_error_cb(conf, on_error);
        rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
        kafka->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, EDGE_KAFKA_ERROR_SIZE);
        if (!kafka->client)
            rd_kafka_conf_destroy(conf);
    }
    if (!kafka->client) {
        free(kafka);
        return DRF_ERR_RANGE;
    }
    edge_oauth_begin(config, kafka->client);
    rd_kafka_set_log_queue(kafka->client, NULL); // what rd_kafka_poll() serves
    *out = kafka;
    return DRF_OK;
}

static void close_feed(struct feed *feed)
{
    if (feed->queue)
        rd_kafka_queue_destroy(feed->queue);
    if (feed->topic)
        rd_kafka_topic_destroy(feed->topic);
    *feed = (struct feed){0};
}

enum drf_status edge_kafka_follow(struct edge_kafka *kafka, const struct drf_config *config,
                                  bool urgent, int wake_fd)
{
    enum drf_status status = DRF_OK;
    kafka->feed_count = config->feed_count;
    for (size_t i = 0; i < config->feed_count && status == DRF_OK; i++) {
        struct feed *feed = &kafka->feeds[i];
        const struct drf_feed_config *wanted = &config->feeds[i];
        bool ours = !wanted->removed && (wanted->urgent != 0) == urgent;
        if (feed->topic
            && (!ours || strcmp(rd_kafka_topic_name(feed->topic), wanted->topic) != 0))
            close_feed(feed);
        if (!ours || feed->topic)
            continue;
        feed->topic = rd_kafka_topic_new(kafka->client, wanted->topic, NULL);
        status = feed->topic ? open_queue(kafka, feed, wake_fd) : DRF_ERR_NOMEM;
    }
    return status;
}

enum drf_status edge_kafka_open(const struct drf_config *config, bool urgent, int wake_fd,
                                edge_kafka_log_fn log, void *log_context,
                                char error[static EDGE_KAFKA_ERROR_SIZE],
                                struct edge_kafka **out)
{
    struct edge_kafka *kafka = NULL;
    enum drf_status status = open_client(config, forced, log, log_context, error, &kafka);
    if (status != DRF_OK)
        return status;
    status = edge_kafka_follow(kafka, config, urgent, wake_fd);
    if (status != DRF_OK) {
        edge_kafka_close(kafka);
        return status;
    }
    *out = kafka;
    return DRF_OK;
}

enum drf_status edge_kafka_open_topic_discovery(const struct drf_config *config,
                                                char error[static EDGE_KAFKA_ERROR_SIZE],
                                                struct edge_kafka **out)
{
    struct edge_kafka *kafka = NULL;
    enum drf_status status =
        open_client(config, forced_topic_discovery, NULL, NULL, error, &kafka);
    if (status != DRF_OK)
        return status;
    kafka->feed_count = config->feed_count;
    for (size_t i = 0; i < config->feed_count && status == DRF_OK; i++) {
        if (config->feeds[i].removed)
            continue;
        kafka->feeds[i].topic = rd_kafka_topic_new(kafka->client, config->feeds[i].topic, NULL);
        status = kafka->feeds[i].topic ? DRF_OK : DRF_ERR_NOMEM;
    }
    if (status != DRF_OK) {
        edge_kafka_close(kafka);
        return status;
    }
    *out = kafka;
    return DRF_OK;
}

void edge_kafka_close(struct edge_kafka *kafka)
{
    if (!kafka)
        return;
    for (size_t i = 0; i < kafka->feed_count; i++)
        close_feed(&kafka->feeds[i]);
    rd_kafka_destroy_flags(kafka->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(kafka);
}

bool edge_kafka_serve(struct edge_kafka *kafka)
{
    kafka->down = false;
    rd_kafka_poll(kafka->client, 0);
    return kafka->down;
}

const char *edge_kafka_cause(const struct edge_kafka *kafka) { return kafka->cause.text; }

enum drf_status edge_kafka_start(struct edge_kafka *kafka, size_t feed, int32_t partition,
                                 int64_t offset)
{
    if (feed >= kafka->feed_count || !kafka->feeds[feed].topic)
        return DRF_ERR_RANGE;
    int failed = rd_kafka_consume_start_queue(kafka->feeds[feed].topic, partition, offset,
                                              kafka->feeds[feed].queue);
    return failed ? DRF_ERR_RANGE : DRF_OK;
}

void edge_kafka_stop(struct edge_kafka *kafka, size_t feed, int32_t partition)
{
    if (feed < kafka->feed_count && kafka->feeds[feed].topic)
        rd_kafka_consume_stop(kafka->feeds[feed].topic, partition);
}

static void read_headers(const rd_kafka_message_t *from, struct edge_message *to)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    const char *name;
    const void *value;
    size_t size;
    while (to->header_count < EDGE_HEADERS_MAX
           && rd_kafka_header_get_all(headers, to->header_count, &name, &value, &size)
                  == RD_KAFKA_RESP_ERR_NO_ERROR)
        to->headers[to->header_count++] =
            (struct edge_header){.name = name, .value = value, .size = size};
    to->headers_left_out = rd_kafka_header_cnt(headers) > to->header_count;
}

static void read_message(rd_kafka_message_t *from, size_t feed, struct edge_message *to)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t timestamp_ms = rd_kafka_message_timestamp(from, &type);
    to->feed = feed;
    to->topic = rd_kafka_topic_name(from->rkt);
    to->partition = from->partition;
    to->offset = from->offset;
    to->key = from->key;
    to->key_size = from->key_len;
    to->value = from->payload;
    to->value_size = from->len;
    to->timestamp_ms = timestamp_ms;
    to->timestamp = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? EDGE_TIMESTAMP_CREATE
                    : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? EDGE_TIMESTAMP_APPEND
                                                                 : EDGE_TIMESTAMP_NONE;
    to->header_count = 0;
    to->headers_left_out = false;
    read_headers(from, to);
    to->handle = from;
}

static enum edge_kafka_event event_of(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return EDGE_KAFKA_END;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return EDGE_KAFKA_OFFSET;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return EDGE_KAFKA_GONE;
    default:
        return EDGE_KAFKA_UNREADABLE;
    }
}

enum edge_kafka_event edge_kafka_next(struct edge_kafka *kafka, size_t feed,
                                      struct edge_message *out)
{
    if (feed >= kafka->feed_count || !kafka->feeds[feed].queue)
        return EDGE_KAFKA_NOTHING;
    rd_kafka_message_t *message = rd_kafka_consume_queue(kafka->feeds[feed].queue, 0);
    if (!message)
        return EDGE_KAFKA_NOTHING;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        read_message(message, feed, out);
        return EDGE_KAFKA_MESSAGE;
    }
    out->feed = feed;
    out->partition = message->partition;
    out->offset = message->offset;
    out->handle = NULL;
    enum edge_kafka_event event = event_of(message->err);
    rd_kafka_message_destroy(message);
    return event;
}

void edge_kafka_release(struct edge_message *message)
{
    if (message->handle)
        rd_kafka_message_destroy(message->handle);
    message->handle = NULL;
}

static enum drf_status find_partitions(struct edge_kafka *kafka, size_t feed, int timeout_ms,
                                       struct edge_kafka_found *out)
{
    const struct rd_kafka_metadata *metadata = NULL;
    if (rd_kafka_metadata(kafka->client, 0, kafka->feeds[feed].topic, &metadata, timeout_ms)
        != RD_KAFKA_RESP_ERR_NO_ERROR)
        return DRF_ERR_AGAIN;
    out->count = 0;
    if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (int i = 0;
             i < metadata->topics[0].partition_cnt && out->count < EDGE_KAFKA_PARTITIONS_MAX;
             i++)
            out->partitions[out->count++].partition = metadata->topics[0].partitions[i].id;
    out->denied = metadata->topic_cnt == 1
                  && metadata->topics[0].err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    out->too_many = metadata->topic_cnt == 1
                    && metadata->topics[0].partition_cnt > EDGE_KAFKA_PARTITIONS_MAX;
    rd_kafka_metadata_destroy(metadata);
    return DRF_OK;
}

// The first or the end offset of every partition. rd_kafka_query_watermark_offsets() before
// librdkafka 2.3.0 waits for a broker that went away until it is back, whatever its timeout
// (librdkafka#2588), and the node would not say that Kafka is missing.
static enum drf_status find_offsets(struct edge_kafka *kafka, const char *topic, bool end,
                                    int timeout_ms, struct edge_kafka_found *found)
{
    if (found->count == 0)
        return DRF_OK;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)found->count);
    for (size_t i = 0; i < found->count; i++)
        rd_kafka_topic_partition_list_add(list, topic, found->partitions[i].partition)->offset =
            end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    enum drf_status status = rd_kafka_offsets_for_times(kafka->client, list, timeout_ms)
                                     == RD_KAFKA_RESP_ERR_NO_ERROR
                                 ? DRF_OK
                                 : DRF_ERR_AGAIN;
    for (size_t i = 0; i < found->count && status == DRF_OK; i++) {
        const rd_kafka_topic_partition_t *answer =
            rd_kafka_topic_partition_list_find(list, topic, found->partitions[i].partition);
        if (!answer || answer->err != RD_KAFKA_RESP_ERR_NO_ERROR || answer->offset < 0)
            status = DRF_ERR_AGAIN;
        else
            *(end ? &found->partitions[i].high : &found->partitions[i].low) = answer->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

enum drf_status edge_kafka_discover(struct edge_kafka *kafka, size_t feed, int timeout_ms,
                                    struct edge_kafka_found *out)
{
    if (feed >= kafka->feed_count || !kafka->feeds[feed].topic)
        return DRF_ERR_RANGE;
    struct edge_kafka_found found = {.feed = feed};
    enum drf_status status = find_partitions(kafka, feed, timeout_ms, &found);
    const char *topic = rd_kafka_topic_name(kafka->feeds[feed].topic);
    if (status == DRF_OK)
        status = find_offsets(kafka, topic, false, timeout_ms, &found);
    if (status == DRF_OK)
        status = find_offsets(kafka, topic, true, timeout_ms, &found);
    // A topic that was made anew between the two requests: the next look sees one topic.
    for (size_t i = 0; i < found.count && status == DRF_OK; i++)
        if (found.partitions[i].low > found.partitions[i].high)
            status = DRF_ERR_AGAIN;
    if (status != DRF_OK)
        return status;
    char *cluster = rd_kafka_clusterid(kafka->client, timeout_ms);
    if (cluster) {
        memcpy(found.cluster_id, cluster, strnlen(cluster, sizeof found.cluster_id - 1));
        rd_kafka_mem_free(kafka->client, cluster);
    }
    *out = found;
    return DRF_OK;
}

enum drf_status edge_kafka_mark(struct edge_kafka *kafka, size_t feed, int32_t partition,
                                int64_t offset, int timeout_ms, uint64_t *mark)
{
    if (feed >= kafka->feed_count || !kafka->feeds[feed].topic)
        return DRF_ERR_RANGE;
    rd_kafka_topic_t *topic = kafka->feeds[feed].topic;
    if (rd_kafka_consume_start(topic, partition, offset) != 0)
        return DRF_ERR_AGAIN;
    rd_kafka_message_t *message = rd_kafka_consume(topic, partition, timeout_ms);
    enum drf_status status = DRF_ERR_AGAIN;
    if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        status = DRF_ERR_ABSENT;
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct edge_message seen;
        read_message(message, feed, &seen);
        status = seen.offset == offset ? DRF_OK : DRF_ERR_ABSENT;
        if (status == DRF_OK)
            *mark = edge_message_mark(&seen);
    }
    if (message)
        rd_kafka_message_destroy(message);
    rd_kafka_consume_stop(topic, partition);
    return status;
}
