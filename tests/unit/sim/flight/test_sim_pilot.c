// SPDX-License-Identifier: Apache-2.0
// What sim/flight/pilot.h promises: climb in time, leave, wait, hold when it is silent, ask
// before setting down.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/flight/pilot.h"

static const struct sim_world_plan plan = {.seed = 5,
                                           .center = {.lat_deg = 47.0, .lon_deg = 8.0},
                                           .size_km = 8.0,
                                           .epoch_utc_us = INT64_C(1795374000000000),
                                           .hours = 2,
                                           .posting_arcsec = 1.0,
                                           .weather_step_deg = 0.01,
                                           .surface = true};
static const int64_t begin_us = INT64_C(1795374000000000), step_us = 200000;

struct scene {
    struct sim_world world;
    struct sim_flight flight;
    struct sim_pilot pilot;
    int64_t now_us;
};

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.now_us = begin_us};
    if (sim_world_open(&plan, &scene.world) != DRF_OK)
        return -1;
    scene.flight = (struct sim_flight){.phase = SIM_FLIGHT_CRUISE,
                                       .porch = {0.0, 2000.0},
                                       .depot = {0.0, -500.0},
                                       .cruise_mps = 14.0,
                                       .cruise_agl_m = 30.0,
                                       .climb_mps = 5.0,
                                       .sink_mps = 3.0,
                                       .north_mps = 14.0};
    scene.flight.amsl_m = sim_flight_cruise_amsl_m(&scene.flight, &scene.world);
    scene.pilot.void_utc_us = begin_us + INT64_C(3600000000);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    sim_world_close(&scene->world);
    return 0;
}

static void fly(struct scene *scene, double seconds)
{
    for (int64_t end_us = scene->now_us + (int64_t)(seconds * 1e6); scene->now_us < end_us;
         scene->now_us += step_us) {
        sim_pilot_decide(&scene->pilot, &scene->flight, scene->now_us);
        sim_flight_step(&scene->flight, &scene->world, (double)step_us * 1e-6);
    }
}

static Drf__V1__Advisory advisory(const struct scene *scene, uint32_t kind, double north_m)
{
    struct geo_point at = sim_world_point(&scene->world, (struct sim_plane){0.0, north_m});
    Drf__V1__Advisory a = DRF__V1__ADVISORY__INIT;
    a.advisory_id = 7;
    a.kind = kind;
    a.severity = DRF__V1__SEVERITY__SEVERITY_WARNING;
    a.has_lat_e7 = a.has_lon_e7 = a.has_value = a.has_limit = 1;
    a.lat_e7 = (int32_t)lround(at.lat_deg * 1e7);
    a.lon_e7 = (int32_t)lround(at.lon_deg * 1e7);
    a.limit = 15.0F;
    return a;
}

static void tell(struct scene *scene, const Drf__V1__Advisory *a)
{
    sim_pilot_advisory(&scene->pilot, &scene->world, &scene->flight, a, scene->now_us);
}

static void pilot__warned_of_an_obstacle__is_over_it_by_the_wanted_clearance(void **state)
{
    struct scene *scene = *state;
    // Far higher than it can climb at full speed before it is there.
    double top_m = scene->flight.amsl_m + 60.0, least_m = HUGE_VAL;
    Drf__V1__Advisory a = advisory(scene, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE, 90.0);
    a.has_alt_amsl_m = 1;
    a.alt_amsl_m = (float)top_m;
    tell(scene, &a);
    for (int i = 0; i < 400 && scene->flight.at.north_m < 140.0; i++) {
        fly(scene, 0.2);
        if (fabs(scene->flight.at.north_m - 90.0) < 10.0)
            least_m = fmin(least_m, scene->flight.amsl_m - top_m);
    }
    assert_true(scene->flight.at.north_m >= 140.0);
    assert_true(least_m >= 15.0 - 0.5);
    double high_m = scene->flight.amsl_m;
    fly(scene, 20.0);
    assert_true(scene->flight.amsl_m < high_m - 20.0); // down again behind it
}

// The path of a plan stays as low as it is, however high the drone climbs over it.
static double highest_amsl_m(struct scene *scene, double seconds,
                             const Drf__V1__Context *context)
{
    Drf__V1__Advisory a = advisory(scene, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN, 0.0);
    a.has_time_to_go_s = 1;
    a.time_to_go_s = 10.0F;
    a.value = -12.0F;
    double high_m = scene->flight.amsl_m;
    if (context != NULL)
        sim_pilot_context(&scene->pilot, &scene->world, &scene->flight, context, scene->now_us);
    for (int i = 0; i < (int)(seconds / 0.2); i++) {
        scene->flight.at.north_m = 0.0; // over one place
        a.lat_e7 = (int32_t)lround(scene->world.plan.center.lat_deg * 1e7) + 1000;
        tell(scene, &a);
        fly(scene, 0.2);
        high_m = fmax(high_m, scene->flight.amsl_m);
    }
    return high_m;
}

