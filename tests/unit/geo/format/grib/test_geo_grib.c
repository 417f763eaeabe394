// SPDX-License-Identifier: Apache-2.0
// Expected values: grib_ls -l and grib_get_data of eccodes-tools over the real files, counts by
// FACTS of the providers (181 fields), and the files' own headers.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/grib/grib.h"
#include "geo/plane.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

#define ETA "weather/eta.grb"
#define MRMS "weather/MRMS_EchoTop_18_00.50_20161015-133230.grib2"
#define GFS "weather/gfs.t06z.pgrb2.10p0.f010.grib2"
#define ECMWF_1 "weather/regular_latlon_surface.grib1"

struct decoded {
    enum drf_status status;
    struct geo_note why;
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_note notes[40];
    unsigned fields, note_count;
};

static void open_bytes(struct decoded *d, struct geo_bounds keep, const uint8_t *bytes,
                       size_t size)
{
    const struct geo_decode_params params = {
        .keep = keep, .pixels_max = 5000000, .production_statuses = {1 << 2}}; // MRMS says 2
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 26);
    d->status = geo_grib_decode(&params, bytes, size, &d->builder, &d->why);
    struct geo_record built;
    assert_int_equal(geo_record_finish(&d->builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &d->record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d->record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_NOTE)
            d->notes[d->note_count++ % 40] = *(const struct geo_note *)item.payload;
        else
            d->fields++;
    }
}

// A box of `half_deg` to each side of a place.
static struct geo_bounds around(double lat_deg, double lon_deg, double half_deg)
{
    return (struct geo_bounds){lon_deg - half_deg, lat_deg - half_deg, lon_deg + half_deg,
                               lat_deg + half_deg};
}

static void open_file(struct decoded *d, const char *name, struct geo_bounds keep)
{
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        skip();
    open_bytes(d, keep, bytes, size);
    free(bytes);
}

static void close_decoded(struct decoded *d) { geo_record_builder_close(&d->builder); }

struct wanted {
    enum geo_variable variable;
    double lower_agl_m, upper_agl_m; // within 2 m
};

// The field, and its value at the point nearest to a place.
static double nearest(const struct decoded *d, struct wanted wanted, double lat_deg,
                      double lon_deg, struct geo_field *out)
{
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d->record, &cursor, &item)) {
        const struct geo_field *field = item.payload;
        if (item.kind != GEO_ITEM_FIELD || field->variable != (uint32_t)wanted.variable
            || fabs(field->lower_agl_m - wanted.lower_agl_m) > 2
            || fabs(field->upper_agl_m - wanted.upper_agl_m) > 2)
            continue;
        struct geo_plane *plane = NULL;
        double i = 0, j = 0;
        assert_int_equal(geo_plane_open(&field->grid, &plane), DRF_OK);
        assert_int_equal(geo_plane_at(plane, (struct geo_point){lat_deg, lon_deg}, &i, &j),
                         DRF_OK);
        geo_plane_close(plane);
        size_t column = (size_t)lround(i), row = (size_t)lround(j);
        assert_true(column < field->grid.ni && row < field->grid.nj);
        *out = *field;
        return (double)geo_item_values(&item)[row * field->grid.ni + column];
    }
    fail_msg("no field of variable %d", (int)wanted.variable);
    return 0;
}

