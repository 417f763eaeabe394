// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/feed_rules.h"

#define NAME "query/feeds"

enum drf_status edge_feed_rules_put(struct fusion_store *store, const struct fusion_feed *feeds,
                                    size_t feed_count)
{
    size_t count = feed_count < EDGE_FEED_RULES_MAX ? feed_count : EDGE_FEED_RULES_MAX;
    return fusion_store_put_value(store, NAME, feeds, count * sizeof *feeds);
}

void edge_feed_rules_read(struct fusion_store *store, struct fusion_feed *feeds, size_t room,
                          size_t *count)
{
    size_t size = room * sizeof *feeds;
    *count = 0;
    if (fusion_store_value(store, NAME, feeds, &size) == DRF_OK && size % sizeof *feeds == 0)
        *count = size / sizeof *feeds;
    for (size_t i = 0; i < *count; i++) { // another version of this program may have written
        feeds[i].name[sizeof feeds[i].name - 1] = '\0';
        feeds[i].licence[sizeof feeds[i].licence - 1] = '\0';
    }
}
