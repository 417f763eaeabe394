// SPDX-License-Identifier: Apache-2.0
// The partitions of a feed: which there are, which are read, and how far.
#include <inttypes.h>
#include <stdlib.h>

#include "edge/ingest/feed_impl.h"

struct feed_partition *feed_find(struct feed *feed, int32_t id)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].id == id)
            return &feed->partitions[i];
    return NULL;
}

struct feed_partition *feed_add(struct feed *feed, int32_t id)
{
    struct feed_partition *partitions =
        realloc(feed->partitions, (feed->count + 1) * sizeof *partitions);
    if (!partitions)
        return NULL;
    feed->partitions = partitions;
    partitions[feed->count] = (struct feed_partition){.id = id};
    return &partitions[feed->count++];
}

void feed_start(struct edge_feeds *feeds, size_t index, struct feed_partition *partition,
                int64_t offset, int64_t high, const char *why, struct edge_now now)
{
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    if (feeds->port.start(feeds->port.self, index, partition->id,
                          offset - (partition->verify ? 1 : 0))
        != DRF_OK)
        return; // tried again at the next discovery
    partition->started = true;
    partition->next = offset;
    if (high > partition->target)
        partition->target = high;
    edge_log_write(feeds->log, now.utc_us, EDGE_LOG_INFO, "feed.start",
                   "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " end=%" PRId64
                   " why=%s",
                   config->name, config->topic, partition->id, offset, high, why);
}

void feed_stop(struct edge_feeds *feeds, size_t index, struct feed_partition *partition)
{
    feeds->port.stop(feeds->port.self, index, partition->id);
    partition->started = false;
}

bool feed_reached(const struct feed *feed)
{
    bool reached = feed->count > 0;
    for (size_t i = 0; i < feed->count; i++) {
        const struct feed_partition *partition = &feed->partitions[i];
        reached = reached && partition->started && !partition->verify
                  && partition->inflight == 0 && partition->next >= partition->target;
    }
    return reached;
}
