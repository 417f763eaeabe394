// SPDX-License-Identifier: Apache-2.0
// What geo/plane.h promises. Expected values: the Eta grid's published geometry, ecCodes' own
// latitudes and longitudes of the same files, and closed formulas.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "geo/plane.h"

#define DEGREE_RAD 0.017453292519943295
// cmocka's own comparison is in float.
#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

static const struct geo_grid eta = {
    .kind = GEO_GRID_LAMBERT,
    .ni = 93,
    .nj = 65,
    .dx = 81271.0,
    .dy = 81271.0,
    .p = {25.0, 265.0, 25.0, 25.0},
    .semi_major_m = 6371200.0,
    .semi_minor_m = 6371200.0,
};

static struct geo_plane *open_plane(const struct geo_grid *grid)
{
    struct geo_plane *plane;
    assert_int_equal(geo_plane_open(grid, &plane), DRF_OK);
    return plane;
}

// The Eta grid with its first point put where the file says it lies: 12.19 N 226.541 E.
static struct geo_grid eta_placed(void)
{
    struct geo_grid metres = eta;
    metres.dx = metres.dy = 1.0;
    struct geo_plane *plane = open_plane(&metres);
    struct geo_grid placed = eta;
    assert_int_equal(
        geo_plane_at(plane, (struct geo_point){12.19, 226.541 - 360.0}, &placed.x0, &placed.y0),
        DRF_OK);
    geo_plane_close(plane);
    return placed;
}

static void at__eta_last_point__is_where_the_file_says(void **state)
{
    (void)state;
    struct geo_grid grid = eta_placed();
    struct geo_plane *plane = open_plane(&grid);
    struct geo_point last; // NCEP grid 211: corner (93, 65) at 57.290 N 49.385 W
    assert_int_equal(geo_plane_point(plane, 92, 64, &last), DRF_OK);
    assert_near(last.lat_deg, 57.290, 0.01);
    assert_near(last.lon_deg, -49.385, 0.01);
    double i, j;
    assert_int_equal(geo_plane_at(plane, last, &i, &j), DRF_OK);
    assert_near(i, 92, 1e-6);
    assert_near(j, 64, 1e-6);
    geo_plane_close(plane);
}

static void rotation__lambert__is_the_convergence_of_its_meridians(void **state)
{
    (void)state;
    struct geo_grid grid = eta_placed();
    struct geo_plane *plane = open_plane(&grid);
    double i, j, rad;
    // The grid point nearest Toronto, at 280.279 E.
    assert_int_equal(geo_plane_at(plane, (struct geo_point){43.65, -79.38}, &i, &j), DRF_OK);
    i = round(i);
    j = round(j);
    struct geo_point node;
    assert_int_equal(geo_plane_point(plane, i, j, &node), DRF_OK);
    assert_near(node.lon_deg + 360.0, 280.279, 0.001);
    assert_int_equal(geo_plane_rotation_rad(plane, i, j, &rad), DRF_OK);
    assert_near(rad / DEGREE_RAD, 6.457, 0.001);
    assert_near(-4 * cos(rad) + 1 * sin(rad), -3.862, 0.002);
    assert_near(4 * sin(rad) + 1 * cos(rad), 1.444, 0.002);
    for (double at_i = 0; at_i < 93; at_i += 23) {
        assert_int_equal(geo_plane_point(plane, at_i, 30, &node), DRF_OK);
        assert_int_equal(geo_plane_rotation_rad(plane, at_i, 30, &rad), DRF_OK);
        assert_near(rad, sin(25 * DEGREE_RAD) * (node.lon_deg + 95.0) * DEGREE_RAD, 1e-8);
    }
    geo_plane_close(plane);
}

static void rotation__rows_from_north_to_south__is_the_same(void **state)
{
    (void)state;
    struct geo_grid north_up = eta_placed(), south_up = north_up;
    south_up.y0 = north_up.y0 + 64 * north_up.dy;
    south_up.dy = -north_up.dy;
    struct geo_plane *a = open_plane(&north_up), *b = open_plane(&south_up);
    double one, other;
    assert_int_equal(geo_plane_rotation_rad(a, 70, 50, &one), DRF_OK);
    assert_int_equal(geo_plane_rotation_rad(b, 70, 14, &other), DRF_OK);
    assert_near(one, other, 1e-9);
    geo_plane_close(a);
    geo_plane_close(b);
}

