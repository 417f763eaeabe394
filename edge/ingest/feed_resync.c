// SPDX-License-Identifier: Apache-2.0
// When a feed must be read again from its beginning, and how far that is. "resync/<feed>"
// stays in the store from the decision until the sweep has ended; after a restart in between it
// begins again. A reason by which the topic may be another stands against one that says that it
// is the same (edge_resync_lossy()); with one of those, the message that was read last is
// compared when it comes again.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge/ingest/feed_impl.h"
#include "edge/ingest/resync.h"

// An answer of the broker counts against what was read this long before the question.
#define SETTLED_US INT64_C(1000000)
#define REACHED_EVERY_US INT64_C(600000000)

void feed_resync_restore(struct edge_feeds *feeds, size_t index)
{
    struct feed *feed = &feeds->feeds[index];
    char text[EDGE_RESYNC_TEXT_SIZE];
    if (!edge_resync_read(feeds->store, feeds->config->feeds[index].name, text, &feed->redo))
        return;
    feed->resync = FEED_WANTED;
    snprintf(feed->why, sizeof feed->why, "%s", text);
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_RESYNC, index, 1);
}

void feed_resync_want(struct edge_feeds *feeds, size_t index, const char *why,
                      struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    bool stands = feed->resync != FEED_CURRENT
                  && (edge_resync_lossy(feed->why) || !edge_resync_lossy(why));
    if (feed->resync == FEED_WANTED && stands)
        return;
    feed->resync = FEED_WANTED;
    if (!stands)
        snprintf(feed->why, sizeof feed->why, "%s", why);
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_RESYNC, index, 1);
    edge_log_write(feeds->log, now.utc_us, EDGE_LOG_WARN, "feed.resync",
                   "feed=%s topic=%s why=%s", feeds->config->feeds[index].name,
                   feeds->config->feeds[index].topic, feed->why);
}

enum { TAIL_NAME_SIZE = DRF_TEXT_SIZE + 24 };

static void tail_name(const char *topic, int32_t partition, char out[static TAIL_NAME_SIZE])
{
    snprintf(out, TAIL_NAME_SIZE, "tail/%s/%" PRId32, topic, partition);
}

bool feed_tail_read(struct edge_feeds *feeds, size_t index, int32_t partition,
                    struct feed_tail *out)
{
    char name[TAIL_NAME_SIZE];
    size_t size = sizeof *out;
    tail_name(feeds->config->feeds[index].topic, partition, name);
    return fusion_store_value(feeds->store, name, out, &size) == DRF_OK && size == sizeof *out;
}

// Of a partition that is not read yet.
static const char *reason_before_start(struct edge_feeds *feeds, size_t index,
                                       const struct edge_kafka_found *found, size_t at)
{
    char cluster[64] = "";
    int64_t stored = 0;
    if (fusion_store_offset(feeds->store, feeds->config->feeds[index].topic,
                            found->partitions[at].partition, cluster, &stored)
        != DRF_OK)
        return NULL;
    if (stored < 0)
        return NULL; // a partition that was not there for a while
    if (found->cluster_id[0] != '\0' && cluster[0] != '\0'
        && strcmp(cluster, found->cluster_id) != 0)
        return "another_cluster";
    if (stored < found->partitions[at].low || stored > found->partitions[at].high)
        return "offset_gone";
    return feeds->feeds[index].vanished ? "topic_made_anew" : NULL;
}

static const char *reason_of_partition(struct edge_feeds *feeds, size_t index,
                                       const struct edge_kafka_found *found, size_t at)
{
    struct feed *feed = &feeds->feeds[index];
    const struct feed_partition *partition = feed_find(feed, found->partitions[at].partition);
    if (!partition || !partition->started)
        return reason_before_start(feeds, index, found, at);
    // Created again, or truncated: what was read is not what is there.
    bool settled = found->asked_mono_us > partition->next_mono_us + SETTLED_US;
    return partition->inflight == 0 && settled && partition->next > found->partitions[at].high
               ? "shorter_topic"
               : NULL;
}

