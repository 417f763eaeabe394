// edge/ingest/retention.h - deletes stored profiles and plans of drones not seen for long.
// SPDX-License-Identifier: Apache-2.0
//
// Beside them the store keeps when each drone was last seen ("seen/ID", UTC, to the hour). Once
// an hour a walk over all of them, in slices, deletes what is older than store.drone_keep_s; an
// entry without a time gets the present. Belongs to the ingest loop, which calls it only after
// its clock has not been set for a day: a wrong clock destroys nothing.
#ifndef EDGE_RETENTION_H
#define EDGE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/handoff/restore_request.h"
#include "edge/host/now.h"

struct edge_retention_walk { // all zero at first
    unsigned part;           // which names are looked at
    char after[EDGE_BACKQUEUE_NAME_SIZE];
    int64_t due_mono_us;
};

// One slice, if one is due; call it only when nothing waits for a commit. *forgotten counts
// drones whose values were deleted: serve is told of each through `restore_request`. True:
// there is something to commit. *more: the walk is in progress.
bool edge_retention_step(struct edge_retention_walk *walk, struct fusion_store *store,
                         struct edge_restore_request *restore_request, int64_t keep_us,
                         struct edge_now now, uint64_t *forgotten, bool *more);

#endif
