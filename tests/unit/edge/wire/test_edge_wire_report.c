// SPDX-License-Identifier: Apache-2.0
// schemas/reports.md: what a report must have, what is refused and by which field, and what is
// sent on of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drf/v1/report.pb-c.h"
#include "edge/wire/wire.h"

#define NOW INT64_C(1700000000000000)
#define DAY INT64_C(86400000000)

static const struct edge_wire_telemetry_rules rules = {
    .now_utc_us = NOW, .stale_us = DAY, .ahead_us = 500000, .mode = DRF_MODE_LIVE};

struct result {
    enum drf_status status;
    struct edge_wire_report report;
    struct edge_wire_refusal refusal;
    char text[65536];
    size_t size;
};

static int open_wire(void **state)
{
    struct edge_wire *wire;
    if (edge_wire_open(&wire) != DRF_OK)
        return -1;
    *state = wire;
    return 0;
}

static int close_wire(void **state)
{
    edge_wire_close(*state);
    return 0;
}

static void decode(struct edge_wire *wire, enum edge_wire_form form, const void *bytes,
                   size_t size, struct result *out)
{
    struct edge_wire_report_text text = {"d1", out->text, sizeof out->text - 1};
    out->status = edge_wire_report_decode(wire, form, bytes, size, &rules, &text, &out->report,
                                          &out->refusal);
    out->size = text.size;
    out->text[out->status == DRF_OK ? text.size : 0] = '\0';
}

static void decode__of_protocol_buffers__is_sent_on_as_json_with_what_the_node_knows(
    void **state)
{
    static struct result r;
    static char correlation[] = "c-1", impostor[] = "somebody";
    Drf__V1__Report m = DRF__V1__REPORT__INIT;
    Drf__V1__WeatherReport weather = DRF__V1__WEATHER_REPORT__INIT;
    uint8_t bytes[256];
    m.has_report_seq = m.has_drone_boot_id = 1;
    m.report_seq = 3;
    m.drone_boot_id = 18446744073709551615U;
    m.correlation = correlation;
    m.drone_id = impostor;
    weather.has_lat_e7 = weather.has_lon_e7 = weather.has_agl_m = weather.has_gust_mps = 1;
    weather.lat_e7 = 470500000;
    weather.lon_e7 = -80500000;
    weather.agl_m = 60.0F;
    weather.gust_mps = 14.5F;
    m.weather = &weather;
    decode(*state, EDGE_WIRE_PROTOBUF, bytes, drf__v1__report__pack(&m, bytes), &r);
    assert_int_equal(r.status, DRF_OK);
    assert_true(r.report.kind == EDGE_REPORT_WEATHER && r.report.report_seq == 3);
    assert_true(r.report.drone_boot_id == UINT64_MAX && r.report.time_utc_us == NOW);
    assert_string_equal(r.report.correlation, "c-1");
    assert_string_equal(
        r.text, "{\"report_seq\":3,\"drone_boot_id\":\"18446744073709551615\","
                "\"time_us\":\"1700000000000000\",\"mode\":1,\"weather\":{\"lat_e7\":470500000,"
                "\"lon_e7\":-80500000,\"agl_m\":60,\"gust_mps\":14.5},\"drone_id\":\"d1\","
                "\"received_us\":\"1700000000000000\"}");
}

