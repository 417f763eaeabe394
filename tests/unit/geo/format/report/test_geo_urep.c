// SPDX-License-Identifier: Apache-2.0
// Reports as a node writes them (schemas/reports.md), and what must be refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/decode.h"
#include "geo/record/station.h"

#define HEAD                                                                                   \
    "{\"report_seq\":1,\"drone_boot_id\":\"7\",\"time_us\":\"1790000000000000\",\"mode\":1,"
#define TAIL "},\"drone_id\":\"d1\",\"received_us\":\"1790000000000100\"}"

struct decoded {
    enum drf_status status;
    struct geo_note why;
    struct geo_record_builder builder;
    struct geo_station station; // id "" : none
};

static void open_text(struct decoded *d, const char *text)
{
    const struct geo_decode_params params = {
        .format = GEO_FORMAT_UREP, .keep = {8.0, 47.0, 8.1, 47.1}, .size_max_bytes = 65536};
    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0;
    *d = (struct decoded){.status = DRF_OK};
    geo_record_builder_init(&d->builder, 1 << 16);
    d->status = geo_decode(&params, (const uint8_t *)text, strlen(text), &d->builder, &d->why);
    if (d->status != DRF_OK)
        return;
    assert_int_equal(geo_record_finish(&d->builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    while (geo_record_next(record, &cursor, &item))
        if (item.kind == GEO_ITEM_STATION)
            d->station = *(const struct geo_station *)item.payload;
}

static void close_text(struct decoded *d) { geo_record_builder_close(&d->builder); }

static void decode__a_whole_report__is_a_station_where_it_was_measured(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, HEAD "\"weather\":{\"lat_e7\":470500000,\"lon_e7\":80500000,"
                       "\"alt_amsl_m\":520.5,\"agl_m\":60,\"wind_mps\":9.5,"
                       "\"wind_from_deg_true\":250,\"gust_mps\":14,\"temperature_k\":281.5,"
                       "\"dew_point_k\":278,\"visibility_m\":8000,\"pressure_pa\":95000" TAIL);
    assert_int_equal(d.status, DRF_OK);
    const struct geo_station *s = &d.station;
    assert_string_equal(s->id, "d1");
    assert_true(s->position.lat_deg == 47.05 && s->position.lon_deg == 8.05);
    assert_true(s->observed_utc_us == INT64_C(1790000000000000));
    assert_int_equal(s->flags, GEO_STATION_PLACED | GEO_STATION_MEASURED_AGL
                                   | GEO_STATION_HAS_ELEVATION | GEO_STATION_HAS_WIND
                                   | GEO_STATION_HAS_WIND_FROM | GEO_STATION_HAS_GUST
                                   | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_DEW_POINT
                                   | GEO_STATION_HAS_VISIBILITY);
    assert_int_equal(s->measured_dm, 600);
    assert_true(s->elevation_amsl_m == 460.5 && s->wind_speed_mps == 9.5);
    assert_true(s->wind_from_deg_true == 250.0 && s->gust_mps == 14.0);
    assert_true(s->temperature_k == 281.5 && s->dew_point_k == 278.0);
    assert_true(s->visibility_m == 8000.0 && s->qnh_pa == 0.0);
    close_text(&d);
}

static void decode__without_height_over_ground__says_the_height_over_the_sea(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, HEAD "\"weather\":{\"lat_e7\":470500000,\"lon_e7\":80500000,"
                       "\"alt_amsl_m\":-12.3,\"wind_mps\":0" TAIL);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.station.flags,
                     GEO_STATION_PLACED | GEO_STATION_MEASURED_AMSL | GEO_STATION_HAS_WIND);
    assert_int_equal(d.station.measured_dm, -123);
    close_text(&d);
}

static void decode__outside_what_is_kept__is_there_and_flagged(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, HEAD "\"weather\":{\"lat_e7\":480000000,\"lon_e7\":80500000,\"agl_m\":1,"
                       "\"wind_mps\":1" TAIL);
    assert_int_equal(d.status, DRF_OK);
    assert_true((d.station.flags & GEO_STATION_OUTSIDE) != 0);
    close_text(&d);
}

static void decode__two_long_names_with_one_beginning__are_two_stations(void **state)
{
    (void)state;
    static const char format[] = HEAD "\"weather\":{\"lat_e7\":470500000,\"lon_e7\":80500000,"
                                      "\"agl_m\":1,\"wind_mps\":1},\"drone_id\":\"%s\"}";
    static const char *const names[] = {"a-very-long-name-of-a-drone-no-0001",
                                        "a-very-long-name-of-a-drone-no-0002"};
    struct decoded d[2];
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, format, names[i]);
        open_text(&d[i], text);
        assert_int_equal(d[i].status, DRF_OK);
        assert_memory_equal(d[i].station.id, "a-very~", 7);
    }
    assert_string_not_equal(d[0].station.id, d[1].station.id);
    close_text(&d[0]);
    close_text(&d[1]);
}

static void decode__what_is_no_weather_report__is_refused_with_the_reason(void **state)
{
    (void)state;
#define AT "\"weather\":{\"lat_e7\":470500000,\"lon_e7\":80500000,"
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } cases[] = {
        {"[]", GEO_REFUSAL_FORMAT},
        {"{", GEO_REFUSAL_FORMAT},
        {HEAD "\"obstacle\":{\"lat_e7\":1" TAIL, GEO_REFUSAL_IGNORED},
        {HEAD AT "\"agl_m\":1" TAIL, GEO_REFUSAL_NO_VALUES},
        {HEAD AT "\"wind_mps\":1" TAIL, GEO_REFUSAL_FORMAT},
        {HEAD AT "\"agl_m\":1,\"wind_mps\":151" TAIL, GEO_REFUSAL_RANGE},
        {HEAD AT "\"agl_m\":1,\"wind_mps\":\"5\"" TAIL, GEO_REFUSAL_FORMAT},
        {HEAD AT "\"agl_m\":1,\"wind_from_deg_true\":5" TAIL, GEO_REFUSAL_FORMAT},
        {HEAD "\"weather\":{\"lat_e7\":900000001,\"lon_e7\":1,\"agl_m\":1,\"wind_mps\":1" TAIL,
         GEO_REFUSAL_RANGE},
        {HEAD "\"weather\":{\"lon_e7\":1,\"agl_m\":1,\"wind_mps\":1" TAIL, GEO_REFUSAL_FORMAT},
        {"{\"time_us\":\"1\"," AT "\"agl_m\":1,\"wind_mps\":1}}", GEO_REFUSAL_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        open_text(&d, cases[i].text);
        if (d.status == DRF_OK || d.why.code != cases[i].code)
            fail_msg("%s: %u %s", cases[i].text, d.why.code, d.why.text);
        close_text(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__a_whole_report__is_a_station_where_it_was_measured),
        cmocka_unit_test(decode__without_height_over_ground__says_the_height_over_the_sea),
        cmocka_unit_test(decode__outside_what_is_kept__is_there_and_flagged),
        cmocka_unit_test(decode__two_long_names_with_one_beginning__are_two_stations),
        cmocka_unit_test(decode__what_is_no_weather_report__is_refused_with_the_reason),
    };
    return cmocka_run_group_tests_name("geo/urep", tests, NULL, NULL);
}
