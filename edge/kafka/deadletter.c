// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/deadletter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/sha256.h"

enum { LINES_PER_SECOND = 5, OURS = 11 };
#define MINUTE_US INT64_C(60000000)

void edge_deadletters_init(struct edge_deadletters *deadletters,
                           const struct drf_config *config, struct edge_delivery *delivery,
                           struct edge_metrics *metrics, const struct edge_log *log)
{
    *deadletters = (struct edge_deadletters){
        .config = config, .delivery = delivery, .metrics = metrics, .log = log};
}

void edge_deadletters_follow(struct edge_deadletters *deadletters,
                             const struct drf_config *config)
{
    deadletters->config = config;
}

static bool sends(const struct edge_deadletters *deadletters)
{
    return deadletters->delivery->lanes[EDGE_DELIVERY_LETTER].there;
}

static struct edge_outbox *box_of(const struct edge_deadletters *deadletters)
{
    return &deadletters->delivery->lanes[EDGE_DELIVERY_LETTER].box;
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
    uint64_t before = box_of(deadletters)->next;
    enum drf_status status =
        edge_delivery_put(deadletters->delivery, EDGE_DELIVERY_LETTER, &kafka_record, now);
    if (box_of(deadletters)->next != before)
        deadletters->last_letter[message->feed] = before;
    return status == DRF_OK;
}

bool edge_deadletter_waits(const struct edge_deadletters *deadletters, size_t feed,
                           struct edge_now now)
{
    return sends(deadletters) && deadletters->last_letter[feed] >= box_of(deadletters)->resend
           && edge_outbox_near_full(box_of(deadletters), now.mono_us);
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
    if (sends(deadletters) && !edge_deadletter_is_one(message)) {
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
