// SPDX-License-Identifier: Apache-2.0
// What becomes of telemetry that cannot be served: refused with a reason, told, counted, and
// nobody else hurt. Reply codes are those of schemas/drf/v1/enums.proto.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/serve_scene.h"

enum { INVALID = 3, OUTSIDE = 6, STALE = 7, UNSYNCHRONISED = 8, LIMITED = 9, OVERLOADED = 10 };

static Drf__V1__Reply *reply_of(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "reply");
    assert_non_null(message);
    assert_int_equal(message->out.qos, 1);
    Drf__V1__Reply *reply = drf__v1__reply__unpack(NULL, message->size, message->bytes);
    assert_non_null(reply);
    return reply;
}

// Sends the report as it is and expects this refusal and no context.
static void assert_refused(struct scene *scene, const Drf__V1__Telemetry *report, uint32_t code,
                           const char *field_path, const char *text)
{
    scene_clear(scene);
    scene_pass(scene, 1100 * SCENE_MS);
    uint64_t before = scene_metric(scene, EDGE_METRIC_TELEMETRY_REFUSED, code);
    (void)scene_pack(scene, "bad", "telemetry", &report->base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "bad", "context"), 0);
    assert_int_equal(scene_count(scene, "bad", "reply"), 1);
    Drf__V1__Reply *reply = reply_of(scene, "bad");
    assert_int_equal(reply->code, code);
    assert_string_equal(reply->field_path != NULL ? reply->field_path : "", field_path);
    if (text != NULL)
        assert_non_null(strstr(reply->text, text));
    assert_int_equal(reply->count, 1);
    assert_int_equal(reply->answers, 1);
    assert_true(reply->boot_id == SCENE_BOOT_ID);
    drf__v1__reply__free_unpacked(reply, NULL);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_TELEMETRY_REFUSED, code), before + 1);

    // The next message is read: another drone's is answered.
    Drf__V1__Telemetry good = scene_report(scene, 0);
    (void)scene_pack(scene, "good", "telemetry", &good.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "good", "context"), 1);
    assert_int_equal(scene_count(scene, "good", "reply"), 0);
}

// Of the instant at which assert_refused() will send it.
static Drf__V1__Telemetry next_report(const struct scene *scene, uint32_t seq)
{
    Drf__V1__Telemetry report = scene_report(scene, seq);
    report.time_us += 1100 * SCENE_MS;
    return report;
}

static void telemetry__with_values_out_of_range__is_refused_with_the_field(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = next_report(scene, 1);
    report.lat_e7 = 910000000;
    assert_refused(scene, &report, INVALID, "lat_e7", NULL);
    report = next_report(scene, 1);
    report.lon_e7 = 1800000001;
    assert_refused(scene, &report, INVALID, "lon_e7", NULL);
    report = next_report(scene, 1);
    report.has_lat_e7 = 0;
    assert_refused(scene, &report, INVALID, "lat_e7", NULL);
    report = next_report(scene, 1);
    report.alt_wgs84_m = NAN;
    assert_refused(scene, &report, INVALID, "alt_wgs84_m", NULL);
    report = next_report(scene, 1);
    report.velocity_east_mps = INFINITY;
    assert_refused(scene, &report, INVALID, "velocity_east_mps", NULL);
    scene_close(scene);
}

static void telemetry__of_another_time__is_refused_with_how_far(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = next_report(scene, 1);
    report.time_us -= 2001 * SCENE_MS;
    assert_refused(scene, &report, STALE, "time_us", "2.001 s");
    report = next_report(scene, 1);
    report.time_us += 501 * SCENE_MS;
    assert_refused(scene, &report, UNSYNCHRONISED, "time_us", "0.501 s");
    for (int seconds = 17; seconds <= 19; seconds++) {
        report = next_report(scene, 1);
        report.time_us += seconds * SCENE_SECOND;
        assert_refused(scene, &report, UNSYNCHRONISED, "time_us", "GPS");
    }
    // At the very limits it is served.
    scene_clear(scene);
    report = scene_report(scene, 1);
    report.time_us -= 2 * SCENE_SECOND;
    (void)scene_pack(scene, "late", "telemetry", &report.base);
    report = scene_report(scene, 1);
    report.time_us += 500 * SCENE_MS;
    (void)scene_pack(scene, "early", "telemetry", &report.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "late", "context"), 1);
    assert_int_equal(scene_count(scene, "early", "context"), 1);
    scene_close(scene);
}

