// SPDX-License-Identifier: Apache-2.0
// A flight is a machine of phases in a fixed order. Each step, fly() sets the velocities that
// its phase and the pilot's intent want, within the accelerations of the aircraft, the place
// and height follow from them, and done() says whether the next phase begins. What a drone
// flies over is the true surface, never what was published; the ground is never passed.
#include "sim/flight/flight.h"

#include <math.h>

#include "sim/flight/drone_limits.h"
#include "sim/flight/route.h"

static const double acceleration_mps2 = 2.5, hurry_mps2 = 4.5;
static const double calm_climb_mps = 2.5, least_climb_mps = 0.4;
static const double look_ahead_s = 45.0, limit_margin_m = 6.0;
static const double low_hover_agl_m = 8.0, hover_s = 4.0, turn_m = 8.0;

const char *sim_flight_phase_name(enum sim_flight_phase phase)
{
    static const char *const names[SIM_FLIGHT_PHASES_ALL] = {
        "ground", "climb",  "cruise", "descend",  "hover",
        "climb",  "return", "land",   "set down", "delivered"};
    return names[phase];
}

static struct sim_plane inside(const struct sim_world *world, struct sim_plane p)
{
    double limit_m = world->plan.size_km * 500.0 - 400.0;
    return (struct sim_plane){fmin(fmax(p.east_m, -limit_m), limit_m),
                              fmin(fmax(p.north_m, -limit_m), limit_m)};
}

static struct sim_plane beside(struct sim_plane p, double turn, double distance_m)
{
    return (struct sim_plane){p.east_m + distance_m * sim_sine(turn),
                              p.north_m + distance_m * sim_sine(turn + 0.25)};
}

static double ground_at(const struct sim_world *world, struct sim_plane p)
{
    return sim_spectrum_at(&world->ground, p.east_m, p.north_m, 0.0);
}

static double surface_at(const struct sim_world *world, struct sim_plane p)
{
    return sim_world_surface_amsl_m(world, sim_world_point(world, p));
}

// Delivers into the disc without terrain data.
static bool into_void(const struct sim_world *world, uint64_t number)
{
    return world->plan.void_radius_m > 0.0
           && (world->plan.calm ? number % 24 == 6 : number % 7 == 6);
}

// Slower, level, and on a route of its own.
static void calm_down(struct sim_flight *flight, const struct sim_world *world, uint64_t seed,
                      uint64_t number, uint64_t *state)
{
    if (!into_void(world, number)) {
        struct sim_route route = sim_route_make(world, seed, number);
        flight->depot = route.depot;
        flight->porch = route.porch;
    }
    flight->levelled = true;
    flight->level_amsl_m = sim_route_level_amsl_m(world, flight->depot, flight->porch);
    flight->cruise_mps = sim_random_between(state, 7.0, 11.0);
    flight->climb_mps = flight->sink_mps = calm_climb_mps;
    flight->agl_max_m = sim_drone_limits_of((size_t)number).agl_max_m;
    // It lowers the delivery on a line, from over all that stands around the porch.
    flight->hover_agl_m =
        fmin(sim_route_level_amsl_m(world, flight->porch, flight->porch), flight->level_amsl_m)
        - ground_at(world, flight->porch);
}

struct sim_flight sim_flight_make(const struct sim_world *world, uint64_t seed, uint64_t number)
{
    uint64_t state = seed ^ (number * UINT64_C(0xD1B54A32D192ED03));
    double half_m = world->plan.size_km * 500.0;
    struct sim_flight flight = {.phase = SIM_FLIGHT_GROUND, .climb_mps = 5.0, .sink_mps = 3.0};
    struct sim_plane center = {sim_random_between(&state, -0.6, 0.6) * half_m,
                               sim_random_between(&state, -0.6, 0.6) * half_m};
    double turn = sim_random_between(&state, 0.0, 1.0);
    double reach_m = sim_random_between(&state, 150.0, fmin(2500.0, half_m));
    flight.depot = inside(world, center);
    flight.porch = inside(world, beside(flight.depot, turn, reach_m));
    if (into_void(world, number)) {
        struct sim_plane v = sim_world_plane(world, world->void_center);
        flight.depot = inside(world, beside(v, turn, world->plan.void_radius_m + 120.0));
        flight.porch = beside(v, turn, 0.3 * world->plan.void_radius_m);
    }
    flight.cruise_mps = sim_random_between(&state, 10.0, 18.0);
    flight.cruise_agl_m = sim_random_between(&state, 45.0, 115.0);
    flight.wait_s = sim_random_between(&state, 0.5, 6.0);
    if (world->plan.calm)
        calm_down(&flight, world, seed, number, &state);
    flight.at = flight.depot;
    flight.amsl_m = ground_at(world, flight.at);
    // At a random phase, so that a fleet has every phase from its first second; in quarters of
    // a second.
    int flown = (int)sim_random_between(&state, 0.0, world->plan.calm ? 880.0 : 440.0);
    for (int i = 0; i < flown; i++)
        sim_flight_step(&flight, world, 0.25);
    return flight;
}

