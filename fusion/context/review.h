// fusion/context/review.h - checks a whole flight plan before it is flown.
// SPDX-License-Identifier: Apache-2.0
//
// Leg by leg, in a corridor of the aircraft's radius and horizontal accuracy, by the reasoners
// that judge flight. A conflict of the nominal path is a WARNING, one within the accuracies a
// CAUTION, whatever the time until then. A zone counts if it applies when the aircraft passes,
// at the speeds of the plan, from now or from the begin of the plan if that is later, and while
// the aircraft holds at the end of a leg. Take-off and landing, 100 m around an end that goes
// below the wanted clearance, are left out of the lowest clearance and of terrain. The part of
// a leg outside the kept area is a gap. Where the plan leaves the region, and where service
// ends, is a conflict, told once until it is back.
#ifndef FUSION_REVIEW_H
#define FUSION_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"

enum { FUSION_REVIEW_CONFLICTS_MAX = 24, FUSION_REVIEW_GAPS_MAX = 24 };

struct fusion_review_conflict {
    uint32_t leg;
    struct fusion_advisory advisory; // text borrowed from the root
};

struct fusion_review_gap {
    uint32_t leg;
    enum fusion_layer layer;
    double unknown_ratio;
    enum fusion_reason reason;
};

struct fusion_review {
    bool outside;                            // no part of a leg lies in the kept area
    bool served;                             // an aircraft is, on some part of a leg
    struct fusion_number clearance_lowest_m; // the low estimate; not known with a surface gap
    uint32_t clearance_lowest_leg;
    // When it is not known: that of the first gap of the surface; NONE: the plan is take-off
    // and landing only.
    enum fusion_reason clearance_lowest_reason;
    uint32_t conflicts_left_out;
    size_t conflict_count, gap_count;
    struct fusion_review_conflict conflicts[FUSION_REVIEW_CONFLICTS_MAX];
    struct fusion_review_gap gaps[FUSION_REVIEW_GAPS_MAX];
    uint64_t epoch;
};

// `aircraft` holds the plan, the limits, how good its altitude is, and `around` with the
// region's ring; NULL: not said, and all is taken as served.
void fusion_review_plan(struct fusion_builder *builder, const struct fusion_root *root,
                        const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                        struct fusion_review *out);

// How much work the review of a plan is at most, in parts of a leg: some 2.5 us each. For
// a caller that shares time among many plans.
uint32_t fusion_review_cost(const struct fusion_plan *plan);

#endif
