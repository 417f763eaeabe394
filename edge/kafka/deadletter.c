// SPDX-License-Identifier: Apache-2.0
// A refusal is counted and logged at once; its letter goes through the outbox, which stores it
// and hands it to librdkafka. What came of those under way is taken in edge_deadletter_serve(),
// every 20 ms while Kafka answers. Nothing here waits: a flood of refusals is held back where
// it comes from, at the feed.
#include "edge/kafka/deadletter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/sha256.h"

enum { LINES_PER_SECOND = 5, OURS = 11, FINISH_MS = 1000, FINISH_STEP_MS = 50 };
#define SERVE_US INT64_C(20000)
#define IDLE_US INT64_C(500000)
#define MINUTE_US INT64_C(60000000)

// What goes to Kafka is an output as what goes to a drone is.
static void note_output(const struct edge_deadletters *deadletters,
                        const struct edge_kafka_record *kafka_record)
{
    if (deadletters->inputs == NULL)
        return;
    size_t size = edge_kafka_record_size(kafka_record);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        edge_inputs_spoil(deadletters->inputs, "out of memory");
        return;
    }
    edge_kafka_record_pack(kafka_record, bytes);
    char topic[DRF_TEXT_SIZE + 8];
    (void)snprintf(topic, sizeof topic, "kafka/%s", deadletters->config->dead_letter_topic);
    edge_inputs_output(
        deadletters->inputs,
        &(struct edge_output){.topic = topic, .payload = {.bytes = bytes, .size = size}});
    free(bytes);
}

static enum drf_status post_send(void *self, const struct edge_kafka_record *kafka_record)
{
    struct edge_deadletters *deadletters = self;
    enum drf_status status = DRF_OK;
    if (deadletters->port.send)
        status = deadletters->port.send(deadletters->port.self, kafka_record);
    status =
        (enum drf_status)edge_inputs_value(deadletters->inputs, EDGE_INPUT_PRODUCE, status);
    if (status == DRF_OK)
        note_output(deadletters, kafka_record);
    return status;
}

static void post_purge(void *self)
{
    const struct edge_deadletters *deadletters = self;
    if (deadletters->port.send)
        deadletters->port.purge(deadletters->port.self, false);
}

static enum drf_status kafka_send(void *self, const struct edge_kafka_record *kafka_record)
{
    return edge_producer_send(self, NULL, kafka_record);
}

static void kafka_purge(void *self, bool all) { edge_producer_purge(self, all); }

static size_t kafka_waiting(void *self) { return edge_producer_waiting(self); }

static void kafka_serve(void *self, int timeout_ms, edge_producer_report_fn report,
                        void *context)
{
    edge_producer_serve(self, timeout_ms, report, context);
}

enum drf_status edge_deadletters_producer(const struct drf_config *config,
                                          char error[static EDGE_KAFKA_ERROR_SIZE],
                                          struct edge_producer **out)
{
    return edge_producer_open(config, config->dead_letter_topic, 2 * EDGE_OUTBOX_UNDER_WAY_MAX,
                              16384, error, out);
}

enum drf_status edge_deadletters_open(const struct drf_config *config,
                                      struct fusion_store *store, struct edge_metrics *metrics,
                                      const struct edge_log *log,
                                      char error[static EDGE_KAFKA_ERROR_SIZE],
                                      struct edge_deadletters *out)
{
    struct edge_producer *producer = NULL;
    struct edge_deadletter_port port = {.send = kafka_send,
                                        .purge = kafka_purge,
                                        .waiting = kafka_waiting,
                                        .serve = kafka_serve};
    enum drf_status status = DRF_OK;
    if (config->dead_letter_topic[0] != '\0')
        status = edge_deadletters_producer(config, error, &producer);
    port.self = producer;
    if (status == DRF_OK)
        status = edge_deadletters_use(config, store, metrics, log, port, NULL, out);
    else
        *out = (struct edge_deadletters){0};
    out->producer = producer;
    return status;
}

enum drf_status edge_deadletters_use(const struct drf_config *config,
                                     struct fusion_store *store, struct edge_metrics *metrics,
                                     const struct edge_log *log,
                                     struct edge_deadletter_port port,
                                     struct edge_inputs *inputs, struct edge_deadletters *out)
{
    *out = (struct edge_deadletters){.config = config,
                                     .log = log,
                                     .metrics = metrics,
                                     .inputs = inputs,
                                     .serve_mono_us = INT64_MAX};
    if (config->dead_letter_topic[0] == '\0' || edge_inputs_free(inputs))
        return DRF_OK;
    out->sends = true;
    out->port = port;
    out->serve_mono_us = 0;
    struct edge_outbox_sender post = {.self = out, .send = post_send, .purge = post_purge};
    return edge_outbox_init(&out->box, store, post);
}

