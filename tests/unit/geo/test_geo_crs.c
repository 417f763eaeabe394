// SPDX-License-Identifier: Apache-2.0
// What geo/crs.h promises. Geoid heights are NGA's published test values for EGM96 (F477
// output, one decimal beyond what bilinear reading of 15 minutes keeps); coordinates are the
// examples of EPSG guidance note 7-2 and of cs2cs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "geo/crs.h"

#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

static int open_crs(void **state)
{
    return geo_crs_open((struct geo_crs **)state) == DRF_OK ? 0 : -1;
}

static int close_crs(void **state)
{
    geo_crs_close(*state);
    return 0;
}

static void geoid__published_points__agree(void **state)
{
    static const struct {
        double lat_deg, lon_deg, undulation_m;
    } nga[] = {
        {38.6281550, 269.7791550 - 360.0, -31.628}, {-14.6212170, 305.0211140 - 360.0, -2.969},
        {46.8743190, 102.4487290, -43.575},         {-23.6174460, 133.8747120, 15.871},
        {38.6254730, 359.9995000 - 360.0, 50.066},  {-.4667440, .0023000, 17.329},
    };
    for (size_t i = 0; i < sizeof nga / sizeof nga[0]; i++) {
        double got = 0.0;
        const struct geo_point point = {nga[i].lat_deg, nga[i].lon_deg};
        assert_int_equal(geo_crs_geoid_m(*state, point, &got), DRF_OK);
        assert_near(got, nga[i].undulation_m, 0.25); // 15' bilinear against the full series
    }
}

static void geoid__poles_and_antimeridian__are_on_the_globe(void **state)
{
    double east, west, pole;
    assert_int_equal(geo_crs_geoid_m(*state, (struct geo_point){10.0, 180.0}, &east), DRF_OK);
    assert_int_equal(geo_crs_geoid_m(*state, (struct geo_point){10.0, -180.0}, &west), DRF_OK);
    assert_near(east, west, 1e-6);
    assert_int_equal(geo_crs_geoid_m(*state, (struct geo_point){90.0, 17.0}, &pole), DRF_OK);
    assert_near(pole, 13.606, 0.01);
    assert_int_equal(geo_crs_geoid_m(*state, (struct geo_point){-90.0, 17.0}, &pole), DRF_OK);
    assert_near(pole, -29.534, 0.01);
}

