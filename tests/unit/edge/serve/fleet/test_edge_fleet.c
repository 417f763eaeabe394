// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/fleet.h promises: found by id, bounded, the least useful goes first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/serve/fleet/fleet.h"

enum { ROOM = 100, FORGET_US = 120000000, SECOND_US = 1000000 };

static struct edge_fleet *opened(uint32_t drones_max)
{
    const struct edge_fleet_config config = {
        .drones_max = drones_max,
        .forget_us = FORGET_US,
        .bounds = {.west_deg = -80, .south_deg = 43, .east_deg = -79, .north_deg = 44},
        .limits = fusion_limits_default(),
        .preferences = {.interval_us = 200000},
    };
    struct edge_fleet *fleet = NULL;
    assert_int_equal(edge_fleet_open(&config, &fleet), DRF_OK);
    return fleet;
}

static struct edge_drone *admit(struct edge_fleet *fleet, const char *id, int64_t now_mono_us)
{
    struct edge_drone *drone = NULL;
    assert_int_equal(edge_fleet_admit(fleet, id, now_mono_us, &drone), DRF_OK);
    return drone;
}

static void admit__the_same_id__is_the_same_drone(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(ROOM);
    assert_null(edge_fleet_find(fleet, "d-1"));
    struct edge_drone *drone = admit(fleet, "d-1", 0);
    assert_ptr_equal(admit(fleet, "d-1", 5), drone);
    assert_ptr_equal(edge_fleet_find(fleet, "d-1"), drone);
    assert_string_equal(drone->id, "d-1");
    assert_ptr_equal(edge_fleet_at(fleet, edge_fleet_number(fleet, drone)), drone);
    assert_int_equal(edge_fleet_counts(fleet).held, 1);
    edge_fleet_close(fleet);
}

static void admit__ids_that_appear_once__replace_one_another_and_nobody_else(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(ROOM);
    char id[EDGE_ID_SIZE];
    for (int i = 0; i < 50; i++) { // fifty that fly
        (void)snprintf(id, sizeof id, "flying-%d", i);
        struct edge_drone *drone = admit(fleet, id, 0);
        edge_fleet_touch(fleet, drone, 0);
        edge_fleet_keep(fleet, drone);
    }
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(id, sizeof id, "once-%d", i);
        edge_fleet_touch(fleet, admit(fleet, id, i), i);
    }
    struct edge_fleet_counts counts = edge_fleet_counts(fleet);
    assert_int_equal(counts.held, ROOM);
    assert_int_equal(counts.evicted, 10000 - 50);
    assert_int_equal(counts.refused, 0);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(id, sizeof id, "flying-%d", i);
        assert_non_null(edge_fleet_find(fleet, id));
        (void)snprintf(id, sizeof id, "once-%d", 9950 + i); // the last fifty are still there
        assert_non_null(edge_fleet_find(fleet, id));
    }
    assert_null(edge_fleet_find(fleet, "once-9949"));
    edge_fleet_close(fleet);
}

static void admit__when_all_are_known_and_heard_lately__turns_away(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(3);
    static const char *const ids[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        struct edge_drone *drone = admit(fleet, ids[i], i);
        edge_fleet_touch(fleet, drone, i);
        edge_fleet_keep(fleet, drone);
    }
    struct edge_drone *drone = NULL;
    assert_int_equal(edge_fleet_admit(fleet, "d", FORGET_US - 1, &drone), DRF_ERR_FULL);
    assert_null(drone);
    assert_int_equal(edge_fleet_counts(fleet).refused, 1);
    // "a" is the one unheard for longest, and now for long enough.
    assert_non_null(admit(fleet, "d", FORGET_US));
    assert_null(edge_fleet_find(fleet, "a"));
    assert_non_null(edge_fleet_find(fleet, "b"));
    edge_fleet_close(fleet);
}

