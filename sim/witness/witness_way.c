// SPDX-License-Identifier: Apache-2.0
// Without a plan the path is a straight line, or a disc below walking speed. Along a plan it
// is a list of corners that begins abeam the aircraft on the leg that the node would choose:
// that with the least distance and turn of those that the aircraft conforms to. Where
// that choice is within rounding, every candidate leg gives a path of its own. What of a height
// cannot be reached on the way to a corner is flown there: two corners of one place. Distances
// between corners are metres of the ellipsoid, positions are of the world's plane, with a
// scale at the aircraft between both.
#include "sim/witness/witness_way.h"

#include <math.h>

#include "drf/v1/enums.pb-c.h"

static const double shortest_m = 150.0, course_mps = 1.0; // schemas/client.md, look-ahead
static const double turn_m = 50.0, tie_band_m = 0.6;      // there: which leg of a plan
static const double conform_band_m = 1.0;
static const double rate_mps = 5.0;  // there: no drone of the fleet says how fast it climbs
static const double upright_m = 2.1; // a step of whoever looks along the way

double sim_way_half_m(const struct sim_way *way, double time_s)
{
    return way->base_m + way->growth_mps * fmin(time_s, way->time_max_s);
}

double sim_way_disc_m(const struct sim_way *way, double time_s)
{
    return way->base_m + (way->growth_mps + way->speed_mps) * fmin(time_s, way->time_max_s);
}

static double climbed_m(const struct sim_way *way, double time_s, double floor_m)
{
    double climbed = way->climb_mps * fmin(time_s, way->time_max_s);
    return way->climb_mps < 0.0 ? fmax(climbed, fmin(floor_m, 0.0)) : climbed;
}

double sim_way_climbed_m(const struct sim_way *way, double time_s)
{
    return climbed_m(way, time_s, way->floor_low_m);
}

double sim_way_climbed_most_m(const struct sim_way *way, double time_s)
{
    return climbed_m(way, time_s, way->floor_high_m);
}

void sim_witness_floor(const struct sim_witness *witness, struct geo_point at, double amsl_m,
                       double *low_m, double *high_m)
{
    double covered_m = sim_world_covered_m(witness->world, at);
    double ground_m = sim_world_ground_amsl_m(witness->world, at) - amsl_m;
    double edge_m = witness->tolerance.edge_m, tol_m = witness->tolerance.ground_m + 0.3;
    bool surely = covered_m > edge_m && witness->complete[DRF__V1__LAYER__LAYER_GROUND];
    *low_m = surely ? ground_m - tol_m : -HUGE_VAL;
    *high_m = covered_m > -edge_m
                  ? ground_m + tol_m + (covered_m < edge_m ? witness->tolerance.step_m : 0.0)
                  : -HUGE_VAL;
}

static void find_floor(const struct sim_way *way, struct geo_point at, double *low_m,
                       double *high_m)
{
    sim_witness_floor(way->witness, at, way->amsl_m, low_m, high_m);
}

static double between(double a, double b, double share) { return a + (b - a) * share; }

static struct sim_corner corner_at(const struct sim_way *way, double along_m)
{
    const struct sim_corner *b = &way->corners[1];
    while (b + 1 < way->corners + way->count && b->along_m < along_m)
        b++;
    const struct sim_corner *a = b - 1;
    double leg_m = b->along_m - a->along_m;
    double share = leg_m > 0.0 ? fmin(fmax((along_m - a->along_m) / leg_m, 0.0), 1.0) : 0.0;
    return (struct sim_corner){.at = {between(a->at.east_m, b->at.east_m, share),
                                      between(a->at.north_m, b->at.north_m, share)},
                               .along_m = between(a->along_m, b->along_m, share),
                               .time_s = between(a->time_s, b->time_s, share),
                               .rise_m = between(a->rise_m, b->rise_m, share)};
}

struct sim_plane sim_way_at(const struct sim_way *way, double along_m)
{
    if (way->kind == SIM_WAY_PLAN)
        return corner_at(way, along_m).at;
    return (struct sim_plane){way->start.east_m + along_m * way->unit_east,
                              way->start.north_m + along_m * way->unit_north};
}

