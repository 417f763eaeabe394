// edge/kafka/outbox.h - outbox: records for Kafka, stored until Kafka has them.
// SPDX-License-Identifier: Apache-2.0
//
// A record is put into the store as a named value "PREFIX" and its number, and is deleted when
// Kafka has acknowledged it: after a kill some records are sent twice, and none is lost. Two
// ways of keeping, by the rules of the box:
//   at once       (dead letters) it is sent at once while Kafka takes records, and stored in
//                 the commit of the offset that moves past its message. One that the store
//                 cannot take is sent all the same.
//   after_commit  (reports) it is stored or refused; it is sent after its commit only
//                 (edge_outbox_committed()), so that nothing is in Kafka that a kill takes
//                 back.
// When Kafka does not take them (EDGE_OUTBOX_UNDER_WAY_MAX are in flight, or none was
// acknowledged for two seconds) they wait and are sent, oldest first, when it is back. What
// waits is bounded by count, bytes and age. While Kafka answers, the caller stops taking what
// would need room before that (edge_outbox_near_full()), so that none is lost; when nothing was
// acknowledged for ten seconds it need not. None is sent again while it is under way. Belongs
// to the ingest loop; non-blocking.
#ifndef EDGE_OUTBOX_H
#define EDGE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/kafka/kafka_record.h"
#include "fusion/store/store.h"

enum { EDGE_OUTBOX_MAX = 1000, EDGE_OUTBOX_UNDER_WAY_MAX = 1024 };

struct edge_outbox_rules {
    const char *prefix; // of the stored names, with a slash at the end
    uint64_t count_max; // that wait and are not under way
    uint64_t bytes_max; // of all that are stored
    int64_t keep_us;    // by the records' own timestamp; 0: for ever
    bool after_commit;
};

// The producer: edge/kafka/delivery.h, or a test.
struct edge_outbox_sender {
    void *self;
    // Copies. DRF_ERR_FULL: not now. DRF_ERR_RANGE: never.
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
    // Takes back what waits for a broker: each is reported as not delivered at the next serve.
    void (*purge)(void *self);
};

struct edge_outbox {
    struct edge_outbox_rules rules;
    struct fusion_store *store; // NULL: nothing is kept
    struct edge_outbox_sender post;
    uint32_t under_way;
    uint64_t kept, kept_bytes;
    uint64_t first, next, resend; // numbers of stored records: first <= resend <= next; those
                                  // before `resend` are under way
    uint64_t committed;           // those from here on are not sent yet (after_commit)
    uint64_t flying[EDGE_OUTBOX_UNDER_WAY_MAX]; // numbers of those under way, in no order
    uint32_t flying_count;
    int64_t confirmed_mono_us; // or when the first of those under way was sent
    int64_t asked_mono_us;     // since when Kafka owes an acknowledgement; INT64_MAX: none
    uint64_t delivered, lost;  // since they were last taken
    uint64_t expired;          // among the lost: too old
    bool changed;              // what is kept, since this was last taken
};

// Finds what an earlier run kept. All is borrowed until nobody uses it. DRF_ERR_STORE,
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_outbox_init(struct edge_outbox *box,
                                                struct edge_outbox_rules rules,
                                                struct fusion_store *store,
                                                struct edge_outbox_sender post);
// Keeps it, and sends it where the rules say so (tag is ignored). DRF_ERR_FULL: neither; at
// once: it is lost, and counted. after_commit: the caller has it still.
DRF_MUST_CHECK enum drf_status edge_outbox_put(struct edge_outbox *box,
                                               const struct edge_kafka_record *kafka_record,
                                               int64_t now_mono_us);
// What was put so far is committed.
void edge_outbox_committed(struct edge_outbox *box);
// The producer's report about one record.
void edge_outbox_report(struct edge_outbox *box, const struct edge_kafka_record *kafka_record,
                        bool delivered, int64_t now_mono_us);
// It acknowledged something within ten seconds, or has nothing to.
bool edge_outbox_answers(const struct edge_outbox *box, int64_t now_mono_us);
// Three quarters of the room are taken and Kafka answers: what is refused meanwhile should wait
// where it is. The rest is for what was read before that was seen.
bool edge_outbox_near_full(const struct edge_outbox *box, int64_t now_mono_us);
// Purges what Kafka does not take, sends what is stored when it does.
void edge_outbox_step(struct edge_outbox *box, int64_t now_mono_us);
// Deletes what is older than keep_us and not under way, some at a time. To be called only with
// a clock that can be trusted.
void edge_outbox_expire(struct edge_outbox *box, int64_t now_utc_us);

#endif
