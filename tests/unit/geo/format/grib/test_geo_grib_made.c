// SPDX-License-Identifier: Apache-2.0
// Messages written by ecCodes on turned grids and in CCSDS packing (template 5.42). Where their
// points lie is computed here: a rotation of the sphere (COSMO documentation part I, 3.3), and
// the polar stereographic projection of the sphere (Snyder 1987, 21-5 to 21-9 and 20-14 to
// 20-16).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <eccodes.h>

#include "geo/format/grib/grib.h"
#include "geo/plane.h"

#define RAD 0.017453292519943295
#define SPHERE_M 6371229.0 // table 3.2, figure 6

enum { NI = 19, NJ = 13, COUNT = NI * NJ };

struct place {
    double lat_deg, lon_deg;
};

// Smooth, different everywhere, inside what a temperature may be.
static double kelvin(struct place p)
{
    return 270 + 25 * sin(p.lat_deg * RAD) + 8 * cos(p.lon_deg * RAD)
           + 5 * sin(2 * p.lon_deg * RAD);
}

static void set(codes_handle *h, const char *key, double value)
{
    if (codes_set_double(h, key, value) != CODES_SUCCESS)
        fail_msg("cannot set %s", key);
}

static void set_whole(codes_handle *h, const char *key, long value)
{
    if (codes_set_long(h, key, value) != CODES_SUCCESS)
        fail_msg("cannot set %s", key);
}

static void set_word(codes_handle *h, const char *key, const char *value)
{
    size_t size = strlen(value);
    if (codes_set_string(h, key, value, &size) != CODES_SUCCESS)
        fail_msg("cannot set %s to %s", key, value);
}

// Temperature at 2 m, columns eastward, rows northward.
static codes_handle *begin(const char *kind, const char *columns, const char *rows)
{
    codes_handle *h = codes_grib_handle_new_from_samples(NULL, "GRIB2");
    assert_non_null(h);
    set_word(h, "gridType", kind);
    set_whole(h, "shapeOfTheEarth", 6);
    set_whole(h, columns, NI);
    set_whole(h, rows, NJ);
    set_whole(h, "iScansNegatively", 0);
    set_whole(h, "jScansPositively", 1);
    set_whole(h, "jPointsAreConsecutive", 0);
    set_whole(h, "typeOfFirstFixedSurface", 103);
    set_whole(h, "scaleFactorOfFirstFixedSurface", 0);
    set_whole(h, "scaledValueOfFirstFixedSurface", 2);
    set_whole(h, "parameterCategory", 0);
    set_whole(h, "parameterNumber", 0);
    return h;
}

static void pack(codes_handle *h, const struct place places[COUNT], const char *packing)
{
    double values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = kelvin(places[i]);
    set_whole(h, "bitsPerValue", 24);
    assert_int_equal(codes_set_double_array(h, "values", values, COUNT), CODES_SUCCESS);
    set_word(h, "packingType", packing);
    long template = 0;
    assert_int_equal(codes_get_long(h, "dataRepresentationTemplateNumber", &template),
                     CODES_SUCCESS);
    assert_int_equal(template, strcmp(packing, "grid_ccsds") == 0 ? 42 : 0);
}

static void check(codes_handle *h, const struct place places[COUNT], uint32_t kind)
{
    size_t size = 0, cursor = 0;
    const void *message;
    assert_int_equal(codes_get_message(h, &message, &size), CODES_SUCCESS);
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .pixels_max = 100000};
    struct geo_record_builder builder;
    struct geo_record built, record;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    struct geo_item item;
    geo_record_builder_init(&builder, 1 << 24);
    if (geo_grib_decode(&params, message, size, &builder, &why) != DRF_OK)
        fail_msg("%s", why.text);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_FIELD);
    const struct geo_field *field = item.payload;
    assert_int_equal(field->variable, GEO_TEMPERATURE);
    assert_int_equal(field->grid.kind, kind);
    assert_int_equal(field->grid.ni, NI);
    assert_int_equal(field->grid.nj, NJ);
    struct geo_plane *plane = NULL;
    assert_int_equal(geo_plane_open(&field->grid, &plane), DRF_OK);
    for (uint32_t at = 0; at < COUNT; at++) {
        const struct geo_point said = {places[at].lat_deg, places[at].lon_deg};
        double i = 0, j = 0;
        assert_int_equal(geo_plane_at(plane, said, &i, &j), DRF_OK);
        if (fabs(i - at % NI) > 1e-3 || fabs(j - at / NI) > 1e-3)
            fail_msg("%.6f %.6f is point %u, not %.4f %.4f", said.lat_deg, said.lon_deg, at, i,
                     j);
        double value = (double)geo_item_values(&item)[at];
        if (fabs(value - kelvin(places[at])) > 1e-3)
            fail_msg("value %u is %.4f, not %.4f", at, value, kelvin(places[at]));
    }
    geo_plane_close(plane);
    geo_record_builder_close(&builder);
}

