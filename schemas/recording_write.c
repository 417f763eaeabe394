// SPDX-License-Identifier: Apache-2.0
// A hash table from a topic and how it is sent to the number of its channel. A channel is made
// for each combination that comes, because QoS, retain and expiry stand in its metadata. A
// wrapper is written around the payload without copying it: its other fields go into `fields`,
// and the message is handed on in pieces.
#include "schemas/recording_write.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/descriptor.h"
#include "schemas/mcap_record.h"
#include "schemas/proto_wire.h"

enum kind { KIND_MQTT, KIND_KAFKA, KIND_OTHER };

// What tells channels apart, beside the topic.
struct way {
    enum kind kind;
    bool json, retain, wrapped;
    uint8_t qos;
    uint32_t number; // expiry_s, or the partition
};

// A message, but for its data.
struct head {
    const char *topic, *schema; // schema NULL: none
    struct way way;
    uint64_t log_ns, publish_ns;
};

struct place {
    char *topic; // NULL: free
    uint64_t hash;
    struct way way;
    uint16_t channel_id;
    uint32_t sequence;
};

struct drf_recording {
    struct drf_mcap_writer *mcap;
    struct place *places;
    size_t place_count, place_room; // a power of two
    struct drf_mcap_buffer fields;
};

static enum drf_status begin(struct drf_recording *recording, bool stream)
{
    size_t size;
    const uint8_t *bytes = drf_descriptor_set(&size);
    if (stream)
        return DRF_OK;
    return drf_mcap_write_attachment(
        recording->mcap,
        &(struct drf_mcap_write_attachment){.name = DRF_RECORDING_DESCRIPTOR,
                                            .media_type = "application/x-protobuf"},
        bytes, size);
}

static enum drf_status wrap(enum drf_status status, struct drf_mcap_writer *mcap, bool stream,
                            struct drf_recording **out, char error[static DRF_MCAP_ERROR_SIZE])
{
    if (status != DRF_OK)
        return status;
    struct drf_recording *recording = calloc(1, sizeof *recording);
    if (recording == NULL) {
        drf_mcap_writer_close(mcap);
        snprintf(error, DRF_MCAP_ERROR_SIZE, "no memory");
        return DRF_ERR_NOMEM;
    }
    recording->mcap = mcap;
    status = begin(recording, stream);
    if (status != DRF_OK) {
        snprintf(error, DRF_MCAP_ERROR_SIZE, "%s", drf_mcap_writer_error(mcap));
        drf_recording_close(recording);
        return status;
    }
    *out = recording;
    return DRF_OK;
}

static struct drf_mcap_write_options with_profile(const struct drf_mcap_write_options *options)
{
    struct drf_mcap_write_options mine = *options;
    if (mine.profile == NULL)
        mine.profile = DRF_RECORDING_PROFILE;
    return mine;
}

enum drf_status drf_recording_open(const char *path,
                                   const struct drf_mcap_write_options *options,
                                   struct drf_recording **out,
                                   char error[static DRF_MCAP_ERROR_SIZE])
{
    struct drf_mcap_write_options mine = with_profile(options);
    struct drf_mcap_writer *mcap = NULL;
    enum drf_status status = drf_mcap_writer_open(path, &mine, &mcap, error);
    return wrap(status, mcap, options->stream, out, error);
}

enum drf_status drf_recording_open_fd(int fd, const char *name,
                                      const struct drf_mcap_write_options *options,
                                      struct drf_recording **out,
                                      char error[static DRF_MCAP_ERROR_SIZE])
{
    struct drf_mcap_write_options mine = with_profile(options);
    struct drf_mcap_writer *mcap = NULL;
    enum drf_status status = drf_mcap_writer_open_fd(fd, name, &mine, &mcap, error);
    return wrap(status, mcap, options->stream, out, error);
}

