// SPDX-License-Identifier: Apache-2.0
// Alerts by code with a table of the codes' areas, made here. A whole number of the property is
// a code, as ArcGIS writes FIPS; SAME puts a digit for the part of the county in front (NWSI
// 10-1712).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/alert/area_table.h"
#include "geo/format/alert/cap.h"
#include "tests/support/real_data.h"

#define BOX(w, s, e, n)                                                                        \
    "[[" w "," s "],[" e "," s "],[" e "," n "],[" w "," n "],[" w "," s "]]"
#define FEATURE(properties, type, coordinates)                                                 \
    "{\"type\":\"Feature\",\"properties\":{" properties "},\"geometry\":{\"type\":\"" type     \
    "\",\"coordinates\":" coordinates "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

static const char counties[] = "\xef\xbb\xbf" COLLECTION(
    FEATURE("\"FIPS\":\"48453\"", "Polygon", "[" BOX("8", "50", "9", "51") "]") "," FEATURE(
        "\"FIPS\":1001", "MultiPolygon",
        "[[" BOX("10", "50", "11", "51") "],[" BOX(
            "12", "50", "13",
            "51") "]]") "," FEATURE("\"FIPS\":\"48455\"", "Polygon",
                                    "[" BOX(
                                        "100", "0", "101",
                                        "1") "]") "," FEATURE("\"FIPS\":\"48457\"", "Point",
                                                              "[1,2]") "," FEATURE("\"FIPS\":"
                                                                                   "\"48459\"",
                                                                                   "Polygon",
                                                                                   "[" BOX(
                                                                                       "14",
                                                                                       "50",
                                                                                       "15",
                                                                                       "51") "]") "," FEATURE("\"FIPS\":\"48459\"",
                                                                                                              "Polygon",
                                                                                                              "[" BOX(
                                                                                                                  "16",
                                                                                                                  "50",
                                                                                                                  "17",
                                                                                                                  "51") "]") "," FEATURE("\"name\":\"x\"",
                                                                                                                                         "Point",
                                                                                                                                         "[1,2]"));

static struct geo_area_table *open_table(const char *text, const char *name)
{
    struct geo_area_table *table = NULL;
    struct geo_note why;
    if (geo_area_table_open((const uint8_t *)text, strlen(text), "FIPS", name, &table, &why)
        != DRF_OK)
        fail_msg("%s", why.text);
    return table;
}

static const struct geo_bounds keep = {0, 40, 20, 60};

struct placed {
    struct geo_record_builder builder;
    struct geo_zone_view view;
    unsigned zones, codes;
};

