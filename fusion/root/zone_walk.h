// fusion/root/zone_walk.h - the zones whose box touches a box, each once.
// SPDX-License-Identifier: Apache-2.0
//
// Looks only at the buckets that the box touches, in the order of the buckets and within one in
// that of the zones; a box that reaches beyond the buckets is compared with all zones, for one
// that is long may reach out of them elsewhere. Nothing is allocated.
#ifndef FUSION_ZONE_WALK_H
#define FUSION_ZONE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"

// The rows and columns of buckets that a box touches, by global row and column.
struct fusion_zone_window {
    uint32_t first_row, last_row, first_column, columns;
};

enum { FUSION_ZONE_WALK_AT_ONCE = 16 };

struct fusion_zone_walk {
    const struct fusion_root *root;
    struct geo_bounds box;
    struct fusion_zone_box rounded;
    struct fusion_zone_window window;
    uint32_t bucket, bucket_count; // of the window
    size_t next;                   // of the bucket's boxes
    bool all;                      // zones_all is walked
    uint32_t found_at, found;      // of those whose boxes touch
    size_t places[FUSION_ZONE_WALK_AT_ONCE];
};

struct fusion_zone_walk fusion_zone_walk_begin(const struct fusion_root *root,
                                               struct geo_bounds box);
const struct fusion_zone *fusion_zone_walk_next(struct fusion_zone_walk *walk); // NULL: the end

// By source, then id: no order of arrival. As qsort() has it.
int fusion_zone_order(const struct fusion_zone *a, const struct fusion_zone *b);

// A box rounded outwards; one that crosses the antimeridian becomes all longitudes.
struct fusion_zone_box fusion_zone_box_of(struct geo_bounds bounds);

#endif