static void pilot__warned_of_terrain_again_and_again__climbs_a_step_only(void **state)
{
    struct scene *scene = *state;
    double begin_m = scene->flight.amsl_m;
    double high_m = highest_amsl_m(scene, 120.0, NULL);
    assert_true(high_m > begin_m + 25.0);
    assert_true(high_m < begin_m + 31.0);
    fly(scene, 30.0); // nobody warns it any more
    assert_true(scene->flight.amsl_m < high_m - 20.0);
}

static void pilot__told_the_surface_ahead__climbs_over_it_and_no_higher(void **state)
{
    struct scene *scene = *state;
    Drf__V1__Context context = DRF__V1__CONTEXT__INIT;
    Drf__V1__LookAhead ahead = DRF__V1__LOOK_AHEAD__INIT;
    Drf__V1__Segment segment = DRF__V1__SEGMENT__INIT, *segments[] = {&segment};
    double top_m = scene->flight.amsl_m + 40.0;
    segment.has_surface_max_amsl_m = 1;
    segment.surface_max_amsl_m = (float)top_m;
    ahead.n_segments = 1;
    ahead.segments = segments;
    context.look_ahead = &ahead;
    double high_m = highest_amsl_m(scene, 120.0, &context);
    assert_true(high_m >= top_m + 15.0);
    assert_true(high_m < top_m + 15.0 + 5.0);
}

static void pilot__in_a_zone__turns_home_and_before_one__waits(void **state)
{
    struct scene *scene = *state;
    Drf__V1__Advisory a = advisory(scene, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE, 90.0);
    a.has_time_to_go_s = 1;
    a.time_to_go_s = 12.0F;
    tell(scene, &a);
    fly(scene, 3.8);
    assert_true(scene->flight.intent.hold);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_CRUISE);
    a.time_to_go_s = 0.0F;
    tell(scene, &a);
    fly(scene, 0.4);
    assert_false(scene->flight.intent.hold);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_RETURN);
}

static void pilot__when_what_it_knows_is_void__holds_until_told_anew(void **state)
{
    struct scene *scene = *state;
    scene->pilot.void_utc_us = scene->now_us + 1000000;
    fly(scene, 1.0);
    assert_false(scene->pilot.silent);
    fly(scene, 8.0);
    assert_true(scene->pilot.silent);
    assert_true(hypot(scene->flight.east_mps, scene->flight.north_mps) < 0.1);
    double north_m = scene->flight.at.north_m;
    fly(scene, 5.0);
    assert_true(fabs(scene->flight.at.north_m - north_m) < 1.0);
    scene->pilot.void_utc_us = scene->now_us + 60000000;
    fly(scene, 5.0);
    assert_true(scene->flight.at.north_m > north_m + 20.0);
}

static void pilot__at_a_porch__asks_and_sets_down_only_when_nothing_forbids_it(void **state)
{
    struct scene *scene = *state;
    uint8_t bytes[SIM_ASK_MAX];
    scene->flight.phase = SIM_FLIGHT_HOVER;
    scene->flight.sets_down = true;
    scene->flight.porch = scene->flight.at;
    scene->flight.north_mps = 0.0;
    assert_true(
        sim_pilot_request(&scene->pilot, &scene->world, &scene->flight, scene->now_us, bytes)
        > 0);
    char ours[] = SIM_ASK_CORRELATION, theirs[] = "another";
    Drf__V1__Landing landing = DRF__V1__LANDING__INIT;
    Drf__V1__Reply reply = DRF__V1__REPLY__INIT;
    landing.severity = DRF__V1__SEVERITY__SEVERITY_INFO;
    reply.landing = &landing;
    reply.correlation = theirs;
    sim_pilot_reply(&scene->pilot, &reply);
    fly(scene, 10.0);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_HOVER); // nobody answered its question
    landing.severity = DRF__V1__SEVERITY__SEVERITY_WARNING;
    reply.correlation = ours;
    sim_pilot_reply(&scene->pilot, &reply);
    fly(scene, 10.0);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_HOVER);
    assert_true(
        sim_pilot_request(&scene->pilot, &scene->world, &scene->flight, scene->now_us, bytes)
        > 0); // again, later
    landing.severity = DRF__V1__SEVERITY__SEVERITY_INFO;
    sim_pilot_reply(&scene->pilot, &reply);
    fly(scene, 60.0);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_DELIVERED);
    assert_true(sim_flight_on_ground(&scene->flight));
    fly(scene, 10.0);
    assert_int_equal(scene->flight.phase, SIM_FLIGHT_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            pilot__warned_of_an_obstacle__is_over_it_by_the_wanted_clearance, setup, teardown),
        cmocka_unit_test_setup_teardown(
            pilot__warned_of_terrain_again_and_again__climbs_a_step_only, setup, teardown),
        cmocka_unit_test_setup_teardown(
            pilot__told_the_surface_ahead__climbs_over_it_and_no_higher, setup, teardown),
        cmocka_unit_test_setup_teardown(pilot__in_a_zone__turns_home_and_before_one__waits,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            pilot__when_what_it_knows_is_void__holds_until_told_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            pilot__at_a_porch__asks_and_sets_down_only_when_nothing_forbids_it, setup,
            teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
