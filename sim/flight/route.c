// SPDX-License-Identifier: Apache-2.0
#include "sim/flight/route.h"

#include <math.h>

enum { PLACES = 500, WAYS = 40 };

static const double beyond_m = 600.0; // behind both ends: 45 s of a cruise, and its accuracy
static const double step_m = 30.0, aside_m = 60.0, obstacle_aside_m = 140.0;
static const double over_m = 30.0; // 15 m wanted, the accuracies, and what a step misses
static const double clearing_m = 20.0, canopy_m = 0.8; // around where it lands, at most
static const double covered_m = 250.0;

struct way {
    struct sim_plane from;
    double east, north, length_m; // a unit
};

static struct way way_of(struct sim_plane from, struct sim_plane to)
{
    double east_m = to.east_m - from.east_m, north_m = to.north_m - from.north_m;
    double length_m = fmax(hypot(east_m, north_m), 1.0);
    return (struct way){from, east_m / length_m, north_m / length_m, length_m};
}

static struct sim_plane at(const struct way *way, double ahead_m, double right_m)
{
    return (struct sim_plane){way->from.east_m + ahead_m * way->east + right_m * way->north,
                              way->from.north_m + ahead_m * way->north - right_m * way->east};
}

static double ground_m(const struct sim_world *world, struct sim_plane p)
{
    return sim_world_ground_amsl_m(world, sim_world_point(world, p));
}

static double surface_m(const struct sim_world *world, struct sim_plane p)
{
    return sim_world_surface_amsl_m(world, sim_world_point(world, p));
}

// The highest obstacle beside the way; -HUGE_VAL: none.
static double obstacles_m(const struct sim_world *world, const struct way *way)
{
    struct sim_plane first = at(way, -beyond_m, 0.0),
                     last = at(way, way->length_m + beyond_m, 0.0);
    double top_m = -HUGE_VAL;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        struct sim_plane p = sim_world_plane(world, o->position);
        if (sim_plane_segment_m(first, last, p, NULL) < obstacle_aside_m)
            top_m = fmax(top_m, isnan(o->amsl_m) ? ground_m(world, p) + o->agl_m : o->amsl_m);
    }
    return top_m;
}

// Places from begin to end, so far apart.
static int places(double begin_m, double end_m, double apart_m)
{
    return (int)floor((end_m - begin_m) / apart_m) + 1;
}

static double surfaces_m(const struct sim_world *world, const struct way *way)
{
    double top_m = -HUGE_VAL;
    const int count = places(-beyond_m, way->length_m + beyond_m, step_m);
    for (int i = 0; i < count; i++)
        for (int side = -1; side <= 1; side++)
            top_m =
                fmax(top_m, surface_m(world, at(way, -beyond_m + i * step_m, side * aside_m)));
    return top_m;
}

static double least_covered_m(const struct sim_world *world, const struct way *way)
{
    double least_m = HUGE_VAL;
    const int count = places(-beyond_m, way->length_m + beyond_m, 4 * step_m);
    for (int i = 0; i < count; i++) {
        struct sim_plane place = at(way, -beyond_m + i * 4 * step_m, 0.0);
        least_m = fmin(least_m, sim_world_covered_m(world, sim_world_point(world, place)));
    }
    return least_m;
}

static double level_of(const struct sim_world *world, const struct way *way)
{
    return fmax(surfaces_m(world, way), obstacles_m(world, way)) + over_m;
}

double sim_route_level_amsl_m(const struct sim_world *world, struct sim_plane depot,
                              struct sim_plane porch)
{
    struct way way = way_of(depot, porch);
    return level_of(world, &way);
}

static double low_of(const struct sim_world *world, const struct way *way)
{
    double low_m = HUGE_VAL;
    const int count = places(0.0, way->length_m, step_m);
    for (int i = 0; i < count; i++)
        low_m = fmin(low_m, ground_m(world, at(way, i * step_m, 0.0)));
    return low_m;
}

