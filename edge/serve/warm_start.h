// edge/serve/warm_start.h - where drones are, kept so that the next start loads there first.
// SPDX-License-Identifier: Apache-2.0
//
// A named value of the store: up to EDGE_WARM_START_MAX places that lie apart, to some hundred
// metres, without names. It is a hint: what a start tells drones does not depend on it.
#ifndef EDGE_WARM_START_H
#define EDGE_WARM_START_H

#include <stddef.h>
#include <stdint.h>

#include "edge/handoff/backqueue.h"
#include "edge/serve/fleet.h"
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

// What an earlier life kept; returns how many. 0: nothing, or nothing that can be read.
size_t edge_warm_start_read(struct fusion_store *store,
                            struct geo_point out[static EDGE_WARM_START_MAX]);

#endif
