// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/world/world.h"

static const double foot_m = 0.3048;

const char *sim_obstacle_kind(enum sim_obstacle_form form)
{
    static const char *const names[] = {"TOWER", "CRANE", "BUILDING"};
    return names[form];
}

// A place that is not too near the edge of the world, nor in the void.
static struct geo_point place(const struct sim_world *world, uint64_t *state)
{
    double reach_m = world->plan.size_km * 500.0 - 300.0;
    for (;;) {
        struct sim_plane p = {.east_m = sim_random_between(state, -reach_m, reach_m),
                              .north_m = sim_random_between(state, -reach_m, reach_m)};
        struct geo_point point = sim_world_point(world, p);
        if (sim_world_covered_m(world, point) > 250.0)
            return point;
    }
}

// To a hundredth of an arc-second, the grid a DOF record is written on.
static double to_dof_grid(double deg) { return floor(deg * 360000.0 + 0.5) / 360000.0; }

static void place_tower(const struct sim_world *world, uint64_t number, uint64_t *state,
                        struct sim_obstacle *out)
{
    struct geo_point point = place(world, state);
    point.lat_deg = to_dof_grid(point.lat_deg);
    point.lon_deg = to_dof_grid(point.lon_deg);
    double agl_ft = floor(sim_random_between(state, 90.0, 480.0));
    double ground_ft = sim_world_ground_amsl_m(world, point) / foot_m;
    bool vague = number % 8 == 7; // every eighth: the source does not know its accuracy
    *out = (struct sim_obstacle){
        .form = SIM_TOWER,
        .position = point,
        .agl_m = agl_ft * foot_m,
        .amsl_m = floor(ground_ft + agl_ft + 0.5) * foot_m,
        .horizontal_acc_m = vague ? (double)NAN : 20.0 * foot_m,
        .vertical_acc_m = vague ? (double)NAN : 3.0 * foot_m,
    };
    snprintf(out->id, sizeof out->id, "99-%06u", (unsigned)(number + 1));
}

static void place_crane(const struct sim_world *world, uint64_t number, uint64_t *state,
                        struct sim_obstacle *out)
{
    struct geo_point point = place(world, state);
    double agl_m = floor(sim_random_between(state, 30.0, 90.0) * 10.0) / 10.0;
    *out = (struct sim_obstacle){
        .form = SIM_CRANE,
        .position = point,
        .agl_m = agl_m,
        .amsl_m = floor((sim_world_ground_amsl_m(world, point) + agl_m) * 100.0 + 0.5) / 100.0,
        .horizontal_acc_m = 3.0,
        .vertical_acc_m = 1.0,
    };
    snprintf(out->id, sizeof out->id, "sim-crane-%u", (unsigned)(number + 1));
}

