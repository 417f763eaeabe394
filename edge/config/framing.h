// edge/config/framing.h - strips a schema registry's frame (Confluent wire format).
// SPDX-License-Identifier: Apache-2.0
//
// Confluent's wire format: a byte 0, the schema's id in four bytes, then the value. With
// Protobuf, the indexes of the message inside its schema come in between (a zigzag varint count
// and as many varints; a single 0 for the first message), and the document is the message's
// only field: number 1, of type bytes or string (google.protobuf.BytesValue, StringValue). The
// registry is not contacted: the feed's configuration says what the document is.
#ifndef EDGE_FRAMING_H
#define EDGE_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

enum edge_framing {
    EDGE_FRAMING_AUTO = 0, // framed where the first byte is 0, which begins no document but a
                           // raw height file (HGT); what follows tells Protobuf apart
    EDGE_FRAMING_NONE,
    EDGE_FRAMING_CONFLUENT,         // always framed
    EDGE_FRAMING_CONFLUENT_PROTOBUF // always framed, with indexes and the field around it
};

// What lies inside the frame, borrowed from `bytes`; all of it where there is none.
struct edge_framed {
    const uint8_t *bytes;
    size_t size;
};

// `format` (enum geo_format) is what the document is to be. On anything but DRF_OK *why is the
// refusal (ENVELOPE, EMPTY). DRF_ERR_RANGE.
DRF_MUST_CHECK enum drf_status edge_framing_strip(enum edge_framing framing, uint32_t format,
                                                  const uint8_t *bytes, size_t size,
                                                  struct geo_note *why,
                                                  struct edge_framed *out);

#endif
