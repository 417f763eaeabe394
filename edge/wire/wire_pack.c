// SPDX-License-Identifier: Apache-2.0
// Both walks go through the fields of the descriptor; what a field is decides one switch. Most
// fields of most messages are absent, so nothing is worked out before it is known that a field
// is there. Fields are written last to first and each from its end, so a length is what was
// written since. Of a field that is repeated every member is a field of its own, but where it
// is packed.
#include "edge/wire/wire_pack.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

// NOLINTBEGIN(misc-no-recursion): messages lie in messages, as deep as the schema has them

enum { VARINT = 0, EIGHT_BYTES = 1, PREFIXED = 2, FOUR_BYTES = 5 }; // wire types

static inline uint32_t read_four(const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t read_eight(const void *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline const void *read_pointer(const void *at)
{
    const void *value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline size_t varint_size(uint64_t value)
{
    if (value < 128)
        return 1;
    return ((63U - (unsigned)__builtin_clzll(value)) * 9 + 73) / 64;
}

static inline uint32_t zigzag_four(uint32_t value) { return value << 1 ^ (0U - (value >> 31)); }

static inline uint64_t zigzag_eight(uint64_t value)
{
    return value << 1 ^ (UINT64_C(0) - (value >> 63));
}

static inline uint64_t widened(uint32_t value)
{
    return value | (UINT64_C(0) - (value >> 31)) << 32;
}

// How far the members of a repeated field lie apart.
static size_t width_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return 8;
    default:
        return 4;
    }
}

static inline bool there(const ProtobufCFieldDescriptor *field, const uint8_t *message)
{
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const void *pointer = read_pointer(message + field->offset);
        return pointer != NULL && pointer != field->default_value;
    }
    return read_four(message + field->quantifier_offset) != 0;
}

static inline size_t prefixed_size(size_t body) { return varint_size(body) + body; }

// Of one member, without its tag.
static inline size_t member_size(ProtobufCType type, const uint8_t *member)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return 4;
    case PROTOBUF_C_TYPE_UINT32:
        return varint_size(read_four(member));
    case PROTOBUF_C_TYPE_SINT32:
        return varint_size(zigzag_four(read_four(member)));
    case PROTOBUF_C_TYPE_BOOL:
        return 1;
    case PROTOBUF_C_TYPE_SINT64:
        return varint_size(zigzag_eight(read_eight(member)));
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return varint_size(read_eight(member));
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return varint_size(widened(read_four(member)));
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = read_pointer(member);
        return prefixed_size(text != NULL ? strlen(text) : 0);
    }
    case PROTOBUF_C_TYPE_BYTES: {
        ProtobufCBinaryData data;
        memcpy(&data, member, sizeof data);
        return prefixed_size(data.len);
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return prefixed_size(edge_wire_pack_size(read_pointer(member)));
    default: // DOUBLE, FIXED64, SFIXED64
        return 8;
    }
}

static inline bool packed(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
}

static size_t repeated_size(const ProtobufCFieldDescriptor *field, const uint8_t *message,
                            size_t tag)
{
    size_t count, size = 0, width = width_of(field->type);
    memcpy(&count, message + field->quantifier_offset, sizeof count);
    const uint8_t *members = read_pointer(message + field->offset);
    for (size_t i = 0; i < count; i++)
        size += member_size(field->type, members + i * width);
    if (packed(field))
        return count > 0 ? tag + prefixed_size(size) : 0;
    return size + count * tag;
}

// The first field of this number or a higher one: mostly there are no gaps before it.
static const ProtobufCFieldDescriptor *field_from(const ProtobufCMessageDescriptor *descriptor,
                                                  uint32_t number)
{
    const ProtobufCFieldDescriptor *first = descriptor->fields;
    const ProtobufCFieldDescriptor *end = first + descriptor->n_fields;
    if (number >= 1 && number <= descriptor->n_fields && first[number - 1].id == number)
        return &first[number - 1];
    while (first < end && first->id < number)
        first++;
    return first;
}

