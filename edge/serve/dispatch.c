// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/link_budget.h"
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_enums.h"

#include <math.h>

enum {
    RETRY_US = 2000,         // after a link that was backed up
    CONTEXT_BYTES_MIN = 250, // the budget never asks for less in one context
};

static void advise(struct edge_serve *serve, struct edge_drone *drone, struct edge_advice *out)
{
    edge_advise(serve, drone, out);
    edge_show_evaluated(serve, drone, &out->context);
}

// For its advisories alone.
static void look_now(struct edge_serve *serve, struct edge_drone *drone)
{
    struct edge_advice found;
    advise(serve, drone, &found);
}

void edge_dispatch_report(struct edge_serve *serve, struct edge_drone *drone)
{
    if (!edge_owners_serves(serve, drone))
        return;
    edge_schedule_report(serve, drone);
    int64_t now = serve->now.mono_us;
    // In an overload contexts are fewer, but advisories are evaluated as often as before.
    if (edge_load_level(&serve->load) >= EDGE_OVERLOAD_RATE && drone->due.due_mono_us > now
        && serve->root != NULL && edge_link_connected(serve)
        && now - drone->found.advised_mono_us >= drone->profile.preferences.interval_us / 2)
        look_now(serve, drone);
}

// Values of native cells and features that this context carries.
static uint64_t data_points(const struct fusion_context *context)
{
    const struct fusion_height *height = &context->height;
    uint64_t count = (uint64_t)height->ground_amsl_m.known + height->surface_amsl_m.known;
    for (size_t i = 0; i < context->look_ahead.segment_count; i++) {
        const struct fusion_segment *segment = &context->look_ahead.segments[i];
        count += (uint64_t)segment->ground_max_amsl_m.known + segment->surface_max_amsl_m.known
                 + segment->ground_mean_amsl_m.known;
    }
    for (size_t i = 0; i < FUSION_WEATHER_ITEMS; i++)
        if (context->weather.items[i].reason == FUSION_REASON_NONE)
            count += i == FUSION_WIND ? 2 : 1;
    return count + context->obstacle_count;
}

// Payload bytes that keep the link's budget at the rate that was asked for; 0: any.
static uint32_t byte_budget(const struct edge_serve *serve, const struct edge_drone *drone)
{
    uint32_t shorter = edge_load_level(&serve->load) >= EDGE_OVERLOAD_SEGMENTS
                           ? EDGE_OVERLOAD_CONTEXT_BYTES
                           : 0;
    if (drone->profile.preferences.link_bytes_per_s == 0)
        return shorter;
    double bytes = drone->profile.preferences.link_bytes_per_s * 1e-6
                       * (double)drone->profile.preferences.interval_us
                   - EDGE_LINK_BUDGET_OVERHEAD_BYTES;
    if (shorter > 0 && bytes > shorter)
        return shorter;
    return bytes < CONTEXT_BYTES_MIN       ? CONTEXT_BYTES_MIN
           : bytes > EDGE_WIRE_CONTEXT_MAX ? 0
                                           : (uint32_t)bytes;
}

// Bits of Context.shed that are known before it is encoded.
static uint32_t shed_of(const struct edge_serve *serve, const struct edge_drone *drone)
{
    uint32_t shed = (drone->due.held_by_link ? EDGE_WIRE_SHED_RATE : 0U)
                    | (edge_patch_shed(drone) ? EDGE_WIRE_SHED_PATCH : 0U);
    if (edge_load_level(&serve->load) >= EDGE_OVERLOAD_PATCH)
        shed |= EDGE_WIRE_SHED_OVERLOAD;
    int64_t preferred_us = drone->profile.preferences.interval_us;
    if (edge_overload_interval_us(&serve->load.overload, preferred_us) > preferred_us)
        shed |= EDGE_WIRE_SHED_RATE;
    return shed;
}

static enum drf_status encode(struct edge_serve *serve, const struct edge_drone *drone,
                              const struct fusion_context *found, size_t *size)
{
    const struct edge_report *report = &drone->report;
    const struct edge_wire_context context = {
        .stream = edge_send_stream(serve, drone->stream.sent_seq + 1),
        .context = found,
        .stale_after_ms = (uint32_t)(serve->config->limits.stale_after_us / 1000),
        .authority = edge_others_authority(serve, drone),
        .owner_epoch = edge_owners_epoch(serve, drone),
        .telemetry_seq = report->seq,
        .telemetry_drone_boot_id = report->drone_boot_id,
        .shed = shed_of(serve, drone),
        .bytes_max = byte_budget(serve, drone),
        .pushed = drone->due.state == EDGE_DUE_PUSHED,
        .time_from_arrival = report->time_from_arrival,
    };
    *size = sizeof serve->buffer;
    return edge_wire_context_encode(edge_send_form(drone), &context, serve->buffer, size);
}