bool sim_flight_on_ground(const struct sim_flight *flight)
{
    return flight->phase == SIM_FLIGHT_GROUND || flight->phase == SIM_FLIGHT_DELIVERED;
}

void sim_flight_turn_home(struct sim_flight *flight)
{
    flight->phase = SIM_FLIGHT_RETURN;
    flight->phase_s = 0.0;
    flight->passed = true; // straight
}

void sim_flight_bend(struct sim_flight *flight, const struct sim_world *world)
{
    double east_m = flight->porch.east_m - flight->depot.east_m,
           north_m = flight->porch.north_m - flight->depot.north_m;
    flight->bent = true;
    flight->via = inside(
        world, (struct sim_plane){flight->depot.east_m + 0.5 * east_m - 0.25 * north_m,
                                  flight->depot.north_m + 0.5 * north_m + 0.25 * east_m});
}

// Where the leg leads now.
static struct sim_plane goal_of(const struct sim_flight *flight)
{
    if (flight->bent && !flight->passed)
        return flight->via;
    return flight->phase == SIM_FLIGHT_CRUISE ? flight->porch : flight->depot;
}

static double toward(double value, double target, double step)
{
    return fmin(fmax(target, value - step), value + step);
}

// Velocity toward a place, slow enough to stop there.
static void steer(struct sim_flight *flight, struct sim_plane goal, double dt_s)
{
    double east_m = goal.east_m - flight->at.east_m,
           north_m = goal.north_m - flight->at.north_m;
    double left_m = hypot(east_m, north_m);
    double speed = fmin(flight->cruise_mps, sqrt(2 * 0.6 * acceleration_mps2 * left_m));
    if (flight->intent.speed_max_mps > 0.0)
        speed = fmin(speed, flight->intent.speed_max_mps);
    double change_mps = (flight->intent.hurry ? hurry_mps2 : acceleration_mps2) * dt_s;
    double east = left_m > 0.5 ? speed * east_m / left_m : 0.0;
    double north = left_m > 0.5 ? speed * north_m / left_m : 0.0;
    flight->east_mps = toward(flight->east_mps, east, change_mps);
    flight->north_mps = toward(flight->north_mps, north, change_mps);
}

static void stand(struct sim_flight *flight, double dt_s)
{
    flight->east_mps = toward(flight->east_mps, 0.0, acceleration_mps2 * dt_s);
    flight->north_mps = toward(flight->north_mps, 0.0, acceleration_mps2 * dt_s);
}

// The climb at which it would not be above the height that its profile allows as far as it
// looks ahead, in seconds; at least a little.
static double gentle_mps(const struct sim_flight *flight, double agl_m)
{
    return fmax((flight->agl_max_m - limit_margin_m - agl_m) / look_ahead_s, least_climb_mps);
}

static void rise(struct sim_flight *flight, double target_amsl_m, double dt_s)
{
    double wanted = (target_amsl_m - flight->amsl_m) * 0.8;
    wanted = fmin(fmax(wanted, -flight->sink_mps), flight->climb_mps);
    flight->up_mps = toward(flight->up_mps, wanted, acceleration_mps2 * dt_s);
}

static void climb(struct sim_flight *flight, double ground_m, double dt_s)
{
    if (!flight->levelled) {
        rise(flight, ground_m + flight->cruise_agl_m + 20.0, dt_s);
        return;
    }
    double usual_mps = flight->climb_mps;
    if (flight->agl_max_m > 0.0) // NAN: no limit
        flight->climb_mps = fmin(usual_mps, gentle_mps(flight, flight->amsl_m - ground_m));
    rise(flight, flight->level_amsl_m, dt_s);
    flight->climb_mps = usual_mps;
}

double sim_flight_cruise_amsl_m(const struct sim_flight *flight, const struct sim_world *world)
{
    if (flight->levelled)
        return flight->level_amsl_m;
    struct sim_plane ahead = {flight->at.east_m + 6 * flight->east_mps,
                              flight->at.north_m + 6 * flight->north_mps};
    return fmax(surface_at(world, flight->at), surface_at(world, ahead)) + flight->cruise_agl_m;
}

