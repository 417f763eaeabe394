// sim/measure/pair_table.h - table from a pair of aircraft to what is known of it in a scene.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PAIR_TABLE_H
#define SIM_PAIR_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { SIM_PAIR_LOSSES = 2 };

struct sim_pair_slot {
    uint64_t key;
    size_t pair;                  // its place in the list, 1 more; 0: the slot is free
    size_t open[SIM_PAIR_LOSSES]; // its losses in their list, 1 more; 0: none
    int64_t until_us;             // the end of what was looked at last; INT64_MIN: nothing was
};

struct sim_pair_table { // open addressing, linear probing, at most half full
    size_t count, room;
    struct sim_pair_slot *slots;
};

void sim_pair_table_close(struct sim_pair_table *table);
// The slot of a key; a new one has pair 0, which the caller sets. Valid until the next call.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_pair_table_find(struct sim_pair_table *table, uint64_t key,
                                                   struct sim_pair_slot **out);

#endif