static void decode__of_what_is_wrong__names_the_field_and_keeps_the_identity(void **state)
{
#define HEAD "{\"report_seq\":5,\"drone_boot_id\":\"7\",\"correlation\":\"c\","
#define AT "\"lat_e7\":1,\"lon_e7\":1"
    static const struct {
        const char *text, *field_path;
        enum edge_reply_code code;
        uint32_t seq;
    } cases[] = {
        {"{\"drone_boot_id\":\"7\",\"weather\":{" AT "}}", "report_seq", EDGE_REPLY_INVALID, 0},
        {"{\"report_seq\":5,\"weather\":{" AT "}}", "drone_boot_id", EDGE_REPLY_INVALID, 5},
        {HEAD "\"weather\":{" AT ",\"agl_m\":1}}", "weather", EDGE_REPLY_INVALID, 5},
        {HEAD "\"weather\":{" AT ",\"wind_mps\":1}}", "weather.alt_amsl_m", EDGE_REPLY_INVALID,
         5},
        {HEAD "\"weather\":{" AT ",\"agl_m\":1,\"temperature_k\":20}}", "weather.temperature_k",
         EDGE_REPLY_INVALID, 5},
        {HEAD "\"weather\":{" AT ",\"agl_m\":1,\"icing\":true,\"wind_from_deg_true\":1}}",
         "weather.wind_mps", EDGE_REPLY_INVALID, 5},
        {HEAD "\"obstacle\":{\"lat_e7\":1}}", "obstacle.lon_e7", EDGE_REPLY_INVALID, 5},
        {HEAD "\"landing\":{" AT "}}", "landing.result", EDGE_REPLY_INVALID, 5},
        {HEAD "\"json\":\"1\"}", "schema", EDGE_REPLY_INVALID, 5},
        {HEAD "\"schema\":\"s\",\"json\":\"[1,]\"}", "json", EDGE_REPLY_INVALID, 5},
        {HEAD "\"schema\":\"s\",\"json\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}", "json",
         EDGE_REPLY_INVALID, 5},
        {HEAD "\"obstacle\":{" AT "},\"landing\":{" AT ",\"result\":1}}", "",
         EDGE_REPLY_INVALID, 5},
        {HEAD "\"mode\":4,\"obstacle\":{" AT "}}", "mode", EDGE_REPLY_INVALID, 5},
        {HEAD "\"time_us\":\"1699913599999999\",\"obstacle\":{" AT "}}", "time_us",
         EDGE_REPLY_STALE, 5},
        {HEAD "\"time_us\":\"1700000000500001\",\"obstacle\":{" AT "}}", "time_us",
         EDGE_REPLY_TIME_UNSYNCHRONISED, 5},
        {"[]", "", EDGE_REPLY_INVALID, 0},
    };
    static struct result r;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        decode(*state, EDGE_WIRE_JSON, cases[i].text, strlen(cases[i].text), &r);
        if (r.status == DRF_OK || r.refusal.code != cases[i].code
            || strcmp(r.refusal.field_path, cases[i].field_path) != 0
            || r.report.report_seq != cases[i].seq || r.refusal.text[0] == '\0')
            fail_msg("%s: %d %s %s", cases[i].text, (int)r.refusal.code, r.refusal.field_path,
                     r.refusal.text);
    }
}

static void decode__of_json__is_bounded_and_comes_through_as_it_is(void **state)
{
    static struct result r;
    static char text[20000];
    for (size_t size = 8191; size <= 8193; size++) {
        int length = snprintf(text, sizeof text,
                              "{\"report_seq\":5,\"drone_boot_id\":\"7\",\"schema\":\"a/1\","
                              "\"json\":\"\\\"%0*d\\\"\"}",
                              (int)size - 2, 7); // a text of digits in quotes
        decode(*state, EDGE_WIRE_JSON, text, (size_t)length, &r);
        assert_int_equal(r.status == DRF_OK, size <= 8192);
    }
    static const char nested[] = "{\"report_seq\":5,\"drone_boot_id\":\"7\",\"schema\":\"a/1\","
                                 "\"json\":\"{\\\"a\\\": [1, \\\"\\u00e9\\\"]}\"}";
    decode(*state, EDGE_WIRE_JSON, nested, sizeof nested - 1, &r);
    assert_int_equal(r.status, DRF_OK);
    assert_string_equal(r.report.schema, "a/1");
    assert_non_null(strstr(r.text, "\"schema\":\"a/1\",\"json\":\"{\\\"a\\\": [1, \\\"\xc3\xa9"
                                   "\\\"]}\""));
}

int main(void)
{
#define WITH_WIRE(test) cmocka_unit_test_setup_teardown(test, open_wire, close_wire)
    const struct CMUnitTest tests[] = {
        WITH_WIRE(decode__of_protocol_buffers__is_sent_on_as_json_with_what_the_node_knows),
        WITH_WIRE(decode__of_what_is_wrong__names_the_field_and_keeps_the_identity),
        WITH_WIRE(decode__of_json__is_bounded_and_comes_through_as_it_is),
    };
    return cmocka_run_group_tests_name("edge/wire_report", tests, NULL, NULL);
}
