// SPDX-License-Identifier: Apache-2.0
// Frames are read back by jansson, and a viewer that applies changes must hold what a whole
// frame says.
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/view/frame.h"

#define SECOND_US INT64_C(1000000)
#define T0 (INT64_C(1795953481) * SECOND_US)
#define SILENT_US (3 * SECOND_US)

static struct edge_view_drone drone_named(const char *id)
{
    struct edge_view_drone drone = {.report_utc_us = T0,
                                    .evaluated_utc_us = T0,
                                    .lat_e7 = 470123456,
                                    .lon_e7 = -80443219,
                                    .amsl_cm = 31249,
                                    .agl_cm = EDGE_VIEW_UNKNOWN,
                                    .free_cm = 6700,
                                    .free_low_cm = 6699,
                                    .ahead_low_cm = -101,
                                    .track_cdeg_true = 33150,
                                    .speed_cmps = 1249,
                                    .climb_cmps = -5,
                                    .time_to_go_ms = EDGE_VIEW_UNKNOWN,
                                    .flags = EDGE_VIEW_FOLLOWS_PLAN | EDGE_VIEW_REPORTING};
    (void)snprintf(drone.id, sizeof drone.id, "%s", id);
    return drone;
}

static json_t *changes(struct edge_frame *frame, int64_t now_utc_us)
{
    struct edge_json_text json = {.bytes = NULL};
    edge_frame_changes(frame, now_utc_us, SILENT_US, &json);
    json_t *value = json_loadb(json.bytes, json.length, 0, NULL);
    assert_non_null(value);
    edge_json_text_close(&json);
    return value;
}

static json_t *whole(struct edge_frame *frame)
{
    struct edge_json_text json = {.bytes = NULL};
    edge_frame_whole(frame, &json);
    json_t *value = json_loadb(json.bytes, json.length, 0, NULL);
    assert_non_null(value);
    edge_json_text_close(&json);
    return value;
}

static void assert_member(json_t *object, const char *key, const char *expected)
{
    char *text = json_dumps(json_object_get(object, key),
                            JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(text != NULL ? text : "absent", expected);
    free(text);
}

static void assert_only_time(json_t *object)
{
    assert_int_equal(json_object_size(object), 1);
    assert_non_null(json_object_get(object, "t"));
}

static struct edge_frame *opened(uint32_t places)
{
    struct edge_frame *frame;
    assert_int_equal(edge_frame_open(places, &frame), DRF_OK);
    return frame;
}

static void changes__of_a_new_drone__have_all_of_it(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(4);
    struct edge_view_drone drone = drone_named("coffee-17");
    edge_frame_put(frame, 2, &drone);
    json_t *json = changes(frame, T0 + 1000);
    assert_member(json, "t", "1795953481001");
    assert_member(json, "new", "[[2,\"coffee-17\"]]");
    // Rounded; heights at worst are rounded down.
    assert_member(json, "at", "[[2,47012346,-8044322,312,332,12,-0.1,66,-2]]");
    assert_member(json, "say", "[[2,0,0,null,0,null,34,\"\"]]");
    json_decref(json);
    json = changes(frame, T0 + 2000);
    assert_only_time(json);
    json_decref(json);
    edge_frame_close(frame);
}

static void changes__of_a_drone_that_was_not_evaluated__say_so(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone drone = drone_named("a");
    drone.evaluated_utc_us = EDGE_VIEW_UNKNOWN_UTC;
    edge_frame_put(frame, 0, &drone);
    json_t *json = changes(frame, T0);
    assert_member(json, "say", "[[0,0,0,null,0,null,162,\"\"]]"); // 34 and 128
    json_decref(json);
    edge_frame_close(frame);
}

static void changes__of_what_is_not_known__have_null(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone drone = drone_named("a");
    drone.amsl_cm = drone.track_cdeg_true = drone.speed_cmps = drone.climb_cmps =
        drone.free_low_cm = drone.ahead_low_cm = EDGE_VIEW_UNKNOWN;
    edge_frame_put(frame, 0, &drone);
    json_t *json = changes(frame, T0);
    assert_member(json, "at", "[[0,47012346,-8044322,null,null,null,null,null,null]]");
    json_decref(json);
    edge_frame_close(frame);
}

static void changes__of_nothing_that_is_shown__are_empty(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone drone = drone_named("a");
    edge_frame_put(frame, 0, &drone);
    json_decref(changes(frame, T0));
    drone.report_utc_us += 200000;
    drone.evaluated_utc_us += 200000;
    drone.telemetry_seq++;
    drone.free_cm += 50;
    drone.lat_e7 -= 1;
    edge_frame_put(frame, 0, &drone);
    json_t *json = changes(frame, T0 + 250000);
    assert_only_time(json);
    json_decref(json);
    edge_frame_close(frame);
}

static void changes__of_an_advisory__have_no_position(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone drone = drone_named("a");
    edge_frame_put(frame, 0, &drone);
    json_decref(changes(frame, T0));
    drone.severity = 1;
    drone.kind = 7;
    drone.time_to_go_ms = 8499;
    drone.warnings = 1;
    drone.infos = 2;
    (void)snprintf(drone.text, sizeof drone.text, "crane \"x\" ahead");
    edge_frame_put(frame, 0, &drone);
    json_t *json = changes(frame, T0 + 250000);
    assert_null(json_object_get(json, "at"));
    assert_null(json_object_get(json, "new"));
    assert_member(json, "say", "[[0,1,7,8,3,null,34,\"crane \\\"x\\\" ahead\"]]");
    json_decref(json);
    edge_frame_close(frame);
}

// From its last report, and once; its next report ends it.
static void changes__of_a_silent_drone__say_since_when(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone drone = drone_named("a");
    edge_frame_put(frame, 0, &drone);
    json_decref(changes(frame, T0));
    json_t *json = changes(frame, T0 + SILENT_US);
    assert_only_time(json);
    json_decref(json);
    json = changes(frame, T0 + SILENT_US + 1);
    assert_member(json, "say", "[[0,0,0,null,0,1795953481000,34,\"\"]]");
    json_decref(json);
    json = changes(frame, T0 + SILENT_US + 250000);
    assert_only_time(json);
    json_decref(json);
    drone.report_utc_us = T0 + SILENT_US + 400000;
    edge_frame_put(frame, 0, &drone);
    json = changes(frame, T0 + SILENT_US + 500000);
    assert_member(json, "say", "[[0,0,0,null,0,null,34,\"\"]]");
    json_decref(json);
    edge_frame_close(frame);
}

static void changes__of_a_place_that_another_takes__say_gone_and_new(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1);
    struct edge_view_drone a = drone_named("a"), b = drone_named("b"), none = {.id = ""};
    edge_frame_put(frame, 0, &a);
    json_decref(changes(frame, T0));
    edge_frame_put(frame, 0, &b);
    json_t *json = changes(frame, T0);
    assert_member(json, "gone", "[0]");
    assert_member(json, "new", "[[0,\"b\"]]");
    json_decref(json);
    edge_frame_put(frame, 0, &none);
    json = changes(frame, T0);
    assert_member(json, "gone", "[0]");
    assert_null(json_object_get(json, "new"));
    json_decref(json);
    // Came and went between two frames: nobody saw it.
    edge_frame_put(frame, 0, &a);
    edge_frame_put(frame, 0, &none);
    json = changes(frame, T0);
    assert_only_time(json);
    json_decref(json);
    edge_frame_close(frame);
}

