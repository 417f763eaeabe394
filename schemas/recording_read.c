// SPDX-License-Identifier: Apache-2.0
// Each record of the MCAP reader is looked at by its channel's metadata: `transport` says
// whether it is an MQTT or a Kafka message. A Kafka message and a wrapped MQTT message are
// unpacked into memory of the reader's own, which stays until the next call; everything else is
// passed on.
#include "schemas/recording_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/mcap_record.h"
#include "schemas/proto_wire.h"

enum { HEADERS_MAX = 1024 };

// What the metadata of a channel says, once for all its messages.
struct way {
    bool known, wrapped;
    enum drf_recorded_kind kind;
    struct drf_recorded_mqtt mqtt;
    struct drf_recorded_kafka kafka;
};

struct drf_recording_reader {
    struct drf_mcap_reader *mcap;
    struct way *ways; // by channel id
    size_t way_room;
    struct drf_mcap_buffer texts; // of the last message, each with its NUL
    struct drf_recorded_header *headers;
    size_t keys[HEADERS_MAX]; // where in `texts` the key of each begins
};

static enum drf_status wrap(enum drf_status status, struct drf_mcap_reader *mcap,
                            struct drf_recording_reader **out, struct drf_mcap_error *error)
{
    if (status != DRF_OK)
        return status;
    struct drf_recording_reader *reader = calloc(1, sizeof *reader);
    if (reader != NULL)
        reader->headers = malloc(HEADERS_MAX * sizeof *reader->headers);
    if (reader == NULL || reader->headers == NULL) {
        free(reader);
        drf_mcap_reader_close(mcap);
        *error = (struct drf_mcap_error){.text = "no memory"};
        return DRF_ERR_NOMEM;
    }
    reader->mcap = mcap;
    *out = reader;
    return DRF_OK;
}

enum drf_status drf_recording_reader_open(const char *path,
                                          const struct drf_mcap_read_options *options,
                                          struct drf_recording_reader **out,
                                          struct drf_mcap_error *error)
{
    struct drf_mcap_reader *mcap = NULL;
    enum drf_status status = drf_mcap_reader_open(path, options, &mcap, error);
    return wrap(status, mcap, out, error);
}

enum drf_status drf_recording_reader_open_fd(int fd, const char *name,
                                             const struct drf_mcap_read_options *options,
                                             struct drf_recording_reader **out,
                                             struct drf_mcap_error *error)
{
    struct drf_mcap_reader *mcap = NULL;
    enum drf_status status = drf_mcap_reader_open_fd(fd, name, options, &mcap, error);
    return wrap(status, mcap, out, error);
}

void drf_recording_reader_close(struct drf_recording_reader *reader)
{
    if (reader == NULL)
        return;
    drf_mcap_reader_close(reader->mcap);
    drf_mcap_buffer_free(&reader->texts);
    free(reader->headers);
    free(reader->ways);
    free(reader);
}

struct drf_mcap_reader *drf_recording_reader_mcap(struct drf_recording_reader *reader)
{
    return reader->mcap;
}

// A decimal number up to `most`; absent is 0.
static bool read_number(const struct drf_mcap_channel *channel, const char *key, uint64_t most,
                        uint64_t *out)
{
    const char *text = drf_mcap_find(channel->metadata, channel->metadata_count, key);
    uint64_t value = 0;
    if (text == NULL) {
        *out = 0;
        return true;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || value > most)
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
    }
    if (text[0] == '\0' || value > most)
        return false;
    *out = value;
    return true;
}

static bool read_mqtt_way(const struct drf_mcap_channel *channel, struct way *way)
{
    uint64_t qos, retain, expiry_s, wrapped;
    if (!read_number(channel, "qos", 2, &qos) || !read_number(channel, "retain", 1, &retain)
        || !read_number(channel, "expiry_s", UINT32_MAX, &expiry_s)
        || !read_number(channel, "wrapped", 1, &wrapped))
        return false;
    way->kind = DRF_RECORDED_MQTT;
    way->wrapped = wrapped != 0;
    way->mqtt = (struct drf_recorded_mqtt){
        .topic = channel->topic,
        .json = strcmp(channel->encoding, "json") == 0,
        .retain = retain != 0,
        .qos = (uint8_t)qos,
        .expiry_s = (uint32_t)expiry_s,
    };
    return true;
}

