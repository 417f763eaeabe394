// tests/unit/edge/trial/test_edge_try_place.c - the region that `drf-edge try` takes from data.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "edge/trial/try_place.h"

// Sides by the mean radius of WGS 84 (6371.0088 km): 111.195 km for a degree of latitude.
#define KM_PER_DEG 111.195
#define RAD_PER_DEG 0.017453292519943295

static void point(struct edge_try_place *place, double lat_deg, double lon_deg)
{
    edge_try_place_point(place, (struct geo_point){.lat_deg = lat_deg, .lon_deg = lon_deg});
}

static struct geo_bounds box(double west_deg, double south_deg, double east_deg,
                             double north_deg)
{
    return (struct geo_bounds){.west_deg = west_deg,
                               .south_deg = south_deg,
                               .east_deg = east_deg,
                               .north_deg = north_deg};
}

static void region__nothing_has_a_place__is_refused(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    struct edge_try_region region;
    assert_false(edge_try_place_region(&place, &region));
}

static void region__rasters_that_fit__holds_them_all(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    struct edge_try_region region;
    edge_try_place_box(&place, box(8.0, 47.0, 8.2, 47.2));
    edge_try_place_box(&place, box(8.2, 47.1, 8.5, 47.3));
    point(&place, -30, 100); // far away: terrain decides
    assert_true(edge_try_place_region(&place, &region));
    assert_false(region.cut);
    assert_true(fabs(region.bounds.west_deg - 8.0) < 2e-4);
    assert_true(fabs(region.bounds.east_deg - 8.5) < 2e-4);
    assert_true(fabs(region.bounds.north_deg - 47.3) < 2e-4);
    edge_try_place_close(&place);
}

static void region__rasters_far_apart__is_the_one_with_most_features(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    struct edge_try_region region;
    edge_try_place_box(&place, box(75.9, 38.6, 76.1, 38.8));
    edge_try_place_box(&place, box(-80, 43, -79, 44));
    point(&place, 43.5, -79.5);
    point(&place, 43.6, -79.5);
    point(&place, 38.7, 76.0);
    assert_true(edge_try_place_region(&place, &region));
    assert_true(region.cut);
    assert_true(fabs(region.bounds.west_deg + 80) < 2e-4);
    edge_try_place_close(&place);
}

// A country of obstacles: 120 km at most each way, around the city.
static void region__points_over_a_country__is_bounded_around_most_of_them(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    struct edge_try_region region;
    for (int i = 0; i < 50; i++)
        point(&place, 42.0 + i * 0.4, -140.0 + i * 1.5);
    for (int i = 0; i < 40; i++)
        point(&place, 60.1 + i * 0.001, 25.1 + i * 0.001);
    assert_true(edge_try_place_region(&place, &region));
    assert_true(region.cut);
    const double middle_deg = (region.bounds.south_deg + region.bounds.north_deg) / 2;
    const double north_km = (region.bounds.north_deg - region.bounds.south_deg) * KM_PER_DEG;
    const double east_km = (region.bounds.east_deg - region.bounds.west_deg) * KM_PER_DEG
                           * cos(middle_deg * RAD_PER_DEG);
    assert_true(north_km > 60 && north_km < 120.5);
    assert_true(east_km > 60 && east_km < 121);
    assert_true(region.bounds.south_deg < 60.1 && region.bounds.north_deg > 60.14);
    assert_true(region.bounds.west_deg < 25.1 && region.bounds.east_deg > 25.14);
    edge_try_place_close(&place);
}

static void region__at_the_edges_of_the_globe__stays_on_it(void **state)
{
    (void)state;
    struct edge_try_region region;
    const double places[][2] = {{89.9, 10}, {-89.99, 10}, {10, 179.999}, {-10, -179.9999}};
    for (size_t i = 0; i < 4; i++) {
        struct edge_try_place place = {.box_count = 0};
        point(&place, places[i][0], places[i][1]);
        assert_true(edge_try_place_region(&place, &region));
        assert_true(region.bounds.west_deg >= -180 && region.bounds.east_deg <= 180);
        assert_true(region.bounds.south_deg >= -90 && region.bounds.north_deg <= 90);
        assert_true(region.bounds.west_deg < region.bounds.east_deg);
        assert_true(region.bounds.south_deg < region.bounds.north_deg);
        edge_try_place_close(&place);
    }
}

// A raster over the antimeridian has west > east: it is counted as left out.
static void box__over_the_antimeridian_or_one_too_many__is_left_out(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    edge_try_place_box(&place, box(179, 0, -179, 1));
    assert_int_equal(place.box_count, 0);
    assert_int_equal(place.left_out, 1);
    for (int i = 0; i < EDGE_TRY_BOXES_MAX + 3; i++)
        edge_try_place_box(&place, box(0, 0, 1, 1));
    assert_int_equal(place.box_count, EDGE_TRY_BOXES_MAX);
    assert_int_equal(place.left_out, 4);
}

static void middle__is_where_most_points_of_the_region_are(void **state)
{
    (void)state;
    struct edge_try_place place = {.box_count = 0};
    const struct geo_bounds region = box(8, 47, 9, 48);
    struct geo_point middle = edge_try_place_middle(&place, region);
    assert_true(fabs(middle.lat_deg - 47.5) < 1e-9 && fabs(middle.lon_deg - 8.5) < 1e-9);
    point(&place, 47.9, 8.9);
    for (int i = 0; i < 3; i++)
        point(&place, 47.205 + i * 0.001, 8.305);
    for (int i = 0; i < 9; i++)
        point(&place, 12, 12); // outside
    middle = edge_try_place_middle(&place, region);
    assert_true(fabs(middle.lat_deg - 47.206) < 1e-6 && fabs(middle.lon_deg - 8.305) < 1e-6);
    edge_try_place_close(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region__nothing_has_a_place__is_refused),
        cmocka_unit_test(region__rasters_that_fit__holds_them_all),
        cmocka_unit_test(region__rasters_far_apart__is_the_one_with_most_features),
        cmocka_unit_test(region__points_over_a_country__is_bounded_around_most_of_them),
        cmocka_unit_test(region__at_the_edges_of_the_globe__stays_on_it),
        cmocka_unit_test(box__over_the_antimeridian_or_one_too_many__is_left_out),
        cmocka_unit_test(middle__is_where_most_points_of_the_region_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