void edge_deadletters_close(struct edge_deadletters *deadletters)
{
    edge_producer_close(deadletters->producer);
    deadletters->producer = NULL;
    deadletters->port = (struct edge_deadletter_port){0};
}

struct field {
    const char *name;
    char value[200];
};

static size_t describe(const struct drf_config *config, const struct edge_message *message,
                       const struct geo_note *why, struct field fields[static OURS])
{
    uint8_t digest[32];
    char hex[65];
    edge_sha256(message->value, message->value_size, digest);
    edge_sha256_hex(digest, hex);
#define FIELD(index, key, ...)                                                                 \
    do {                                                                                       \
        fields[index].name = key;                                                              \
        snprintf(fields[index].value, sizeof fields[index].value, __VA_ARGS__);                \
    } while (0)
    FIELD(0, "drf_dead_reason", "%s", geo_refusal_name((enum geo_refusal_code)why->code));
    FIELD(1, "drf_dead_text", "%s", why->text);
    FIELD(2, "drf_dead_position", "%" PRIu64, why->position);
    FIELD(3, "drf_dead_parts", "%" PRIu32, why->count);
    FIELD(4, "drf_dead_feed", "%s", config->feeds[message->feed].name);
    FIELD(5, "drf_dead_topic", "%s", message->topic);
    FIELD(6, "drf_dead_partition", "%" PRId32, message->partition);
    FIELD(7, "drf_dead_offset", "%" PRId64, message->offset);
    FIELD(8, "drf_dead_size", "%zu", message->value_size);
    FIELD(9, "drf_dead_sha256", "%s", hex);
    if (message->timestamp != EDGE_TIMESTAMP_CREATE)
        return OURS - 1;
    FIELD(10, "drf_dead_time_ms", "%" PRId64, message->timestamp_ms);
#undef FIELD
    return OURS;
}

static bool send_letter(struct edge_deadletters *deadletters,
                        const struct edge_message *message, const struct geo_note *why,
                        struct edge_now now)
{
    struct field fields[OURS];
    struct edge_header headers[EDGE_HEADERS_MAX + OURS];
    // Ours first: a reader of EDGE_HEADERS_MAX headers sees that it is a dead letter.
    size_t count = describe(deadletters->config, message, why, fields);
    for (size_t i = 0; i < count; i++)
        headers[i] = (struct edge_header){
            .name = fields[i].name, .value = fields[i].value, .size = strlen(fields[i].value)};
    memcpy(headers + count, message->headers, message->header_count * sizeof headers[0]);
    count += message->header_count;
    struct edge_kafka_record kafka_record = {
        .key = message->key,
        .key_size = message->key_size,
        .value = message->value,
        .value_size = message->value_size < EDGE_DEADLETTER_BYTES_MAX
                          ? message->value_size
                          : EDGE_DEADLETTER_BYTES_MAX,
        .headers = headers,
        .header_count = count,
    };
    if (deadletters->serve_mono_us > now.mono_us + SERVE_US)
        deadletters->serve_mono_us = now.mono_us + SERVE_US;
    uint64_t before = deadletters->box.next;
    enum drf_status status = edge_outbox_put(&deadletters->box, &kafka_record, now.mono_us);
    if (deadletters->box.next != before)
        deadletters->last_letter[message->feed] = before;
    return status == DRF_OK;
}

bool edge_deadletter_waits(const struct edge_deadletters *deadletters, size_t feed,
                           struct edge_now now)
{
    return deadletters->sends && deadletters->last_letter[feed] >= deadletters->box.resend
           && edge_outbox_near_full(&deadletters->box, now.mono_us);
}

bool edge_deadletter_is_one(const struct edge_message *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strncmp(message->headers[i].name, EDGE_DEADLETTER_PREFIX,
                    strlen(EDGE_DEADLETTER_PREFIX))
            == 0)
            return true;
    return false;
}