static bool read_way(const struct drf_mcap_channel *channel, struct way *way)
{
    const char *transport =
        drf_mcap_find(channel->metadata, channel->metadata_count, "transport");
    size_t prefix = strlen(DRF_RECORDING_KAFKA);
    *way = (struct way){.known = true, .kind = DRF_RECORDED_OTHER};
    if (transport == NULL)
        return true;
    if (strcmp(transport, "mqtt") == 0)
        return read_mqtt_way(channel, way);
    if (strcmp(transport, "kafka") == 0) {
        way->kind = DRF_RECORDED_KAFKA;
        way->kafka.topic = channel->topic + prefix;
        return strncmp(channel->topic, DRF_RECORDING_KAFKA, prefix) == 0;
    }
    return true;
}

// NULL: *status says why.
static const struct way *way_of(struct drf_recording_reader *reader,
                                const struct drf_mcap_record *record, enum drf_status *status)
{
    const size_t id = record->channel->id;
    if (id >= reader->way_room) {
        size_t room = id < 512 ? 1024 : 2 * id;
        struct way *ways = realloc(reader->ways, room * sizeof *ways);
        *status = DRF_ERR_NOMEM;
        if (ways == NULL)
            return NULL;
        for (size_t i = reader->way_room; i < room; i++)
            ways[i] = (struct way){.known = false};
        reader->ways = ways;
        reader->way_room = room;
    }
    if (reader->ways[id].known || read_way(record->channel, &reader->ways[id]))
        return &reader->ways[id];
    *status =
        drf_mcap_reject(reader->mcap, record, "its metadata are not those of a recording");
    return NULL;
}

// Where the text will stand in `texts`, once all of them are there.
static size_t keep_text(struct drf_recording_reader *reader, struct drf_wire_field field)
{
    size_t at = reader->texts.size;
    drf_mcap_put(&reader->texts, field.bytes, field.size);
    drf_mcap_put_u8(&reader->texts, 0);
    return at;
}

static bool is_text(struct drf_wire_field field)
{
    return field.type == DRF_WIRE_BYTES
           && (field.size == 0 || memchr(field.bytes, '\0', field.size) == NULL);
}

static bool unwrap_mqtt(struct drf_recording_reader *reader,
                        const struct drf_mcap_record *record, struct drf_recorded_mqtt *out)
{
    struct drf_wire wire = {.bytes = record->data, .size = (size_t)record->size};
    struct drf_wire_field field;
    bool good = true, responds = false;
    while (good && drf_wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == DRF_WIRE_BYTES) {
            out->payload = field.bytes;
            out->size = field.size;
        } else if (field.number == 2) {
            good = is_text(field);
            responds = true;
            reader->texts.size = 0;
            if (good)
                (void)keep_text(reader, field);
        } else if (field.number == 3 && field.type == DRF_WIRE_BYTES) {
            out->correlation = field.bytes;
            out->correlation_size = field.size;
        } else if (field.number == 4 && field.type == DRF_WIRE_VARINT) {
            out->json = field.value != 0;
        }
    }
    if (responds)
        out->response_topic = (const char *)reader->texts.bytes;
    return good && !wire.bad;
}

// The key's place in `texts` goes into `size_t key_at`: the buffer may still move.
static bool take_header(struct drf_recording_reader *reader, struct drf_wire_field message,
                        struct drf_recorded_header *out, size_t *key_at)
{
    struct drf_wire wire = {.bytes = message.bytes, .size = message.size};
    struct drf_wire_field field, key = {.bytes = (const uint8_t *)"", .type = DRF_WIRE_BYTES};
    *out = (struct drf_recorded_header){.key = NULL};
    while (drf_wire_next(&wire, &field)) {
        if (field.number == 1)
            key = field;
        if (field.number == 2 && field.type == DRF_WIRE_BYTES) {
            out->value = field.bytes;
            out->size = field.size;
        }
    }
    if (wire.bad || !is_text(key))
        return false;
    *key_at = keep_text(reader, key);
    return true;
}

