// SPDX-License-Identifier: Apache-2.0
//
// Two readers go forward together, each to its next output; on the way they keep the last
// input. Equal payloads are compared as bytes; only others are decoded and walked, because a
// replay differs in `mode` alone.
#include "sim/measure/output_difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/advisory.pb-c.h"
#include "drf/v1/context.pb-c.h"
#include "drf/v1/node.pb-c.h"
#include "drf/v1/patch.pb-c.h"
#include "drf/v1/query.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/terrain.pb-c.h"
#include "schemas/protojson.h"
#include "sim/measure/topic.h"

#define DEAD_LETTER "drf_dead_" // its first header begins so (schemas/asyncapi.yaml)

struct side {
    struct drf_recording_reader *reader;
    struct drf_recorded recorded; // the output; valid until the next
    struct sim_topic topic;
    struct sim_place output, input;
    uint64_t outputs, inputs;
};

static const ProtobufCMessageDescriptor *descriptor_of(enum sim_leaf leaf)
{
    switch (leaf) {
    case SIM_LEAF_CONTEXT:
        return &drf__v1__context__descriptor;
    case SIM_LEAF_PATCH:
        return &drf__v1__patch__descriptor;
    case SIM_LEAF_ADVISORY:
        return &drf__v1__advisory_message__descriptor;
    case SIM_LEAF_REPLY:
        return &drf__v1__reply__descriptor;
    case SIM_LEAF_TERRAIN:
        return &drf__v1__terrain__descriptor;
    case SIM_LEAF_HEARTBEAT:
        return &drf__v1__heartbeat__descriptor;
    case SIM_LEAF_STATE:
        return &drf__v1__node_state__descriptor;
    case SIM_LEAF_CATALOG:
        return &drf__v1__catalog__descriptor;
    case SIM_LEAF_ALERTS:
        return &drf__v1__alerts__descriptor;
    case SIM_LEAF_QUERY_REPLY:
        return &drf__v1__query_reply__descriptor;
    default:
        return NULL;
    }
}

static bool is_dead_letter(const struct drf_recorded *recorded)
{
    return recorded->kind == DRF_RECORDED_KAFKA && recorded->kafka.header_count > 0
           && strncmp(recorded->kafka.headers[0].key, DEAD_LETTER, strlen(DEAD_LETTER)) == 0;
}

static struct sim_place place_of(const struct drf_recorded *recorded, uint64_t number)
{
    struct sim_place place = {.is = true,
                              .number = number,
                              .offset = recorded->record.offset,
                              .log_us = (int64_t)(recorded->record.log_time_ns / 1000)};
    snprintf(place.topic, sizeof place.topic, "%s", recorded->record.channel->topic);
    return place;
}

// To the next output; DRF_ERR_ABSENT: there is none.
static enum drf_status next_output(struct side *side)
{
    enum drf_status status;
    while ((status = drf_recording_next(side->reader, &side->recorded)) == DRF_OK) {
        if (side->recorded.kind == DRF_RECORDED_ATTACHMENT
            || side->recorded.kind == DRF_RECORDED_METADATA)
            continue;
        side->topic = sim_topic_parse(side->recorded.record.channel->topic);
        if (sim_leaf_output(side->topic.leaf) || is_dead_letter(&side->recorded)) {
            side->output = place_of(&side->recorded, ++side->outputs);
            return DRF_OK;
        }
        if (sim_leaf_input(side->topic.leaf))
            side->input = place_of(&side->recorded, ++side->inputs);
    }
    side->output = (struct sim_place){0};
    return status;
}

static bool say(struct sim_difference *out, const char *what, const char *one, const char *two)
{
    *out = (struct sim_difference){0};
    snprintf(out->field_path, sizeof out->field_path, "%s", what);
    snprintf(out->one, sizeof out->one, "%s", one);
    snprintf(out->two, sizeof out->two, "%s", two);
    return true;
}

static bool say_numbers(struct sim_difference *out, const char *what, uint64_t one,
                        uint64_t two)
{
    char texts[2][24];
    snprintf(texts[0], sizeof texts[0], "%" PRIu64, one);
    snprintf(texts[1], sizeof texts[1], "%" PRIu64, two);
    return say(out, what, texts[0], texts[1]);
}

