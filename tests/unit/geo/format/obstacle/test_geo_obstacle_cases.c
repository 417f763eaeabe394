// SPDX-License-Identifier: Apache-2.0
// The inputs under cases/obstacles of the real data, and more of each kind. What is right is
// said by the index beside them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/obstacle/geojson.h"
#include "tests/support/decoded.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

static bool open_case(struct decoded *d, const struct geo_decode_params *params,
                      const char *name)
{
    char path[128];
    size_t size;
    (void)snprintf(path, sizeof path, "cases/obstacles/%s", name);
    uint8_t *bytes = real_data(path, &size);
    if (bytes == NULL)
        return false;
    decoded_open(d, geo_geojson_decode, params, bytes, size);
    free(bytes);
    return true;
}

static void open_text(struct decoded *d, const char *text)
{
    decoded_open(d, geo_geojson_decode, &everywhere, text, strlen(text));
}

static void two_of_one_id__are_both_kept(void **state)
{
    (void)state;
    struct decoded d;
    if (!open_case(&d, &everywhere, "o_dupid.json"))
        skip();
    assert_int_equal(d.count, 2);
    assert_int_equal(d.notes, 0);
    assert_string_equal(d.obstacles[0].id, "m");
    assert_near(d.obstacles[0].agl_m, 30, 0);
    assert_string_equal(d.obstacles[1].id, "m#2");
    assert_near(d.obstacles[1].agl_m, 80, 0);
    assert_near(d.obstacles[1].position.lon_deg, 8.5, 0);
    assert_int_equal(d.obstacles[0].flags & GEO_OBSTACLE_NUMBERED, 0);
    assert_int_equal(d.obstacles[1].flags & GEO_OBSTACLE_NUMBERED, GEO_OBSTACLE_NUMBERED);
    decoded_close(&d);
}

// The one outside must not withdraw the one inside, in whichever order they come.
static void two_of_one_id__one_of_them_outside__leave_the_other_alone(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){8.4, 50, 9, 51}; // of o_dupid.json the second
    struct decoded d;
    if (!open_case(&d, &params, "o_dupid.json"))
        skip();
    assert_int_equal(d.count, 1);
    assert_int_equal(d.outside, 0);
    assert_string_equal(d.first.id, "m");
    assert_near(d.first.agl_m, 80, 0);
    decoded_close(&d);
    params.keep = (struct geo_bounds){20, 50, 21, 51};
    assert_true(open_case(&d, &params, "o_dupid.json"));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.outside, 1);
    decoded_close(&d);
}

static void parts_of_a_multi__are_numbered_obstacles(void **state)
{
    (void)state;
    struct decoded d;
    if (!open_case(&d, &everywhere, "o_mls.json"))
        skip();
    assert_int_equal(d.count, 2);
    assert_string_equal(d.obstacles[0].id, "pl#1");
    assert_string_equal(d.obstacles[1].id, "pl#2");
    assert_int_equal(d.obstacles[1].geometry, GEO_GEOMETRY_LINE);
    assert_near(d.obstacles[1].position.lon_deg, 8.2, 0);
    assert_near(d.obstacles[1].agl_m, 40, 0);
    decoded_close(&d);
    assert_true(open_case(&d, &everywhere, "o_mpholes.json"));
    assert_int_equal(d.count, 2);
    assert_string_equal(d.obstacles[0].id, "rel/1#1");
    assert_string_equal(d.obstacles[1].id, "rel/1#2");
    assert_int_equal(d.obstacles[0].vertex_count, 4);
    assert_int_equal(d.notes, 1); // the hole is filled, and said so
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
    decoded_close(&d);
}

static void parts_outside__have_no_number(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){8.15, 50, 9, 51}; // of o_mls.json the second
    struct decoded d;
    if (!open_case(&d, &params, "o_mls.json"))
        skip();
    assert_int_equal(d.count, 1);
    assert_int_equal(d.outside, 0);
    assert_string_equal(d.first.id, "pl#1");
    assert_near(d.first.position.lon_deg, 8.2, 0);
    decoded_close(&d);
}

