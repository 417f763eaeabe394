// edge/ingest/message_record.h - a message of a feed, or what came instead, in a recording.
// SPDX-License-Identifier: Apache-2.0
//
// EDGE_INPUT_FEED_MESSAGE, integers LEB128, signed ones zigzag: event, feed, flags (1 key, 2
// value, 4 headers left out), timestamp type, timestamp in ms (signed), partition (signed),
// offset (signed), sizes of topic (with its NUL), key and value, count of headers; then topic,
// key, value; then each header: size of name (with its NUL), size of value plus 1 or 0 for
// none, name, value.
#ifndef EDGE_MESSAGE_RECORD_H
#define EDGE_MESSAGE_RECORD_H

#include "edge/inputs/inputs.h"
#include "edge/kafka/kafka.h"

void edge_message_record_put(struct edge_inputs *inputs, size_t feed,
                             enum edge_kafka_event event, const struct edge_message *message);

// `message.handle` is malloc'ed and holds everything that it points to; the caller's to free.
struct edge_recorded_message {
    enum edge_kafka_event event;
    size_t feed;
    struct edge_message message;
};
// The next of the step. DRF_ERR_ABSENT: none. DRF_ERR_SYNTAX: damaged. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_message_record_take(struct edge_inputs *inputs,
                                                        struct edge_recorded_message *out);

#endif