double sim_way_time_s(const struct sim_way *way, double along_m)
{
    return way->kind == SIM_WAY_PLAN ? corner_at(way, along_m).time_s
                                     : along_m / way->speed_mps;
}

double sim_way_along_m(const struct sim_way *way, double time_s)
{
    if (way->kind != SIM_WAY_PLAN)
        return fmin(time_s * way->speed_mps, way->length_m);
    for (size_t i = 1; i < way->count; i++) {
        const struct sim_corner *a = &way->corners[i - 1], *b = &way->corners[i];
        if (time_s <= b->time_s && b->time_s > a->time_s)
            return between(a->along_m, b->along_m,
                           fmax(time_s - a->time_s, 0.0) / (b->time_s - a->time_s));
    }
    return way->length_m;
}

double sim_way_rise_m(const struct sim_way *way, double along_m)
{
    return sim_way_span(way, along_m).low_m;
}

double sim_way_rise_after_m(const struct sim_way *way, double time_s)
{
    for (size_t i = 1; i < way->count; i++) {
        const struct sim_corner *a = &way->corners[i - 1], *b = &way->corners[i];
        if (time_s <= b->time_s && b->time_s > a->time_s)
            return between(a->rise_m, b->rise_m,
                           fmax(time_s - a->time_s, 0.0) / (b->time_s - a->time_s));
    }
    return way->corners[way->count - 1].rise_m;
}

static struct sim_span span_of_plan(const struct sim_way *way, double along_m)
{
    struct sim_corner at = corner_at(way, along_m);
    struct sim_span span = {at.rise_m, at.rise_m, at.time_s, at.time_s};
    for (size_t i = 1; i < way->count; i++) {
        const struct sim_corner *a = &way->corners[i - 1], *b = &way->corners[i];
        if (b->along_m > a->along_m || fabs(a->along_m - along_m) > upright_m)
            continue;
        span.low_m = fmin(span.low_m, fmin(a->rise_m, b->rise_m));
        span.high_m = fmax(span.high_m, fmax(a->rise_m, b->rise_m));
        span.soon_s = fmin(span.soon_s, a->time_s);
        span.late_s = fmax(span.late_s, b->time_s);
    }
    return span;
}

struct sim_span sim_way_span(const struct sim_way *way, double along_m)
{
    if (way->kind == SIM_WAY_PLAN)
        return span_of_plan(way, along_m);
    double time_s = sim_way_time_s(way, along_m), low_m = way->floor_low_m,
           high_m = way->floor_high_m;
    if (way->climb_mps < 0.0 && way->kind == SIM_WAY_COURSE)
        find_floor(way, sim_world_point(way->witness->world, sim_way_at(way, along_m)), &low_m,
                   &high_m);
    return (struct sim_span){climbed_m(way, time_s, low_m), climbed_m(way, time_s, high_m),
                             time_s, time_s};
}

void sim_way_rises(const struct sim_way *way, double from_m, double to_m, double *low_m,
                   double *high_m)
{
    struct sim_span a = sim_way_span(way, from_m), b = sim_way_span(way, to_m);
    *low_m = fmin(a.low_m, b.low_m);
    *high_m = fmax(a.high_m, b.high_m);
    for (size_t i = 0; i < way->count; i++)
        if (way->corners[i].along_m >= from_m && way->corners[i].along_m <= to_m) {
            *low_m = fmin(*low_m, way->corners[i].rise_m);
            *high_m = fmax(*high_m, way->corners[i].rise_m);
        }
}

double sim_way_far_m(const struct sim_way *way, struct sim_plane point)
{
    double best_m = HUGE_VAL;
    if (way->kind != SIM_WAY_PLAN)
        return sim_plane_segment_m(way->start,
                                   way->kind == SIM_WAY_COURSE ? sim_way_at(way, way->length_m)
                                                               : way->start,
                                   point, NULL);
    for (size_t i = 1; i < way->count; i++)
        best_m = fmin(best_m, sim_plane_segment_m(way->corners[i - 1].at, way->corners[i].at,
                                                  point, NULL));
    return best_m;
}

// All that its drone filed; NULL: it names none.
static const struct sim_plans *plans_of(const struct sim_witness *witness,
                                        const struct sim_report *report)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    if (fleet->plans == NULL || report->plan == 0)
        return NULL;
    const char *first = (const char *)fleet->plans;
    return (const void *)(first + report->drone * fleet->plans_stride);
}

