// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/reader/geojson_box.h"
#include "tests/support/near.h"

static bool box_of(const char *text, size_t part, double spread_m, struct geo_bounds *out)
{
    struct geo_json *document;
    struct geo_note why;
    assert_int_equal(geo_json_open((const uint8_t *)text, strlen(text), &document, &why),
                     DRF_OK);
    bool found = geo_geometry_box(document, part, NULL, spread_m, out);
    geo_json_close(document);
    return found;
}

static void box__of_whatever_it_was_meant_to_be__holds_all_coordinates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t part;
        struct geo_bounds box;
    } cases[] = {
        {"{\"type\":\"Point\",\"coordinates\":[8,47]}", 0, {8, 47, 8, 47}},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[9,47],[9,48]]]}", 0, {8, 47, 9, 48}},
        {"{\"type\":\"MultiLineString\",\"coordinates\":[[[8,47],[9,47]],[[1,2],[3,4]]]}",
         1,
         {1, 2, 3, 4}},
        {"{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\",\"coordinates\":"
         "[8,47]},{\"type\":\"LineString\",\"coordinates\":[[9,40],[10,41]]}]}",
         0,
         {8, 40, 10, 47}},
        // Across 180 degrees, never round the world.
        {"{\"type\":\"Polygon\",\"coordinates\":[[[179,1],[-179,1],[-179,2],[179,2],[179,1]]]}",
         0,
         {179, 1, -179, 2}},
        {"{\"type\":\"LineString\",\"coordinates\":[[-170,0],[170,5],[160,5]]}",
         0,
         {160, 0, -170, 5}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_bounds box;
        assert_true(box_of(cases[i].text, cases[i].part, 0, &box));
        // Of edges of more than 20 km the geodesics are in it, too: of 3,300 km some 20 km.
        const double more_deg = 0.5;
        assert_near(box.west_deg, cases[i].box.west_deg - more_deg / 2, more_deg / 2);
        assert_near(box.south_deg, cases[i].box.south_deg - more_deg / 2, more_deg / 2);
        assert_near(box.east_deg, cases[i].box.east_deg + more_deg / 2, more_deg / 2);
        assert_near(box.north_deg, cases[i].box.north_deg + more_deg / 2, more_deg / 2);
    }
}

static void box__of_a_ring_around_a_pole__holds_the_pole(void **state)
{
    (void)state;
    struct geo_bounds box;
    assert_true(box_of("{\"type\":\"Polygon\",\"coordinates\":[[[0,85],[120,85],[-120,85],"
                       "[0,85]]]}",
                       0, 0, &box));
    assert_near(box.west_deg, -180, 0);
    assert_near(box.east_deg, 180, 0);
    assert_near(box.north_deg, 90, 0);
    assert_true(box.south_deg <= 85);
}

// 142 km on the parallel of 50 degrees: the geodesic is 479 m north of it (PROJ's geodesic.h).
static void box__of_a_long_edge__holds_its_geodesic(void **state)
{
    (void)state;
    struct geo_bounds box;
    assert_true(box_of("{\"type\":\"Polygon\",\"coordinates\":[[[8,49.9],[10,49.9],[10,50],"
                       "[8,50]]]}",
                       0, 0, &box));
    assert_true(box.north_deg > 50.0 + 479.3 / 111229.0);
    assert_true(box.north_deg < 50.01);
}

static void box__with_a_coordinate_that_cannot_be_read__is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{}",
        "{\"type\":\"Point\",\"coordinates\":[8]}",
        "{\"type\":\"Point\",\"coordinates\":[\"8\",47]}",
        "{\"type\":\"Point\",\"coordinates\":[8,91]}",
        "{\"type\":\"Point\",\"coordinates\":[]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[9,47],[null,48]]]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[9,47],7]]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[]]}",
        "{\"type\":\"GeometryCollection\"}",
        "{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\"}]}",
        "[[[[[[[[[[[[1,2]]]]]]]]]]]]",
        "{\"type\":\"Polygon\",\"coordinates\":[[[[[[[[[[[[[[1,2]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_bounds box;
        if (box_of(cases[i], 0, 0, &box))
            fail_msg("%s has a box", cases[i]);
    }
}

static void box__widened__is_as_much_more_on_each_side(void **state)
{
    (void)state;
    struct geo_bounds box;
    // A degree of latitude is 111.2 km, one of longitude at 60 N half of that.
    assert_true(box_of("{\"type\":\"Point\",\"coordinates\":[8,60]}", 0, 5000, &box));
    assert_near(box.north_deg - 60, 0.045, 0.001);
    assert_near(60 - box.south_deg, 0.045, 0.001);
    assert_near(box.east_deg - 8, 0.090, 0.002);
    assert_near(8 - box.west_deg, 0.090, 0.002);
    assert_true(box_of("{\"type\":\"Point\",\"coordinates\":[179.99,0]}", 0, 5000, &box));
    assert_near(box.east_deg, -179.965, 0.001);
    assert_near(box.west_deg, 179.945, 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box__of_whatever_it_was_meant_to_be__holds_all_coordinates),
        cmocka_unit_test(box__of_a_ring_around_a_pole__holds_the_pole),
        cmocka_unit_test(box__of_a_long_edge__holds_its_geodesic),
        cmocka_unit_test(box__with_a_coordinate_that_cannot_be_read__is_none),
        cmocka_unit_test(box__widened__is_as_much_more_on_each_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
