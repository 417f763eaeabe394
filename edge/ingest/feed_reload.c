// SPDX-License-Identifier: Apache-2.0
// A feed goes on where it was unless it is read from another topic, or to other terms: then it
// is as at a start, and edge/ingest/resync.c has it read again from its beginning.
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_reload.h"
#include "edge/ingest/feed_impl.h"
#include "edge/ingest/resync.h"

static void gauges_to_zero(const struct edge_feeds *feeds, size_t index)
{
    static const enum edge_metric gauges[] = {
        EDGE_METRIC_FEED_BEHIND, EDGE_METRIC_FEED_CATCHING_UP, EDGE_METRIC_FEED_RESYNC,
        EDGE_METRIC_FEED_PAUSED, EDGE_METRIC_FEED_MISSING};
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++)
        edge_metrics_set(feeds->metrics, gauges[i], index, 0);
}

enum drf_status edge_feeds_reload(struct edge_feeds *feeds, const struct drf_config *config,
                                  bool restarted, struct edge_now now)
{
    const struct drf_config *former = feeds->config;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < former->feed_count; i++) {
        struct drf_feed_change change = drf_config_feed_change(former, config, i);
        if (change.topic || change.removed)
            feed_close(feeds, i);
        else if (change.lane || restarted)
            feed_stop_all(feeds, i); // found again by topic discovery, it goes on
        if (change.removed) {
            feeds->feeds[i] =
                (struct feed){.idle_mono_us = INT64_MAX, .unreachable_mono_us = INT64_MAX};
            gauges_to_zero(feeds, i);
        }
    }
    feeds->config = config;
    for (size_t i = 0; i < config->feed_count && status == DRF_OK; i++) {
        struct drf_feed_change change = drf_config_feed_change(former, config, i);
        if (config->feeds[i].removed)
            continue;
        bool due;
        status = edge_resync_plan_feed(config, i, feeds->store, feeds->log, now, &due);
        if (change.added || change.topic)
            feed_open(feeds, i);
        else if (due && status == DRF_OK)
            feed_resync_restore(feeds, i);
    }
    return status;
}
