// edge/kafka/delivery.h - what is stored for Kafka: an outbox of each kind, one producer.
// SPDX-License-Identifier: Apache-2.0
//
// Dead letters (edge/kafka/deadletter.h), reports of drones and captured telemetry
// (edge/ingest/ingest_reports.h) go the same way: a record is stored in the outbox of its kind,
// sent to the topic of that kind, and deleted when Kafka has acknowledged it
// (edge/kafka/outbox.h). A kind without a topic sends nothing; what an earlier run stored of it
// stays. What came of those under way is taken in edge_delivery_serve(), every 20 ms while
// Kafka answers. Belongs to the ingest loop; non-blocking except edge_delivery_finish().
#ifndef EDGE_DELIVERY_H
#define EDGE_DELIVERY_H

#include "edge/config/config.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/outbox.h"
#include "edge/kafka/producer_kafka.h"

// The numbers stand in recordings: add at the end only.
enum edge_delivery_kind {
    EDGE_DELIVERY_LETTER,
    EDGE_DELIVERY_REPORT,
    EDGE_DELIVERY_CAPTURE,
    EDGE_DELIVERY_KINDS
};

#define EDGE_DELIVERY_LETTERS "letter/" // stored names of dead letters: this and a number

// Whoever takes records: edge/kafka/producer_kafka.h, with its promises, or a test. `send`
// NULL: nobody; in a replay the recording says what came of each.
struct edge_delivery_port {
    void *self;
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
    void (*purge)(void *self, bool all);
    size_t (*waiting)(void *self);
    void (*serve)(void *self, int timeout_ms, edge_producer_report_fn report, void *context);
};

struct edge_delivery;

// One kind of record, in its place.
struct edge_delivery_lane {
    struct edge_delivery *delivery;
    enum edge_delivery_kind kind;
    bool there; // a topic is configured
    struct edge_outbox box;
};

struct edge_delivery {
    const struct drf_config *config; // borrowed, as all pointers here
    struct edge_metrics *metrics;
    struct edge_delivery_port port;
    struct edge_producer *producer; // behind the port, where it is Kafka; else NULL
    struct edge_inputs *inputs;     // NULL: nothing is recorded or replayed
    struct edge_delivery_lane lanes[EDGE_DELIVERY_KINDS];
    bool sends;            // any of them is there
    int64_t serve_mono_us; // the next time; INT64_MAX: nothing is under way
};

// Opens what is configured, with a producer if anything is. All is borrowed until close; *out
// stays where it is. DRF_ERR_RANGE with *error: the settings make no client. DRF_ERR_STORE,
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_delivery_open(const struct drf_config *config,
                                                  struct fusion_store *store,
                                                  struct edge_metrics *metrics,
                                                  struct edge_inputs *inputs,
                                                  char error[static EDGE_KAFKA_ERROR_SIZE],
                                                  struct edge_delivery *out);
// Instead of that with another taker; none in a replay, where what it said comes from `inputs`.
DRF_MUST_CHECK enum drf_status edge_delivery_use(
    const struct drf_config *config, struct fusion_store *store, struct edge_metrics *metrics,
    struct edge_delivery_port port, struct edge_inputs *inputs, struct edge_delivery *out);
void edge_delivery_close(struct edge_delivery *delivery);

// In a reload: `config` follows the one before. `restarted`: records under way come back, to be
// sent by the producer that is given next.
void edge_delivery_follow(struct edge_delivery *delivery, const struct drf_config *config,
                          bool restarted, struct edge_now now);
// The producer of a configuration.
DRF_MUST_CHECK enum drf_status edge_delivery_producer(const struct drf_config *config,
                                                      char error[static EDGE_KAFKA_ERROR_SIZE],
                                                      struct edge_producer **out);
// Taken over; the one before is given back.
struct edge_producer *edge_delivery_swap(struct edge_delivery *delivery,
                                         struct edge_producer *producer);

// As edge_outbox_put(). DRF_ERR_ABSENT: no topic is configured for this kind.
DRF_MUST_CHECK enum drf_status edge_delivery_put(struct edge_delivery *delivery,
                                                 enum edge_delivery_kind kind,
                                                 const struct edge_kafka_record *kafka_record,
                                                 struct edge_now now);
// What was put so far is committed: it is sent at the next serve.
void edge_delivery_committed(struct edge_delivery *delivery, struct edge_now now);
// Deletes what is too old; with a clock that can be trusted only.
void edge_delivery_expire(struct edge_delivery *delivery, struct edge_now now);
// Counts what was delivered and lost meanwhile, sends what was kept. True: the store changed.
bool edge_delivery_serve(struct edge_delivery *delivery, struct edge_now now);
// At the end: waits at most a second for Kafka and keeps what it did not take.
void edge_delivery_finish(struct edge_delivery *delivery, struct edge_now now);

#endif