size_t edge_wire_pack_size(const ProtobufCMessage *message)
{
    return edge_wire_pack_size_from(message, 0);
}

size_t edge_wire_pack_size_from(const ProtobufCMessage *message, uint32_t first)
{
    assert(message->n_unknown_fields == 0);
    const ProtobufCFieldDescriptor *field = field_from(message->descriptor, first);
    const ProtobufCFieldDescriptor *end =
        message->descriptor->fields + message->descriptor->n_fields;
    const uint8_t *bytes = (const uint8_t *)message;
    size_t size = 0;
    for (; field < end; field++) {
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            size += repeated_size(field, bytes, varint_size((uint64_t)field->id << 3));
        else if (there(field, bytes))
            size += varint_size((uint64_t)field->id << 3)
                    + member_size(field->type, bytes + field->offset);
    }
    return size;
}

// All below write in front of `at` and return where that begins; the room was looked at.
static inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    if (value < 128) {
        *--at = (uint8_t)value;
        return at;
    }
    uint8_t *begin = at - varint_size(value);
    for (at = begin; value >= 128; value >>= 7)
        *at++ = (uint8_t)(value | 128);
    *at = (uint8_t)value;
    return begin;
}

static inline uint8_t *put_four(uint8_t *at, uint32_t value)
{
    at -= 4;
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
    return at;
}

