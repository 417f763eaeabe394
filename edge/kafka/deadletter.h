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
// acknowledged it (edge/kafka/outbox.h). While Kafka takes them, a feed whose letters wait is
// not read faster than they go (edge_deadletter_waits()); while it does not, a bounded number
// is kept and the rest is counted as lost. Belongs to the ingest loop; non-blocking.
#ifndef EDGE_DEADLETTER_H
#define EDGE_DEADLETTER_H

#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/message.h"
#include "edge/kafka/outbox.h"
#include "edge/kafka/producer_kafka.h"
#include "geo/record/record.h"

enum { EDGE_DEADLETTER_BYTES_MAX = 65536 };
#define EDGE_DEADLETTER_PREFIX "drf_dead_"

// Whoever takes letters: edge/kafka/producer_kafka.h, with its promises, or a test. `send`
// NULL: nobody; in a replay the recording says what came of each.
struct edge_deadletter_port {
    void *self;
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
    void (*purge)(void *self, bool all);
    size_t (*waiting)(void *self);
    void (*serve)(void *self, int timeout_ms, edge_producer_report_fn report, void *context);
};

struct edge_deadletters {
    const struct drf_config *config; // borrowed, as all pointers here
    const struct edge_log *log;
    struct edge_metrics *metrics;
    bool sends; // a topic is configured
    struct edge_deadletter_port port;
    struct edge_producer *producer; // behind the port, where it is Kafka; else NULL
    struct edge_inputs *inputs;     // NULL: nothing is recorded or replayed
    struct edge_outbox box;
    struct edge_log_limit limit, outside_limit;
    uint64_t last_letter[DRF_FEEDS_MAX]; // its number in the box; 0: none
    int64_t serve_mono_us;               // the next time; INT64_MAX: nothing is under way
};

// Opens what is configured: without a topic nothing is sent. All is borrowed until close.
// DRF_ERR_RANGE with *error: the settings make no client. DRF_ERR_STORE, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_deadletters_open(const struct drf_config *config,
                                                     struct fusion_store *store,
                                                     struct edge_metrics *metrics,
                                                     const struct edge_log *log,
                                                     char error[static EDGE_KAFKA_ERROR_SIZE],
                                                     struct edge_deadletters *out);
// Instead of that with another taker; none in a replay, where what it said comes from `inputs`.
DRF_MUST_CHECK enum drf_status edge_deadletters_use(
    const struct drf_config *config, struct fusion_store *store, struct edge_metrics *metrics,
    const struct edge_log *log, struct edge_deadletter_port port, struct edge_inputs *inputs,
    struct edge_deadletters *out);
// In a reload: `config` follows the one before. `restarted`: letters under way come back, to be
// sent by the producer that is given next.
void edge_deadletters_follow(struct edge_deadletters *deadletters,
                             const struct drf_config *config, bool restarted,
                             struct edge_now now);
// The producer of a configuration that names a topic.
DRF_MUST_CHECK enum drf_status edge_deadletters_producer(
    const struct drf_config *config, char error[static EDGE_KAFKA_ERROR_SIZE],
    struct edge_producer **out);
// Taken over; the one before is given back.
struct edge_producer *edge_deadletters_swap(struct edge_deadletters *deadletters,
                                            struct edge_producer *producer);
void edge_deadletters_close(struct edge_deadletters *deadletters);

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
// Counts what was delivered and lost meanwhile, sends what was kept. True: the store changed.
bool edge_deadletter_serve(struct edge_deadletters *deadletters, struct edge_now now);
// At the end: waits at most a second for Kafka and keeps what it did not take.
void edge_deadletter_finish(struct edge_deadletters *deadletters, struct edge_now now);

#endif
