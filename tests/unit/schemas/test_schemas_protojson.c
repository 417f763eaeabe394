// SPDX-License-Identifier: Apache-2.0
// What is no ProtoJSON, and what is said of it. Numbers, names and fields are tested where they
// are used, in tests/unit/edge/wire.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protojson__that_is_not_read__says_why),
    };
    return cmocka_run_group_tests_name("schemas/protojson", tests, NULL, NULL);
}