static void decode__eta_at_toronto__is_what_grib_ls_says(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_field f;
    const double lat = 43.65, lon = -79.38;
    open_file(&d, ETA, around(lat, lon, 1));
    assert_int_equal(d.status, DRF_OK);
    assert_near(nearest(&d, (struct wanted){GEO_TEMPERATURE, 2, 2}, lat, lon, &f), 276, 1e-4);
    assert_int_equal(f.statistic, GEO_STATISTIC_INSTANT);
    assert_int_equal(f.reference_utc_us, INT64_C(1102507200000000)); // 2004-12-08T12Z
    assert_int_equal(f.valid_from_utc_us, INT64_C(1102593600000000));
    assert_int_equal(f.valid_until_utc_us, INT64_C(1102593600000000));
    assert_int_equal(f.wind_grid_relative, 0);
    assert_int_equal(f.grid.kind, GEO_GRID_LAMBERT);
    assert_near(f.grid.semi_major_m, 6371229, 0);
    assert_near(f.grid.dx, 81271, 0);
    assert_near(f.grid.p[1], -95, 1e-9);
    assert_near(nearest(&d, (struct wanted){GEO_GUST, 0, 0}, lat, lon, &f), 5, 1e-4);
    assert_near(nearest(&d, (struct wanted){GEO_RELATIVE_HUMIDITY, 2, 2}, lat, lon, &f), 0.94,
                1e-6);
    assert_near(nearest(&d, (struct wanted){GEO_QNH, 0, 0}, lat, lon, &f), 101847, 1e-2);
    assert_near(nearest(&d, (struct wanted){GEO_CONVECTION, 0, 0}, lat, lon, &f), 0, 0);
    close_decoded(&d);
}

static void decode__both_winds_of_a_shared_message__are_kept_along_the_grid(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_field f;
    const double lat = 43.65, lon = -79.38;
    open_file(&d, ETA, around(lat, lon, 1));
    assert_near(nearest(&d, (struct wanted){GEO_WIND_U, 10, 10}, lat, lon, &f), -4, 1e-4);
    assert_int_equal(f.wind_grid_relative, 1);
    assert_near(nearest(&d, (struct wanted){GEO_WIND_V, 10, 10}, lat, lon, &f), 1, 1e-4);
    assert_int_equal(f.wind_grid_relative, 1);
    // 30 hPa above the ground: 5.83 m/s in all, as heights of the standard atmosphere (ICAO
    // Doc 7488: 983.25 hPa lies at 253 m).
    double u = nearest(&d, (struct wanted){GEO_WIND_U, 0, 253}, lat, lon, &f);
    assert_int_equal(f.height_from_pressure, 1);
    double v = nearest(&d, (struct wanted){GEO_WIND_V, 0, 253}, lat, lon, &f);
    assert_near(hypot(u, v), 5.83, 0.005);
    close_decoded(&d);
}

static void decode__precipitation__keeps_exactly_its_interval(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_field f;
    open_file(&d, ETA, around(43.692, -81.617, 1));
    assert_near(nearest(&d, (struct wanted){GEO_PRECIPITATION, 0, 0}, 43.692, -81.617, &f), 1,
                1e-6);
    assert_int_equal(f.statistic, GEO_STATISTIC_ACCUMULATION);
    assert_int_equal(f.valid_from_utc_us, INT64_C(1102550400000000));  // +12 h
    assert_int_equal(f.valid_until_utc_us, INT64_C(1102593600000000)); // +24 h
    close_decoded(&d);
}

static void decode__every_field_of_a_file__is_accounted_for(void **state)
{
    (void)state;
    struct decoded d;
    open_file(&d, ETA, around(43.65, -79.38, 1));
    assert_int_equal(d.note_count, 1);
    assert_int_equal(d.notes[0].code, GEO_REFUSAL_IGNORED);
    assert_int_equal(d.fields + d.notes[0].count, 181);
    assert_non_null(strstr(d.notes[0].text, "absv at isobaricInhPa"));
    close_decoded(&d);

    open_file(&d, GFS, around(45, 0, 3));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.fields + d.notes[0].count, 6);
    struct geo_field f;
    (void)nearest(&d, (struct wanted){GEO_VISIBILITY, 0, 0}, 45, 0, &f);
    assert_int_equal(f.valid_from_utc_us, INT64_C(1631980800000000)); // 2021-09-18T16Z
    assert_int_equal(f.grid.kind, GEO_GRID_LATLON);
    (void)nearest(&d, (struct wanted){GEO_REFLECTIVITY, 0, 20000}, 45, 0, &f);
    close_decoded(&d);
}