static const struct sim_plan *plan_of(const struct sim_witness *witness,
                                      const struct sim_report *report)
{
    const struct sim_plans *plans = plans_of(witness, report);
    return plans != NULL ? sim_plans_find(plans, report->plan) : NULL;
}

// A leg of a plan as the aircraft sees it, in metres there.
struct leg {
    double before_m, length_m; // of the plan before it, its own
    double cross_m, done_ratio, turn_m;
};

// Metres of the ellipsoid from the aircraft.
static struct sim_plane seen(const struct sim_witness *witness, const struct sim_way *way,
                             struct geo_point point)
{
    struct sim_plane p = sim_world_plane(witness->world, point);
    return (struct sim_plane){(p.east_m - way->start.east_m) * way->scale_east,
                              (p.north_m - way->start.north_m) * way->scale_north};
}

static size_t find_legs(const struct sim_witness *witness, const struct sim_report *report,
                        const struct sim_way *way, const struct sim_plan *plan,
                        struct leg legs[static SIM_PLAN_POINTS_MAX])
{
    for (size_t i = 0; i + 1 < plan->count; i++) {
        struct sim_plane a = seen(witness, way, plan->points[i].position);
        struct sim_plane b = seen(witness, way, plan->points[i + 1].position);
        struct leg *leg = &legs[i];
        leg->before_m = i > 0 ? legs[i - 1].before_m + legs[i - 1].length_m : 0.0;
        leg->cross_m =
            sim_plane_segment_m(a, b, (struct sim_plane){.east_m = 0.0}, &leg->done_ratio);
        leg->length_m = hypot(b.east_m - a.east_m, b.north_m - a.north_m);
        double speed_mps = hypot(report->east_mps, report->north_mps);
        if (leg->length_m > 0.0 && speed_mps > 0.0)
            leg->turn_m = turn_m
                          * (1.0
                             - (report->east_mps * (b.east_m - a.east_m)
                                + report->north_mps * (b.north_m - a.north_m))
                                   / (speed_mps * leg->length_m));
    }
    return plan->count - 1;
}

// At the end of its plan it still has a corridor: straight on for half its width.
static void lengthen(const struct sim_witness *witness, const struct sim_plan *plan,
                     struct sim_way *way)
{
    struct sim_plane a =
        sim_world_plane(witness->world, plan->points[plan->count - 2].position);
    struct sim_corner next = way->corners[way->count - 1];
    double east_m = (next.at.east_m - a.east_m) * way->scale_east,
           north_m = (next.at.north_m - a.north_m) * way->scale_north,
           leg_m = hypot(east_m, north_m), more_m = way->base_m - next.along_m;
    next.at.east_m += leg_m > 0.0 ? more_m * east_m / leg_m / way->scale_east : 0.0;
    next.at.north_m += (leg_m > 0.0 ? more_m * north_m / leg_m : more_m) / way->scale_north;
    next.along_m += more_m;
    next.time_s += more_m / plan->speed_mps;
    way->corners[way->count++] = next;
}

// How high a point of a plan is from the aircraft: no lower than the ground there, where that
// is lower than the way has been.
static double landing_m(const struct sim_witness *witness, struct sim_way *way,
                        const struct sim_plan_point *point)
{
    double level_m = 0.0, rise_m = point->amsl_m - way->amsl_m, low_m, high_m;
    for (size_t i = 0; i < way->count; i++)
        level_m = fmax(level_m, way->corners[i].rise_m);
    way->witness = witness;
    find_floor(way, point->position, &low_m, &high_m);
    low_m = fmax(rise_m, fmin(low_m, level_m));
    high_m = fmax(rise_m, fmin(high_m, level_m));
    way->height_tol_m = fmax(way->height_tol_m, 0.5 * (high_m - low_m) + 0.05);
    return 0.5 * (low_m + high_m);
}

