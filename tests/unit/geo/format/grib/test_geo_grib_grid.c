// SPDX-License-Identifier: Apache-2.0
// Scan orders against a walk over the grid as the Manual on Codes (table 3.4) words it; windows
// against counting by hand; Mercator against its formula (Snyder 1987, 7-1 and 7-2).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/grib/grib_grid.h"
#include "geo/plane.h"
#include "tests/support/near.h"

// One degree, 0-359 E by 90 N - 90 S, as a global model publishes it.
static const struct geo_grib_points global = {
    .edition = 2,
    .template = 0,
    .ni = 360,
    .nj = 181,
    .count = 360 * 181,
    .shape = 6,
    .first_lat_deg = 90,
    .first_lon_deg = 0,
    .last_lat_deg = -90,
    .last_lon_deg = 359,
    .di = 1,
    .dj = 1,
};

static void index__every_scan_order__is_the_order_of_the_walk(void **state)
{
    (void)state;
    enum { NI = 5, NJ = 4 };
    for (int mode = 0; mode < 16; mode++) {
        struct geo_grib_points p = {.ni = NI, .nj = NJ};
        p.i_negative = (mode & 8) != 0;
        p.j_positive = (mode & 4) != 0;
        p.j_consecutive = (mode & 2) != 0;
        p.alternating = (mode & 1) != 0;
        // Walk: x counts columns from the west, y rows from where the scan begins.
        int x = p.i_negative ? NI - 1 : 0, y = 0;
        int dx = p.i_negative ? -1 : 1, dy = 1;
        for (size_t at = 0; at < NI * NJ; at++) {
            assert_int_equal(geo_grib_index(&p, (uint32_t)x, (uint32_t)y), at);
            bool turn = p.j_consecutive ? at % NJ == NJ - 1 : at % NI == NI - 1;
            if (p.j_consecutive && !turn)
                y += dy;
            else if (!p.j_consecutive && !turn)
                x += dx;
            else if (p.j_consecutive) {
                x += p.i_negative ? -1 : 1;
                dy = p.alternating ? -dy : dy;
                y = dy > 0 ? 0 : NJ - 1;
            } else {
                y += 1;
                dx = p.alternating ? -dx : dx;
                x = dx > 0 ? 0 : NI - 1;
            }
        }
    }
}

static void grid__a_global_one__closes_on_itself(void **state)
{
    (void)state;
    struct geo_grid grid;
    struct geo_note why;
    assert_int_equal(geo_grib_grid_of(&global, &grid, &why), DRF_OK);
    assert_int_equal(grid.whole_circle, 1);
    assert_int_equal(grid.ni, 360);
    assert_near(grid.dx, 1, 1e-12);
    assert_near(grid.dy, -1, 1e-12);

    // 0, 1, ... 360: the last column repeats the first.
    struct geo_grib_points repeated = global;
    repeated.ni = 361;
    repeated.count = 361 * 181;
    repeated.last_lon_deg = 360;
    assert_int_equal(geo_grib_grid_of(&repeated, &grid, &why), DRF_OK);
    assert_int_equal(grid.whole_circle, 1);
    assert_int_equal(grid.ni, 360);
}

static void check_window(struct geo_bounds keep, double west_deg, uint32_t ni, double north_deg,
                         uint32_t nj)
{
    struct geo_grid grid, cut;
    struct geo_grib_window window;
    struct geo_note why;
    assert_int_equal(geo_grib_grid_of(&global, &grid, &why), DRF_OK);
    assert_int_equal(geo_grib_window_of(&grid, keep, &window, &why), DRF_OK);
    cut = geo_grib_grid_cut(&grid, window);
    assert_near(cut.x0, west_deg, 1e-9);
    assert_int_equal(cut.ni, ni);
    assert_near(cut.y0, north_deg, 1e-9);
    assert_int_equal(cut.nj, nj);
}

static void window__anywhere_on_a_global_grid__has_two_points_around_the_box(void **state)
{
    (void)state;
    // 43.2-44.1 N takes rows 45 ... 43, two more on each side: 47 ... 41.
    check_window((struct geo_bounds){-79.9, 43.2, -78.9, 44.1}, -82, 7, 47, 7);
    // Over Greenwich, where the grid's seam is.
    check_window((struct geo_bounds){-0.5, 43.2, 0.5, 44.1}, -3, 7, 47, 7);
    // Over the antimeridian, the box as west > east.
    check_window((struct geo_bounds){179.5, 43.2, -179.5, 44.1}, 177, 7, 47, 7);
    // At the pole there is nothing beyond.
    check_window((struct geo_bounds){10, 89.5, 11, 90}, 8, 6, 90, 4);
    // All of it.
    check_window((struct geo_bounds){-180, -90, 180, 90}, 0, 360, 90, 181);
}

