// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/others/adjacent.h"

#include <string.h>

enum { SWEEP_NEVER = 0 };

static void close_node(struct edge_adjacent_node *node) { edge_region_close(&node->region); }

void edge_adjacent_close(struct edge_adjacent *adjacent)
{
    for (size_t i = 0; i < adjacent->count; i++)
        close_node(&adjacent->nodes[i]);
    adjacent->count = 0;
}

// Where the node is in the list, or would be.
static size_t place_of(const struct edge_adjacent *adjacent,
                       const struct edge_wire_node_state *state, bool *there)
{
    size_t at = 0;
    int order = 1;
    for (; at < adjacent->count; at++) {
        const struct edge_adjacent_node *node = &adjacent->nodes[at];
        order = strcmp(node->region_id, state->region_id);
        if (order == 0)
            order = strcmp(node->node_id, state->node_id);
        if (order >= 0)
            break;
    }
    *there = at < adjacent->count && order == 0;
    return at;
}

static void take_out(struct edge_adjacent *adjacent, size_t at)
{
    close_node(&adjacent->nodes[at]);
    adjacent->count--;
    memmove(&adjacent->nodes[at], &adjacent->nodes[at + 1],
            (adjacent->count - at) * sizeof adjacent->nodes[0]);
}

// Makes place; the last has to go where there is none. False: it would be the last itself.
static bool put_in(struct edge_adjacent *adjacent, size_t at, struct edge_adjacent_node node)
{
    if (adjacent->count == EDGE_ADJACENT_MAX) {
        adjacent->left_out++;
        if (at == adjacent->count)
            return false;
        take_out(adjacent, adjacent->count - 1);
    }
    memmove(&adjacent->nodes[at + 1], &adjacent->nodes[at],
            (adjacent->count - at) * sizeof adjacent->nodes[0]);
    adjacent->count++;
    adjacent->nodes[at] = node;
    return true;
}

static bool same_ring(const struct edge_region *region,
                      const struct edge_wire_node_state *state)
{
    bool same = region->count == state->boundary_count;
    for (size_t i = 0; i < region->count && same; i++)
        same = region->ring[i].lat_deg == state->boundary[i].lat_deg
               && region->ring[i].lon_deg == state->boundary[i].lon_deg;
    return same;
}

// A state that was made before the one that is known came late, by another way.
static bool older(const struct edge_adjacent_node *node,
                  const struct edge_wire_node_state *state)
{
    return state->boot_id < node->boot_id
           || (state->boot_id == node->boot_id && !state->down
               && state->node_time_utc_us < node->node_time_utc_us);
}

static bool same_told(const struct edge_adjacent_node *node,
                      const struct edge_wire_node_state *state)
{
    return node->priority == state->priority && node->margin_m == state->margin_m
           && strcmp(node->address, state->address) == 0 && same_ring(&node->region, state);
}

// False: its region is not beside ours, or cannot be used.
static bool fill(const struct drf_config *config, const struct edge_wire_node_state *state,
                 struct edge_adjacent_node *out)
{
    *out =
        (struct edge_adjacent_node){.margin_m = state->margin_m, .priority = state->priority};
    memcpy(out->region_id, state->region_id, sizeof out->region_id);
    memcpy(out->node_id, state->node_id, sizeof out->node_id);
    memcpy(out->address, state->address, sizeof out->address);
    if (edge_region_copy(state->boundary, state->boundary_count, &out->region) != DRF_OK)
        return false;
    if (edge_region_near(&config->region, &out->region, config->margin_m + state->margin_m))
        return true;
    close_node(out);
    return false;
}

bool edge_adjacent_take(struct edge_adjacent *adjacent, const struct drf_config *config,
                        const struct edge_wire_node_state *state, uint32_t session,
                        int64_t now_mono_us)
{
    bool there;
    size_t at = place_of(adjacent, state, &there);
    struct edge_adjacent_node *held = &adjacent->nodes[at]; // if it is there
    bool deleted = state->boot_id == 0;
    if (there && !deleted && older(held, state))
        return false;
    bool ours = !state->down && state->mode == config->mode;
    bool changed = !there || !ours || !same_told(held, state);
    if (changed) {
        struct edge_adjacent_node node;
        bool beside = ours && fill(config, state, &node);
        if (there)
            take_out(adjacent, at);
        if (!beside)
            return there;
        if (!put_in(adjacent, at, node)) {
            close_node(&node);
            return there;
        }
    }
    held->boot_id = state->boot_id;
    held->node_time_utc_us = state->node_time_utc_us;
    held->session = session;
    held->heard_mono_us = now_mono_us;
    return changed;
}

size_t edge_adjacent_tell(const struct edge_adjacent *adjacent,
                          struct edge_wire_neighbour out[static EDGE_ADJACENT_MAX])
{
    for (size_t i = 0; i < adjacent->count; i++) {
        const struct edge_adjacent_node *node = &adjacent->nodes[i];
        out[i] = (struct edge_wire_neighbour){
            .region_id = node->region_id,
            .node_id = node->node_id,
            .address = node->address,
            .boundary = node->region.ring,
            .boundary_count = node->region.count,
            .margin_m = node->margin_m,
            .priority = node->priority,
        };
    }
    return adjacent->count;
}

bool edge_adjacent_sweep(struct edge_adjacent *adjacent, uint32_t session, int64_t now_mono_us)
{
    if (session != adjacent->session) {
        adjacent->session = session;
        adjacent->sweep_mono_us = now_mono_us + EDGE_ADJACENT_HEAR_US;
    }
    bool all = adjacent->sweep_mono_us != SWEEP_NEVER && now_mono_us >= adjacent->sweep_mono_us;
    if (all)
        adjacent->sweep_mono_us = SWEEP_NEVER;
    size_t before = adjacent->count;
    for (size_t i = adjacent->count; i > 0; i--) {
        const struct edge_adjacent_node *node = &adjacent->nodes[i - 1];
        if ((all && node->session != session)
            || now_mono_us - node->heard_mono_us > EDGE_ADJACENT_KEEP_US)
            take_out(adjacent, i - 1);
    }
    return adjacent->count != before;
}

bool edge_adjacent_yields(const struct edge_adjacent *adjacent, const struct drf_config *config,
                          struct geo_point point)
{
    for (size_t i = 0; i < adjacent->count; i++) {
        const struct edge_adjacent_node *node = &adjacent->nodes[i];
        bool before = node->priority != config->region_priority
                          ? node->priority > config->region_priority
                          : strcmp(node->region_id, config->region_id) < 0;
        if (before && edge_region_holds(&node->region, point))
            return true;
    }
    return false;
}
