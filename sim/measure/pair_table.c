// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/pair_table.h"

#include <stdlib.h>

enum { FIRST_ROOM = 256 };

void sim_pair_table_close(struct sim_pair_table *table)
{
    free(table->slots);
    *table = (struct sim_pair_table){0};
}

// The slot of the key, or the free one where it belongs.
static struct sim_pair_slot *probe(struct sim_pair_slot *slots, size_t room, uint64_t key)
{
    // Fibonacci hashing: 2^64 divided by the golden ratio.
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15U) >> 32) & (room - 1);
    while (slots[at].pair != 0 && slots[at].key != key)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static enum drf_status grow(struct sim_pair_table *table)
{
    size_t room = table->room == 0 ? FIRST_ROOM : 2 * table->room;
    struct sim_pair_slot *slots = calloc(room, sizeof *slots);
    if (slots == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < table->room; i++)
        if (table->slots[i].pair != 0)
            *probe(slots, room, table->slots[i].key) = table->slots[i];
    free(table->slots);
    table->slots = slots;
    table->room = room;
    return DRF_OK;
}

enum drf_status sim_pair_table_find(struct sim_pair_table *table, uint64_t key,
                                    struct sim_pair_slot **out)
{
    if (2 * (table->count + 1) > table->room) {
        enum drf_status status = grow(table);
        if (status != DRF_OK)
            return status;
    }
    struct sim_pair_slot *slot = probe(table->slots, table->room, key);
    if (slot->pair == 0) {
        *slot = (struct sim_pair_slot){.key = key, .until_us = INT64_MIN};
        table->count++;
    }
    *out = slot;
    return DRF_OK;
}
