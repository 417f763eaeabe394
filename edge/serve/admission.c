// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void refuse(struct edge_serve *serve, struct edge_drone *drone,
                   enum edge_reply_code code, const char *field_path, const char *text)
{
    struct edge_wire_refusal refusal = {.code = code};
    (void)snprintf(refusal.field_path, sizeof refusal.field_path, "%s", field_path);
    (void)snprintf(refusal.text, sizeof refusal.text, "%s", text);
    edge_reply_refuse(serve, drone, &refusal);
}

static void refuse_unadmitted(struct edge_serve *serve, const char *id)
{
    edge_metrics_add(serve->metrics, EDGE_METRIC_DRONES_REFUSED, 0, 0, 1);
    edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_REFUSED, EDGE_REPLY_OVERLOADED, 0,
                     1);
    if (!edge_reply_unadmitted(serve))
        return;
    const struct edge_wire_reply reply = {
        .code = EDGE_REPLY_OVERLOADED,
        .text = "this node serves as many drones as it is configured for",
        .retry_after_s = 10,
        .count = 1,
        .answers = 1,
    };
    edge_reply_send(serve, id, NULL, &reply);
}

static bool within_rate(struct edge_serve *serve, struct edge_drone *drone)
{
    return edge_rates_report(&drone->rates, serve->now.mono_us,
                             (int64_t)(1e6 / serve->config->limits.telemetry_rate_max_hz));
}

static bool decode(struct edge_serve *serve, struct edge_drone *drone,
                   const struct edge_incoming *in, struct edge_wire_telemetry *out)
{
    const struct drf_limits *limits = &serve->config->limits;
    const struct edge_wire_telemetry_rules rules = {
        .now_utc_us = serve->now.utc_us - (serve->now.mono_us - in->arrival_mono_us),
        .stale_us = limits->telemetry_age_max_us,
        .ahead_us = limits->telemetry_ahead_max_us,
        .mode = serve->config->mode,
    };
    enum edge_wire_form form = edge_incoming_form(in);
    struct edge_wire_refusal refusal = {.code = EDGE_REPLY_INVALID};
    if (edge_incoming_whole(in, &refusal)
        && edge_wire_telemetry_decode(serve->wire, form, in->payload, in->size, &rules, out,
                                      &refusal)
               == DRF_OK)
        return true;
    edge_reply_refuse(serve, drone, &refusal);
    return false;
}

// One reply per exit from the region, and never two within ten seconds.
static void handle_outside(struct edge_serve *serve, struct edge_drone *drone,
                           double distance_m)
{
    edge_due_drop(&drone->due);
    edge_fleet_unplace(serve->fleet, drone);
    edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_REFUSED, EDGE_REPLY_OUTSIDE_REGION,
                     0, 1);
    if (!edge_place_leave(&drone->place, serve->now.mono_us))
        return;
    char text[192];
    (void)snprintf(
        text, sizeof text,
        "%.0f m outside region %s: aircraft farther outside than %.0f m are not served",
        distance_m, serve->config->region_id, serve->config->margin_m);
    const struct edge_wire_reply reply = {
        .code = EDGE_REPLY_OUTSIDE_REGION, .text = text, .answers = 1};
    edge_reply_send(serve, drone->id, drone, &reply);
}

// Reports that can be missing since the last one: as many as are accepted in that time, and the
// second's worth that may come at once. A counter that jumps further was set anew: how many
// were lost is not known then, and the jump counts as one.
static uint32_t lost_of(const struct edge_serve *serve, const struct edge_drone *drone,
                        uint32_t gap, int64_t arrival_mono_us)
{
    double since_s = (double)(arrival_mono_us - drone->report.arrival_mono_us) * 1e-6;
    double possible = serve->config->limits.telemetry_rate_max_hz * (fmax(since_s, 0.0) + 1.0);
    return (double)gap <= possible ? gap : 1;
}

static bool in_order(struct edge_serve *serve, struct edge_drone *drone,
                     const struct edge_wire_telemetry *telemetry, int64_t arrival_mono_us)
{
    uint32_t gap;
    if (edge_report_order(&drone->report, telemetry->drone_boot_id, telemetry->seq,
                          telemetry->fix.time_utc_us, telemetry->time_from_arrival, &gap)
        == EDGE_ORDER_NEXT) {
        uint32_t lost = lost_of(serve, drone, gap, arrival_mono_us);
        edge_load_lost(&serve->load, lost);
        if (lost > 0)
            edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY_LOST, 0, 0, lost);
        return true;
    }
    char text[128];
    (void)snprintf(text, sizeof text,
                   "report %u goes back: report %u of the same drone_boot_id was taken already",
                   (unsigned)telemetry->seq, (unsigned)drone->report.seq);
    bool by_seq = telemetry->seq != 0 && telemetry->seq <= drone->report.seq;
    refuse(serve, drone, EDGE_REPLY_STALE, by_seq ? "seq" : "time_us", text);
    return false;
}