// What of the height cannot be reached on the way is flown at the corner.
static void reach(struct sim_way *way, struct sim_corner next, double up_mps)
{
    const struct sim_corner *last = &way->corners[way->count - 1];
    double wanted_m = next.rise_m, way_s = next.time_s - last->time_s;
    double climb_mps = fmax(rate_mps, up_mps), sink_mps = fmax(rate_mps, -up_mps);
    next.rise_m = last->rise_m
                  + fmin(fmax(wanted_m - last->rise_m, -sink_mps * way_s), climb_mps * way_s);
    double left_m = wanted_m - next.rise_m;
    way->corners[way->count++] = next;
    if (fabs(left_m) < 1e-6)
        return;
    next.time_s += left_m > 0.0 ? left_m / climb_mps : -left_m / sink_mps;
    next.rise_m = wanted_m;
    way->corners[way->count++] = next;
}

// From abeam the aircraft on leg `first` to the end of the look-ahead or of the plan.
static void lay(const struct sim_witness *witness, const struct sim_truth *truth,
                const struct sim_plan *plan, size_t first, const struct leg *leg, double up_mps,
                struct sim_way *way)
{
    const struct sim_world *world = witness->world;
    struct sim_plane a = sim_world_plane(world, plan->points[first].position);
    struct sim_plane b = sim_world_plane(world, plan->points[first + 1].position);
    way->kind = SIM_WAY_PLAN;
    way->base_m += leg->cross_m;
    way->before_m = leg->before_m + leg->done_ratio * leg->length_m;
    way->height_tol_m = plan->over_ground ? witness->tolerance.ground_m : 0.05;
    way->amsl_m = truth->amsl_m;
    way->corners[0] =
        (struct sim_corner){.at = {between(a.east_m, b.east_m, leg->done_ratio),
                                   between(a.north_m, b.north_m, leg->done_ratio)}};
    way->count = 1;
    struct geo_point here = sim_world_point(world, way->corners[0].at);
    for (size_t i = first + 1; i < plan->count; i++) {
        const struct sim_corner *last = &way->corners[way->count - 1];
        double leg_m = sim_world_distance_m(world, here, plan->points[i].position);
        here = plan->points[i].position;
        struct sim_corner next = {.at = sim_world_plane(world, here),
                                  .along_m = last->along_m + leg_m,
                                  .time_s = last->time_s + leg_m / plan->speed_mps,
                                  .rise_m = landing_m(witness, way, &plan->points[i])};
        size_t before = way->count;
        reach(way, next, up_mps);
        if (next.along_m < way->length_m)
            continue;
        if (next.along_m > way->length_m) { // not as far as the point
            next = corner_at(way, way->length_m);
            way->corners[before] = next;
            way->count = before + 1;
        }
        break;
    }
    if (way->corners[way->count - 1].along_m < way->base_m)
        lengthen(witness, plan, way);
    way->length_m = way->corners[way->count - 1].along_m;
}

// Heights over ground where none is published: its intended height is unknown.
static bool over_nothing(const struct sim_witness *witness, const struct sim_plan *plan)
{
    bool found = false;
    for (size_t i = 0; i < plan->count && plan->over_ground; i++)
        found |= sim_world_covered_m(witness->world, plan->points[i].position)
                 < witness->tolerance.edge_m;
    return found;
}

static size_t ways_along(const struct sim_witness *witness, const struct sim_report *report,
                         const struct sim_truth *truth, const struct sim_way *common,
                         struct sim_way ways[static SIM_WAYS_MAX])
{
    const struct sim_plan *plan = plan_of(witness, report);
    struct leg legs[SIM_PLAN_POINTS_MAX] = {{.cross_m = 0.0}};
    ways[0] = *common; // undecided
    if (plan == NULL || plan->count < 2 || !truth->amsl_known || over_nothing(witness, plan)
        || (plan->over_ground && !witness->complete[1]))
        return 1;
    size_t count = find_legs(witness, report, common, plan, legs), found = 0;
    const double within_m = plan->conformance_m + report->horizontal_acc_m;
    // near walking speed the course counts or it does not
    double slow_m = HUGE_VAL, fast_m = HUGE_VAL; // the least cost of those surely within
    bool slow =
        common->speed_mps<course_mps + 0.01, fast = common->speed_mps> course_mps - 0.01;
    for (size_t i = 0; i < count; i++)
        if (legs[i].cross_m < within_m - conform_band_m) {
            slow_m = fmin(slow_m, legs[i].cross_m);
            fast_m = fmin(fast_m, legs[i].cross_m + legs[i].turn_m);
        }
    for (size_t i = 0; i < count; i++) {
        bool may = (slow && legs[i].cross_m <= slow_m + tie_band_m)
                   || (fast && legs[i].cross_m + legs[i].turn_m <= fast_m + tie_band_m);
        if (!may || legs[i].cross_m > within_m + conform_band_m)
            continue;
        if (found == SIM_WAYS_MAX) {
            ways[0] = *common;
            return 1;
        }
        ways[found] = *common;
        lay(witness, truth, plan, i, &legs[i], report->up_mps, &ways[found]);
        found++;
    }
    return found > 0 ? found : 1;
}

