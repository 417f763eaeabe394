// edge/owners/claims.h - the rules by which a node becomes, stays and ceases to be an owner.
// SPDX-License-Identifier: Apache-2.0
//
// Kafka's group protocol assigns the partitions of a topic, one for each part of the drones, to
// the members of a consumer group. A broker refuses the commit of a member that it has evicted,
// and does not evict one before its session time S has passed since it last heard of it. So:
//   lease  S - 0.5 s from the SENDING of a commit that was acknowledged. Only while it runs a
//          node is owner. The clock counts through suspension (CLOCK_BOOTTIME).
//   epoch  the committed offset: the greatest of what was committed before + 1, the time in
//          Unix ms, and what was heard of any node + 1; it holds from its acknowledgement on.
//          Where nobody has committed since, a part that is assigned again keeps its epoch.
// A value without a clock or a network: edge/owners/group_kafka.h tells it what happened.
#ifndef EDGE_CLAIMS_H
#define EDGE_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/handoff/ownership.h"

// Taken off the session: what clocks of two machines may differ by in speed, and the way to
// the broker.
#define EDGE_LEASE_SHORTER_US INT64_C(500000)

struct edge_claim_part {
    bool assigned;         // by the group, at present
    bool read;             // `committed` is what the group has
    bool mine;             // `epoch` is of this run
    uint64_t committed;    // 0: nothing yet
    uint64_t epoch;        // of the last ownership; 0: never
    uint64_t wanted;       // to be committed while it is assigned; 0: not decided yet
    int64_t until_boot_us; // the lease; INT64_MIN: none
};

struct edge_claims {
    int64_t session_us;
    uint32_t generation;          // counts assignments and revocations
    int64_t acknowledged_boot_us; // sending of the last acknowledged commit; INT64_MIN: none
    struct edge_claim_part parts[EDGE_OWNER_PARTS];
};

struct edge_claim_commit {
    uint32_t generation; // in which it was made
    size_t count;
    struct {
        unsigned part;
        uint64_t epoch;
    } items[EDGE_OWNER_PARTS];
};

// `epochs`: of an earlier run, 0 never; NULL: all 0.
void edge_claims_init(struct edge_claims *claims, int64_t session_us, const uint64_t *epochs);
// The group has assigned these parts (bits), and no others; or has taken back all.
void edge_claims_assigned(struct edge_claims *claims, uint32_t parts);
void edge_claims_revoked(struct edge_claims *claims);
// Assigned parts (bits) of which the committed offset was not read yet.
uint32_t edge_claims_unread(const struct edge_claims *claims);
void edge_claims_read(struct edge_claims *claims, unsigned part, uint64_t committed);
// What is to be committed now: each assigned part whose offset was read. False: nothing.
bool edge_claims_commit(struct edge_claims *claims, int64_t now_utc_us, uint64_t heard_epoch,
                        struct edge_claim_commit *out);
// Kafka has acknowledged an item of a commit that was sent at that time.
void edge_claims_acknowledged(struct edge_claims *claims, uint32_t generation, unsigned part,
                              uint64_t epoch, int64_t sent_boot_us);
struct edge_owner_table edge_claims_table(const struct edge_claims *claims,
                                          int64_t now_boot_us);

#endif