static bool take_kafka_field(struct drf_recording_reader *reader, struct drf_wire_field field,
                             struct drf_recorded_kafka *out)
{
    switch (field.number) {
    case 1:
        out->key = field.bytes;
        out->key_size = field.size;
        return field.type == DRF_WIRE_BYTES;
    case 2:
        out->value = field.bytes;
        out->value_size = field.size;
        return field.type == DRF_WIRE_BYTES;
    case 3:
        if (field.type != DRF_WIRE_BYTES || out->header_count == HEADERS_MAX
            || !take_header(reader, field, &reader->headers[out->header_count],
                            &reader->keys[out->header_count]))
            return false;
        out->header_count++;
        return true;
    case 4:
        out->has_timestamp = true;
        out->timestamp_ms = (int64_t)field.value;
        return field.type == DRF_WIRE_VARINT;
    case 5:
        out->partition = (int32_t)field.value;
        return field.type == DRF_WIRE_VARINT;
    case 6:
        out->offset = (int64_t)field.value;
        return field.type == DRF_WIRE_VARINT;
    case 7:
        out->log_append_time = field.value != 0;
        return field.type == DRF_WIRE_VARINT;
    default:
        return true;
    }
}

static bool unwrap_kafka(struct drf_recording_reader *reader,
                         const struct drf_mcap_record *record, struct drf_recorded_kafka *out)
{
    struct drf_wire wire = {.bytes = record->data, .size = (size_t)record->size};
    struct drf_wire_field field;
    reader->texts.size = 0;
    while (drf_wire_next(&wire, &field))
        if (!take_kafka_field(reader, field, out))
            return false;
    for (size_t i = 0; i < out->header_count && !reader->texts.failed; i++)
        reader->headers[i].key = (const char *)reader->texts.bytes + reader->keys[i];
    out->headers = reader->headers;
    return !wire.bad;
}

static enum drf_status read_message(struct drf_recording_reader *reader,
                                    struct drf_recorded *out)
{
    enum drf_status status = DRF_OK;
    const struct way *way = way_of(reader, &out->record, &status);
    if (way == NULL)
        return status;
    out->kind = way->kind;
    bool good = true;
    if (way->kind == DRF_RECORDED_KAFKA) {
        out->kafka = way->kafka;
        good = unwrap_kafka(reader, &out->record, &out->kafka);
    } else if (way->kind == DRF_RECORDED_MQTT) {
        out->mqtt = way->mqtt;
        if (way->wrapped) {
            good = unwrap_mqtt(reader, &out->record, &out->mqtt);
        } else {
            out->mqtt.payload = out->record.data;
            out->mqtt.size = (size_t)out->record.size;
        }
    }
    if (reader->texts.failed)
        return DRF_ERR_NOMEM;
    return good ? DRF_OK
                : drf_mcap_reject(reader->mcap, &out->record, "a message cannot be decoded");
}

enum drf_status drf_recording_next(struct drf_recording_reader *reader,
                                   struct drf_recorded *out)
{
    enum drf_status status = drf_mcap_next(reader->mcap, &out->record);
    if (status != DRF_OK)
        return status;
    switch (out->record.kind) {
    case DRF_MCAP_MESSAGE:
        return read_message(reader, out);
    case DRF_MCAP_ATTACHMENT:
        out->kind = DRF_RECORDED_ATTACHMENT;
        return DRF_OK;
    default:
        out->kind = DRF_RECORDED_METADATA;
        return DRF_OK;
    }
}

bool drf_recording_is_journal(const struct drf_recorded *recorded, const char *path,
                              struct drf_mcap_error *error)
{
    if (recorded->kind != DRF_RECORDED_METADATA
        || strcmp(recorded->record.name, DRF_RECORDING_JOURNAL) != 0)
        return false;
    error->offset = recorded->record.offset;
    (void)snprintf(error->text, sizeof error->text,
                   "%.160s: a journal, which has a node's steps and no messages: `drf-edge "
                   "replay FILE --out FILE2` makes a recording of it",
                   path);
    return true;
}
