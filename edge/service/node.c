// SPDX-License-Identifier: Apache-2.0
// Parts are opened in the order of their dependencies: hand-offs, HTTP, store, Kafka, ingest,
// serve. Each open_ function returns at the first error, and edge_node_close() closes
// everything in an order in which nothing is used after it was closed, and accepts parts that
// were never opened, so there is one clean-up path. The small static functions between are
// adapters: they bind ingest's interfaces (feeds, decoder) to Kafka, the fabric and the decoder
// children.
#include "edge/service/node.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "edge/decoder/sandbox.h"
#include "edge/host/clock.h"
#include "edge/mqtt/topic.h"
#include "edge/serve/others/publish.h"

enum { MQTT_RING_BYTES = 16 << 20, MQTT_QUEUE_BYTES = 16 << 20 };

static enum edge_lane lane_of(const struct edge_node *node, size_t feed)
{
    return node->config->feeds[feed].urgent ? EDGE_LANE_URGENT : EDGE_LANE_BULK;
}

// Names only: they are there before the counts say so.
void edge_node_name_feeds(struct edge_node *node, const struct drf_config *config)
{
    for (size_t i = 0; i < DRF_FEEDS_MAX && node->metrics == NULL; i++)
        node->feed_names[i] = node->names[i];
    for (size_t i = 0; i < config->feed_count; i++)
        if (node->names[i][0] == '\0')
            memcpy(node->names[i], config->feeds[i].name, sizeof node->names[i]);
    if (node->metrics)
        edge_metrics_feeds(node->metrics, config->feed_count);
}

enum drf_status edge_node_open_handoffs(struct edge_node *node)
{
    edge_node_name_feeds(node, node->config);
    edge_health_init(&node->health);
    edge_mailbox_init(&node->mailbox);
    edge_ownership_init(&node->ownership);
    enum drf_status status =
        edge_metrics_open(node->feed_names, node->config->feed_count, &node->metrics);
    if (status == DRF_OK)
        status = edge_backqueue_open(node->config->limits.backqueue_bytes, &node->backqueue);
    if (status == DRF_OK)
        status = edge_restore_request_open(&node->restore_request);
    if (status == DRF_OK)
        status = edge_report_answers_open(&node->report_answers);
    if (status == DRF_OK) {
        node->wake_ingest_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        node->wake_serve_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (node->wake_ingest_fd < 0 || node->wake_serve_fd < 0)
            status = DRF_ERR_NOMEM;
    }
    return status;
}

// What cannot be recorded is no reason not to serve: it is said aloud.
static void open_journal(struct edge_node *node, struct edge_now now)
{
    char error[400];
    if (node->config->journal.path[0] == '\0')
        return;
    if (edge_journal_open(node->config, node->boot_id, node->metrics, &node->log, now, error,
                          &node->journal)
        != DRF_OK) {
        node->journal = NULL;
        edge_metrics_add(node->metrics, EDGE_METRIC_JOURNAL_ENDED, 0, 0, 1);
        edge_log_error(&node->log, now.utc_us, "journal.not_started", error);
        return;
    }
    node->ingest_inputs = edge_journal_ingest(node->journal);
    node->serve_inputs = edge_journal_serve(node->journal);
    edge_node_use_inputs(node);
}

void edge_node_use_inputs(struct edge_node *node)
{
    edge_mailbox_use_inputs(&node->mailbox, node->ingest_inputs, node->serve_inputs);
    edge_restore_request_use_inputs(&node->restore_request, node->ingest_inputs,
                                    node->serve_inputs);
    edge_report_answers_use_inputs(node->report_answers, node->ingest_inputs,
                                   node->serve_inputs);
    edge_backqueue_use_inputs(node->backqueue,
                              (struct edge_backqueue_inputs){.popper = node->ingest_inputs,
                                                             .pusher = node->serve_inputs,
                                                             .front = EDGE_INPUT_BACK_FRONT,
                                                             .push = EDGE_INPUT_BACK_PUSH});
}

static void on_kafka_log(void *context, int level, const char *text)
{
    struct edge_node *node = context;
    char quoted[400];
    if (level > 5
        || !edge_log_allow(&node->kafka_log_limit, node->kafka_log_utc_us, 5, 10000000, NULL))
        return;
    edge_log_write(&node->log, node->kafka_log_utc_us,
                   level <= 3 ? EDGE_LOG_WARN : EDGE_LOG_INFO, "kafka", "text=%s",
                   edge_log_quote(quoted, sizeof quoted, text, strlen(text)));
}