static void admit__a_profile_without_flights__goes_before_those_that_fly(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(2);
    struct edge_drone *flying = admit(fleet, "flying", 0);
    edge_fleet_touch(fleet, flying, 0);
    edge_fleet_keep(fleet, flying);
    edge_fleet_keep(fleet, admit(fleet, "parked", 0));
    assert_non_null(admit(fleet, "new", 1));
    assert_null(edge_fleet_find(fleet, "parked"));
    assert_non_null(edge_fleet_find(fleet, "flying"));
    edge_fleet_close(fleet);
}

static void admit__a_drone_that_was_evicted__does_not_repeat_its_numbers(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(1);
    struct edge_drone *drone = admit(fleet, "a", 0);
    for (int i = 0; i < 7; i++)
        (void)edge_stream_send(&drone->stream, i);
    assert_int_equal(drone->stream.sent_seq, 7);
    (void)admit(fleet, "b", 1);
    drone = admit(fleet, "a", 2);
    assert_true(edge_stream_send(&drone->stream, 3) > 7);
    edge_fleet_close(fleet);
}

static void admit__a_slot_used_before__remembers_nothing(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(1);
    struct edge_drone *drone = admit(fleet, "a", 0);
    static struct fusion_plan plan = {.plan_id = "p", .point_count = 100};
    plan.points[99].hold_s = 7.0F;
    assert_int_equal(edge_plan_held_use(&drone->plan, &plan, 1), DRF_OK);
    assert_true(drone->plan.held && drone->plan.plan->points[99].hold_s > 6.0F);
    plan.point_count = 2; // shorter and longer again, within its own room
    assert_int_equal(edge_plan_held_use(&drone->plan, &plan, 1), DRF_OK);
    assert_int_equal(drone->plan.plan->point_count, 2);
    plan.point_count = 3;
    plan.points[2].hold_s = 5.0F;
    assert_int_equal(edge_plan_held_use(&drone->plan, &plan, 1), DRF_OK);
    assert_true(drone->plan.plan->points[2].hold_s > 4.0F);
    drone->profile.held = drone->report.there = true;
    edge_due_now(&drone->due, 0);
    drone->profile.preferences.json = true;
    drone->report.seq = 9;
    edge_fleet_place(fleet, drone, (struct geo_point){43.5, -79.5});
    assert_int_equal(edge_fleet_counts(fleet).reporting, 1);
    drone = admit(fleet, "b", 1);
    assert_false(drone->plan.held || drone->profile.held || drone->report.there
                 || edge_due_any(&drone->due));
    assert_false(drone->profile.preferences.json || drone->slot.reporting || drone->slot.known);
    assert_int_equal(drone->report.seq, 0);
    assert_int_equal(drone->profile.preferences.interval_us, 200000);
    assert_int_equal(edge_fleet_counts(fleet).reporting, 0);
    edge_fleet_close(fleet);
}

static void find__after_many_came_and_went__agrees_with_a_list(void **state)
{
    (void)state;
    enum { IDS = 64, STEPS = 20000, HOLD = 40 };
    struct edge_fleet *fleet = opened(HOLD);
    int64_t heard[IDS]; // when each was heard; -1: not held
    for (int i = 0; i < IDS; i++)
        heard[i] = -1;
    uint32_t random = 12345;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525u + 1013904223u;
        int who = (int)(random >> 16) % IDS, held = 0, oldest = -1;
        for (int i = 0; i < IDS; i++) {
            held += heard[i] >= 0;
            if (heard[i] >= 0 && (oldest < 0 || heard[i] < heard[oldest]))
                oldest = i;
        }
        if (heard[who] < 0 && held == HOLD)
            heard[oldest] = -1;
        heard[who] = step;
        char id[EDGE_ID_SIZE];
        (void)snprintf(id, sizeof id, "drone.%d", who);
        edge_fleet_touch(fleet, admit(fleet, id, step), step);
        for (int i = 0; i < IDS; i++) {
            (void)snprintf(id, sizeof id, "drone.%d", i);
            struct edge_drone *found = edge_fleet_find(fleet, id);
            assert_int_equal(found != NULL, heard[i] >= 0);
            if (found != NULL)
                assert_string_equal(found->id, id);
        }
    }
    edge_fleet_close(fleet);
}

