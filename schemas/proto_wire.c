// SPDX-License-Identifier: Apache-2.0
#include "schemas/proto_wire.h"

static uint64_t take_varint(struct drf_wire *wire)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (wire->at == wire->size)
            break;
        uint8_t byte = wire->bytes[wire->at++];
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    wire->bad = true;
    return 0;
}

static uint64_t take_fixed(struct drf_wire *wire, size_t size)
{
    uint64_t value = 0;
    if (size > wire->size - wire->at) {
        wire->bad = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)wire->bytes[wire->at + i] << (8 * i);
    wire->at += size;
    return value;
}

bool drf_wire_next(struct drf_wire *wire, struct drf_wire_field *field)
{
    if (wire->bad || wire->at == wire->size)
        return false;
    uint64_t tag = take_varint(wire);
    *field = (struct drf_wire_field){.number = (uint32_t)(tag >> 3),
                                     .type = (enum drf_wire_type)(tag & 7)};
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        wire->bad = true;
    switch (wire->bad ? -1 : (int)(tag & 7)) {
    case DRF_WIRE_VARINT:
        field->value = take_varint(wire);
        break;
    case DRF_WIRE_64:
        field->value = take_fixed(wire, 8);
        break;
    case DRF_WIRE_32:
        field->value = take_fixed(wire, 4);
        break;
    case DRF_WIRE_BYTES: {
        uint64_t size = take_varint(wire);
        if (wire->bad || size > wire->size - wire->at) {
            wire->bad = true;
            break;
        }
        field->bytes = wire->bytes + wire->at;
        field->size = (size_t)size;
        wire->at += (size_t)size;
        break;
    }
    default:
        wire->bad = true;
        break;
    }
    return !wire->bad;
}

size_t drf_wire_put_varint(uint8_t out[static DRF_WIRE_VARINT_MAX], uint64_t value)
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        out[size++] = (uint8_t)(value | 0x80);
    out[size++] = (uint8_t)value;
    return size;
}

size_t drf_wire_put_tag(uint8_t out[static DRF_WIRE_VARINT_MAX], uint32_t number,
                        enum drf_wire_type type)
{
    return drf_wire_put_varint(out, (uint64_t)number << 3 | (unsigned)type);
}