static enum drf_status port_start(void *self, size_t feed, int32_t partition, int64_t offset)
{
    const struct edge_node *node = self;
    return edge_kafka_start(node->kafka[lane_of(node, feed)], feed, partition, offset);
}

static void port_stop(void *self, size_t feed, int32_t partition)
{
    const struct edge_node *node = self;
    edge_kafka_stop(node->kafka[lane_of(node, feed)], feed, partition);
}

static enum edge_kafka_event port_next(void *self, size_t feed, struct edge_message *out)
{
    const struct edge_node *node = self;
    return edge_kafka_next(node->kafka[lane_of(node, feed)], feed, out);
}

static void port_release(void *self, struct edge_message *message)
{
    (void)self;
    edge_kafka_release(message);
}

enum drf_status edge_node_open_lane(struct edge_node *node, const struct drf_config *config,
                                    enum edge_lane lane,
                                    char error[static EDGE_KAFKA_ERROR_SIZE],
                                    struct edge_kafka **out)
{
    return edge_kafka_open(config, lane == EDGE_LANE_URGENT, node->wake_ingest_fd, on_kafka_log,
                           node, error, out);
}

static enum drf_status open_kafka(struct edge_node *node, struct edge_now now)
{
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < node->config->feed_count && status == DRF_OK; i++) {
        enum edge_lane lane = lane_of(node, i);
        if (!node->kafka[lane])
            status = edge_node_open_lane(node, node->config, lane, error, &node->kafka[lane]);
    }
    if (status == DRF_OK)
        status = edge_delivery_open(node->config, node->store, node->metrics,
                                    node->ingest_inputs, error, &node->delivery);
    if (status != DRF_OK)
        edge_log_error(&node->log, now.utc_us, "kafka.settings", error);
    if (status == DRF_ERR_RANGE)
        node->exit_code = EDGE_EXIT_CONFIG;
    return status;
}

static enum drf_status begin_resync(void *fabric, size_t feed, bool redo, bool lossy)
{
    const struct edge_node *node = fabric;
    return fusion_fabric_resync_begin(node->fabric, node->feed_names[feed], redo, lossy);
}

static enum drf_status sweep_resync(void *fabric, size_t feed, size_t *forgotten, bool *again)
{
    const struct edge_node *node = fabric;
    return fusion_fabric_resync_sweep(node->fabric, node->feed_names[feed], forgotten, again);
}

static enum drf_status decode_start(void *self, size_t lane,
                                    const struct geo_decode_params *params,
                                    const uint8_t *bytes, size_t size, int64_t now_mono_us)
{
    return edge_children_start(self, lane, params, bytes, size, now_mono_us);
}

static bool decode_take(void *self, size_t lane, struct edge_decoded *out)
{
    return edge_children_take(self, lane, out);
}

static bool decode_ready(void *self) { return edge_children_ready(self); }

enum drf_status edge_node_open_ingest(struct edge_node *node, struct edge_feed_port port,
                                      struct edge_decoder_port decoder)
{
    port.fabric = node;
    port.begin = begin_resync;
    port.sweep = sweep_resync;
    enum drf_status status = edge_feeds_open(node->config, port, node->store, node->metrics,
                                             &node->log, &node->feeds);
    if (status == DRF_OK)
        edge_feeds_use_inputs(node->feeds, node->ingest_inputs);
    edge_deadletters_init(&node->deadletters, node->config, &node->delivery, node->metrics,
                          &node->log);
    struct edge_ingest_parts parts = {
        .config = node->config,
        .store = node->store,
        .fabric = node->fabric,
        .feeds = node->feeds,
        .decoder = decoder,
        .delivery = &node->delivery,
        .deadletters = &node->deadletters,
        .mailbox = &node->mailbox,
        .backqueue = node->backqueue,
        .restore_request = &node->restore_request,
        .report_answers = node->report_answers,
        .metrics = node->metrics,
        .health = &node->health,
        .source_stats = &node->source_stats,
        .inputs = node->ingest_inputs,
        .log = &node->log,
    };
    if (status == DRF_OK)
        status = edge_ingest_open(&parts, &node->ingest);
    return status;
}

