// SPDX-License-Identifier: Apache-2.0
#include "edge/landmark.h"

static bool replaced(const struct edge_landmark *landmark, int32_t partition, int64_t low,
                     int64_t high, struct edge_landmark_port port)
{
    uint64_t mark;
    if (!landmark->known || landmark->offset < low)
        return false;
    if (landmark->offset >= high)
        return true;
    return port.mark(port.self, partition, landmark->offset, &mark) == DRF_OK
           && mark != landmark->mark;
}

bool edge_landmarks_replaced(struct edge_landmark *landmarks,
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
        bool another = replaced(landmark, partition, low, high, port);
        any = any || another;
        if (another)
            landmark->known = false;
        if (high <= low || (landmark->known && landmark->offset == high - 1))
            continue;
        struct edge_landmark fresh = {.known = true, .offset = high - 1};
        if (port.mark(port.self, partition, fresh.offset, &fresh.mark) == DRF_OK)
            *landmark = fresh;
    }
    return any;
}
