// edge/sample/dry_run_place.h - whether what a message holds lies where the node looks.
// SPDX-License-Identifier: Apache-2.0
//
// A file of which everything lies outside is taken and shows nothing: a provider who has
// exchanged latitude and longitude would look for the fault elsewhere.
#ifndef EDGE_DRY_RUN_PLACE_H
#define EDGE_DRY_RUN_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/config/config.h"
#include "geo/record/record.h"

struct edge_dry_run_place {          // all zero at first
    uint64_t inside;                 // the region; a zone: touches the box around the region
    uint64_t around;                 // outside it, but kept for the margin and the look-ahead
    uint64_t placeless;              // withdrawn without saying where, or everywhere
    uint64_t outside, outside_noted; // what is kept: items that say so; as a note counts them
    uint64_t exchanged; // of those outside, what would be inside with its coordinates exchanged
};

// Counts an obstacle, a zone, a station or an aircraft, and the note on what was passed over.
void edge_dry_run_place_add(struct edge_dry_run_place *place, const struct geo_item *item,
                            const struct drf_config *config);
// True: the item says of itself that it is outside what the node keeps.
bool edge_dry_run_outside(const struct geo_item *item);
// True: the note is the one on what was passed over because it is outside.
bool edge_dry_run_notes_outside(const struct geo_note *note);
// All outside: not each of them is in the record under an id.
uint64_t edge_dry_run_place_outside(const struct edge_dry_run_place *place);
// Says so where nothing is inside the region. False: nor around it, but something outside.
bool edge_dry_run_place_tell(const struct edge_dry_run_place *place, FILE *out);

#endif