void drf_recording_close(struct drf_recording *recording)
{
    if (recording == NULL)
        return;
    for (size_t i = 0; i < recording->place_room; i++)
        free(recording->places[i].topic);
    free(recording->places);
    drf_mcap_buffer_free(&recording->fields);
    drf_mcap_writer_close(recording->mcap);
    free(recording);
}

struct drf_mcap_writer *drf_recording_mcap(struct drf_recording *recording)
{
    return recording->mcap;
}

static bool same_way(struct way a, struct way b)
{
    return a.kind == b.kind && a.json == b.json && a.retain == b.retain
           && a.wrapped == b.wrapped && a.qos == b.qos && a.number == b.number;
}

// FNV-1a.
static uint64_t hash_of(const char *topic, struct way way)
{
    uint64_t hash = 14695981039346656037U;
    for (const char *c = topic; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211U;
    uint64_t rest = (uint64_t)way.kind << 48 | (uint64_t)way.json << 44
                    | (uint64_t)way.retain << 43 | (uint64_t)way.wrapped << 42
                    | (uint64_t)way.qos << 32 | way.number;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (rest >> (8 * i) & 0xff)) * 1099511628211U;
    return hash;
}

// The place of that key, or the free one where it belongs.
static struct place *find(const struct drf_recording *recording, uint64_t hash,
                          const char *topic, struct way way)
{
    size_t mask = recording->place_room - 1, at = hash & mask;
    struct place *places = recording->places;
    while (places[at].topic != NULL
           && (places[at].hash != hash || !same_way(places[at].way, way)
               || strcmp(places[at].topic, topic) != 0))
        at = (at + 1) & mask;
    return &places[at];
}

static bool make_room(struct drf_recording *recording)
{
    if (recording->place_count * 2 < recording->place_room)
        return true;
    size_t room = recording->place_room == 0 ? 256 : 2 * recording->place_room;
    struct place *places = calloc(room, sizeof *places);
    if (places == NULL)
        return false;
    struct drf_recording larger = {.places = places, .place_room = room};
    for (size_t i = 0; i < recording->place_room; i++) {
        const struct place *old = &recording->places[i];
        if (old->topic != NULL)
            *find(&larger, old->hash, old->topic, old->way) = *old;
    }
    free(recording->places);
    recording->places = places;
    recording->place_room = room;
    return true;
}

// *id 0 for a NULL schema.
static enum drf_status schema_id_of(struct drf_recording *recording, const char *schema,
                                    uint16_t *id)
{
    uint8_t *descriptor = NULL;
    size_t size = 0;
    *id = 0;
    if (schema == NULL)
        return DRF_OK;
    enum drf_status status = drf_descriptor_of(schema, &descriptor, &size);
    if (status == DRF_OK)
        status =
            drf_mcap_write_schema(recording->mcap, schema, "protobuf", descriptor, size, id);
    free(descriptor);
    return status;
}

enum { PAIRS_MAX = 5, NUMBER_SIZE = 12 };

static size_t make_metadata(struct way way, struct drf_mcap_pair pairs[static PAIRS_MAX],
                            char number[static NUMBER_SIZE], char qos[static 2])
{
    size_t count = 0;
    if (way.kind == KIND_OTHER)
        return 0;
    snprintf(qos, 2, "%c", '0' + way.qos);
    if (way.kind == KIND_KAFKA) {
        snprintf(number, NUMBER_SIZE, "%" PRId32, (int32_t)way.number);
        pairs[count++] = (struct drf_mcap_pair){"transport", "kafka"};
        pairs[count++] = (struct drf_mcap_pair){"partition", number};
        return count;
    }
    snprintf(number, NUMBER_SIZE, "%" PRIu32, way.number);
    pairs[count++] = (struct drf_mcap_pair){"transport", "mqtt"};
    pairs[count++] = (struct drf_mcap_pair){"qos", qos};
    pairs[count++] = (struct drf_mcap_pair){"retain", way.retain ? "1" : "0"};
    if (way.number != 0)
        pairs[count++] = (struct drf_mcap_pair){"expiry_s", number};
    if (way.wrapped)
        pairs[count++] = (struct drf_mcap_pair){"wrapped", "1"};
    return count;
}