// Of the decoders' sandbox one layer may be missing: the kernel's Landlock.
static enum drf_status check_sandbox(struct edge_node *node, struct edge_now now)
{
    const bool landlock = edge_sandbox_landlock(),
               required = node->config->sandbox_required != 0;
    edge_metrics_set(node->metrics, EDGE_METRIC_DECODER_LANDLOCK, 0, landlock);
    if (landlock)
        return DRF_OK;
    edge_log_write(&node->log, now.utc_us, required ? EDGE_LOG_ERROR : EDGE_LOG_WARN,
                   "sandbox.incomplete",
                   "missing=landlock text=\"this kernel has no Landlock, or "
                   "it is switched off: %s\"",
                   required ? "node.sandbox is required, so the node does not start"
                            : "decoders open their data files through the node");
    if (!required)
        return DRF_OK;
    node->exit_code = EDGE_EXIT_REFUSED;
    return DRF_ERR_RANGE;
}

static enum drf_status open_ingest(struct edge_node *node, struct edge_now now)
{
    const struct edge_children_config children = {
        .word = "decode-child",
        .memory_bytes = node->config->limits.decode_memory_bytes,
        .record_max_bytes = node->config->limits.record_max_bytes,
        .timeout_us = node->config->limits.decode_timeout_us,
    };
    const struct edge_feed_port port = {.self = node,
                                        .start = port_start,
                                        .stop = port_stop,
                                        .next = port_next,
                                        .release = port_release};
    enum drf_status status = check_sandbox(node, now);
    if (status == DRF_OK)
        status = edge_children_open(&children, &node->children);
    return status == DRF_OK
               ? edge_node_open_ingest(node, port,
                                       (struct edge_decoder_port){.self = node->children,
                                                                  .start = decode_start,
                                                                  .take = decode_take,
                                                                  .ready = decode_ready})
               : status;
}

static void on_held(void *context, size_t topic, const uint8_t *payload, size_t size)
{
    edge_claim_hear(context, topic == 1, payload, size);
}

// An owner whose link is cut must notice it in time, for edge/service/owning.c waits on top of
// that; but a broker that does not get to read for a moment is none that is cut off.
static unsigned unacknowledged_max_ms(const struct drf_config *config)
{
    enum { ALONE_MS = 3500 };
    const int64_t most_ms = config->owners.session_us / 1000 - 1000;
    bool shorter = config->owners.topic[0] != '\0' && most_ms < ALONE_MS;
    return shorter ? (unsigned)most_ms : ALONE_MS;
}

enum drf_status edge_node_connect(const struct drf_config *config,
                                  const struct edge_node_will *will, struct edge_mqtt **out,
                                  const char **why)
{
    // States first: what the broker keeps of other nodes is known before a drone asks. Then,
    // where others serve the region too, whether they live and what they answer: a reply must
    // not pass between a profile and the subscription to replies.
    // The broker gives a subscriber at QoS 1 twenty messages and queues a few more, so a fleet
    // that comes at once would lose profiles there; at QoS 0 they come as fast as the socket
    // takes them. The sender gets a Reply, which confirms more than the library's
    // acknowledgement. A state that was missed would let this node take itself for an owner:
    // never at QoS 0.
    static const enum edge_topic_kind shared[] = {EDGE_TOPIC_HEARTBEAT, EDGE_TOPIC_REPLY};
    static const enum edge_topic_kind kinds[] = {EDGE_TOPIC_TELEMETRY, EDGE_TOPIC_PROFILE,
                                                 EDGE_TOPIC_PLAN,      EDGE_TOPIC_REQUEST,
                                                 EDGE_TOPIC_REPORT,    EDGE_TOPIC_QUERY};
    enum { SHARED = sizeof shared / sizeof shared[0], KINDS = sizeof kinds / sizeof kinds[0] };
    static const uint8_t qos[1 + SHARED + KINDS] = {1};
    char filters[1 + SHARED + KINDS][EDGE_TOPIC_SIZE];
    const char *names[1 + SHARED + KINDS];
    const char *root = drf_config_topic_root(config);
    size_t count = 0;
    edge_topic_filter(root, EDGE_TOPIC_STATE, filters[count++]);
    for (size_t i = 0; i < SHARED && config->owners.topic[0] != '\0'; i++)
        edge_topic_region_filter(root, shared[i], config->region_id, filters[count++]);
    for (size_t i = 0; i < KINDS; i++)
        edge_topic_filter(root, kinds[i], filters[count++]);
    for (size_t i = 0; i < count; i++)
        names[i] = filters[i];
    const struct drf_mqtt_config *mqtt = &config->mqtt;
    const char *authorities =
        mqtt->ca_file[0] != '\0' ? mqtt->ca_file : "/etc/ssl/certs/ca-certificates.crt";
    struct edge_mqtt_config wanted = {
        .host = mqtt->host,
        .port = (uint16_t)mqtt->port,
        .client_id = mqtt->client_id,
        .username = mqtt->username[0] != '\0' ? mqtt->username : NULL,
        .password = mqtt->password[0] != '\0' ? mqtt->password : NULL,
        .ca_file = mqtt->tls ? authorities : NULL,
        .cert_file = mqtt->cert_file[0] != '\0' ? mqtt->cert_file : NULL,
        .key_file = mqtt->key_file[0] != '\0' ? mqtt->key_file : NULL,
        .keepalive_s = (uint16_t)mqtt->keepalive_s,
        .unacknowledged_max_ms = unacknowledged_max_ms(config),
        .ring_bytes = MQTT_RING_BYTES,
        .queue_max_bytes = MQTT_QUEUE_BYTES,
        .inflight_max = mqtt->inflight_max,
        .will_topic = will ? will->topic : NULL,
        .will_payload = will ? will->payload : NULL,
        .will_size = will ? will->size : 0,
        .filters = will ? names : NULL,
        .filter_qos = qos,
        .filter_count = will ? count : 0,
    };
    char state[EDGE_TOPIC_SIZE], heartbeat[EDGE_TOPIC_SIZE];
    const char *const held[] = {state, heartbeat};
    edge_topic_node(drf_config_topic_root(config), config->region_id, config->node_id, "state",
                    state);
    edge_topic_node(drf_config_topic_root(config), config->region_id, config->node_id,
                    "heartbeat", heartbeat);
    wanted.held_topics = held;
    wanted.held_count = will && will->claim ? sizeof held / sizeof held[0] : 0;
    wanted.on_held = on_held;
    wanted.on_held_context = will ? will->claim : NULL;
    return edge_mqtt_open(&wanted, out, why);
}