static void rotation__on_an_ellipsoid__is_the_convergence_too(void **state)
{
    (void)state;
    struct geo_grid grid = eta;
    grid.semi_major_m = 6378137.0;
    grid.semi_minor_m = 6356752.314245;
    grid.p[0] = grid.p[2] = grid.p[3] = 45.0;
    struct geo_plane *plane = open_plane(&grid);
    struct geo_point node;
    double rad;
    assert_int_equal(geo_plane_point(plane, 15, 10, &node), DRF_OK);
    assert_int_equal(geo_plane_rotation_rad(plane, 15, 10, &rad), DRF_OK);
    assert_near(rad, sin(45 * DEGREE_RAD) * (node.lon_deg + 95.0) * DEGREE_RAD, 1e-8);
    geo_plane_close(plane);
}

static void rotation__polar_plane__turns_with_the_longitude(void **state)
{
    (void)state;
    const struct geo_grid north = {.kind = GEO_GRID_POLAR,
                                   .ni = 10,
                                   .nj = 10,
                                   .dx = 1e4,
                                   .dy = 1e4,
                                   .p = {60.0, -105.0, 90.0, 0.0},
                                   .semi_major_m = 6371229.0,
                                   .semi_minor_m = 6371229.0};
    struct geo_plane *plane = open_plane(&north);
    double i, j, rad;
    assert_int_equal(geo_plane_at(plane, (struct geo_point){60.0, -75.0}, &i, &j), DRF_OK);
    // True at 60 degrees: the radius is R (1 + sin 60) tan 15 = R cos 60.
    assert_near(hypot(i, j) * 1e4, 6371229.0 * 0.5, 1.0);
    assert_true(i > 0 && j < 0); // east of the central meridian, below the pole
    assert_int_equal(geo_plane_rotation_rad(plane, i, j, &rad), DRF_OK);
    assert_near(rad / DEGREE_RAD, 30.0, 1e-6);
    assert_int_equal(geo_plane_rotation_rad(plane, 0, 0, &rad), DRF_ERR_RANGE); // the pole
    assert_int_equal(geo_plane_at(plane, (struct geo_point){-90.0, 0.0}, &i, &j),
                     DRF_ERR_RANGE);
    geo_plane_close(plane);

    struct geo_grid south = north;
    south.p[2] = -90.0;
    south.p[0] = -60.0;
    plane = open_plane(&south);
    assert_int_equal(geo_plane_at(plane, (struct geo_point){-60.0, -75.0}, &i, &j), DRF_OK);
    assert_true(i > 0 && j > 0);
    assert_int_equal(geo_plane_rotation_rad(plane, i, j, &rad), DRF_OK);
    assert_near(rad / DEGREE_RAD, -30.0, 1e-6);
    geo_plane_close(plane);
}

static void at__mercator__follows_its_formula(void **state)
{
    (void)state;
    const struct geo_grid grid = {.kind = GEO_GRID_MERCATOR,
                                  .ni = 10,
                                  .nj = 10,
                                  .dx = 1,
                                  .dy = 1,
                                  .p = {20.0, 0.0, 0.0, 0.0},
                                  .semi_major_m = 6371200.0,
                                  .semi_minor_m = 6371200.0};
    struct geo_plane *plane = open_plane(&grid);
    double i, j, rad, k = cos(20 * DEGREE_RAD) * 6371200.0;
    assert_int_equal(geo_plane_at(plane, (struct geo_point){30.0, -40.0}, &i, &j), DRF_OK);
    assert_near(i, k * -40 * DEGREE_RAD, 1e-3);
    assert_near(j, k * log(tan((45 + 15) * DEGREE_RAD)), 1e-3);
    assert_int_equal(geo_plane_rotation_rad(plane, i, j, &rad), DRF_OK);
    assert_near(rad, 0.0, 1e-9);
    geo_plane_close(plane);
}

static void at__latlon__turns_to_the_grid(void **state)
{
    (void)state;
    const struct geo_grid part = {.kind = GEO_GRID_LATLON,
                                  .ni = 16,
                                  .nj = 31,
                                  .x0 = 350.0,
                                  .y0 = 60.0,
                                  .dx = 2.0,
                                  .dy = -2.0};
    struct geo_plane *plane = open_plane(&part);
    double i, j;
    assert_int_equal(geo_plane_at(plane, (struct geo_point){48.0, 8.0}, &i, &j), DRF_OK);
    assert_near(i, 9.0, 1e-12);
    assert_near(j, 6.0, 1e-12);
    assert_int_equal(geo_plane_at(plane, (struct geo_point){48.0, -11.0}, &i, &j), DRF_OK);
    assert_near(i, -0.5, 1e-12); // just west of it, and not 359 degrees east
    geo_plane_close(plane);

    const struct geo_grid whole = {.kind = GEO_GRID_LATLON,
                                   .ni = 36,
                                   .nj = 19,
                                   .x0 = 0.0,
                                   .y0 = 90.0,
                                   .dx = 10.0,
                                   .dy = -10.0,
                                   .whole_circle = 1};
    plane = open_plane(&whole);
    assert_int_equal(geo_plane_at(plane, (struct geo_point){0.0, -5.0}, &i, &j), DRF_OK);
    assert_near(i, 35.5, 1e-12); // between the last column and the first
    assert_int_equal(geo_plane_at(plane, (struct geo_point){0.0, 0.0}, &i, &j), DRF_OK);
    assert_near(i, 0.0, 0.0);
    assert_int_equal(geo_plane_at(plane, (struct geo_point){0.0, (double)NAN}, &i, &j),
                     DRF_ERR_RANGE);
    geo_plane_close(plane);
}

