// edge/kafka/outbox.h - outbox of dead letters, stored until Kafka has them.
// SPDX-License-Identifier: Apache-2.0
//
// A record is put into the store as a named value "letter/NUMBER", in the same commit as the
// offset that moves past its message, and sent to Kafka at once while Kafka takes records. It
// is deleted from the store when Kafka has acknowledged it: after a kill some records are sent
// twice, and none is lost. When Kafka does not take them (EDGE_OUTBOX_UNDER_WAY_MAX are in
// flight, or none was acknowledged for two seconds) they wait and are sent, oldest first, when
// it is back. At most EDGE_OUTBOX_MAX wait. While Kafka answers, the caller stops taking what
// would need room before that (edge_outbox_near_full()), so that none is lost; when nothing
// was acknowledged for ten seconds it need not, and more than fit are counted as lost. A record
// that the store cannot take is sent all the same. Belongs to the ingest loop; non-blocking.
#ifndef EDGE_OUTBOX_H
#define EDGE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/kafka/kafka_record.h"
#include "fusion/store/store.h"

enum { EDGE_OUTBOX_MAX = 1000, EDGE_OUTBOX_UNDER_WAY_MAX = 1024 };
#define EDGE_OUTBOX_PREFIX "letter/"

// The producer: edge/kafka/producer_kafka.h, or a test.
struct edge_outbox_sender {
    void *self;
    // Copies. DRF_ERR_FULL: not now. DRF_ERR_RANGE: never.
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
    // Takes back what waits for a broker: each is reported as not delivered at the next serve.
    void (*purge)(void *self);
};

struct edge_outbox {
    struct fusion_store *store; // NULL: nothing is kept
    struct edge_outbox_sender post;
    uint32_t under_way, kept;
    uint64_t first, next, resend; // numbers of stored records: first <= resend <= next; those
                                  // before `resend` are under way
    int64_t confirmed_mono_us;    // or when the first of those under way was sent
    int64_t asked_mono_us;        // since when Kafka owes an acknowledgement; INT64_MAX: none
    uint64_t delivered, lost;     // since they were last taken
    bool changed;                 // what is kept, since this was last taken
};

// Finds what an earlier run kept. All is borrowed until nobody uses it. DRF_ERR_STORE,
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_outbox_init(struct edge_outbox *box,
                                                struct fusion_store *store,
                                                struct edge_outbox_sender post);
// Keeps it and sends it, at least one of them (tag is ignored). DRF_ERR_FULL: it is lost, and
// counted.
DRF_MUST_CHECK enum drf_status edge_outbox_put(struct edge_outbox *box,
                                               const struct edge_kafka_record *kafka_record,
                                               int64_t now_mono_us);
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

#endif
