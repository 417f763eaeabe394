// SPDX-License-Identifier: Apache-2.0
//
// Both messages are walked along their descriptor, field by field in the order of numbers:
// first the values that both have, then whether one has more. Values are read with memcpy from
// the offsets that protoc-c gives, so that one walk serves every message.
#include "sim/measure/message_difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// How many values a field holds: 0 or 1, or the length of a list.
static size_t count_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *base = (const char *)message;
    size_t count = 0;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        memcpy(&count, base + field->quantifier_offset, sizeof count);
        return count;
    }
    const void *pointer;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        memcpy(&pointer, base + field->offset, sizeof pointer);
        return pointer != NULL && pointer != field->default_value;
    default:
        if (field->label == PROTOBUF_C_LABEL_REQUIRED)
            return 1;
        protobuf_c_boolean has;
        memcpy(&has, base + field->quantifier_offset, sizeof has);
        return has != 0;
    }
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static const char *value_at(const ProtobufCMessage *message,
                            const ProtobufCFieldDescriptor *field, size_t index)
{
    const char *at = (const char *)message + field->offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return at;
    const char *list;
    memcpy(&list, at, sizeof list);
    return list + index * size_of(field);
}

static bool equal(const ProtobufCFieldDescriptor *field, const char *one, const char *two)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *a, *b;
        memcpy(&a, one, sizeof a);
        memcpy(&b, two, sizeof b);
        return strcmp(a, b) == 0;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData a, b;
        memcpy(&a, one, sizeof a);
        memcpy(&b, two, sizeof b);
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
    }
    return memcmp(one, two, size_of(field)) == 0; // floats too: to the bit
}

static void write_bytes(const ProtobufCBinaryData *data, char *out, size_t room)
{
    int used = snprintf(out, room, "%zu bytes ", data->len);
    for (size_t i = 0; i < data->len && used >= 0 && (size_t)used + 6 < room; i++)
        used += snprintf(out + used, room - (size_t)used, "%02x", data->data[i]);
}

static void write_value(const ProtobufCFieldDescriptor *field, const char *at, char *out,
                        size_t room)
{
    union {
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
        float real32;
        double real64;
        const char *text;
        protobuf_c_boolean yes;
        ProtobufCBinaryData data;
    } value;
    memset(&value, 0, sizeof value);
    memcpy(&value, at, size_of(field));
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        snprintf(out, room, "%" PRId32, value.i32);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        snprintf(out, room, "%" PRIu32, value.u32);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        snprintf(out, room, "%" PRId64, value.i64);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        snprintf(out, room, "%" PRIu64, value.u64);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        snprintf(out, room, "%.9g", (double)value.real32);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        snprintf(out, room, "%.17g", value.real64);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        snprintf(out, room, "%s", value.yes ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_STRING:
        snprintf(out, room, "\"%s\"", value.text);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        write_bytes(&value.data, out, room);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        snprintf(out, room, "a message");
        break;
    }
}

struct walk {
    struct sim_difference *out;
    size_t path_size;
};

// Adds to the path; returns its size before.
static size_t enter(struct walk *walk, const ProtobufCFieldDescriptor *field, size_t index)
{
    size_t before = walk->path_size;
    char *end = walk->out->field_path + before;
    size_t room = SIM_DIFFERENCE_PATH_SIZE - before;
    const char *dot = before > 0 ? "." : "";
    int size = field->label == PROTOBUF_C_LABEL_REPEATED
                   ? snprintf(end, room, "%s%s[%zu]", dot, field->name, index)
                   : snprintf(end, room, "%s%s", dot, field->name);
    walk->path_size = before + ((size_t)size < room ? (size_t)size : room - 1);
    return before;
}

static void leave(struct walk *walk, size_t before)
{
    walk->path_size = before;
    walk->out->field_path[before] = '\0';
}

// As deep as messages hold messages: the descriptors of schemas/drf/v1 have no circle.
// NOLINTBEGIN(misc-no-recursion)
static bool differ(struct walk *walk, const ProtobufCMessage *one, const ProtobufCMessage *two);

static bool differ_at(struct walk *walk, const ProtobufCFieldDescriptor *field, size_t index,
                      const char *one, const char *two)
{
    size_t before = enter(walk, field, index);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *a, *b;
        memcpy(&a, one, sizeof(void *));
        memcpy(&b, two, sizeof(void *));
        if (differ(walk, a, b))
            return true;
    } else if (!equal(field, one, two)) {
        write_value(field, one, walk->out->one, SIM_DIFFERENCE_VALUE_SIZE);
        write_value(field, two, walk->out->two, SIM_DIFFERENCE_VALUE_SIZE);
        return true;
    }
    leave(walk, before);
    return false;
}

static bool differ_in(struct walk *walk, const ProtobufCFieldDescriptor *field,
                      const ProtobufCMessage *one, const ProtobufCMessage *two)
{
    size_t ones = count_of(one, field), twos = count_of(two, field);
    for (size_t i = 0; i < ones && i < twos; i++)
        if (differ_at(walk, field, i, value_at(one, field, i), value_at(two, field, i)))
            return true;
    if (ones == twos)
        return false;
    size_t first = ones < twos ? ones : twos;
    enter(walk, field, first);
    snprintf(walk->out->one, SIM_DIFFERENCE_VALUE_SIZE, "absent");
    snprintf(walk->out->two, SIM_DIFFERENCE_VALUE_SIZE, "absent");
    if (ones > first)
        write_value(field, value_at(one, field, first), walk->out->one,
                    SIM_DIFFERENCE_VALUE_SIZE);
    else
        write_value(field, value_at(two, field, first), walk->out->two,
                    SIM_DIFFERENCE_VALUE_SIZE);
    return true;
}

static bool differ_unknown(struct walk *walk, const ProtobufCMessage *one,
                           const ProtobufCMessage *two)
{
    for (unsigned i = 0; i < one->n_unknown_fields || i < two->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField none = {0};
        const ProtobufCMessageUnknownField *a =
            i < one->n_unknown_fields ? &one->unknown_fields[i] : &none;
        const ProtobufCMessageUnknownField *b =
            i < two->n_unknown_fields ? &two->unknown_fields[i] : &none;
        if (a->tag == b->tag && a->len == b->len
            && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0))
            continue;
        snprintf(walk->out->field_path + walk->path_size,
                 SIM_DIFFERENCE_PATH_SIZE - walk->path_size, "%sfield %" PRIu32 " (unknown)",
                 walk->path_size > 0 ? "." : "", a->tag != 0 ? a->tag : b->tag);
        const ProtobufCBinaryData x = {a->len, a->data}, y = {b->len, b->data};
        write_bytes(&x, walk->out->one, SIM_DIFFERENCE_VALUE_SIZE);
        write_bytes(&y, walk->out->two, SIM_DIFFERENCE_VALUE_SIZE);
        return true;
    }
    return false;
}

static bool differ(struct walk *walk, const ProtobufCMessage *one, const ProtobufCMessage *two)
{
    for (unsigned i = 0; i < one->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &one->descriptor->fields[i];
        bool mode = field->type == PROTOBUF_C_TYPE_UINT32 && strcmp(field->name, "mode") == 0;
        if (!mode && differ_in(walk, field, one, two))
            return true;
    }
    return differ_unknown(walk, one, two);
}
// NOLINTEND(misc-no-recursion)

bool sim_message_difference(const ProtobufCMessage *one, const ProtobufCMessage *two,
                            struct sim_difference *out)
{
    *out = (struct sim_difference){0};
    struct walk walk = {.out = out};
    return differ(&walk, one, two);
}
