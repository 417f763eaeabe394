// SPDX-License-Identifier: Apache-2.0
// A configuration is taken over between two steps, when no message is under way: what is read
// of a message, decoded and applied is all of one configuration. Bulk messages are read no
// more first, because one may take long, then urgent ones.
#include "edge/config/config_reload.h"
#include "edge/handoff/config_record.h"
#include "edge/ingest/feed_rules.h"
#include "edge/ingest/ingest_lane.h"

void edge_ingest_quiet(struct edge_ingest *ingest, bool quiet) { ingest->quiet_wanted = quiet; }

bool edge_ingest_busy(const struct edge_ingest *ingest) { return ingest_lane_busy(ingest); }

void ingest_look_quiet(struct edge_ingest *ingest)
{
    ingest->quiet =
        edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_QUIET, ingest->quiet_wanted) != 0;
}

bool ingest_quiet(const struct edge_ingest *ingest, enum edge_lane index)
{
    const struct ingest_lane *bulk = &ingest->lanes[EDGE_LANE_BULK];
    return ingest->quiet
           && (index == EDGE_LANE_BULK
               || (bulk->stage == INGEST_EMPTY && bulk->ahead_count == 0));
}

static enum drf_status note_removed(struct edge_ingest *ingest, const struct drf_config *former,
                                    const struct drf_config *config, struct edge_now now)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < config->feed_count && status == DRF_OK; i++) {
        struct drf_feed_change change = drf_config_feed_change(former, config, i);
        if (change.removed) {
            ingest->missing[i] = 0;
            status = edge_feeds_removed_add(&ingest->removed, config->feeds[i].name, now);
        } else if (change.added) {
            status = edge_feeds_removed_again(&ingest->removed, config->feeds[i].name);
        }
    }
    return status;
}

static enum drf_status reload(struct edge_ingest *ingest, const struct drf_config *config,
                              bool restarted, struct edge_now now)
{
    struct edge_ingest_parts *parts = &ingest->parts;
    struct fusion_feed feeds[DRF_FEEDS_MAX];
    size_t count = edge_fusion_feeds(config, feeds);
    enum drf_status status = note_removed(ingest, parts->config, config, now);
    if (status == DRF_OK)
        status = edge_feeds_reload(parts->feeds, config, restarted, now);
    if (status == DRF_OK)
        status = edge_feed_rules_put(parts->store, feeds, count);
    if (status == DRF_OK)
        status = fusion_fabric_use_feeds(parts->fabric, feeds, count);
    if (parts->source_stats)
        edge_source_stats_reload(parts->source_stats, config, now);
    edge_deadletters_follow(parts->deadletters, config);
    edge_delivery_follow(parts->delivery, config, restarted, now);
    ingest->reports.config = config;
    parts->config = ingest->maintenance.config = config;
    ingest->states_wanted = true;
    ingest_commit_by(ingest, now.mono_us);
    ingest_earlier(&ingest->publish_mono_us, now.mono_us);
    return status;
}

enum drf_status edge_ingest_reload(struct edge_ingest *ingest, const struct drf_config *config,
                                   bool restarted, struct edge_now now)
{
    edge_inputs_begin(ingest->parts.inputs, now);
    edge_inputs_ticket(ingest->parts.inputs);
    edge_config_record_put(ingest->parts.inputs, config, restarted);
    enum drf_status status = reload(ingest, config, restarted, now);
    ingest_end_inputs(ingest);
    return status;
}