// A place of a sequence whose first n members always lie apart (Roberts's R2).
static struct sim_plane spread(const struct sim_world *world, uint64_t seed, uint64_t number)
{
    uint64_t state = seed ^ UINT64_C(0x726F757465);
    double x = sim_random_between(&state, 0.0, 1.0), y = sim_random_between(&state, 0.0, 1.0);
    x = fmod(x + 0.7548776662466927 * (double)(number % 1000000), 1.0);
    y = fmod(y + 0.5698402909980532 * (double)(number % 1000000), 1.0);
    double reach_m =
        fmax(world->plan.size_km * 500.0 - 1500.0, 0.3 * world->plan.size_km * 500.0);
    struct sim_plane p = {(2.0 * x - 1.0) * reach_m, (2.0 * y - 1.0) * reach_m};
    if (world->plan.void_radius_m <= 0.0)
        return p;
    // Away from where no terrain is known.
    struct sim_plane v = sim_world_plane(world, world->void_center);
    double east_m = p.east_m - v.east_m, north_m = p.north_m - v.north_m;
    double from_m = fmax(hypot(east_m, north_m), 1.0);
    double wanted_m = world->plan.void_radius_m + 2.0 * beyond_m;
    if (from_m >= wanted_m)
        return p;
    return (struct sim_plane){v.east_m + east_m * wanted_m / from_m,
                              v.north_m + north_m * wanted_m / from_m};
}

// The highest of the trees at a place and around it.
static double trees_m(const struct sim_world *world, struct sim_plane p)
{
    double most_m = surface_m(world, p) - ground_m(world, p);
    for (int i = 0; i < 4; i++) {
        double turn = 0.25 * i;
        struct sim_plane q = {p.east_m + clearing_m * sim_sine(turn),
                              p.north_m + clearing_m * sim_sine(turn + 0.25)};
        most_m = fmax(most_m, surface_m(world, q) - ground_m(world, q));
    }
    return most_m;
}

// The clearing with the lowest trees around a place.
static struct sim_plane clearing(const struct sim_world *world, struct sim_plane middle,
                                 uint64_t *state)
{
    struct sim_plane best = middle;
    double least_m = HUGE_VAL;
    for (int i = 0; i < PLACES && least_m > canopy_m; i++) {
        double wide_m = 150.0 + i; // farther away the longer it looks
        struct sim_plane p = {middle.east_m + sim_random_between(state, -wide_m, wide_m),
                              middle.north_m + sim_random_between(state, -wide_m, wide_m)};
        double most_m = trees_m(world, p);
        if (most_m < least_m) {
            least_m = most_m;
            best = p;
        }
    }
    return best;
}

struct sim_route sim_route_make(const struct sim_world *world, uint64_t seed, uint64_t number)
{
    uint64_t state = seed ^ (number * UINT64_C(0x9E3779B97F4A7C15)) ^ UINT64_C(0x63616C6D);
    const struct sim_plane depot = clearing(world, spread(world, seed, number), &state);
    struct sim_route best = {.depot = depot, .porch = depot};
    double best_cost = HUGE_VAL;
    for (int i = 0; i < WAYS; i++) {
        double turn = sim_random_between(&state, 0.0, 1.0);
        double length_m = sim_random_between(&state, 350.0, 750.0);
        struct sim_plane porch = {depot.east_m + length_m * sim_sine(turn),
                                  depot.north_m + length_m * sim_sine(turn + 0.25)};
        struct way way = way_of(depot, porch);
        double cost = level_of(world, &way) - low_of(world, &way);
        if (least_covered_m(world, &way) < covered_m)
            cost += 1000.0; // better than none
        if (cost < best_cost) {
            best_cost = cost;
            best.porch = porch;
        }
    }
    best.level_amsl_m = sim_route_level_amsl_m(world, best.depot, best.porch);
    return best;
}