static void place_building(const struct sim_world *world, uint64_t number, uint64_t *state,
                           struct sim_obstacle *out)
{
    struct sim_plane center = sim_world_plane(world, place(world, state));
    double half_long_m = sim_random_between(state, 8.0, 30.0);
    double half_wide_m = sim_random_between(state, 6.0, 15.0);
    double turn = sim_random_between(state, 0.0, 1.0);
    double s = sim_sine(turn), c = sim_sine(turn + 0.25);
    *out = (struct sim_obstacle){
        .form = SIM_BUILDING,
        .agl_m = floor(sim_random_between(state, 6.0, 45.0) * 10.0) / 10.0,
        .amsl_m = (double)NAN,
        .horizontal_acc_m = 2.0,
        .vertical_acc_m = 1.0,
    };
    static const double corner[SIM_VERTICES][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (int i = 0; i < SIM_VERTICES; i++) {
        double x = corner[i][0] * half_long_m, y = corner[i][1] * half_wide_m;
        out->corners[i] = sim_world_point(
            world, (struct sim_plane){.east_m = center.east_m + c * x - s * y,
                                      .north_m = center.north_m + s * x + c * y});
    }
    out->position = out->corners[0];
    snprintf(out->id, sizeof out->id, "sim-building-%u", (unsigned)(number + 1));
}

// From a sequence of their own: the same world has the same obstacles with and without them.
static void place_refused(struct sim_world *world)
{
    uint64_t state = world->plan.seed ^ 0x72656675736564;
    for (uint64_t i = 0; i < world->plan.refused; i++) {
        struct sim_plane at = sim_world_plane(world, place(world, &state));
        double half_m = sim_random_between(&state, 15.0, 40.0);
        struct geo_point low =
            sim_world_point(world, (struct sim_plane){.east_m = at.east_m - half_m,
                                                      .north_m = at.north_m - half_m});
        struct geo_point high =
            sim_world_point(world, (struct sim_plane){.east_m = at.east_m + half_m,
                                                      .north_m = at.north_m + half_m});
        struct sim_refused *one = &world->refused[i];
        one->box = (struct geo_bounds){.west_deg = low.lon_deg,
                                       .south_deg = low.lat_deg,
                                       .east_deg = high.lon_deg,
                                       .north_deg = high.lat_deg};
        snprintf(one->id, sizeof one->id, "sim-refused-%u", (unsigned)(i + 1));
    }
}

enum drf_status sim_world_place_obstacles(struct sim_world *world)
{
    const struct sim_world_plan *plan = &world->plan;
    size_t count = plan->towers + plan->cranes + plan->buildings;
    struct sim_obstacle *list = calloc(count > 0 ? count : 1, sizeof *list);
    if (list == NULL)
        return DRF_ERR_NOMEM;
    uint64_t state = plan->seed ^ 0x6f62737461636c65;
    size_t n = 0;
    for (uint64_t i = 0; i < plan->towers; i++)
        place_tower(world, i, &state, &list[n++]);
    for (uint64_t i = 0; i < plan->cranes; i++)
        place_crane(world, i, &state, &list[n++]);
    for (uint64_t i = 0; i < plan->buildings; i++)
        place_building(world, i, &state, &list[n++]);
    world->obstacles = list;
    world->obstacle_count = n;
    place_refused(world);
    return DRF_OK;
}

enum drf_status sim_world_add_obstacle(struct sim_world *world,
                                       const struct sim_obstacle *obstacle)
{
    struct sim_obstacle *list =
        realloc(world->obstacles, (world->obstacle_count + 1) * sizeof *list);
    if (list == NULL)
        return DRF_ERR_NOMEM;
    list[world->obstacle_count++] = *obstacle;
    world->obstacles = list;
    return DRF_OK;
}

double sim_world_obstacle_distance_m(const struct sim_world *world,
                                     const struct sim_obstacle *obstacle,
                                     struct geo_point point)
{
    if (obstacle->form != SIM_BUILDING)
        return sim_world_distance_m(world, point, obstacle->position);
    // A plane around the point, with the ellipsoid's own metres per degree there.
    struct geo_point north = {.lat_deg = point.lat_deg + 0.001, .lon_deg = point.lon_deg};
    struct geo_point east = {.lat_deg = point.lat_deg, .lon_deg = point.lon_deg + 0.001};
    double per_lat_m = sim_world_distance_m(world, point, north) * 1000.0;
    double per_lon_m = sim_world_distance_m(world, point, east) * 1000.0;
    struct sim_plane v[SIM_VERTICES];
    for (int i = 0; i < SIM_VERTICES; i++)
        v[i] = (struct sim_plane){
            .east_m = (obstacle->corners[i].lon_deg - point.lon_deg) * per_lon_m,
            .north_m = (obstacle->corners[i].lat_deg - point.lat_deg) * per_lat_m};
    double nearest_m = HUGE_VAL;
    bool inside = true;
    for (int i = 0; i < SIM_VERTICES; i++) {
        struct sim_plane a = v[i], b = v[(i + 1) % SIM_VERTICES];
        nearest_m =
            fmin(nearest_m, sim_plane_segment_m(a, b, (struct sim_plane){.east_m = 0.0}, NULL));
        if (a.east_m * b.north_m - a.north_m * b.east_m < 0.0) // convex, counter-clockwise
            inside = false;
    }
    return inside ? 0.0 : nearest_m;
}
