// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/serve_parts.h"

#include <string.h>

#include "edge/wire/wire_claim.h"
#include "edge/wire/wire_state.h"

// What a node of this region says, also this one itself (an echo of what it sent, or what the
// broker keeps of an earlier run). An empty retained message was deleted: it is `down`, and has
// no boot id.
static void take_own_region(struct edge_serve *serve, const struct edge_wire_node_state *state)
{
    bool says = !state->down; // a will says nothing of owners
    edge_owners_hear_state(serve, state->node_id, state->boot_id, state->down,
                           says ? state->owner_epochs : NULL);
}

static void tell(struct edge_serve *serve)
{
    edge_metrics_set(serve->metrics, EDGE_METRIC_NEIGHBOURS, 0, (int64_t)serve->adjacent.count);
    serve->node_status.state_due = true;
}

static void take_other_region(struct edge_serve *serve,
                              const struct edge_wire_node_state *state)
{
    uint64_t left_out = serve->adjacent.left_out;
    if (edge_adjacent_take(&serve->adjacent, serve->config, state, edge_link_session(serve),
                           serve->now.mono_us))
        tell(serve);
    edge_metrics_add(serve->metrics, EDGE_METRIC_NEIGHBOURS_LEFT_OUT, 0, 0,
                     serve->adjacent.left_out - left_out);
}

// The topic is what the broker lets its sender write: it names region and node, and the message
// may name no others.
static bool read_state(const struct edge_topic *topic, const struct edge_incoming *in,
                       struct edge_wire_node_state *out)
{
    if (in->payload_left_out > 0)
        return false;
    if (in->size == 0) {
        *out = (struct edge_wire_node_state){.down = true};
    } else if (edge_wire_node_state_read(in->payload, in->size, out) != DRF_OK
               || (out->region_id[0] != '\0' && strcmp(out->region_id, topic->region) != 0)
               || (out->node_id[0] != '\0' && strcmp(out->node_id, topic->id) != 0)) {
        return false;
    }
    memcpy(out->region_id, topic->region, sizeof topic->region);
    memcpy(out->node_id, topic->id, sizeof topic->id);
    return true;
}

// Heartbeats and replies are subscribed to of this region alone.
static void take_from_own_region(struct edge_serve *serve, const struct edge_topic *topic,
                                 const struct edge_incoming *in)
{
    struct edge_wire_claim heartbeat;
    struct edge_wire_replied reply;
    if (in->payload_left_out > 0 || strcmp(topic->region, serve->config->region_id) != 0)
        return;
    if (topic->kind == EDGE_TOPIC_HEARTBEAT) {
        if (edge_wire_heartbeat_read(in->payload, in->size, &heartbeat) == DRF_OK)
            edge_owners_hear_heartbeat(serve, topic->id, heartbeat.boot_id);
    } else if (edge_wire_reply_read(serve->wire, in->payload, in->size, &reply) == DRF_OK
               && strcmp(reply.node_id, serve->config->node_id) != 0) {
        edge_unanswered_heard(serve, topic->id, reply.answers, reply.correlation);
    }
}

void edge_others_take(struct edge_serve *serve, const struct edge_topic *topic,
                      const struct edge_incoming *in)
{
    if (topic->kind == EDGE_TOPIC_HEARTBEAT || topic->kind == EDGE_TOPIC_REPLY) {
        take_from_own_region(serve, topic, in);
        return;
    }
    struct edge_wire_node_state state;
    if (!read_state(topic, in, &state)) {
        edge_metrics_add(serve->metrics, EDGE_METRIC_STATES_REFUSED, 0, 0, 1);
        return;
    }
    if (strcmp(state.region_id, serve->config->region_id) == 0)
        take_own_region(serve, &state);
    else
        take_other_region(serve, &state);
}

void edge_others_run(struct edge_serve *serve)
{
    // As it was seen last: a port is not asked where nothing came in.
    if (edge_adjacent_sweep(&serve->adjacent, serve->node_status.session, serve->now.mono_us))
        tell(serve);
}

uint32_t edge_others_authority(const struct edge_serve *serve, const struct edge_drone *drone)
{
    bool first =
        edge_owners_is(serve, drone) && edge_place_inside(&drone->place)
        && !edge_adjacent_yields(&serve->adjacent, serve->config, drone->report.fix.position);
    return first ? EDGE_AUTHORITY_PRIMARY : EDGE_AUTHORITY_SECONDARY;
}