static struct placed place(const struct geo_area_table *table, const char *name,
                           const char *areas)
{
    struct geo_decode_params params = {
        .keep = keep, .valid_for_us = 3600000000, .geocode_others = "SAME, UGC"};
    struct geo_record_builder decoded;
    struct geo_record built, record;
    struct geo_note why;
    char text[4000];
    (void)snprintf(params.geocode_name, sizeof params.geocode_name, "%s", name);
    (void)snprintf(
        text, sizeof text,
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A</identifier>"
        "<sender>w</sender><sent>2026-11-28T10:00:00-00:00</sent><status>Actual</status>"
        "<msgType>Update</msgType><scope>Public</scope><references>w,B,x</references>"
        "<info><severity>Severe</severity>%s</info></alert>",
        areas);
    geo_record_builder_init(&decoded, 1 << 20);
    assert_int_equal(
        geo_cap_decode(&params, (const uint8_t *)text, strlen(text), &decoded, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&decoded, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    struct placed out = {.zones = 0};
    geo_record_builder_init(&out.builder, 1 << 20);
    assert_int_equal(geo_area_table_place(table, keep, record, &out.builder, &why), DRF_OK);
    geo_record_builder_close(&decoded);
    assert_int_equal(geo_record_finish(&out.builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        out.codes += item.kind == GEO_ITEM_AREA_CODES;
        out.zones += item.kind == GEO_ITEM_ZONE;
        if (item.kind == GEO_ITEM_ZONE)
            out.view = geo_item_zone(&item);
    }
    assert_int_equal(out.zones, 2); // the withdrawn one, then the alert
    assert_int_equal(out.codes, 0);
    return out;
}

#define CODE(name, value)                                                                      \
    "<geocode><valueName>" name "</valueName><value>" value "</value></geocode>"
#define AREA(inside) "<area><areaDesc>a</areaDesc>" inside "</area>"
#define CIRCLE AREA("<circle>50.5,18.5 10</circle>")

static bool is_assumed(const struct placed *placed)
{
    return (placed->view.zone->alert & GEO_ALERT_AREA_ASSUMED) != 0;
}

static bool is_everywhere(const struct placed *placed)
{
    const struct geo_zone_view *view = &placed->view;
    for (uint32_t i = 0; i < view->zone->volume_count; i++)
        if (view->volumes[i].shape == GEO_ZONE_REGION)
            return is_assumed(placed);
    return false;
}

static double west_deg(const struct placed *placed, uint32_t volume)
{
    return geo_zone_volume_bounds(&placed->view.volumes[volume], placed->view.vertices)
        .west_deg;
}

static void place__codes_of_the_table__are_its_areas(void **state)
{
    (void)state;
    struct geo_area_table *table = open_table(counties, "SAME");
    assert_int_equal(geo_area_table_count(table), 4);
    struct placed d = place(table, "SAME", AREA(CODE("SAME", "048453")));
    assert_false(is_assumed(&d));
    assert_int_equal(d.view.zone->volume_count, 1);
    assert_true(west_deg(&d, 0) == 8);
    geo_record_builder_close(&d.builder);
    // a part of the county; a number that has lost its zero, of two parts; two features
    d = place(table, "SAME",
              AREA(CODE("SAME", "148453") CODE("UGC", "TXC453")) AREA(CODE("same", "001001"))
                  AREA(CODE("SAME", "048459")) CIRCLE);
    assert_false(is_assumed(&d));
    assert_int_equal(d.view.zone->volume_count, 6);
    assert_int_equal(d.view.volumes[0].shape, GEO_ZONE_CIRCLE);
    geo_record_builder_close(&d.builder);
    // an area with a shape is that shape
    d = place(table, "SAME", AREA("<circle>50.5,18.5 10</circle>" CODE("SAME", "048453")));
    assert_int_equal(d.view.zone->volume_count, 1);
    assert_int_equal(d.view.volumes[0].shape, GEO_ZONE_CIRCLE);
    geo_record_builder_close(&d.builder);
    // one elsewhere is elsewhere
    d = place(table, "SAME", AREA(CODE("SAME", "048455")));
    assert_true((d.view.zone->flags & GEO_ZONE_OUTSIDE) != 0);
    geo_record_builder_close(&d.builder);
    geo_area_table_close(table);
}

#define RINGS(further)                                                                         \
    COLLECTION(                                                                                \
        FEATURE("\"FIPS\":\"1\"", "Polygon", "[" BOX("8", "50", "9", "51") "," further "]"))

// A hole is inside; a ring beside the first one is a second area.
static void place__further_rings__are_areas_unless_they_are_holes(void **state)
{
    (void)state;
    static const struct {
        const char *counties;
        uint32_t areas;
        bool everywhere;
    } rows[] = {
        {RINGS(BOX("8.2", "50.2", "8.4", "50.4")), 1, false},
        {RINGS(BOX("8", "50", "8.4", "50.4")), 1, false},
        {RINGS(BOX("10", "50", "11", "51")), 2, false},
        {RINGS(BOX("7", "49", "10", "52")), 2, false},
        {RINGS("[[10,50],[11,50],[11,null],[10,50]]"), 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct geo_area_table *table = open_table(rows[i].counties, "SAME");
        struct placed d = place(table, "SAME", AREA(CODE("SAME", "1")));
        assert_int_equal(is_everywhere(&d), rows[i].everywhere);
        if (!rows[i].everywhere)
            assert_int_equal(d.view.zone->volume_count, rows[i].areas);
        geo_record_builder_close(&d.builder);
        geo_area_table_close(table);
    }
}

static void place__a_code_that_is_not_known__concerns_everybody(void **state)
{
    (void)state;
    static const char *const areas[] = {
        AREA(CODE("SAME", "099999")),
        AREA(CODE("SAME", "048453")) AREA(CODE("SAME", "099999")),
        AREA(CODE("SAME", "048453") CODE("SAME", "099999")),
        AREA(CODE("SAME", "048453")) AREA(CODE("UGC", "TXC453")),
        AREA(CODE("SAME", "048453")) AREA(""),
        AREA(CODE("SAME", "048453") CODE("SAME", "")),
        AREA(CODE("SAME", "048453")) AREA("<polygon>1,1 x</polygon>"),
        AREA(CODE("SAME", "048453") CODE("Same?", "048459")), // one name not understood
        AREA(CODE("SAME", "048453") "<geocode><value>048459</value></geocode>"),
        AREA(CODE("SAME", "048457")), // its area in the file is none
        AREA(CODE("SAME", "048000")), // the whole state
        AREA(CODE("SAME", "0484530484530484530484530484530484530")),
        CIRCLE AREA(CODE("SAME", "099999")),
    };
    struct geo_area_table *table = open_table(counties, "SAME");
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        struct placed d = place(table, "SAME", areas[i]);
        if (!is_everywhere(&d))
            fail_msg("%s", areas[i]);
        geo_record_builder_close(&d.builder);
    }
    geo_area_table_close(table);
}

static void place__codes_as_text__are_compared_as_they_are(void **state)
{
    (void)state;
    struct geo_area_table *table = open_table(
        COLLECTION(FEATURE("\"FIPS\":\"48453\"", "Polygon", "[" BOX("8", "50", "9", "51") "]")),
        "OTHER");
    struct placed d = place(table, "OTHER", AREA(CODE("OTHER", "48453")));
    assert_false(is_everywhere(&d));
    geo_record_builder_close(&d.builder);
    d = place(table, "OTHER", AREA(CODE("OTHER", "048453")));
    assert_true(is_everywhere(&d));
    geo_record_builder_close(&d.builder);
    geo_area_table_close(table);
}

static void place__65_warn_cells__are_their_areas(void **state)
{
    (void)state;
    static char text[1 << 16];
    size_t size, at = 0;
    char *alert = (char *)real_data("cases/cap/c_geocode65.xml", &size);
    if (alert == NULL)
        skip();
    at += (size_t)snprintf(text, sizeof text, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (int i = 0; i < 65; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "%s{\"type\":\"Feature\",\"properties\":{\"FIPS\":%d},"
                               "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[%d,50],"
                               "[%d.5,50],[%d.5,51],[%d,50]]]}}",
                               i > 0 ? "," : "", 800000000 + i, i, i, i, i);
    (void)snprintf(text + at, sizeof text - at, "]}");
    struct geo_area_table *table = open_table(text, "WARNCELLID");
    struct geo_decode_params params = {.keep = keep};
    struct geo_record_builder decoded, placed;
    struct geo_record record;
    struct geo_note why;
    struct geo_item item;
    size_t cursor = 0;
    (void)snprintf(params.geocode_name, sizeof params.geocode_name, "WARNCELLID");
    geo_record_builder_init(&decoded, 1 << 20);
    geo_record_builder_init(&placed, 1 << 20);
    assert_int_equal(geo_cap_decode(&params, (const uint8_t *)alert, size, &decoded, &why),
                     DRF_OK);
    assert_int_equal(geo_record_finish(&decoded, &record), DRF_OK);
    assert_int_equal(geo_area_table_place(table, keep, record, &placed, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&placed, &record), DRF_OK);
    assert_true(geo_record_next(record, &cursor, &item));
    struct geo_zone_view view = geo_item_zone(&item);
    assert_int_equal(view.zone->volume_count, 21); // those that touch 0 to 20 degrees east
    assert_int_equal(view.zone->alert & GEO_ALERT_AREA_ASSUMED, 0);
    geo_record_builder_close(&decoded);
    geo_record_builder_close(&placed);
    geo_area_table_close(table);
    free(alert);
}

static void open__of_what_is_no_table__says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"{\"type\":\"FeatureCollection\"}", "FeatureCollection"},
        {COLLECTION(FEATURE("\"GEOID\":\"1\"", "Point", "[1,2]")), "property FIPS"},
        {COLLECTION(""), "property FIPS"},
        {COLLECTION(FEATURE("\"FIPS\":1.5", "Point", "[1,2]")), "property FIPS"},
        {"{", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct geo_area_table *table = NULL;
        struct geo_note why;
        const char *text = cases[i].text;
        assert_int_not_equal(geo_area_table_open((const uint8_t *)text, strlen(text), "FIPS",
                                                 "SAME", &table, &why),
                             DRF_OK);
        assert_non_null(strstr(why.text, cases[i].word));
    }
}

static void hash__of_another_content__is_another(void **state)
{
    (void)state;
    struct geo_area_table *one = open_table(counties, "SAME");
    struct geo_area_table *same = open_table(counties, "SAME");
    struct geo_area_table *other = open_table(
        COLLECTION(FEATURE("\"FIPS\":1", "Polygon", "[" BOX("8", "50", "9", "51") "]")),
        "SAME");
    assert_true(geo_area_table_hash(one) == geo_area_table_hash(same));
    assert_true(geo_area_table_hash(one) != geo_area_table_hash(other));
    geo_area_table_close(one);
    geo_area_table_close(same);
    geo_area_table_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place__codes_of_the_table__are_its_areas),
        cmocka_unit_test(place__further_rings__are_areas_unless_they_are_holes),
        cmocka_unit_test(place__a_code_that_is_not_known__concerns_everybody),
        cmocka_unit_test(place__codes_as_text__are_compared_as_they_are),
        cmocka_unit_test(place__65_warn_cells__are_their_areas),
        cmocka_unit_test(open__of_what_is_no_table__says_why),
        cmocka_unit_test(hash__of_another_content__is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
