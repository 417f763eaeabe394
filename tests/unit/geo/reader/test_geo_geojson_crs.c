// SPDX-License-Identifier: Apache-2.0
// The member "crs" of GeoJSON: what is WGS 84, what is transformed, what is refused.
// Transformed positions are what gdaltransform of GDAL 3.6 gives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/reader/geojson_crs.h"
#include "geo/reader/geojson_geometry.h"
#include "tests/support/near.h"

static enum drf_status open_crs(const char *member, struct geo_geojson_crs *crs,
                                struct geo_note *why)
{
    char text[256];
    struct geo_json *document;
    (void)snprintf(text, sizeof text, "{\"type\":\"FeatureCollection\"%s}", member);
    assert_int_equal(
        geo_json_open((const uint8_t *)text, strlen(text), &document, &(struct geo_note){0}),
        DRF_OK);
    enum drf_status status = geo_geojson_crs_open(crs, document, why);
    geo_json_close(document);
    return status;
}

#define NAMED(name) ",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"" name "\"}}"

static void open__wgs84_by_any_name__changes_nothing(void **state)
{
    (void)state;
    static const char *const members[] = {
        "",
        ",\"crs\":null",
        NAMED("EPSG:4326"),
        NAMED("epsg:4326"),
        NAMED("urn:ogc:def:crs:EPSG::4326"),
        NAMED("urn:ogc:def:crs:EPSG:6.9:4326"),
        NAMED("urn:x-ogc:def:crs:EPSG:4326"),
        NAMED("http://www.opengis.net/def/crs/EPSG/0/4326"),
        NAMED("http://www.opengis.net/gml/srs/epsg.xml#4326"),
        NAMED("EPSG:4979"),
        NAMED("urn:ogc:def:crs:OGC:1.3:CRS84"),
        NAMED("urn:ogc:def:crs:OGC::CRS84"),
        NAMED("http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        NAMED("https://www.opengis.net/def/crs/OGC/0/CRS84h"),
        NAMED("OGC:CRS84"),
        NAMED("CRS:84"),
        NAMED("WGS84"),
        ",\"crs\":\"EPSG:4326\"",
        ",\"crs\":{\"type\":\"EPSG\",\"properties\":{\"code\":4326}}",
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct geo_geojson_crs crs;
        struct geo_note why;
        struct geo_point point;
        assert_int_equal(open_crs(members[i], &crs, &why), DRF_OK);
        assert_false(geo_geojson_crs_projected(&crs));
        assert_true(geo_geojson_crs_point(&crs, 8.01, 50.5, &point));
        assert_true(point.lon_deg == 8.01 && point.lat_deg == 50.5);
        assert_false(geo_geojson_crs_point(&crs, 8, 91, &point));
        geo_geojson_crs_close(&crs);
    }
}

static void open__another_system__is_transformed(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        double x, y, lon_deg, lat_deg;
        bool projected;
    } cases[] = {
        {NAMED("urn:ogc:def:crs:EPSG::4230"), 8, 50.5, 7.99881093589065, 50.4991948374432,
         false},
        {NAMED("EPSG:3857"), 900000, 6500000, 8.08483755707569, 50.3092170302897, true},
        {NAMED("http://www.opengis.net/def/crs/EPSG/0/25832"), 500000, 5600000, 9,
         50.5519323838132, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_geojson_crs crs;
        struct geo_note why;
        struct geo_point point;
        assert_int_equal(open_crs(cases[i].member, &crs, &why), DRF_OK);
        assert_int_equal(geo_geojson_crs_projected(&crs), cases[i].projected);
        assert_true(geo_geojson_crs_point(&crs, cases[i].x, cases[i].y, &point));
        assert_near(point.lon_deg, cases[i].lon_deg, 1e-6); // 0.1 m
        assert_near(point.lat_deg, cases[i].lat_deg, 1e-6);
        geo_geojson_crs_close(&crs);
    }
}

static void open__what_is_not_understood__is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *member, *named;
    } cases[] = {
        {NAMED("EPSG:5773"), "EPSG:5773"}, // a height
        {NAMED("EPSG:999999"), "EPSG:999999"},
        {NAMED("urn:ogc:def:crs:EPSG::4326x"), "4326x"},
        {NAMED("urn:ogc:def:crs,crs:EPSG::4326,crs:EPSG::5773"), "5773"},
        {NAMED("+proj=utm +zone=32"), "+proj"},
        {NAMED("ED50"), "ED50"},
        {NAMED(""), ""},
        {",\"crs\":{\"type\":\"link\",\"properties\":{\"href\":\"http://e/4326\"}}", ""},
        {",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":4326}}", ""},
        {",\"crs\":4326", ""},
        {",\"crs\":{}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_geojson_crs crs;
        struct geo_note why;
        assert_int_equal(open_crs(cases[i].member, &crs, &why), DRF_ERR_SYNTAX);
        assert_int_equal(why.code, GEO_REFUSAL_CRS);
        assert_non_null(strstr(why.text, cases[i].named));
    }
}