static void geoid__not_a_position__is_refused_and_leaves_out_untouched(void **state)
{
    double got = 7.0;
    const struct geo_point refused[] = {
        {90.1, 0}, {0, 180.1}, {(double)NAN, 0}, {0, (double)NAN}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(geo_crs_geoid_m(*state, refused[i], &got), DRF_ERR_RANGE);
    assert_true(got == 7.0);
}

static void geoid__not_loaded__is_absent_and_never_zero(void **state)
{
    (void)state;
    struct geo_crs *bare;
    double got = 7.0;
    assert_int_equal(geo_crs_open_bare(&bare), DRF_OK);
    assert_int_equal(geo_crs_geoid_m(bare, (struct geo_point){43.65, -79.38}, &got),
                     DRF_ERR_ABSENT);
    assert_true(got == 7.0);
    assert_int_equal(geo_crs_geoid_load(bare), DRF_OK);
    assert_int_equal(geo_crs_geoid_m(bare, (struct geo_point){43.65, -79.38}, &got), DRF_OK);
    assert_near(got, -37.274, 0.001);
    geo_crs_close(bare);
    geo_crs_close(NULL);
}

static void vertical__words_and_codes__are_told_apart(void **state)
{
    static const struct {
        const char *text, *name;
        enum geo_crs_height kind;
        double unit_m;
    } cases[] = {
        {"EGM96", "EGM96", GEO_CRS_HEIGHT_EGM96, 1.0},
        {"EPSG:5773", "EGM96", GEO_CRS_HEIGHT_EGM96, 1.0},
        {"EPSG:9707", "EGM96", GEO_CRS_HEIGHT_EGM96, 1.0}, // WGS 84 + EGM96 height
        {"EGM2008", "EGM2008", GEO_CRS_HEIGHT_GEOID, 1.0},
        {"EPSG:3855", "EGM2008", GEO_CRS_HEIGHT_GEOID, 1.0},
        {"NAVD88", "NAVD88", GEO_CRS_HEIGHT_GEOID, 1.0},
        {"EPSG:5703", "NAVD88", GEO_CRS_HEIGHT_GEOID, 1.0},
        {"EPSG:6360", "NAVD88", GEO_CRS_HEIGHT_GEOID, 1200.0 / 3937.0},
        {"EPSG:5714", "MSL height", GEO_CRS_HEIGHT_GEOID, 1.0},
        {"WGS84", "WGS84", GEO_CRS_HEIGHT_WGS84, 1.0},
        {"EPSG:4979", "WGS84", GEO_CRS_HEIGHT_WGS84, 1.0},
        {"EPSG:4937", "ETRS89", GEO_CRS_HEIGHT_ELLIPSOID, 1.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_crs_vertical got;
        print_message("  %s\n", cases[i].text);
        assert_int_equal(geo_crs_vertical_parse(*state, cases[i].text, &got), DRF_OK);
        assert_string_equal(got.name, cases[i].name);
        assert_int_equal(got.kind, cases[i].kind);
        assert_near(got.unit_m, cases[i].unit_m, 1e-9);
    }
    struct geo_crs_vertical got;
    static const char *const refused[] = {"", "AMSL", "EPSG:", "EPSG:4326", "EPSG:1", "egm96"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(geo_crs_vertical_parse(*state, refused[i], &got), DRF_ERR_SYNTAX);
    assert_int_equal(geo_crs_vertical_parse(*state, "EPSG:5715", &got), DRF_ERR_RANGE); // depth
}

static void map__known_coordinates__agree_both_ways(void **state)
{
    static const struct {
        const char *crs;
        double lon_deg, lat_deg, x, y, within_m;
    } cases[] = {
        {"EPSG:3857", -100.33333333, 24.38178694, -11169055.58, 2800000.0, 0.02}, // GN 7-2
        {"EPSG:2193", 174.77, -41.28, 1748231.069, 5428648.726, 0.01}, // northing first
        {"EPSG:3035", 5.0, 50.0, 3962799.451, 2999718.853, 0.01},      // GN 7-2, northing first
        {"EPSG:32617", -79.0, 43.0, 663010.6, 4762760.1, 50.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_crs_map *map;
        print_message("  %s\n", cases[i].crs);
        assert_int_equal(geo_crs_map_open(*state, cases[i].crs, &map), DRF_OK);
        assert_string_equal(geo_crs_map_name(map), cases[i].crs);
        assert_false(geo_crs_map_identical(map));
        assert_true(geo_crs_map_period(map) == 0.0);
        double x = cases[i].lon_deg, y = cases[i].lat_deg;
        geo_crs_map_to(map, 1, &x, &y);
        assert_near(x, cases[i].x, cases[i].within_m);
        assert_near(y, cases[i].y, cases[i].within_m);
        geo_crs_map_from(map, 1, &x, &y);
        assert_near(x, cases[i].lon_deg, 5e-8);
        assert_near(y, cases[i].lat_deg, 5e-8);
        geo_crs_map_close(map);
    }
}

static void map__wgs84__changes_nothing(void **state)
{
    static const char *const same[] = {"EPSG:4326", "OGC:CRS84", "EPSG:4979", "EPSG:9707"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct geo_crs_map *map;
        assert_int_equal(geo_crs_map_open(*state, same[i], &map), DRF_OK);
        assert_true(geo_crs_map_identical(map));
        assert_true(geo_crs_map_period(map) == 360.0);
        geo_crs_map_close(map);
    }
}

static void map__nowhere_in_the_plane__is_huge(void **state)
{
    struct geo_crs_map *map;
    assert_int_equal(geo_crs_map_open(*state, "EPSG:3413", &map), DRF_OK);
    double x[2] = {0.0, -45.0}, y[2] = {95.0, 70.0};
    geo_crs_map_to(map, 2, x, y);
    assert_true(x[0] == HUGE_VAL && y[0] == HUGE_VAL);
    assert_near(x[1], 0.0, 0.001); // and its neighbour is none the worse
    geo_crs_map_close(map);
}

static void map__what_is_no_crs_or_has_no_way__is_refused(void **state)
{
    struct geo_crs_map *map = NULL;
    assert_int_equal(geo_crs_map_open(*state, "", &map), DRF_ERR_SYNTAX);
    assert_int_equal(geo_crs_map_open(*state, "EPSG:5773", &map), DRF_ERR_SYNTAX);
    assert_int_equal(geo_crs_map_open(*state, "LOCAL_CS[\"yard\",UNIT[\"metre\",1]]", &map),
                     DRF_ERR_ABSENT);
    assert_int_equal(geo_crs_map_open(*state,
                                      "GEOGCS[\"x\",DATUM[\"unheard of\",SPHEROID[\"y\","
                                      "6377000,300]],PRIMEM[\"Greenwich\",0],"
                                      "UNIT[\"degree\",0.0174532925199433]]",
                                      &map),
                     DRF_ERR_ABSENT); // only ballpark would do
    assert_null(map);
    geo_crs_map_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geoid__published_points__agree),
        cmocka_unit_test(geoid__poles_and_antimeridian__are_on_the_globe),
        cmocka_unit_test(geoid__not_a_position__is_refused_and_leaves_out_untouched),
        cmocka_unit_test(geoid__not_loaded__is_absent_and_never_zero),
        cmocka_unit_test(vertical__words_and_codes__are_told_apart),
        cmocka_unit_test(map__known_coordinates__agree_both_ways),
        cmocka_unit_test(map__wgs84__changes_nothing),
        cmocka_unit_test(map__nowhere_in_the_plane__is_huge),
        cmocka_unit_test(map__what_is_no_crs_or_has_no_way__is_refused),
    };
    return cmocka_run_group_tests_name("geo/crs", tests, open_crs, close_crs);
}
