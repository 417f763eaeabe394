// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/topic_fingerprint.h"

enum answer { SAYS_NOTHING, SAME, ANOTHER, NO_ANSWER };

static enum answer ask(const struct edge_topic_fingerprint *topic_fingerprint,
                       int32_t partition, int64_t low, int64_t high,
                       struct edge_topic_fingerprint_port port)
{
    uint64_t mark;
    if (!topic_fingerprint->known || topic_fingerprint->offset < low)
        return SAYS_NOTHING;
    if (topic_fingerprint->offset >= high)
        return ANOTHER;
    enum drf_status status = port.mark(port.self, partition, topic_fingerprint->offset, &mark);
    if (status == DRF_OK)
        return mark == topic_fingerprint->mark ? SAME : ANOTHER;
    return status == DRF_ERR_ABSENT ? SAYS_NOTHING : NO_ANSWER;
}

bool edge_topic_fingerprints_replaced(struct edge_topic_fingerprint *topic_fingerprints,
                                      const struct edge_topic_fingerprint *taken,
                                      const struct edge_kafka_found *found,
                                      struct edge_topic_fingerprint_port port)
{
    bool any = false;
    for (size_t i = 0; i < found->count; i++) {
        int32_t partition = found->partitions[i].partition;
        int64_t low = found->partitions[i].low, high = found->partitions[i].high;
        if (partition < 0 || partition >= EDGE_KAFKA_PARTITIONS_MAX)
            continue;
        struct edge_topic_fingerprint *topic_fingerprint = &topic_fingerprints[partition];
        if (taken && (!topic_fingerprint->known || topic_fingerprint->offset < low))
            *topic_fingerprint = taken[partition];
        enum answer answer = ask(topic_fingerprint, partition, low, high, port);
        if (answer == NO_ANSWER)
            continue; // another fingerprint would hide at the next look what this one shows
        any = any || answer == ANOTHER;
        topic_fingerprint->known = answer == SAME;
        if (high <= low || (topic_fingerprint->known && topic_fingerprint->offset == high - 1))
            continue;
        struct edge_topic_fingerprint fresh = {.known = true, .offset = high - 1};
        if (port.mark(port.self, partition, fresh.offset, &fresh.mark) == DRF_OK)
            *topic_fingerprint = fresh;
    }
    return any;
}
