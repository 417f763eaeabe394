// SPDX-License-Identifier: Apache-2.0
// Without a plan the path is a straight line, or a disc below walking speed. Along a plan it
// is a list of corners that begins abeam the aircraft on the leg that the node would choose:
// the nearest, or among those nearly as near the one that agrees best with the course. Where
// that choice is within rounding, every candidate leg gives a path of its own. Distances
// between corners are metres of the ellipsoid, positions are of the world's plane, with a
// scale at the aircraft between both.
#include "sim/witness/witness_way.h"

#include <math.h>

#include "drf/v1/enums.pb-c.h"

static const double shortest_m = 150.0, course_mps = 1.0; // schemas/client.md, look-ahead
static const double tie_m = 5.0, tie_band_m = 0.3; // there: the course decides between legs
static const double tie_mps = 0.05;

double sim_way_half_m(const struct sim_way *way, double time_s)
{
    return way->base_m + way->growth_mps * fmin(time_s, way->time_max_s);
}

double sim_way_disc_m(const struct sim_way *way, double time_s)
{
    return way->base_m + (way->growth_mps + way->speed_mps) * fmin(time_s, way->time_max_s);
}

double sim_way_climbed_m(const struct sim_way *way, double time_s)
{
    return way->climb_mps * fmin(time_s, way->time_max_s);
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
    return way->kind == SIM_WAY_PLAN ? corner_at(way, along_m).rise_m
                                     : sim_way_climbed_m(way, sim_way_time_s(way, along_m));
}

void sim_way_rises(const struct sim_way *way, double from_m, double to_m, double *low_m,
                   double *high_m)
{
    double a_m = sim_way_rise_m(way, from_m), b_m = sim_way_rise_m(way, to_m);
    *low_m = fmin(a_m, b_m);
    *high_m = fmax(a_m, b_m);
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

static const struct sim_plan *plan_of(const struct sim_witness *witness,
                                      const struct sim_report *report)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    if (fleet->plans == NULL || report->plan == 0)
        return NULL;
    const char *first = (const char *)fleet->plans;
    return sim_plans_find((const void *)(first + report->drone * fleet->plans_stride),
                          report->plan);
}

// A leg of a plan as the aircraft sees it, in metres there.
struct leg {
    double before_m, length_m; // of the plan before it, its own
    double cross_m, done_ratio, agreement_mps;
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
        leg->agreement_mps = leg->length_m > 0.0
                                 ? (report->east_mps * (b.east_m - a.east_m)
                                    + report->north_mps * (b.north_m - a.north_m))
                                       / leg->length_m
                                 : 0.0;
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

// From abeam the aircraft on leg `first` to the end of the look-ahead or of the plan.
static void lay(const struct sim_witness *witness, const struct sim_truth *truth,
                const struct sim_plan *plan, size_t first, const struct leg *leg,
                struct sim_way *way)
{
    const struct sim_world *world = witness->world;
    struct sim_plane a = sim_world_plane(world, plan->points[first].position);
    struct sim_plane b = sim_world_plane(world, plan->points[first + 1].position);
    way->kind = SIM_WAY_PLAN;
    way->base_m += leg->cross_m;
    way->before_m = leg->before_m + leg->done_ratio * leg->length_m;
    way->height_tol_m = plan->over_ground ? witness->tolerance.ground_m : 0.05;
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
                                  .rise_m = plan->points[i].amsl_m - truth->amsl_m};
        way->corners[way->count++] = next;
        if (next.along_m < way->length_m)
            continue;
        next = corner_at(way, way->length_m);
        way->corners[way->count - 1] = next;
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
    double nearest_m = HUGE_VAL, best_mps = -HUGE_VAL;
    for (size_t i = 0; i < count; i++)
        nearest_m = fmin(nearest_m, legs[i].cross_m);
    for (size_t i = 0; i < count; i++) // certainly among those between which the course decides
        if (legs[i].cross_m < nearest_m + tie_m - tie_band_m)
            best_mps = fmax(best_mps, legs[i].agreement_mps);
    for (size_t i = 0; i < count; i++) {
        if (legs[i].cross_m > nearest_m + tie_m + tie_band_m
            || legs[i].agreement_mps < best_mps - tie_mps)
            continue;
        if (found == SIM_WAYS_MAX) {
            ways[0] = *common;
            return 1;
        }
        ways[found] = *common;
        lay(witness, truth, plan, i, &legs[i], &ways[found]);
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
    };
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
