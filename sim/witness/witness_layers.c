// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_layers.h"

#include <string.h>

#include "drf/v1/enums.pb-c.h"

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
    return layer < SIM_LAYERS && witness->boot_id == boot_id
           && witness->complete_utc_us[layer] != 0
           && node_utc_us >= witness->complete_utc_us[layer];
}

void sim_witness_layers_at(struct sim_witness *witness, uint64_t boot_id, int64_t node_utc_us)
{
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

// A layer that is not listed has been called complete.
void sim_witness_layers_learn(struct sim_witness *witness, const Drf__V1__Context *context,
                              int64_t arrival_mono_us)
{
    if (witness->boot_id != context->boot_id) {
        witness->boot_mono_us = witness->boot_id != 0 ? arrival_mono_us : 0;
        witness->boot_id = context->boot_id;
        memset(witness->complete_utc_us, 0, sizeof witness->complete_utc_us);
    }
    bool listed[SIM_LAYERS] = {false};
    // A refused input makes a layer incomplete in its box: all else of it is there.
    for (size_t i = 0; i < context->n_layer_states; i++)
        if (context->layer_states[i]->layer < SIM_LAYERS
            && context->layer_states[i]->reason != DRF__V1__REASON__REASON_UNREADABLE)
            listed[context->layer_states[i]->layer] = true;
    for (int i = 0; i < SIM_LAYERS; i++) {
        int64_t *since = &witness->complete_utc_us[i];
        if (!listed[i] && (*since == 0 || context->node_time_us < *since))
            *since = context->node_time_us;
        witness->complete[i] = *since != 0 && context->node_time_us >= *since;
    }
}