// One value that cannot be read is no reason not to serve everybody else.
static enum drf_status restore_value(void *context, const char *name, const void *bytes,
                                     size_t size)
{
    enum drf_status status = edge_serve_restore(
        context,
        (struct edge_serve_stored){.name = name, .bytes = bytes, .size = (uint32_t)size});
    return drf_status_action(status) == DRF_DROP ? DRF_OK : status;
}

static enum drf_status restore_drones(struct edge_node *node)
{
    enum drf_status status =
        fusion_store_each_value(node->store, EDGE_STORED_PROFILE, restore_value, node->serve);
    if (status == DRF_OK)
        status =
            fusion_store_each_value(node->store, EDGE_STORED_PLAN, restore_value, node->serve);
    // As open_store: it serves all the same.
    return drf_status_action(status) == DRF_SERVE ? DRF_OK : status;
}

enum drf_status edge_node_open_serve(struct edge_node *node, struct edge_link link)
{
    enum drf_status status =
        edge_serve_open(node->config, node->boot_id, link, &node->mailbox, node->backqueue,
                        node->metrics, &node->health, &node->serve);
    if (status != DRF_OK)
        return status;
    edge_serve_use_restore_request(node->serve, &node->restore_request);
    edge_serve_use_report_answers(node->serve, node->report_answers);
    edge_serve_use_source_stats(node->serve, &node->source_stats);
    edge_serve_use_inputs(node->serve, node->serve_inputs);
    if (node->viewing != NULL)
        status = edge_serve_use_viewing(node->serve, node->viewing);
    return status == DRF_OK ? restore_drones(node) : status;
}

enum drf_status edge_node_open_mqtt(const struct edge_node *node,
                                    const struct drf_config *config, struct edge_claim *claim,
                                    struct edge_mqtt **out, const char **why)
{
    uint8_t bytes[EDGE_SERVE_WILL_MAX];
    char topic[EDGE_TOPIC_SIZE];
    struct edge_node_will will = {
        .topic = topic, .payload = bytes, .size = sizeof bytes, .claim = claim};
    edge_topic_node(drf_config_topic_root(config), config->region_id, config->node_id, "state",
                    topic);
    enum drf_status status = edge_serve_will(config, node->boot_id, bytes, &will.size);
    return status == DRF_OK ? edge_node_connect(config, &will, out, why) : status;
}