static void note(struct edge_serve *serve, struct edge_drone *drone,
                 const struct edge_wire_telemetry *telemetry, int64_t arrival_mono_us)
{
    if (drone->report.there)
        edge_fleet_keep(serve->fleet, drone);
    edge_neighbours_heard(serve, drone, &telemetry->fix);
    edge_report_take(&drone->report, (struct edge_report){
                                         .fix = telemetry->fix,
                                         .arrival_mono_us = arrival_mono_us,
                                         .drone_boot_id = telemetry->drone_boot_id,
                                         .seq = telemetry->seq,
                                         .time_from_arrival = telemetry->time_from_arrival,
                                     });
    edge_plan_held_name(&drone->plan, telemetry->active_plan_id);
    bool mine = telemetry->seen_known && telemetry->seen_boot_id == serve->boot_id;
    uint32_t context_seq = telemetry->seen_context_seq,
             patch_seq = mine ? telemetry->seen_patch_seq : 0;
    if (mine && edge_inputs_free(serve->inputs)) { // a what-if: what it would have seen by now
        context_seq = drone->stream.sent_seq;
        patch_seq = edge_patch_sent_last(drone);
    }
    edge_stream_name(&drone->stream, mine);
    if (mine)
        edge_stream_seen(&drone->stream, context_seq);
    edge_patch_seen(drone, patch_seq);
}

// Acts on an accepted report.
static void handle_report(struct edge_serve *serve, struct edge_drone *drone, bool found_again)
{
    double distance_m =
        edge_region_distance_m(&serve->config->region, drone->report.fix.position);
    if (distance_m > serve->config->margin_m) {
        handle_outside(serve, drone, distance_m);
        return;
    }
    edge_place_serve(&drone->place, distance_m);
    edge_fleet_place(serve->fleet, drone, drone->report.fix.position);
    if (edge_owners_is(serve, drone))
        edge_publishing_track(serve, drone);
    if (found_again) // it may have missed anything: the whole state, now
        edge_advisories_repeat(&drone->advisories);
    if (serve->root == NULL)
        refuse(serve, drone, EDGE_REPLY_NOT_AVAILABLE, "", "the node is still loading");
    else if (found_again)
        edge_schedule_now(serve, drone);
    else
        edge_dispatch_report(serve, drone);
    if (serve->root != NULL)
        edge_patch_report(serve, drone);
}

void edge_admission_take(struct edge_serve *serve, const char *id,
                         const struct edge_incoming *in)
{
    edge_metrics_add(serve->metrics, EDGE_METRIC_TELEMETRY, 0, 0, 1);
    struct edge_drone *drone;
    if (edge_fleet_admit(serve->fleet, id, serve->now.mono_us, &drone) != DRF_OK) {
        refuse_unadmitted(serve, id);
        return;
    }
    edge_fleet_touch(serve->fleet, drone, serve->now.mono_us);
    if (!within_rate(serve, drone)) {
        refuse(serve, drone, EDGE_REPLY_RATE_LIMITED, "", "reports come faster than allowed");
        return;
    }
    if (in->retained) { // of any age, and the aircraft's clock need not say so
        refuse(serve, drone, EDGE_REPLY_STALE, "", "telemetry must not be retained");
        return;
    }
    struct edge_wire_telemetry telemetry;
    if (!decode(serve, drone, in, &telemetry)
        || !in_order(serve, drone, &telemetry, in->arrival_mono_us))
        return;

    edge_reports_capture(serve, id, in);
    if (!telemetry.time_from_arrival) {
        edge_load_aged(&serve->load, serve->now.utc_us - telemetry.fix.time_utc_us);
    }
    bool found_again = drone->sight.lost;
    edge_persist_ask(serve, drone);
    // Better a moment late than with limits that are not its own.
    edge_kept_wait(&drone->kept,
                   !drone->report.there && !drone->profile.held && !drone->plan.held);
    note(serve, drone, &telemetry, in->arrival_mono_us);
    edge_persist_heard(serve, drone);
    if (drone->kept.state != EDGE_KEPT_WAITING)
        handle_report(serve, drone, found_again);
}

void edge_admission_resume(struct edge_serve *serve, struct edge_drone *drone)
{
    handle_report(serve, drone, false);
}
