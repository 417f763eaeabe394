// SPDX-License-Identifier: Apache-2.0
// Messages wait in two lists, in the order in which they were put; the ports hand them out. A
// message of a feed is one allocation that goes back when ingest releases it.
#include "edge/replay/offline.h"

#include <stdlib.h>
#include <string.h>

#include "edge/config/config_reload.h"
#include "edge/ingest/feed_rules.h"
#include "edge/mqtt/topic.h"
#include "edge/replay/decode_here.h"
#include "fusion/store/store_maintenance.h"

enum { STEPS_MAX = 100000 }; // of one instant: a guard, never reached by sound input

struct waiting_mqtt {
    struct waiting_mqtt *next;
    struct edge_incoming message; // points into the bytes behind it
};

struct waiting_kafka {
    struct waiting_kafka *next;
    struct edge_message message; // likewise
};

struct feed_queue {
    struct waiting_kafka *first, **end;
    int64_t next_offset[EDGE_KAFKA_PARTITIONS_MAX]; // after what was put
    bool started[EDGE_KAFKA_PARTITIONS_MAX];
    bool end_told; // since the last message
};

struct edge_offline {
    struct edge_node node;
    struct edge_offline_options options;
    struct edge_now now;
    struct waiting_mqtt *first, **end, *handed; // handed: given out last
    struct feed_queue feeds[DRF_FEEDS_MAX];
    struct edge_decode_here *decoder;
    struct drf_config *taken, *former; // of reloads: the node's, and what serve looks at still
};

// ---- the link

static enum drf_status link_send(void *self, const struct edge_outgoing *message)
{
    struct edge_offline *offline = self;
    if (offline->options.sent != NULL)
        offline->options.sent(offline->options.context, offline->now, message);
    return DRF_OK;
}

static bool link_receive(void *self, struct edge_incoming *out)
{
    struct edge_offline *offline = self;
    free(offline->handed);
    offline->handed = offline->first;
    if (offline->first == NULL)
        return false;
    offline->first = offline->first->next;
    if (offline->first == NULL)
        offline->end = &offline->first;
    *out = offline->handed->message;
    return true;
}

static uint32_t link_session(void *self)
{
    (void)self;
    return 1;
}

static bool link_connected(void *self)
{
    (void)self;
    return true;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
    if (size > 0 && bytes != NULL)
        memcpy(at, bytes, size);
    return at + size;
}

enum drf_status edge_offline_put_mqtt(struct edge_offline *offline,
                                      const struct edge_incoming *message)
{
    const char *response = message->response_topic != NULL ? message->response_topic : "";
    size_t topic_size = strlen(message->topic) + 1, response_size = strlen(response) + 1;
    struct waiting_mqtt *waiting = malloc(sizeof *waiting + topic_size + message->size
                                          + response_size + message->correlation_size);
    if (waiting == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *at = (uint8_t *)(waiting + 1);
    waiting->next = NULL;
    waiting->message = *message;
    waiting->message.topic = (const char *)at;
    at = put_bytes(at, message->topic, topic_size);
    waiting->message.response_topic = (const char *)at;
    at = put_bytes(at, response, response_size);
    waiting->message.payload = at;
    at = put_bytes(at, message->payload, message->size);
    waiting->message.correlation = message->correlation_size > 0 ? at : NULL;
    (void)put_bytes(at, message->correlation, message->correlation_size);
    *offline->end = waiting;
    offline->end = &waiting->next;
    return DRF_OK;
}

// ---- the feeds

static bool is_read(int32_t partition)
{
    return partition >= 0 && partition < EDGE_KAFKA_PARTITIONS_MAX;
}

static enum drf_status feed_start(void *self, size_t feed, int32_t partition, int64_t offset)
{
    struct edge_offline *offline = self;
    if (!is_read(partition))
        return DRF_ERR_RANGE;
    (void)offset; // what was put before stays until it is asked for
    offline->feeds[feed].started[partition] = true;
    return DRF_OK;
}

static void feed_stop(void *self, size_t feed, int32_t partition)
{
    struct edge_offline *offline = self;
    if (is_read(partition))
        offline->feeds[feed].started[partition] = false;
}

static enum edge_kafka_event feed_next(void *self, size_t feed, struct edge_message *out)
{
    struct edge_offline *offline = self;
    struct feed_queue *queue = &offline->feeds[feed];
    struct waiting_kafka *waiting = queue->first;
    if (waiting == NULL || !queue->started[waiting->message.partition])
        return EDGE_KAFKA_NOTHING;
    queue->first = waiting->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    *out = waiting->message;
    out->handle = waiting;
    return EDGE_KAFKA_MESSAGE;
}

static void feed_release(void *self, struct edge_message *message)
{
    (void)self;
    free(message->handle);
    message->handle = NULL;
}

static size_t feed_of(const struct edge_offline *offline, const char *topic)
{
    const struct drf_config *config = offline->node.config;
    size_t feed = 0;
    while (feed < config->feed_count
           && (config->feeds[feed].removed || strcmp(config->feeds[feed].topic, topic) != 0))
        feed++;
    return feed;
}

enum drf_status edge_offline_put_kafka(struct edge_offline *offline,
                                       const struct edge_message *message)
{
    size_t feed = feed_of(offline, message->topic);
    if (feed == offline->node.config->feed_count || !is_read(message->partition))
        return DRF_ERR_ABSENT;
    size_t size = message->key_size + message->value_size;
    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + 1 + message->headers[i].size;
    struct waiting_kafka *waiting = malloc(sizeof *waiting + size);
    if (waiting == NULL)
        return DRF_ERR_NOMEM;
    uint8_t *at = (uint8_t *)(waiting + 1);
    waiting->next = NULL;
    waiting->message = *message;
    struct edge_message *own = &waiting->message;
    own->feed = feed;
    own->topic = offline->node.config->feeds[feed].topic;
    own->key = message->key != NULL ? at : NULL;
    at = put_bytes(at, message->key, message->key_size);
    own->value = message->value != NULL ? at : NULL;
    at = put_bytes(at, message->value, message->value_size);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct edge_header *header = &message->headers[i];
        own->headers[i].name = (const char *)at;
        at = put_bytes(at, header->name, strlen(header->name) + 1);
        own->headers[i].value = header->value != NULL ? (const char *)at : NULL;
        at = put_bytes(at, header->value, header->value != NULL ? header->size : 0);
    }
    struct feed_queue *queue = &offline->feeds[feed];
    *queue->end = waiting;
    queue->end = &waiting->next;
    if (message->offset >= queue->next_offset[message->partition])
        queue->next_offset[message->partition] = message->offset + 1;
    return DRF_OK;
}

