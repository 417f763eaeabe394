// SPDX-License-Identifier: Apache-2.0
// Where a plan leaves the region, and where service ends.
//
// Along a leg the distance to the region's edge changes by no more than the way: so the way is
// gone in steps as long as the distance that is left, at least a metre and a 64th of the leg;
// the last step is halved until it is a metre.
#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/path.h"
#include "fusion/context/review_region.h"
#include "geo/extreme.h"
#include "geo/frame.h"

#define STEPS_MAX 64.0
#define STEP_MIN_M 1.0

struct leg {
    const struct fusion_surroundings *around;
    struct geo_frame frame;
    struct geo_offset way;
    double length_m;
};

// How far a place so far along the leg is outside the region.
static double outside_m(const struct leg *leg, double at_m, struct geo_point *place)
{
    double share = leg->length_m > 0.0 ? at_m / leg->length_m : 0.0;
    const struct geo_offset offset = {.east_m = leg->way.east_m * share,
                                      .north_m = leg->way.north_m * share};
    *place = geo_frame_point(&leg->frame, offset);
    return fusion_surroundings_outside_m(leg->around, *place);
}

// The first place, to a metre, that is farther outside than a limit, or (within) not farther;
// false: none.
static bool find(const struct leg *leg, double limit_m, bool within, struct geo_point *place)
{
    double step_min_m = geo_greater(STEP_MIN_M, leg->length_m / STEPS_MAX), at_m = 0.0,
           before_m = 0.0;
    double over_m = outside_m(leg, at_m, place) - limit_m;
    while ((over_m > 0.0) == within) {
        if (at_m >= leg->length_m)
            return false;
        before_m = at_m;
        at_m = geo_lesser(at_m + geo_greater(fabs(over_m), step_min_m), leg->length_m);
        over_m = outside_m(leg, at_m, place) - limit_m;
    }
    while (at_m - before_m > STEP_MIN_M) {
        double middle_m = 0.5 * (before_m + at_m);
        if ((outside_m(leg, middle_m, place) > limit_m) != within)
            at_m = middle_m;
        else
            before_m = middle_m;
    }
    (void)outside_m(leg, at_m, place);
    return true;
}

static void tell(struct fusion_review *out, uint32_t leg, enum fusion_severity severity,
                 struct geo_point place, double margin_m)
{
    if (out->conflict_count == FUSION_REVIEW_CONFLICTS_MAX) {
        out->conflicts_left_out++;
        return;
    }
    const struct fusion_path_node node = {.point = place};
    struct fusion_advisory *advisory = &out->conflicts[out->conflict_count].advisory;
    out->conflicts[out->conflict_count++].leg = leg;
    *advisory = (struct fusion_advisory){
        .advisory_id = fusion_advisory_id(FUSION_ADVISORY_REGION_BOUNDARY, "region"),
        .severity = severity,
        .kind = FUSION_ADVISORY_REGION_BOUNDARY,
        .position_known = true,
        .position = fusion_path_place(&node),
    };
    if (severity == FUSION_SEVERITY_WARNING)
        (void)snprintf(advisory->text, sizeof advisory->text,
                       "from here on more than %.0f m outside the region: no service",
                       margin_m);
    else
        (void)snprintf(advisory->text, sizeof advisory->text,
                       "from here on outside the region; service ends %.0f m outside",
                       margin_m);
}

void fusion_review_region(const struct fusion_surroundings *around, uint32_t number,
                          struct geo_point from, struct geo_point to,
                          enum fusion_review_where *where, struct fusion_review *out)
{
    struct leg leg = {.around = around, .frame = geo_frame_at(from)};
    leg.way = geo_frame_offset(&leg.frame, to);
    leg.length_m = hypot(leg.way.east_m, leg.way.north_m);
    struct geo_point place;
    if (!out->served)
        out->served = find(&leg, around->margin_m, true, &place);
    if (*where == FUSION_REVIEW_INSIDE && find(&leg, 0.0, false, &place))
        tell(out, number, FUSION_SEVERITY_CAUTION, place, around->margin_m);
    if (*where != FUSION_REVIEW_UNSERVED && find(&leg, around->margin_m, false, &place))
        tell(out, number, FUSION_SEVERITY_WARNING, place, around->margin_m);
    double outside_m = fusion_surroundings_outside_m(around, to);
    *where = outside_m > around->margin_m ? FUSION_REVIEW_UNSERVED
             : outside_m > 0.0            ? FUSION_REVIEW_OUTSIDE
                                          : FUSION_REVIEW_INSIDE;
}
