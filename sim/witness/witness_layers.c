// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_layers.h"

#include "drf/v1/enums.pb-c.h"
#include "geo/hash.h"

// Contexts come once a second at least; answers to others come between them.
static const int64_t listed_us = 2000000;

static bool excuses(uint32_t reason)
{
    return reason == DRF__V1__REASON__REASON_CATCHING_UP
           || reason == DRF__V1__REASON__REASON_RESYNCHRONISING
           || reason == DRF__V1__REASON__REASON_LOADING
           || reason == DRF__V1__REASON__REASON_FEED_DOWN
           || reason == DRF__V1__REASON__REASON_FORGOTTEN;
}

bool sim_witness_said_incomplete(const Drf__V1__Context *context, uint32_t layer)
{
    for (size_t i = 0; i < context->n_layer_states; i++)
        if (context->layer_states[i]->layer == layer)
            return excuses(context->layer_states[i]->reason);
    return false;
}

bool sim_witness_incomplete(const struct sim_witness *witness, const Drf__V1__Context *context,
                            uint32_t layer)
{
    return layer < SIM_LAYERS && !witness->complete[layer]
           && sim_witness_said_incomplete(context, layer);
}

bool sim_witness_was_complete(const struct sim_witness *witness, uint32_t layer,
                              uint64_t boot_id, int64_t node_utc_us)
{
    for (size_t i = 0; i < SIM_NODES; i++) {
        const struct sim_witness_node *node = &witness->nodes[i];
        if (layer < SIM_LAYERS && node->name != 0 && node->boot_id == boot_id)
            return node->complete_utc_us[layer] != 0
                   && node_utc_us >= node->complete_utc_us[layer];
    }
    return false;
}

// Contexts list a layer now and then: a node may have lost a feed of what it has in full.
static void note_listed(struct sim_witness_node *node, uint32_t layer, int64_t node_utc_us)
{
    int64_t(*times)[2] = node->listed_utc_us[layer];
    if (times[0][0] == 0 || node_utc_us > times[0][1] + listed_us) {
        times[1][0] = times[0][0];
        times[1][1] = times[0][1];
        times[0][0] = times[0][1] = node_utc_us;
    }
    if (node_utc_us > times[0][1])
        times[0][1] = node_utc_us;
}

static bool was_listed(const struct sim_witness *witness, uint32_t layer, uint64_t boot_id,
                       int64_t node_utc_us)
{
    for (size_t i = 0; i < SIM_NODES; i++)
        for (int k = 0; k < 2; k++) {
            const struct sim_witness_node *node = &witness->nodes[i];
            const int64_t *times = node->listed_utc_us[layer][k];
            if (node->name != 0 && node->boot_id == boot_id && times[0] != 0
                && node_utc_us >= times[0] - listed_us && node_utc_us <= times[1] + listed_us)
                return true;
        }
    return false;
}

void sim_witness_layers_at(struct sim_witness *witness, uint64_t boot_id, int64_t node_utc_us)
{
    for (uint32_t i = 0; i < SIM_LAYERS; i++)
        witness->listed[i] = was_listed(witness, i, boot_id, node_utc_us);
    for (uint32_t i = 0; i < SIM_LAYERS; i++)
        witness->complete[i] = sim_witness_was_complete(witness, i, boot_id, node_utc_us);
    witness->shed = false;
}

void sim_witness_missing(struct sim_witness *witness, uint32_t layer, uint32_t reason,
                         const char *what, struct sim_witness_counts *counts)
{
    if (excuses(reason) && layer < SIM_LAYERS && !witness->complete[layer]) {
        counts->waiting++;
        return;
    }
    if (reason == DRF__V1__REASON__REASON_SHED && witness->shed) {
        counts->shed++; // left out on purpose, distinguishable from unknown
        return;
    }
    sim_witness_counts_note(counts, SIM_CHECK_MISSING, false, "%s is absent, reason %u", what,
                            reason);
}

// The place of a name; the last is taken where there is none.
static size_t place_of(const struct sim_witness *witness, uint64_t name)
{
    for (size_t i = 0; i + 1 < SIM_NODES; i++)
        if (witness->nodes[i].name == name || witness->nodes[i].name == 0)
            return i;
    return SIM_NODES - 1;
}

static void begin_boot(struct sim_witness_node *node, uint64_t name, uint64_t boot_id,
                       int64_t boot_mono_us)
{
    *node = (struct sim_witness_node){
        .name = name, .boot_id = boot_id, .boot_mono_us = boot_mono_us};
}

size_t sim_witness_node_of(struct sim_witness *witness, const char *name, uint64_t boot_id,
                           int64_t arrival_mono_us)
{
    if (name == NULL || name[0] == '\0')
        for (size_t i = 0; i < SIM_NODES; i++)
            if (witness->nodes[i].name != 0 && witness->nodes[i].boot_id == boot_id)
                return i;
    uint64_t hash = geo_hash_text(GEO_HASH_START, name != NULL ? name : "");
    size_t place = place_of(witness, hash);
    struct sim_witness_node *node = &witness->nodes[place];
    bool first = place == 0 && node->name == 0;
    if (node->name != hash || node->boot_id != boot_id)
        begin_boot(node, hash, boot_id, first ? 0 : arrival_mono_us);
    return place;
}

// A layer that is not listed has been called complete.
void sim_witness_layers_learn(struct sim_witness *witness, const Drf__V1__Context *context,
                              int64_t arrival_mono_us)
{
    witness->node =
        sim_witness_node_of(witness, context->node_id, context->boot_id, arrival_mono_us);
    struct sim_witness_node *node = &witness->nodes[witness->node];
    bool listed[SIM_LAYERS] = {false};
    // A refused input makes a layer incomplete in its box: all else of it is there.
    for (size_t i = 0; i < context->n_layer_states; i++)
        if (context->layer_states[i]->layer < SIM_LAYERS
            && context->layer_states[i]->reason != DRF__V1__REASON__REASON_UNREADABLE)
            listed[context->layer_states[i]->layer] = true;
    for (uint32_t i = 0; i < SIM_LAYERS; i++) {
        if (listed[i])
            note_listed(node, i, context->node_time_us);
        int64_t *since = &node->complete_utc_us[i];
        if (!listed[i] && (*since == 0 || context->node_time_us < *since))
            *since = context->node_time_us;
        witness->complete[i] = *since != 0 && context->node_time_us >= *since;
    }
}