static void window__a_partial_grid__is_met_or_missed(void **state)
{
    (void)state;
    struct geo_grib_points p = global;
    p.first_lon_deg = 270;
    p.last_lon_deg = 300;
    p.ni = 31;
    p.count = 31 * 181;
    struct geo_grid grid;
    struct geo_grib_window window;
    struct geo_note why;
    assert_int_equal(geo_grib_grid_of(&p, &grid, &why), DRF_OK);
    assert_int_equal(grid.whole_circle, 0);
    assert_near(grid.x0, -90, 1e-12);
    struct geo_bounds inside = {-79.9, 43.2, -78.9, 44.1};
    assert_int_equal(geo_grib_window_of(&grid, inside, &window, &why), DRF_OK);
    assert_int_equal(window.i0, 8); // 80 W is column 10
    assert_int_equal(window.ni, 7);
    struct geo_bounds edge = {-95, 43.2, -89.5, 44.1};
    assert_int_equal(geo_grib_window_of(&grid, edge, &window, &why), DRF_OK);
    assert_int_equal(window.i0, 0);
    assert_int_equal(window.ni, 4); // 90, 89, and two more
    struct geo_bounds elsewhere = {8, 47, 9, 48};
    assert_int_equal(geo_grib_window_of(&grid, elsewhere, &window, &why), DRF_ERR_RANGE);
    assert_int_equal(why.code, GEO_REFUSAL_OUT_OF_REGION);
}

static void grid__degenerate_or_contradictory__is_refused(void **state)
{
    (void)state;
    struct geo_grib_points cases[12];
    for (size_t i = 0; i < 12; i++)
        cases[i] = global;
    cases[0].ni = 1;
    cases[1].count = 7;
    cases[2].last_lat_deg = 90;
    cases[3].last_lat_deg = (double)NAN;
    cases[4].last_lon_deg = (double)NAN;
    cases[5].di = 2;
    cases[6].dj = 0.5;
    cases[7].j_positive = true;
    cases[8].shape = 99;
    cases[9].first_lat_deg = 91;
    cases[10].template = 40;
    cases[11].template = 30; // Lambert without a spacing in metres
    cases[11].di = 0;
    for (size_t i = 0; i < 12; i++) {
        struct geo_grid grid;
        struct geo_note why;
        if (geo_grib_grid_of(&cases[i], &grid, &why) == DRF_OK)
            fail_msg("case %zu was accepted", i);
        assert_true(why.code == GEO_REFUSAL_GEOREFERENCE
                    || why.code == GEO_REFUSAL_UNSUPPORTED);
    }
}

static void grid__mercator__follows_its_formula(void **state)
{
    (void)state;
    const double rad = 0.017453292519943295, radius_m = 6371229, lad_deg = 20;
    const struct geo_grib_points p = {
        .edition = 2,
        .template = 10,
        .ni = 30,
        .nj = 20,
        .count = 600,
        .shape = 6,
        .j_positive = true,
        .first_lat_deg = 12,
        .first_lon_deg = 200,
        .di = 10000,
        .dj = 10000,
        .lad_deg = lad_deg,
    };
    struct geo_grid grid;
    struct geo_note why;
    struct geo_plane *plane = NULL;
    struct geo_point at;
    assert_int_equal(geo_grib_grid_of(&p, &grid, &why), DRF_OK);
    assert_int_equal(geo_plane_open(&grid, &plane), DRF_OK);
    assert_int_equal(geo_plane_point(plane, 29, 19, &at), DRF_OK);
    geo_plane_close(plane);
    double a = radius_m * cos(lad_deg * rad);
    double y = a * log(tan(0.7853981633974483 + 12 * rad / 2)) + 19 * 10000;
    assert_near(at.lat_deg, (2 * atan(exp(y / a)) - 1.5707963267948966) / rad, 1e-7);
    assert_near(at.lon_deg, 200 + 29 * 10000 / a / rad - 360, 1e-7);
}

static void grid__figures_of_the_earth__are_those_of_table_3_2(void **state)
{
    (void)state;
    static const struct {
        int64_t shape;
        double major_m, minor_m;
    } cases[] = {{0, 6367470, 6367470},       {2, 6378160, 6356775},
                 {4, 6378137, 6356752.31414}, {5, 6378137, 6356752.314245},
                 {6, 6371229, 6371229},       {8, 6371200, 6371200}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_grib_points p = global;
        struct geo_grid grid;
        struct geo_note why;
        p.shape = cases[i].shape;
        assert_int_equal(geo_grib_grid_of(&p, &grid, &why), DRF_OK);
        assert_near(grid.semi_major_m, cases[i].major_m, 1e-3);
        assert_near(grid.semi_minor_m, cases[i].minor_m, 1e-3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index__every_scan_order__is_the_order_of_the_walk),
        cmocka_unit_test(grid__a_global_one__closes_on_itself),
        cmocka_unit_test(window__anywhere_on_a_global_grid__has_two_points_around_the_box),
        cmocka_unit_test(window__a_partial_grid__is_met_or_missed),
        cmocka_unit_test(grid__degenerate_or_contradictory__is_refused),
        cmocka_unit_test(grid__mercator__follows_its_formula),
        cmocka_unit_test(grid__figures_of_the_earth__are_those_of_table_3_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
