// SPDX-License-Identifier: Apache-2.0
#include "edge/replay/replay_step.h"

#include "edge/ingest/found_record.h"

static void step_serve(struct edge_serve *serve, bool ends, struct edge_now now)
{
    if (ends)
        edge_serve_down(serve, now);
    else
        (void)edge_serve_step(serve, now);
}

static void step_ingest(struct edge_node *node, struct edge_inputs *inputs, bool ends,
                        struct edge_now now)
{
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
    struct edge_node *node = edge_offline_node(offline);
    const uint8_t *none;
    size_t size;
    bool ends = edge_inputs_next(inputs, EDGE_INPUT_FINISH, &none, &size);
    edge_offline_at(offline, now);
    if (loop == EDGE_LOOP_SERVE)
        step_serve(node->serve, ends, now);
    else
        step_ingest(node, inputs, ends, now);
}
