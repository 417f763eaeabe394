// edge/ingest/feed_rules.h - what a query of the store alone must know of its feeds.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_FEED_RULES_H
#define EDGE_FEED_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "edge/config/config.h"
#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"
#include "geo/status.h"

enum { EDGE_FEED_RULES_MAX = 128 };

// What the fabric is told of the feeds that are configured. How many.
size_t edge_fusion_feeds(const struct drf_config *config,
                         struct fusion_feed out[static DRF_FEEDS_MAX]);

// The node keeps what its configuration says of the feeds in its store, so that a query without
// the configuration judges the weather's validity as the node does.
DRF_MUST_CHECK enum drf_status edge_feed_rules_put(struct fusion_store *store,
                                                   const struct fusion_feed *feeds,
                                                   size_t feed_count);

// What was kept, at most `room` of them; none: a store of a node that kept nothing.
void edge_feed_rules_read(struct fusion_store *store, struct fusion_feed *feeds, size_t room,
                          size_t *count);

// And how far the feeds of each layer were at the commit: a query of the store of a node that
// was catching up is not complete either.
DRF_MUST_CHECK enum drf_status edge_layer_states_put(
    struct fusion_store *store, const enum fusion_reason states[static FUSION_LAYER_COUNT]);

// False: nothing was kept, `states` is untouched.
bool edge_layer_states_read(struct fusion_store *store,
                            enum fusion_reason states[static FUSION_LAYER_COUNT]);

#endif
