// edge/handoff/mailbox.h - passes the newest root from ingest to serve: one atomic slot.
// SPDX-License-Identifier: Apache-2.0
//
// One thread puts, one takes; lock-free, neither waits. A root that was not taken is replaced
// by the next, which carries its changes (fusion/fabric/fabric.h): nothing queues, and a reader
// never sees half of a root. The fabric owns the roots; the taker may use the one it took until
// it acknowledges a later epoch.
#ifndef EDGE_MAILBOX_H
#define EDGE_MAILBOX_H

#include <stdatomic.h>
#include <stdint.h>

#include "edge/inputs/inputs.h"
#include "fusion/root/root.h"

// Roots that a replay holds until the step comes that took one of them.
enum { EDGE_MAILBOX_HELD_MAX = 64 };

struct edge_mailbox {
    _Atomic(const struct fusion_root *) slot;
    _Atomic uint64_t acknowledged;
    struct edge_inputs *ingest, *serve; // NULL: nothing is recorded or replayed
    const struct fusion_root *held[EDGE_MAILBOX_HELD_MAX]; // oldest first
    size_t held_count;
};

void edge_mailbox_init(struct edge_mailbox *mailbox);
// Before the first use: where both sides record or replay what passed; borrowed.
void edge_mailbox_use_inputs(struct edge_mailbox *mailbox, struct edge_inputs *ingest,
                             struct edge_inputs *serve);

// Ingest: makes `root` the one to take.
void edge_mailbox_put(struct edge_mailbox *mailbox, const struct fusion_root *root);
// Ingest: the epoch serve acknowledged last; 0 before the first. For
// fusion_fabric_acknowledge().
uint64_t edge_mailbox_acknowledged(const struct edge_mailbox *mailbox);

// Serve: the newest root if it was not taken yet, else NULL. Call at the start of a step.
const struct fusion_root *edge_mailbox_take(struct edge_mailbox *mailbox);
// Serve: it refers to nothing older than this epoch any more.
void edge_mailbox_acknowledge(struct edge_mailbox *mailbox, uint64_t epoch);

#endif
