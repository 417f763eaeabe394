// edge/ingest/resync.h - why a feed must be read again, as recorded in the store.
// SPDX-License-Identifier: Apache-2.0
//
// Named values of the store: "resync/<feed>" while a resynchronisation is due or in progress,
// "fingerprint/<feed>" of the terms that its data were decoded under, "reached/<feed>" when the
// node was last at its end ("seen/<feed>" in older stores). They are committed together with
// the truth.
#ifndef EDGE_RESYNC_H
#define EDGE_RESYNC_H

#include <stdbool.h>

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/now.h"
#include "fusion/store/store.h"

enum { EDGE_RESYNC_TEXT_SIZE = 32 };

// At start, before anything is committed: writes "resync/<feed>" where the terms have changed,
// where the feed was not looked at for longer than tombstone_horizon_s (what was withdrawn
// meanwhile may have left no trace), or where the clock has gone back, so that nobody knows for
// how long. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status edge_resync_plan(const struct drf_config *config,
                                                struct fusion_store *store,
                                                const struct edge_log *log,
                                                struct edge_now now);

// The same of one feed, at a reload. *due: it was written.
DRF_MUST_CHECK enum drf_status edge_resync_plan_feed(const struct drf_config *config,
                                                     size_t feed, struct fusion_store *store,
                                                     const struct edge_log *log,
                                                     struct edge_now now, bool *due);
// Positions of the topic in partitions from this number on: the store forgets them.
DRF_MUST_CHECK enum drf_status edge_resync_forget_positions(struct fusion_store *store,
                                                            const char *topic, size_t from);
// Whether it has one that is at least this; a forgotten one is -1.
bool edge_resync_has_position(struct fusion_store *store, const char *topic, int64_t least);
// The store knows nothing of this feed any more but its records.
DRF_MUST_CHECK enum drf_status edge_resync_forget(struct fusion_store *store, const char *feed);

// Whether the reason says that what is not in the topic may have been deleted there by its age,
// or never been written to this one: then it is not known to be withdrawn. Such a reason stands
// until the feed has been read again, whatever else comes.
bool edge_resync_lossy(const char *why);
// What was said by edge_resync_write(); false: nothing is due.
bool edge_resync_read(struct fusion_store *store, const char *feed,
                      char why[static EDGE_RESYNC_TEXT_SIZE], bool *redo);
DRF_MUST_CHECK enum drf_status edge_resync_write(struct fusion_store *store, const char *feed,
                                                 const char *why, bool redo);
DRF_MUST_CHECK enum drf_status edge_resync_clear(struct fusion_store *store, const char *feed);
DRF_MUST_CHECK enum drf_status edge_resync_reached(struct fusion_store *store, const char *feed,
                                                   int64_t utc_us);

#endif
