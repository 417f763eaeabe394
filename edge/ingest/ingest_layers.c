// SPDX-License-Identifier: Apache-2.0
// What the layers of a root say of themselves, from how far their feeds have come.
#include "edge/ingest/ingest_lane.h"

// What each layer may say. The surface stands on the ground and the obstacles: it is no surer
// than they are.
static void layer_states(const struct edge_ingest *ingest,
                         enum fusion_reason states[static FUSION_LAYER_COUNT])
{
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++)
        states[layer] = edge_feeds_layer_state(ingest->parts.feeds, (enum fusion_layer)layer);
    if (states[FUSION_LAYER_SURFACE] == FUSION_REASON_NONE)
        states[FUSION_LAYER_SURFACE] = states[FUSION_LAYER_GROUND];
    if (states[FUSION_LAYER_SURFACE] == FUSION_REASON_NONE)
        states[FUSION_LAYER_SURFACE] = states[FUSION_LAYER_OBSTACLE];
}

// A feed whose live features were lost with its topic is current, and yet not all is there.
static void report_missing(struct edge_ingest *ingest, struct edge_now now)
{
    const struct drf_config *config = ingest->parts.config;
    bool any = false;
    for (size_t i = 0; i < config->feed_count; i++) {
        if (config->feeds[i].removed)
            continue;
        const char *name = config->feeds[i].name;
        size_t missing = fusion_fabric_missing(ingest->parts.fabric, name);
        bool current = edge_feeds_current(ingest->parts.feeds, i);
        any = any || missing > 0;
        edge_metrics_set(ingest->parts.metrics, EDGE_METRIC_FEED_MISSING, i, (int64_t)missing);
        if (!current || (missing > 0) == (ingest->missing[i] > 0))
            continue; // while it is read again the number only grows
        ingest->missing[i] = missing;
        edge_log_write(ingest->parts.log, now.utc_us,
                       missing > 0 ? EDGE_LOG_WARN : EDGE_LOG_INFO,
                       missing > 0 ? "feed.incomplete" : "feed.complete",
                       "feed=%s missing=%zu%s", name, missing,
                       missing > 0 ? " text=\"live, and no longer in the topic: send them or a "
                                     "complete edition again\""
                                   : "");
    }
    edge_health_set(ingest->parts.health, EDGE_TROUBLE_INCOMPLETE, any);
}

void ingest_report_layers(struct edge_ingest *ingest, struct edge_now now)
{
    enum fusion_reason states[FUSION_LAYER_COUNT] = {0};
    bool changed = false, better = false;
    layer_states(ingest, states);
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++) {
        bool differs = states[layer] != ingest->states[layer];
        changed = changed || differs;
        better = better || (differs && states[layer] == FUSION_REASON_NONE);
    }
    if (better && (ingest->fold_wanted || ingest_lane_busy(ingest)))
        return; // said when what was read can be seen
    ingest->states_wanted = false;
    report_missing(ingest, now);
    edge_health_set(ingest->parts.health, EDGE_TROUBLE_CATCHING_UP,
                    !edge_feeds_all_current(ingest->parts.feeds));
    if (!changed)
        return;
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++) {
        ingest->states[layer] = states[layer];
        ingest->states_kept = false;
        fusion_fabric_layer_state(ingest->parts.fabric, (enum fusion_layer)layer,
                                  states[layer]);
    }
    ingest_earlier(&ingest->publish_mono_us, now.mono_us);
}
