// edge/kafka/topic_fingerprint.h - whether a topic is still the one that was there before.
// SPDX-License-Identifier: Apache-2.0
//
// A topic deleted and made anew between two looks, with more messages than before, cannot be
// told by its offsets: reading would go on in the middle of another story. So the last message
// of each partition is remembered and looked for again: another one at its offset, or none
// after the end, means another topic. A partition that was empty has none; what the reader
// takes from it first stands in, or what came and went between two looks would not be known.
// Belongs to the thread that discovers.
#ifndef EDGE_TOPIC_FINGERPRINT_H
#define EDGE_TOPIC_FINGERPRINT_H

#include "edge/kafka/kafka.h"

struct edge_topic_fingerprint {
    bool known;
    int64_t offset;
    uint64_t mark; // edge_message_mark()
};

// How a message is looked at: edge_kafka_mark() in service.
struct edge_topic_fingerprint_port {
    enum drf_status (*mark)(void *self, int32_t partition, int64_t offset, uint64_t *mark);
    void *self;
};

// Of one feed: compares what was found with `landmarks` (one for each of the first
// EDGE_KAFKA_PARTITIONS_MAX partitions, zeros at first) and remembers it for the next time.
// `taken` (may be NULL): as many, what the reader took first of those that were empty.
// True: the topic was replaced since. A message that is gone, or does not come, says nothing.
bool edge_topic_fingerprints_replaced(struct edge_topic_fingerprint *topic_fingerprints,
                                      const struct edge_topic_fingerprint *taken,
                                      const struct edge_kafka_found *found,
                                      struct edge_topic_fingerprint_port port);

#endif
