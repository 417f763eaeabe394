// edge/ingest/feed_removed.h - feeds that are no longer configured: their data are withdrawn.
// SPDX-License-Identifier: Apache-2.0
//
// Nobody reads corrections and withdrawals of such a feed any more, so what it said cannot stay
// as if it were true. "removed/<feed>" stays in the store until all of it is withdrawn, apart
// from what was imported. Nothing is remembered of the feed then: where it is configured again,
// its topic is read from the beginning.
#ifndef EDGE_FEED_REMOVED_H
#define EDGE_FEED_REMOVED_H

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/now.h"
#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"

enum { EDGE_FEEDS_REMOVED_MAX = 64 };

struct edge_feeds_removed {
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    const struct edge_log *log;
    char names[EDGE_FEEDS_REMOVED_MAX][32]; // that are to be withdrawn, the first under way
    size_t count;
    bool begun;
    size_t withdrawn; // of the first
};

// At start, before anything is committed: notes the feeds that the store knows and `config`
// does not name. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status edge_feeds_removed_plan(const struct drf_config *config,
                                                       struct fusion_store *store,
                                                       const struct edge_log *log,
                                                       struct edge_now now);
// Takes up what the store says; the parts are borrowed.
DRF_MUST_CHECK enum drf_status edge_feeds_removed_open(struct edge_feeds_removed *removed,
                                                       struct fusion_store *store,
                                                       struct fusion_fabric *fabric,
                                                       const struct edge_log *log);
// Beside edge_feeds_reload(): a feed was removed, or is there again.
DRF_MUST_CHECK enum drf_status edge_feeds_removed_add(struct edge_feeds_removed *removed,
                                                      const char *feed, struct edge_now now);
DRF_MUST_CHECK enum drf_status edge_feeds_removed_again(struct edge_feeds_removed *removed,
                                                        const char *feed);
// A slice of withdrawing, when one is due. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_feeds_removed_step(struct edge_feeds_removed *removed,
                                                       struct edge_now now, bool *worked);

#endif
