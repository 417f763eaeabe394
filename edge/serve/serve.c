// SPDX-License-Identifier: Apache-2.0
// A step: the newest root is taken; answers of the store and messages that came in are handled,
// at most so many that contexts and heartbeats have their turn; then what is due is sent:
// contexts, patches, terrain. Once a second drones that are silent are looked at. Last come the
// judgement of the load, the node's own status, and what those who look at the node see, on
// which nothing before depends.
#include "edge/serve/serve.h"
#include "fusion/context/context_build.h"

#include "edge/serve/serve_parts.h"

#include <stdlib.h>

enum {
    MESSAGES_PER_STEP = 512,
    REQUEST_COST_PER_STEP = 8000, // 20 ms; then contexts and heartbeats have their turn
};

static struct edge_fleet_config fleet_config(const struct drf_config *config)
{
    struct fusion_limits limits = config->profile;
    limits.obstacle_radius_m = config->limits.obstacle_radius_m;
    return (struct edge_fleet_config){
        .drones_max = config->limits.drones_max,
        .forget_us = config->limits.drone_forget_us,
        .bounds = edge_bounds_widen(config->region.bounds, config->margin_m),
        .limits = limits,
        .preferences = {.interval_us = (int64_t)(1e6 / config->limits.context_rate_default_hz)},
    };
}

enum drf_status edge_serve_open(const struct drf_config *config, uint64_t boot_id,
                                struct edge_link link, struct edge_mailbox *mailbox,
                                struct edge_backqueue *backqueue, struct edge_metrics *metrics,
                                struct edge_health *health, struct edge_serve **out)
{
    struct edge_serve *serve = calloc(1, sizeof *serve);
    if (serve == NULL)
        return DRF_ERR_NOMEM;
    serve->config = config;
    serve->boot_id = boot_id;
    serve->link = link;
    serve->mailbox = mailbox;
    serve->backqueue = backqueue;
    serve->metrics = metrics;
    serve->health = health;
    serve->topic_root = drf_config_topic_root(config);
    edge_load_init(&serve->load);
    serve->zones.mono_us = INT64_MAX;
    const struct edge_fleet_config fleet = fleet_config(config);
    enum drf_status status = edge_due_list_open(&serve->due, config->limits.drones_max);
    if (status == DRF_OK)
        status = edge_wire_open(&serve->wire);
    if (status == DRF_OK)
        edge_wire_use_limits(serve->wire, &config->profile);
    if (status == DRF_OK)
        status = fusion_builder_open(&serve->builder);
    if (status == DRF_OK)
        status = edge_fleet_open(&fleet, &serve->fleet);
    if (status == DRF_OK)
        status = edge_patching_open(config->limits.drones_max, config->limits.patch_cache_bytes,
                                    &serve->patching);
    if (status == DRF_OK)
        status = edge_terrain_open(&serve->terrain);
    if (status == DRF_OK)
        status = edge_publish_open(&serve->publish);
    if (status == DRF_OK)
        status = edge_unanswered_open(config->limits.drones_max, &serve->unanswered);
    if (status == DRF_OK && config->reports.capture_topic[0] != '\0')
        status = edge_capture_open(&serve->capture);
    if (status != DRF_OK) {
        edge_serve_close(serve);
        return status;
    }
    *out = serve;
    return DRF_OK;
}

void edge_serve_use_source_stats(struct edge_serve *serve,
                                 const struct edge_source_stats *source_stats)
{
    serve->source_stats = source_stats;
}

void edge_serve_use_restore_request(struct edge_serve *serve,
                                    struct edge_restore_request *restore_request)
{
    serve->restore_request = restore_request;
}

void edge_serve_use_report_answers(struct edge_serve *serve, struct edge_backqueue *answers)
{
    serve->report_answers = answers;
}

void edge_serve_use_publisher(struct edge_serve *serve, struct edge_publisher publisher)
{
    serve->publish->publisher = publisher;
}