static void decode__a_rotated_grid__lies_where_the_rotation_puts_it(void **state)
{
    (void)state;
    // A limited area as European centres publish it: north pole of the rotation 40 N 170 W.
    const double pole_lat = 40 * RAD, pole_lon = -170 * RAD;
    const double south_deg = -3.5, west_deg = -4.25, step_deg = 0.25;
    codes_handle *h = begin("rotated_ll", "Ni", "Nj");
    set(h, "latitudeOfFirstGridPointInDegrees", south_deg);
    set(h, "latitudeOfLastGridPointInDegrees", south_deg + (NJ - 1) * step_deg);
    set(h, "longitudeOfFirstGridPointInDegrees", west_deg + 360);
    set(h, "longitudeOfLastGridPointInDegrees", west_deg + (NI - 1) * step_deg);
    set(h, "iDirectionIncrementInDegrees", step_deg);
    set(h, "jDirectionIncrementInDegrees", step_deg);
    set(h, "latitudeOfSouthernPoleInDegrees", -40);
    set(h, "longitudeOfSouthernPoleInDegrees", 10);
    set(h, "angleOfRotationInDegrees", 0);
    struct place places[COUNT];
    for (int at = 0; at < COUNT; at++) {
        double lat = (south_deg + at / NI * step_deg) * RAD;
        double lon = (west_deg + at % NI * step_deg) * RAD;
        double toward = -sin(pole_lat) * cos(lon) * cos(lat) + cos(pole_lat) * sin(lat);
        double aside = sin(lon) * cos(lat);
        places[at].lat_deg =
            asin(sin(pole_lat) * sin(lat) + cos(pole_lat) * cos(lat) * cos(lon)) / RAD;
        places[at].lon_deg = atan2(sin(pole_lon) * toward - cos(pole_lon) * aside,
                                   cos(pole_lon) * toward + sin(pole_lon) * aside)
                             / RAD;
    }
    // Column 17 is the meridian of the pole, 3.5 degrees south of 50 N 10 E in the first row.
    assert_true(fabs(places[17].lat_deg - 46.5) < 1e-9 && fabs(places[17].lon_deg - 10) < 1e-9);
    pack(h, places, "grid_simple");
    check(h, places, GEO_GRID_ROTATED_LATLON);
    pack(h, places, "grid_ccsds");
    check(h, places, GEO_GRID_ROTATED_LATLON);
    codes_handle_delete(h);
}

static void decode__a_polar_grid__lies_where_the_projection_puts_it(void **state)
{
    (void)state;
    // As Canada publishes it: true at 60 N, 10 km, 111 W upright.
    const double lov = -111 * RAD, step_m = 10000, scale_m = SPHERE_M * (1 + sin(60 * RAD));
    const struct place first = {43.25, -80.5};
    const double rho_m = scale_m * tan(45 * RAD - first.lat_deg * RAD / 2);
    const double x0_m = rho_m * sin(first.lon_deg * RAD - lov);
    const double y0_m = -rho_m * cos(first.lon_deg * RAD - lov);
    codes_handle *h = begin("polar_stereographic", "Nx", "Ny");
    set(h, "latitudeOfFirstGridPointInDegrees", first.lat_deg);
    set(h, "longitudeOfFirstGridPointInDegrees", first.lon_deg + 360);
    set(h, "LaDInDegrees", 60);
    set(h, "orientationOfTheGridInDegrees", 249);
    set(h, "DxInMetres", step_m);
    set(h, "DyInMetres", step_m);
    set_whole(h, "projectionCentreFlag", 0);
    struct place places[COUNT];
    for (int at = 0; at < COUNT; at++) {
        double x_m = x0_m + at % NI * step_m, y_m = y0_m + at / NI * step_m;
        places[at].lat_deg = 90 - 2 * atan(hypot(x_m, y_m) / scale_m) / RAD;
        places[at].lon_deg = (lov + atan2(x_m, -y_m)) / RAD;
    }
    pack(h, places, "grid_simple");
    check(h, places, GEO_GRID_POLAR);
    pack(h, places, "grid_ccsds");
    check(h, places, GEO_GRID_POLAR);
    codes_handle_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__a_rotated_grid__lies_where_the_rotation_puts_it),
        cmocka_unit_test(decode__a_polar_grid__lies_where_the_projection_puts_it),
    };
    return cmocka_run_group_tests_name("geo/grib_made", tests, NULL, NULL);
}
