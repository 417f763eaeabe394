// SPDX-License-Identifier: Apache-2.0
// What is gathered is a drf.v1.TelemetryCapture as the generated code reads it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drf/v1/report.pb-c.h"
#include "edge/serve/capture.h"

static void add__of_both_forms__is_read_by_the_generated_code(void **state)
{
    (void)state;
    struct edge_capture *capture;
    Drf__V1__Telemetry telemetry = DRF__V1__TELEMETRY__INIT;
    uint8_t packed[64];
    static const char json[] = "{\"seq\": 2}";
    telemetry.has_seq = telemetry.has_lat_e7 = 1;
    telemetry.seq = 1;
    telemetry.lat_e7 = -470500000;
    const size_t size = drf__v1__telemetry__pack(&telemetry, packed);
    assert_int_equal(edge_capture_open(&capture), DRF_OK);
    assert_int_equal(capture->due_mono_us, INT64_MAX);
    const struct edge_captured both[] = {
        {.drone = "d1", .received_utc_us = 1700000000000000, .payload = packed, .size = size},
        {.drone = "d2",
         .received_utc_us = 1700000000000001,
         .payload = (const uint8_t *)json,
         .size = sizeof json - 1,
         .json = true}};
    assert_int_equal(edge_capture_add(capture, &both[0], 5), DRF_OK);
    assert_int_equal(edge_capture_add(capture, &both[1], 9), DRF_OK);
    assert_int_equal(capture->due_mono_us, 5); // of the first
    Drf__V1__TelemetryCapture *read =
        drf__v1__telemetry_capture__unpack(NULL, capture->size, capture->bytes);
    assert_non_null(read);
    assert_int_equal(read->n_telemetry, 2);
    assert_string_equal(read->telemetry[0]->drone_id, "d1");
    assert_int_equal(read->telemetry[0]->received_us, 1700000000000000);
    assert_int_equal(read->telemetry[0]->telemetry->lat_e7, -470500000);
    assert_null(read->telemetry[0]->json);
    assert_string_equal(read->telemetry[1]->drone_id, "d2");
    assert_string_equal(read->telemetry[1]->json, json);
    drf__v1__telemetry_capture__free_unpacked(read, NULL);
    edge_capture_close(capture);
}

static void add__of_more_than_fit__is_full_and_of_one_too_large_refused(void **state)
{
    (void)state;
    struct edge_capture *capture;
    uint8_t *bytes = calloc(1, EDGE_CAPTURE_BYTES);
    assert_int_equal(edge_capture_open(&capture), DRF_OK);
    struct edge_captured one = {.drone = "d1", .payload = bytes, .size = 20000, .json = true};
    assert_int_equal(edge_capture_add(capture, &one, 1), DRF_OK);
    assert_int_equal(edge_capture_add(capture, &one, 1), DRF_OK);
    assert_int_equal(edge_capture_add(capture, &one, 1), DRF_ERR_FULL);
    edge_capture_clear(capture);
    assert_int_equal(edge_capture_add(capture, &one, 1), DRF_OK);
    one.size = EDGE_CAPTURE_BYTES;
    assert_int_equal(edge_capture_add(capture, &one, 1), DRF_ERR_RANGE);
    edge_capture_close(capture);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__of_both_forms__is_read_by_the_generated_code),
        cmocka_unit_test(add__of_more_than_fit__is_full_and_of_one_too_large_refused),
    };
    return cmocka_run_group_tests_name("edge/capture", tests, NULL, NULL);
}
