// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/landmark.h"

enum answer { SAYS_NOTHING, SAME, ANOTHER, NO_ANSWER };

static enum answer ask(const struct edge_landmark *landmark, int32_t partition, int64_t low,
                       int64_t high, struct edge_landmark_port port)
{
    uint64_t mark;
    if (!landmark->known || landmark->offset < low)
        return SAYS_NOTHING;
    if (landmark->offset >= high)
        return ANOTHER;
    enum drf_status status = port.mark(port.self, partition, landmark->offset, &mark);
    if (status == DRF_OK)
        return mark == landmark->mark ? SAME : ANOTHER;
    return status == DRF_ERR_ABSENT ? SAYS_NOTHING : NO_ANSWER;
}

bool edge_landmarks_replaced(struct edge_landmark *landmarks, const struct edge_landmark *taken,
                             const struct edge_kafka_found *found,
                             struct edge_landmark_port port)
{
    bool any = false;
    for (size_t i = 0; i < found->count; i++) {
        int32_t partition = found->partitions[i].partition;
        int64_t low = found->partitions[i].low, high = found->partitions[i].high;
        if (partition < 0 || partition >= EDGE_KAFKA_PARTITIONS_MAX)
            continue;
        struct edge_landmark *landmark = &landmarks[partition];
        if (taken && (!landmark->known || landmark->offset < low))
            *landmark = taken[partition];
        enum answer answer = ask(landmark, partition, low, high, port);
        if (answer == NO_ANSWER)
            continue; // another landmark would hide what this one tells at the next look
        any = any || answer == ANOTHER;
        landmark->known = answer == SAME;
        if (high <= low || (landmark->known && landmark->offset == high - 1))
            continue;
        struct edge_landmark fresh = {.known = true, .offset = high - 1};
        if (port.mark(port.self, partition, fresh.offset, &fresh.mark) == DRF_OK)
            *landmark = fresh;
    }
    return any;
}
