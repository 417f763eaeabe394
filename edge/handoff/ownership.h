// edge/handoff/ownership.h - which drones this node is owner of: from the group to serve.
// SPDX-License-Identifier: Apache-2.0
//
// Where several nodes serve one region, each drone has one owner at a time: the node whose
// contexts are PRIMARY and which answers. The drones are cut into EDGE_OWNER_PARTS parts by a
// hash of their id, so that none changes its owner in flight because of what it does; who owns
// a part is decided by Kafka (edge/owners/claims.h). The thread of edge/owners writes, serve
// reads the table at the beginning of a step, and the link looks at the leases where a message
// is handed over: a step reads no clock, so it cannot know that a lease has run out. No side
// waits.
#ifndef EDGE_OWNERSHIP_H
#define EDGE_OWNERSHIP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "edge/handoff/seqlock.h"

enum { EDGE_OWNER_PARTS = 32 };

// Value of the store: `epochs` of the table.
#define EDGE_STORED_OWNER_EPOCHS "owner_epochs"
#define EDGE_STORED_BOOT_ID "boot_id" // of the last run, as it was raised last

// The part of a drone, or of a client that asks: 0 to EDGE_OWNER_PARTS - 1. `id` ends with NUL.
unsigned edge_owner_part(const char *id);

// Plain words, as it is recorded.
struct edge_owner_table {
    uint64_t epochs[EDGE_OWNER_PARTS]; // of its last ownership, in this run or before; 0: never
    uint64_t held;                     // a bit a part: its lease ran when this was written
    uint64_t member;                   // 1: Kafka acknowledges what this node commits
};

struct edge_ownership {
    _Atomic uint64_t cell[EDGE_SEQLOCK_WORDS(sizeof(struct edge_owner_table))];
    _Atomic int64_t lease_boot_us[EDGE_OWNER_PARTS]; // when it runs out; INT64_MIN: none
    _Atomic uint64_t heard_epoch; // the greatest that serve has heard of any node
    _Atomic int64_t echo_mono_us; // when serve last heard its own heartbeat; INT64_MIN: never
};

void edge_ownership_init(struct edge_ownership *ownership);

// Owners' thread. The leases are moved before the table says that a part is held, and ended
// before it says that it is not.
void edge_ownership_lease(struct edge_ownership *ownership, unsigned part,
                          int64_t until_boot_us);
void edge_ownership_write(struct edge_ownership *ownership,
                          const struct edge_owner_table *table);
uint64_t edge_ownership_heard(const struct edge_ownership *ownership);

// Serve: the table, if it is another than the one with turn *seen. False: it is not.
bool edge_ownership_read(const struct edge_ownership *ownership, uint64_t *seen,
                         struct edge_owner_table *out);
// Serve: an epoch that a node's state tells.
void edge_ownership_hear(struct edge_ownership *ownership, uint64_t epoch);

// Serve: the broker gave its own heartbeat back: what it sends reaches others.
void edge_ownership_echo(struct edge_ownership *ownership, int64_t now_mono_us);
// Owners' thread: when that was last.
int64_t edge_ownership_echoed(const struct edge_ownership *ownership);

// The link: whether the lease of the part runs at that time (edge_clock_boot_us()).
bool edge_ownership_leased(const struct edge_ownership *ownership, unsigned part,
                           int64_t now_boot_us);

#endif