void edge_offline_found(struct edge_offline *offline, struct edge_now now)
{
    for (size_t i = 0; i < offline->node.config->feed_count; i++) {
        const struct feed_queue *queue = &offline->feeds[i];
        if (offline->node.config->feeds[i].removed)
            continue;
        struct edge_kafka_found found = {
            .feed = i, .count = 1, .cluster_id = "offline", .asked_mono_us = now.mono_us};
        for (int32_t k = 0; k < EDGE_KAFKA_PARTITIONS_MAX; k++) {
            if (k > 0 && queue->next_offset[k] == 0)
                continue;
            if (k > 0)
                found.count++;
            found.partitions[found.count - 1].partition = k;
            found.partitions[found.count - 1].low = 0;
            found.partitions[found.count - 1].high = queue->next_offset[k];
        }
        edge_ingest_found(offline->node.ingest, i, &found, now);
    }
}

// ---- opening and stepping

static enum drf_status open_store(struct edge_offline *offline)
{
    struct edge_node *node = &offline->node;
    struct fusion_store_fault fault = {0};
    if (!offline->options.as_stored)
        return edge_node_open_store(node, offline->options.now);
    enum drf_status status = edge_node_store(node->config, &fault, &node->store);
    size_t size = sizeof node->boot_id;
    node->boot_id = offline->options.boot_id;
    if (status == DRF_OK && node->boot_id == 0
        && (fusion_store_value(node->store, EDGE_STORED_BOOT_ID, &node->boot_id, &size)
                != DRF_OK
            || size != sizeof node->boot_id))
        status = DRF_ERR_STORE;
    if (status == DRF_OK)
        status = edge_node_fabric(node->config, node->store, &node->fabric);
    if (status != DRF_OK)
        edge_log_error(&node->log, offline->options.now.utc_us, "store.unusable", fault.text);
    return status;
}

static enum drf_status open_parts(struct edge_offline *offline)
{
    struct edge_node *node = &offline->node;
    enum drf_status status = edge_node_open_handoffs(node);
    if (status == DRF_OK)
        status = open_store(offline);
    if (status != DRF_OK)
        return status;
    node->ingest_inputs = offline->options.ingest;
    node->serve_inputs = offline->options.serve;
    edge_node_use_inputs(node);
    status =
        edge_delivery_use(node->config, node->store, node->metrics,
                          (struct edge_delivery_port){0}, node->ingest_inputs, &node->delivery);
    if (status == DRF_OK)
        status = edge_decode_here_open(&offline->decoder);
    const struct edge_feed_port port = {.self = offline,
                                        .start = feed_start,
                                        .stop = feed_stop,
                                        .next = feed_next,
                                        .release = feed_release};
    if (status == DRF_OK)
        status = edge_node_open_ingest(node, port, edge_decode_here_port(offline->decoder));
    edge_source_stats_init(&node->source_stats, node->config, offline->options.now);
    node->source_stats.serve = node->serve_inputs;
    const struct edge_link link = {.self = offline,
                                   .send = link_send,
                                   .receive = link_receive,
                                   .session = link_session,
                                   .connected = link_connected};
    return status == DRF_OK ? edge_node_open_serve(node, link) : status;
}