static void a_bad_part__is_unreadable_and_the_others_stand(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, FEATURE("pl", "\"agl_m\":40",
                          "{\"type\":\"MultiLineString\",\"coordinates\":[[[8,50],[8.1,50]],"
                          "[[8.2,50],[8.2,50]],[[8.3,50],[8.4,50]]]}"));
    assert_int_equal(d.count, 2);
    assert_string_equal(d.obstacles[0].id, "pl#1");
    assert_string_equal(d.obstacles[1].id, "pl#3");
    assert_int_equal(d.unreadable_count, 1);
    assert_string_equal(d.unreadables[0].id, "pl#2");
    assert_near(d.unreadables[0].box.west_deg, 8.2, 0.002);
    assert_near(d.unreadables[0].box.east_deg, 8.2, 0.002);
    decoded_close(&d);
    // A bad attribute is one refusal, and every part of it is unreadable.
    open_text(&d, FEATURE("pl", "\"agl_m\":\"40\"",
                          "{\"type\":\"MultiPoint\",\"coordinates\":[[8,50],[9,50]]}"));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.notes, 1);
    assert_int_equal(d.unreadable_count, 2);
    assert_string_equal(d.unreadables[1].id, "pl#2");
    assert_near(d.unreadables[1].box.west_deg, 9, 0.002);
    decoded_close(&d);
}

static void a_geometry_collection__is_refused_by_its_name(void **state)
{
    (void)state;
    struct decoded d;
    if (!open_case(&d, &everywhere, "o_gc.json"))
        skip();
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_UNSUPPORTED);
    assert_non_null(strstr(d.last_note.text, "GeometryCollection"));
    assert_int_equal(d.unreadable_count, 1);
    assert_string_equal(d.unreadables[0].id, "gc");
    decoded_close(&d);
}

static void wgs84_by_any_name_and_a_byte_order_mark__are_accepted(void **state)
{
    (void)state;
    static const char *const names[] = {"o_crs_0.json", "o_crs_1.json", "o_crs_2.json",
                                        "o_crs_3.json", "o_bom.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct decoded d;
        if (!open_case(&d, &everywhere, names[i]))
            skip();
        assert_int_equal(d.count, 1);
        assert_int_equal(d.notes, 0);
        assert_near(d.first.position.lat_deg, 50.5, 0);
        assert_near(d.first.position.lon_deg, 8, 0);
        decoded_close(&d);
    }
}

static void another_system__is_transformed_also_where_it_is_unreadable(void **state)
{
    (void)state;
    // echo 50.5 8 | gdaltransform -s_srs EPSG:4326 -t_srs EPSG:32632, its axes turned
    static const char text[] =
        "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":"
        "\"EPSG:32632\"}},\"features\":[" FEATURE(
            "a", "\"agl_m\":30",
            "{\"type\":\"Point\",\"coordinates\":[429079.62,"
            "5594702.97]}") "," FEATURE("b", "",
                                        "{\"type\":"
                                        "\"Point\","
                                        "\"coordinates\":"
                                        "[429079.62,"
                                        "5594702.97]}") "]}";
    struct decoded d;
    open_text(&d, text);
    assert_int_equal(d.count, 1);
    assert_near(d.first.position.lat_deg, 50.5, 1e-6);
    assert_near(d.first.position.lon_deg, 8.0, 1e-6);
    assert_string_equal(d.unreadables[0].id, "b");
    assert_near(d.unreadables[0].box.west_deg, 8.0, 0.003);
    decoded_close(&d);
}

static void withdrawn_without_a_geometry__is_withdrawn(void **state)
{
    (void)state;
    struct decoded d;
    if (!open_case(&d, &everywhere, "o_withdrawn_nullgeom.json"))
        skip();
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 0);
    assert_string_equal(d.first.id, "m");
    assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, GEO_OBSTACLE_WITHDRAWN);
    decoded_close(&d);
    // More of the kind: whatever else is wrong with it.
    open_text(&d, "{\"type\":\"Feature\",\"id\":\"m\",\"properties\":{\"withdrawn\":true,"
                  "\"agl_m\":\"?\"}}");
    assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, GEO_OBSTACLE_WITHDRAWN);
    decoded_close(&d);
    // But who does not say so plainly says nothing.
    open_text(&d, "{\"type\":\"Feature\",\"id\":\"m\",\"properties\":{\"withdrawn\":\"yes\"},"
                  "\"geometry\":null}");
    assert_int_not_equal(d.status, DRF_OK);
    decoded_close(&d);
}

