// SPDX-License-Identifier: Apache-2.0
#include "edge/replay/replay_step.h"

#include "edge/config/config_reload.h"
#include "edge/handoff/config_record.h"
#include "edge/ingest/found_record.h"

static void step_serve(struct edge_offline *offline, struct edge_inputs *inputs, bool ends,
                       struct edge_now now)
{
    struct edge_serve *serve = edge_offline_node(offline)->serve;
    const uint8_t *none;
    size_t size;
    if (edge_inputs_next(inputs, EDGE_INPUT_CONFIG, &none, &size))
        edge_offline_reload_serve(offline, now);
    else if (ends)
        edge_serve_down(serve, now);
    else
        (void)edge_serve_step(serve, now);
}

// False: the block is of no reload.
static bool take_config(struct edge_offline *offline, struct edge_inputs *inputs,
                        struct edge_now now)
{
    struct drf_config config;
    bool restarted;
    enum drf_status status = edge_config_record_take(inputs, edge_offline_node(offline)->config,
                                                     &config, &restarted);
    if (status == DRF_ERR_ABSENT)
        return false;
    if (status == DRF_OK)
        status = edge_offline_reload_ingest(offline, &config, restarted, now);
    if (status != DRF_OK)
        edge_inputs_differ(inputs, "a configuration that was taken over is damaged");
    return true;
}

static void step_ingest(struct edge_offline *offline, struct edge_inputs *inputs, bool ends,
                        struct edge_now now)
{
    struct edge_node *node = edge_offline_node(offline);
    if (take_config(offline, inputs, now))
        return;
    struct edge_kafka_found found;
    struct edge_ingest_done done;
    bool answered;
    enum drf_status status = edge_found_record_take(inputs, &found, &answered);
    if (status == DRF_OK && found.feed < node->config->feed_count)
        edge_ingest_found(node->ingest, found.feed, answered ? &found : NULL, now);
    else if (status != DRF_ERR_ABSENT)
        edge_inputs_differ(inputs, "what topic discovery found is damaged");
    else if (ends)
        edge_ingest_finish(node->ingest, now);
    else if (edge_ingest_step(node->ingest, now, &done) != DRF_OK)
        edge_inputs_differ(inputs, "the step ended the node");
}

void edge_replay_step(struct edge_offline *offline, enum edge_loop loop,
                      struct edge_inputs *inputs, struct edge_now now)
{
    const uint8_t *none;
    size_t size;
    bool ends = edge_inputs_next(inputs, EDGE_INPUT_FINISH, &none, &size);
    edge_offline_at(offline, now);
    if (loop == EDGE_LOOP_SERVE)
        step_serve(offline, inputs, ends, now);
    else
        step_ingest(offline, inputs, ends, now);
}
