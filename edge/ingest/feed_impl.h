// edge/ingest/feed_impl.h - shared by edge/ingest/feed*.c, private to them.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_FEED_IMPL_H
#define EDGE_FEED_IMPL_H

#include "edge/ingest/feed.h"
#include "edge/ingest/ingest_late.h"

enum { FEED_DEATHS = 5 };

// Hash of the last message before an offset: a topic that was created again, and has grown past
// that offset, has another message there.
struct feed_tail {
    int64_t offset;
    uint64_t mark; // edge_message_mark()
};

struct feed_partition {
    int32_t id;
    bool started;
    bool verify;          // the message before the stored position comes first, to be compared
    bool tail_fresh;      // `tail` is not in the store yet
    bool empty;           // when it was found last: `first` is wanted
    int64_t next;         // offset after the last message taken
    int64_t next_mono_us; // when it moved last
    int64_t target;       // the end when it was found
    int64_t done;         // offset after the last message whose effect is committed
    uint32_t inflight;
    int64_t late[INGEST_LATE_MAX]; // of those, what waits for another try
    size_t late_count;
    struct feed_tail tail;
    bool former_known;       // while it is read again: the message there is to be compared
    struct feed_tail former; // `tail` before
    struct edge_topic_fingerprint first; // taken since it was found empty
};

enum feed_resync {
    FEED_CURRENT,
    FEED_WANTED,   // to be read from the beginning, as soon as nothing is in flight
    FEED_READING,  // until every partition has reached the end noted then
    FEED_SWEEPING, // what was not read again is being deleted
};

struct feed {
    bool reachable, exists;
    bool current;  // every partition reached its target; until one is lost or read anew
    bool vanished; // the topic was gone while the store knew positions in it
    enum feed_resync resync;
    bool redo; // other terms of decoding: apply again what was applied
    char why[32];
    char cluster[64];
    size_t count;
    struct feed_partition *partitions;
    int64_t idle_mono_us;        // since when nothing came; INT64_MAX: something did
    int64_t unreachable_mono_us; // since when no broker answered; INT64_MAX: one does
    int64_t reached_mono_us;     // when "reached/<feed>" was written
    int64_t deaths_mono_us[FEED_DEATHS];
    size_t death_count;
    int64_t pause_us, paused_until_mono_us;
    bool waits; // see edge_feeds_wait()
    bool held;  // paused, and what came meanwhile is not all read yet
};

struct edge_feeds {
    const struct drf_config *config;
    struct edge_feed_port port;
    struct edge_inputs *inputs; // NULL: nothing is recorded or replayed
    struct fusion_store *store;
    struct edge_metrics *metrics;
    const struct edge_log *log;
    size_t turn[EDGE_LANES];
    struct feed feeds[DRF_FEEDS_MAX];
};

// feed.c: the state of a feed that nothing is known of yet; its parts.
void feed_open(struct edge_feeds *feeds, size_t index);
void feed_close(struct edge_feeds *feeds, size_t index);

// feed_port.c: struct edge_feed_port, recorded or from a recording
DRF_MUST_CHECK enum drf_status feed_port_start(struct edge_feeds *feeds, size_t index,
                                               int32_t partition, int64_t offset);
void feed_port_stop(struct edge_feeds *feeds, size_t index, int32_t partition);
enum edge_kafka_event feed_port_next(struct edge_feeds *feeds, size_t index,
                                     struct edge_message *out);
void feed_port_release(struct edge_feeds *feeds, struct edge_message *message);

// feed_partition.c
struct feed_partition *feed_find(struct feed *feed, int32_t id); // NULL: not there
struct feed_partition *feed_add(struct feed *feed, int32_t id);  // NULL: no memory
void feed_late_done(struct feed_partition *partition, int64_t offset);
bool feed_reached(const struct feed *feed); // every partition, its target
void feed_note_reached(struct feed *feed);  // sets feed->current, if it is so
// Current no more: until `high` of this partition too.
void feed_lose(struct feed *feed, struct feed_partition *partition, int64_t high);
void feed_start(struct edge_feeds *feeds, size_t index, struct feed_partition *partition,
                int64_t offset, int64_t high, const char *why, struct edge_now now);
void feed_stop(struct edge_feeds *feeds, size_t index, struct feed_partition *partition);
void feed_stop_all(struct edge_feeds *feeds, size_t index);

// feed_resync.c
void feed_resync_restore(struct edge_feeds *feeds, size_t index);
void feed_resync_want(struct edge_feeds *feeds, size_t index, const char *why,
                      struct edge_now now);
// Why what discovery found cannot be what was read before; NULL: it can.
const char *feed_resync_reason(struct edge_feeds *feeds, size_t index,
                               const struct edge_kafka_found *found, struct edge_now now);
void feed_resync_begin(struct edge_feeds *feeds, size_t index,
                       const struct edge_kafka_found *found, struct edge_now now);
// Of a partition that is read again, before it is started.
void feed_note_former(struct edge_feeds *feeds, size_t index, struct feed_partition *partition);
// The message is to be handed out. False: it shows that a topic that is read again is another.
bool feed_resync_as_former(struct edge_feeds *feeds, size_t index,
                           struct feed_partition *partition, const struct edge_message *message,
                           struct edge_now now);
bool feed_tail_read(struct edge_feeds *feeds, size_t index, int32_t partition,
                    struct feed_tail *out);

#endif
