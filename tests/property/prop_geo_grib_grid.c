// SPDX-License-Identifier: Apache-2.0
// Grids of every kind and place: each decoded point lies where ecCodes' own geoiterator says,
// and carries the value that was written for that place.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <eccodes.h>

#include "geo/format/grib/grib.h"
#include "geo/plane.h"

enum { NI = 23, NJ = 17, COUNT = NI * NJ, RUNS = 40 };

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(next(seed) >> 11) / 9007199254740992.0;
}

// Smooth, different at every place, and inside what a temperature may be.
static double truth(double lat_deg, double lon_deg)
{
    double lon = lon_deg * 0.017453292519943295, lat = lat_deg * 0.017453292519943295;
    return 260 + 20 * sin(lat) + 15 * cos(lat) * cos(lon) + 9 * cos(lat) * sin(lon);
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

static void set_kind(codes_handle *h, const char *kind)
{
    size_t size = strlen(kind);
    if (codes_set_string(h, "gridType", kind, &size) != CODES_SUCCESS)
        fail_msg("cannot set gridType %s", kind);
}

static void begin(codes_handle *h, const char *kind, bool plane)
{
    set_kind(h, kind);
    set_whole(h, "shapeOfTheEarth", 6);
    set_whole(h, plane ? "Nx" : "Ni", NI);
    set_whole(h, plane ? "Ny" : "Nj", NJ);
    set_whole(h, "iScansNegatively", 0);
    set_whole(h, "jPointsAreConsecutive", 0);
    set_whole(h, "typeOfFirstFixedSurface", 103);
    set_whole(h, "scaleFactorOfFirstFixedSurface", 0);
    set_whole(h, "scaledValueOfFirstFixedSurface", 2);
    set_whole(h, "parameterCategory", 0);
    set_whole(h, "parameterNumber", 0);
}

static void degrees(codes_handle *h, uint64_t *seed, bool rotated)
{
    begin(h, rotated ? "rotated_ll" : "regular_ll", false);
    bool up = next(seed) % 2 != 0;
    double step = between(seed, 0.05, 2), south = between(seed, -80, 80 - NJ * step);
    double west = between(seed, rotated ? -20 : 0, rotated ? 1 : 359);
    double north = south + (NJ - 1) * step, east = west + (NI - 1) * step;
    set_whole(h, "jScansPositively", up);
    set(h, "latitudeOfFirstGridPointInDegrees", up ? south : north);
    set(h, "latitudeOfLastGridPointInDegrees", up ? north : south);
    set(h, "longitudeOfFirstGridPointInDegrees", west < 0 ? west + 360 : west);
    set(h, "longitudeOfLastGridPointInDegrees",
        east < 0      ? east + 360
        : east >= 360 ? east - 360
                      : east);
    set(h, "iDirectionIncrementInDegrees", step);
    set(h, "jDirectionIncrementInDegrees", step);
    if (rotated) {
        set(h, "latitudeOfSouthernPoleInDegrees", between(seed, -60, -20));
        set(h, "longitudeOfSouthernPoleInDegrees", between(seed, 0, 359));
        set(h, "angleOfRotationInDegrees", 0);
    }
}

static void projected(codes_handle *h, uint64_t *seed, const char *kind)
{
    begin(h, kind, strcmp(kind, "mercator") != 0);
    set_whole(h, "jScansPositively", 1);
    set(h, "longitudeOfFirstGridPointInDegrees", between(seed, 200, 300));
    if (strcmp(kind, "mercator") == 0) {
        set(h, "latitudeOfFirstGridPointInDegrees", between(seed, 5, 20));
        set(h, "LaDInDegrees", 20);
        set(h, "DiInMetres", 50000);
        set(h, "DjInMetres", 50000);
        // ecCodes derives the rows from the last point.
        return;
    }
    set(h, "DxInMetres", between(seed, 3000, 60000));
    set(h, "DyInMetres", between(seed, 3000, 60000));
    if (strcmp(kind, "lambert") == 0) {
        double latin = between(seed, 20, 60);
        set(h, "latitudeOfFirstGridPointInDegrees", between(seed, 10, 50));
        set(h, "LaDInDegrees", latin);
        set(h, "LoVInDegrees", between(seed, 220, 290));
        set(h, "Latin1InDegrees", latin);
        set(h, "Latin2InDegrees", next(seed) % 2 != 0 ? latin : latin - 10);
    } else {
        set(h, "latitudeOfFirstGridPointInDegrees", between(seed, 30, 80));
        set(h, "LaDInDegrees", 60);
        // Whole degrees: ecCodes 2.28 cuts the rest off in its iterator (not in the key).
        set(h, "orientationOfTheGridInDegrees", floor(between(seed, 0, 359)));
        set_whole(h, "projectionCentreFlag", 0);
    }
}

// Writes truth() at the places ecCodes gives the points, in its order of values.
static void write_truth(codes_handle *h, double lats[COUNT], double lons[COUNT])
{
    double values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = 273 + i * 1e-3; // not constant: the grid is packed with the values
    set_whole(h, "bitsPerValue", 24);
    assert_int_equal(codes_set_double_array(h, "values", values, COUNT), CODES_SUCCESS);
    size_t size = 0;
    const void *message;
    assert_int_equal(codes_get_message(h, &message, &size), CODES_SUCCESS);
    codes_handle *copy = codes_handle_new_from_message_copy(NULL, message, size);
    int error = CODES_SUCCESS;
    codes_iterator *iterator = codes_grib_iterator_new(copy, 0, &error);
    if (iterator == NULL)
        fail_msg("no iterator: %s", codes_get_error_message(error));
    double lat, lon, value;
    int count = 0;
    while (count < COUNT && codes_grib_iterator_next(iterator, &lat, &lon, &value) != 0) {
        lats[count] = lat;
        lons[count] = lon;
        values[count] = truth(lat, lon);
        count++;
    }
    assert_int_equal(count, COUNT);
    codes_grib_iterator_delete(iterator);
    codes_handle_delete(copy);
    assert_int_equal(codes_set_double_array(h, "values", values, COUNT), CODES_SUCCESS);
}

static void check(codes_handle *h, const double lats[COUNT], const double lons[COUNT])
{
    size_t size = 0;
    const void *message;
    assert_int_equal(codes_get_message(h, &message, &size), CODES_SUCCESS);
    const struct geo_decode_params params = {.keep = {-180, -90, 180, 90},
                                             .pixels_max = 100000};
    struct geo_record_builder builder;
    struct geo_record built, record;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    geo_record_builder_init(&builder, 1 << 24);
    if (geo_grib_decode(&params, message, size, &builder, &why) != DRF_OK)
        fail_msg("%s", why.text);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    assert_true(geo_record_next(record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_FIELD);
    const struct geo_field *field = item.payload;
    assert_int_equal(field->grid.ni, NI);
    assert_int_equal(field->grid.nj, NJ);
    struct geo_plane *plane = NULL;
    assert_int_equal(geo_plane_open(&field->grid, &plane), DRF_OK);
    for (uint32_t at = 0; at < COUNT; at++) {
        struct geo_point point;
        assert_int_equal(geo_plane_point(plane, at % NI, at / NI, &point), DRF_OK);
        double lon = lons[at] > 180 ? lons[at] - 360 : lons[at];
        double east = fabs(point.lon_deg - lon);
        east = fmin(east, 360 - east) * cos(lats[at] * 0.017453292519943295);
        // GRIB states places to 1e-6 degrees, some of ecCodes' projections to a metre or so.
        if (fabs(point.lat_deg - lats[at]) > 5e-5 || east > 5e-5)
            fail_msg("point %u of kind %u: %.6f %.6f, is %.6f %.6f", at, field->grid.kind,
                     point.lat_deg, point.lon_deg, lats[at], lon);
        double value = (double)geo_item_values(&item)[at];
        if (fabs(value - truth(point.lat_deg, point.lon_deg)) > 1e-3)
            fail_msg("value %u of kind %u", at, field->grid.kind);
    }
    geo_plane_close(plane);
    geo_record_builder_close(&builder);
}

static void run(const char *kind)
{
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    double lats[COUNT], lons[COUNT];
    for (int i = 0; i < RUNS; i++) {
        codes_handle *h = codes_grib_handle_new_from_samples(NULL, "GRIB2");
        assert_non_null(h);
        if (strcmp(kind, "regular_ll") == 0 || strcmp(kind, "rotated_ll") == 0)
            degrees(h, &seed, strcmp(kind, "rotated_ll") == 0);
        else
            projected(h, &seed, kind);
        write_truth(h, lats, lons);
        check(h, lats, lons);
        codes_handle_delete(h);
    }
}

static void regular_grids__lie_where_eccodes_says(void **state)
{
    (void)state;
    run("regular_ll");
}

static void rotated_grids__lie_where_eccodes_says(void **state)
{
    (void)state;
    run("rotated_ll");
}

static void lambert_grids__lie_where_eccodes_says(void **state)
{
    (void)state;
    run("lambert");
}

static void polar_grids__lie_where_eccodes_says(void **state)
{
    (void)state;
    run("polar_stereographic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_grids__lie_where_eccodes_says),
        cmocka_unit_test(rotated_grids__lie_where_eccodes_says),
        cmocka_unit_test(lambert_grids__lie_where_eccodes_says),
        cmocka_unit_test(polar_grids__lie_where_eccodes_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