static void forget__a_silent_drone__reports_no_more_but_keeps_its_profile(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(ROOM);
    struct edge_drone *drone = admit(fleet, "a", 0);
    edge_fleet_touch(fleet, drone, 0);
    drone->profile.held = true;
    edge_fleet_place(fleet, drone, (struct geo_point){43.5, -79.5});
    edge_fleet_forget(fleet, FORGET_US - 1);
    assert_true(drone->slot.reporting);
    edge_fleet_forget(fleet, FORGET_US);
    assert_false(drone->slot.reporting);
    assert_int_equal(edge_fleet_counts(fleet).reporting, 0);
    assert_ptr_equal(edge_fleet_find(fleet, "a"), drone);
    assert_true(drone->profile.held);
    edge_fleet_close(fleet);
}

struct visited {
    char ids[256];
};

static void note(void *self, struct edge_drone *drone)
{
    struct visited *visited = self;
    size_t used = strlen(visited->ids);
    (void)snprintf(visited->ids + used, sizeof visited->ids - used, "%s ", drone->id);
}

static void around__a_box__visits_those_near_and_no_far_ones(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(ROOM);
    struct edge_drone *near = admit(fleet, "near", 0), *far = admit(fleet, "far", 0);
    edge_fleet_place(fleet, near, (struct geo_point){43.50, -79.50});
    edge_fleet_place(fleet, far, (struct geo_point){43.90, -79.10});
    const struct geo_bounds box = {-79.52, 43.48, -79.51, 43.49};
    struct visited visited = {""};
    edge_fleet_around(fleet, box, 3000, note, &visited);
    assert_string_equal(visited.ids, "near ");

    edge_fleet_place(fleet, far, (struct geo_point){43.49, -79.515}); // it flew there
    edge_fleet_unplace(fleet, near);
    visited.ids[0] = '\0';
    edge_fleet_around(fleet, box, 3000, note, &visited);
    assert_string_equal(visited.ids, "far ");
    edge_fleet_close(fleet);
}

static void around__a_box_off_the_region_or_the_globe__is_cut(void **state)
{
    (void)state;
    struct edge_fleet *fleet = opened(ROOM);
    edge_fleet_place(fleet, admit(fleet, "a", 0), (struct geo_point){43.5, -79.5});
    struct visited visited = {""};
    edge_fleet_around(fleet, (struct geo_bounds){-180, -90, 180, 90}, 1e6, note, &visited);
    assert_string_equal(visited.ids, "a ");
    edge_fleet_close(fleet);
}

static void open__a_region_that_ends_at_the_pole_and_the_antimeridian__works(void **state)
{
    (void)state;
    const struct edge_fleet_config config = {
        .drones_max = 1,
        .forget_us = FORGET_US,
        .bounds = {.west_deg = 170, .south_deg = 80, .east_deg = 180, .north_deg = 90}};
    struct edge_fleet *fleet = NULL;
    assert_int_equal(edge_fleet_open(&config, &fleet), DRF_OK);
    edge_fleet_place(fleet, admit(fleet, "a", 0), (struct geo_point){90, 180});
    edge_fleet_close(fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admit__the_same_id__is_the_same_drone),
        cmocka_unit_test(admit__ids_that_appear_once__replace_one_another_and_nobody_else),
        cmocka_unit_test(admit__when_all_are_known_and_heard_lately__turns_away),
        cmocka_unit_test(admit__a_profile_without_flights__goes_before_those_that_fly),
        cmocka_unit_test(admit__a_drone_that_was_evicted__does_not_repeat_its_numbers),
        cmocka_unit_test(admit__a_slot_used_before__remembers_nothing),
        cmocka_unit_test(find__after_many_came_and_went__agrees_with_a_list),
        cmocka_unit_test(forget__a_silent_drone__reports_no_more_but_keeps_its_profile),
        cmocka_unit_test(around__a_box__visits_those_near_and_no_far_ones),
        cmocka_unit_test(around__a_box_off_the_region_or_the_globe__is_cut),
        cmocka_unit_test(open__a_region_that_ends_at_the_pole_and_the_antimeridian__works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
