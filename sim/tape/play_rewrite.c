// SPDX-License-Identifier: Apache-2.0
// The schema of a topic names the generated message; its fields `mode`, `time_us` and so on are
// found by name in protobuf-c's descriptor, so one way serves all messages. Fields that this
// program does not know are kept in Protocol Buffers, and lost in JSON.
#include "sim/tape/play_rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/advisory.pb-c.h"
#include "drf/v1/context.pb-c.h"
#include "drf/v1/enums.pb-c.h"
#include "drf/v1/node.pb-c.h"
#include "drf/v1/patch.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "drf/v1/query.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/report.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "drf/v1/terrain.pb-c.h"
#include "schemas/protojson.h"

enum { TOPIC_SIZE = 512, ID_SIZE = 64, JSON_ROOM = 1 << 20 };

struct seen {
    char id[ID_SIZE]; // "": free
    uint64_t boot_id;
    uint32_t context_seq, patch_seq;
};

struct sim_play_rewriter {
    const char *root;
    struct seen *seen;
    size_t seen_count, seen_room; // a power of two
    uint8_t *bytes;
    size_t room;
    char topic[TOPIC_SIZE], response_topic[TOPIC_SIZE];
};

static const struct {
    const char *schema;
    const ProtobufCMessageDescriptor *descriptor;
    enum sim_play_kind kind;
} messages[] = {
    {"drf.v1.Telemetry", &drf__v1__telemetry__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Profile", &drf__v1__profile__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Plan", &drf__v1__plan__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Request", &drf__v1__request__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Report", &drf__v1__report__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Query", &drf__v1__query__descriptor, SIM_PLAY_INPUT},
    {"drf.v1.Context", &drf__v1__context__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Patch", &drf__v1__patch__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.AdvisoryMessage", &drf__v1__advisory_message__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Reply", &drf__v1__reply__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Terrain", &drf__v1__terrain__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Heartbeat", &drf__v1__heartbeat__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.NodeState", &drf__v1__node_state__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Catalog", &drf__v1__catalog__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.Alerts", &drf__v1__alerts__descriptor, SIM_PLAY_OUTPUT},
    {"drf.v1.QueryReply", &drf__v1__query_reply__descriptor, SIM_PLAY_OUTPUT},
};
enum { MESSAGES = sizeof messages / sizeof messages[0] };

// MESSAGES: none.
static size_t message_of(const char *topic)
{
    const char *schema = drf_topic_schema(topic);
    size_t i = 0;
    while (i < MESSAGES && (schema == NULL || strcmp(messages[i].schema, schema) != 0))
        i++;
    return i;
}

enum sim_play_kind sim_play_kind_of(const char *topic)
{
    size_t message = message_of(topic);
    return message < MESSAGES ? messages[message].kind : SIM_PLAY_OTHER;
}

enum drf_status sim_play_rewriter_open(const char *root, struct sim_play_rewriter **out)
{
    struct sim_play_rewriter *rewriter = calloc(1, sizeof *rewriter);
    if (rewriter == NULL)
        return DRF_ERR_NOMEM;
    rewriter->root = root;
    *out = rewriter;
    return DRF_OK;
}

void sim_play_rewriter_close(struct sim_play_rewriter *rewriter)
{
    if (rewriter == NULL)
        return;
    free(rewriter->seen);
    free(rewriter->bytes);
    free(rewriter);
}

// What stands below the root: from "/drones/", "/query/" or "/regions/" on.
static const char *below_root(const char *topic)
{
    static const char *const places[] = {"/drones/", "/query/", "/regions/"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *found = strstr(topic, places[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

// The drone's id; false when the topic is not of a drone.
static bool drone_of(const char *topic, char id[static ID_SIZE])
{
    const char *place = strstr(topic, "/drones/");
    size_t size = place != NULL ? strcspn(place + 8, "/") : 0;
    if (size == 0 || size >= ID_SIZE)
        return false;
    memcpy(id, place + 8, size);
    id[size] = '\0';
    return true;
}

static struct seen *find(struct seen *list, size_t room, const char *id)
{
    uint64_t hash = 14695981039346656037U; // FNV-1a
    for (const char *c = id; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211U;
    size_t at = hash & (room - 1);
    while (list[at].id[0] != '\0' && strcmp(list[at].id, id) != 0)
        at = (at + 1) & (room - 1);
    return &list[at];
}

static struct seen *place_for(struct sim_play_rewriter *rewriter, const char *id)
{
    if (rewriter->seen_count * 2 >= rewriter->seen_room) {
        size_t room = rewriter->seen_room == 0 ? 1024 : 2 * rewriter->seen_room;
        struct seen *list = calloc(room, sizeof *list);
        if (list == NULL)
            return NULL;
        for (size_t i = 0; i < rewriter->seen_room; i++)
            if (rewriter->seen[i].id[0] != '\0')
                *find(list, room, rewriter->seen[i].id) = rewriter->seen[i];
        free(rewriter->seen);
        rewriter->seen = list;
        rewriter->seen_room = room;
    }
    struct seen *seen = find(rewriter->seen, rewriter->seen_room, id);
    if (seen->id[0] == '\0') {
        snprintf(seen->id, sizeof seen->id, "%s", id);
        rewriter->seen_count++;
    }
    return seen;
}

static ProtobufCMessage *decode(const struct drf_recorded_mqtt *message,
                                const ProtobufCMessageDescriptor *descriptor)
{
    struct schemas_protojson_error error;
    ProtobufCMessage *made = NULL;
    if (!message->json)
        return protobuf_c_message_unpack(descriptor, NULL, message->size, message->payload);
    return schemas_protojson_decode(descriptor, (const char *)message->payload, message->size,
                                    NULL, &made, &error)
                   == DRF_OK
               ? made
               : NULL;
}

void sim_play_heard(struct sim_play_rewriter *rewriter, const struct drf_recorded_mqtt *message)
{
    char id[ID_SIZE];
    size_t number = message_of(message->topic);
    if (number == MESSAGES || !drone_of(message->topic, id))
        return;
    const ProtobufCMessageDescriptor *descriptor = messages[number].descriptor;
    const bool context = descriptor == &drf__v1__context__descriptor;
    if (!context && descriptor != &drf__v1__patch__descriptor)
        return;
    ProtobufCMessage *told = decode(message, descriptor);
    struct seen *seen = told != NULL ? place_for(rewriter, id) : NULL;
    if (seen != NULL) {
        const Drf__V1__Context *as_context = context ? (const void *)told : NULL;
        const Drf__V1__Patch *as_patch = context ? NULL : (const void *)told;
        uint64_t boot_id = context ? as_context->boot_id : as_patch->boot_id;
        if (boot_id > seen->boot_id) { // a node that began anew counts from 1
            seen->boot_id = boot_id;
            seen->context_seq = seen->patch_seq = 0;
        }
        if (boot_id == seen->boot_id && context)
            seen->context_seq = as_context->seq;
        else if (boot_id == seen->boot_id)
            seen->patch_seq = as_patch->seq;
    }
    if (told != NULL)
        protobuf_c_message_free_unpacked(told, NULL);
}

// The place of an optional number, and of its `has_`, NULL if the message has no such field.
static void *field_of(ProtobufCMessage *message, const char *name, ProtobufCType type,
                      protobuf_c_boolean **has)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    if (field == NULL || field->label != PROTOBUF_C_LABEL_OPTIONAL || field->type != type)
        return NULL;
    *has = (void *)((char *)message + field->quantifier_offset);
    return (char *)message + field->offset;
}

static void set_mode(ProtobufCMessage *message)
{
    protobuf_c_boolean *has;
    uint32_t *mode = field_of(message, "mode", PROTOBUF_C_TYPE_UINT32, &has);
    if (mode == NULL)
        return;
    *mode = DRF__V1__MODE__MODE_REPLAY;
    *has = true;
}

static void shift_times(ProtobufCMessage *message, int64_t shift_us)
{
    static const char *const names[] = {"time_us", "valid_from_us", "valid_until_us",
                                        "node_time_us"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        protobuf_c_boolean *has;
        int64_t *time_us = field_of(message, names[i], PROTOBUF_C_TYPE_SINT64, &has);
        if (time_us != NULL && *has)
            *time_us = (int64_t)((uint64_t)*time_us + (uint64_t)shift_us);
    }
}

// What the recorded drone had seen came from another node.
static void set_seen(const struct sim_play_rewriter *rewriter, const char *topic,
                     Drf__V1__Telemetry *telemetry)
{
    char id[ID_SIZE];
    const struct seen *seen = NULL;
    if (telemetry->seen == NULL)
        return;
    if (rewriter->seen_room > 0 && drone_of(topic, id))
        seen = find(rewriter->seen, rewriter->seen_room, id);
    Drf__V1__Seen *out = telemetry->seen;
    const bool any = seen != NULL && seen->id[0] != '\0';
    out->has_boot_id = out->has_context_seq = out->has_patch_seq = true;
    out->boot_id = any ? seen->boot_id : 0;
    out->context_seq = any ? seen->context_seq : 0;
    out->patch_seq = any ? seen->patch_seq : 0;
}

static enum drf_status make_room(struct sim_play_rewriter *rewriter, size_t room)
{
    if (room <= rewriter->room)
        return DRF_OK;
    uint8_t *bytes = realloc(rewriter->bytes, room);
    if (bytes == NULL)
        return DRF_ERR_NOMEM;
    rewriter->bytes = bytes;
    rewriter->room = room;
    return DRF_OK;
}

static enum drf_status encode(struct sim_play_rewriter *rewriter,
                              const ProtobufCMessage *message, struct drf_recorded_mqtt *out)
{
    size_t size = out->json ? JSON_ROOM : protobuf_c_message_get_packed_size(message);
    enum drf_status status = make_room(rewriter, size + 1);
    if (status == DRF_OK && out->json)
        status = schemas_protojson_encode(message, (char *)rewriter->bytes, &size);
    else if (status == DRF_OK)
        size = protobuf_c_message_pack(message, rewriter->bytes);
    if (status != DRF_OK)
        return status == DRF_ERR_NOMEM ? status : DRF_ERR_SYNTAX;
    out->payload = rewriter->bytes;
    out->size = size;
    return DRF_OK;
}

static bool move_topic(const char *root, const char *topic, char out[static TOPIC_SIZE])
{
    const char *below = below_root(topic);
    int length =
        snprintf(out, TOPIC_SIZE, "%s%s", root, below != NULL ? below : "/not-a-topic");
    return below != NULL && length > 0 && length < TOPIC_SIZE;
}

enum drf_status sim_play_rewrite(struct sim_play_rewriter *rewriter,
                                 const struct drf_recorded_mqtt *message,
                                 struct sim_play_change change, struct drf_recorded_mqtt *out)
{
    const size_t number = message_of(message->topic);
    struct drf_recorded_mqtt made = *message;
    if (number == MESSAGES)
        return DRF_ERR_SYNTAX;
    if (!move_topic(rewriter->root, message->topic, rewriter->topic))
        return DRF_ERR_RANGE;
    made.topic = rewriter->topic;
    if (message->response_topic != NULL) {
        if (!move_topic(rewriter->root, message->response_topic, rewriter->response_topic))
            return DRF_ERR_RANGE;
        made.response_topic = rewriter->response_topic;
    }
    if (message->size > 0) { // an empty one clears what is retained
        ProtobufCMessage *content = decode(message, messages[number].descriptor);
        if (content == NULL)
            return DRF_ERR_SYNTAX;
        set_mode(content);
        shift_times(content, change.shift_us);
        if (content->descriptor == &drf__v1__telemetry__descriptor) {
            Drf__V1__Telemetry *telemetry = (void *)content;
            set_seen(rewriter, message->topic, telemetry);
            if (telemetry->has_drone_boot_id)
                telemetry->drone_boot_id += change.drone_boot_more;
        }
        if (content->descriptor == &drf__v1__report__descriptor) // of another flight
            ((Drf__V1__Report *)(void *)content)->drone_boot_id += change.drone_boot_more;
        enum drf_status status = encode(rewriter, content, &made);
        protobuf_c_message_free_unpacked(content, NULL);
        if (status != DRF_OK)
            return status;
    }
    *out = made;
    return DRF_OK;
}
