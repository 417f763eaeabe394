// SPDX-License-Identifier: Apache-2.0
// Obstacles whose attributes a feed's configuration names. What is right of the cases is said
// by the index beside them.
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

#define AT "{\"type\":\"Point\",\"coordinates\":[8,50]}"

static const struct geo_obstacle_fields osm = {
    .mapped = 1,
    .level_height_m = 4,
    .kind = "building",
    .agl = "height",
    .agl_unit = "M",
    .levels = "building:levels",
};

static struct geo_decode_params mapped(const struct geo_obstacle_fields *fields)
{
    struct geo_decode_params params = everywhere;
    params.obstacle_fields = *fields;
    return params;
}

static bool open_case(struct decoded *d, const char *name)
{
    const struct geo_decode_params params = mapped(&osm);
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        return false;
    decoded_open(d, geo_geojson_decode, &params, bytes, size);
    free(bytes);
    return true;
}

static void open_mapped(struct decoded *d, const struct geo_obstacle_fields *fields,
                        const char *text)
{
    const struct geo_decode_params params = mapped(fields);
    decoded_open(d, geo_geojson_decode, &params, text, strlen(text));
}

static void heights_of_openstreetmap__are_read_with_their_unit(void **state)
{
    (void)state;
    struct decoded d;
    if (!open_case(&d, "cases/obstacles/o_osm.json"))
        skip();
    assert_int_equal(d.count, 1);
    assert_string_equal(d.first.id, "way/1");
    assert_string_equal(d.first.kind, "yes");
    assert_near(d.first.agl_m, 12, 0);
    assert_int_equal(d.first.flags, GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HORIZONTAL_ASSUMED
                                        | GEO_OBSTACLE_VERTICAL_ASSUMED);
    decoded_close(&d);
    assert_true(open_case(&d, "cases/obstacles/o_osm2.json"));
    assert_int_equal(d.count, 1);
    assert_near(d.first.agl_m, 45, 0);
    decoded_close(&d);
}

static void without_a_mapping__they_are_refused_aloud(void **state)
{
    (void)state;
    size_t size;
    struct decoded d;
    uint8_t *bytes = real_data("cases/obstacles/o_osm.json", &size);
    if (bytes == NULL)
        skip();
    decoded_open(&d, geo_geojson_decode, &everywhere, bytes, size);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_NO_VALUES);
    assert_string_equal(d.unreadables[0].id, "way/1");
    decoded_close(&d);
    free(bytes);
}

static void values__in_either_unit__become_metres(void **state)
{
    (void)state;
    static const struct {
        const char *properties;
        double agl_m;
    } cases[] = {
        {"\"height\":12", 12},
        {"\"height\":\"12 m\"", 12},
        {"\"height\":\"40 ft\"", 12.192},
        {"\"height\":\"39'\"", 11.8872},
        {"\"height\":null,\"building:levels\":\"4\"", 16},
        {"\"height\":\"\",\"building:levels\":2.5", 10},
        {"\"building:levels\":4", 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct decoded d;
        (void)snprintf(text, sizeof text, FEATURE("w", "%s", AT), cases[i].properties);
        open_mapped(&d, &osm, text);
        assert_int_equal(d.count, 1);
        assert_near(d.first.agl_m, cases[i].agl_m, 1e-9);
        decoded_close(&d);
    }
}

// Never 0, never the storeys in its place.
static void what_is_not_understood__is_refused_and_unreadable(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\"height\":\"~12\"",
        "\"height\":\"12-15 m\",\"building:levels\":4",
        "\"height\":\"12,5\",\"building:levels\":4",
        "\"height\":true",
        "\"height\":[12]",
        "\"height\":0,\"building:levels\":4",
        "\"height\":\"-3 m\"",
        "\"height\":99999",
        "\"building:levels\":\"3;4\"",
        "\"building:levels\":0",
        "\"building:levels\":4000",
        "\"agl_m\":12",
        "\"kind\":\"x\"",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct decoded d;
        (void)snprintf(text, sizeof text, FEATURE("w", "%s", AT), cases[i]);
        open_mapped(&d, &osm, text);
        if (d.count != 0 || d.notes != 1 || d.unreadable_count != 1)
            fail_msg("%s was read", cases[i]);
        assert_string_equal(d.unreadables[0].id, "w");
        decoded_close(&d);
    }
}

static const struct geo_obstacle_fields towers = {
    .mapped = 1,
    .id = "ref.number",
    .kind = "TYPE",
    .agl = "HGT",
    .agl_unit = "UOM",
    .amsl = "TOP",
    .amsl_unit = "FT",
    .elevation = "ELEV",
    .elevation_unit = "FT",
    .horizontal_acc = "HACC",
    .vertical_acc = "VACC",
    .acc_unit = "FT",
    .no_value = "-9998",
};

static void every_field__is_read(void **state)
{
    (void)state;
    struct decoded d;
    open_mapped(&d, &towers,
                FEATURE("x",
                        "\"ref\":{\"number\":7},\"TYPE\":\"Mast\",\"HGT\":100,\"UOM\":\"Feet\","
                        "\"TOP\":1000,\"HACC\":50,\"VACC\":10",
                        AT));
    assert_string_equal(d.first.id, "7");
    assert_string_equal(d.first.kind, "Mast");
    assert_near(d.first.agl_m, 30.48, 1e-9);
    assert_near(d.first.amsl_m, 304.8, 1e-9);
    assert_near(d.first.horizontal_acc95_m, 15.24, 1e-9);
    assert_near(d.first.vertical_acc95_m, 3.048, 1e-9);
    assert_int_equal(d.first.flags, GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL);
    decoded_close(&d);
    // Ground and height make a top where none is given; -9998 is none.
    open_mapped(&d, &towers,
                FEATURE("x",
                        "\"ref\":{\"number\":7},\"HGT\":100,\"UOM\":\"M\",\"TOP\":-9998,"
                        "\"ELEV\":\"500\"",
                        AT));
    assert_near(d.first.agl_m, 100, 1e-9);
    assert_near(d.first.amsl_m, 252.4, 1e-9);
    decoded_close(&d);
}

static void units_and_accuracies__that_are_not_known__refuse(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\"HGT\":100,\"UOM\":\"yards\"",
        "\"HGT\":100",
        "\"HGT\":100,\"UOM\":\"M\",\"HACC\":\"good\"",
        "\"HGT\":100,\"UOM\":\"M\",\"HACC\":0",
        "\"HGT\":100,\"UOM\":\"M\",\"VACC\":-1",
        "\"HGT\":100,\"UOM\":\"M\",\"ELEV\":\"?\"",
        "\"HGT\":-9998,\"UOM\":\"M\",\"TOP\":-9998",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct decoded d;
        (void)snprintf(text, sizeof text, FEATURE("x", "\"ref\":{\"number\":7},%s", AT),
                       cases[i]);
        open_mapped(&d, &towers, text);
        if (d.count != 0 || d.unreadable_count != 1)
            fail_msg("%s was read", cases[i]);
        decoded_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heights_of_openstreetmap__are_read_with_their_unit),
        cmocka_unit_test(without_a_mapping__they_are_refused_aloud),
        cmocka_unit_test(values__in_either_unit__become_metres),
        cmocka_unit_test(what_is_not_understood__is_refused_and_unreadable),
        cmocka_unit_test(every_field__is_read),
        cmocka_unit_test(units_and_accuracies__that_are_not_known__refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
