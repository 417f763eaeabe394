// SPDX-License-Identifier: Apache-2.0
// What sim/flight/flight.h promises: one flight a seed, every phase, nothing an aircraft cannot
// do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "sim/flight/flight.h"

static const struct sim_world_plan plan = {.seed = 5,
                                           .center = {.lat_deg = 47.0, .lon_deg = 8.0},
                                           .size_km = 8.0,
                                           .epoch_utc_us = INT64_C(1795374000000000),
                                           .hours = 2,
                                           .posting_arcsec = 1.0,
                                           .weather_step_deg = 0.01,
                                           .void_radius_m = 400.0,
                                           .surface = true};

static void flight__of_one_seed__is_the_same_every_time(void **state)
{
    (void)state;
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    struct sim_flight a = sim_flight_make(&world, 9, 4), b = sim_flight_make(&world, 9, 4);
    struct sim_flight c = sim_flight_make(&world, 9, 5);
    for (int i = 0; i < 500; i++) {
        sim_flight_step(&a, &world, 0.2);
        sim_flight_step(&b, &world, 0.2);
    }
    assert_memory_equal(&a.at, &b.at, sizeof a.at);
    assert_true(a.amsl_m == b.amsl_m);
    assert_true(hypot(a.at.east_m - c.at.east_m, a.at.north_m - c.at.north_m) > 1.0);
    sim_world_close(&world);
}

static void flight__over_ten_minutes__does_every_phase_and_stays_possible(void **state)
{
    (void)state;
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    unsigned phases = 0;
    for (uint64_t number = 0; number < 8; number++) {
        struct sim_flight f = sim_flight_make(&world, 9, number);
        for (int i = 0; i < 3000; i++) {
            struct sim_flight before = f;
            sim_flight_step(&f, &world, 0.2);
            phases |= 1U << f.phase;
            if (f.phase != before.phase)
                assert_int_equal(f.phase, (before.phase + 1) % SIM_FLIGHT_PHASES);
            assert_true(hypot(f.east_mps, f.north_mps) < 30.0);
            assert_true(f.up_mps < 6.0 && f.up_mps > -6.0);
            double ground = sim_spectrum_at(&world.ground, f.at.east_m, f.at.north_m, 0.0);
            assert_true(f.amsl_m >= ground - 1e-9 && f.amsl_m < ground + 250.0);
            assert_true(fabs(f.at.east_m) < 4000.0 && fabs(f.at.north_m) < 4000.0);
        }
    }
    assert_int_equal(phases, (1U << SIM_FLIGHT_PHASES) - 1);
    sim_world_close(&world);
}

static void flight__every_seventh__delivers_where_no_terrain_is_known(void **state)
{
    (void)state;
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    struct sim_flight f = sim_flight_make(&world, 9, 6);
    assert_true(sim_world_covered_m(&world, sim_world_point(&world, f.porch)) < -50.0);
    assert_true(sim_world_covered_m(&world, sim_world_point(&world, f.depot)) > 50.0);
    sim_world_close(&world);
}

// The limits that a profile of the fleet may hold (sim/flight/drone_limits.c), in numbers.
static void world__on_a_calm_day__has_weather_within_every_limit(void **state)
{
    (void)state;
    struct sim_world_plan calm = plan;
    calm.calm = true;
    for (calm.seed = 1; calm.seed <= 20; calm.seed++) {
        struct sim_world world;
        assert_int_equal(sim_world_open(&calm, &world), DRF_OK);
        for (int i = 0; i < 100; i++) {
            struct geo_point at =
                sim_world_point(&world, (struct sim_plane){-4000.0 + 800.0 * (i % 10),
                                                           -4000.0 + 800.0 * (double)(i / 10)});
            int64_t when = plan.epoch_utc_us + (int64_t)i * 72000000;
            double east = sim_world_weather(&world, SIM_WIND_TO_EAST, at, 120.0, when),
                   north = sim_world_weather(&world, SIM_WIND_TO_NORTH, at, 120.0, when);
            assert_true(hypot(east, north) < 7.5);
            assert_true(sim_world_weather(&world, SIM_GUST, at, 10.0, when) < 10.0);
            assert_true(sim_world_weather(&world, SIM_VISIBILITY, at, 10.0, when) > 16000.0);
        }
        sim_world_close(&world);
    }
}

static double clear_m(const struct sim_world *world, const struct sim_flight *f, double ahead_s)
{
    struct geo_point at =
        sim_world_point(world, (struct sim_plane){f->at.east_m + ahead_s * f->east_mps,
                                                  f->at.north_m + ahead_s * f->north_mps});
    double top_m = sim_world_surface_amsl_m(world, at);
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        if (sim_world_obstacle_distance_m(world, o, at) < 30.0)
            top_m = fmax(top_m, isnan(o->amsl_m)
                                    ? sim_world_ground_amsl_m(world, o->position) + o->agl_m
                                    : o->amsl_m);
    }
    return f->amsl_m - top_m;
}

static void flight__on_a_calm_day__cruises_level_and_clear_as_far_as_it_looks(void **state)
{
    (void)state;
    struct sim_world_plan calm = plan;
    calm.calm = true;
    calm.towers = calm.cranes = 40;
    calm.buildings = 60;
    struct sim_world world;
    assert_int_equal(sim_world_open(&calm, &world), DRF_OK);
    unsigned phases = 0;
    for (uint64_t number = 0; number < 6; number++) {
        struct sim_flight f = sim_flight_make(&world, 9, number);
        double level_m = (double)NAN;
        for (int i = 0; i < 3000; i++) {
            sim_flight_step(&f, &world, 0.2);
            phases |= 1U << f.phase;
            if (f.phase == SIM_FLIGHT_HOVER) // over all that stands around the porch
                assert_true(clear_m(&world, &f, 0.0) > 18.0);
            if ((f.phase != SIM_FLIGHT_CRUISE && f.phase != SIM_FLIGHT_RETURN)
                || f.phase_s < 3.0)
                continue;
            level_m = isnan(level_m) ? f.amsl_m : level_m;
            assert_true(fabs(f.amsl_m - level_m) < 1.5);
            for (int ahead = 0; ahead <= 45; ahead += 5)
                assert_true(clear_m(&world, &f, ahead) > 18.0); // 15 m and 3 m of accuracy
        }
    }
    assert_int_equal(phases, (1U << SIM_FLIGHT_PHASES) - 1);
    sim_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flight__of_one_seed__is_the_same_every_time),
        cmocka_unit_test(flight__over_ten_minutes__does_every_phase_and_stays_possible),
        cmocka_unit_test(world__on_a_calm_day__has_weather_within_every_limit),
        cmocka_unit_test(flight__on_a_calm_day__cruises_level_and_clear_as_far_as_it_looks),
        cmocka_unit_test(flight__every_seventh__delivers_where_no_terrain_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