const char *feed_resync_reason(struct edge_feeds *feeds, size_t index,
                               const struct edge_kafka_found *found, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    char cluster[64];
    int64_t stored;
    if ((feed->count > 0 && feed->vanished) || found->replaced)
        return "topic_made_anew";
    if (feed->cluster[0] != '\0' && found->cluster_id[0] != '\0'
        && strcmp(feed->cluster, found->cluster_id) != 0)
        return "another_cluster";
    // Partitions are numbered from 0 and are only ever added.
    if (!found->too_many
        && (feed->count > found->count
            || (fusion_store_offset(feeds->store, feeds->config->feeds[index].topic,
                                    (int32_t)found->count, cluster, &stored)
                    == DRF_OK
                && stored >= 0)))
        return "fewer_partitions";
    for (size_t i = 0; i < found->count; i++) {
        const char *why = reason_of_partition(feeds, index, found, i);
        if (why)
            return why;
    }
    // Last: it says that the topic is the same.
    return feed->unreachable_mono_us != INT64_MAX
                   && now.mono_us - feed->unreachable_mono_us
                          > (int64_t)feeds->config->tombstone_horizon_s * 1000000
               ? "tombstone_horizon"
               : NULL;
}

// A topic that is the same and still has its first offset has all that its keys say last
// (compaction does not move that offset).
static bool lossy(const char *why, const struct edge_kafka_found *found)
{
    bool known = !edge_resync_lossy(why);
    for (size_t i = 0; i < found->count; i++)
        known = known && found->partitions[i].low == 0;
    return !known;
}

// A topic that is known to be another has nothing to be compared.
void feed_note_former(struct edge_feeds *feeds, size_t index, struct feed_partition *partition)
{
    bool another = edge_resync_lossy(feeds->feeds[index].why);
    if (!another && !partition->former_known) {
        partition->former = partition->tail;
        partition->former_known =
            partition->tail_fresh
            || feed_tail_read(feeds, index, partition->id, &partition->former);
    }
    partition->former_known = partition->former_known && !another;
}

bool feed_resync_as_former(struct edge_feeds *feeds, size_t index,
                           struct feed_partition *partition, const struct edge_message *message,
                           struct edge_now now)
{
    if (!partition->former_known || message->offset < partition->former.offset)
        return true;
    if (message->offset == partition->former.offset
        && edge_message_mark(message) != partition->former.mark) {
        feed_resync_want(feeds, index, "topic_made_anew", now);
        return false;
    }
    partition->former_known = false; // or it was compacted away
    return true;
}

void feed_resync_begin(struct edge_feeds *feeds, size_t index,
                       const struct edge_kafka_found *found, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    const char *name = feeds->config->feeds[index].name;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].inflight > 0)
            return; // at the next discovery: nothing more of this feed is taken till then
    if (edge_resync_write(feeds->store, name, feed->why, feed->redo) != DRF_OK
        || edge_resync_forget_positions(feeds->store, feeds->config->feeds[index].topic,
                                        found->count)
               != DRF_OK
        || feeds->port.begin(feeds->port.fabric, index, feed->redo, lossy(feed->why, found))
               != DRF_OK)
        return;
    feed->resync = FEED_READING;
    feed->vanished = false;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].started)
            feed_stop(feeds, index, &feed->partitions[i]);
    if (feed->count > found->count)
        feed->count = found->count; // each gets its id below
    for (size_t i = 0; i < feed->count; i++) {
        struct feed_partition was = feed->partitions[i];
        was.id = found->partitions[i].partition;
        feed_note_former(feeds, index, &was);
        feed->partitions[i] = (struct feed_partition){
            .id = was.id, .former_known = was.former_known, .former = was.former};
    }
    for (size_t i = 0; i < feed->count; i++)
        feed_start(feeds, index, &feed->partitions[i], found->partitions[i].low,
                   found->partitions[i].high, feed->why, now);
    edge_metrics_add(feeds->metrics, EDGE_METRIC_FEED_RESYNCS, index, 0, 1);
}

