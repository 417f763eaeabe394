// SPDX-License-Identifier: Apache-2.0
// A feed advances by two inputs: what discovery found (edge_feeds_found) and what the consumer
// delivers (edge_feeds_next). A partition's `next` moves when a message is handed out; its
// offset is committed with the truth, and `inflight` counts those in between. Before a message
// at a stored offset is applied, the one before it is read again and its hash compared with the
// stored tail (`verify`), because offsets alone do not show that a topic was created again.
// Feeds of a lane are read in turn, so that a busy feed does not starve the others. A stalled
// consumer (librdkafka#5153) is started again after STALL_US.
#include "edge/ingest/feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "edge/ingest/feed_impl.h"
#include "edge/ingest/resync.h"

#define MINUTE_US INT64_C(60000000)
#define PAUSE_MAX_US (60 * MINUTE_US)
// librdkafka#5153: a consumer may stall after a broker's restart. Started again after this.
#define STALL_US INT64_C(15000000)

void feed_open(struct edge_feeds *feeds, size_t index)
{
    feeds->feeds[index] =
        (struct feed){.idle_mono_us = INT64_MAX, .unreachable_mono_us = INT64_MAX};
    if (feeds->config->feeds[index].removed)
        return;
    feed_resync_restore(feeds, index);
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_CATCHING_UP, index, 1);
}

void feed_close(struct edge_feeds *feeds, size_t index)
{
    struct feed *feed = &feeds->feeds[index];
    feed_stop_all(feeds, index);
    free(feed->partitions);
    feed->partitions = NULL;
    feed->count = 0;
}

enum drf_status edge_feeds_open(const struct drf_config *config, struct edge_feed_port port,
                                struct fusion_store *store, struct edge_metrics *metrics,
                                const struct edge_log *log, struct edge_feeds **out)
{
    struct edge_feeds *feeds = calloc(1, sizeof *feeds);
    if (!feeds)
        return DRF_ERR_NOMEM;
    feeds->config = config;
    feeds->port = port;
    feeds->store = store;
    feeds->metrics = metrics;
    feeds->log = log;
    for (size_t i = 0; i < config->feed_count; i++)
        feed_open(feeds, i);
    *out = feeds;
    return DRF_OK;
}

void edge_feeds_close(struct edge_feeds *feeds)
{
    if (!feeds)
        return;
    for (size_t i = 0; i < feeds->config->feed_count; i++)
        feed_close(feeds, i);
    free(feeds);
}

static void start_new(struct edge_feeds *feeds, size_t index, struct feed_partition *partition,
                      int64_t low, int64_t high, struct edge_now now)
{
    char cluster[64] = "";
    int64_t stored = 0;
    enum drf_status status = fusion_store_offset(
        feeds->store, feeds->config->feeds[index].topic, partition->id, cluster, &stored);
    if (feeds->feeds[index].resync != FEED_CURRENT) {
        feed_note_former(feeds, index, partition);
        feed_start(feeds, index, partition, low, high, "resync", now);
    } else if (status == DRF_ERR_ABSENT || (status == DRF_OK && stored < 0)) {
        feed_start(feeds, index, partition, low, high, "new", now);
    } else if (status == DRF_OK) {
        bool known = partition->tail_fresh
                     || feed_tail_read(feeds, index, partition->id, &partition->tail);
        partition->verify = known && stored > low && partition->tail.offset == stored - 1;
        feed_start(feeds, index, partition, stored, high, "stored", now);
    }
}

static void check_started(struct edge_feeds *feeds, size_t index,
                          struct feed_partition *partition, int64_t high, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    if (partition->inflight == 0 && partition->next < high && feed->idle_mono_us != INT64_MAX
        && now.mono_us - feed->idle_mono_us > STALL_US) {
        feed_stop(feeds, index, partition);
        feed_start(feeds, index, partition, partition->next, high, "stalled", now);
        feed->idle_mono_us = now.mono_us;
    }
}