// What a viewer holds: rows by number.
static void apply(json_t *held, json_t *frame)
{
    static const char *const parts[] = {"new", "at", "say"};
    size_t i;
    json_t *row, *number;
    if (json_object_get(frame, "full") != NULL)
        json_object_clear(held);
    json_array_foreach(json_object_get(frame, "gone"), i, number)
    {
        char key[40];
        for (size_t p = 0; p < 3; p++) {
            (void)snprintf(key, sizeof key, "%s %lld", parts[p],
                           (long long)json_integer_value(number));
            json_object_del(held, key);
        }
    }
    for (size_t p = 0; p < 3; p++)
        json_array_foreach(json_object_get(frame, parts[p]), i, row)
        {
            char key[40];
            (void)snprintf(key, sizeof key, "%s %lld", parts[p],
                           (long long)json_integer_value(json_array_get(row, 0)));
            json_object_set(held, key, row);
        }
}

static void changes__applied_in_order__are_what_a_whole_frame_says(void **state)
{
    (void)state;
    enum { PLACES = 12, TICKS = 400 };
    struct edge_frame *frame = opened(PLACES);
    json_t *held = json_object();
    uint32_t random = 1;
    for (int tick = 0; tick < TICKS; tick++) {
        for (int i = 0; i < 6; i++) {
            random = random * 1664525 + 1013904223;
            const uint32_t roll = random >> 8;
            char id[8];
            (void)snprintf(id, sizeof id, "d%u", roll % 5);
            struct edge_view_drone drone = drone_named(id);
            drone.report_utc_us = T0 + tick * 250000 - (roll % 3) * SILENT_US;
            drone.lat_e7 += (int32_t)(roll % 7) * 1000;
            drone.severity = (uint8_t)(roll % 4);
            if (roll % 11 == 0)
                drone.id[0] = '\0';
            edge_frame_put(frame, roll % PLACES, &drone);
        }
        json_t *json = changes(frame, T0 + tick * 250000);
        apply(held, json);
        json_decref(json);
        json_t *all = whole(frame), *fresh = json_object();
        apply(fresh, all);
        assert_true(json_equal(held, fresh));
        json_decref(all);
        json_decref(fresh);
    }
    json_decref(held);
    edge_frame_close(frame);
}

// 1,000 drones that move, as text: what the page may cost its line.
static void changes__of_a_thousand_that_move__fit_50_kilobytes(void **state)
{
    (void)state;
    struct edge_frame *frame = opened(1000);
    struct edge_json_text json = {.bytes = NULL};
    for (uint32_t round = 0; round < 2; round++) {
        edge_json_text_clear(&json);
        for (uint32_t i = 0; i < 1000; i++) {
            char id[16];
            (void)snprintf(id, sizeof id, "coffee-%u", i);
            struct edge_view_drone drone = drone_named(id);
            drone.lat_e7 += (int32_t)(round * 300);
            edge_frame_put(frame, i, &drone);
        }
        edge_frame_changes(frame, T0, SILENT_US, &json);
    }
    assert_true(json.length <= 50000);
    edge_json_text_close(&json);
    edge_frame_close(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes__of_a_new_drone__have_all_of_it),
        cmocka_unit_test(changes__of_a_drone_that_was_not_evaluated__say_so),
        cmocka_unit_test(changes__of_what_is_not_known__have_null),
        cmocka_unit_test(changes__of_nothing_that_is_shown__are_empty),
        cmocka_unit_test(changes__of_an_advisory__have_no_position),
        cmocka_unit_test(changes__of_a_silent_drone__say_since_when),
        cmocka_unit_test(changes__of_a_place_that_another_takes__say_gone_and_new),
        cmocka_unit_test(changes__applied_in_order__are_what_a_whole_frame_says),
        cmocka_unit_test(changes__of_a_thousand_that_move__fit_50_kilobytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