void edge_serve_use_inputs(struct edge_serve *serve, struct edge_inputs *inputs)
{
    serve->inputs = inputs;
}

void edge_serve_use_ownership(struct edge_serve *serve, struct edge_ownership *ownership)
{
    serve->ownership = ownership;
}

enum drf_status edge_serve_use_viewing(struct edge_serve *serve, struct edge_viewing *viewing)
{
    return edge_show_open(viewing, serve->config->limits.drones_max, &serve->show);
}

void edge_serve_close(struct edge_serve *serve)
{
    if (serve == NULL)
        return;
    edge_show_close(serve->show);
    edge_unanswered_close(serve->unanswered);
    edge_adjacent_close(&serve->adjacent);
    edge_publish_close(serve->publish);
    edge_capture_close(serve->capture);
    edge_terrain_close(serve->terrain);
    edge_patching_close(serve->patching);
    edge_fleet_close(serve->fleet);
    fusion_builder_close(serve->builder);
    edge_wire_close(serve->wire);
    edge_due_list_close(&serve->due);
    free(serve);
}

enum drf_status edge_serve_restore(struct edge_serve *serve, struct edge_serve_stored kept)
{
    return edge_restore_stored(serve, kept);
}

// Everything is made from the root within one step, so nothing older is referred to any more.
static void take_root(struct edge_serve *serve)
{
    const struct fusion_root *root = edge_mailbox_take(serve->mailbox);
    if (serve->restore_request != NULL)
        edge_restore_request_look_found(serve->restore_request);
    if (serve->report_answers != NULL)
        edge_backqueue_look(serve->report_answers);
    edge_inputs_ticket(serve->inputs); // what ingest left was looked at, nothing is left yet
    if (root == NULL)
        return;
    serve->root = root;
    edge_mailbox_acknowledge(serve->mailbox, root->epoch);
    edge_schedule_root(serve, root);
    edge_traffic_push(serve);
}

static void take_message(struct edge_serve *serve, const struct edge_incoming *in)
{
    struct edge_topic topic;
    if (edge_topic_parse(drf_config_input_root(serve->config), in->topic, &topic) != DRF_OK) {
        // Without an id no reply is possible: the broker's ACL lets none of these through.
        edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_REFUSED, EDGE_REPLY_INVALID, 0,
                         1);
        return;
    }
    switch (topic.kind) {
    case EDGE_TOPIC_TELEMETRY:
        edge_admission_take(serve, topic.id, in);
        break;
    case EDGE_TOPIC_PROFILE:
    case EDGE_TOPIC_PLAN:
        edge_unanswered_take(serve, topic.kind, topic.id, in);
        break;
    case EDGE_TOPIC_REQUEST:
        edge_request_take(serve, topic.id, in);
        break;
    case EDGE_TOPIC_REPORT:
        edge_reports_take(serve, topic.id, in);
        break;
    case EDGE_TOPIC_QUERY:
        edge_query_request_take(serve, topic.id, in);
        break;
    case EDGE_TOPIC_STATE:
    case EDGE_TOPIC_HEARTBEAT:
    case EDGE_TOPIC_REPLY:
        edge_others_take(serve, &topic, in);
        break;
    default:
        break;
    }
}

// The step took as much as one may: there may be more.
static bool full(const struct edge_serve *serve, uint32_t taken)
{
    return taken == MESSAGES_PER_STEP || serve->budget.spent >= REQUEST_COST_PER_STEP;
}

// What this step left undone, and whether that has become too much or little enough.
static void judge_load(struct edge_serve *serve, uint32_t taken)
{
    bool unread = edge_link_behind(serve);
    bool busy = unread || full(serve, taken) || serve->backed_up;
    if (!edge_load_judge(&serve->load, taken, busy, serve->now.mono_us))
        return;
    enum edge_overload_level level = edge_load_level(&serve->load);
    edge_metrics_set(serve->metrics, EDGE_METRIC_OVERLOAD_LEVEL, 0, level);
    (void)edge_health_set(serve->health, EDGE_TROUBLE_OVERLOAD, level != EDGE_OVERLOAD_NONE);
}