static inline uint8_t *put_eight(uint8_t *at, uint64_t value)
{
    return put_four(put_four(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

// Of a field number beyond 15, up to 2047: no schema here has more fields.
static inline uint8_t *put_long_tag(uint8_t *at, uint32_t tag)
{
    assert(tag < 128 * 128);
    *--at = (uint8_t)(tag >> 7);
    *--at = (uint8_t)(tag | 128);
    return at;
}

static inline uint8_t *put_tag(uint8_t *at, const ProtobufCFieldDescriptor *field,
                               uint32_t wire_type)
{
    const uint32_t tag = field->id << 3 | wire_type;
    if (tag < 128) {
        *--at = (uint8_t)tag;
        return at;
    }
    return put_long_tag(at, tag);
}

static uint8_t *put_fields(uintptr_t low, uint8_t *at, const ProtobufCMessage *message);

// NULL: no room.
static uint8_t *put_body(uintptr_t low, uint8_t *at, const void *body, size_t size)
{
    if ((uintptr_t)at - low < EDGE_WIRE_PACK_SLACK + size)
        return NULL;
    at -= size;
    if (size > 0)
        memcpy(at, body, size);
    return put_varint(at, size);
}

static uint8_t *put_prefixed(uintptr_t low, uint8_t *at, ProtobufCType type,
                             const uint8_t *member)
{
    if (type == PROTOBUF_C_TYPE_STRING) {
        const char *text = read_pointer(member);
        return put_body(low, at, text, text != NULL ? strlen(text) : 0);
    }
    if (type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData data;
        memcpy(&data, member, sizeof data);
        return put_body(low, at, data.data, data.len);
    }
    uint8_t *begin = put_fields(low, at, read_pointer(member));
    return begin != NULL ? put_varint(begin, (uint64_t)(at - begin)) : NULL;
}

// A number without its tag. Of a wire type of its own that is returned in *wire_type.
__attribute__((always_inline)) static inline uint8_t *put_number(uint8_t *at,
                                                                 ProtobufCType type,
                                                                 const uint8_t *member,
                                                                 uint32_t *wire_type)
{
    *wire_type = VARINT;
    switch (type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        *wire_type = FOUR_BYTES;
        return put_four(at, read_four(member));
    case PROTOBUF_C_TYPE_UINT32:
        return put_varint(at, read_four(member));
    case PROTOBUF_C_TYPE_SINT32:
        return put_varint(at, zigzag_four(read_four(member)));
    case PROTOBUF_C_TYPE_BOOL:
        *--at = read_four(member) != 0;
        return at;
    case PROTOBUF_C_TYPE_SINT64:
        return put_varint(at, zigzag_eight(read_eight(member)));
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return put_varint(at, read_eight(member));
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return put_varint(at, widened(read_four(member)));
    default: // DOUBLE, FIXED64, SFIXED64
        *wire_type = EIGHT_BYTES;
        return put_eight(at, read_eight(member));
    }
}

static inline bool prefixed(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE
           || type == PROTOBUF_C_TYPE_BYTES;
}

static uint8_t *put_repeated(uintptr_t low, uint8_t *at, const ProtobufCFieldDescriptor *field,
                             const uint8_t *message)
{
    size_t count, width = width_of(field->type);
    memcpy(&count, message + field->quantifier_offset, sizeof count);
    const uint8_t *members = read_pointer(message + field->offset), *after = at;
    for (size_t i = count; i > 0; i--) {
        const uint8_t *member = members + (i - 1) * width;
        uint32_t wire_type = PREFIXED;
        if ((uintptr_t)at - low < EDGE_WIRE_PACK_SLACK)
            return NULL;
        at = prefixed(field->type) ? put_prefixed(low, at, field->type, member)
                                   : put_number(at, field->type, member, &wire_type);
        if (at == NULL)
            return NULL;
        if (!packed(field))
            at = put_tag(at, field, wire_type);
    }
    if (!packed(field) || count == 0)
        return at;
    if ((uintptr_t)at - low < EDGE_WIRE_PACK_SLACK)
        return NULL;
    return put_tag(put_varint(at, (uint64_t)(after - at)), field, PREFIXED);
}

// Most fields are numbers, and half of these are not there.
static uint8_t *put_range(uintptr_t low, uint8_t *at, const ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *first,
                          const ProtobufCFieldDescriptor *field)
{
    const uint8_t *bytes = (const uint8_t *)message;
    while (field-- > first) {
        const ProtobufCType type = field->type;
        uint32_t wire_type = PREFIXED;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            at = put_repeated(low, at, field, bytes);
            if (at == NULL)
                return NULL;
            continue;
        }
        if (!there(field, bytes))
            continue;
        if ((uintptr_t)at - low < EDGE_WIRE_PACK_SLACK)
            return NULL;
        if (type == PROTOBUF_C_TYPE_FLOAT) {
            wire_type = FOUR_BYTES;
            at = put_four(at, read_four(bytes + field->offset));
        } else if (prefixed(type)) {
            at = put_prefixed(low, at, type, bytes + field->offset);
            if (at == NULL)
                return NULL;
        } else {
            at = put_number(at, type, bytes + field->offset, &wire_type);
        }
        at = put_tag(at, field, wire_type);
    }
    return at;
}

static uint8_t *put_fields(uintptr_t low, uint8_t *at, const ProtobufCMessage *message)
{
    assert(message->n_unknown_fields == 0);
    const ProtobufCFieldDescriptor *first = message->descriptor->fields;
    return put_range(low, at, message, first, first + message->descriptor->n_fields);
}

void edge_wire_pack_measured(const ProtobufCMessage *message, uint8_t *bytes, size_t size)
{
    const uint8_t *first = put_fields(0, bytes + size, message);
    assert(first == bytes);
}

uint8_t *edge_wire_pack_fields(const ProtobufCMessage *message, uint32_t first, uint32_t last,
                               uint8_t *begin, uint8_t *end)
{
    assert(message->n_unknown_fields == 0);
    const ProtobufCFieldDescriptor *from = field_from(message->descriptor, first);
    const ProtobufCFieldDescriptor *to =
        last == UINT32_MAX ? message->descriptor->fields + message->descriptor->n_fields
                           : field_from(message->descriptor, last + 1);
    return put_range((uintptr_t)begin, end, message, from, to);
}

// NOLINTEND(misc-no-recursion)
