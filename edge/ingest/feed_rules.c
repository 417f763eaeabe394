// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/feed_rules.h"

#include <string.h>

#define NAME "query/feeds"
#define STATES_NAME "query/states"

enum drf_status edge_feed_rules_put(struct fusion_store *store, const struct fusion_feed *feeds,
                                    size_t feed_count)
{
    size_t count = feed_count < EDGE_FEED_RULES_MAX ? feed_count : EDGE_FEED_RULES_MAX;
    return fusion_store_put_value(store, NAME, feeds, count * sizeof *feeds);
}

size_t edge_fusion_feeds(const struct drf_config *config,
                         struct fusion_feed out[static DRF_FEEDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < config->feed_count; i++) {
        const struct drf_feed_config *from = &config->feeds[i];
        if (from->removed)
            continue;
        struct fusion_feed *feed = &out[count++];
        memset(feed, 0, sizeof *feed); // it is stored as it is
        feed->layer = (enum fusion_layer)from->layer;
        feed->priority = from->priority;
        feed->vertical_acc95_m = from->vertical_acc95_m;
        feed->valid_for_us = from->valid_for_us;
        feed->max_gap_us = from->max_gap_us;
        memcpy(feed->name, from->name, sizeof feed->name);
        memcpy(feed->licence, from->licence, sizeof feed->licence);
    }
    return count;
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

enum drf_status edge_layer_states_put(
    struct fusion_store *store, const enum fusion_reason states[static FUSION_LAYER_COUNT])
{
    uint32_t kept[FUSION_LAYER_COUNT];
    for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++)
        kept[layer] = (uint32_t)states[layer];
    return fusion_store_put_value(store, STATES_NAME, kept, sizeof kept);
}

bool edge_layer_states_read(struct fusion_store *store,
                            enum fusion_reason states[static FUSION_LAYER_COUNT])
{
    uint32_t kept[FUSION_LAYER_COUNT];
    size_t size = sizeof kept;
    if (fusion_store_value(store, STATES_NAME, kept, &size) != DRF_OK || size != sizeof kept)
        return false;
    for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++)
        states[layer] = kept[layer] <= FUSION_REASON_FORGOTTEN ? (enum fusion_reason)kept[layer]
                                                               : FUSION_REASON_UNKNOWN;
    return true;
}
