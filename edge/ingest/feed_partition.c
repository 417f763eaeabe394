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

void feed_lose(struct feed *feed, struct feed_partition *partition, int64_t high)
{
    feed->current = false;
    if (high > partition->target)
        partition->target = high;
}

void feed_start(struct edge_feeds *feeds, size_t index, struct feed_partition *partition,
                int64_t offset, int64_t high, const char *why, struct edge_now now)
{
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    if (feed_port_start(feeds, index, partition->id, offset - (partition->verify ? 1 : 0))
        != DRF_OK)
        return; // tried again at the next discovery
    partition->started = true;
    partition->next = partition->done = offset;
    feed_lose(&feeds->feeds[index], partition, high);
    edge_log_write(feeds->log, now.utc_us, EDGE_LOG_INFO, "feed.start",
                   "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " end=%" PRId64
                   " why=%s",
                   config->name, config->topic, partition->id, offset, high, why);
}

void feed_stop(struct edge_feeds *feeds, size_t index, struct feed_partition *partition)
{
    feed_port_stop(feeds, index, partition->id);
    partition->started = false;
    feeds->feeds[index].current = false;
}

void feed_stop_all(struct edge_feeds *feeds, size_t index)
{
    struct feed *feed = &feeds->feeds[index];
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].started)
            feed_stop(feeds, index, &feed->partitions[i]);
}

void feed_late_done(struct feed_partition *partition, int64_t offset)
{
    for (size_t i = 0; i < partition->late_count; i++)
        if (partition->late[i] == offset) {
            partition->late[i] = partition->late[--partition->late_count];
            return;
        }
}

// What is in flight beyond the target need not be waited for: on a busy feed some always is.
static bool reached(const struct feed_partition *partition)
{
    bool committed = partition->done >= partition->target
                     || (partition->inflight == 0 && partition->next >= partition->target);
    for (size_t i = 0; i < partition->late_count; i++) // `done` is beyond it perhaps
        committed = committed && partition->late[i] >= partition->target;
    return partition->started && !partition->verify && committed;
}

bool feed_reached(const struct feed *feed)
{
    bool all = feed->count > 0;
    for (size_t i = 0; i < feed->count; i++)
        all = all && reached(&feed->partitions[i]);
    return all;
}

void feed_note_reached(struct feed *feed)
{
    feed->current = feed->current || feed_reached(feed);
}
