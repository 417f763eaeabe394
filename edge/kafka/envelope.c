// SPDX-License-Identifier: Apache-2.0
// Headers are read one after another, each by a function that takes the header, else the Kafka
// field, else the feed's configuration; the first refusal ends it, and *out is written only
// when all succeeded. Mode comes first and is the strictest: every drf_mode header must be
// acceptable, since a forwarder may have added one, and a message with more headers than are
// kept is refused, as its mode may be among the missing ones. The source is always prefixed
// with the feed's name, so that a sender cannot pose as a source of another feed.
#include "edge/kafka/envelope.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edge/host/sha256.h"
#include "edge/kafka/deadletter.h"
#include "geo/utc.h"

static enum drf_status refuse(struct geo_note *why, enum geo_refusal_code code,
                              const char *format, ...) __attribute__((format(printf, 3, 4)));
static enum drf_status refuse(struct geo_note *why, enum geo_refusal_code code,
                              const char *format, ...)
{
    *why = (struct geo_note){.code = (uint32_t)code, .count = 1};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return DRF_ERR_RANGE;
}

// Text for an identity: printable, no control characters; UTF-8 is taken as it comes.
static bool readable(const void *bytes, size_t size)
{
    const unsigned char *text = bytes;
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

// Copies a text header into a field; false: too long or not readable. Absent leaves it alone.
static bool copy_header(const struct edge_message *message, const char *name, char *out,
                        size_t room)
{
    const struct edge_header *header = edge_message_header(message, name);
    if (!header)
        return true;
    if (header->size >= room || !readable(header->value, header->size))
        return false;
    if (header->size > 0)
        memcpy(out, header->value, header->size);
    out[header->size] = '\0';
    return true;
}

static enum drf_status judge_mode(uint32_t mode, uint32_t node_mode, struct geo_note *why)
{
    if (mode == 0)
        return refuse(why, GEO_REFUSAL_MODE, "drf_mode is none of LIVE, TEST, REPLAY, SIM");
    if (!drf_mode_accepts(node_mode, mode))
        return refuse(why, GEO_REFUSAL_MODE, "data of mode %s at a %s node",
                      drf_mode_name(mode), drf_mode_name(node_mode));
    return DRF_OK;
}

// Of several modes each must do: who forwards a message may have added one of his own.
static enum drf_status read_mode(const struct drf_feed_config *feed, uint32_t node_mode,
                                 const struct edge_message *message, struct geo_note *why)
{
    if (message->headers_left_out)
        return refuse(why, GEO_REFUSAL_MODE,
                      "more than %d headers: its mode may be among those that are not read",
                      EDGE_HEADERS_MAX);
    enum drf_status status = DRF_OK;
    bool said = false;
    for (size_t i = 0; i < message->header_count && status == DRF_OK; i++) {
        const struct edge_header *header = &message->headers[i];
        if (strcmp(header->name, "drf_mode") != 0)
            continue;
        said = true;
        status = judge_mode(drf_mode_parse(header->value, header->size), node_mode, why);
    }
    return said ? status : judge_mode(feed->mode, node_mode, why);
}

static enum drf_status read_version(const struct edge_message *message, struct geo_note *why,
                                    struct edge_envelope *out)
{
    const struct edge_header *header = edge_message_header(message, "ce_time");
    if (header) {
        if (geo_utc_parse(header->value, header->size, &out->version.time_utc_us) != DRF_OK)
            return refuse(why, GEO_REFUSAL_ENVELOPE, "ce_time is no instant");
    } else if (message->timestamp == EDGE_TIMESTAMP_CREATE && message->timestamp_ms >= 0
               && message->timestamp_ms < INT64_MAX / 1000) {
        out->version.time_utc_us = message->timestamp_ms * 1000;
    } else if (message->timestamp == EDGE_TIMESTAMP_APPEND) {
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "no ce_time, and the topic stamps LogAppendTime: the version would be "
                      "arrival");
    } else {
        return refuse(why, GEO_REFUSAL_ENVELOPE, "neither ce_time nor a creation time");
    }
    const struct edge_header *basis = edge_message_header(message, "drf_time_basis");
    out->file_time = basis && basis->size == 4 && memcmp(basis->value, "file", 4) == 0;
    edge_sha256(message->value, message->value_size, out->version.sha256);
    return DRF_OK;
}

static enum drf_status read_key(const struct edge_message *message, struct geo_note *why,
                                struct edge_envelope *out)
{
    if (message->key && message->key_size > 0) {
        if (message->key_size >= sizeof out->key || !readable(message->key, message->key_size))
            return refuse(why, GEO_REFUSAL_ENVELOPE,
                          "the key is longer than %d bytes or not text", EDGE_KEY_SIZE - 1);
        memcpy(out->key, message->key, message->key_size);
        out->key[message->key_size] = '\0';
        return DRF_OK;
    }
    if (!copy_header(message, "ce_subject", out->key, sizeof out->key))
        return refuse(why, GEO_REFUSAL_ENVELOPE, "ce_subject is too long or not text");
    if (out->key[0] != '\0')
        return DRF_OK;
    if (out->tombstone)
        return refuse(why, GEO_REFUSAL_ENVELOPE, "a tombstone without a key");
    char hex[65];
    edge_sha256_hex(out->version.sha256, hex);
    snprintf(out->key, sizeof out->key, "sha256:%.32s", hex);
    return DRF_OK;
}

