// SPDX-License-Identifier: Apache-2.0
#include "edge/deadletter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge/sha256.h"

enum { LINES_PER_SECOND = 5, OURS = 10 };

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
#undef FIELD
    return OURS;
}

static bool send_letter(struct edge_deadletters *letters, const struct edge_message *message,
                        const struct geo_note *why)
{
    struct field fields[OURS];
    struct edge_header headers[EDGE_HEADERS_MAX + OURS];
    size_t count = message->header_count;
    memcpy(headers, message->headers, count * sizeof headers[0]);
    size_t ours = describe(letters->config, message, why, fields);
    for (size_t i = 0; i < ours; i++)
        headers[count++] = (struct edge_header){
            .name = fields[i].name, .value = fields[i].value, .size = strlen(fields[i].value)};
    size_t size = message->value_size < EDGE_DEADLETTER_BYTES_MAX ? message->value_size
                                                                  : EDGE_DEADLETTER_BYTES_MAX;
    for (int attempt = 0;; attempt++) {
        enum drf_status status =
            edge_producer_send(letters->producer, message->key, message->key_size,
                               message->value, size, headers, count);
        if (status != DRF_ERR_FULL || attempt > 0)
            return status == DRF_OK;
        edge_deadletter_serve(letters); // what is delivered leaves its place when reported
    }
}

static void tell(struct edge_deadletters *letters, const struct edge_message *message,
                 const struct geo_note *why, const char *what, struct edge_now now)
{
    const char *done = "dropped";
    if (letters->producer) {
        bool sent = send_letter(letters, message, why);
        done = sent ? "dead_letter" : "dead_letter_lost";
        if (!sent)
            edge_metrics_add(letters->metrics, EDGE_METRIC_DEAD_LETTERS_LOST, 0, 0, 1);
    }
    uint32_t held = 0;
    if (!edge_log_allow(&letters->limit, now.mono_us, LINES_PER_SECOND, 1000000, &held))
        return;
    char text[240];
    edge_log_write(
        letters->log, now.utc_us, EDGE_LOG_WARN, what,
        "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " reason=%s parts=%" PRIu32
        " position=%" PRIu64 " done=%s held_back=%" PRIu32 " text=%s",
        letters->config->feeds[message->feed].name, message->topic, message->partition,
        message->offset, geo_refusal_name((enum geo_refusal_code)why->code), why->count,
        why->position, done, held,
        edge_log_quote(text, sizeof text, why->text, strlen(why->text)));
}

static void say_ignored(const struct edge_deadletters *letters,
                        const struct edge_message *message, const struct geo_note *why,
                        struct edge_now now)
{
    char text[240];
    edge_log_write(letters->log, now.utc_us, EDGE_LOG_DEBUG, "feed.ignored",
                   "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " text=%s",
                   letters->config->feeds[message->feed].name, message->topic,
                   message->partition, message->offset,
                   edge_log_quote(text, sizeof text, why->text, strlen(why->text)));
}

void edge_deadletter_refused(struct edge_deadletters *letters,
                             const struct edge_message *message, const struct geo_note *why,
                             struct edge_now now)
{
    edge_metrics_add(letters->metrics, EDGE_METRIC_FEED_REFUSALS, message->feed, why->code, 1);
    if (why->code == GEO_REFUSAL_IGNORED) {
        say_ignored(letters, message, why, now);
        return;
    }
    tell(letters, message, why, "feed.refused", now);
}

void edge_deadletter_notes(struct edge_deadletters *letters, const struct edge_message *message,
                           struct geo_record record, struct edge_now now)
{
    struct geo_note first = {0};
    uint32_t parts = 0;
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(record, &cursor, &item);) {
        if (item.kind != GEO_ITEM_NOTE)
            continue;
        const struct geo_note *note = item.payload;
        edge_metrics_add(letters->metrics, EDGE_METRIC_FEED_NOTES, message->feed, note->code,
                         note->count);
        if (note->code == GEO_REFUSAL_IGNORED)
            continue;
        if (parts == 0)
            first = *note;
        parts += note->count;
    }
    if (parts == 0)
        return;
    first.count = parts;
    tell(letters, message, &first, "feed.part_refused", now);
}

void edge_deadletter_serve(struct edge_deadletters *letters)
{
    if (!letters->producer)
        return;
    uint64_t delivered, lost;
    edge_producer_serve(letters->producer, &delivered, &lost);
    edge_metrics_add(letters->metrics, EDGE_METRIC_DEAD_LETTERS, 0, 0, delivered);
    edge_metrics_add(letters->metrics, EDGE_METRIC_DEAD_LETTERS_LOST, 0, 0, lost);
}
