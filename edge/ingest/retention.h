// edge/ingest/retention.h - how long the store keeps the profile and plan of a drone that is
// not heard of. SPDX-License-Identifier: Apache-2.0
//
// Beside them the store keeps when the drone was heard of last ("seen/ID", UTC, to the hour). A
// walk over all of them, some at a time and once an hour, lets go what is older than
// store.drone_keep_s; what has no time yet gets the present. Belongs to the ingest loop, which
// calls it only after its clock has not been set for a day: a wrong clock destroys nothing.
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

// One slice, if one is due; nothing may wait for a commit. *forgotten counts drones let go:
// serve is told of each through `recall`. True: there is something to be committed. *more: the
// walk is under way.
bool edge_retention_step(struct edge_retention_walk *walk, struct fusion_store *store,
                         struct edge_restore_request *restore_request, int64_t keep_us,
                         struct edge_now now, uint64_t *forgotten, bool *more);

#endif