static void telemetry__without_clock__is_served_on_arrival_and_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    report.time_us = 5;
    report.time_source = 0;
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
    const struct scene_message *message = scene_last(scene, "d-1", "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_true(context->time_from_arrival);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

static void telemetry__of_another_mode__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10); // SIM takes SIM only
    for (uint32_t mode = 1; mode <= 3; mode++) {
        Drf__V1__Telemetry report = next_report(scene, 1);
        SCENE_SET(&report, mode, mode);
        assert_refused(scene, &report, INVALID, "mode", NULL);
    }
    Drf__V1__Telemetry report = next_report(scene, 1);
    SCENE_SET(&report, mode, 0); // unknown is not for flight
    assert_refused(scene, &report, INVALID, "mode", NULL);
    scene_close(scene);
}

static void telemetry__that_goes_back__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 10);
    (void)scene_pack(scene, "bad", "telemetry", &report.base);
    scene_step(scene);
    report = next_report(scene, 10);
    assert_refused(scene, &report, STALE, "seq", NULL);
    report = next_report(scene, 9);
    assert_refused(scene, &report, STALE, "seq", NULL);
    scene_clear(scene);
    report = scene_report(scene, 14);
    (void)scene_pack(scene, "bad", "telemetry", &report.base);
    scene_step(scene);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_TELEMETRY_LOST, 0), 3);
    report = next_report(scene, 15);
    report.time_us = scene->now.utc_us - 1; // before the report of number 14
    assert_refused(scene, &report, STALE, "time_us", NULL);
    scene_close(scene);
}

static void telemetry__whose_counter_jumps__counts_what_can_be_missing(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    static const struct {
        int64_t later_ms;
        uint32_t seq;
        int64_t lost; // in all
    } rows[] = {
        {0, 10, 0},
        {1000, 14, 3},
        {100, UINT32_C(2000000000), 4}, // nobody sent 2e9 reports in 0.1 s
        {100, UINT32_C(2000000001), 4},
        {60000, UINT32_C(2000000302), 304}, // a minute at 5 Hz
        {100, UINT32_MAX, 305},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scene_pass(scene, rows[i].later_ms * SCENE_MS);
        Drf__V1__Telemetry report = scene_report(scene, rows[i].seq);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene_step(scene);
        assert_int_equal(scene_metric(scene, EDGE_METRIC_TELEMETRY_LOST, 0), rows[i].lost);
    }
    assert_int_equal(scene_count(scene, "d-1", "reply"), 0); // each of them was taken
    scene_close(scene);
}

static void telemetry__kept_by_the_broker__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    report.has_time_us = 0;
    scene_pack(scene, "d-1", "telemetry", &report.base)->in.retained = true;
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 0);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, STALE);
    drf__v1__reply__free_unpacked(reply, NULL);
    scene_close(scene);
}

static void telemetry__that_is_no_message__is_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    static const char *const payloads[] = {
        "",   "\xff\xff\xff\xff",   "{",   "{\"lat_e7\":NaN}", "{\"lat_e7\":1,\"lat_e7\":2}",
        "[]", "{\"lat_e7\":1e999}", "{} x"};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        scene_clear(scene);
        scene_pass(scene, 1100 * SCENE_MS);
        (void)scene_bytes(scene, "drf-test/v1/drones/bad/telemetry", payloads[i],
                          strlen(payloads[i]));
        scene_step(scene);
        Drf__V1__Reply *reply = reply_of(scene, "bad");
        assert_int_equal(reply->code, INVALID);
        drf__v1__reply__free_unpacked(reply, NULL);
    }
    assert_int_equal(scene_metric(scene, EDGE_METRIC_TELEMETRY_REFUSED, INVALID),
                     sizeof payloads / sizeof payloads[0]);
    scene_close(scene);
}

