// SPDX-License-Identifier: Apache-2.0
// When something is due to a drone (edge/serve/fleet/due.h has the states), and which drones a
// change concerns. Nothing is sent here: edge_dispatch_run goes through the list.
#include "edge/serve/serve_parts.h"

void edge_schedule_at(struct edge_serve *serve, struct edge_drone *drone, int64_t mono_us)
{
    edge_due_list_add(&serve->due, edge_fleet_number(serve->fleet, drone), &drone->due,
                      mono_us);
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

// A drone that does not say what it sees, and a link budget that is spent, hold a context back.
static int64_t hold_back(struct edge_serve *serve, struct edge_drone *drone, int64_t mono_us)
{
    int64_t now = serve->now.mono_us;
    bool ignore_seen =
        drone->profile.preferences.ignore_seen && edge_owners_serves_fully(serve, drone);
    if (!ignore_seen
        && edge_stream_unseen_us(&drone->stream, now) > serve->config->limits.unseen_max_us) {
        int64_t slow_mono_us = drone->due.sent_mono_us + EDGE_SERVE_SECOND_US;
        if (slow_mono_us > mono_us && slow_mono_us > now)
            edge_metrics_add(serve->metrics, EDGE_METRIC_SHED, EDGE_SHED_UNSEEN, 0, 1);
        mono_us = later(mono_us, slow_mono_us);
    }
    if (drone->profile.preferences.link_bytes_per_s > 0
        && edge_link_budget_busy_until(&drone->link) > mono_us) {
        edge_metrics_add(serve->metrics, EDGE_METRIC_SHED, EDGE_SHED_RATE, 0, 1);
        edge_due_hold(&drone->due);
        mono_us = edge_link_budget_busy_until(&drone->link);
    }
    return mono_us;
}

void edge_schedule_report(struct edge_serve *serve, struct edge_drone *drone)
{
    int64_t now = serve->now.mono_us;
    struct edge_due *due = &drone->due;
    if (due->state == EDGE_DUE_ANSWER) {
        edge_metrics_add(serve->metrics, EDGE_METRIC_SHED, EDGE_SHED_CONTEXT, 0, 1);
        edge_load_lost(&serve->load, due->due_mono_us < now); // delayed by the node itself
    }
    // A report that comes a little early is answered: reports at the very rate jitter. One that
    // comes much too early waits for its turn, and the next report may take its place.
    bool ready = edge_due_ready(due, now, drone->profile.preferences.interval_us);
    int64_t mono_us = hold_back(serve, drone, ready ? now : due->answer_pace.next_mono_us);
    edge_due_answer(due, now, mono_us, drone->report.arrival_mono_us, ready);
    edge_schedule_at(serve, drone, due->due_mono_us);
}

void edge_schedule_now(struct edge_serve *serve, struct edge_drone *drone)
{
    edge_due_now(&drone->due, serve->now.mono_us);
    edge_schedule_at(serve, drone, drone->due.due_mono_us);
}

struct change_visit {
    struct edge_serve *serve;
    struct geo_bounds bounds;
};

void edge_schedule_push(struct edge_serve *serve, struct edge_drone *drone)
{
    int64_t now = serve->now.mono_us;
    struct edge_due *due = &drone->due;
    if (!edge_owners_serves(serve, drone))
        return;
    if (due->state != EDGE_DUE_PUSHED)
        edge_due_push(due, hold_back(serve, drone, edge_due_push_at(due, now)));
    // A context may have to wait for its turn or the link's budget; advisories do not. An
    // obstacle makes two or three roots, and two may come to one drone: none of them may wait
    // for the time between looks, whatever the last context was sent for.
    edge_due_want_look(due, now);
    edge_schedule_at(serve, drone, edge_due_next(due));
}

static void push_change(void *self, struct edge_drone *drone)
{
    const struct change_visit *visit = self;
    if (edge_drone_affected(drone, visit->bounds))
        edge_schedule_push(visit->serve, drone);
}

void edge_schedule_area(struct edge_serve *serve, struct geo_bounds bounds)
{
    struct change_visit visit = {.serve = serve, .bounds = bounds};
    edge_fleet_around(serve->fleet, bounds, edge_fleet_concern_max_m(serve->fleet), push_change,
                      &visit);
}

void edge_schedule_root(struct edge_serve *serve, const struct fusion_root *root)
{
    for (size_t i = 0; i < root->change_count; i++)
        if (root->changes[i].layers != UINT32_C(1) << FUSION_LAYER_ALERT) // edge/serve/alerts.c
            edge_schedule_area(serve, root->changes[i].bounds);
}