static void what_is_refused_with_an_id_and_a_place__is_unreadable_there(void **state)
{
    (void)state;
    static const char *const features[] = {
        FEATURE("m", "\"agl_m\":\"30\"", "{\"type\":\"Point\",\"coordinates\":[8,50]}"),
        FEATURE("m", "\"height\":30", "{\"type\":\"Point\",\"coordinates\":[8,50]}"),
        FEATURE("m", "\"agl_m\":30,\"horizontal_acc95_m\":6000",
                "{\"type\":\"Point\",\"coordinates\":[8,50]}"),
        FEATURE("m", "\"agl_m\":30",
                "{\"type\":\"Polygon\",\"coordinates\":[[[8,50],[8.1,50],[8.1,50.1]]]}"),
        FEATURE("m", "\"agl_m\":30",
                "{\"type\":\"Triangle\",\"coordinates\":[[[8,50],[8.1,50],[8.1,50.1]]]}"),
    };
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        struct decoded d;
        open_text(&d, features[i]);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.notes, 1);
        assert_int_equal(d.unreadable_count, 1);
        assert_string_equal(d.unreadables[0].id, "m");
        assert_true(d.unreadables[0].box.west_deg <= 8 && d.unreadables[0].box.west_deg > 7.8);
        assert_true(d.unreadables[0].valid_until_utc_us == GEO_UNREADABLE_NO_END_US);
        decoded_close(&d);
    }
    // Without an id, or without all of its place, it can only be counted.
    static const char *const lost[] = {
        "{\"type\":\"Feature\",\"properties\":{\"agl_m\":30},\"geometry\":{\"type\":\"Point\","
        "\"coordinates\":[8,50]}}",
        FEATURE("m", "\"agl_m\":30", "{\"type\":\"Point\",\"coordinates\":[8,\"50\"]}"),
        FEATURE("m", "\"agl_m\":30", "null"),
    };
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        struct decoded d;
        open_text(&d, lost[i]);
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.unreadable_count, 0);
        decoded_close(&d);
    }
}

static char *append(char *at, const char *text)
{
    size_t size = strlen(text);
    memcpy(at, text, size + 1);
    return at + size;
}

static void a_hundred_thousand_of_one_id__are_all_kept(void **state)
{
    (void)state;
    enum { COUNT = 100000, EACH = 128 };
    static const char head[] = "{\"type\":\"FeatureCollection\",\"features\":[";
    static const char one[] =
        FEATURE("m", "\"agl_m\":30", "{\"type\":\"Point\",\"coordinates\":[8,50]}");
    char *text = malloc((size_t)COUNT * EACH + sizeof head + 8);
    assert_non_null(text);
    char *at = append(text, head);
    for (int i = 0; i < COUNT; i++) {
        if (i > 0)
            *at++ = ',';
        at = append(at, one);
    }
    (void)append(at, "]}");
    struct decoded d;
    open_text(&d, text);
    assert_int_equal(d.count, COUNT);
    assert_int_equal(d.notes, 0);
    decoded_close(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_of_one_id__are_both_kept),
        cmocka_unit_test(two_of_one_id__one_of_them_outside__leave_the_other_alone),
        cmocka_unit_test(parts_of_a_multi__are_numbered_obstacles),
        cmocka_unit_test(parts_outside__have_no_number),
        cmocka_unit_test(a_bad_part__is_unreadable_and_the_others_stand),
        cmocka_unit_test(a_geometry_collection__is_refused_by_its_name),
        cmocka_unit_test(wgs84_by_any_name_and_a_byte_order_mark__are_accepted),
        cmocka_unit_test(another_system__is_transformed_also_where_it_is_unreadable),
        cmocka_unit_test(withdrawn_without_a_geometry__is_withdrawn),
        cmocka_unit_test(what_is_refused_with_an_id_and_a_place__is_unreadable_there),
        cmocka_unit_test(a_hundred_thousand_of_one_id__are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
