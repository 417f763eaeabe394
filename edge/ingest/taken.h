// edge/ingest/taken.h - identities of the reports that were taken, so that none is sent twice.
// SPDX-License-Identifier: Apache-2.0
//
// Drone, drone_boot_id and report_seq of the last EDGE_TAKEN_MAX reports, in memory and as
// named values "taken/NUMBER" in the store, so that they outlive a restart; the oldest goes
// when there are more, or when it is too old. Written in the transaction of the report's own
// row: either both are there after a kill, or neither. Belongs to the ingest loop;
// non-blocking, no allocation after open.
#ifndef EDGE_TAKEN_H
#define EDGE_TAKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/store/store.h"
#include "geo/status.h"

enum { EDGE_TAKEN_MAX = 16384, EDGE_TAKEN_ID_SIZE = 40 };

struct edge_taken_identity {
    uint64_t drone_boot_id;
    uint32_t report_seq;
    uint32_t left; // 0
    char drone[EDGE_TAKEN_ID_SIZE];
};

struct edge_taken;

// Finds what an earlier run kept. The store is borrowed. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status edge_taken_open(struct fusion_store *store,
                                               struct edge_taken **out);
void edge_taken_close(struct edge_taken *taken); // NULL is fine
size_t edge_taken_count(const struct edge_taken *taken);

bool edge_taken_has(const struct edge_taken *taken, const struct edge_taken_identity *identity);
// One that it has not. What the store says; then it has it not.
DRF_MUST_CHECK enum drf_status edge_taken_put(struct edge_taken *taken,
                                              const struct edge_taken_identity *identity,
                                              int64_t now_utc_us);
// Takes back the last put.
void edge_taken_undo(struct edge_taken *taken);
// Forgets some of those that were put before that. True: there is something to commit.
bool edge_taken_expire(struct edge_taken *taken, int64_t before_utc_us);

#endif
