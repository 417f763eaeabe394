// SPDX-License-Identifier: Apache-2.0
#include <math.h>
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

#define POINT "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-79.38,43.65]}"
#define OBSTACLE(properties, geometry)                                                         \
    "{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{" properties "}," geometry "}"
#define POLYGON(ring) "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[" ring "]}"

static void open_in(struct decoded *d, const struct geo_decode_params *params, const char *text)
{
    decoded_open(d, geo_geojson_decode, params, text, strlen(text));
}

static void open_text(struct decoded *d, const char *text) { open_in(d, &everywhere, text); }

static void decode__a_full_feature__gives_every_property(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, COLLECTION(OBSTACLE(
                      "\"kind\":\"crane\",\"agl_m\":85.5,\"amsl_m\":180,"
                      "\"horizontal_acc95_m\":2,\"vertical_acc95_m\":0,\"verified\":true,"
                      "\"lighting\":\"R\",\"marking\":\"U\",\"quantity\":2,"
                      "\"data_time\":\"2024-02-18T06:30:00Z\",\"owner\":{\"x\":[1]}",
                      POINT)));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.first.id, "a");
    assert_string_equal(d.first.kind, "crane");
    assert_near(d.first.position.lat_deg, 43.65, 0);
    assert_near(d.first.position.lon_deg, -79.38, 0);
    assert_near(d.first.agl_m, 85.5, 0);
    assert_near(d.first.amsl_m, 180, 0);
    assert_near(d.first.horizontal_acc95_m, 2, 0);
    assert_near(d.first.vertical_acc95_m, 0, 0);
    assert_int_equal(d.first.flags, GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL
                                        | GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_HAS_DATA_TIME);
    assert_int_equal(d.first.lighting, 'R');
    assert_int_equal(d.first.marking, 0);
    assert_int_equal(d.first.quantity, 2);
    assert_int_equal(d.first.data_time_utc_us, INT64_C(1708237800000000));
    decoded_close(&d);
}

static void decode__what_is_not_said__is_assumed_and_marked_or_left_unknown(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, OBSTACLE("\"agl_m\":30,\"amsl_m\":null", POINT));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.first.flags, GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HORIZONTAL_ASSUMED
                                        | GEO_OBSTACLE_VERTICAL_ASSUMED);
    assert_near(d.first.horizontal_acc95_m, 75, 0);
    assert_near(d.first.vertical_acc95_m, 15, 0);
    assert_int_equal(d.first.quantity, 1);
    decoded_close(&d);

    struct geo_decode_params bare = everywhere;
    bare.default_vertical_acc95_m = (double)NAN;
    open_in(&d, &bare, OBSTACLE("\"agl_m\":30", POINT));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_RANGE);
    assert_int_equal(d.unreadable_count, 1);
    decoded_close(&d);
}

static void decode__identities__are_the_feature_id_or_the_property(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id;
    } cases[] = {
        {"{\"type\":\"Feature\",\"id\":4711,\"properties\":{\"agl_m\":1}," POINT "}", "4711"},
        {"{\"type\":\"Feature\",\"properties\":{\"agl_m\":1,\"id\":\"b-2\"}," POINT "}", "b-2"},
        {"{\"type\":\"Feature\",\"id\":\"t\\u00fcrm\",\"properties\":{\"agl_m\":1}," POINT "}",
         "t\xc3\xbcrm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        open_text(&d, cases[i].text);
        assert_int_equal(d.status, DRF_OK);
        assert_string_equal(d.first.id, cases[i].id);
        decoded_close(&d);
    }
}

static void decode__marks__balloons_and_withdrawals(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, OBSTACLE("\"agl_m\":900,\"kind\":\"Tethered Balloon\"", POINT));
    assert_int_equal(d.first.flags & GEO_OBSTACLE_BALLOON, GEO_OBSTACLE_BALLOON);
    decoded_close(&d);
    open_text(&d, OBSTACLE("\"agl_m\":900,\"balloon\":true,\"verified\":false", POINT));
    assert_int_equal(d.first.flags & GEO_OBSTACLE_BALLOON, GEO_OBSTACLE_BALLOON);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_UNVERIFIED, GEO_OBSTACLE_UNVERIFIED);
    decoded_close(&d);
    open_text(&d, OBSTACLE("\"withdrawn\":true", POINT));
    assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, GEO_OBSTACLE_WITHDRAWN);
    decoded_close(&d);
}