static void note_change(struct edge_feeds *feeds, size_t index, bool reachable, bool exists,
                        struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    if (reachable && !exists) {
        if (feed->exists || !feed->reachable)
            edge_log_write(feeds->log, now.utc_us, EDGE_LOG_WARN, "feed.waiting",
                           "feed=%s topic=%s for=topic", config->name, config->topic);
        feed->vanished = feed->vanished || feed->count > 0
                         || edge_resync_has_position(feeds->store, config->topic, -1);
    }
    if (!reachable && feed->unreachable_mono_us == INT64_MAX)
        feed->unreachable_mono_us = now.mono_us;
    feed->reachable = reachable;
    feed->exists = exists;
}

// A tail of a topic that is to be read again says nothing of the one that is there now.
static void take_first(const struct feed *feed, struct feed_partition *partition)
{
    if (!partition->empty || partition->first.known || feed->resync == FEED_WANTED)
        return;
    partition->first = (struct edge_topic_fingerprint){
        .known = true, .offset = partition->tail.offset, .mark = partition->tail.mark};
}

static void found_partition(struct edge_feeds *feeds, size_t index,
                            const struct edge_kafka_found *found, size_t at,
                            struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    int64_t low = found->partitions[at].low, high = found->partitions[at].high;
    struct feed_partition *partition = feed_find(feed, found->partitions[at].partition);
    if (!partition)
        partition = feed_add(feed, found->partitions[at].partition);
    if (!partition)
        return;
    if (partition->started)
        check_started(feeds, index, partition, high, now);
    else
        start_new(feeds, index, partition, low, high, now);
    bool begins = high <= low && !partition->empty;
    partition->empty = high <= low;
    if (begins)
        partition->first.known = false;
    if (begins && high > 0 && partition->tail.offset >= high)
        take_first(feed, partition); // it came since the question was put
}

static void stop_idle(struct edge_feeds *feeds, size_t index)
{
    struct feed *feed = &feeds->feeds[index];
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].started && feed->partitions[i].inflight == 0)
            feed_stop(feeds, index, &feed->partitions[i]);
}

static enum fusion_reason feed_state(const struct feed *feed)
{
    if (!feed->reachable || !feed->exists)
        return FUSION_REASON_FEED_DOWN;
    if (feed->resync != FEED_CURRENT)
        return FUSION_REASON_RESYNCHRONISING;
    return feed->current ? FUSION_REASON_NONE : FUSION_REASON_CATCHING_UP;
}

static void after_progress(struct edge_feeds *feeds, size_t index)
{
    feed_note_reached(&feeds->feeds[index]);
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_CATCHING_UP, index,
                     feed_state(&feeds->feeds[index]) != FUSION_REASON_NONE);
}

void edge_feeds_found(struct edge_feeds *feeds, size_t index,
                      const struct edge_kafka_found *found, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    note_change(feeds, index, found != NULL, found && found->count > 0, now);
    if (!found || found->count == 0)
        return;
    const char *why = feed_resync_reason(feeds, index, found, now);
    if (why)
        feed_resync_want(feeds, index, why, now);
    bool back = feed->unreachable_mono_us != INT64_MAX;
    if (back)
        stop_idle(feeds, index); // looked at again: the topic may have changed meanwhile
    feed->unreachable_mono_us = INT64_MAX;
    if (found->cluster_id[0] != '\0')
        memcpy(feed->cluster, found->cluster_id, sizeof feed->cluster);
    if (found->too_many)
        edge_log_write(feeds->log, now.utc_us, EDGE_LOG_ERROR, "feed.partitions",
                       "feed=%s read=%d text=\"the topic has more partitions than are read\"",
                       feeds->config->feeds[index].name, EDGE_KAFKA_PARTITIONS_MAX);
    if (feed->resync == FEED_WANTED)
        feed_resync_begin(feeds, index, found, now);
    int64_t behind = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (feed->resync != FEED_WANTED)
            found_partition(feeds, index, found, i, now);
        struct feed_partition *partition = feed_find(feed, found->partitions[i].partition);
        if (back && partition)
            feed_lose(feed, partition, found->partitions[i].high);
        if (partition && found->partitions[i].high > partition->next)
            behind += found->partitions[i].high - partition->next;
    }
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_BEHIND, index, behind);
    after_progress(feeds, index); // a topic without messages is read to its end
}

