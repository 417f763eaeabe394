// SPDX-License-Identifier: Apache-2.0
// What a message says of itself beside its quantity: WMO No. 306, FM 92 GRIB, code tables 1.2
// to 1.4 and 4.3; the envelopes of WMO No. 386. Values of the real file by `grib_ls -l` of
// ecCodes.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/decode.h"
#include "geo/format/grib/grib_origin.h"
#include "geo/plane.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

#define TEST_STATUS "cases/weather/production_status_test.grib2"
#define ERROR_FIELD "cases/weather/generating_process_error.grib2"
#define NDFD "cases/weather/ndfd_maxt.bin"
#define HOUR_US (INT64_C(3600) * 1000000)

static const struct geo_decode_params world = {
    .format = GEO_FORMAT_GRIB,
    .keep = {-180, -90, 180, 90},
    .pixels_max = 5000000,
    .size_max_bytes = 1 << 26,
    .record_max_bytes = 1 << 26,
};

struct decoded {
    enum drf_status status;
    struct geo_note why, note;
    struct geo_record_builder builder;
    struct geo_record record;
    unsigned fields, refused;
};

static void decode(struct decoded *d, const struct geo_decode_params *params,
                   const uint8_t *bytes, size_t size)
{
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 26);
    d->status = geo_decode(params, bytes, size, &d->builder, &d->why);
    if (d->status != DRF_OK)
        return;
    assert_int_equal(geo_record_finish(&d->builder, &d->record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d->record, &cursor, &item)) {
        d->fields += item.kind == GEO_ITEM_FIELD;
        if (item.kind != GEO_ITEM_NOTE)
            continue;
        d->note = *(const struct geo_note *)item.payload;
        d->refused += d->note.code != GEO_REFUSAL_IGNORED;
    }
}

static uint8_t *file(const char *name, size_t *size)
{
    uint8_t *bytes = real_data(name, size);
    if (bytes == NULL)
        skip();
    return bytes;
}

static void decode__a_test_product__is_for_nodes_that_take_tests(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = file(TEST_STATUS, &size);
    struct decoded d;
    struct geo_decode_params live = world;
    live.refuse_test = true;
    decode(&d, &live, bytes, size);
    assert_int_not_equal(d.status, DRF_OK);
    assert_int_equal(d.why.code, GEO_REFUSAL_MODE);
    geo_record_builder_close(&d.builder);
    decode(&d, &world, bytes, size);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.fields, 1);
    geo_record_builder_close(&d.builder);
    // The same message as operational data, or without a status: octet 20 of section 1.
    for (int status = 0; status <= 255; status += 255) {
        bytes[16 + 19] = (uint8_t)status;
        decode(&d, &live, bytes, size);
        assert_int_equal(d.status, DRF_OK);
        geo_record_builder_close(&d.builder);
    }
    // Research, re-analysis: only where the feed says so; its test at no live node.
    for (int status = 2; status <= 5; status += status == 3 ? 2 : 1) {
        bytes[16 + 19] = (uint8_t)status;
        decode(&d, &live, bytes, size);
        assert_int_equal(d.why.code, status == 5 ? GEO_REFUSAL_MODE : GEO_REFUSAL_UNSUPPORTED);
        assert_true(status == 5 || strstr(d.why.text, "production_status") != NULL);
        geo_record_builder_close(&d.builder);
        struct geo_decode_params listed = live;
        listed.production_statuses[0] = (uint8_t)(1 << status);
        decode(&d, &listed, bytes, size);
        if (d.status != DRF_OK && status != 5)
            fail_msg("status %d: %s", status, d.why.text);
        assert_int_equal(d.status == DRF_OK, status != 5);
        geo_record_builder_close(&d.builder);
    }
    free(bytes);
}

static void decode__a_generating_process_of_no_values__is_passed_over_by_name(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = file(ERROR_FIELD, &size);
    struct decoded d;
    decode(&d, &world, bytes, size);
    assert_int_not_equal(d.status, DRF_OK);
    assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED);
    assert_non_null(strstr(d.why.text, "generating process 7"));
    geo_record_builder_close(&d.builder);
    free(bytes);
}

