// SPDX-License-Identifier: Apache-2.0
#include "edge/config/framing.h"

#include <stdbool.h>
#include <stdio.h>

#include "geo/format/decode.h"

enum {
    HEAD = 5, // the magic byte and the id
    INDEXES_MAX = 16,
    TAG_FIRST_BYTES = 1 << 3 | 2, // field 1, length-delimited
};

static enum drf_status refuse(struct geo_note *why, enum geo_refusal_code code, size_t position,
                              const char *text)
{
    *why = (struct geo_note){.code = (uint32_t)code, .count = 1, .position = position};
    snprintf(why->text, sizeof why->text, "%s", text);
    return DRF_ERR_RANGE;
}

// At most five bytes: nothing here needs more than 32 bits.
static bool read_varint(const uint8_t *bytes, size_t size, size_t *at, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (*at >= size)
            return false;
        uint8_t byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

// The indexes are zigzag varints; an odd one is a negative number.
static bool skip_indexes(const uint8_t *bytes, size_t size, size_t *at)
{
    uint64_t count, index;
    if (!read_varint(bytes, size, at, &count) || count % 2 != 0 || count / 2 > INDEXES_MAX)
        return false;
    for (uint64_t i = 0; i < count / 2; i++)
        if (!read_varint(bytes, size, at, &index) || index % 2 != 0)
            return false;
    return true;
}

static enum drf_status open_protobuf(const uint8_t *bytes, size_t size, struct geo_note *why,
                                     struct edge_framed *out)
{
    size_t at = HEAD;
    uint64_t length;
    if (!skip_indexes(bytes, size, &at))
        return refuse(why, GEO_REFUSAL_ENVELOPE, at,
                      "Confluent frame: the indexes of a Protobuf message are damaged");
    if (at >= size)
        return refuse(why, GEO_REFUSAL_EMPTY, at, "Confluent frame: an empty message");
    if (bytes[at++] != TAG_FIRST_BYTES || !read_varint(bytes, size, &at, &length)
        || length != size - at)
        return refuse(why, GEO_REFUSAL_ENVELOPE, at,
                      "Confluent frame: a Protobuf message whose only field is not number 1 "
                      "with the document as bytes or string");
    *out = (struct edge_framed){bytes + at, size - at};
    return DRF_OK;
}

// A count of indexes is small and even (zigzag); no document in text begins with these.
static bool looks_protobuf(uint8_t after_head)
{
    return after_head < '\t' && after_head % 2 == 0;
}

enum drf_status edge_framing_strip(enum edge_framing framing, uint32_t format,
                                   const uint8_t *bytes, size_t size, struct geo_note *why,
                                   struct edge_framed *out)
{
    bool raw = format == GEO_FORMAT_HGT || format == GEO_FORMAT_TERRAIN;
    bool magic = size > 0 && bytes[0] == 0;
    bool automatic = framing == EDGE_FRAMING_AUTO;
    if (framing == EDGE_FRAMING_NONE || (automatic && (raw || !magic))) {
        *out = (struct edge_framed){bytes, size};
        return DRF_OK;
    }
    if (!magic || size < HEAD)
        return refuse(why, GEO_REFUSAL_ENVELOPE, 0,
                      magic ? "Confluent frame: cut inside its head"
                            : "Confluent frame: the first byte is not 0");
    if (size == HEAD)
        return refuse(why, GEO_REFUSAL_EMPTY, 0, "Confluent frame: nothing in it");
    if (framing == EDGE_FRAMING_CONFLUENT_PROTOBUF
        || (automatic && looks_protobuf(bytes[HEAD])))
        return open_protobuf(bytes, size, why, out);
    *out = (struct edge_framed){bytes + HEAD, size - HEAD};
    return DRF_OK;
}