static enum drf_status make_channel(struct drf_recording *recording, const struct head *head,
                                    uint64_t hash, struct place **out)
{
    const char *const topic = head->topic;
    const struct way way = head->way;
    struct drf_mcap_pair pairs[PAIRS_MAX];
    char number[NUMBER_SIZE], qos[2];
    uint16_t schema_id = 0, id = 0;
    char *name =
        make_room(recording) ? malloc(strlen(topic) + sizeof DRF_RECORDING_KAFKA) : NULL;
    if (name == NULL)
        return DRF_ERR_NOMEM;
    snprintf(name, strlen(topic) + sizeof DRF_RECORDING_KAFKA, "%s%s",
             way.kind == KIND_KAFKA ? DRF_RECORDING_KAFKA : "", topic);
    enum drf_status status = schema_id_of(recording, head->schema, &schema_id);
    const char *encoding = schema_id != 0 ? "protobuf" : way.json ? "json" : "";
    size_t count = make_metadata(way, pairs, number, qos);
    if (status == DRF_OK)
        status = drf_mcap_write_channel(recording->mcap, name, encoding, schema_id, pairs,
                                        count, &id);
    if (status != DRF_OK) {
        free(name);
        return status;
    }
    memcpy(name, topic, strlen(topic) + 1);
    *out = find(recording, hash, topic, way);
    **out = (struct place){.topic = name, .hash = hash, .way = way, .channel_id = id};
    recording->place_count++;
    return DRF_OK;
}

static enum drf_status write_pieces(struct drf_recording *recording, const struct head *head,
                                    const struct drf_mcap_piece *pieces, size_t count)
{
    uint64_t hash = hash_of(head->topic, head->way);
    struct place *place =
        recording->place_room > 0 ? find(recording, hash, head->topic, head->way) : NULL;
    if (place == NULL || place->topic == NULL) {
        enum drf_status status = make_channel(recording, head, hash, &place);
        if (status != DRF_OK)
            return status;
    }
    return drf_mcap_write_message(
        recording->mcap,
        &(struct drf_mcap_write_message){
            .channel_id = place->channel_id,
            .sequence = ++place->sequence,
            .log_time_ns = head->log_ns,
            .publish_time_ns = head->publish_ns != 0 ? head->publish_ns : head->log_ns,
            .pieces = pieces,
            .piece_count = count,
        });
}

static void put_varint(struct drf_mcap_buffer *out, uint64_t value)
{
    uint8_t bytes[DRF_WIRE_VARINT_MAX];
    drf_mcap_put(out, bytes, drf_wire_put_varint(bytes, value));
}

static void put_number(struct drf_mcap_buffer *out, uint32_t number, uint64_t value)
{
    put_varint(out, (uint64_t)number << 3 | DRF_WIRE_VARINT);
    put_varint(out, value);
}

// The tag and size of a field of bytes, which come behind it.
static void put_head(struct drf_mcap_buffer *out, uint32_t number, size_t size)
{
    put_varint(out, (uint64_t)number << 3 | DRF_WIRE_BYTES);
    put_varint(out, size);
}

static void put_bytes(struct drf_mcap_buffer *out, uint32_t number, const void *bytes,
                      size_t size)
{
    put_head(out, number, size);
    drf_mcap_put(out, bytes, size);
}

// `fields` up to `split`, the body, the rest of `fields`.
static enum drf_status write_wrapped(struct drf_recording *recording, const struct head *head,
                                     size_t split, struct drf_mcap_piece body)
{
    struct drf_mcap_buffer *fields = &recording->fields;
    enum drf_status status = DRF_ERR_NOMEM;
    if (!fields->failed) {
        const struct drf_mcap_piece pieces[] = {
            {fields->bytes, split},
            body,
            {fields->bytes + split, fields->size - split},
        };
        status = write_pieces(recording, head, pieces, 3);
    }
    fields->size = 0;
    fields->failed = false;
    return status;
}