static enum drf_status through(struct edge_feeds *feeds, size_t index, bool again,
                               struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    const char *name = feeds->config->feeds[index].name;
    if (again) { // the value stays: a restart in between begins with the second reading
        feed->resync = FEED_CURRENT;
        feed_resync_want(feeds, index, "older_versions", now);
        return DRF_OK;
    }
    enum drf_status status = edge_resync_clear(feeds->store, name);
    if (status != DRF_OK)
        return status;
    feed->resync = FEED_CURRENT;
    feed->redo = false;
    for (size_t i = 0; i < feed->count; i++)
        feed->partitions[i].former_known = false; // not seen: compacted away
    feed_note_reached(feed);
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_RESYNC, index, 0);
    edge_log_write(feeds->log, now.utc_us, EDGE_LOG_INFO, "feed.resynchronised",
                   "feed=%s topic=%s", name, feeds->config->feeds[index].topic);
    return DRF_OK;
}

enum drf_status edge_feeds_sweep(struct edge_feeds *feeds, struct edge_now now, bool *worked)
{
    for (size_t i = 0; i < feeds->config->feed_count; i++) {
        if (feeds->feeds[i].resync == FEED_READING && feed_reached(&feeds->feeds[i]))
            feeds->feeds[i].resync = FEED_SWEEPING;
        if (feeds->feeds[i].resync != FEED_SWEEPING)
            continue;
        size_t forgotten = 0;
        bool again = false;
        enum drf_status status = feeds->port.sweep(feeds->port.fabric, i, &forgotten, &again);
        edge_metrics_add(feeds->metrics, EDGE_METRIC_FEED_FORGOTTEN, i, 0, forgotten);
        if (drf_status_action(status) == DRF_RETRY) {
            *worked = true;
            return DRF_OK;
        }
        if (status == DRF_ERR_ABSENT)
            status = DRF_OK;
        if (status == DRF_OK)
            status = through(feeds, i, again, now);
        *worked = *worked || status == DRF_OK;
        if (drf_status_action(status) == DRF_STOP)
            return status;
    }
    return DRF_OK;
}

static void note_reached(struct edge_feeds *feeds, size_t index, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    int64_t every_us = (int64_t)feeds->config->tombstone_horizon_s * 1000000 / 10;
    if (every_us > REACHED_EVERY_US)
        every_us = REACHED_EVERY_US;
    bool current =
        feed->reachable && feed->exists && feed->resync == FEED_CURRENT && feed_reached(feed);
    if (!current
        || (feed->reached_mono_us != 0 && now.mono_us - feed->reached_mono_us < every_us))
        return;
    if (edge_resync_reached(feeds->store, feeds->config->feeds[index].name, now.utc_us)
        == DRF_OK)
        feed->reached_mono_us = now.mono_us;
}

void edge_feeds_note(struct edge_feeds *feeds, struct edge_now now)
{
    for (size_t i = 0; i < feeds->config->feed_count; i++) {
        struct feed *feed = &feeds->feeds[i];
        for (size_t k = 0; k < feed->count; k++) {
            struct feed_partition *partition = &feed->partitions[k];
            char name[TAIL_NAME_SIZE];
            // The former one is kept until the message at its offset was compared.
            if (!partition->tail_fresh || partition->late_count > 0 || partition->former_known)
                continue;
            tail_name(feeds->config->feeds[i].topic, partition->id, name);
            partition->tail_fresh = fusion_store_put_value(feeds->store, name, &partition->tail,
                                                           sizeof partition->tail)
                                    != DRF_OK;
        }
        note_reached(feeds, i, now);
    }
}
