// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root/track_gate.h"
#include "geo/format/traffic/readsb.h"
#include "tests/support/real_data.h"

#define SECOND_US INT64_C(1000000)

// Northward at 100 m/s along a meridian: 0.001 degrees are 111 m.
static struct geo_track report(double lat_deg, double after_s)
{
    struct geo_track track = {
        .id = "ac671b",
        .position = {.lat_deg = lat_deg, .lon_deg = -79.0},
        .time_utc_us = INT64_C(1700000000) * SECOND_US + (int64_t)(after_s * 1e6),
        .velocity_north_mps = 100.0,
        .alt_pressure_m = 1000.0,
        .horizontal_acc95_m = 30.0,
        .flags = GEO_TRACK_VELOCITY | GEO_TRACK_PRESSURE,
    };
    return track;
}

static enum fusion_gate weigh(struct fusion_track_gate *gate, double lat_deg, double after_s)
{
    struct geo_track track = report(lat_deg, after_s);
    return fusion_track_gate(gate, &track);
}

static void gate__a_flight__passes(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    for (int i = 0; i < 20; i++)
        assert_int_equal(weigh(&gate, 43.0 + i * 0.0009, i), FUSION_GATE_PASSED);
    assert_int_equal(weigh(&gate, 43.0 + 19 * 0.0009, 19), FUSION_GATE_DUPLICATE);
    assert_int_equal(weigh(&gate, 43.0 + 10 * 0.0009, 10), FUSION_GATE_BACKWARDS);
}

static void gate__an_accuracy_of_miles__lets_nobody_jump_them(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    struct geo_track unsure = report(43.0, 0);
    unsure.horizontal_acc95_m = 18520.0; // category 0 of DO-260B, of a feed of 75 m
    unsure.horizontal_default_acc95_m = 75.0;
    assert_int_equal(fusion_track_gate(&gate, &unsure), FUSION_GATE_PASSED);
    unsure.position.lat_deg = 43.1; // 11 km in a second
    unsure.time_utc_us += SECOND_US;
    assert_int_equal(fusion_track_gate(&gate, &unsure), FUSION_GATE_JUMP);
}

static void gate__one_impossible_report__is_refused_and_the_next_true_one_is_not(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    assert_int_equal(weigh(&gate, 43.0, 0), FUSION_GATE_PASSED);
    assert_int_equal(weigh(&gate, 43.5, 1), FUSION_GATE_JUMP); // 55 km in a second
    assert_int_equal(weigh(&gate, 43.0018, 2), FUSION_GATE_PASSED);
    struct geo_track high = report(43.0027, 3);
    high.alt_pressure_m = 9000.0;
    assert_int_equal(fusion_track_gate(&gate, &high), FUSION_GATE_JUMP);
    struct geo_track fast = report(43.0027, 3);
    fast.velocity_east_mps = 900.0;
    assert_int_equal(fusion_track_gate(&gate, &fast), FUSION_GATE_SPEED);
    assert_int_equal(weigh(&gate, 43.0027, 3), FUSION_GATE_PASSED);
}

static void gate__reports_that_agree_with_each_other__are_believed(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    assert_int_equal(weigh(&gate, 43.0, 0), FUSION_GATE_PASSED); // the one that was wrong
    assert_int_equal(weigh(&gate, 44.0, 1), FUSION_GATE_JUMP);
    assert_int_equal(weigh(&gate, 44.0009, 2), FUSION_GATE_JUMP);
    assert_int_equal(weigh(&gate, 44.0018, 3), FUSION_GATE_PASSED);
    assert_int_equal(weigh(&gate, 44.0027, 4), FUSION_GATE_PASSED);
    // wild ones never agree
    for (int i = 0; i < 10; i++)
        assert_int_equal(weigh(&gate, 45.0 + i, 5 + i), FUSION_GATE_JUMP);
}

static void gate__older_reports_that_agree__never_replace_a_newer_one(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    assert_int_equal(weigh(&gate, 43.0, 10), FUSION_GATE_PASSED);
    for (int i = 0; i < 9; i++) // another receiver, ten seconds late
        assert_int_equal(weigh(&gate, 42.99 + i * 0.0009, 1 + i), FUSION_GATE_BACKWARDS);
    assert_true(gate.taken.position.lat_deg == 43.0);
    assert_int_equal(weigh(&gate, 43.0009, 11), FUSION_GATE_PASSED);
}

static void gate__a_late_second_receiver__never_turns_the_track_back(void **state)
{
    (void)state;
    struct fusion_track_gate gate = {.agreed = 0};
    for (int i = 0; i < 20; i++) {
        assert_int_equal(weigh(&gate, 43.0 + i * 0.0009, i), FUSION_GATE_PASSED);
        if (i > 0)
            assert_int_equal(weigh(&gate, 43.0 + (i - 0.5) * 0.0009, i - 0.5),
                             FUSION_GATE_BACKWARDS);
    }
}

// A flight of five hours as it was received: nothing in it is impossible.
static void gate__a_real_flight__passes_whole(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data("traffic/readsb_trace_full_ac671b.json", &size);
    if (bytes == NULL)
        skip();
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .default_horizontal_acc95_m = 75};
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_note why;
    geo_record_builder_init(&builder, 1 << 24);
    assert_int_equal(geo_readsb_decode(&params, bytes, size, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    struct fusion_track_gate gate = {.agreed = 0};
    unsigned counts[FUSION_GATE_COUNT] = {0};
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == GEO_ITEM_TRACK)
            counts[fusion_track_gate(&gate, item.payload)]++;
    assert_true(counts[FUSION_GATE_PASSED] > 1000);
    assert_int_equal(counts[FUSION_GATE_JUMP], 0);
    assert_int_equal(counts[FUSION_GATE_SPEED], 0);
    assert_int_equal(counts[FUSION_GATE_BACKWARDS], 0);
    geo_record_builder_close(&builder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate__a_flight__passes),
        cmocka_unit_test(gate__an_accuracy_of_miles__lets_nobody_jump_them),
        cmocka_unit_test(gate__one_impossible_report__is_refused_and_the_next_true_one_is_not),
        cmocka_unit_test(gate__reports_that_agree_with_each_other__are_believed),
        cmocka_unit_test(gate__older_reports_that_agree__never_replace_a_newer_one),
        cmocka_unit_test(gate__a_late_second_receiver__never_turns_the_track_back),
        cmocka_unit_test(gate__a_real_flight__passes_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