static void decode__lines_and_polygons__take_one_form(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, OBSTACLE("\"agl_m\":40", "\"geometry\":{\"type\":\"LineString\","
                                           "\"coordinates\":[[8,47,400],[8,47],[8.1,47.2]]}"));
    assert_int_equal(d.first.geometry, GEO_GEOMETRY_LINE);
    assert_int_equal(d.first.vertex_count, 2);
    assert_near(d.vertices[1].lat_deg, 47.2, 0);
    assert_near(d.vertices[1].lon_deg, 8.1, 0);
    decoded_close(&d);

    // Clockwise in the text, with a hole: counter-clockwise and filled in the record.
    open_text(
        &d, OBSTACLE("\"agl_m\":40", POLYGON("[[8,47],[8,48],[9,48],[9,47],[8,47]],"
                                             "[[8.4,47.4],[8.6,47.4],[8.6,47.6],[8.4,47.4]]")));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.first.geometry, GEO_GEOMETRY_POLYGON);
    assert_int_equal(d.first.vertex_count, 4);
    double area2 = 0;
    for (int i = 0; i < 4; i++)
        area2 += d.vertices[i].lon_deg * d.vertices[(i + 1) % 4].lat_deg
                 - d.vertices[(i + 1) % 4].lon_deg * d.vertices[i].lat_deg;
    assert_near(area2, 2, 1e-9);
    assert_int_equal(d.notes, 1);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
    decoded_close(&d);

    // Not a hole but a second area: beside the first ring, around it, across it. One that
    // touches it, or lies outside by the last digits, is a hole.
    static const char *const further[] = {
        OBSTACLE("\"agl_m\":40", POLYGON("[[8,47],[9,47],[9,48],[8,48],[8,47]],"
                                         "[[9.4,47.4],[9.6,47.4],[9.6,47.6],[9.4,47.4]]")),
        OBSTACLE("\"agl_m\":40", POLYGON("[[8.4,47.4],[8.6,47.4],[8.6,47.6],[8.4,47.4]],"
                                         "[[8,47],[9,47],[9,48],[8,48],[8,47]]")),
        OBSTACLE("\"agl_m\":40", POLYGON("[[8,47],[9,47],[9,48],[8,48],[8,47]],"
                                         "[[8.4,47.4],[9.6,47.4],[8.4,47.6],[8.4,47.4]]")),
        OBSTACLE("\"agl_m\":40", POLYGON("[[8,47],[9,47],[9,48],[8.5,47.1],[8,48],[8,47]],"
                                         "[[8.4,47.7],[8.6,47.7],[8.5,47.9],[8.4,47.7]]")),
    };
    for (size_t i = 0; i < sizeof further / sizeof further[0]; i++) {
        open_text(&d, further[i]);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.unreadable_count, 1);
        assert_int_equal(d.last_note.code, GEO_REFUSAL_GEOREFERENCE);
        decoded_close(&d);
    }
    open_text(&d,
              OBSTACLE("\"agl_m\":40", POLYGON("[[8,47],[9,47],[9,48],[8,48],[8,47]],"
                                               "[[8,47],[8.5,46.9999999],[8.4,47.4],[8,47]],"
                                               "[[8.5,48],[9,47.5],[9.0000001,48],[8.5,48]]")));
    assert_int_equal(d.count, 1);
    decoded_close(&d);

    open_text(&d, OBSTACLE("\"agl_m\":40", "\"geometry\":{\"type\":\"MultiPolygon\","
                                           "\"coordinates\":[[[[0,0],[1,0],[0,1],[0,0]]]]}"));
    assert_int_equal(d.first.vertex_count, 3);
    decoded_close(&d);
}