// What came with an event that is no message.
static void note_event(struct edge_feeds *feeds, size_t index, enum edge_kafka_event event,
                       const struct edge_message *message, struct edge_now now)
{
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    struct feed_partition *partition = feed_find(&feeds->feeds[index], message->partition);
    if (!partition || !partition->started)
        return;
    if (event == EDGE_KAFKA_END) {
        if (message->offset > partition->next) {
            partition->next = message->offset; // compacted away, or markers of transactions
            partition->next_mono_us = now.mono_us;
        }
        partition->verify = false; // what would be compared was compacted away
    }
    if (event == EDGE_KAFKA_OFFSET) {
        feed_stop(feeds, index, partition);
        feed_resync_want(feeds, index, "offset_gone", now);
    }
    if (event == EDGE_KAFKA_GONE) // perhaps created again: checked when it is found again
        feed_stop(feeds, index, partition);
    if (event == EDGE_KAFKA_UNREADABLE)
        edge_log_write(feeds->log, now.utc_us, EDGE_LOG_WARN, "feed.unreadable",
                       "feed=%s topic=%s partition=%" PRId32, config->name, config->topic,
                       message->partition);
    after_progress(feeds, index);
}

// The first message of a partition that goes on where the store was: the one before, as it was
// then? True: it was looked at, and is not to be applied again.
static bool verified(struct edge_feeds *feeds, size_t index, struct feed_partition *partition,
                     const struct edge_message *message, struct edge_now now)
{
    if (!partition->verify)
        return false;
    partition->verify = false;
    if (message->offset != partition->tail.offset)
        return false; // compacted away
    if (edge_message_mark(message) != partition->tail.mark)
        feed_resync_want(feeds, index, "topic_made_anew", now);
    return true;
}

static bool next_of(struct edge_feeds *feeds, size_t index, struct edge_now now,
                    struct edge_message *out)
{
    struct feed *feed = &feeds->feeds[index];
    for (;;) {
        enum edge_kafka_event event = feed_port_next(feeds, index, out);
        if (event == EDGE_KAFKA_NOTHING) {
            feed->held = false;
            if (feed->idle_mono_us == INT64_MAX)
                feed->idle_mono_us = now.mono_us;
            return false;
        }
        if (event != EDGE_KAFKA_MESSAGE) {
            note_event(feeds, index, event, out, now);
            continue;
        }
        feed->idle_mono_us = INT64_MAX;
        struct feed_partition *partition = feed_find(feed, out->partition);
        if (!partition || !partition->started || verified(feeds, index, partition, out, now)
            || feed->resync == FEED_WANTED || out->offset < partition->next
            || !feed_resync_as_former(feeds, index, partition, out, now)) {
            feed_port_release(feeds, out); // of a fetch before a restart
            after_progress(feeds, index);
            continue;
        }
        partition->next = out->offset + 1;
        partition->next_mono_us = now.mono_us;
        partition->inflight++;
        edge_metrics_add(feeds->metrics, EDGE_METRIC_FEED_MESSAGES, index, 0, 1);
        edge_metrics_add(feeds->metrics, EDGE_METRIC_FEED_BYTES, index, 0, out->value_size);
        return true;
    }
}

bool edge_feeds_next(struct edge_feeds *feeds, enum edge_lane lane, struct edge_now now,
                     struct edge_message *out)
{
    size_t count = feeds->config->feed_count;
    for (size_t i = 0; i < count; i++) {
        size_t index = (feeds->turn[lane] + i) % count;
        bool urgent = feeds->config->feeds[index].urgent != 0;
        if (feeds->config->feeds[index].removed || urgent != (lane == EDGE_LANE_URGENT)
            || feeds->feeds[index].resync == FEED_WANTED || feeds->feeds[index].waits
            || now.mono_us < feeds->feeds[index].paused_until_mono_us)
            continue;
        if (next_of(feeds, index, now, out)) {
            feeds->turn[lane] = index + 1;
            return true;
        }
    }
    return false;
}

void edge_feeds_wait(struct edge_feeds *feeds, size_t index, bool wait)
{
    feeds->feeds[index].waits = wait;
}

void edge_feeds_first(const struct edge_feeds *feeds, size_t index,
                      struct edge_topic_fingerprint out[static EDGE_KAFKA_PARTITIONS_MAX])
{
    const struct feed *feed = &feeds->feeds[index];
    for (size_t i = 0; i < EDGE_KAFKA_PARTITIONS_MAX; i++)
        out[i].known = false;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].id >= 0 && feed->partitions[i].id < EDGE_KAFKA_PARTITIONS_MAX)
            out[feed->partitions[i].id] = feed->partitions[i].first;
}

