// edge/ingest/feed.h - state of each feed: partitions, offsets, resynchronisation.
// SPDX-License-Identifier: Apache-2.0
//
// Offsets come from the node's own store. A partition is started when discovery has found it:
// at the stored offset, or at its first offset when the store knows none. The message before a
// stored offset is read again and compared: a topic may have been deleted, created again and
// grown past that offset. When what is there cannot be what was read before (an offset gone,
// another cluster, fewer partitions, unreachable for too long, other terms of decoding:
// edge/ingest/resync.h), the whole feed is read again from its first offsets and reports
// RESYNCHRONISING until everything that it no longer contains is deleted. Until every partition
// has reached the end seen when it was found, the feed reports CATCHING_UP; from then on it is
// current, however many messages are under way, until a partition is stopped, started anew or
// found again, or the feed is read again. While no broker
// answers, the topic is missing, or the feed is paused, its layer reports FEED_DOWN. Belongs to
// the ingest loop; reads no clock. Kafka is behind an interface (struct edge_feed_port), so
// that a recording can replace it.
#ifndef EDGE_FEED_H
#define EDGE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/kafka.h"
#include "edge/kafka/topic_fingerprint.h"
#include "fusion/store/store.h"

enum edge_lane { EDGE_LANE_URGENT, EDGE_LANE_BULK, EDGE_LANES };

struct edge_feed_port {
    void *self;
    enum drf_status (*start)(void *self, size_t feed, int32_t partition, int64_t offset);
    void (*stop)(void *self, size_t feed, int32_t partition);
    enum edge_kafka_event (*next)(void *self, size_t feed, struct edge_message *out);
    void (*release)(void *self, struct edge_message *message);
    // To the fabric: fusion_fabric_resync_begin(), fusion_fabric_resync_sweep().
    void *fabric;
    enum drf_status (*begin)(void *fabric, size_t feed, bool redo, bool lossy);
    enum drf_status (*sweep)(void *fabric, size_t feed, size_t *forgotten, bool *again);
};

struct edge_feeds;

// Between steps, with no message under way: `config` follows the one before
// (edge/config/config_reload.h). A feed that is new, or is read from another topic or to other
// terms, begins as at a start; of those removed the store keeps that their data are to be
// withdrawn (edge/ingest/feed_removed.h). `restarted`: every partition is read by a new client,
// on from where it was. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status edge_feeds_reload(struct edge_feeds *feeds,
                                                 const struct drf_config *config,
                                                 bool restarted, struct edge_now now);

// All pointers are borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_feeds_open(
    const struct drf_config *config, struct edge_feed_port port, struct fusion_store *store,
    struct edge_metrics *metrics, const struct edge_log *log, struct edge_feeds **out);
void edge_feeds_close(struct edge_feeds *feeds); // NULL is fine
// Before the first step: what enters is recorded there, or comes from there; borrowed.
void edge_feeds_use_inputs(struct edge_feeds *feeds, struct edge_inputs *inputs);

// What discovery says of a feed: `found`, or NULL when no broker answered. An end below what
// was read means that the topic was cut only if it was asked for after that: messages read
// since the question lie beyond the answer too.
void edge_feeds_found(struct edge_feeds *feeds, size_t index,
                      const struct edge_kafka_found *found, struct edge_now now);

// What was taken first of each partition since it was found empty; unknown for all others. For
// edge_topic_fingerprints_replaced().
void edge_feeds_first(const struct edge_feeds *feeds, size_t index,
                      struct edge_topic_fingerprint out[static EDGE_KAFKA_PARTITIONS_MAX]);

// The next message of a lane, its feeds in turn, paused ones left out. False: none now.
bool edge_feeds_next(struct edge_feeds *feeds, enum edge_lane lane, struct edge_now now,
                     struct edge_message *out);
// Hands out no message of this feed meanwhile: its dead letters wait for Kafka.
void edge_feeds_wait(struct edge_feeds *feeds, size_t index, bool wait);
// The message waits for another try: those behind it may be done before it.
void edge_feeds_late(struct edge_feeds *feeds, const struct edge_message *message);
// The message is done with: its offset is in the store. Gives it back.
void edge_feeds_done(struct edge_feeds *feeds, struct edge_message *message);

// A slice of forgetting what feeds no longer say, when one is due. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_feeds_sweep(struct edge_feeds *feeds, struct edge_now now,
                                                bool *worked);
// Before each commit: what the store is to know of the positions beside the offsets.
void edge_feeds_note(struct edge_feeds *feeds, struct edge_now now);

// A decoder died on a message of this feed: the fifth within a minute pauses it, a minute at
// first, twice as long each time it happens again, at most an hour.
void edge_feeds_death(struct edge_feeds *feeds, size_t index, struct edge_now now);

// The cluster the feed is read from, "" while unknown.
const char *edge_feeds_cluster(const struct edge_feeds *feeds, size_t index);
// The worst of the feeds of a layer: FEED_DOWN, RESYNCHRONISING, CATCHING_UP or NONE.
enum fusion_reason edge_feeds_layer_state(const struct edge_feeds *feeds,
                                          enum fusion_layer layer);
bool edge_feeds_current(const struct edge_feeds *feeds, size_t index);
// Every feed has reached the end that was seen; true without feeds.
bool edge_feeds_all_current(const struct edge_feeds *feeds);
bool edge_feeds_paused(const struct edge_feeds *feeds, struct edge_now now);

#endif