static void decode__a_bad_feature__is_refused_and_the_rest_stands(void **state)
{
    (void)state;
    static const struct {
        const char *feature;
        enum geo_refusal_code code;
    } cases[] = {
        {OBSTACLE("\"kind\":\"x\"", POINT), GEO_REFUSAL_NO_VALUES},
        {OBSTACLE("\"agl_m\":\"30\"", POINT), GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":-1", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":16000", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"amsl_m\":-1001", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1,\"horizontal_acc95_m\":0", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1,\"horizontal_acc95_m\":5001", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1,\"vertical_acc95_m\":-1", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1,\"verified\":\"yes\"", POINT), GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":1,\"quantity\":0", POINT), GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1,\"quantity\":1.5", POINT), GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":1,\"data_time\":\"18.2.2024\"", POINT), GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":1", "\"geometry\":null"), GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":1", "\"geometry\":{\"type\":\"Point\",\"coordinates\":[8]}"),
         GEO_REFUSAL_FORMAT},
        {OBSTACLE("\"agl_m\":1",
                  "\"geometry\":{\"type\":\"Point\",\"coordinates\":[8,90.0001]}"),
         GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1", "\"geometry\":{\"type\":\"Point\",\"coordinates\":[181,0]}"),
         GEO_REFUSAL_RANGE},
        {OBSTACLE("\"agl_m\":1", "\"geometry\":{\"type\":\"GeometryCollection\","
                                 "\"coordinates\":[],\"geometries\":[]}"),
         GEO_REFUSAL_UNSUPPORTED},
        {OBSTACLE("\"agl_m\":1",
                  "\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[1,1],[1,1]]}"),
         GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1",
                  "\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[179,1],[-179,1]]}"),
         GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1", POLYGON("[[0,0],[1,0],[1,1],[0,1]]")),
         GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1", POLYGON("[[0,0],[1,0],[0,0]]")), GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1", POLYGON("[[0,0],[1,1],[2,2],[0,0]]")),
         GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1", POLYGON("[[0,0],[1,1],[1,0],[0,1.5],[0,0]]")),
         GEO_REFUSAL_GEOREFERENCE},
        {OBSTACLE("\"agl_m\":1", "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[]}"),
         GEO_REFUSAL_GEOREFERENCE},
        {"{\"type\":\"Feature\",\"properties\":{\"agl_m\":1}," POINT "}", GEO_REFUSAL_FORMAT},
        {"{\"type\":\"Feature\",\"id\":\"\",\"properties\":{\"agl_m\":1}," POINT "}",
         GEO_REFUSAL_RANGE},
        {"{\"type\":\"Feature\",\"id\":1.5,\"properties\":{\"agl_m\":1}," POINT "}",
         GEO_REFUSAL_FORMAT},
        {"{\"type\":\"Feature\",\"id\":\"a\\u0007\",\"properties\":{\"agl_m\":1}," POINT "}",
         GEO_REFUSAL_RANGE},
        {"{\"type\":\"Feature\",\"id\":\"0123456789012345678901234567890123456789"
         "012345678901234567890123\",\"properties\":{\"agl_m\":1}," POINT "}",
         GEO_REFUSAL_RANGE},
        {"{\"type\":\"Feature\",\"id\":\"a\",\"properties\":null," POINT "}",
         GEO_REFUSAL_FORMAT},
        {"{\"type\":\"Point\",\"coordinates\":[0,0]}", GEO_REFUSAL_FORMAT},
        {"7", GEO_REFUSAL_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2048];
        struct decoded d;
        (void)snprintf(text, sizeof text, COLLECTION("%s," OBSTACLE("\"agl_m\":1", POINT)),
                       cases[i].feature);
        open_text(&d, text);
        if (d.status != DRF_OK || d.count != 1 || d.notes != 1
            || d.last_note.code != (uint32_t)cases[i].code || d.last_note.position != 1)
            fail_msg("case %zu: %s: %s", i, cases[i].feature, d.last_note.text);
        decoded_close(&d);
    }
}

