// edge/kafka/deadletter.h - dead letters: refused messages, sent to a topic with the reason.
// SPDX-License-Identifier: Apache-2.0
//
// Each refusal is counted, logged (at most a burst of lines a second, with the number
// suppressed) and, where a topic is configured, sent there: with headers of ours first
// (drf_dead_reason, _text, _position, _parts, _feed, _topic, _partition, _offset, _size,
// _sha256, and _time_ms, Kafka's CreateTime, if it had one), then the original key, headers and
// bytes (cut at 64 KB). No dead letter is made of what lies outside the region (counted, a
// sample line a minute), of what is of no use, and of a message that is a dead letter itself:
// that would go round between two nodes for ever. Each is kept in the store until Kafka has
// acknowledged it (edge/kafka/delivery.h). While Kafka takes them, a feed whose letters wait is
// not read faster than they go (edge_deadletter_waits()); while it does not, a bounded number
// is kept and the rest is counted as lost. Belongs to the ingest loop; non-blocking.
#ifndef EDGE_DEADLETTER_H
#define EDGE_DEADLETTER_H

#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/kafka/delivery.h"
#include "edge/kafka/message.h"
#include "geo/record/record.h"

enum { EDGE_DEADLETTER_BYTES_MAX = 65536 };
#define EDGE_DEADLETTER_PREFIX "drf_dead_"

struct edge_deadletters {
    const struct drf_config *config; // borrowed, as all pointers here
    const struct edge_log *log;
    struct edge_metrics *metrics;
    struct edge_delivery *delivery;
    struct edge_log_limit limit, outside_limit;
    uint64_t last_letter[DRF_FEEDS_MAX]; // its number in the box; 0: none
};

void edge_deadletters_init(struct edge_deadletters *deadletters,
                           const struct drf_config *config, struct edge_delivery *delivery,
                           struct edge_metrics *metrics, const struct edge_log *log);
// In a reload: `config` follows the one before.
void edge_deadletters_follow(struct edge_deadletters *deadletters,
                             const struct drf_config *config);

// The whole message was refused. One without usable content (IGNORED: other levels of a
// forecast) is counted and logged at the lowest level, without a dead letter: there is nothing
// to repair. One outside the region likewise, with a line a minute: a national feed may send
// ten thousand.
void edge_deadletter_refused(struct edge_deadletters *deadletters,
                             const struct edge_message *message, const struct geo_note *why,
                             struct edge_now now);
// Parts of an accepted message were refused: every note of its record is counted; one dead
// letter reports those that were not just skipped (IGNORED, OUT_OF_REGION).
void edge_deadletter_notes(struct edge_deadletters *deadletters,
                           const struct edge_message *message, struct geo_record record,
                           struct edge_now now);
// No message of this feed should be read now: letters of its wait for Kafka, which takes them,
// and there is little room for more.
bool edge_deadletter_waits(const struct edge_deadletters *deadletters, size_t feed,
                           struct edge_now now);
// A message with headers of ours: a dead letter that came back by a feed.
bool edge_deadletter_is_one(const struct edge_message *message);
#endif