enum drf_status edge_offline_open(const struct edge_offline_options *options,
                                  struct edge_offline **out)
{
    struct edge_offline *offline = calloc(1, sizeof *offline);
    if (offline == NULL)
        return DRF_ERR_NOMEM;
    offline->options = *options;
    offline->now = options->now;
    offline->end = &offline->first;
    for (size_t i = 0; i < DRF_FEEDS_MAX; i++)
        offline->feeds[i].end = &offline->feeds[i].first;
    offline->node = (struct edge_node){.config = options->config,
                                       .log = *options->log,
                                       .wake_ingest_fd = -1,
                                       .wake_serve_fd = -1};
    enum drf_status status = open_parts(offline);
    if (status != DRF_OK) {
        edge_offline_close(offline);
        return status;
    }
    *out = offline;
    return DRF_OK;
}

// `config` may hold tables of one before it and of one after it.
static void close_config(struct edge_offline *offline, struct drf_config **config)
{
    if (*config == NULL)
        return;
    drf_config_disown(*config, offline->options.config);
    if (*config == offline->taken)
        drf_config_close(*config);
    else
        drf_config_close_beside(*config, offline->taken);
    free(*config);
    *config = NULL;
}

enum drf_status edge_offline_reload_ingest(struct edge_offline *offline,
                                           const struct drf_config *config, bool restarted,
                                           struct edge_now now)
{
    struct edge_node *node = &offline->node;
    struct drf_config *next = malloc(sizeof *next);
    if (next == NULL)
        return DRF_ERR_NOMEM;
    *next = *config;
    if (edge_inputs_free(offline->options.ingest)) { // what is under way ends otherwise here
        edge_ingest_quiet(node->ingest, true);
        (void)edge_offline_ingest(offline, now, NULL);
        edge_ingest_quiet(node->ingest, false);
    }
    edge_node_name_feeds(node, next);
    enum drf_status status = edge_ingest_reload(node->ingest, next, restarted, now);
    close_config(offline, &offline->former);
    offline->former = offline->taken;
    offline->taken = next;
    node->config = next;
    return status;
}

void edge_offline_reload_serve(struct edge_offline *offline, struct edge_now now)
{
    edge_serve_reload(offline->node.serve, offline->node.config, now);
    close_config(offline, &offline->former);
}

void edge_offline_close(struct edge_offline *offline)
{
    if (offline == NULL)
        return;
    edge_node_close(&offline->node);
    close_config(offline, &offline->former);
    close_config(offline, &offline->taken);
    edge_decode_here_close(offline->decoder);
    for (struct waiting_mqtt *next; offline->first != NULL; offline->first = next) {
        next = offline->first->next;
        free(offline->first);
    }
    for (size_t i = 0; i < DRF_FEEDS_MAX; i++)
        for (struct waiting_kafka *next; offline->feeds[i].first != NULL;
             offline->feeds[i].first = next) {
            next = offline->feeds[i].first->next;
            free(offline->feeds[i].first);
        }
    free(offline->handed);
    free(offline);
}

void edge_offline_at(struct edge_offline *offline, struct edge_now now) { offline->now = now; }

struct edge_node *edge_offline_node(struct edge_offline *offline) { return &offline->node; }

int64_t edge_offline_ingest(struct edge_offline *offline, struct edge_now now,
                            enum drf_status *status)
{
    struct edge_ingest_done done = {.busy = true, .wake_mono_us = INT64_MAX};
    enum drf_status of_step = DRF_OK;
    offline->now = now;
    for (int i = 0; i < STEPS_MAX && done.busy && of_step == DRF_OK; i++)
        of_step = edge_ingest_step(offline->node.ingest, now, &done);
    if (status != NULL)
        *status = of_step;
    return done.wake_mono_us;
}

int64_t edge_offline_serve(struct edge_offline *offline, struct edge_now now)
{
    int64_t wake_mono_us = now.mono_us;
    offline->now = now;
    for (int i = 0; i < STEPS_MAX && (i == 0 || wake_mono_us <= now.mono_us); i++) {
        wake_mono_us = edge_serve_step(offline->node.serve, now);
        if (offline->first == NULL && wake_mono_us <= now.mono_us)
            break; // the same instant again would do the same
    }
    return wake_mono_us;
}

int64_t edge_offline_step(struct edge_offline *offline, struct edge_now now,
                          enum drf_status *status)
{
    int64_t ingest_mono_us = edge_offline_ingest(offline, now, status);
    int64_t serve_mono_us = edge_offline_serve(offline, now);
    if (edge_restore_request_waiting(
            &offline->node.restore_request)) { // it asked: answered at once
        ingest_mono_us = edge_offline_ingest(offline, now, status);
        serve_mono_us = edge_offline_serve(offline, now);
    }
    return ingest_mono_us < serve_mono_us ? ingest_mono_us : serve_mono_us;
}
