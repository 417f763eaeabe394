// SPDX-License-Identifier: Apache-2.0
// What is no ProtoJSON, and what is said of it. Numbers, names and fields are tested where they
// are used, in tests/unit/edge/wire.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/telemetry.pb-c.h"
#include "schemas/protojson.h"

static void protojson__that_is_not_read__says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{\"lat_e7\":1,\"lat_e7\":1}", "\"lat_e7\" is there twice: line 1, column 20"},
        {"{\"seen\":{\"x\":1,\n\"x\" : 2}}", "\"x\" is there twice: line 2, column 3"},
        {"{\"\u20ac\":1,\"\u20ac\":2}",
         "a name is there twice in one object: line 1, column 10"},
        {"{\"lat_e7\":NaN}", "NaN and infinity are not read: line 1, column 13"},
        {"{\"lat_e7\":-Infinity}", "NaN and infinity are not read: line 1, column 11"},
        {"{\"lat_e7\":[1,inf]}", "NaN and infinity are not read: line 1, column 16"},
        {"{\"lat_e7\":Nancy}", "not JSON: line 1, column 15"},
        {"{\"lat_e7\":1e999}", "a number is too large: line 1, column 15"},
        {"{\"lat_e7\":", "not JSON: line 1, column 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ProtobufCMessage *message = NULL;
        struct schemas_protojson_error error;
        assert_int_equal(schemas_protojson_decode(&drf__v1__telemetry__descriptor,
                                                  cases[i].text, strlen(cases[i].text), NULL,
                                                  &message, &error),
                         DRF_ERR_SYNTAX);
        assert_null(message);
        assert_string_equal(error.text, cases[i].said);
        assert_string_equal(error.field_path, "");
    }
}

// As a float is written: the fewest digits, 6 at least, that read back as the same.
static void fewest(float value, char out[static 40])
{
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(out, 40, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value)
            return;
    }
}

static void assert_fewest(float value)
{
    Drf__V1__Telemetry message = DRF__V1__TELEMETRY__INIT;
    char text[64], number[40], expected[64];
    size_t size = sizeof text;
    message.has_alt_amsl_m = 1;
    message.alt_amsl_m = value;
    assert_int_equal(schemas_protojson_encode(&message.base, text, &size), DRF_OK);
    fewest(value, number);
    int length = snprintf(expected, sizeof expected, "{\"alt_amsl_m\":%s}", number);
    if (size != (size_t)length || memcmp(text, expected, size) != 0)
        fail_msg("%.*s is not %s", (int)size, text, expected);
}

static void protojson__of_a_float__has_the_fewest_digits_that_read_back(void **state)
{
    (void)state;
    uint32_t bits = 12345;
    for (int i = 0; i < 400000; i++) { // of any size
        bits = bits * UINT32_C(1664525) + UINT32_C(1013904223);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value) && value != 0.0F)
            assert_fewest(value);
    }
    for (int exponent = -6; exponent <= 12; exponent++) // where digits carry, and beside
        for (int side = 0; side < 2; side++) {
            float value = powf(10.0F, (float)exponent);
            for (int i = 0; i < 100; i++) {
                assert_fewest(value);
                value = nextafterf(value, side ? 0.0F : INFINITY);
            }
        }
    for (int i = -200000; i < 200000; i++) { // as heights, times and winds are
        assert_fewest((float)i * 0.01F + 0.001F);
        assert_fewest((float)i / 7.0F + 0.01F);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protojson__that_is_not_read__says_why),
        cmocka_unit_test(protojson__of_a_float__has_the_fewest_digits_that_read_back),
    };
    return cmocka_run_group_tests_name("schemas/protojson", tests, NULL, NULL);
}