static void check__tables_1_2_1_4_and_4_3__pass_values_of_the_weather_only(void **state)
{
    (void)state;
    struct geo_note why;
    const struct geo_grib_product good = {.edition = 2, .significance = 1, .process = 2};
    assert_int_equal(geo_grib_origin_check(&good, &world, &why), DRF_OK);
    static const int64_t errors[] = {4, 5, 6, 7, 9, 10, 11, 18, 20, 21, 22, 192, 254};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct geo_grib_product p = good;
        p.process = errors[i];
        assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_ERR_ABSENT);
    }
    static const int64_t members[] = {4, 5, 8, 9, 192};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct geo_grib_product p = good;
        p.data = members[i];
        assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_ERR_ABSENT);
    }
    // A forecast time added to a verifying time would be wrong; local time is no UTC.
    struct geo_grib_product p = good;
    p.significance = 2;
    assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_OK);
    p.forecast = 6;
    assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_ERR_SYNTAX);
    p.significance = 255;
    assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_ERR_SYNTAX);
    p.significance = 4;
    p.forecast = 0;
    assert_int_equal(geo_grib_origin_check(&p, &world, &why), DRF_ERR_SYNTAX);
}

static void decode__ndfd__is_a_maximum_over_twelve_hours(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = file(NDFD, &size);
    struct geo_decode_params kansas = world;
    kansas.keep = (struct geo_bounds){-98.5, 38.5, -97.5, 39.5};
    static const double kelvin[] = {297.6, 296.5, 299.3, 301.5};
    const int64_t run_us = INT64_C(1317333600) * 1000000; // 2011-09-29T22Z
    struct decoded d;
    decode(&d, &kansas, bytes, size);
    if (d.status != DRF_OK)
        fail_msg("%s", d.why.text);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.fields, 4);
    assert_int_equal(d.refused, 0);
    size_t cursor = 0;
    struct geo_item item;
    for (int at = 0; geo_record_next(d.record, &cursor, &item); at++) {
        assert_int_equal(item.kind, GEO_ITEM_FIELD);
        const struct geo_field *field = item.payload;
        assert_int_equal(field->variable, GEO_TEMPERATURE);
        assert_int_equal(field->statistic, GEO_STATISTIC_MAXIMUM);
        // Octets 35 to 41: the end is 00Z of the 30th and so on; the length is 12 hours.
        assert_int_equal(field->valid_from_utc_us, run_us + (24 * at - 10) * HOUR_US);
        assert_int_equal(field->valid_until_utc_us, run_us + (24 * at + 2) * HOUR_US);
        struct geo_plane *plane = NULL;
        double i = 0, j = 0;
        assert_int_equal(geo_plane_open(&field->grid, &plane), DRF_OK);
        assert_int_equal(geo_plane_at(plane, (struct geo_point){39, -98}, &i, &j), DRF_OK);
        geo_plane_close(plane);
        size_t index = (size_t)lround(j) * field->grid.ni + (size_t)lround(i);
        assert_near((double)geo_item_values(&item)[index], kelvin[at], 0.01);
    }
    geo_record_builder_close(&d.builder);
    free(bytes);
}

static void decode__envelopes__are_passed_over_and_remains_are_not(void **state)
{
    (void)state;
    size_t size;
    uint8_t *message = file(TEST_STATUS, &size);
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", "\0\0\0\0\0\0\0"},
        {"\1\r\r\n001\r\r\nHTXA89 ECMF 061200\r\r\n", "\r\r\n\3"},
        {"00007777 00\1\r\r\n123\r\r\nGRIB2 DATA\r\r\n", "\r\r\n\3"},
        {"****0000000196****\nYGUZ98 KWBN 292156\r\r\n", "\xde\xad\xbe\xef"},
    };
    static uint8_t bulletin[4096];
    struct decoded d;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = strlen(cases[i].before), after = i == 0 ? 7 : strlen(cases[i].after);
        size_t at = 0;
        for (int twice = 0; twice < 2; twice++) {
            memcpy(bulletin + at, cases[i].before, before);
            memcpy(bulletin + at + before, message, size);
            memcpy(bulletin + at + before + size, cases[i].after, after);
            at += before + size + after;
        }
        decode(&d, &world, bulletin, at);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.fields, 2);
        assert_int_equal(d.refused, 0);
        geo_record_builder_close(&d.builder);
    }
    // A message whose first octets are damaged, and one that is cut, are told; the others stay.
    memcpy(bulletin, message, size);
    memcpy(bulletin + size, message, size);
    memcpy(bulletin + 2 * size, message, size);
    bulletin[size] = 'X';
    decode(&d, &world, bulletin, 3 * size);
    assert_int_equal(d.fields, 2);
    assert_int_equal(d.refused, 1);
    geo_record_builder_close(&d.builder);
    memcpy(bulletin + size, message, size - 20);
    memcpy(bulletin + 2 * size - 20, message, size);
    decode(&d, &world, bulletin, 3 * size - 20);
    assert_int_equal(d.fields, 2);
    assert_int_equal(d.refused, 1);
    geo_record_builder_close(&d.builder);
    free(message);
}

