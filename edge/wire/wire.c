// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/wire/wire_parts.h"
#include "schemas/protojson.h"

static const char type_protobuf[] = "application/x-protobuf", type_json[] = "application/json";

enum edge_wire_form edge_wire_form_of(const char *content_type, const uint8_t *bytes,
                                      size_t size)
{
    if (content_type != NULL && strncmp(content_type, type_json, sizeof type_json - 1) == 0)
        return EDGE_WIRE_JSON;
    if (content_type != NULL && strcmp(content_type, type_protobuf) == 0)
        return EDGE_WIRE_PROTOBUF;
    // '{' would be field 15 as a group's start: no message of ours begins so
    return size > 0 && bytes[0] == '{' ? EDGE_WIRE_JSON : EDGE_WIRE_PROTOBUF;
}

static void *arena_take(void *data, size_t size)
{
    struct edge_wire *wire = data;
    size_t aligned = (size + 15) & ~(size_t)15;
    if (aligned < size || aligned > EDGE_WIRE_ARENA_SIZE - wire->used)
        return NULL;
    void *out = wire->arena + wire->used;
    wire->used += aligned;
    return out;
}

static void arena_give(void *data, void *pointer)
{
    (void)data; // all at once, before the next message
    (void)pointer;
}

enum drf_status edge_wire_open(struct edge_wire **out)
{
    struct edge_wire *wire = aligned_alloc(16, sizeof *wire);
    if (wire == NULL)
        return DRF_ERR_NOMEM;
    wire->allocator =
        (ProtobufCAllocator){.alloc = arena_take, .free = arena_give, .allocator_data = wire};
    wire->used = 0;
    wire->limits = fusion_limits_default();
    *out = wire;
    return DRF_OK;
}

void edge_wire_use_limits(struct edge_wire *wire, const struct fusion_limits *limits)
{
    wire->limits = *limits;
}

void edge_wire_close(struct edge_wire *wire) { free(wire); }

bool edge_wire_refuse(struct edge_wire_refusal *refusal, const char *field_path,
                      const char *text)
{
    refusal->code = EDGE_REPLY_INVALID;
    (void)snprintf(refusal->field_path, sizeof refusal->field_path, "%.*s",
                   (int)sizeof refusal->field_path - 1, field_path);
    (void)snprintf(refusal->text, sizeof refusal->text, "%.*s", (int)sizeof refusal->text - 1,
                   text);
    return false;
}

const ProtobufCMessage *edge_wire_unpack(struct edge_wire *wire, enum edge_wire_form form,
                                         const ProtobufCMessageDescriptor *descriptor,
                                         const uint8_t *bytes, size_t size,
                                         struct edge_wire_refusal *refusal)
{
    *refusal = (struct edge_wire_refusal){.code = EDGE_REPLY_INVALID};
    wire->used = 0;
    ProtobufCMessage *message = NULL;
    if (form == EDGE_WIRE_JSON) {
        struct schemas_protojson_error error;
        enum drf_status status = schemas_protojson_decode(descriptor, (const char *)bytes, size,
                                                          &wire->allocator, &message, &error);
        if (status == DRF_OK)
            return message;
        (void)edge_wire_refuse(refusal, error.field_path, error.text);
        return NULL;
    }
    if (size > 0)
        message = protobuf_c_message_unpack(descriptor, &wire->allocator, size, bytes);
    if (message == NULL)
        (void)edge_wire_refuse(refusal, "",
                               size > 0 ? "is not a message of drf.v1" : "is empty");
    return message;
}

enum drf_status edge_wire_pack(enum edge_wire_form form, const ProtobufCMessage *message,
                               uint8_t *bytes, size_t *size)
{
    if (form == EDGE_WIRE_JSON)
        return schemas_protojson_encode(message, (char *)bytes, size);
    size_t needed = protobuf_c_message_get_packed_size(message);
    if (needed > *size)
        return DRF_ERR_FULL;
    *size = protobuf_c_message_pack(message, bytes);
    return DRF_OK;
}

bool edge_wire_real(struct edge_wire_refusal *refusal, const char *field_path,
                    protobuf_c_boolean has, float value, double low, double high, double *out)
{
    if (!has)
        return true;
    if (!isfinite(value))
        return edge_wire_refuse(refusal, field_path, "is not a finite number");
    // The limits as floats: 0.1 sent as a float is a little more than 0.1.
    if (value < (float)low || value > (float)high) {
        char text[sizeof refusal->text];
        (void)snprintf(text, sizeof text, "%.9g is not within %.9g .. %.9g", (double)value, low,
                       high);
        return edge_wire_refuse(refusal, field_path, text);
    }
    *out = (double)value;
    return true;
}

bool edge_wire_position(struct edge_wire_refusal *refusal, const char *prefix,
                        protobuf_c_boolean has_lat, int32_t lat_e7, protobuf_c_boolean has_lon,
                        int32_t lon_e7, struct geo_point *out)
{
    char path[sizeof refusal->field_path];
    bool lat_bad = !has_lat || lat_e7 < -900000000 || lat_e7 > 900000000;
    bool lon_bad = !has_lon || lon_e7 < -1800000000 || lon_e7 > 1800000000;
    if (lat_bad || lon_bad) {
        (void)snprintf(path, sizeof path, "%s%s", prefix, lat_bad ? "lat_e7" : "lon_e7");
        bool missing = lat_bad ? !has_lat : !has_lon;
        return edge_wire_refuse(refusal, path, missing ? "is missing" : "is not on the globe");
    }
    *out = (struct geo_point){.lat_deg = lat_e7 / 1e7, .lon_deg = lon_e7 / 1e7};
    return true;
}

bool edge_wire_name(struct edge_wire_refusal *refusal, const char *field_path, const char *text,
                    char out[static EDGE_WIRE_NAME_SIZE])
{
    out[0] = '\0';
    if (text == NULL)
        return true;
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        if (text[length] < ' ' || text[length] > '~' || length + 1 >= EDGE_WIRE_NAME_SIZE)
            return edge_wire_refuse(refusal, field_path,
                                    "is not 64 or fewer printable ASCII characters");
    memcpy(out, text, length + 1);
    return true;
}
