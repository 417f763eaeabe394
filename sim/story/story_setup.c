// SPDX-License-Identifier: Apache-2.0
// The site of a story and the flights of its drones: the lead to a porch where it can land, two
// others that pass the site of the crane.
#include <math.h>
#include <stdio.h>

#include "sim/story/story_impl.h"

enum { TRIES = 60000, BEARINGS = 24, ENOUGH = 24 };

static const double lead_mps = 14.0, lead_over_m = 20.0; // over the surface
static const double crane_ahead_m = 72.0;                // of the lead, when it goes up
static const double crane_to_porch_m = 52.0;
static const double crane_below_m = 3.0; // the lead's path

struct site {
    struct sim_plane porch;
    double east, north; // along the way, a unit
    double cost;
};

static struct sim_plane along(struct sim_plane from, const struct site *site, double ahead_m,
                              double right_m)
{
    return (struct sim_plane){
        .east_m = from.east_m + ahead_m * site->east + right_m * site->north,
        .north_m = from.north_m + ahead_m * site->north - right_m * site->east};
}

static double ground_m(const struct sim_world *world, struct sim_plane p)
{
    return sim_world_ground_amsl_m(world, sim_world_point(world, p));
}

static double surface_m(const struct sim_world *world, struct sim_plane p)
{
    return sim_world_surface_amsl_m(world, sim_world_point(world, p));
}

// Canopy and slope of a place, as one number; high where no drone would land.
static double porch_cost(const struct sim_world *world, struct sim_plane p)
{
    double canopy_m = 0.0, low_m = HUGE_VAL, high_m = -HUGE_VAL;
    for (int i = 0; i < 9; i++) {
        int column = i % 3 - 1, row = i / 3 - 1;
        struct sim_plane q = {p.east_m + column * 25.0, p.north_m + row * 25.0};
        double g = ground_m(world, q);
        canopy_m = fmax(canopy_m, surface_m(world, q) - g);
        low_m = fmin(low_m, g);
        high_m = fmax(high_m, g);
    }
    return 4.0 * canopy_m + (high_m - low_m);
}

static double nearest_obstacle_m(const struct sim_world *world, struct sim_plane p)
{
    double nearest_m = HUGE_VAL;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        struct sim_plane o = sim_world_plane(world, world->obstacles[i].position);
        nearest_m = fmin(nearest_m, hypot(o.east_m - p.east_m, o.north_m - p.north_m));
    }
    return nearest_m;
}

// Hills and obstacles along the way, from where it begins to as far as a drone looks ahead.
static double way_cost(const struct sim_world *world, const struct site *site, double length_m)
{
    double low_m = HUGE_VAL, high_m = -HUGE_VAL, cost = 0.0;
    int steps = (int)((length_m + 650.0) / 25.0);
    for (int i = 0; i <= steps; i++) {
        double s = 25.0 * i - length_m;
        struct sim_plane p = along(site->porch, site, s, 0.0);
        if (sim_world_covered_m(world, sim_world_point(world, p)) < 300.0)
            return HUGE_VAL;
        double top_m = surface_m(world, p);
        low_m = fmin(low_m, top_m);
        high_m = fmax(high_m, top_m);
        if (i % 2 == 0 && nearest_obstacle_m(world, p) < 90.0)
            cost += 20.0;
    }
    // Falling terrain is better: over rising terrain its warning would come before the crane's.
    double up_m = surface_m(world, along(site->porch, site, 200.0, 0.0))
                  - surface_m(world, along(site->porch, site, -length_m, 0.0));
    return cost + 0.5 * (high_m - low_m) + fmax(up_m, 0.0);
}

static double length_of(const struct sim_story *story)
{
    return lead_mps * story->schedule[STORY_CRANE].at_s + crane_ahead_m + crane_to_porch_m;
}

