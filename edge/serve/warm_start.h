// edge/serve/warm_start.h - stored positions of drones: what to load first at a start.
// SPDX-License-Identifier: Apache-2.0
//
// A named value of the store: up to EDGE_WARM_START_MAX positions that lie apart, rounded to
// some hundred metres, without ids. It is a hint: what a node tells drones does not depend on
// it.
#ifndef EDGE_WARM_START_H
#define EDGE_WARM_START_H

#include <stddef.h>
#include <stdint.h>

#include "edge/handoff/backqueue.h"
#include "edge/serve/fleet/fleet.h"
#include "fusion/store/store.h"

enum { EDGE_WARM_START_MAX = 16 };

struct edge_warm_start {                          // serve's own; all zero at first
    struct geo_point points[EDGE_WARM_START_MAX]; // as pushed last
    size_t count;
    int64_t due_mono_us;
};

// Serve, in each step: every half a minute, where reporting drones are now, if it is another
// place than before. While none reports, what was kept last stays.
void edge_warm_start_run(struct edge_warm_start *warm_start, struct edge_fleet *fleet,
                         struct edge_backqueue *backqueue, int64_t now_mono_us);

// The positions that an earlier run stored; returns how many. 0: none, or unreadable.
size_t edge_warm_start_read(struct fusion_store *store,
                            struct geo_point out[static EDGE_WARM_START_MAX]);

#endif