static void decode__what_is_not_strict_geojson__is_refused_as_a_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } cases[] = {
        {"", GEO_REFUSAL_EMPTY},
        {"{", GEO_REFUSAL_FORMAT},
        {"[]", GEO_REFUSAL_FORMAT},
        {"null", GEO_REFUSAL_FORMAT},
        {"{\"type\":\"FeatureCollection\"}", GEO_REFUSAL_FORMAT},
        {"{\"type\":\"FeatureCollection\",\"features\":{}}", GEO_REFUSAL_FORMAT},
        {COLLECTION(""), GEO_REFUSAL_EMPTY},
        {COLLECTION(OBSTACLE("\"agl_m\":1", POINT)) "x", GEO_REFUSAL_FORMAT},
        {COLLECTION(OBSTACLE("\"agl_m\":1,\"agl_m\":2", POINT)), GEO_REFUSAL_FORMAT},
        {COLLECTION(OBSTACLE("\"agl_m\":NaN", POINT)), GEO_REFUSAL_FORMAT},
        {COLLECTION(OBSTACLE("\"agl_m\":1e999", POINT)), GEO_REFUSAL_FORMAT},
        {COLLECTION(OBSTACLE("\"kind\":\"\xff\"", POINT)), GEO_REFUSAL_FORMAT},
        {"{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":"
         "\"EPSG:99999\"}},\"features\":[" OBSTACLE("\"agl_m\":1", POINT) "]}",
         GEO_REFUSAL_CRS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        open_text(&d, cases[i].text);
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, cases[i].code);
        decoded_close(&d);
    }
}

static void decode__deep_nesting__is_refused_without_harm(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    char *text = malloc(DEPTH + 1);
    assert_non_null(text);
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    struct decoded d;
    open_text(&d, text);
    assert_int_equal(d.why.code, GEO_REFUSAL_FORMAT);
    decoded_close(&d);
    free(text);
}

// A ring of `count` vertices on a circle, closed.
static char *circle(size_t count)
{
    size_t room = count * 48 + 512, used;
    char *text = malloc(room);
    assert_non_null(text);
    used = (size_t)snprintf(text, room, "%s",
                            "{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{\"agl_m\":1},"
                            "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[");
    for (size_t i = 0; i < count; i++) {
        double angle = 6.283185307179586 * (double)(i % (count - 1)) / (double)(count - 1);
        used += (size_t)snprintf(text + used, room - used, "%s[%.9f,%.9f]", i > 0 ? "," : "",
                                 8 + 0.1 * cos(angle), 47 + 0.1 * sin(angle));
    }
    (void)snprintf(text + used, room - used, "%s", "]]}}");
    return text;
}

static void decode__vertices__are_bounded(void **state)
{
    (void)state;
    struct decoded d;
    char *most = circle(4097), *more = circle(4098);
    open_text(&d, most);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.first.vertex_count, 4096);
    decoded_close(&d);
    open_text(&d, more);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_TOO_LARGE);
    assert_string_equal(d.unreadables[0].id, "a");
    assert_near(d.unreadables[0].box.west_deg, 7.9, 0.002); // 75 m more than the circle
    assert_near(d.unreadables[0].box.north_deg, 47.1, 0.002);
    assert_true(d.unreadables[0].box.west_deg <= 7.9 && d.unreadables[0].box.north_deg >= 47.1);
    decoded_close(&d);
    free(most);
    free(more);
}

static void decode__features_outside_the_region__are_counted_and_told_as_such(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){-80, 43, -79, 44};
    struct decoded d;
    // The polygon has no vertex in the region, but covers all of it.
    open_in(&d, &params,
            COLLECTION(OBSTACLE("\"agl_m\":1",
                                POLYGON("[[-90,40],[-70,40],[-70,50],[-90,50],[-"
                                        "90,40]]")) "," FEATURE("b", "\"agl_m\":1",
                                                                "{\"type\":\"Point\","
                                                                "\"coordinates\":[8,47]}")));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
    assert_int_equal(d.last_note.count, 1);
    assert_int_equal(d.outside, 1); // told, because an older version may have stood inside
    decoded_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__a_full_feature__gives_every_property),
        cmocka_unit_test(decode__what_is_not_said__is_assumed_and_marked_or_left_unknown),
        cmocka_unit_test(decode__identities__are_the_feature_id_or_the_property),
        cmocka_unit_test(decode__marks__balloons_and_withdrawals),
        cmocka_unit_test(decode__lines_and_polygons__take_one_form),
        cmocka_unit_test(decode__a_bad_feature__is_refused_and_the_rest_stands),
        cmocka_unit_test(decode__what_is_not_strict_geojson__is_refused_as_a_whole),
        cmocka_unit_test(decode__deep_nesting__is_refused_without_harm),
        cmocka_unit_test(decode__vertices__are_bounded),
        cmocka_unit_test(decode__features_outside_the_region__are_counted_and_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
