// edge/wire/wire_parts.h - shared by edge/wire/*.c, private to them.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_PARTS_H
#define EDGE_WIRE_PARTS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "edge/wire/wire.h"
#include "geo/point.h"

enum { EDGE_WIRE_ARENA_SIZE = 64 * 1024 };

// Everything one message unpacks into; begun again with every message.
struct edge_wire {
    ProtobufCAllocator allocator;
    struct fusion_limits limits; // of a profile that leaves them out
    size_t used;
    _Alignas(16) uint8_t arena[EDGE_WIRE_ARENA_SIZE];
};

// The message, valid until the next is unpacked; NULL: *refusal says why.
const ProtobufCMessage *edge_wire_unpack(struct edge_wire *wire, enum edge_wire_form form,
                                         const ProtobufCMessageDescriptor *descriptor,
                                         const uint8_t *bytes, size_t size,
                                         struct edge_wire_refusal *refusal);

// Packs in either form within *size.
enum drf_status edge_wire_pack(enum edge_wire_form form, const ProtobufCMessage *message,
                               uint8_t *bytes, size_t *size);

// Fills *refusal with INVALID and returns false.
bool edge_wire_refuse(struct edge_wire_refusal *refusal, const char *field_path,
                      const char *text);

// True when absent, or finite and in the range; *out is written only when there.
bool edge_wire_real(struct edge_wire_refusal *refusal, const char *field_path,
                    protobuf_c_boolean has, float value, double low, double high, double *out);

// Both there and on the globe. `prefix` stands before lat_e7 and lon_e7 in the path.
bool edge_wire_position(struct edge_wire_refusal *refusal, const char *prefix,
                        protobuf_c_boolean has_lat, int32_t lat_e7, protobuf_c_boolean has_lon,
                        int32_t lon_e7, struct geo_point *out);

// Absent (NULL): "". At most EDGE_WIRE_NAME_SIZE - 1 printable ASCII characters.
bool edge_wire_name(struct edge_wire_refusal *refusal, const char *field_path, const char *text,
                    char out[static EDGE_WIRE_NAME_SIZE]);

// Presence by value: what is not a finite float does not travel.
static inline void edge_wire_put(protobuf_c_boolean *has, float *out, double value)
{
    float narrow = (float)value;
    *has = isfinite(narrow) ? 1 : 0;
    *out = isfinite(narrow) ? narrow : 0.0F;
}

static inline void edge_wire_put_number(protobuf_c_boolean *has, float *out,
                                        struct fusion_number number)
{
    if (number.known)
        edge_wire_put(has, out, number.value);
}

static inline int32_t edge_wire_e7(double deg) { return (int32_t)floor(deg * 1e7 + 0.5); }

// A generated message wants char *; it is never written through.
static inline char *edge_wire_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } both = {.from = text};
    return text != NULL && text[0] != '\0' ? both.to : NULL;
}

#endif