static void telemetry__under_an_id_that_is_none__is_counted_and_nobody_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene);
    scene_clear(scene);
    static const char *const ids[] = {"a/b", "+", "#", "-a", "", "a b"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        Drf__V1__Telemetry report = scene_report(scene, 1);
        (void)scene_pack(scene, ids[i], "telemetry", &report.base);
    }
    scene_step(scene);
    assert_int_equal(scene->sent_count, 0);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_TELEMETRY_REFUSED, INVALID),
                     sizeof ids / sizeof ids[0]);
    scene_close(scene);
}

static void refusals__many_in_a_second__are_told_once_with_their_number(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    uint32_t told = 0;
    for (int i = 0; i < 25; i++) { // 10 Hz for two and a half seconds
        Drf__V1__Telemetry report = scene_report(scene, 1);
        report.lat_e7 = 910000000;
        (void)scene_pack(scene, "bad", "telemetry", &report.base);
        scene_step(scene);
        scene_pass(scene, 100 * SCENE_MS);
    }
    scene_run(scene, 2 * SCENE_SECOND);
    assert_in_range(scene_count(scene, "bad", "reply"), 3, 4);
    for (size_t i = 0; i < scene->sent_count; i++)
        if (scene_is(&scene->sent[i], "bad", "reply")) {
            Drf__V1__Reply *reply =
                drf__v1__reply__unpack(NULL, scene->sent[i].size, scene->sent[i].bytes);
            assert_int_equal(reply->code, INVALID);
            told += reply->count;
            drf__v1__reply__free_unpacked(reply, NULL);
        }
    assert_int_equal(told, 25); // none goes untold
    scene_close(scene);
}

// The first is told at once; of those within a second after it the last, with its reason.
static void refusals__counted__say_why_the_last_was_refused(void **state)
{
    (void)state;
    static const struct {
        int count;
        uint32_t seq; // 0: the position is bad
        const char *text;
    } cases[] = {
        {1, 0, "is not on the globe"},
        {3, 0, "is not on the globe (the last of 3 refused)"},
        {2, 4000000000,
         "report 4000000000 goes back: report 4000000001 of the same drone_boot_id was "
         "taken... "
         "(the last of 2 refused)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_open(10);
        Drf__V1__Telemetry report = scene_report(scene, 4000000001);
        SCENE_SET(&report, drone_boot_id, 7);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        SCENE_SET(&report, mode, 1);
        (void)scene_pack(scene, "d-1", "telemetry", &report.base); // told at once
        scene_step(scene);
        assert_int_equal(scene_count(scene, "d-1", "reply"), 1);
        scene_clear(scene);
        report.has_mode = 0;
        if (cases[i].seq == 0)
            report.lat_e7 = 910000000;
        else
            report.seq = cases[i].seq;
        for (int k = 0; k < cases[i].count; k++)
            (void)scene_pack(scene, "d-1", "telemetry", &report.base);
        scene_step(scene);
        assert_int_equal(scene_count(scene, "d-1", "reply"), 0);
        scene_run(scene, 2 * SCENE_SECOND);
        assert_int_equal(scene_count(scene, "d-1", "reply"), 1);
        Drf__V1__Reply *reply = reply_of(scene, "d-1");
        assert_int_equal(reply->count, cases[i].count);
        assert_string_equal(reply->text, cases[i].text);
        assert_string_equal(reply->field_path, cases[i].seq == 0 ? "lat_e7" : "seq");
        drf__v1__reply__free_unpacked(reply, NULL);
        scene_close(scene);
    }
}

static void flood__of_one_id__is_limited_and_others_are_served(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    for (uint32_t seq = 1; seq <= 1000; seq++) {
        Drf__V1__Telemetry report = scene_report(scene, seq);
        (void)scene_pack(scene, "flood", "telemetry", &report.base);
    }
    scene_step(scene);
    scene_step(scene);
    // A second's worth at 50 Hz and the first are taken.
    assert_in_range(scene_metric(scene, EDGE_METRIC_TELEMETRY_REFUSED, LIMITED), 948, 950);
    assert_int_equal(scene_count(scene, "flood", "reply"), 1);
    Drf__V1__Reply *reply = reply_of(scene, "flood");
    assert_int_equal(reply->code, LIMITED);
    assert_true(reply->retry_after_s > 0);
    drf__v1__reply__free_unpacked(reply, NULL);
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "good", "telemetry", &report.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "good", "context"), 1);
    scene_close(scene);
}

