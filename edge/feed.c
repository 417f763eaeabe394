// SPDX-License-Identifier: Apache-2.0
#include "edge/feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DEATHS = 5 };
#define MINUTE_US INT64_C(60000000)
#define PAUSE_MAX_US (60 * MINUTE_US)
// librdkafka#5153: a consumer may stall after a broker's restart. Started again after this.
#define STALL_US INT64_C(15000000)
// An answer of the broker counts against what was read this long before the question.
#define SETTLED_US INT64_C(1000000)

struct partition {
    int32_t id;
    bool started, resynchronising;
    int64_t next;         // offset after the last message taken
    int64_t next_mono_us; // when it moved last
    int64_t target;       // the end when it was found
    uint32_t inflight;
};

struct feed {
    bool reachable, exists;
    char cluster[64];
    size_t count;
    struct partition *partitions;
    int64_t hungry_mono_us; // since when nothing came; INT64_MAX: something did
    int64_t deaths_mono_us[DEATHS];
    size_t death_count;
    int64_t pause_us, paused_until_mono_us;
};

struct edge_feeds {
    const struct drf_config *config;
    struct edge_feed_port port;
    struct fusion_store *store;
    struct edge_metrics *metrics;
    const struct edge_log *log;
    size_t turn[EDGE_LANES];
    struct feed feeds[DRF_FEEDS_MAX];
};

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
    for (size_t i = 0; i < config->feed_count; i++) {
        feeds->feeds[i].hungry_mono_us = INT64_MAX;
        edge_metrics_set(metrics, EDGE_METRIC_FEED_CATCHING_UP, i, 1);
    }
    *out = feeds;
    return DRF_OK;
}

void edge_feeds_close(struct edge_feeds *feeds)
{
    if (!feeds)
        return;
    for (size_t i = 0; i < feeds->config->feed_count; i++) {
        struct feed *feed = &feeds->feeds[i];
        for (size_t k = 0; k < feed->count; k++)
            if (feed->partitions[k].started)
                feeds->port.stop(feeds->port.self, i, feed->partitions[k].id);
        free(feed->partitions);
    }
    free(feeds);
}

static struct partition *find(struct feed *feed, int32_t id)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->partitions[i].id == id)
            return &feed->partitions[i];
    return NULL;
}

static struct partition *add(struct feed *feed, int32_t id)
{
    struct partition *partitions =
        realloc(feed->partitions, (feed->count + 1) * sizeof *partitions);
    if (!partitions)
        return NULL;
    feed->partitions = partitions;
    partitions[feed->count] = (struct partition){.id = id};
    return &partitions[feed->count++];
}

static void start(struct edge_feeds *feeds, size_t index, struct partition *partition,
                  int64_t offset, int64_t high, bool resynchronise, const char *why,
                  struct edge_now now)
{
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    if (feeds->port.start(feeds->port.self, index, partition->id, offset) != DRF_OK)
        return; // tried again at the next discovery
    partition->started = true;
    partition->next = offset;
    partition->resynchronising = partition->resynchronising || resynchronise;
    if (high > partition->target || resynchronise)
        partition->target = high;
    edge_log_write(
        feeds->log, now.utc_us, resynchronise ? EDGE_LOG_WARN : EDGE_LOG_INFO, "feed.start",
        "feed=%s topic=%s partition=%" PRId32 " offset=%" PRId64 " end=%" PRId64 " why=%s",
        config->name, config->topic, partition->id, offset, high, why);
}

static void start_new(struct edge_feeds *feeds, size_t index, struct partition *partition,
                      const struct edge_kafka_found *found, int64_t low, int64_t high,
                      struct edge_now now)
{
    char cluster[64] = "";
    int64_t stored = 0;
    enum drf_status status = fusion_store_offset(
        feeds->store, feeds->config->feeds[index].topic, partition->id, cluster, &stored);
    bool other = found->cluster_id[0] != '\0' && cluster[0] != '\0'
                 && strcmp(cluster, found->cluster_id) != 0;
    if (status == DRF_ERR_ABSENT)
        start(feeds, index, partition, low, high, false, "new", now);
    else if (status != DRF_OK)
        return;
    else if (other)
        start(feeds, index, partition, low, high, true, "another_cluster", now);
    else if (stored < low || stored > high)
        start(feeds, index, partition, low, high, true, "offset_gone", now);
    else
        start(feeds, index, partition, stored, high, false, "stored", now);
}

