// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/drone.h promises about pace, acknowledgement, order and concern.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/serve/fleet/drone.h"
#include "geo/tile.h"

enum { MS = 1000, SECOND = 1000000 };

static void pace__reports_at_the_rate_with_jitter__are_all_let_through(void **state)
{
    (void)state;
    struct edge_pace pace = {0};
    static const int jitter_ms[] = {0, 30, -40, 60, -80, 10, -90, 80, -20, 0};
    for (int i = 0; i < 1000; i++) {
        int64_t now = SECOND + (int64_t)i * 200 * MS + jitter_ms[i % 10] * MS;
        assert_true(edge_pace_ready(&pace, now, 100 * MS));
        edge_pace_take(&pace, now, 200 * MS, 100 * MS);
    }
}

static void pace__reports_at_twice_the_rate__are_let_through_at_the_rate(void **state)
{
    (void)state;
    struct edge_pace pace = {0};
    int taken = 0;
    for (int64_t now = SECOND; now < 101 * SECOND; now += 100 * MS)
        if (edge_pace_ready(&pace, now, 100 * MS)) {
            edge_pace_take(&pace, now, 200 * MS, 100 * MS);
            taken++;
        }
    assert_in_range(taken, 500, 502); // 100 s at 5 Hz, and what the slack lends
}

static void unseen__all_acknowledged__is_zero(void **state)
{
    (void)state;
    struct edge_stream stream = {0};
    assert_int_equal(edge_stream_unseen_us(&stream, SECOND), 0);
    assert_int_equal(edge_stream_send(&stream, SECOND), 1);
    assert_int_equal(edge_stream_unseen_us(&stream, SECOND + 300 * MS), 300 * MS);
    edge_stream_seen(&stream, 1);
    assert_int_equal(edge_stream_unseen_us(&stream, 9 * SECOND), 0);
}

static void unseen__some_acknowledged__is_the_age_of_the_oldest_that_is_not(void **state)
{
    (void)state;
    struct edge_stream stream = {0};
    for (int i = 0; i < 10; i++)
        (void)edge_stream_send(&stream, SECOND + i * 100 * MS);
    edge_stream_seen(&stream, 4); // the fifth went out at 1.4 s
    assert_int_equal(edge_stream_unseen_us(&stream, 2 * SECOND), 600 * MS);
    edge_stream_seen(&stream, 2); // an older report changes nothing
    assert_int_equal(edge_stream_unseen_us(&stream, 2 * SECOND), 600 * MS);
}

static void unseen__a_number_never_sent__is_passed_over(void **state)
{
    (void)state;
    struct edge_stream stream = {0};
    (void)edge_stream_send(&stream, SECOND);
    edge_stream_seen(&stream, 2);
    edge_stream_seen(&stream, UINT32_MAX);
    assert_int_equal(edge_stream_unseen_us(&stream, 2 * SECOND), SECOND);
}

static void unseen__more_than_remembered__counts_as_for_ever(void **state)
{
    (void)state;
    struct edge_stream stream = {0};
    for (int i = 0; i < EDGE_SENT_TIMES; i++)
        (void)edge_stream_send(&stream, SECOND);
    assert_int_equal(edge_stream_unseen_us(&stream, SECOND), 0);
    (void)edge_stream_send(&stream, SECOND);
    assert_true(edge_stream_unseen_us(&stream, SECOND) == INT64_MAX);
}

static struct edge_report reported(uint32_t seq, int64_t time_utc_us)
{
    return (struct edge_report){
        .there = true, .fix = {.time_utc_us = time_utc_us}, .drone_boot_id = 7, .seq = seq};
}

