// edge/ingest/maintenance.h - store maintenance: old tombstones, free pages, clock.
// SPDX-License-Identifier: Apache-2.0
//
// Old tombstones and unused provenance are deleted and free pages returned in slices of a few
// milliseconds, only while ingest has nothing else to do. A wrong clock must destroy nothing:
// nothing is deleted before the node has run for a day without its clock being set. The store
// keeps that time ("uptime"), so that runs of less than a day add up; it starts again at 0 when
// the clock is behind it, or more than a day ahead of it. Belongs to the ingest loop; reads no
// clock.
#ifndef EDGE_MAINTENANCE_H
#define EDGE_MAINTENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/health.h"
#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/ingest/retention.h"
#include "edge/inputs/inputs.h"
#include "fusion/store/store.h"

struct edge_maintenance {
    const struct drf_config *config; // borrowed, as all pointers here
    struct fusion_store *store;
    struct edge_metrics *metrics;
    struct edge_health *health;
    struct edge_restore_request *restore_request; // NULL: drones are kept for ever
    const struct edge_log *log;
    struct edge_inputs *inputs; // NULL: nothing is recorded or replayed
    struct edge_retention_walk retention;
    bool began, pinned;
    int64_t ahead_us;       // of UTC before the monotonic clock, when last looked at
    int64_t steady_mono_us; // since when the clock was not set; before this start, too
    int64_t told_mono_us;   // a step of the clock is announced until then
    int64_t due_mono_us, watch_mono_us, save_mono_us;
};

// Before anything else of a step. True: the clock was set by more than two seconds; this was
// said, counted and recorded in the store ("clock-step"), to be committed.
bool edge_maintenance_clock(struct edge_maintenance *maintenance, struct edge_now now);
// What was over at this instant may be forgotten: a day ago, INT64_MIN while the clock has not
// been steady for a day. Call edge_maintenance_clock() first.
int64_t edge_maintenance_forgettable(const struct edge_maintenance *maintenance,
                                     struct edge_now now);
// The node has run for a day without its clock being set: it can be trusted.
bool edge_maintenance_steady(const struct edge_maintenance *maintenance, struct edge_now now);
// One slice, when one is due. Call it when there is nothing else to do. With `pending`
// (something waits for a commit) the store is only looked at. True: something was noted in the
// store, to be committed.
bool edge_maintenance_step(struct edge_maintenance *maintenance, bool pending,
                           struct edge_now now);

#endif
