// schemas/proto_wire.h - fields of a Protocol Buffers message, one by one, without a copy.
// SPDX-License-Identifier: Apache-2.0
//
// For messages whose bytes are borrowed as they lie, and for descriptors; all else goes through
// protobuf-c. Groups are refused.
#ifndef SCHEMAS_PROTO_WIRE_H
#define SCHEMAS_PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum drf_wire_type {
    DRF_WIRE_VARINT = 0,
    DRF_WIRE_64 = 1,
    DRF_WIRE_BYTES = 2,
    DRF_WIRE_32 = 5
};

struct drf_wire_field {
    uint32_t number;
    enum drf_wire_type type;
    uint64_t value;       // DRF_WIRE_VARINT, _64, _32
    const uint8_t *bytes; // DRF_WIRE_BYTES: borrowed, not NULL
    size_t size;
};

struct drf_wire {
    const uint8_t *bytes;
    size_t size, at;
    bool bad;
};

// The next field; false at the end, and on malformed bytes, which make it `bad`.
bool drf_wire_next(struct drf_wire *wire, struct drf_wire_field *field);

enum { DRF_WIRE_VARINT_MAX = 10, DRF_WIRE_TAG_MAX = 5 };
// Writes a varint and returns its length; likewise a field's tag.
size_t drf_wire_put_varint(uint8_t out[static DRF_WIRE_VARINT_MAX], uint64_t value);
size_t drf_wire_put_tag(uint8_t out[static DRF_WIRE_VARINT_MAX], uint32_t number,
                        enum drf_wire_type type);

#endif