static int64_t step(struct edge_serve *serve, struct edge_now now)
{
    serve->now = now;
    edge_show_begin(serve);
    take_root(serve);
    edge_owners_begin(serve);
    edge_request_budget_begin(&serve->budget);
    bool answers = edge_restore_run(serve);
    answers = edge_reports_run(serve) || answers;

    struct edge_incoming in;
    uint32_t taken = 0;
    while (taken < MESSAGES_PER_STEP && serve->budget.spent < REQUEST_COST_PER_STEP
           && edge_link_receive(serve, &in)) {
        edge_load_lagged(&serve->load, now.mono_us - in.arrival_mono_us);
        take_message(serve, &in);
        taken++;
    }
    edge_unanswered_run(serve);
    edge_zone_watch_run(serve);
    edge_alerts_run(serve);
    edge_dispatch_run(serve);
    int64_t patch_mono_us = edge_patch_run(serve);
    int64_t terrain_mono_us = edge_terrain_run(serve);
    if (terrain_mono_us < patch_mono_us)
        patch_mono_us = terrain_mono_us;
    int64_t capture_mono_us = edge_reports_capture_run(serve);
    if (capture_mono_us < patch_mono_us)
        patch_mono_us = capture_mono_us;

    if (now.mono_us >= serve->forget_mono_us) {
        edge_fleet_forget(serve->fleet, now.mono_us);
        edge_neighbours_run(serve);
        edge_others_run(serve);
        edge_metrics_set(serve->metrics, EDGE_METRIC_WEATHER_LEFT_OUT, 0,
                         (int64_t)fusion_builder_weather_left_out(serve->builder));
        edge_warm_start_run(&serve->warm_start, serve->fleet, serve->backqueue, now.mono_us);
        serve->forget_mono_us = now.mono_us + EDGE_SERVE_SECOND_US;
    }
    judge_load(serve, taken);
    edge_node_status_run(serve);
    bool shows = edge_show_run(serve);

    if (full(serve, taken) || answers || shows)
        return now.mono_us;
    int64_t next_mono_us = serve->node_status.heartbeat_mono_us;
    next_mono_us = patch_mono_us < next_mono_us ? patch_mono_us : next_mono_us;
    if (serve->alerts.mono_us < next_mono_us)
        next_mono_us = serve->alerts.mono_us;
    if (serve->zones.mono_us < next_mono_us)
        next_mono_us = serve->zones.mono_us;
    return next_mono_us < serve->due.mono_us ? next_mono_us : serve->due.mono_us;
}

int64_t edge_serve_step(struct edge_serve *serve, struct edge_now now)
{
    edge_inputs_begin(serve->inputs, now);
    int64_t wake_mono_us = step(serve, now);
    edge_inputs_end(serve->inputs);
    return wake_mono_us;
}

void edge_serve_reload(struct edge_serve *serve, const struct drf_config *config,
                       struct edge_now now)
{
    const struct edge_fleet_config fleet = fleet_config(config);
    edge_inputs_begin(serve->inputs, now);
    edge_inputs_ticket(serve->inputs);
    edge_inputs_add(serve->inputs, EDGE_INPUT_CONFIG, NULL, 0); // ingest's block has it
    serve->now = now;
    serve->config = config;
    edge_fleet_follow(serve->fleet, &fleet, config->limits.context_rate_max_hz);
    serve->node_status.state_due = serve->node_status.catalog_due = true;
    edge_inputs_end(serve->inputs);
}

void edge_serve_down(struct edge_serve *serve, struct edge_now now)
{
    edge_inputs_begin(serve->inputs, now);
    edge_inputs_ticket(serve->inputs);
    serve->now = now;
    edge_reports_capture_end(serve);
    edge_node_status_down(serve);
    edge_inputs_finish(serve->inputs);
    edge_inputs_end(serve->inputs);
}
