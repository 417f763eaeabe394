// edge/kafka/deadletter.h - dead letters: refused messages, sent to a topic with the reason.
// SPDX-License-Identifier: Apache-2.0
//
// Each refusal is counted, logged (at most a burst of lines a second, with the number
// suppressed) and, where a topic is configured, sent there: the original key, headers and bytes
// (cut at 64 KB) with headers of ours: drf_dead_reason, _text, _position, _parts, _feed,
// _topic, _partition, _offset, _size, _sha256, and _time_ms (Kafka's CreateTime, if it had
// one). Each is kept in the store until Kafka has acknowledged it (edge/kafka/outbox.h); while
// Kafka is unreachable a bounded number is kept there and the rest is counted as lost. Belongs
// to the ingest loop; non-blocking.
#ifndef EDGE_DEADLETTER_H
#define EDGE_DEADLETTER_H

#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/kafka/message.h"
#include "edge/kafka/outbox.h"
#include "edge/kafka/producer_kafka.h"
#include "geo/record/record.h"

enum { EDGE_DEADLETTER_BYTES_MAX = 65536 };
#define EDGE_DEADLETTER_PREFIX "drf_dead_"

struct edge_deadletters {
    const struct drf_config *config; // borrowed, as all pointers here
    const struct edge_log *log;
    struct edge_metrics *metrics;
    struct edge_producer *producer; // NULL: no topic is configured
    struct edge_outbox box;
    struct edge_log_limit limit;
    int64_t serve_mono_us; // the next time; INT64_MAX: nothing is under way
};

// Opens what is configured: without a topic nothing is sent. All is borrowed until close.
// DRF_ERR_RANGE with *error: the settings make no client. DRF_ERR_STORE, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_deadletters_open(const struct drf_config *config,
                                                     struct fusion_store *store,
                                                     struct edge_metrics *metrics,
                                                     const struct edge_log *log,
                                                     char error[static EDGE_KAFKA_ERROR_SIZE],
                                                     struct edge_deadletters *out);
void edge_deadletters_close(struct edge_deadletters *deadletters);

// The whole message was refused. One without usable content (IGNORED: other levels of a
// forecast) is counted and logged at the lowest level, without a dead letter: there is nothing
// to repair.
void edge_deadletter_refused(struct edge_deadletters *deadletters,
                             const struct edge_message *message, const struct geo_note *why,
                             struct edge_now now);
// Parts of an accepted message were refused: every note of its record is counted; one dead
// letter reports those that were not just skipped (IGNORED).
void edge_deadletter_notes(struct edge_deadletters *deadletters,
                           const struct edge_message *message, struct geo_record record,
                           struct edge_now now);
// Counts what was delivered and lost meanwhile, sends what was kept. True: the store changed.
bool edge_deadletter_serve(struct edge_deadletters *deadletters, struct edge_now now);
// At the end: waits at most a second for Kafka and keeps what it did not take.
void edge_deadletter_finish(struct edge_deadletters *deadletters, struct edge_now now);

#endif