static void decode__edition_1__is_kelvin_at_two_metres(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_field f;
    open_file(&d, ECMWF_1, around(48, 8, 1));
    assert_near(nearest(&d, (struct wanted){GEO_TEMPERATURE, 2, 2}, 48, 8, &f), 278.63, 0.005);
    assert_int_equal(f.valid_from_utc_us, INT64_C(1202299200000000)); // 2008-02-06T12Z
    assert_near(f.grid.semi_major_m, 6367470, 0);
    assert_near(f.grid.dy, -2, 1e-9);
    // Two points more than the box on each side: 6-10 E by 46-50 N becomes 2-14 by 42-54.
    assert_int_equal(f.grid.ni, 7);
    assert_int_equal(f.grid.nj, 7);
    close_decoded(&d);
}

static void decode__a_radar_mosaic__counts_seconds_and_knows_no_echo_from_zero(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_field f;
    // The highest echo of the file, and a place without one.
    open_file(&d, MRMS, around(17.765, -70.165, 0.5));
    assert_int_equal(d.status, DRF_OK);
    assert_near(nearest(&d, (struct wanted){GEO_ECHO_TOP, 0, 20000}, 17.765, -70.165, &f),
                19000, 1);
    assert_int_equal(f.valid_from_utc_us, INT64_C(1476538350000000)); // 13:32:30
    assert_true(isnan(nearest(&d, (struct wanted){GEO_ECHO_TOP, 0, 20000}, 18.2, -70.6, &f)));
    close_decoded(&d);

    open_file(&d, MRMS, around(20.5, -80.5, 0.01));
    assert_int_not_equal(d.status, DRF_OK);
    assert_int_equal(d.why.code, GEO_REFUSAL_NO_VALUES);
    close_decoded(&d);
}

static void decode__a_grid_elsewhere__is_out_of_region(void **state)
{
    (void)state;
    struct decoded d;
    open_file(&d, ETA, around(47, 8, 1));
    assert_int_equal(d.status, DRF_ERR_RANGE);
    assert_int_equal(d.why.code, GEO_REFUSAL_OUT_OF_REGION);
    close_decoded(&d);
}

// Published one by one, most messages of a forecast are of other levels: 19 isobaric ones, each
// with five quantities, u and v in one message (grib_ls). That is no fault of theirs.
static void decode__messages_of_levels_without_use__are_ignored_not_refused(void **state)
{
    (void)state;
    size_t size, ignored = 0, kept = 0;
    uint8_t *bytes = real_data(ETA, &size);
    if (bytes == NULL)
        skip();
    for (size_t at = 0; at + 16 < size && memcmp(bytes + at, "GRIB", 4) == 0;) {
        size_t length = 0;
        for (size_t i = 8; i < 16; i++)
            length = length << 8 | bytes[at + i];
        struct decoded d;
        open_bytes(&d, around(43.65, -79.38, 1), bytes + at, length);
        kept += d.status == DRF_OK;
        ignored += d.status != DRF_OK;
        if (d.status != DRF_OK)
            assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED);
        close_decoded(&d);
        at += length;
    }
    assert_true(ignored >= 95);
    assert_true(kept >= 6); // 10 m wind, temperature, gust, precipitation, layers
    free(bytes);
}

static void decode__too_many_points__are_refused_before_unpacking(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data(MRMS, &size);
    if (bytes == NULL)
        skip();
    const struct geo_decode_params params = {.keep = around(18, -70, 1), .pixels_max = 4499999};
    struct geo_record_builder builder;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    geo_record_builder_init(&builder, 1 << 26);
    assert_int_not_equal(geo_grib_decode(&params, bytes, size, &builder, &why), DRF_OK);
    assert_int_equal(why.code, GEO_REFUSAL_TOO_LARGE);
    geo_record_builder_close(&builder);
    free(bytes);
}