// The plane's metres are a sphere's, the way's are the ellipsoid's.
static void take_scale(const struct sim_world *world, struct geo_point at, struct sim_way *way)
{
    struct geo_point north = at, east = at;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    way->start = sim_world_plane(world, at);
    way->scale_east = sim_world_distance_m(world, at, east) / (world->m_per_lon_deg * 0.001);
    way->scale_north = sim_world_distance_m(world, at, north) / (world->m_per_lat_deg * 0.001);
}

double sim_way_off_plan_m(const struct sim_witness *witness, const struct sim_report *report,
                          const Drf__V1__Context *context, double *conformance_m)
{
    const struct sim_plan *plan = plan_of(witness, report);
    if (plan == NULL || plan->count < 2 || plan->accepted_boot_id != context->boot_id)
        return -1.0;
    struct sim_way way = {.kind = SIM_WAY_UNDECIDED};
    take_scale(witness->world, report->position, &way);
    struct leg legs[SIM_PLAN_POINTS_MAX] = {{.cross_m = 0.0}};
    size_t count = find_legs(witness, report, &way, plan, legs);
    double nearest_m = HUGE_VAL;
    for (size_t i = 0; i < count; i++)
        nearest_m = fmin(nearest_m, legs[i].cross_m);
    *conformance_m = plan->conformance_m + report->horizontal_acc_m;
    return nearest_m;
}

enum sim_plan_held sim_way_plan_held(const struct sim_witness *witness,
                                     const struct sim_report *report,
                                     const Drf__V1__Context *context)
{
    const struct sim_plans *plans = plans_of(witness, report);
    return plans != NULL
               ? sim_plans_held(plans, report->plan, context->boot_id, context->node_time_us)
               : SIM_PLAN_HELD;
}

size_t sim_ways_of(const struct sim_witness *witness, const struct sim_report *report,
                   const Drf__V1__Context *context, const struct sim_truth *truth,
                   struct sim_way ways[static SIM_WAYS_MAX])
{
    const struct sim_drone_limits limits = sim_drone_limits_of(report->drone);
    struct sim_way way = {
        .kind = SIM_WAY_UNDECIDED,
        .speed_mps = hypot(report->north_mps, report->east_mps),
        .climb_mps = report->up_mps,
        .base_m = limits.radius_m + report->horizontal_acc_m,
        .growth_mps = report->velocity_acc_mps,
        .time_max_s = limits.look_ahead_s,
        .witness = witness,
        .amsl_m = truth->amsl_m,
        .floor_low_m = -HUGE_VAL,
        .floor_high_m = -HUGE_VAL,
    };
    if (way.climb_mps < 0.0)
        find_floor(&way, report->position, &way.floor_low_m, &way.floor_high_m);
    way.length_m =
        fmax(fmax(way.speed_mps * limits.look_ahead_s, limits.stopping_m), shortest_m);
    take_scale(witness->world, report->position, &way);
    if (context->look_ahead != NULL
        && context->look_ahead->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN) {
        way.climb_mps = 0.0;
        return ways_along(witness, report, truth, &way, ways);
    }
    ways[0] = way;
    if (fabs(way.speed_mps - course_mps) < 0.01)
        return 1;
    if (way.speed_mps < course_mps) {
        ways[0].kind = SIM_WAY_DISC;
        ways[0].length_m = fmax(way.length_m, sim_way_half_m(&way, way.time_max_s));
    } else {
        ways[0].kind = SIM_WAY_COURSE;
        ways[0].unit_east = report->east_mps / way.speed_mps / way.scale_east;
        ways[0].unit_north = report->north_mps / way.speed_mps / way.scale_north;
    }
    return 1;
}
