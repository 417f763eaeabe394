// edge/kafka/topic_fingerprint.h - detects that a topic was deleted and created again.
// SPDX-License-Identifier: Apache-2.0
//
// When a topic was deleted, created again and has more messages than before, its offsets do not
// show it: reading would continue in the middle of other data. So the last message of each
// partition is remembered and looked for again: another one at its offset, or none after the
// end, means another topic. A partition that was empty has none; the first message that the
// reader takes from it is used instead, else a topic that was deleted between two looks would
// go unnoticed. Belongs to the discovery thread.
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

// Of one feed: compares what was found with `topic_fingerprints` (one for each of the first
// EDGE_KAFKA_PARTITIONS_MAX partitions, zeros at first) and remembers it for the next time.
// `taken` (may be NULL): as many, what the reader took first of those that were empty.
// True: the topic was replaced since. A message that is gone, or does not come, says nothing.
bool edge_topic_fingerprints_replaced(struct edge_topic_fingerprint *topic_fingerprints,
                                      const struct edge_topic_fingerprint *taken,
                                      const struct edge_kafka_found *found,
                                      struct edge_topic_fingerprint_port port);

#endif
