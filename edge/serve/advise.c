// SPDX-License-Identifier: Apache-2.0
// A drone is looked at: the context is built, and what changed among its advisories goes out
// on their own topic at once.
#include "edge/serve/serve_parts.h"
#include "fusion/context/context_build.h"

static const struct fusion_advisory *shown(const struct fusion_advisories *set, uint32_t id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].advisory_id == id)
            return &set->items[i];
    return NULL;
}

static enum drf_status send_advisory(struct edge_serve *serve, struct edge_drone *drone,
                                     const struct fusion_advisories *told,
                                     const struct edge_advisory *held)
{
    struct fusion_advisory rest;
    bool cleared = held->severity == 0;
    const struct fusion_advisory *advisory = cleared ? NULL : shown(told, held->advisory_id);
    if (advisory == NULL) {
        rest = edge_advisory_rest(held, serve->now.utc_us);
        advisory = &rest;
    }
    enum edge_wire_form form = edge_send_form(drone);
    const struct edge_wire_stream stream =
        edge_send_stream(serve, drone->stream.advisory_seq + 1);
    size_t size = sizeof serve->buffer;
    uint64_t epoch = edge_owners_epoch(serve, drone);
    enum drf_status status = edge_wire_advisory_encode(form, &stream, epoch, advisory, cleared,
                                                       serve->buffer, &size);
    if (status != DRF_OK)
        return status;
    const struct edge_send to = {
        .kind = EDGE_TOPIC_ADVISORY, .id = drone->id, .form = form, .owned = epoch != 0};
    status = edge_send(serve, &to, serve->buffer, size);
    if (status == DRF_ERR_STALE)
        edge_owners_lapse(serve, edge_owner_part(drone->id));
    if (status != DRF_OK)
        return status;
    edge_stream_send_advisory(&drone->stream);
    if (edge_owners_is(serve, drone))
        edge_publishing_advisory(serve, drone, &stream, epoch, advisory, cleared);
    edge_metrics_add(serve->metrics, EDGE_METRIC_ADVISORIES, 0, 0, 1);
    // never shed, but the link carries it all the same
    edge_link_budget_charge(drone, serve->now.mono_us, size);
    return DRF_OK;
}

struct fusion_aircraft edge_aircraft_of(const struct edge_drone *drone)
{
    return (struct fusion_aircraft){
        .fix = drone->report.fix,
        .limits = drone->profile.limits,
        .plan = edge_plan_held_flown(&drone->plan),
    };
}

void edge_advise_build(struct edge_serve *serve, const struct edge_drone *drone,
                       struct fusion_builder *builder, struct edge_advice *out)
{
    edge_neighbours_fill(serve, drone, &out->around);
    struct fusion_aircraft aircraft = edge_aircraft_of(drone);
    aircraft.around = &out->around;
    fusion_context_build(builder, serve->root, &aircraft, serve->now.utc_us, &out->context);
}

void edge_advise(struct edge_serve *serve, struct edge_drone *drone, struct edge_advice *out)
{
    edge_advise_build(serve, drone, serve->builder, out);
    edge_found_evaluated(&drone->found, serve->now.mono_us, &drone->report.fix,
                         &out->context.height);
    edge_advisories_apply(&drone->advisories, serve->now, &out->context.advisories);
    size_t cursor = 0;
    struct edge_advisory *held;
    if (!edge_owners_serves_fully(serve, drone))
        return; // the owner tells them; who follows it tells all of them again
    while ((held = edge_advisories_untold(&drone->advisories, &cursor)) != NULL) {
        // the context carries it too: what is not taken now is tried again with the next
        if (send_advisory(serve, drone, &out->context.advisories, held) != DRF_OK)
            return;
        edge_advisory_tell(held);
    }
}