static void log_refusal(struct edge_deadletters *deadletters,
                        const struct edge_message *message, const struct geo_note *why,
                        const char *what, struct edge_now now)
{
    const char *done = "dropped";
    if (deadletters->sends && !edge_deadletter_is_one(message)) {
        bool sent = send_letter(deadletters, message, why, now);
        done = sent ? "dead_letter" : "dead_letter_lost";
    }
    uint32_t held = 0;
    if (!edge_log_allow(&deadletters->limit, now.mono_us, LINES_PER_SECOND, 1000000, &held))
        return;
    char text[240];
    edge_log_write(
        deadletters->log, now.utc_us, EDGE_LOG_WARN, what,
        "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " reason=%s parts=%" PRIu32
        " position=%" PRIu64 " done=%s held_back=%" PRIu32 " text=%s",
        deadletters->config->feeds[message->feed].name, message->topic, message->partition,
        message->offset, geo_refusal_name((enum geo_refusal_code)why->code), why->count,
        why->position, done, held,
        edge_log_quote(text, sizeof text, why->text, strlen(why->text)));
}

// What there is nothing to repair of: which message, why, and that it was only counted.
static void log_counted(const struct edge_deadletters *deadletters,
                        const struct edge_message *message, const struct geo_note *why,
                        enum edge_log_level level, const char *what, uint32_t held,
                        struct edge_now now)
{
    char text[240];
    edge_log_write(deadletters->log, now.utc_us, level, what,
                   "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64
                   " reason=%s done=counted held_back=%" PRIu32 " text=%s",
                   deadletters->config->feeds[message->feed].name, message->topic,
                   message->partition, message->offset,
                   geo_refusal_name((enum geo_refusal_code)why->code), held,
                   edge_log_quote(text, sizeof text, why->text, strlen(why->text)));
}

void edge_deadletter_refused(struct edge_deadletters *deadletters,
                             const struct edge_message *message, const struct geo_note *why,
                             struct edge_now now)
{
    uint32_t held = 0;
    edge_metrics_add(deadletters->metrics, EDGE_METRIC_FEED_REFUSALS, message->feed, why->code,
                     1);
    if (why->code == GEO_REFUSAL_IGNORED)
        log_counted(deadletters, message, why, EDGE_LOG_DEBUG, "feed.ignored", 0, now);
    else if (why->code != GEO_REFUSAL_OUT_OF_REGION)
        log_refusal(deadletters, message, why, "feed.refused", now);
    else if (edge_log_allow(&deadletters->outside_limit, now.mono_us, 1, MINUTE_US, &held))
        log_counted(deadletters, message, why, EDGE_LOG_INFO, "feed.outside", held, now);
}

void edge_deadletter_notes(struct edge_deadletters *deadletters,
                           const struct edge_message *message, struct geo_record record,
                           struct edge_now now)
{
    struct geo_note first = {0};
    uint32_t parts = 0;
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(record, &cursor, &item);) {
        if (item.kind != GEO_ITEM_NOTE)
            continue;
        const struct geo_note *note = item.payload;
        edge_metrics_add(deadletters->metrics, EDGE_METRIC_FEED_NOTES, message->feed,
                         note->code, note->count);
        if (note->code == GEO_REFUSAL_IGNORED || note->code == GEO_REFUSAL_OUT_OF_REGION)
            continue;
        if (parts == 0)
            first = *note;
        parts += note->count;
    }
    if (parts == 0)
        return;
    first.count = parts;
    log_refusal(deadletters, message, &first, "feed.part_refused", now);
}

struct report {
    struct edge_deadletters *deadletters;
    int64_t now_mono_us;
    bool last; // the node ends: no step comes after this
};

// EDGE_INPUT_REPORT: delivered (a byte), tag (eight, little end first), and the packed record
// where it is kept only now.
enum { REPORT_HEAD = 9 };

