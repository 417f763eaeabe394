// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/packet.h"

#include <stdbool.h>
#include <string.h>

enum {
    PUBLISH = 0x30, // and its flag:
    RETAIN = 0x01,
    VARINT_BYTES_MAX = 4,
    // Properties of PUBLISH: MQTT v5, 2.2.2.2.
    PAYLOAD_FORMAT = 0x01,
    EXPIRY = 0x02,
    CONTENT_TYPE = 0x03,
    RESPONSE_TOPIC = 0x08,
    CORRELATION = 0x09,
    SUBSCRIPTION = 0x0b,
    USER = 0x26,
};

static const char type_protobuf[] = "application/x-protobuf", type_json[] = "application/json";

// What is left to read; a NULL begin: it was not plain.
struct rest {
    const uint8_t *at, *end;
};

static size_t left_of(const struct rest *rest) { return (size_t)(rest->end - rest->at); }

static const uint8_t *take(struct rest *rest, size_t size)
{
    if (rest->at == NULL || left_of(rest) < size) {
        rest->at = NULL;
        return NULL;
    }
    rest->at += size;
    return rest->at - size;
}

// MQTT v5, 1.5.5. False: it does not end within what is left.
static bool take_varint(struct rest *rest, uint32_t *out)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        const uint8_t *byte = take(rest, 1);
        if (byte == NULL)
            return false;
        value |= (uint32_t)(*byte & 127) << 7 * i;
        if (*byte < 128) {
            *out = value;
            return true;
        }
    }
    rest->at = NULL;
    return false;
}

static const uint8_t *take_prefixed(struct rest *rest, size_t *size)
{
    const uint8_t *head = take(rest, 2);
    *size = head != NULL ? (size_t)head[0] << 8 | head[1] : 0;
    return head != NULL ? take(rest, *size) : NULL;
}

// Printable ASCII: what else is allowed the library looks at.
static const uint8_t *take_text(struct rest *rest, size_t *size)
{
    const uint8_t *text = take_prefixed(rest, size);
    for (size_t i = 0; text != NULL && i < *size; i++)
        if (text[i] < ' ' || text[i] > '~')
            return rest->at = NULL;
    return text;
}

static bool take_topic(struct rest *rest, char out[static EDGE_INBOX_TOPIC_MAX])
{
    size_t size;
    const uint8_t *text = take_text(rest, &size);
    if (text == NULL || size == 0 || size >= EDGE_INBOX_TOPIC_MAX)
        return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

// Of those that may stand only once a bit each is kept in *seen.
static bool take_property(struct rest *rest, struct edge_packet_texts *texts,
                          struct edge_incoming *out, uint32_t *seen)
{
    const uint8_t *id = take(rest, 1), *value;
    size_t size;
    uint32_t number;
    if (id == NULL || *id > USER || (*seen >> (*id & 31) & 1) != 0)
        return false;
    if (*id != SUBSCRIPTION && *id != USER)
        *seen |= UINT32_C(1) << (*id & 31);
    switch (*id) {
    case PAYLOAD_FORMAT:
        value = take(rest, 1);
        return value != NULL && *value <= 1;
    case EXPIRY:
        return take(rest, 4) != NULL;
    case CONTENT_TYPE:
        value = take_text(rest, &size);
        out->json = value != NULL && size == sizeof type_json - 1
                    && memcmp(value, type_json, size) == 0;
        return value != NULL;
    case RESPONSE_TOPIC:
        out->response_topic = texts->response_topic;
        return take_topic(rest, texts->response_topic);
    case CORRELATION:
        out->correlation = take_prefixed(rest, &out->correlation_size);
        return out->correlation != NULL;
    case SUBSCRIPTION:
        return take_varint(rest, &number) && number > 0;
    case USER:
        value = take_text(rest, &size);
        return value != NULL && take_text(rest, &size) != NULL;
    default: // a topic alias, which nobody is allowed, or nothing that belongs there
        return false;
    }
}

enum edge_packet edge_packet_read(const uint8_t *bytes, size_t size,
                                  struct edge_packet_texts *texts, struct edge_incoming *out,
                                  size_t *used)
{
    if (size > 0 && (bytes[0] & ~RETAIN) != PUBLISH)
        return EDGE_PACKET_OTHER;
    if (size < 2)
        return EDGE_PACKET_PARTIAL;
    struct rest rest = {bytes + 1, bytes + size};
    uint32_t length, properties_size, seen = 0;
    if (!take_varint(&rest, &length))
        return size <= VARINT_BYTES_MAX ? EDGE_PACKET_PARTIAL : EDGE_PACKET_OTHER;
    if (left_of(&rest) < length)
        return EDGE_PACKET_PARTIAL;
    rest.end = rest.at + length;
    struct edge_incoming in = {
        .retained = (bytes[0] & RETAIN) != 0, .topic = texts->topic, .response_topic = ""};
    if (!take_topic(&rest, texts->topic) || !take_varint(&rest, &properties_size)
        || left_of(&rest) < properties_size)
        return EDGE_PACKET_OTHER;
    struct rest properties = {rest.at, rest.at + properties_size};
    while (left_of(&properties) > 0)
        if (!take_property(&properties, texts, &in, &seen))
            return EDGE_PACKET_OTHER;
    in.payload = properties.end;
    in.size = (size_t)(rest.end - properties.end);
    *out = in;
    *used = (size_t)(rest.end - bytes);
    return EDGE_PACKET_PLAIN;
}

static uint8_t *put_prefixed(uint8_t *at, const void *bytes, size_t size)
{
    *at++ = (uint8_t)(size >> 8);
    *at++ = (uint8_t)size;
    memcpy(at, bytes, size);
    return at + size;
}

static uint8_t *put_varint(uint8_t *at, size_t value)
{
    for (; value >= 128; value >>= 7)
        *at++ = (uint8_t)(value | 128);
    *at++ = (uint8_t)value;
    return at;
}

static size_t varint_size(size_t value)
{
    return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}

size_t edge_packet_write(const struct edge_outgoing *message, uint8_t *bytes, size_t room)
{
    const char *type = message->json ? type_json : type_protobuf;
    const size_t topic_size = strlen(message->topic), type_size = strlen(type),
                 properties_size = 3 + type_size + (message->expiry_s > 0 ? 5 : 0),
                 length = 2 + topic_size + 1 + properties_size + message->size; // of one byte
    if (topic_size > UINT16_MAX || 1 + varint_size(length) + length > room)
        return 0;
    uint8_t *at = bytes;
    *at++ = (uint8_t)(PUBLISH | (message->retain ? RETAIN : 0));
    at = put_varint(at, length);
    at = put_prefixed(at, message->topic, topic_size);
    at = put_varint(at, properties_size);
    *at++ = CONTENT_TYPE;
    at = put_prefixed(at, type, type_size);
    if (message->expiry_s > 0) {
        *at++ = EXPIRY;
        for (int shift = 24; shift >= 0; shift -= 8)
            *at++ = (uint8_t)(message->expiry_s >> shift);
    }
    if (message->size > 0)
        memcpy(at, message->payload, message->size);
    return (size_t)(at - bytes) + message->size;
}