static void stop(struct edge_feeds *feeds, size_t index, struct partition *partition)
{
    feeds->port.stop(feeds->port.self, index, partition->id);
    partition->started = false;
}

static void check_started(struct edge_feeds *feeds, size_t index, struct partition *partition,
                          int64_t low, int64_t high, int64_t asked_mono_us, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    if (partition->inflight > 0)
        return;
    bool settled = asked_mono_us > partition->next_mono_us + SETTLED_US;
    if (partition->next > high
        && settled) { // made anew, or cut: what was read is not what is there
        stop(feeds, index, partition);
        start(feeds, index, partition, low, high, true, "shorter_topic", now);
    } else if (partition->next < high && feed->hungry_mono_us != INT64_MAX
               && now.mono_us - feed->hungry_mono_us > STALL_US) {
        stop(feeds, index, partition);
        start(feeds, index, partition, partition->next, partition->target, false, "stalled",
              now);
        feed->hungry_mono_us = now.mono_us;
    }
}

static void tell_change(struct edge_feeds *feeds, size_t index, bool reachable, bool exists,
                        struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    if (reachable && !exists && (feed->exists || !feed->reachable))
        edge_log_write(feeds->log, now.utc_us, EDGE_LOG_WARN, "feed.waiting",
                       "feed=%s topic=%s for=topic", config->name, config->topic);
    feed->reachable = reachable;
    feed->exists = exists;
}

void edge_feeds_found(struct edge_feeds *feeds, size_t index,
                      const struct edge_kafka_found *found, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    tell_change(feeds, index, found != NULL, found && found->count > 0, now);
    if (!found)
        return;
    if (found->cluster_id[0] != '\0')
        memcpy(feed->cluster, found->cluster_id, sizeof feed->cluster);
    if (found->too_many)
        edge_log_write(feeds->log, now.utc_us, EDGE_LOG_ERROR, "feed.partitions",
                       "feed=%s read=%d text=\"the topic has more partitions than are read\"",
                       feeds->config->feeds[index].name, EDGE_KAFKA_PARTITIONS_MAX);
    int64_t behind = 0;
    for (size_t i = 0; i < found->count; i++) {
        int64_t low = found->partitions[i].low, high = found->partitions[i].high;
        struct partition *partition = find(feed, found->partitions[i].partition);
        if (!partition)
            partition = add(feed, found->partitions[i].partition);
        if (!partition)
            return;
        if (partition->started)
            check_started(feeds, index, partition, low, high, found->asked_mono_us, now);
        else if (partition->resynchronising)
            start(feeds, index, partition, low, high, true, "offset_gone", now);
        else
            start_new(feeds, index, partition, found, low, high, now);
        if (high > partition->next)
            behind += high - partition->next;
    }
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_BEHIND, index, behind);
}

static enum fusion_reason feed_state(const struct feed *feed)
{
    if (!feed->reachable || !feed->exists)
        return FUSION_REASON_FEED_DOWN;
    bool caught_up = true;
    for (size_t i = 0; i < feed->count; i++) {
        const struct partition *partition = &feed->partitions[i];
        bool reached = partition->started && partition->inflight == 0
                       && partition->next >= partition->target;
        if (!reached && partition->resynchronising)
            return FUSION_REASON_RESYNCHRONISING;
        caught_up = caught_up && reached;
    }
    return caught_up ? FUSION_REASON_NONE : FUSION_REASON_CATCHING_UP;
}

static void after_progress(struct edge_feeds *feeds, size_t index)
{
    struct feed *feed = &feeds->feeds[index];
    for (size_t i = 0; i < feed->count; i++) {
        struct partition *partition = &feed->partitions[i];
        if (partition->started && partition->inflight == 0
            && partition->next >= partition->target)
            partition->resynchronising = false;
    }
    edge_metrics_set(feeds->metrics, EDGE_METRIC_FEED_CATCHING_UP, index,
                     feed_state(feed) != FUSION_REASON_NONE);
}

