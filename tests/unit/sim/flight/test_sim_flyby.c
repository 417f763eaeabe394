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

// A feed's default is 15 m of height: what only more of it explains is an INFO.
static void aircraft_of_a_feed__by_more_than_its_default_accuracy__is_an_info(void **state)
{
    (void)state;
    struct scene s;
    struct sim_flybys flybys = {.count = 0};
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 30.0); // 15 m are kept
    flybys.list[0].altitude_acc_m = 20.0;
    assert_band(&s, kind, "flyby-1", CAUTION, CAUTION);
    put_flyby(&s, &flybys, 36.0 + 30 * 10.0, 60.0);
    flybys.list[0].altitude_acc_m = 200.0;
    assert_band(&s, kind, "flyby-1", INFO, INFO);
    close_scene(&s);
}

static uint64_t wrong_of(struct scene *s, const Drf__V1__Traffic *traffic)
{
    Drf__V1__Traffic copy = *traffic, *list[] = {&copy};
    struct sim_witness_counts counts = {.waiting = 0};
    s->context.traffic = list;
    s->context.n_traffic = 1;
    sim_witness_neighbours(&s->witness, &s->report, &s->context, s->report.mono_us, &counts);
    s->context.n_traffic = 0;
    return counts.wrong[SIM_CHECK_TRAFFIC];
}

static void list_of_traffic__with_other_accuracies_or_marks_than_were_sent__is_wrong(
    void **state)
{
    (void)state;
    struct scene s;
    struct sim_flybys flybys = {.count = 0};
    open_scene(&s);
    put_flyby(&s, &flybys, 300.0, 0.0); // good to 10 m across and 5 m up
    char id[] = "flyby-1", source[] = "air/drf-sim";
    Drf__V1__Traffic good = DRF__V1__TRAFFIC__INIT;
    good.traffic_id = id;
    good.source = source;
    good.has_alt_amsl_m = good.has_horizontal_acc95_m = good.has_altitude_acc95_m = 1;
    good.horizontal_acc95_m = 10.0F;
    good.altitude_acc95_m = 5.0F;
    // 300 m to the north, 10 s from meeting at 10 + 20 m/s
    struct geo_point there =
        sim_world_point(&s.world, sim_flyby_at(&flybys.list[0], s.report.utc_us));
    good.has_lat_e7 = good.has_lon_e7 = good.has_data_time_us = 1;
    good.lat_e7 = (int32_t)lround(there.lat_deg * 1e7);
    good.lon_e7 = (int32_t)lround(there.lon_deg * 1e7);
    good.data_time_us = s.report.utc_us;
    good.alt_amsl_m = (float)s.report.amsl_m;
    good.has_velocity_north_mps = good.has_velocity_east_mps = 1;
    good.velocity_north_mps = -20.0F;
    good.has_distance_m = good.has_bearing_deg_true = good.has_cpa_s = good.has_cpa_m = 1;
    good.distance_m = 300.0F;
    good.cpa_s = 10.0F;
    assert_int_equal(wrong_of(&s, &good), 0);
    Drf__V1__Traffic bad = good;
    bad.lon_e7 += 500; // 4 m, also of the way to it
    assert_int_equal(wrong_of(&s, &bad), 2);
    bad = good;
    bad.alt_amsl_m += 2.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.distance_m = 303.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.bearing_deg_true = 180.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.cpa_s = 9.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.cpa_m = 5.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.has_horizontal_acc95_m = 0;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.horizontal_acc95_m = 9.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad.horizontal_acc95_m = 25.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad.has_predicted = bad.predicted = 1; // then it grows
    assert_int_equal(wrong_of(&s, &bad), 0);
    bad = good;
    bad.altitude_acc95_m = 4.0F;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.has_unconfirmed = bad.unconfirmed = 1;
    assert_int_equal(wrong_of(&s, &bad), 1);
    bad = good;
    bad.has_speed_mps = 1;
    assert_int_equal(wrong_of(&s, &bad), 1);
    close_scene(&s);
}

static void drone__that_jumps__may_be_marked_and_one_that_flies_may_not(void **state)
{
    (void)state;
    struct sim_report ring[8] = {{.seq = 0}};
    const struct sim_fleet_reports fleet = {.ring = ring, .count = 1, .depth = 8};
    for (uint32_t seq = 1; seq <= 6; seq++)
        ring[seq % 8] = (struct sim_report){.seq = seq,
                                            .utc_us = plan.epoch_utc_us + seq * second_us,
                                            .position = {43.65 + seq * 15.0 / 111200.0, -79.38},
                                            .north_mps = 15.0,
                                            .horizontal_acc_m = 2.5};
    assert_false(sim_witness_jumped(&fleet, 0));
    ring[6].position.lat_deg += 100.0 / 111200.0; // a bad fix, as there are
    assert_false(sim_witness_jumped(&fleet, 0));
    ring[6].position.lat_deg += 400.0 / 111200.0;
    assert_true(sim_witness_jumped(&fleet, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aircraft_of_a_feed__must_be_told_by_the_time_and_height_it_is_met),
        cmocka_unit_test(aircraft_of_a_feed__silent_or_new__may_be_told_and_then_not_any_more),
        cmocka_unit_test(flyby__comes_to_where_the_drone_will_be),
        cmocka_unit_test(aircraft_of_a_feed__by_more_than_its_default_accuracy__is_an_info),
        cmocka_unit_test(
            list_of_traffic__with_other_accuracies_or_marks_than_were_sent__is_wrong),
        cmocka_unit_test(drone__that_jumps__may_be_marked_and_one_that_flies_may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