static enum drf_status read_shape(const char *text, const struct geo_geojson_crs *crs,
                                  struct geo_shape *shape, struct geo_note *why)
{
    struct geo_json *geometry;
    assert_int_equal(geo_json_open((const uint8_t *)text, strlen(text), &geometry, why),
                     DRF_OK);
    shape->crs = crs;
    enum drf_status status = geo_shape_read(geometry, 0, 1, shape, why);
    geo_json_close(geometry);
    return status;
}

static void shape__in_another_system__is_that_of_the_document(void **state)
{
    (void)state;
    static struct geo_point vertices[GEO_SHAPE_VERTICES_ROOM];
    struct geo_shape shape = {.vertices = vertices};
    struct geo_geojson_crs crs;
    struct geo_note why;
    assert_int_equal(open_crs(NAMED("EPSG:3857"), &crs, &why), DRF_OK);
    const char *line = "{\"type\":\"LineString\",\"coordinates\":[[900000,6500000],"
                       "[910000,6500000]]}";
    assert_int_equal(read_shape(line, &crs, &shape, &why), DRF_OK);
    assert_near(shape.vertices[0].lon_deg, 8.08483755707569, 1e-6);
    // 40 km that are straight on a map are not straight in degrees.
    const char *far = "{\"type\":\"LineString\",\"coordinates\":[[900000,6500000],"
                      "[930000,6530000]]}";
    assert_int_equal(read_shape(far, &crs, &shape, &why), DRF_ERR_SYNTAX);
    assert_int_equal(why.code, GEO_REFUSAL_CRS);
    const char *own = "{\"type\":\"Point\",\"crs\":\"EPSG:4326\",\"coordinates\":[8,50]}";
    assert_int_equal(read_shape(own, &crs, &shape, &why), DRF_ERR_SYNTAX);
    assert_int_equal(why.code, GEO_REFUSAL_CRS);
    assert_int_equal(read_shape(own, NULL, &shape, &why), DRF_OK);
    geo_geojson_crs_close(&crs);
}

static void json__a_byte_order_mark__is_passed_over_once(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum drf_status status;
    } cases[] = {
        {"\xef\xbb\xbf{}", DRF_OK},          {"\xef\xbb\xbf\xef\xbb\xbf{}", DRF_ERR_SYNTAX},
        {" \xef\xbb\xbf{}", DRF_ERR_SYNTAX}, {"\xef\xbb\xbf", DRF_ERR_SYNTAX},
        {"\xef\xbb{}", DRF_ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_json *document = NULL;
        struct geo_note why;
        const uint8_t *bytes = (const uint8_t *)cases[i].text;
        assert_int_equal(geo_json_open(bytes, strlen(cases[i].text), &document, &why),
                         cases[i].status);
        geo_json_close(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open__wgs84_by_any_name__changes_nothing),
        cmocka_unit_test(open__another_system__is_transformed),
        cmocka_unit_test(open__what_is_not_understood__is_refused_by_name),
        cmocka_unit_test(shape__in_another_system__is_that_of_the_document),
        cmocka_unit_test(json__a_byte_order_mark__is_passed_over_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