static void record_report(struct edge_inputs *inputs,
                          const struct edge_kafka_record *kafka_record, bool delivered)
{
    uint8_t head[REPORT_HEAD] = {delivered ? 1 : 0};
    for (size_t i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(kafka_record->tag >> (8 * i));
    bool whole = !delivered && kafka_record->tag == 0;
    size_t size = whole ? edge_kafka_record_size(kafka_record) : 0;
    uint8_t *bytes = size > 0 ? malloc(size) : NULL;
    if (bytes)
        edge_kafka_record_pack(kafka_record, bytes);
    else if (size > 0)
        edge_inputs_spoil(inputs, "out of memory");
    const struct edge_piece pieces[] = {{.bytes = head, .size = sizeof head},
                                        {.bytes = bytes, .size = bytes ? size : 0}};
    edge_inputs_add(inputs, EDGE_INPUT_REPORT, pieces, 2);
    free(bytes);
}

static void on_report(void *context, const struct edge_kafka_record *kafka_record,
                      bool delivered)
{
    const struct report *report = context;
    struct edge_deadletters *deadletters = report->deadletters;
    if (!report->last && edge_inputs_records(deadletters->inputs))
        record_report(deadletters->inputs, kafka_record, delivered);
    edge_outbox_report(&deadletters->box, kafka_record, delivered, report->now_mono_us);
}

static void replay_reports(struct report *report)
{
    const uint8_t *bytes;
    size_t size;
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    while (edge_inputs_next(report->deadletters->inputs, EDGE_INPUT_REPORT, &bytes, &size)) {
        struct edge_kafka_record kafka_record = {0};
        if (size < REPORT_HEAD
            || (size > REPORT_HEAD
                && edge_kafka_record_unpack(bytes + REPORT_HEAD, size - REPORT_HEAD, headers,
                                            &kafka_record)
                       != DRF_OK)) {
            edge_inputs_differ(report->deadletters->inputs, "a damaged report");
            return;
        }
        kafka_record.tag = 0;
        for (size_t i = 0; i < 8; i++)
            kafka_record.tag |= (uint64_t)bytes[1 + i] << (8 * i);
        on_report(report, &kafka_record, bytes[0] != 0);
    }
}

static void count(struct edge_deadletters *deadletters)
{
    struct edge_outbox *box = &deadletters->box;
    edge_metrics_add(deadletters->metrics, EDGE_METRIC_DEAD_LETTERS, 0, 0, box->delivered);
    edge_metrics_add(deadletters->metrics, EDGE_METRIC_DEAD_LETTERS_LOST, 0, 0, box->lost);
    edge_metrics_set(deadletters->metrics, EDGE_METRIC_DEAD_LETTERS_KEPT, 0, box->kept);
    box->delivered = 0;
    box->lost = 0;
}

bool edge_deadletter_serve(struct edge_deadletters *deadletters, struct edge_now now)
{
    if (!deadletters->sends || now.mono_us < deadletters->serve_mono_us)
        return false;
    struct edge_outbox *box = &deadletters->box;
    struct report report = {.deadletters = deadletters, .now_mono_us = now.mono_us};
    if (deadletters->port.send)
        deadletters->port.serve(deadletters->port.self, 0, on_report, &report);
    else
        replay_reports(&report);
    edge_outbox_step(box, now.mono_us);
    count(deadletters);
    bool soon = box->under_way > 0 && edge_outbox_answers(box, now.mono_us);
    deadletters->serve_mono_us = now.mono_us + (soon ? SERVE_US : IDLE_US);
    bool changed = box->changed;
    box->changed = false;
    return changed;
}

void edge_deadletters_follow(struct edge_deadletters *deadletters,
                             const struct drf_config *config, bool restarted,
                             struct edge_now now)
{
    const struct edge_deadletter_port *port = &deadletters->port;
    struct report report = {.deadletters = deadletters, .now_mono_us = now.mono_us};
    deadletters->config = config;
    if (!deadletters->sends || !restarted)
        return;
    if (!port->send) {
        replay_reports(&report);
        return;
    }
    port->purge(port->self, true);
    port->serve(port->self, FINISH_STEP_MS, on_report, &report);
}

struct edge_producer *edge_deadletters_swap(struct edge_deadletters *deadletters,
                                            struct edge_producer *producer)
{
    struct edge_producer *former = deadletters->producer;
    deadletters->producer = deadletters->port.self = producer;
    return former;
}

void edge_deadletter_finish(struct edge_deadletters *deadletters, struct edge_now now)
{
    const struct edge_deadletter_port *port = &deadletters->port;
    if (!port->send)
        return;
    struct report report = {
        .deadletters = deadletters, .now_mono_us = now.mono_us, .last = true};
    for (int waited_ms = 0; waited_ms < FINISH_MS && port->waiting(port->self) > 0;
         waited_ms += FINISH_STEP_MS)
        port->serve(port->self, FINISH_STEP_MS, on_report, &report);
    port->purge(port->self, true);
    port->serve(port->self, FINISH_STEP_MS, on_report, &report);
    count(deadletters);
}
