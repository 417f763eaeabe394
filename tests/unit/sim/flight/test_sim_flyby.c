// SPDX-License-Identifier: Apache-2.0
// What sim/flight/flyby.h and sim/witness/witness.h promise of aircraft that a feed tells of:
// straight flights, known by where they were published to go; what meets the drone must be told
// by its name, what has been silent for long may not be told any more.
#include "tests/support/witness_scene.h"

static const int64_t second_us = 1000000;

// One that comes from the north at 20 m/s, so far away now, so much higher; told of for a
// minute, and just now.
static void put_flyby(struct scene *s, struct sim_flybys *flybys, double apart_m, double up_m)
{
    struct sim_plane here = sim_world_plane(&s->world, s->report.position);
    flybys->count = 1;
    flybys->list[0] =
        (struct sim_flyby){.id = "flyby-1",
                           .from = {here.east_m, here.north_m + apart_m + 60 * 20.0},
                           .amsl_m = s->report.amsl_m + up_m,
                           .north_mps = -20.0,
                           .horizontal_acc_m = 10.0,
                           .altitude_acc_m = 5.0,
                           .from_utc_us = s->report.utc_us - 60 * second_us,
                           .told_utc_us = s->report.utc_us - second_us / 2};
    s->witness.flybys = flybys;
}

static void aircraft_of_a_feed__must_be_told_by_the_time_and_height_it_is_met(void **state)
{
    (void)state;
    struct scene s;
    struct sim_flybys flybys = {.count = 0};
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    // Closing at 30 m/s; across 15 m, a radius of 1 m and one of 20 m are kept.
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 0.0);
    assert_band(&s, kind, "flyby-1", WARNING, WARNING);
    put_flyby(&s, &flybys, 36.0 + 30 * 30.0, 0.0);
    assert_band(&s, kind, "flyby-1", CAUTION, CAUTION);
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 19.0); // only by the accuracies
    assert_band(&s, kind, "flyby-1", CAUTION, CAUTION);
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 80.0);
    assert_band(&s, kind, "flyby-1", NOTHING, NOTHING);
    put_flyby(&s, &flybys, -36.0 - 100.0, 0.0); // has passed
    assert_band(&s, kind, "flyby-1", NOTHING, NOTHING);
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 0.0);
    assert_band(&s, kind, "flyby-1", WARNING, WARNING);
    flybys.list[0].from.east_m += 300.0; // passes far beside
    assert_band(&s, kind, "flyby-1", NOTHING, NOTHING);
    close_scene(&s);
}

static void aircraft_of_a_feed__silent_or_new__may_be_told_and_then_not_any_more(void **state)
{
    (void)state;
    struct scene s;
    struct sim_flybys flybys = {.count = 0};
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 0.0);
    flybys.list[0].told_utc_us = s.report.utc_us - 10 * second_us; // predicted
    assert_band(&s, kind, "flyby-1", WARNING, NOTHING);
    flybys.list[0].told_utc_us = s.report.utc_us - 20 * second_us; // forgotten
    assert_band(&s, kind, "flyby-1", NOTHING, NOTHING);
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0 - 59 * 20.0, 0.0);
    flybys.list[0].from_utc_us = s.report.utc_us - second_us; // on its way through Kafka
    assert_band(&s, kind, "flyby-1", WARNING, NOTHING);
    close_scene(&s);
}

static void flyby__comes_to_where_the_drone_will_be(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const int64_t now_us = s.report.utc_us, meet_us = now_us + 30 * second_us;
    struct sim_flight flight = {.at = {100.0, -200.0}, .amsl_m = 300.0, .north_mps = 12.0};
    const double beside_m[] = {0.0, 25.0, 45.0, 80.0, 300.0};
    for (uint64_t number = 0; number < 20; number++) {
        struct sim_flyby flyby = sim_flyby_make(number, &s.world, &flight, now_us);
        struct sim_plane at = sim_flyby_at(&flyby, meet_us);
        double off_m = hypot(at.east_m - 100.0, at.north_m - (-200.0 + 30 * 12.0));
        double up_m = sim_flyby_amsl_m(&flyby, meet_us) - 300.0;
        assert_true(fabs(off_m - beside_m[number % 5]) < 1e-6);
        assert_true(up_m > -1e-6 && up_m < 60.0 + 1e-6);
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aircraft_of_a_feed__must_be_told_by_the_time_and_height_it_is_met),
        cmocka_unit_test(aircraft_of_a_feed__silent_or_new__may_be_told_and_then_not_any_more),
        cmocka_unit_test(flyby__comes_to_where_the_drone_will_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
