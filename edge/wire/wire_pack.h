// edge/wire/wire_pack.h - packs generated messages, byte for byte as protobuf-c does.
// SPDX-License-Identifier: Apache-2.0
//
// The library measures a message before it packs it and calls several functions for each field
// there is, whether set or not: a sixth of what a context costs. Here a message is written from
// its end to its begin, so that the length of what lies in it is known when it is needed, in
// one walk over the generated descriptors. Messages that were unpacked keep unknown fields and
// are not for this (asserted). Plain functions, no allocation.
#ifndef EDGE_WIRE_PACK_H
#define EDGE_WIRE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

// As protobuf_c_message_get_packed_size().
size_t edge_wire_pack_size(const ProtobufCMessage *message);
// The same of its fields from this number on.
size_t edge_wire_pack_size_from(const ProtobufCMessage *message, uint32_t first);

// Packs into exactly the size that was measured (asserted).
void edge_wire_pack_measured(const ProtobufCMessage *message, uint8_t *bytes, size_t size);

enum { EDGE_WIRE_PACK_SLACK = 16 };

// Packs the fields of these numbers, first to last, so that the last byte lies before `end`,
// into at most what lies between; EDGE_WIRE_PACK_SLACK of it may be left unused. The pieces of
// a message in the order of their numbers are the message. Returns the first byte, NULL: no
// room.
uint8_t *edge_wire_pack_fields(const ProtobufCMessage *message, uint32_t first, uint32_t last,
                               uint8_t *begin, uint8_t *end);

#endif