void edge_feeds_late(struct edge_feeds *feeds, const struct edge_message *message)
{
    struct feed_partition *partition =
        feed_find(&feeds->feeds[message->feed], message->partition);
    if (partition && partition->late_count < INGEST_LATE_MAX)
        partition->late[partition->late_count++] = message->offset;
}

void edge_feeds_done(struct edge_feeds *feeds, struct edge_message *message)
{
    size_t index = message->feed;
    struct feed_partition *partition = feed_find(&feeds->feeds[index], message->partition);
    if (partition && partition->inflight > 0) {
        partition->inflight--;
        feed_late_done(partition, message->offset);
        if (message->offset + 1 >= partition->done) { // not one that was late
            partition->done = message->offset + 1;
            partition->tail = (struct feed_tail){.offset = message->offset,
                                                 .mark = edge_message_mark(message)};
            partition->tail_fresh = true;
        }
        take_first(&feeds->feeds[index], partition);
    }
    feed_port_release(feeds, message);
    after_progress(feeds, index);
}

void edge_feeds_death(struct edge_feeds *feeds, size_t index, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    edge_metrics_add(feeds->metrics, EDGE_METRIC_DECODER_DEATHS, index, 0, 1);
    feed->deaths_mono_us[feed->death_count++ % FEED_DEATHS] = now.mono_us;
    if (feed->death_count < FEED_DEATHS
        || now.mono_us - feed->deaths_mono_us[feed->death_count % FEED_DEATHS] > MINUTE_US)
        return;
    feed->pause_us = feed->pause_us == 0 ? MINUTE_US : feed->pause_us * 2;
    if (feed->pause_us > PAUSE_MAX_US)
        feed->pause_us = PAUSE_MAX_US;
    feed->death_count = 0;
    feed->held = true;
    feed->paused_until_mono_us = now.mono_us + feed->pause_us;
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_PAUSED, index, 1);
    edge_log_write(feeds->log, now.utc_us, EDGE_LOG_ERROR, "feed.paused",
                   "feed=%s seconds=%" PRId64
                   " text=\"five decoders died within a minute on its messages\"",
                   feeds->config->feeds[index].name, feed->pause_us / 1000000);
}

const char *edge_feeds_cluster(const struct edge_feeds *feeds, size_t index)
{
    return feeds->feeds[index].cluster;
}

static int severity(enum fusion_reason state)
{
    return state == FUSION_REASON_FEED_DOWN         ? 3
           : state == FUSION_REASON_RESYNCHRONISING ? 2
           : state == FUSION_REASON_CATCHING_UP     ? 1
                                                    : 0;
}

enum fusion_reason edge_feeds_layer_state(const struct edge_feeds *feeds,
                                          enum fusion_layer layer)
{
    enum fusion_reason worst = FUSION_REASON_NONE;
    for (size_t i = 0; i < feeds->config->feed_count; i++) {
        if (feeds->config->feeds[i].layer != (uint32_t)layer || feeds->config->feeds[i].removed)
            continue;
        const struct feed *feed = &feeds->feeds[i];
        enum fusion_reason state = feed->held ? FUSION_REASON_FEED_DOWN : feed_state(feed);
        if (severity(state) > severity(worst))
            worst = state;
    }
    return worst;
}

bool edge_feeds_current(const struct edge_feeds *feeds, size_t index)
{
    return feed_state(&feeds->feeds[index]) == FUSION_REASON_NONE;
}

bool edge_feeds_all_current(const struct edge_feeds *feeds)
{
    for (size_t i = 0; i < feeds->config->feed_count; i++)
        if (!feeds->config->feeds[i].removed
            && feed_state(&feeds->feeds[i]) != FUSION_REASON_NONE)
            return false;
    return true;
}

bool edge_feeds_paused(const struct edge_feeds *feeds, struct edge_now now)
{
    bool any = false;
    for (size_t i = 0; i < feeds->config->feed_count; i++) {
        bool paused = now.mono_us < feeds->feeds[i].paused_until_mono_us;
        edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_PAUSED, i, paused);
        any = any || paused;
    }
    return any;
}
