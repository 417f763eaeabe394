// edge/serve/fleet/plan_held.h - the plan of a drone: held, and named by its reports or not.
// SPDX-License-Identifier: Apache-2.0
//
// A block as long as the plan (0.1 KB and 24 bytes a point: 2.5 KB at most), allocated when the
// first one comes and kept for the next, also for the next drone in the same place of the
// fleet.
#ifndef EDGE_PLAN_HELD_H
#define EDGE_PLAN_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "geo/status.h"

struct edge_plan_held {
    bool held;
    bool named;               // the last report names it
    uint32_t points;          // that the block has room for
    uint64_t digest;          // of its payload
    struct fusion_plan *plan; // NULL before the first; never to be copied as a whole
};

void edge_plan_held_close(struct edge_plan_held *held);
// Holds a copy of the plan. Reports that name it come after it: one that is not the same plan
// is not followed until then. DRF_ERR_NOMEM: the one before is as it was.
DRF_MUST_CHECK enum drf_status edge_plan_held_use(struct edge_plan_held *held,
                                                  const struct fusion_plan *plan,
                                                  uint64_t digest);
// None is held; the block stays.
void edge_plan_held_drop(struct edge_plan_held *held);
// A report came that names this plan; "" names none.
void edge_plan_held_name(struct edge_plan_held *held, const char *plan_id);

static inline bool edge_plan_held_same(const struct edge_plan_held *held, uint64_t digest)
{
    return held->held && held->digest == digest;
}
// What the aircraft flies by; NULL: nothing that is known.
static inline const struct fusion_plan *edge_plan_held_flown(const struct edge_plan_held *held)
{
    return held->held && held->named ? held->plan : NULL;
}

#endif
