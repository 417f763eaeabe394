// edge/ingest/feed_clock.h - logs that aircraft are not shown because a clock is wrong.
// SPDX-License-Identifier: Apache-2.0
//
// Tracks whose time differs from the node's by more than limits.track_keep_s are refused
// without a dead letter; without this line an operator would see no aircraft and no error.
// Belongs to the ingest loop.
#ifndef EDGE_FEED_CLOCK_H
#define EDGE_FEED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/now.h"

struct edge_feed_clock {
    uint64_t told; // reports, of all feeds
    struct {
        uint64_t held;
        int64_t next_mono_us; // when its next line may be written; 0: at once
    } feeds[DRF_FEEDS_MAX];
};

// A message of a feed was applied: `reports` were refused for their time since the node began,
// of all feeds together, the last by `off_us` (above 0: behind). `current`: the feed has been
// read to its end; what comes before is old because it was waiting. At most a line a minute
// and feed.
void edge_feed_clock_note(struct edge_feed_clock *clock, const struct drf_config *config,
                          size_t feed, bool current, uint64_t reports, int64_t off_us,
                          const struct edge_log *log, struct edge_now now);

#endif