static void order__numbers_and_times__may_only_grow(void **state)
{
    (void)state;
    static const struct {
        uint32_t last, next;
        int64_t later_us;
        enum edge_order expected;
        uint32_t lost;
    } cases[] = {
        {5, 6, 1, EDGE_ORDER_NEXT, 0},  {5, 9, 1, EDGE_ORDER_NEXT, 3},
        {5, 5, 1, EDGE_ORDER_BACK, 0},  {5, 4, 1, EDGE_ORDER_BACK, 0},
        {5, 6, -1, EDGE_ORDER_BACK, 0}, {5, 6, 0, EDGE_ORDER_NEXT, 0},
        {0, 0, 1, EDGE_ORDER_NEXT, 0},  {0, 0, 0, EDGE_ORDER_BACK, 0},
        {0, 0, -1, EDGE_ORDER_BACK, 0}, {5, 0, 1, EDGE_ORDER_NEXT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_report last = reported(cases[i].last, 1000);
        uint32_t lost = 99;
        assert_int_equal(
            edge_report_order(&last, 7, cases[i].next, 1000 + cases[i].later_us, false, &lost),
            cases[i].expected);
        assert_int_equal(lost, cases[i].lost);
    }
}

static void order__another_life_of_the_drone__begins_anew(void **state)
{
    (void)state;
    struct edge_report last = reported(500, 1000);
    uint32_t lost;
    assert_int_equal(edge_report_order(&last, 8, 1, 10, false, &lost), EDGE_ORDER_NEXT);
    assert_int_equal(lost, 0);
}

static void order__a_drone_without_clock__goes_by_its_numbers(void **state)
{
    (void)state;
    struct edge_report last = reported(5, 1000);
    last.time_from_arrival = true;
    uint32_t lost;
    assert_int_equal(edge_report_order(&last, 7, 6, 900, true, &lost), EDGE_ORDER_NEXT);
    assert_int_equal(edge_report_order(&last, 7, 5, 2000, true, &lost), EDGE_ORDER_BACK);
    assert_int_equal(edge_report_order(&last, 7, 0, 1000, true, &lost), EDGE_ORDER_NEXT);
}

// At 60 N a degree of longitude is half a degree of latitude: 55.66 km.
static struct edge_drone flying(double north_mps, double east_mps)
{
    return (struct edge_drone){
        .slot.reporting = true,
        .report = {.there = true,
                   .fix = {.position = {60, 10},
                           .velocity_known = true,
                           .velocity_north_mps = north_mps,
                           .velocity_east_mps = east_mps}},
        .found = {.concern_length_m = 1000, .concern_half_m = 50, .concern_straight = true},
    };
}

// A box of 2 m around a place so many metres away.
static struct geo_bounds box_at(double north_m, double east_m)
{
    double lat = 60 + north_m / 111320, lon = 10 + east_m / 55660;
    return (struct geo_bounds){lon - 1 / 55660.0, lat - 1 / 111320.0, lon + 1 / 55660.0,
                               lat + 1 / 111320.0};
}

static void concerned__along_the_velocity__is_the_corridor_and_nothing_else(void **state)
{
    (void)state;
    struct edge_drone east = flying(0, 20);
    assert_true(edge_drone_affected(&east, box_at(0, 0)));
    assert_true(edge_drone_affected(&east, box_at(45, 900)));
    assert_false(edge_drone_affected(&east, box_at(60, 500)));
    assert_true(edge_drone_affected(&east, box_at(0, 1040)));
    assert_false(edge_drone_affected(&east, box_at(0, 1060)));
    assert_false(edge_drone_affected(&east, box_at(0, -60))); // behind it
    struct edge_drone south_west = flying(-10, -10);
    assert_true(edge_drone_affected(&south_west, box_at(-600, -600)));
    assert_false(edge_drone_affected(&south_west, box_at(600, 600)));
    assert_false(edge_drone_affected(&south_west, box_at(-600, -100)));
    const struct geo_bounds everywhere = {-180, -90, 180, 90};
    assert_true(edge_drone_affected(&south_west, everywhere));
}

static void concerned__hovering_or_on_a_plan__is_all_around(void **state)
{
    (void)state;
    struct edge_drone drone = flying(0, 20);
    drone.found.concern_straight = false;
    assert_true(edge_drone_affected(&drone, box_at(0, -1040)));
    assert_true(edge_drone_affected(&drone, box_at(700, 700)));
    assert_false(edge_drone_affected(&drone, box_at(800, 800)));
}

static void concerned__who_does_not_report__is_not(void **state)
{
    (void)state;
    struct edge_drone drone = flying(0, 20);
    drone.slot.reporting = false;
    assert_false(edge_drone_affected(&drone, box_at(0, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pace__reports_at_the_rate_with_jitter__are_all_let_through),
        cmocka_unit_test(pace__reports_at_twice_the_rate__are_let_through_at_the_rate),
        cmocka_unit_test(unseen__all_acknowledged__is_zero),
        cmocka_unit_test(unseen__some_acknowledged__is_the_age_of_the_oldest_that_is_not),
        cmocka_unit_test(unseen__a_number_never_sent__is_passed_over),
        cmocka_unit_test(unseen__more_than_remembered__counts_as_for_ever),
        cmocka_unit_test(order__numbers_and_times__may_only_grow),
        cmocka_unit_test(order__another_life_of_the_drone__begins_anew),
        cmocka_unit_test(order__a_drone_without_clock__goes_by_its_numbers),
        cmocka_unit_test(concerned__along_the_velocity__is_the_corridor_and_nothing_else),
        cmocka_unit_test(concerned__hovering_or_on_a_plan__is_all_around),
        cmocka_unit_test(concerned__who_does_not_report__is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