// On a leg and so near to the bend that it turns.
static bool at_bend(const struct sim_flight *flight)
{
    return (flight->phase == SIM_FLIGHT_CRUISE || flight->phase == SIM_FLIGHT_RETURN)
           && hypot(flight->via.east_m - flight->at.east_m,
                    flight->via.north_m - flight->at.north_m)
                  < turn_m;
}

static bool near_place(const struct sim_flight *flight, struct sim_plane place)
{
    return hypot(place.east_m - flight->at.east_m, place.north_m - flight->at.north_m) < 2.0
           && hypot(flight->east_mps, flight->north_mps) < 1.0;
}

static double hover_agl_m(const struct sim_flight *flight)
{
    return flight->levelled ? flight->hover_agl_m : low_hover_agl_m;
}

static bool done(const struct sim_flight *flight, const struct sim_world *world)
{
    double agl_m = flight->amsl_m - ground_at(world, flight->at);
    switch (flight->phase) {
    case SIM_FLIGHT_GROUND:
        return flight->phase_s >= flight->wait_s;
    case SIM_FLIGHT_CLIMB:
    case SIM_FLIGHT_CLIMB_BACK:
        return flight->levelled ? flight->amsl_m > flight->level_amsl_m - 1.0
                                : agl_m > flight->cruise_agl_m;
    case SIM_FLIGHT_CRUISE:
        return near_place(flight, flight->porch);
    case SIM_FLIGHT_DESCEND:
        return agl_m < hover_agl_m(flight) + (flight->intent.may_set_down ? 12.0 : 0.5);
    case SIM_FLIGHT_HOVER:
        return flight->sets_down ? flight->intent.may_set_down : flight->phase_s >= hover_s;
    case SIM_FLIGHT_RETURN:
        return near_place(flight, flight->depot);
    default:
        return agl_m < 0.3;
    }
}

static void fly(struct sim_flight *flight, const struct sim_world *world, double dt_s)
{
    double ground_m = ground_at(world, flight->at);
    if (flight->intent.hold && !sim_flight_on_ground(flight)) {
        stand(flight, dt_s);
        rise(flight, flight->amsl_m, dt_s);
        return;
    }
    switch (flight->phase) {
    case SIM_FLIGHT_GROUND:
    case SIM_FLIGHT_DELIVERED:
        flight->east_mps = flight->north_mps = flight->up_mps = 0.0;
        flight->amsl_m = ground_m;
        return;
    case SIM_FLIGHT_CLIMB:
    case SIM_FLIGHT_CLIMB_BACK:
        stand(flight, dt_s);
        climb(flight, ground_m, dt_s);
        return;
    case SIM_FLIGHT_CRUISE:
    case SIM_FLIGHT_RETURN:
        steer(flight, goal_of(flight), dt_s);
        rise(flight,
             flight->intent.floor_known
                 ? fmax(sim_flight_cruise_amsl_m(flight, world), flight->intent.floor_amsl_m)
                 : sim_flight_cruise_amsl_m(flight, world),
             dt_s);
        return;
    case SIM_FLIGHT_DESCEND:
    case SIM_FLIGHT_HOVER:
        stand(flight, dt_s);
        rise(flight, ground_m + hover_agl_m(flight), dt_s);
        return;
    case SIM_FLIGHT_SET_DOWN: // touches the ground at less than a metre a second
        stand(flight, dt_s);
        rise(flight, ground_m - 1.0, dt_s);
        return;
    default:
        stand(flight, dt_s);
        rise(flight, ground_m, dt_s);
        return;
    }
}

void sim_flight_step(struct sim_flight *flight, const struct sim_world *world, double dt_s)
{
    fly(flight, world, dt_s);
    flight->at.east_m += flight->east_mps * dt_s;
    flight->at.north_m += flight->north_mps * dt_s;
    flight->amsl_m += flight->up_mps * dt_s;
    flight->amsl_m = fmax(flight->amsl_m, ground_at(world, flight->at));
    if (flight->phase == SIM_FLIGHT_DELIVERED
        || (flight->intent.hold && !sim_flight_on_ground(flight)))
        return;
    flight->phase_s += dt_s;
    flight->passed |= at_bend(flight);
    if (!done(flight, world))
        return;
    if (flight->phase == SIM_FLIGHT_SET_DOWN)
        flight->phase = SIM_FLIGHT_DELIVERED;
    else if (flight->phase == SIM_FLIGHT_HOVER && flight->sets_down)
        flight->phase = SIM_FLIGHT_SET_DOWN;
    else
        flight->phase = (enum sim_flight_phase)((flight->phase + 1) % SIM_FLIGHT_PHASES);
    flight->phase_s = 0.0;
    flight->passed = false;
}
