// edge/mqtt/packet.h - PUBLISH packets of MQTT v5 at QoS 0, as bytes.
// SPDX-License-Identifier: Apache-2.0
//
// Most of what a node moves. Only what is plain is read here: complete, QoS 0, ASCII texts,
// properties that are known and stand once. Anything else, be it allowed or against the
// specification, is left to the library, which judges it. Pure.
#ifndef EDGE_PACKET_H
#define EDGE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/inbox.h"
#include "edge/mqtt/link.h"

enum edge_packet {
    EDGE_PACKET_PLAIN,
    EDGE_PACKET_OTHER,   // is not plain, complete or not
    EDGE_PACKET_PARTIAL, // may be plain, its end is not there
};

struct edge_packet_texts { // with their NUL
    char topic[EDGE_INBOX_TOPIC_MAX], response_topic[EDGE_INBOX_TOPIC_MAX];
};

// The packet at the beginning of the bytes. When it is plain, *used is its size, and the
// message's texts are in *texts, payload and correlation data in `bytes`; the time of arrival
// is not set.
enum edge_packet edge_packet_read(const uint8_t *bytes, size_t size,
                                  struct edge_packet_texts *texts, struct edge_incoming *out,
                                  size_t *used);

// The message as a packet, of QoS 0 whatever it asks for, without its correlation data. Returns
// its size; 0: it needs more than `room`.
size_t edge_packet_write(const struct edge_outgoing *message, uint8_t *bytes, size_t room);

#endif
