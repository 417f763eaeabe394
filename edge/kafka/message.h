// edge/kafka/message.h - one message as received from a feed, whatever the transport.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_MESSAGE_H
#define EDGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGE_HEADERS_MAX = 48 };

enum edge_timestamp { EDGE_TIMESTAMP_NONE, EDGE_TIMESTAMP_CREATE, EDGE_TIMESTAMP_APPEND };

struct edge_header {
    const char *name;  // NUL-terminated
    const char *value; // may be NULL; no NUL
    size_t size;
};

// Everything in it is borrowed until it is released where it came from.
struct edge_message {
    size_t feed; // index in the configuration
    const char *topic;
    int32_t partition;
    int64_t offset;
    const uint8_t *key; // NULL: none
    size_t key_size;
    const uint8_t *value; // NULL: a tombstone
    size_t value_size;
    enum edge_timestamp timestamp;
    int64_t timestamp_ms;
    struct edge_header headers[EDGE_HEADERS_MAX];
    size_t header_count;
    bool headers_left_out; // it has more than that
    void *handle;          // of the carrier
};

// The last header of that name, NULL if there is none.
const struct edge_header *edge_message_header(const struct edge_message *message,
                                              const char *name);

// Tells two messages that stood at one offset apart: FNV-1a over timestamp, key and the first
// kilobyte of the value.
uint64_t edge_message_mark(const struct edge_message *message);

#endif