static void decode__a_void_of_the_feed__is_unknown(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = file(TEST_STATUS, &size);
    struct geo_decode_params params = world;
    params.has_nodata = true;
    params.nodata = 270; // every value of it
    struct decoded d;
    decode(&d, &params, bytes, size);
    assert_int_equal(d.why.code, GEO_REFUSAL_NO_VALUES);
    geo_record_builder_close(&d.builder);
    free(bytes);
}

static void decode__of_impossible_values__marks_the_box_of_the_grid(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = file(TEST_STATUS, &size);
    uint8_t *packing = bytes + 16; // section 5: behind 1, 3 and 4
    while (packing[4] != 5)
        packing += packing[2] << 8 | packing[3];
    packing[11] = 0x7f; // the reference value, an IEEE number: far above any temperature
    struct geo_decode_params params = world;
    params.valid_for_us = HOUR_US;
    struct decoded d;
    decode(&d, &params, bytes, size);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.fields, 0);
    assert_int_equal(d.refused, 1);
    size_t cursor = 0;
    struct geo_item item;
    const struct geo_unreadable *one = NULL;
    while (geo_record_next(d.record, &cursor, &item))
        if (item.kind == GEO_ITEM_UNREADABLE)
            one = item.payload;
    assert_non_null(one);
    assert_string_equal(one->id, "");
    assert_int_equal(one->code, GEO_REFUSAL_RANGE);
    // grib_get: 16 x 31 points from 60 N 0 E to 0 N 30 E; valid at 2008-02-06T12Z.
    assert_near(one->box.west_deg, 0, 1e-6);
    assert_near(one->box.east_deg, 30, 1e-6);
    assert_near(one->box.south_deg, 0, 1e-6);
    assert_near(one->box.north_deg, 60, 1e-6);
    assert_int_equal(one->valid_until_utc_us, INT64_C(1202299200) * 1000000 + HOUR_US);
    geo_record_builder_close(&d.builder);
    free(bytes);
}

static void decode__a_compressed_file__is_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *suffix;
    } cases[] = {{"PK\3\4............", ".zip"}, {"\x1f\x8b\x08............", ".gz"}};
    struct decoded d;
    for (uint32_t format = GEO_FORMAT_UNKNOWN + 1; format < GEO_FORMAT_COUNT; format++) {
        for (size_t i = 0; i < 2; i++) {
            struct geo_decode_params params = world;
            params.format = format;
            decode(&d, &params, (const uint8_t *)cases[i].bytes, 15);
            assert_int_equal(d.why.code, GEO_REFUSAL_FORMAT);
            assert_non_null(strstr(d.why.text, cases[i].suffix));
            geo_record_builder_close(&d.builder);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__a_test_product__is_for_nodes_that_take_tests),
        cmocka_unit_test(decode__a_generating_process_of_no_values__is_passed_over_by_name),
        cmocka_unit_test(check__tables_1_2_1_4_and_4_3__pass_values_of_the_weather_only),
        cmocka_unit_test(decode__ndfd__is_a_maximum_over_twelve_hours),
        cmocka_unit_test(decode__envelopes__are_passed_over_and_remains_are_not),
        cmocka_unit_test(decode__a_void_of_the_feed__is_unknown),
        cmocka_unit_test(decode__of_impossible_values__marks_the_box_of_the_grid),
        cmocka_unit_test(decode__a_compressed_file__is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