static bool differ_bytes(struct sim_difference *out, const char *what, const uint8_t *one,
                         size_t one_size, const uint8_t *two, size_t two_size)
{
    if (one_size == two_size && (one_size == 0 || memcmp(one, two, one_size) == 0))
        return false;
    size_t at = 0;
    while (at < one_size && at < two_size && one[at] == two[at])
        at++;
    char path[64], texts[2][40];
    snprintf(path, sizeof path, "%s, byte %zu", what, at);
    for (int i = 0; i < 2; i++) {
        size_t size = i == 0 ? one_size : two_size;
        if (at < size)
            snprintf(texts[i], sizeof texts[i], "%02x of %zu bytes", (i == 0 ? one : two)[at],
                     size);
        else
            snprintf(texts[i], sizeof texts[i], "%zu bytes", size);
    }
    return say(out, path, texts[0], texts[1]);
}

static ProtobufCMessage *unpack(const struct drf_recorded_mqtt *mqtt,
                                const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = NULL;
    struct schemas_protojson_error error;
    if (!mqtt->json)
        return protobuf_c_message_unpack(descriptor, NULL, mqtt->size, mqtt->payload);
    if (schemas_protojson_decode(descriptor, (const char *)mqtt->payload, mqtt->size, NULL,
                                 &message, &error)
        != DRF_OK)
        return NULL;
    return message;
}

static bool differ_payload(const struct side sides[2], struct sim_difference *out)
{
    const struct drf_recorded_mqtt *one = &sides[0].recorded.mqtt;
    const struct drf_recorded_mqtt *two = &sides[1].recorded.mqtt;
    if (one->json == two->json && one->size == two->size
        && (one->size == 0 || memcmp(one->payload, two->payload, one->size) == 0))
        return false;
    const ProtobufCMessageDescriptor *descriptor = descriptor_of(sides[0].topic.leaf);
    ProtobufCMessage *a = unpack(one, descriptor), *b = unpack(two, descriptor);
    bool differs = a != NULL && b != NULL ? sim_message_difference(a, b, out)
                                          : differ_bytes(out, "payload", one->payload,
                                                         one->size, two->payload, two->size);
    if (a != NULL)
        protobuf_c_message_free_unpacked(a, NULL);
    if (b != NULL)
        protobuf_c_message_free_unpacked(b, NULL);
    return differs;
}

static bool differ_mqtt(const struct side sides[2], struct sim_difference *out)
{
    const struct drf_recorded_mqtt *one = &sides[0].recorded.mqtt;
    const struct drf_recorded_mqtt *two = &sides[1].recorded.mqtt;
    if (one->qos != two->qos)
        return say_numbers(out, "(QoS)", one->qos, two->qos);
    if (one->retain != two->retain)
        return say_numbers(out, "(retain)", one->retain, two->retain);
    if (one->expiry_s != two->expiry_s)
        return say_numbers(out, "(expiry, s)", one->expiry_s, two->expiry_s);
    return differ_bytes(out, "(correlation)", one->correlation, one->correlation_size,
                        two->correlation, two->correlation_size)
           || differ_payload(sides, out);
}

static bool differ_kafka(const struct side sides[2], struct sim_difference *out)
{
    const struct drf_recorded_kafka *one = &sides[0].recorded.kafka;
    const struct drf_recorded_kafka *two = &sides[1].recorded.kafka;
    if (differ_bytes(out, "(key)", one->key, one->key_size, two->key, two->key_size)
        || differ_bytes(out, "(value)", one->value, one->value_size, two->value,
                        two->value_size))
        return true;
    if (one->header_count != two->header_count)
        return say_numbers(out, "(number of headers)", one->header_count, two->header_count);
    for (size_t i = 0; i < one->header_count; i++) {
        if (strcmp(one->headers[i].key, two->headers[i].key) != 0)
            return say(out, "(header)", one->headers[i].key, two->headers[i].key);
        char what[SIM_DIFFERENCE_PATH_SIZE / 4];
        snprintf(what, sizeof what, "(header %.24s)", one->headers[i].key);
        bool mode = strcmp(one->headers[i].key, "drf_mode") == 0;
        if (!mode
            && differ_bytes(out, what, one->headers[i].value, one->headers[i].size,
                            two->headers[i].value, two->headers[i].size))
            return true;
    }
    return false;
}