enum drf_status drf_recording_mqtt(struct drf_recording *recording,
                                   const struct drf_recorded_mqtt *message, uint64_t log_ns,
                                   uint64_t publish_ns)
{
    const bool responds = message->response_topic != NULL && message->response_topic[0] != '\0';
    const bool wrapped = responds || message->correlation != NULL;
    const struct head head = {
        .topic = message->topic,
        .schema = wrapped         ? "drf.v1.MqttMessage"
                  : message->json ? NULL
                                  : drf_topic_schema(message->topic),
        .way = {.kind = KIND_MQTT,
                .json = message->json && !wrapped, // the wrapper says it itself
                .retain = message->retain,
                .wrapped = wrapped,
                .qos = message->qos,
                .number = message->expiry_s},
        .log_ns = log_ns,
        .publish_ns = publish_ns,
    };
    const struct drf_mcap_piece payload = {message->payload, message->size};
    assert(message->qos <= 2);
    if (!wrapped)
        return write_pieces(recording, &head, &payload, 1);
    struct drf_mcap_buffer *fields = &recording->fields;
    put_head(fields, 1, message->size);
    size_t split = fields->size;
    if (responds)
        put_bytes(fields, 2, message->response_topic, strlen(message->response_topic));
    if (message->correlation != NULL)
        put_bytes(fields, 3, message->correlation, message->correlation_size);
    put_number(fields, 4, message->json);
    return write_wrapped(recording, &head, split, payload);
}

enum drf_status drf_recording_kafka(struct drf_recording *recording,
                                    const struct drf_recorded_kafka *message, uint64_t log_ns,
                                    uint64_t publish_ns)
{
    const struct head head = {
        .topic = message->topic,
        .schema = "drf.v1.KafkaMessage",
        .way = {.kind = KIND_KAFKA, .number = (uint32_t)message->partition},
        .log_ns = log_ns,
        .publish_ns = publish_ns,
    };
    struct drf_mcap_buffer *fields = &recording->fields;
    if (message->key != NULL)
        put_bytes(fields, 1, message->key, message->key_size);
    if (message->value != NULL)
        put_head(fields, 2, message->value_size);
    size_t split = fields->size;
    for (size_t i = 0; i < message->header_count; i++) {
        const struct drf_recorded_header *header = &message->headers[i];
        size_t key_size = strlen(header->key);
        uint8_t scratch[DRF_WIRE_VARINT_MAX];
        size_t size = 1 + drf_wire_put_varint(scratch, key_size) + key_size;
        if (header->value != NULL)
            size += 1 + drf_wire_put_varint(scratch, header->size) + header->size;
        put_head(fields, 3, size);
        put_bytes(fields, 1, header->key, key_size);
        if (header->value != NULL)
            put_bytes(fields, 2, header->value, header->size);
    }
    if (message->has_timestamp)
        put_number(fields, 4, (uint64_t)message->timestamp_ms);
    put_number(fields, 5, (uint64_t)(int64_t)message->partition);
    put_number(fields, 6, (uint64_t)message->offset);
    if (message->log_append_time)
        put_number(fields, 7, 1);
    return write_wrapped(recording, &head, split,
                         (struct drf_mcap_piece){
                             message->value, message->value != NULL ? message->value_size : 0});
}

enum drf_status drf_recording_message(struct drf_recording *recording, const char *topic,
                                      const char *schema, const void *data, size_t size,
                                      uint64_t log_ns, uint64_t publish_ns)
{
    const struct head head = {
        .topic = topic,
        .schema = schema,
        .way = {.kind = KIND_OTHER},
        .log_ns = log_ns,
        .publish_ns = publish_ns,
    };
    return write_pieces(recording, &head, &(struct drf_mcap_piece){data, size}, 1);
}
