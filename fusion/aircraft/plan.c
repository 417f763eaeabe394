// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/plan.h"

#include <math.h>

#include "geo/edge.h"
#include "geo/extreme.h"
#include "geo/frame.h"
#include "geo/length.h"

// Slower than this has no course.
#define COURSE_MIN_MPS 1.0
// How much farther than one with the course a leg across it may seem.
#define LEG_TURN_M 50.0
// A way out and back on one line is equally near but for rounding.
#define LEG_EQUAL_M 0.1
// More than distances are off by rounding.
#define ROUNDING_M 1e-3

struct fusion_limits fusion_limits_default(void)
{
    return (struct fusion_limits){
        .look_ahead_s = 45.0,
        .stopping_distance_m = 50.0,
        .aircraft_radius_m = 1.0,
        .clearance_min_m = 15.0,
        .climb_max_mps = 5.0,
        .descent_max_mps = 5.0,
        .obstacle_radius_m = 2000.0,
        .obstacles_max = 4,
    };
}

double fusion_fix_acc95_m(const struct fusion_fix *fix)
{
    return fix->horizontal_acc95_m > 0.0 ? fix->horizontal_acc95_m
                                         : FUSION_HORIZONTAL_ACC95_DEFAULT_M;
}

static double bulge_of(struct geo_point a, struct geo_point b)
{
    b.lon_deg += b.lon_deg - a.lon_deg > 180.0    ? -360.0
                 : b.lon_deg - a.lon_deg < -180.0 ? 360.0
                                                  : 0.0;
    return geo_edge_bulge_m(a, b);
}

double fusion_plan_leg_bulge_m(const struct fusion_plan_point *from,
                               const struct fusion_plan_point *to)
{
    return bulge_of(fusion_plan_position(from), fusion_plan_position(to));
}

struct leg {
    double cross_m, done_ratio;
    double excess_m; // cross_m beyond what the two readings of a long leg differ by
    double cost_m;   // the least is followed
};

// A point of the plan, and where it is from the aircraft.
struct end {
    struct geo_point point;
    struct geo_offset offset;
};

static struct end end_at(const struct geo_frame *frame, const struct fusion_plan_point *point)
{
    const struct geo_point at = fusion_plan_position(point);
    return (struct end){.point = at, .offset = geo_frame_offset(frame, at)};
}

// A long leg is straight in degrees only on a plane of one scale.
static struct geo_offset offset_of(const struct geo_frame *frame, const struct end *end,
                                   bool one_scale)
{
    struct geo_offset offset = end->offset;
    if (!one_scale)
        return offset;
    double east_deg = end->point.lon_deg - frame->origin.lon_deg;
    east_deg -= 360.0 * round(east_deg / 360.0);
    offset.east_m = east_deg * frame->east_m_per_deg;
    return offset;
}

static struct leg leg_at(const struct geo_frame *frame, const struct fusion_fix *fix,
                         const struct end *from, const struct end *to, double bulge_m)
{
    struct geo_offset a = offset_of(frame, from, bulge_m > 0.0);
    struct geo_offset b = offset_of(frame, to, bulge_m > 0.0);
    double east_m = b.east_m - a.east_m, north_m = b.north_m - a.north_m;
    double square = east_m * east_m + north_m * north_m;
    double done = square > 0.0 ? -(a.east_m * east_m + a.north_m * north_m) / square : 0.0;
    done = geo_lesser(geo_greater(done, 0.0), 1.0);
    double cross_m = geo_length(a.east_m + done * east_m, a.north_m + done * north_m);
    double excess_m = geo_greater(cross_m - bulge_m, 0.0), turn_m = 0.0;
    double speed_mps =
        fix->velocity_known ? geo_length(fix->velocity_north_mps, fix->velocity_east_mps) : 0.0;
    if (speed_mps > COURSE_MIN_MPS && square > 0.0) {
        double along = (fix->velocity_east_mps * east_m + fix->velocity_north_mps * north_m)
                       / (speed_mps * sqrt(square));
        turn_m = LEG_TURN_M * (1.0 - along);
    }
    return (struct leg){.done_ratio = done,
                        .cross_m = cross_m,
                        .excess_m = excess_m,
                        .cost_m = excess_m + turn_m};
}

// Surely farther from the aircraft than that: wholly to one side of it.
static bool beside(struct geo_offset a, struct geo_offset b, double within_m)
{
    return (a.east_m > within_m && b.east_m > within_m)
           || (a.east_m < -within_m && b.east_m < -within_m)
           || (a.north_m > within_m && b.north_m > within_m)
           || (a.north_m < -within_m && b.north_m < -within_m);
}

struct fusion_follow fusion_plan_follow(const struct fusion_aircraft *aircraft,
                                        int64_t now_utc_us)
{
    const struct fusion_plan *plan = aircraft->plan;
    if (plan == NULL || plan->point_count < 2)
        return (struct fusion_follow){.state = FUSION_PLAN_NONE};
    if (now_utc_us < plan->valid_from_utc_us || now_utc_us > plan->valid_until_utc_us)
        return (struct fusion_follow){.state = FUSION_PLAN_STALE};

    struct geo_frame frame = geo_frame_at(aircraft->fix.position);
    double within_m = plan->conformance_m + fusion_fix_acc95_m(&aircraft->fix);
    struct leg best = {.cost_m = HUGE_VAL};
    uint32_t followed = plan->point_count;
    struct end from, to = end_at(&frame, &plan->points[0]);
    for (uint32_t i = 0; i + 1 < plan->point_count; i++) {
        from = to;
        to = end_at(&frame, &plan->points[i + 1]);
        double bulge_m = bulge_of(from.point, to.point);
        if (bulge_m <= 0.0 && beside(from.offset, to.offset, within_m + ROUNDING_M))
            continue;
        struct leg leg = leg_at(&frame, &aircraft->fix, &from, &to, bulge_m);
        if (leg.excess_m > within_m || leg.cost_m >= best.cost_m - LEG_EQUAL_M)
            continue;
        best = leg;
        followed = i;
    }
    if (followed == plan->point_count)
        return (struct fusion_follow){.state = FUSION_PLAN_NONCONFORMING};
    return (struct fusion_follow){.state = FUSION_PLAN_FOLLOWED,
                                  .leg = followed,
                                  .done_ratio = best.done_ratio,
                                  .cross_m = best.cross_m};
}