static void report_at(struct scene *scene, uint32_t seq, int32_t lat_e7)
{
    Drf__V1__Telemetry report = scene_report(scene, seq);
    report.lat_e7 = lat_e7;
    (void)scene_pack(scene, "d-1", "telemetry", &report.base);
    scene_step(scene);
}

static void outside__each_crossing__is_told_once_and_at_most_every_ten_seconds(void **state)
{
    (void)state;
    enum { INSIDE_E7 = 437900000, OUTSIDE_E7 = 438100000 }; // 1.1 km beyond 43.8 N
    struct scene *scene = scene_open(10);
    uint32_t seq = 1;
    report_at(scene, seq++, INSIDE_E7);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    scene_clear(scene);
    for (int i = 0; i < 30; i++) { // six seconds outside
        scene_pass(scene, 200 * SCENE_MS);
        report_at(scene, seq++, OUTSIDE_E7);
    }
    assert_int_equal(scene_count(scene, "d-1", "context"), 0);
    assert_int_equal(scene_count(scene, "d-1", "reply"), 1);
    Drf__V1__Reply *reply = reply_of(scene, "d-1");
    assert_int_equal(reply->code, OUTSIDE);
    drf__v1__reply__free_unpacked(reply, NULL);
    // In and out again: it hears of that when ten seconds are over, not before.
    scene_pass(scene, 200 * SCENE_MS);
    report_at(scene, seq++, INSIDE_E7);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    for (int i = 0; i < 15; i++) {
        scene_pass(scene, 200 * SCENE_MS);
        report_at(scene, seq++, OUTSIDE_E7);
    }
    assert_int_equal(scene_count(scene, "d-1", "reply"), 1);
    for (int i = 0; i < 100; i++) {
        scene_pass(scene, 200 * SCENE_MS);
        report_at(scene, seq++, OUTSIDE_E7);
    }
    assert_int_equal(scene_count(scene, "d-1", "reply"), 2);
    scene_close(scene);
}

static void table__full_of_drones_that_fly__turns_the_next_away_and_tells_it(void **state)
{
    (void)state;
    struct scene *scene = scene_open(2);
    for (uint32_t seq = 1; seq <= 2; seq++) {
        Drf__V1__Telemetry report = scene_report(scene, seq);
        (void)scene_pack(scene, "a", "telemetry", &report.base);
        (void)scene_pack(scene, "b", "telemetry", &report.base);
        scene_step(scene);
        scene_pass(scene, 200 * SCENE_MS);
    }
    Drf__V1__Telemetry report = scene_report(scene, 1);
    (void)scene_pack(scene, "c", "telemetry", &report.base);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "c", "context"), 0);
    Drf__V1__Reply *reply = reply_of(scene, "c");
    assert_int_equal(reply->code, OVERLOADED);
    assert_true(reply->retry_after_s > 0);
    drf__v1__reply__free_unpacked(reply, NULL);
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_REFUSED, 0), 1);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telemetry__with_values_out_of_range__is_refused_with_the_field),
        cmocka_unit_test(telemetry__of_another_time__is_refused_with_how_far),
        cmocka_unit_test(telemetry__without_clock__is_served_on_arrival_and_told),
        cmocka_unit_test(telemetry__of_another_mode__is_refused),
        cmocka_unit_test(telemetry__that_goes_back__is_refused),
        cmocka_unit_test(telemetry__whose_counter_jumps__counts_what_can_be_missing),
        cmocka_unit_test(telemetry__kept_by_the_broker__is_refused),
        cmocka_unit_test(telemetry__that_is_no_message__is_refused),
        cmocka_unit_test(telemetry__under_an_id_that_is_none__is_counted_and_nobody_told),
        cmocka_unit_test(refusals__many_in_a_second__are_told_once_with_their_number),
        cmocka_unit_test(refusals__counted__say_why_the_last_was_refused),
        cmocka_unit_test(flood__of_one_id__is_limited_and_others_are_served),
        cmocka_unit_test(outside__each_crossing__is_told_once_and_at_most_every_ten_seconds),
        cmocka_unit_test(table__full_of_drones_that_fly__turns_the_next_away_and_tells_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
