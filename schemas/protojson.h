// schemas/protojson.h - ProtoJSON of any message that protoc-c describes, and back.
// SPDX-License-Identifier: Apache-2.0
//
// Written: original field names in the order of their numbers, 64-bit integers as strings,
// bytes as base64, floats by the fewest digits that read back the same, absent fields not at
// all, bytes that are not UTF-8 as U+FFFD. No allocation. Read: original or lowerCamelCase
// names, integers as numbers or strings, both base64 alphabets, null as absent. Unknown fields
// are passed over, so that an old reader understands a new writer. Refused: what is not JSON to
// the letter, duplicate names, numbers out of the field's range, fractions for integers, NaN
// and infinity in any spelling.
#ifndef SCHEMAS_PROTOJSON_H
#define SCHEMAS_PROTOJSON_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "geo/status.h"

// Writes JSON and no NUL; *size is the room in, the length out. DRF_ERR_FULL: no room.
// DRF_ERR_RANGE: a float that is NaN or infinite.
DRF_MUST_CHECK enum drf_status schemas_protojson_encode(const ProtobufCMessage *message,
                                                        char *text, size_t *size);

struct schemas_protojson_error {
    char field_path[64]; // "points[3].agl_m"; "" the whole
    char text[96];
};

// The message is made with `allocator` (NULL: malloc); give it back with
// protobuf_c_message_free_unpacked(). DRF_ERR_SYNTAX: not JSON, or not an object.
// DRF_ERR_RANGE: a field. DRF_ERR_NOMEM. *error is filled for each of them.
DRF_MUST_CHECK enum drf_status schemas_protojson_decode(
    const ProtobufCMessageDescriptor *descriptor, const char *text, size_t size,
    ProtobufCAllocator *allocator, ProtobufCMessage **out,
    struct schemas_protojson_error *error);

#endif
