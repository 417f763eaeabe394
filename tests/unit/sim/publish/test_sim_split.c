// SPDX-License-Identifier: Apache-2.0
// How files of features become messages, and which time of their own they have.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/publish/dof_split.h"
#include "sim/publish/json_split.h"
#include "sim/publish/provide.h"

#define FEATURE(id, agl)                                                                       \
    "{\"type\":\"Feature\",\"id\":" id ",\"properties\":{\"agl_m\":" agl "},\"geometry\":"     \
    "null}"

static struct sim_batch split(const char *text)
{
    struct sim_batch batch = {0};
    assert_int_equal(sim_json_split("f", (const uint8_t *)text, strlen(text), &batch), DRF_OK);
    return batch;
}

static void split__two_features_of_one_id__go_out_in_one_message(void **state)
{
    (void)state;
    struct sim_batch batch = split(
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("\"m\"", "1") "," FEATURE(
            "\"n\"", "2") "," FEATURE("\"m\"", "3") "," FEATURE("null", "4") "]}");
    assert_int_equal(batch.count, 3);
    assert_string_equal(batch.messages[0].key, "m");
    assert_string_equal(batch.messages[1].key, "n");
    assert_string_equal(batch.messages[2].key, "f/feature-4");
    char text[512] = "";
    assert_true(batch.messages[0].size < sizeof text);
    memcpy(text, batch.messages[0].value, batch.messages[0].size);
    assert_non_null(strstr(text, "FeatureCollection"));
    assert_non_null(strstr(text, "\"agl_m\":1"));
    assert_non_null(strstr(text, "\"agl_m\":3"));
    sim_batch_close(&batch);
}

static void split__a_byte_order_mark__is_passed_over(void **state)
{
    (void)state;
    struct sim_batch batch = split(
        "\xef\xbb\xbf{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("7", "1") "]}");
    assert_int_equal(batch.count, 1);
    assert_string_equal(batch.messages[0].key, "7");
    sim_batch_close(&batch);
}

// date -u -d '2024-02-18' +%s
#define FEBRUARY_18 INT64_C(1708214400000000)

static int64_t dof(const char *text)
{
    int64_t utc_us = -1;
    bool known = sim_dof_issued((const uint8_t *)text, strlen(text), &utc_us);
    assert_int_equal(known, utc_us != -1);
    return utc_us;
}

static int64_t json(const char *text)
{
    int64_t utc_us = -1;
    bool known = sim_json_issued((const uint8_t *)text, strlen(text), &utc_us);
    assert_int_equal(known, utc_us != -1);
    return utc_us;
}

static void issued__is_what_the_file_says_and_nothing_else(void **state)
{
    (void)state;
    assert_true(dof("  CURRENCY DATE = 02/18/24\r\n   LATITUDE") == FEBRUARY_18);
    assert_true(dof("  CURRENCY DATE = 02/18/24   SIMULATED, drf_mode=SIM\r\n") == FEBRUARY_18);
    assert_true(dof("  CURRENCY DATE = 18/02/24\r\n") == -1);
    assert_true(dof("36-020752 O US NY NEW YORK\r\n  CURRENCY DATE = 02/18/24") == -1);
    assert_true(dof("") == -1);
    assert_true(json("{\"createdAt\":\"2024-02-18T00:00:00Z\",\"UASZoneList\":[]}")
                == FEBRUARY_18);
    assert_true(json("{\"metadata\":{\"issued\":\"2024-02-18T01:00:00+01:00\"}}")
                == FEBRUARY_18);
    assert_true(json("{\"createdAt\":7}") == -1);
    assert_true(json("[]") == -1);
}

static const char *source_of(enum sim_file_kind kind, const char *asked, const char *text)
{
    const struct sim_provider provider = {.kind = kind, .source = asked};
    return sim_provider_source(&provider, "nowhere/file", (const uint8_t *)text, strlen(text));
}

static void source__is_this_program_for_what_is_simulated_only(void **state)
{
    (void)state;
    static const char real[] = "  CURRENCY DATE = 02/18/24\r\n---------\r\n";
    static const char simulated[] =
        "  CURRENCY DATE = 02/18/24   drf_mode=SIM\r\n---------\r\n";
    assert_null(source_of(SIM_FILE_DOF, NULL, real));
    assert_string_equal(source_of(SIM_FILE_DOF, NULL, simulated), "drf-sim");
    assert_string_equal(source_of(SIM_FILE_DOF, "faa", real), "faa");
    assert_string_equal(source_of(SIM_FILE_DOF, "", simulated), ""); // none, when asked for
    assert_null(source_of(SIM_FILE_HGT, NULL, ""));
    assert_null(source_of(SIM_FILE_GEOJSON, NULL, "{\"type\":\"FeatureCollection\"}"));
    assert_string_equal(source_of(SIM_FILE_GEOJSON, NULL, "{\"drf_mode\":\"SIM\"}"), "drf-sim");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split__two_features_of_one_id__go_out_in_one_message),
        cmocka_unit_test(split__a_byte_order_mark__is_passed_over),
        cmocka_unit_test(source__is_this_program_for_what_is_simulated_only),
        cmocka_unit_test(issued__is_what_the_file_says_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