static bool read_count(const struct edge_message *message, const char *name, uint32_t *out)
{
    char text[12] = "", *end;
    if (!copy_header(message, name, text, sizeof text) || text[0] < '0' || text[0] > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *out = (uint32_t)value;
    return *end == '\0' && value >= 1 && value <= 1000000;
}

static enum drf_status read_delivery(const struct edge_message *message, struct geo_note *why,
                                     struct edge_envelope *out)
{
    char delivery[16] = "features";
    if (!copy_header(message, "drf_delivery", delivery, sizeof delivery))
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "drf_delivery is neither features nor edition");
    if (strcmp(delivery, "features") == 0)
        return DRF_OK;
    if (strcmp(delivery, "edition") != 0)
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "drf_delivery is neither features nor edition");
    bool whole = copy_header(message, "drf_edition", out->edition, sizeof out->edition)
                 && out->edition[0] != '\0' && read_count(message, "drf_part", &out->part)
                 && read_count(message, "drf_parts", &out->parts) && out->part <= out->parts;
    if (!whole || out->tombstone)
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "an edition needs drf_edition, drf_part and drf_parts, and a value");
    return DRF_OK;
}

static enum drf_status read_core(const struct edge_message *message, struct geo_note *why,
                                 struct edge_envelope *out)
{
    const struct edge_header *header = edge_message_header(message, "drf_core");
    if (!header)
        return DRF_OK;
    char text[160] = "";
    double numbers[4];
    bool good = copy_header(message, "drf_core", text, sizeof text);
    char *at = text;
    for (size_t i = 0; i < 4 && good; i++) {
        char *end;
        bool decimal = strspn(at, "+-.0123456789eE") > 0;
        numbers[i] = decimal ? strtod(at, &end) : 0.0;
        good = decimal && end != at && *end == (i < 3 ? ',' : '\0') && isfinite(numbers[i]);
        at = good ? end + 1 : at;
    }
    if (good)
        out->core = (struct geo_bounds){numbers[0], numbers[1], numbers[2], numbers[3]};
    if (!good || !(out->core.west_deg < out->core.east_deg)
        || !(out->core.south_deg < out->core.north_deg))
        return refuse(why, GEO_REFUSAL_ENVELOPE, "drf_core is not west,south,east,north");
    out->has_core = true;
    return DRF_OK;
}

static bool begins(const struct edge_header *header, const char *word)
{
    size_t size = strlen(word);
    return header && header->size >= size && strncasecmp(header->value, word, size) == 0;
}

// A value is the document itself, in a frame at most.
static enum drf_status read_document(const struct drf_feed_config *feed,
                                     const struct edge_message *message, struct geo_note *why,
                                     struct edge_envelope *out)
{
    if (out->tombstone)
        return DRF_OK;
    const struct edge_header *type = edge_message_header(message, "content-type");
    const struct edge_header *encoding = edge_message_header(message, "content-encoding");
    if (begins(type, "application/cloudevents"))
        return refuse(
            why, GEO_REFUSAL_ENVELOPE,
            "CloudEvents in structured mode: only the binary mode (headers ce_...) is "
            "read");
    if (encoding && encoding->size > 0 && !begins(encoding, "identity"))
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "content-encoding: compressed values are not read; let Kafka compress");
    return edge_framing_strip((enum edge_framing)feed->framing, feed->format, message->value,
                              message->value_size, why, &out->document);
}

// The feed's name is put before the sender's source, so that a sender cannot use another feed's
// name.
static enum drf_status read_source(const struct drf_feed_config *feed,
                                   const struct edge_message *message, struct geo_note *why,
                                   struct edge_envelope *out)
{
    char said[EDGE_CE_SOURCE_SIZE];
    snprintf(said, sizeof said, "%s", feed->source);
    if (!copy_header(message, "ce_source", said, sizeof said))
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "ce_source is longer than %d bytes or not text", EDGE_CE_SOURCE_SIZE - 1);
    snprintf(out->source, sizeof out->source, "%s%s%s", feed->name, said[0] != '\0' ? "/" : "",
             said);
    return DRF_OK;
}

enum drf_status edge_envelope_read(const struct drf_feed_config *feed, uint32_t node_mode,
                                   const struct edge_message *message, struct geo_note *why,
                                   struct edge_envelope *out)
{
    struct edge_envelope envelope = {.tombstone = message->value == NULL};
    enum drf_status status = read_mode(feed, node_mode, message, why);
    if (status != DRF_OK)
        return status;
    if (edge_deadletter_is_one(message))
        return refuse(why, GEO_REFUSAL_ENVELOPE,
                      "a dead letter (headers drf_dead_...): send it again with drf-edge "
                      "deadletters resubmit");
    if (!envelope.tombstone && message->value_size == 0)
        return refuse(why, GEO_REFUSAL_EMPTY, "an empty value, which is no tombstone");
    if (message->value_size > feed->message_max_bytes)
        return refuse(why, GEO_REFUSAL_TOO_LARGE, "%zu bytes, more than message_max_kb allows",
                      message->value_size);
    status = read_source(feed, message, why, &envelope);
    if (status == DRF_OK)
        status = read_version(message, why, &envelope);
    if (status == DRF_OK)
        status = read_key(message, why, &envelope);
    if (status == DRF_OK)
        status = read_delivery(message, why, &envelope);
    if (status == DRF_OK)
        status = read_core(message, why, &envelope);
    if (status == DRF_OK)
        status = read_document(feed, message, why, &envelope);
    if (status == DRF_OK)
        *out = envelope;
    return status;
}
