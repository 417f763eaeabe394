// edge/kafka/outbox.h - dead letters on their way: a few with Kafka, the rest in the store.
// SPDX-License-Identifier: Apache-2.0
//
// A letter is put into the store as a named value "letter/NUMBER", in the same commit as the
// offset that moves past its message, and handed to Kafka at once while Kafka takes them. It
// leaves the store when Kafka has acknowledged it: a killed node sends some letters twice, and
// loses none. When Kafka does not take them (a number is under way, or none was confirmed for
// two seconds) they wait, and go out, oldest first, when it is back. At most EDGE_OUTBOX_MAX
// wait; more are counted as lost. What the store cannot take is sent all the same. Belongs to
// the ingest loop; does not block.
#ifndef EDGE_OUTBOX_H
#define EDGE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/kafka/kafka_record.h"
#include "fusion/store/store.h"

enum { EDGE_OUTBOX_MAX = 1000, EDGE_OUTBOX_UNDER_WAY_MAX = 1024 };
#define EDGE_OUTBOX_PREFIX "letter/"

// Who carries letters: edge/kafka/producer_kafka.h, or a test.
struct edge_post {
    void *self;
    // Copies. DRF_ERR_FULL: not now. DRF_ERR_RANGE: never.
    enum drf_status (*send)(void *self, const struct edge_kafka_record *kafka_record);
    // Hands back what waits for a broker: each is reported as not delivered at the next serve.
    void (*purge)(void *self);
};

struct edge_outbox {
    struct fusion_store *store; // NULL: nothing is kept
    struct edge_post post;
    uint32_t under_way, kept;
    uint64_t first, next, resend; // numbers of kept letters: first <= resend <= next; those
                                  // before `resend` are under way
    int64_t confirmed_mono_us;    // or when the first of those under way was sent
    uint64_t delivered, lost;     // since they were last taken
    bool changed;                 // what is kept, since this was last taken
};

// Finds what an earlier run kept. All is borrowed until nobody uses it. DRF_ERR_STORE,
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_outbox_init(struct edge_outbox *box,
                                                struct fusion_store *store,
                                                struct edge_post post);
// Keeps it and sends it, at least one of them (tag is ignored). DRF_ERR_FULL: it is lost, and
// counted.
DRF_MUST_CHECK enum drf_status edge_outbox_put(struct edge_outbox *box,
                                               const struct edge_kafka_record *kafka_record,
                                               int64_t now_mono_us);
// The post's report of one letter.
void edge_outbox_report(struct edge_outbox *box, const struct edge_kafka_record *kafka_record,
                        bool delivered, int64_t now_mono_us);
// Recalls what Kafka does not take, sends what is kept when it does.
void edge_outbox_step(struct edge_outbox *box, int64_t now_mono_us);

#endif