static void decode__truncated_at_any_place__refuses_the_cut_message_only(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data(GFS, &size);
    if (bytes == NULL)
        skip();
    for (size_t cut = 0; cut < size; cut += 97) {
        struct decoded d;
        open_bytes(&d, around(45, 0, 3), bytes, cut);
        // The third message (reflectivity) is whole from byte 16077 on.
        assert_int_equal(d.status == DRF_OK, cut >= 16077);
        close_decoded(&d);
    }
    free(bytes);
}

// Written by ecCodes: 270, 270.5 ... K from 40 N 90 W eastward, then southward, the eighth
// point missing in its bitmap, CCSDS packing. The other by GDAL: 270 + column + 2 x row K from
// the north-west corner 47.5 N 5.5 E, two points missing in complex packing's own way.
static void decode__packings_and_missing_values__are_understood(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    struct decoded d;
    struct geo_field f;
    FILE *file = fopen("tests/data/corpus/geo_grib/ccsds.grib2", "rb");
    assert_non_null(file);
    open_bytes(&d, around(38.5, -88, 3), bytes, fread(bytes, 1, sizeof bytes, file));
    (void)fclose(file);
    const struct wanted at_2_m = {GEO_TEMPERATURE, 2, 2};
    assert_near(nearest(&d, at_2_m, 40, -90, &f), 270, 0.02);
    assert_near(nearest(&d, at_2_m, 39, -89, &f), 273, 0.02);
    assert_true(isnan(nearest(&d, at_2_m, 39, -88, &f)));
    assert_near(nearest(&d, at_2_m, 37, -86, &f), 279.5, 0.02);
    close_decoded(&d);

    file = fopen("tests/data/corpus/geo_grib/complex.grib2", "rb");
    assert_non_null(file);
    open_bytes(&d, around(44, 10, 5), bytes, fread(bytes, 1, sizeof bytes, file));
    (void)fclose(file);
    assert_near(nearest(&d, at_2_m, 47.5, 5.5, &f), 270, 0.02);
    assert_near(nearest(&d, at_2_m, 40.5, 14.5, &f), 293, 0.02);
    assert_true(isnan(nearest(&d, at_2_m, 44.5, 7.5, &f)));
    assert_true(isnan(nearest(&d, at_2_m, 42.5, 10.5, &f)));
    close_decoded(&d);
}

static void decode__what_is_not_grib__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } cases[] = {
        {"", GEO_REFUSAL_EMPTY},
        {"  \r\n", GEO_REFUSAL_EMPTY},
        {"METAR EGLL 291220Z", GEO_REFUSAL_FORMAT},
        {"GRIB", GEO_REFUSAL_FORMAT},
        {"GRIB\1\1\1\3................7777", GEO_REFUSAL_UNSUPPORTED},
        {"GRIB\1\1\1\1................7777", GEO_REFUSAL_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        open_bytes(&d, around(0, 0, 1), (const uint8_t *)cases[i].text, strlen(cases[i].text));
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, cases[i].code);
        close_decoded(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__eta_at_toronto__is_what_grib_ls_says),
        cmocka_unit_test(decode__both_winds_of_a_shared_message__are_kept_along_the_grid),
        cmocka_unit_test(decode__precipitation__keeps_exactly_its_interval),
        cmocka_unit_test(decode__every_field_of_a_file__is_accounted_for),
        cmocka_unit_test(decode__edition_1__is_kelvin_at_two_metres),
        cmocka_unit_test(decode__a_radar_mosaic__counts_seconds_and_knows_no_echo_from_zero),
        cmocka_unit_test(decode__a_grid_elsewhere__is_out_of_region),
        cmocka_unit_test(decode__messages_of_levels_without_use__are_ignored_not_refused),
        cmocka_unit_test(decode__too_many_points__are_refused_before_unpacking),
        cmocka_unit_test(decode__truncated_at_any_place__refuses_the_cut_message_only),
        cmocka_unit_test(decode__packings_and_missing_values__are_understood),
        cmocka_unit_test(decode__what_is_not_grib__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