static void at__rotated_latlon__agrees_with_its_poles(void **state)
{
    (void)state;
    // COSMO-DE: southern pole at 40 S 10 E; its zero meridian passes south of Alfeld, 50 N 10
    // E.
    const struct geo_grid cosmo = {.kind = GEO_GRID_ROTATED_LATLON,
                                   .ni = 3,
                                   .nj = 3,
                                   .dx = 1.0,
                                   .dy = 1.0,
                                   .p = {-40.0, 10.0, 0.0, 0.0}};
    struct geo_plane *plane = open_plane(&cosmo);
    double i, j, rad;
    assert_int_equal(geo_plane_at(plane, (struct geo_point){50.0, 10.0}, &i, &j), DRF_OK);
    assert_near(i, 0.0, 1e-9);
    assert_near(j, 0.0, 1e-9);
    assert_int_equal(geo_plane_at(plane, (struct geo_point){53.0, 10.0}, &i, &j), DRF_OK);
    assert_near(j, 3.0, 1e-9);
    assert_int_equal(geo_plane_rotation_rad(plane, 0, 3, &rad), DRF_OK);
    assert_near(rad, 0.0, 1e-9);
    struct geo_point east;
    assert_int_equal(geo_plane_point(plane, 5, 0, &east), DRF_OK);
    assert_true(east.lon_deg > 10.0);
    // Napier, triangle of both poles and the point: tan(lon - 10) = tan 5 / cos 50,
    // sin(lat) = sin 50 cos 5.
    assert_near(tan((east.lon_deg - 10) * DEGREE_RAD),
                tan(5 * DEGREE_RAD) / cos(50 * DEGREE_RAD), 1e-9);
    assert_near(sin(east.lat_deg * DEGREE_RAD), sin(50 * DEGREE_RAD) * cos(5 * DEGREE_RAD),
                1e-9);
    // East of the zero meridian the new pole, beyond the true one, lies to the right of it: the
    // sine rule, with the poles 50 degrees apart.
    assert_int_equal(geo_plane_rotation_rad(plane, 5, 0, &rad), DRF_OK);
    assert_near(rad, asin(sin(50 * DEGREE_RAD) * sin((east.lon_deg - 10) * DEGREE_RAD)), 1e-6);
    geo_plane_close(plane);
}

static void open__hopeless_grids__are_refused(void **state)
{
    (void)state;
    struct geo_plane *plane = NULL;
    struct geo_grid grid = eta;
    grid.kind = 9;
    assert_int_equal(geo_plane_open(&grid, &plane), DRF_ERR_RANGE);
    grid = eta;
    grid.p[2] = 25.0;
    grid.p[3] = -25.0; // opposite latitudes have no cone
    assert_int_equal(geo_plane_open(&grid, &plane), DRF_ERR_RANGE);
    grid = eta;
    grid.dx = 0.0; // as GDAL shows RAP's rotated grid
    assert_int_equal(geo_plane_open(&grid, &plane), DRF_ERR_RANGE);
    grid = eta;
    grid.semi_major_m = (double)NAN;
    assert_int_equal(geo_plane_open(&grid, &plane), DRF_ERR_RANGE);
    assert_null(plane);
    geo_plane_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at__eta_last_point__is_where_the_file_says),
        cmocka_unit_test(rotation__lambert__is_the_convergence_of_its_meridians),
        cmocka_unit_test(rotation__rows_from_north_to_south__is_the_same),
        cmocka_unit_test(rotation__on_an_ellipsoid__is_the_convergence_too),
        cmocka_unit_test(rotation__polar_plane__turns_with_the_longitude),
        cmocka_unit_test(at__mercator__follows_its_formula),
        cmocka_unit_test(at__latlon__turns_to_the_grid),
        cmocka_unit_test(at__rotated_latlon__agrees_with_its_poles),
        cmocka_unit_test(open__hopeless_grids__are_refused),
    };
    return cmocka_run_group_tests_name("geo/plane", tests, NULL, NULL);
}