static enum drf_status open_serve(struct edge_node *node, struct edge_now now)
{
    edge_claim_init(&node->claim, node->boot_id);
    const char *why = "out of memory";
    enum drf_status status =
        edge_node_open_mqtt(node, node->config, &node->claim, &node->mqtt, &why);
    if (status != DRF_OK) {
        edge_log_error(&node->log, now.utc_us, "mqtt.settings", why);
        if (status == DRF_ERR_RANGE)
            node->exit_code = EDGE_EXIT_CONFIG;
        return status;
    }
    node->timed_link = (struct edge_timed_link){.link = edge_mqtt_link(node->mqtt),
                                                .metrics = node->metrics,
                                                .mono_us = edge_clock_mono_us};
    node->leased_link = (struct edge_leased_link){.link = edge_timed_link(&node->timed_link),
                                                  .ownership = &node->ownership,
                                                  .metrics = node->metrics,
                                                  .boot_us = edge_clock_boot_us};
    status = edge_node_open_serve(node, edge_leased_link(&node->leased_link));
    if (status == DRF_OK && node->config->owners.topic[0] != '\0')
        edge_serve_use_ownership(node->serve, &node->ownership);
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    if (status == DRF_OK && edge_publish_any(node->config)) {
        status = edge_publisher_kafka_open(node->config, error, &node->publisher);
        if (status == DRF_OK)
            edge_serve_use_publisher(node->serve, edge_publisher_kafka_port(node->publisher));
        else
            edge_log_error(&node->log, now.utc_us, "kafka.settings", error);
    }
    return status;
}

static void open_http(struct edge_node *node, struct edge_now now)
{
    if (node->config->http_port == 0)
        return;
    enum drf_status status =
        edge_http_open(node->config->http_address, (uint16_t)node->config->http_port,
                       node->metrics, &node->health, &node->http);
    if (status != DRF_OK) // drones do not depend on it
        edge_log_error(&node->log, now.utc_us, "http.unavailable",
                       "the address or port is not available");
}

enum drf_status edge_node_begin(const struct drf_config *config, const struct edge_log *log,
                                struct edge_now now, struct edge_node *out)
{
    struct edge_node *node = out;
    *node = (struct edge_node){.config = config,
                               .log = *log,
                               .wake_ingest_fd = -1,
                               .wake_serve_fd = -1,
                               .exit_code = EDGE_EXIT_FAILED};
    enum drf_status status = edge_node_open_handoffs(node);
    if (status == DRF_OK)
        open_http(node, now);
    else
        edge_node_close(node);
    return status;
}

enum drf_status edge_node_open(struct edge_node *node, struct edge_now now)
{
    enum drf_status status = edge_node_open_store(node, now);
    if (status == DRF_ERR_AGAIN)
        return status;
    // Here, since only the ingest thread may use the store once it runs.
    size_t size = sizeof node->owner_epochs;
    if (status == DRF_OK
        && (fusion_store_value(node->store, EDGE_STORED_OWNER_EPOCHS, node->owner_epochs, &size)
                != DRF_OK
            || size != sizeof node->owner_epochs))
        memset(node->owner_epochs, 0, sizeof node->owner_epochs);
    if (status == DRF_OK)
        open_journal(node, now);
    if (status == DRF_OK)
        edge_node_open_view(node, now);
    if (status == DRF_OK)
        status = open_kafka(node, now);
    if (status == DRF_OK)
        status = open_ingest(node, now);
    edge_source_stats_init(&node->source_stats, node->config, now);
    node->source_stats.serve = node->serve_inputs;
    if (status == DRF_OK)
        status = open_serve(node, now);
    if (status != DRF_OK)
        edge_log_error(&node->log, now.utc_us, "node.not_started", drf_status_name(status));
    if (status != DRF_OK)
        edge_node_close(node);
    return status;
}

void edge_node_close(struct edge_node *node)
{
    edge_http_close(node->http);
    edge_view_close(node->view);
    edge_serve_close(node->serve);
    edge_publisher_kafka_close(node->publisher);
    edge_mqtt_close(node->mqtt);
    edge_ingest_close(node->ingest);
    edge_feeds_close(node->feeds);
    edge_children_close(node->children);
    fusion_fabric_close(node->fabric);
    fusion_store_close(node->store);
    edge_delivery_close(&node->delivery);
    for (size_t i = 0; i < EDGE_LANES; i++)
        edge_kafka_close(node->kafka[i]);
    edge_restore_request_close(&node->restore_request);
    edge_backqueue_close(node->report_answers);
    edge_backqueue_close(node->backqueue);
    edge_viewing_close(node->viewing);
    edge_journal_close(node->journal);
    edge_metrics_close(node->metrics);
    if (node->wake_ingest_fd >= 0)
        close(node->wake_ingest_fd);
    if (node->wake_serve_fd >= 0)
        close(node->wake_serve_fd);
}