static void count_sent(struct edge_serve *serve, struct edge_drone *drone,
                       const struct fusion_context *context, size_t size)
{
    int64_t now = serve->now.mono_us;
    (void)edge_stream_send(&drone->stream, now);
    edge_link_budget_context(drone, now, size);
    int64_t preferred_us = drone->profile.preferences.interval_us;
    int64_t interval_us = edge_overload_interval_us(&serve->load.overload, preferred_us);
    if (interval_us > preferred_us)
        edge_metrics_add(serve->metrics, EDGE_METRIC_SHED, EDGE_SHED_RATE, 0, 1);
    edge_due_sent(&drone->due, now, interval_us, preferred_us);
    edge_metrics_add(serve->metrics, EDGE_METRIC_CONTEXTS, 0, 0, 1);
    edge_metrics_add(serve->metrics, EDGE_METRIC_CONTEXT_BYTES, 0, 0, size);
    edge_metrics_add(serve->metrics, EDGE_METRIC_DATA_POINTS, 0, 0, data_points(context));
    if (drone->due.state == EDGE_DUE_PUSHED)
        edge_metrics_add(serve->metrics, EDGE_METRIC_CONTEXTS_PUSHED, 0, 0, 1);
}

static enum drf_status send_context(struct edge_serve *serve, struct edge_drone *drone)
{
    if (!edge_link_connected(serve))
        return DRF_ERR_AGAIN;
    struct edge_advice found;
    advise(serve, drone, &found);
    edge_fleet_note_concern(serve->fleet, edge_found_told(&drone->found, &found.context));
    size_t size;
    enum drf_status status = encode(serve, drone, &found.context, &size);
    if (status != DRF_OK)
        return DRF_ERR_RANGE;

    const struct edge_send to = {
        .kind = EDGE_TOPIC_CONTEXT,
        .id = drone->id,
        .form = edge_send_form(drone),
        .expiry_s = (uint32_t)((serve->config->limits.stale_after_us + 999999) / 1000000),
        .due_mono_us = drone->due.state == EDGE_DUE_PUSHED ? 0 : drone->due.owed_mono_us,
        .owned = edge_owners_is(serve, drone),
    };
    status = edge_send(serve, &to, serve->buffer, size);
    if (status == DRF_OK)
        count_sent(serve, drone, &found.context, size);
    return status;
}

// False: the link takes no more now.
static bool settle_context(struct edge_serve *serve, struct edge_drone *drone)
{
    enum drf_status status = send_context(serve, drone);
    if (status == DRF_ERR_STALE) { // as the owner's it may not go any more
        edge_owners_lapse(serve, edge_owner_part(drone->id));
        status = edge_owners_serves(serve, drone) ? send_context(serve, drone) : DRF_OK;
    }
    if (status == DRF_ERR_FULL)
        return false;
    if (status != DRF_OK)
        edge_metrics_add(serve->metrics, EDGE_METRIC_MQTT_DROPS, 0, 0, 1);
    edge_due_settle(&drone->due);
    return true;
}

// An answer that should have gone so long ago that it would have been void by now: the node was
// stopped meanwhile, or its machine. With the time of now it would pass for a new one, and what
// it says is of where the drone was.
static bool outlived(const struct edge_serve *serve, const struct edge_drone *drone)
{
    return drone->due.state == EDGE_DUE_ANSWER
           && serve->now.mono_us - drone->due.due_mono_us
                  > serve->config->limits.stale_after_us;
}

// What changed is looked at before the context that tells it may go.
static void look(struct edge_serve *serve, struct edge_drone *drone)
{
    int64_t now = serve->now.mono_us;
    if (drone->due.look_mono_us > now)
        return;
    bool seen = !edge_due_any(&drone->due) || drone->found.advised_mono_us == now;
    bool looks = !seen && edge_link_connected(serve);
    edge_due_look(&drone->due, now, looks);
    if (looks)
        look_now(serve, drone);
}

static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

void edge_dispatch_run(struct edge_serve *serve)
{
    int64_t now = serve->now.mono_us;
    if (now < serve->due.mono_us)
        return;
    bool open = true;
    uint32_t number;
    edge_due_list_begin(&serve->due);
    while (edge_due_list_next(&serve->due, &number)) {
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        bool reply_due = drone->slot.used && drone->refusals.untold > 0;
        if (reply_due && now >= drone->refusals.next_mono_us) {
            edge_reply_flush(serve, drone);
            reply_due = false;
        }
        if (!drone->slot.used || !drone->slot.reporting || serve->root == NULL
            || !edge_owners_serves(serve, drone))
            edge_due_drop(&drone->due);
        if (outlived(serve, drone)) {
            edge_metrics_add(serve->metrics, EDGE_METRIC_MQTT_DROPS, 0, 0, 1);
            edge_due_settle(&drone->due);
        }
        if (open && edge_due_any(&drone->due) && now >= drone->due.due_mono_us)
            open = settle_context(serve, drone);
        look(serve, drone);
        int64_t at = edge_due_next(&drone->due);
        if (reply_due)
            at = sooner(at, drone->refusals.next_mono_us);
        if (edge_due_any(&drone->due) || reply_due)
            edge_due_list_keep(&serve->due, number, at);
        else
            edge_due_list_drop(&drone->due);
    }
    serve->backed_up = !open;
    edge_due_list_end(&serve->due, now + (open ? 0 : RETRY_US));
}