// What came with an event that is no message.
static void note_event(struct edge_feeds *feeds, size_t index, enum edge_kafka_event event,
                       const struct edge_message *message, struct edge_now now)
{
    const struct drf_feed_config *config = &feeds->config->feeds[index];
    struct partition *partition = find(&feeds->feeds[index], message->partition);
    if (!partition || !partition->started)
        return;
    if (event == EDGE_KAFKA_END && message->offset > partition->next) {
        partition->next = message->offset; // compacted away, or markers of transactions
        partition->next_mono_us = now.mono_us;
    }
    if (event == EDGE_KAFKA_OFFSET) {
        stop(feeds, index, partition);
        partition->resynchronising = true; // from the first offset, at the next discovery
    }
    if (event == EDGE_KAFKA_UNREADABLE)
        edge_log_write(feeds->log, now.utc_us, EDGE_LOG_WARN, "feed.unreadable",
                       "feed=%s topic=%s partition=%" PRId32, config->name, config->topic,
                       message->partition);
    after_progress(feeds, index);
}

static bool next_of(struct edge_feeds *feeds, size_t index, struct edge_now now,
                    struct edge_message *out)
{
    struct feed *feed = &feeds->feeds[index];
    for (;;) {
        enum edge_kafka_event event = feeds->port.next(feeds->port.self, index, out);
        if (event == EDGE_KAFKA_NOTHING) {
            if (feed->hungry_mono_us == INT64_MAX)
                feed->hungry_mono_us = now.mono_us;
            return false;
        }
        if (event != EDGE_KAFKA_MESSAGE) {
            note_event(feeds, index, event, out, now);
            continue;
        }
        feed->hungry_mono_us = INT64_MAX;
        struct partition *partition = find(feed, out->partition);
        if (!partition || !partition->started || out->offset < partition->next) {
            feeds->port.release(feeds->port.self, out); // of a life before a restart
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
        if (urgent != (lane == EDGE_LANE_URGENT)
            || now.mono_us < feeds->feeds[index].paused_until_mono_us)
            continue;
        if (next_of(feeds, index, now, out)) {
            feeds->turn[lane] = index + 1;
            return true;
        }
    }
    return false;
}

void edge_feeds_done(struct edge_feeds *feeds, struct edge_message *message)
{
    size_t index = message->feed;
    struct partition *partition = find(&feeds->feeds[index], message->partition);
    if (partition && partition->inflight > 0)
        partition->inflight--;
    feeds->port.release(feeds->port.self, message);
    after_progress(feeds, index);
}

void edge_feeds_death(struct edge_feeds *feeds, size_t index, struct edge_now now)
{
    struct feed *feed = &feeds->feeds[index];
    edge_metrics_add(feeds->metrics, EDGE_METRIC_DECODER_DEATHS, index, 0, 1);
    feed->deaths_mono_us[feed->death_count++ % DEATHS] = now.mono_us;
    if (feed->death_count < DEATHS
        || now.mono_us - feed->deaths_mono_us[feed->death_count % DEATHS] > MINUTE_US)
        return;
    feed->pause_us = feed->pause_us == 0 ? MINUTE_US : feed->pause_us * 2;
    if (feed->pause_us > PAUSE_MAX_US)
        feed->pause_us = PAUSE_MAX_US;
    feed->death_count = 0;
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
        if (feeds->config->feeds[i].layer != (uint32_t)layer)
            continue;
        enum fusion_reason state = feed_state(&feeds->feeds[i]);
        if (severity(state) > severity(worst))
            worst = state;
    }
    return worst;
}

bool edge_feeds_all_current(const struct edge_feeds *feeds)
{
    for (size_t i = 0; i < feeds->config->feed_count; i++)
        if (feed_state(&feeds->feeds[i]) != FUSION_REASON_NONE)
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
