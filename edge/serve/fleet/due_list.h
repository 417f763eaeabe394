// edge/serve/fleet/due_list.h - the drones that something is due to, and when to look at them.
// SPDX-License-Identifier: Apache-2.0
//
// A drone stands in it once (struct edge_due.listed), longest first, until a round finds that
// nothing is due to it. All memory is allocated at open.
#ifndef EDGE_DUE_LIST_H
#define EDGE_DUE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/fleet/due.h"
#include "geo/status.h"

struct edge_due_list {
    uint32_t *numbers; // of drones in the fleet
    uint32_t count;
    int64_t mono_us;     // when to look at them next; INT64_MAX: nothing is due
    uint32_t next, kept; // of the round under way
    int64_t next_mono_us;
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_due_list_open(struct edge_due_list *list,
                                                  uint32_t drones_max);
void edge_due_list_close(struct edge_due_list *list);

// Something is due to the drone of that number at `mono_us`.
void edge_due_list_add(struct edge_due_list *list, uint32_t number, struct edge_due *due,
                       int64_t mono_us);

// A round over all of them: begin; next until it is false, each followed by keep (something is
// due to it at `mono_us`) or drop; end, with the earliest time of the next round.
void edge_due_list_begin(struct edge_due_list *list);
bool edge_due_list_next(struct edge_due_list *list, uint32_t *number);
void edge_due_list_keep(struct edge_due_list *list, uint32_t number, int64_t mono_us);
void edge_due_list_drop(struct edge_due *due);
void edge_due_list_end(struct edge_due_list *list, int64_t soonest_mono_us);

#endif
