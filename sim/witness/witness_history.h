// sim/witness/witness_history.h - what a drone was advised of, and could be, by each node.
// SPDX-License-Identifier: Apache-2.0
//
// What an id stands for is the same for all nodes, and after a restart. When a condition may
// have held, and which ids and revisions were heard, is kept for each node by itself: each is
// judged by its own messages.
#ifndef SIM_WITNESS_HISTORY_H
#define SIM_WITNESS_HISTORY_H

#include "sim/witness/witness_case.h"

enum { SIM_HELD = 256, SIM_ADVISORY_NAMES = 64, SIM_CARRIED = 16 };

struct sim_held {
    uint64_t key; // 0: free
    uint32_t advisory_id, revision;
    uint32_t kind;
    int64_t told_us;              // when the advisory last arrived
    int64_t last_us[SIM_NOTHING]; // by severity: when it last may have been so severe
};

// Of one node's contexts.
struct sim_watched {
    struct sim_advisory_history *history;
    uint64_t boot_id;
    int64_t since_us, last_us, interval_us;
    uint32_t seq;                         // of its newest report that was looked at
    int64_t unjudged_us[SIM_KINDS];       // when conditions of a kind were last unknown
    enum sim_unjudged because[SIM_KINDS]; // why they were then
    struct sim_held held[SIM_HELD];
};

// What an id stands for.
struct sim_advisory_name {
    uint32_t advisory_id, kind;
    uint64_t key; // 0: free
};

// A WARNING in the owner's last context (sim/witness/witness_carried.c).
struct sim_warning {
    uint64_t key; // 0: what it is about was never received
    uint32_t advisory_id, kind;
    int64_t certain_since_us; // its condition has held since, in each context; 0: it does not
};

struct sim_carried {
    uint64_t epoch; // 0: there was no owner yet
    int64_t node_us;
    size_t count;
    struct sim_warning warnings[SIM_CARRIED];
};

// Of one drone.
struct sim_advisory_history {
    struct sim_advisory_name names[SIM_ADVISORY_NAMES];
    size_t named; // so many were stored, the newest over the oldest
    struct sim_carried carried;
    struct sim_watched *of[SIM_NODES]; // made when the node is first heard
};

// The condition of a kind; never 0.
uint64_t sim_advisory_key(uint32_t kind, uint32_t variant, const char *feature);
// Kinds that the witness knows.
bool sim_advisory_judged(uint32_t kind);

// NULL: no memory.
struct sim_watched *sim_history_watched(struct sim_advisory_history *history, size_t node);
// Of an advisory that says what it is about.
void sim_history_store_name(struct sim_advisory_history *history, const Drf__V1__Advisory *a);
// The key of what an id of a kind is about; 0: it was never received in full.
uint64_t sim_history_key_of_id(const struct sim_advisory_history *history, uint32_t advisory_id,
                               uint32_t kind);
// The key of an advisory. One that the node keeps after its condition has ended has no feature;
// its id says what it was about. 0: nothing does.
uint64_t sim_history_key_told(const struct sim_advisory_history *history,
                              const Drf__V1__Advisory *a);

// NULL: there is none.
struct sim_held *sim_watched_find(struct sim_watched *watched, uint64_t key);
struct sim_held *sim_watched_find_id(struct sim_watched *watched, uint32_t advisory_id);
// The entry of a key; a new one replaces the one that was not possible for longest.
struct sim_held *sim_watched_place(struct sim_watched *watched, uint64_t key, uint32_t kind);

// sim/witness/witness_carried.c: a context, with the conditions that hold at its report.
void sim_witness_carried(const struct sim_case *c, struct sim_advisory_history *history,
                         struct sim_witness_counts *counts);

#endif