static struct site find_site(const struct sim_story *story)
{
    const struct sim_world *world = story->world;
    uint64_t state = world->plan.seed ^ 0x706f726368;
    double reach_m = world->plan.size_km * 500.0 * 0.8, length_m = length_of(story);
    struct site best = {.cost = HUGE_VAL, .east = 0.0, .north = 1.0};
    double bar = 12.0; // lowered when too few places pass it
    int passed = 0;
    for (int i = 0; i < TRIES && passed < ENOUGH; i++) {
        struct site site = {.porch = {sim_random_between(&state, -reach_m, reach_m),
                                      sim_random_between(&state, -reach_m, reach_m)}};
        double canopy_m = surface_m(world, site.porch) - ground_m(world, site.porch);
        if (canopy_m > bar || nearest_obstacle_m(world, site.porch) < 120.0)
            continue;
        double place = porch_cost(world, site.porch);
        if (place > bar + (double)i * 1e-3)
            continue;
        passed++;
        for (int b = 0; b < BEARINGS; b++) {
            double turn = (double)b / BEARINGS;
            site.east = sim_sine(turn);
            site.north = sim_sine(turn + 0.25);
            site.cost = 3.0 * place + way_cost(world, &site, length_m);
            if (site.cost < best.cost)
                best = site;
        }
    }
    return best;
}

static struct sim_obstacle make_crane(struct sim_story *story, const struct site *site)
{
    const struct sim_world *world = story->world;
    struct sim_plane at = along(site->porch, site, -crane_to_porch_m, 0.0);
    // As high as the lead comes: it follows the surface below and six seconds ahead.
    struct sim_plane before = along(at, site, -lead_mps * 3.0, 0.0);
    struct sim_plane ahead = along(before, site, lead_mps * 6.0, 0.0);
    story->crane.path_amsl_m =
        fmax(surface_m(world, before), surface_m(world, ahead)) + lead_over_m;
    double top_m = floor((story->crane.path_amsl_m - crane_below_m) * 10.0) / 10.0;
    struct sim_obstacle crane = {.form = SIM_CRANE,
                                 .position = sim_world_point(world, at),
                                 .agl_m = floor((top_m - ground_m(world, at)) * 100.0) / 100.0,
                                 .amsl_m = top_m,
                                 .horizontal_acc_m = 3.0,
                                 .vertical_acc_m = 1.0,
                                 .presence = SIM_HIDDEN};
    snprintf(crane.id, sizeof crane.id, STORY_CRANE_ID);
    return crane;
}

static struct sim_flight flying(const struct sim_story *story, struct sim_plane at,
                                const struct site *site, double ahead_m)
{
    struct sim_flight flight = {.phase = SIM_FLIGHT_CRUISE,
                                .at = at,
                                .depot = along(at, site, -300.0, 0.0),
                                .porch = along(at, site, ahead_m, 0.0),
                                .cruise_mps = lead_mps,
                                .cruise_agl_m = lead_over_m,
                                .wait_s = 3.0,
                                .climb_mps = 6.0,
                                .sink_mps = 6.0,
                                .east_mps = lead_mps * site->east,
                                .north_mps = lead_mps * site->north};
    flight.amsl_m = sim_flight_cruise_amsl_m(&flight, story->world);
    return flight;
}

enum drf_status story_find_site(struct sim_story *story)
{
    struct site site = find_site(story);
    struct sim_obstacle crane = make_crane(story, &site);
    story->crane.obstacle = story->world->obstacle_count;
    double length_m = length_of(story), at_s = story->schedule[STORY_CRANE].at_s;
    struct sim_plane start = along(site.porch, &site, -length_m, 0.0);
    story->flights[0] = flying(story, start, &site, length_m);
    story->flights[0].sets_down = true;
    // One follows on the same path and flies farther; one returns home across it.
    story->flights[1] =
        flying(story, along(start, &site, -150.0, 6.0), &site, length_m + 150.0 + 260.0);
    struct site across = {.east = site.north, .north = -site.east};
    struct sim_plane at = along(site.porch, &site, -crane_to_porch_m, 0.0);
    story->flights[2] =
        flying(story, along(at, &across, -230.0 - lead_mps * at_s, 0.0), &across, 1.0);
    story->flights[2].phase = SIM_FLIGHT_RETURN;
    story->flights[2].porch = story->flights[2].depot;
    story->flights[2].depot = along(at, &across, 420.0, 0.0);
    return sim_world_add_obstacle(story->world, &crane);
}

void sim_story_assign(struct sim_story *story, struct sim_drone *drones,
                      const struct sim_account *accounts)
{
    story->drones = drones;
    story->accounts = accounts;
    for (size_t i = 0; i < story->main_count; i++)
        drones[story->main_drones[i]].flight = story->flights[i];
}
