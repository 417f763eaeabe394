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

#include "geo/record/record.h"

struct edge_dry_run_place { // all zero at first
    uint64_t inside, outside;
    uint64_t exchanged; // of those outside, what would be inside with its coordinates exchanged
};

// Counts an obstacle, a zone or a station; `keep` is what the node keeps.
void edge_dry_run_place_add(struct edge_dry_run_place *place, const struct geo_item *item,
                            struct geo_bounds keep);
// Says so where nothing is inside and something outside; true otherwise.
bool edge_dry_run_place_tell(const struct edge_dry_run_place *place, FILE *out);

#endif
