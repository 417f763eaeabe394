// sim/witness/witness_promises.h - what the nodes of a region promise together, judged.
// SPDX-License-Identifier: Apache-2.0
//
// - SIM_CHECK_OWNER: no two nodes are a drone's owner at one time: every context of an epoch is
//   of a later time of its node than all contexts of older epochs, whichever arrives first.
// - SIM_CHECK_GAP: a drone that asked for all streams is never longer without a new context
// than
//   the last one holds. Time in which the fleet itself stood still does not count; of a drone
//   whose connection was away, that was told that it is outside, or that reports too rarely for
//   it nothing is said.
// - SIM_CHECK_REPLY: one reply to each profile and plan: none twice, and none missing. One that
//   was sent again before it was answered is not judged once a later one has its reply.
//
// Times are handed in, of the fleet's clock that never steps; contexts in the order of arrival.
#ifndef SIM_WITNESS_PROMISES_H
#define SIM_WITNESS_PROMISES_H

#include "geo/status.h"
#include "sim/witness/witness_counts.h"

struct sim_promise_counts {
    uint64_t owner_contexts, owners; // with an epoch; changes of the epoch, over all drones
    uint64_t older;                  // contexts and advisories of former owners: not taken
    uint64_t gaps_over, gaps_unjudged;
    uint64_t stalls;
    int64_t longest_gap_us, longest_stall_us;
    int64_t longest_without_owner_us; // from one context with an epoch to the next
    uint64_t asked, replied, twice, missing;
    uint64_t replaced, unanswered_late; // without a reply and not judged: sent again; too late
};

// Of a context that arrived.
struct sim_promise_context {
    uint64_t epoch; // 0: none
    int64_t node_utc_us, stale_after_us;
    bool taken; // by the drone's rule, and it was not stale
    bool older; // not taken because of its epoch
};

struct sim_promises;

// `report_us`: between the reports of a drone. `streams`: the drones ask for all nodes'
// contexts. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_promises_open(size_t drones, bool streams, int64_t report_us,
                                                 struct sim_promises **out);
void sim_promises_close(struct sim_promises *promises); // NULL is fine

void sim_promises_begin(struct sim_promises *promises, int64_t mono_us);
void sim_promises_context(struct sim_promises *promises, size_t drone,
                          const struct sim_promise_context *context, int64_t mono_us,
                          struct sim_witness_counts *counts);
// An advisory of a former owner was not taken.
void sim_promises_older(struct sim_promises *promises);
// The drone's connection is away, or a node has told it that it does not serve its place.
void sim_promises_excuse(struct sim_promises *promises, size_t drone, int64_t mono_us);
// The fleet read nothing from one time to the other, longer than it meant to wait.
void sim_promises_stalled(struct sim_promises *promises, int64_t from_mono_us,
                          int64_t to_mono_us);
// A profile (2) or a plan (3) was sent; its correlation bears the number.
void sim_promises_asked(struct sim_promises *promises, size_t drone, uint32_t answers,
                        uint32_t number, int64_t mono_us, struct sim_witness_counts *counts);
void sim_promises_replied(struct sim_promises *promises, size_t drone, uint32_t answers,
                          uint32_t number, struct sim_witness_counts *counts);
// No more reports are sent: gaps end.
void sim_promises_end(struct sim_promises *promises, int64_t mono_us,
                      struct sim_witness_counts *counts);
// No more replies come; after sim_promises_end().
void sim_promises_settle(struct sim_promises *promises, struct sim_witness_counts *counts);

const struct sim_promise_counts *sim_promises_count(const struct sim_promises *promises);

#endif