static bool differ(const struct side sides[2], struct sim_difference *out)
{
    if (strcmp(sides[0].topic.rest, sides[1].topic.rest) != 0)
        return say(out, "(topic)", sides[0].topic.rest, sides[1].topic.rest);
    if (sides[0].recorded.kind != sides[1].recorded.kind)
        return say_numbers(out, "(transport)", sides[0].recorded.kind, sides[1].recorded.kind);
    if (sides[0].recorded.kind == DRF_RECORDED_KAFKA)
        return differ_kafka(sides, out);
    if (sides[0].recorded.kind == DRF_RECORDED_MQTT)
        return differ_mqtt(sides, out);
    const struct drf_mcap_record *one = &sides[0].recorded.record,
                                 *two = &sides[1].recorded.record;
    return differ_bytes(out, "payload", one->data, (size_t)one->size, two->data,
                        (size_t)two->size);
}

static bool truncated(const struct side *side)
{
    return drf_mcap_reader_end(drf_recording_reader_mcap(side->reader))
           == DRF_MCAP_END_TRUNCATED;
}

// One has ended, the other goes on: a difference, unless the end was cut off.
static enum drf_status end(struct side *longer, const struct side *shorter,
                           struct sim_output_difference *result)
{
    enum drf_status status = DRF_OK;
    if (!truncated(shorter)) {
        result->differs = true;
        say(&result->field, "(end)", result->outputs[0].is ? "one more" : "ended",
            result->outputs[1].is ? "one more" : "ended");
        return DRF_OK;
    }
    do
        result->unproved++;
    while ((status = next_output(longer)) == DRF_OK);
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

static enum drf_status compare(struct side sides[2], struct sim_output_difference *result,
                               int *at_fault)
{
    for (;;) {
        enum drf_status statuses[2];
        for (int i = 0; i < 2; i++) {
            statuses[i] = next_output(&sides[i]);
            if (statuses[i] != DRF_OK && statuses[i] != DRF_ERR_ABSENT) {
                *at_fault = i;
                return statuses[i];
            }
            result->outputs[i] = sides[i].output;
            result->inputs[i] = sides[i].input;
        }
        if (statuses[0] != DRF_OK && statuses[1] != DRF_OK)
            return DRF_OK;
        if (statuses[0] != DRF_OK || statuses[1] != DRF_OK) {
            *at_fault = statuses[0] == DRF_OK ? 0 : 1;
            return end(&sides[*at_fault], &sides[1 - *at_fault], result);
        }
        if (differ(sides, &result->field)) {
            result->differs = true;
            return DRF_OK;
        }
        result->compared++;
    }
}

enum drf_status sim_output_difference(const char *const paths[2],
                                      struct sim_output_difference *out,
                                      struct drf_mcap_error *error)
{
    const struct drf_mcap_read_options options = {.stream = false, .verify = false};
    struct side sides[2] = {0};
    struct sim_output_difference result = {0};
    *error = (struct drf_mcap_error){0};
    enum drf_status status = DRF_OK;
    for (int i = 0; i < 2 && status == DRF_OK; i++)
        status = drf_recording_reader_open(paths[i], &options, &sides[i].reader, error);
    int at_fault = 0;
    if (status == DRF_OK) {
        status = compare(sides, &result, &at_fault);
        if (status != DRF_OK)
            *error = *drf_mcap_reader_error(drf_recording_reader_mcap(sides[at_fault].reader));
        for (int i = 0; i < 2; i++)
            result.truncated[i] = truncated(&sides[i]);
    }
    drf_recording_reader_close(sides[0].reader);
    drf_recording_reader_close(sides[1].reader);
    if (status == DRF_OK)
        *out = result;
    return status;
}
