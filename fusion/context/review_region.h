// fusion/context/review_region.h - where a plan leaves the region, for its review.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_REVIEW_REGION_H
#define FUSION_REVIEW_REGION_H

#include <stdint.h>

#include "fusion/aircraft/surroundings.h"
#include "fusion/context/review.h"
#include "geo/point.h"

// Where a leg begins. What was told of the plan so far is not told again.
enum fusion_review_where {
    FUSION_REVIEW_INSIDE,  // of the region; also before the first leg
    FUSION_REVIEW_OUTSIDE, // of it, but served
    FUSION_REVIEW_UNSERVED,
};

// Adds a CAUTION where the leg leaves the region, a WARNING where service ends. *where becomes
// that of its end. Sets out->served if an aircraft is served anywhere on it.
void fusion_review_region(const struct fusion_surroundings *around, uint32_t number,
                          struct geo_point from, struct geo_point to,
                          enum fusion_review_where *where, struct fusion_review *out);

#endif
