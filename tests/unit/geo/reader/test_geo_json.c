// SPDX-License-Identifier: Apache-2.0
// Every format written in JSON, held against the same attacks on the notation and, where it has
// shapes, on their rings. Each is refused with a reason, or read as what it says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/decode.h"

// In a text below: @ a number, ^ inside a string, # before the first member of an object.
struct format {
    enum geo_format format;
    const char *text;
    const char *number; // a good one
};

#define SQUARE                                                                                 \
    "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[8.1,47],[8.1,47.1],[8,47.1],[8,47]]]}"

static const struct format formats[] = {
    {GEO_FORMAT_GEOJSON_OBSTACLES,
     "{#\"type\":\"Feature\",\"id\":\"a^\",\"properties\":{\"agl_m\":@},\"geometry\":"
     "{\"type\":\"Point\",\"coordinates\":[8,47]}}",
     "30"},
    {GEO_FORMAT_GEOJSON_ZONES,
     "{#\"type\":\"Feature\",\"id\":\"a^\",\"properties\":{\"upper_agl_m\":@},"
     "\"geometry\":" SQUARE "}",
     "120"},
    {GEO_FORMAT_ED269,
     "{#\"features\":[{\"identifier\":\"A^\",\"country\":\"CHE\",\"restriction\":"
     "\"PROHIBITED\","
     "\"applicability\":[{\"permanent\":\"YES\"}],\"geometry\":[{\"uomDimensions\":\"M\","
     "\"lowerLimit\":0,\"lowerVerticalReference\":\"AGL\",\"upperLimit\":@,"
     "\"upperVerticalReference\":\"AGL\",\"horizontalProjection\":" SQUARE "}]}]}",
     "120"},
    {GEO_FORMAT_ED318,
     "{#\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":{"
     "\"type\":\"Point\",\"coordinates\":[8,47],\"extent\":{\"subType\":\"Circle\",\"radius\":@"
     "},"
     "\"layer\":{\"upper\":120,\"upperReference\":\"AGL\",\"lower\":0,\"lowerReference\":"
     "\"AGL\","
     "\"uom\":\"m\"}},\"properties\":{\"identifier\":\"B^\",\"country\":\"CHE\",\"type\":"
     "\"USPACE\","
     "\"variant\":\"COMMON\"}}]}",
     "300"},
    {GEO_FORMAT_READSB,
     "{#\"now\":1700000010.5,\"aircraft\":[{\"hex\":\"ac671b\",\"flight\":\"A ^\",\"lat\":47.0,"
     "\"lon\":8.0,\"alt_baro\":1000,\"gs\":@,\"track\":90,\"seen_pos\":2.5}]}",
     "90"},
    {GEO_FORMAT_TRACKS,
     "{#\"tracks\":[{\"traffic_id\":\"a^\",\"lat_e7\":470000000,\"lon_e7\":80000000,"
     "\"data_time_us\":\"1700000000123456\",\"alt_wgs84_m\":@}]}",
     "120.5"},
    {GEO_FORMAT_GCN,
     "{#\"mission\":\"MAXI\",\"alert_datetime\":\"2023-02-20T09:53:39Z\",\"alert_type\":"
     "\"update\","
     "\"alert_tense\":\"current\",\"id\":[\"1^\"],\"ra\":@,\"dec\":18.61,\"ra_dec_error\":0."
     "22}",
     "346.56"},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static struct geo_decode_params params_of(enum geo_format format)
{
    return (struct geo_decode_params){.format = format,
                                      .keep = {-180, -90, 180, 90},
                                      .default_horizontal_acc95_m = 75,
                                      .default_vertical_acc95_m = 15,
                                      .valid_for_us = INT64_C(3600000000),
                                      .message_utc_us = INT64_C(1700000010000000),
                                      .size_max_bytes = 64 << 20,
                                      .record_max_bytes = 64 << 20,
                                      .pixels_max = 1000000};
}

static struct geo_note why;

// GEO_REFUSAL_NONE: accepted, and nothing of it was left out.
static enum geo_refusal_code read_as(const struct geo_decode_params *params, const char *text,
                                     size_t size)
{
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_item item;
    size_t cursor = 0;
    geo_record_builder_init(&builder, params->record_max_bytes);
    enum drf_status status = geo_decode(params, (const uint8_t *)text, size, &builder, &why);
    enum geo_refusal_code code = (enum geo_refusal_code)why.code;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    if (status == DRF_OK) {
        code = GEO_REFUSAL_NONE;
        while (geo_record_next(record, &cursor, &item)) {
            if (item.kind == GEO_ITEM_NOTE) {
                why = *(const struct geo_note *)item.payload;
                code = (enum geo_refusal_code)why.code;
            }
        }
    } else {
        assert_int_not_equal(code, GEO_REFUSAL_NONE);
        assert_true(why.text[0] != '\0');
    }
    geo_record_builder_close(&builder);
    return code;
}

// The text with its three places filled. To be freed.
static char *filled(const struct format *format, const char *number, const char *kafka_records,
                    const char *members)
{
    size_t room =
        strlen(format->text) + strlen(number) + strlen(kafka_records) + strlen(members) + 1;
    char *text = malloc(room), *to = text;
    assert_non_null(text);
    for (const char *from = format->text; *from != '\0'; from++) {
        const char *instead = *from == '@'   ? number
                              : *from == '^' ? kafka_records
                              : *from == '#' ? members
                                             : NULL;
        if (instead == NULL) {
            *to++ = *from;
            continue;
        }
        size_t length = strlen(instead);
        memcpy(to, instead, length);
        to += length;
    }
    *to = '\0';
    return text;
}

static void expect(const struct format *format, const char *number, const char *kafka_records,
                   const char *members, enum geo_refusal_code want)
{
    struct geo_decode_params params = params_of(format->format);
    char *text = filled(format, number, kafka_records, members);
    enum geo_refusal_code got = read_as(&params, text, strlen(text));
    if (got != want)
        fail_msg("%s, number %.20s, letters %.20s, members %.40s: %s (%s), expected %s",
                 geo_format_name(format->format), number, kafka_records, members,
                 geo_refusal_name(got), why.text, geo_refusal_name(want));
    free(text);
}

static void json__in_order__is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        expect(&formats[i], formats[i].number, "", "", GEO_REFUSAL_NONE);
        expect(&formats[i], formats[i].number, "\\u0041", "\"drf\":[[[[{}]]]],",
               GEO_REFUSAL_NONE);
    }
}

static void json__with_what_is_no_number__is_refused(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "NaN", "nan", "Infinity", "-Infinity", "1e999", "-1e999", "0x10",
        "1.",  ".5",  "+1",       "01",        "--1",   "1e",     "99999999999999999999",
        "",    "1 2", "\"1",      "tru"};
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++)
            expect(&formats[i], numbers[n], "", "", GEO_REFUSAL_FORMAT);
}

static void json__that_is_not_utf_8__is_refused(void **state)
{
    (void)state;
    static const char *const kafka_records[] = {
        "\xff",             // in no text
        "\xc0\xaf",         // '/' in two bytes
        "\xed\xa0\x80",     // half of a pair
        "\xf4\x90\x80\x80", // beyond the last character
        "\xe2\x82",         // cut
        "\x80",             // without a beginning
        "\\ud800",          // half of a pair, escaped
        "\n",               // a control character
        "\\x41",            // no escape of JSON
    };
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t n = 0; n < sizeof kafka_records / sizeof kafka_records[0]; n++)
            expect(&formats[i], formats[i].number, kafka_records[n], "", GEO_REFUSAL_FORMAT);
}

static void json__with_a_key_twice__is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        expect(&formats[i], formats[i].number, "", "\"drf\":1,\"drf\":1,", GEO_REFUSAL_FORMAT);
        expect(&formats[i], formats[i].number, "", "\"drf\":{\"a\":1,\"\\u0061\":2},",
               GEO_REFUSAL_FORMAT); // the same key, escaped
        expect(&formats[i], formats[i].number, "", "'drf':1,", GEO_REFUSAL_FORMAT);
        expect(&formats[i], formats[i].number, "", "/* */", GEO_REFUSAL_FORMAT);
        expect(&formats[i], formats[i].number, "", ",", GEO_REFUSAL_FORMAT);
    }
}

static void json__of_great_depth__is_refused_without_harm(void **state)
{
    (void)state;
    enum { DEPTH = 300000, WORD = 6 };
    static char members[2 * DEPTH + WORD + 2];
    for (size_t i = 0; i < FORMATS; i++) {
        memcpy(members, "\"drf\":", WORD);
        memset(members + WORD, '[', DEPTH);
        memset(members + WORD + DEPTH, ']', DEPTH);
        memcpy(members + WORD + 2 * (size_t)DEPTH, ",", 2);
        expect(&formats[i], formats[i].number, "", members, GEO_REFUSAL_FORMAT);
        members[WORD + DEPTH] = '\0'; // not even closed
        expect(&formats[i], formats[i].number, "", members, GEO_REFUSAL_FORMAT);
    }
}

static void json__larger_than_allowed__is_refused_before_it_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        struct geo_decode_params params = params_of(formats[i].format);
        char *text = filled(&formats[i], formats[i].number, "", "");
        size_t size = strlen(text);
        params.size_max_bytes = size;
        assert_int_equal(read_as(&params, text, size), GEO_REFUSAL_NONE);
        params.size_max_bytes = size - 1;
        assert_int_equal(read_as(&params, text, size), GEO_REFUSAL_TOO_LARGE);
        free(text);
    }
}

static void json__cut_anywhere_or_followed_by_more__is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        struct geo_decode_params params = params_of(formats[i].format);
        char *text = filled(&formats[i], formats[i].number, "", "");
        size_t size = strlen(text);
        for (size_t cut = 1; cut < size; cut++)
            assert_int_equal(read_as(&params, text, cut), GEO_REFUSAL_FORMAT);
        assert_int_equal(read_as(&params, text, size + 1), GEO_REFUSAL_FORMAT); // a NUL
        free(text);
        assert_int_equal(read_as(&params, "\xff\xfe{\0}\0", 6), GEO_REFUSAL_FORMAT);
        assert_int_equal(read_as(&params, "\xef\xbb\xbf{}", 5), GEO_REFUSAL_FORMAT);
    }
}

// Formats with polygons; @ the ring.
static const struct format shapes[] = {
    {GEO_FORMAT_GEOJSON_OBSTACLES,
     "{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{\"agl_m\":30},\"geometry\":"
     "{\"type\":\"Polygon\",\"coordinates\":[[@]]}}",
     NULL},
    {GEO_FORMAT_GEOJSON_ZONES,
     "{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{},\"geometry\":"
     "{\"type\":\"Polygon\",\"coordinates\":[[@]]}}",
     NULL},
    {GEO_FORMAT_ED269,
     "{\"features\":[{\"identifier\":\"A\",\"country\":\"CHE\",\"restriction\":\"PROHIBITED\","
     "\"applicability\":[{\"permanent\":\"YES\"}],\"geometry\":[{\"uomDimensions\":\"M\","
     "\"lowerLimit\":0,\"lowerVerticalReference\":\"AGL\",\"upperLimit\":120,"
     "\"upperVerticalReference\":\"AGL\",\"horizontalProjection\":{\"type\":\"Polygon\","
     "\"coordinates\":[[@]]}}]}]}",
     NULL},
    {GEO_FORMAT_ED318,
     "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":{"
     "\"type\":\"Polygon\",\"coordinates\":[[@]],"
     "\"layer\":{\"upper\":120,\"upperReference\":\"AGL\",\"lower\":0,\"lowerReference\":"
     "\"AGL\","
     "\"uom\":\"m\"}},\"properties\":{\"identifier\":\"B\",\"country\":\"CHE\",\"type\":"
     "\"USPACE\","
     "\"variant\":\"COMMON\"}}]}",
     NULL},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void ring__of_each_form__is_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *ring;
        enum geo_refusal_code want;
    } cases[] = {
        {"[8,47],[8.1,47],[8.1,47.1],[8,47]", GEO_REFUSAL_NONE},
        {"[8,47],[8,47.1],[8.1,47.1],[8,47]", GEO_REFUSAL_NONE}, // clockwise
        {"[8,47],[8,47],[8.1,47],[8.1,47.1],[8,47]", GEO_REFUSAL_NONE},
        {"[8,47],[8.1,47.1],[8.1,47],[8,47.2],[8,47]", GEO_REFUSAL_GEOREFERENCE}, // a bow tie
        {"[8,47],[8.1,47],[8.1,47.1],[8,47.1]", GEO_REFUSAL_GEOREFERENCE},        // not closed
        {"[8,47],[8.1,47],[8,47]", GEO_REFUSAL_GEOREFERENCE},
        {"[8,47],[8.1,47],[8.2,47],[8,47]", GEO_REFUSAL_GEOREFERENCE},      // a line
        {"[8,47],[8,47],[8,47],[8,47]", GEO_REFUSAL_GEOREFERENCE},          // a point
        {"[179,47],[180,47],[180,48],[179,48],[179,47]", GEO_REFUSAL_NONE}, // one half of it
        {"[-180,47],[-179,47],[-179,48],[-180,48],[-180,47]", GEO_REFUSAL_NONE},
        {"[179,47],[181,47],[181,48],[179,48],[179,47]", GEO_REFUSAL_RANGE},
        {"[0,89],[90,89],[90,90],[0,90],[0,89]", GEO_REFUSAL_NONE}, // up to the pole
        {"[0,-90],[90,-90],[90,-89],[0,-89],[0,-90]", GEO_REFUSAL_NONE},
        {"[0,85],[120,85],[-120,85],[0,85]", GEO_REFUSAL_GEOREFERENCE}, // around it
        {"[0,89],[90,89],[90,90.0001],[0,90],[0,89]", GEO_REFUSAL_RANGE},
        {"[0,90],[90,90],[180,90],[0,90]", GEO_REFUSAL_GEOREFERENCE}, // all of it the pole
        {"[8,47],[8.1],[8.1,47.1],[8,47]", GEO_REFUSAL_FORMAT},
        {"[8,47],[8.1,\"47\"],[8.1,47.1],[8,47]", GEO_REFUSAL_FORMAT},
        {"[8,47],[8.1,null],[8.1,47.1],[8,47]", GEO_REFUSAL_FORMAT},
        {"[8,47],{},[8.1,47.1],[8,47]", GEO_REFUSAL_FORMAT},
        {"[1e300,47],[8.1,47],[8.1,47.1],[1e300,47]", GEO_REFUSAL_RANGE},
        {"[8,47],[8.1,NaN],[8.1,47.1],[8,47]", GEO_REFUSAL_FORMAT},
        {"", GEO_REFUSAL_GEOREFERENCE},
    };
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
            expect(&shapes[i], cases[c].ring, "", "", cases[c].want);
}

static void ring__across_the_antimeridian__is_read_of_zones_only(void **state)
{
    (void)state;
    const char *ring = "[179,47],[-179,47],[-179,48],[179,48],[179,47]";
    for (size_t i = 0; i < SHAPES; i++)
        expect(&shapes[i], ring, "", "",
               shapes[i].format == GEO_FORMAT_GEOJSON_OBSTACLES ? GEO_REFUSAL_GEOREFERENCE
                                                                : GEO_REFUSAL_NONE);
}

static void ring__of_a_million_vertices__is_refused(void **state)
{
    (void)state;
    enum { VERTICES = 1000000, ROOM = 24 };
    char *ring = malloc((size_t)VERTICES * ROOM);
    assert_non_null(ring);
    size_t used = 0;
    for (int i = 0; i < VERTICES; i++) // up on one side, down on the other
        used += (size_t)snprintf(ring + used, ROOM, "[%d,%.5f],", i < VERTICES / 2 ? 8 : 7,
                                 (i < VERTICES / 2 ? i : VERTICES - i) * 1e-5);
    (void)snprintf(ring + used, ROOM, "[8,0]");
    for (size_t i = 0; i < SHAPES; i++)
        expect(&shapes[i], ring, "", "", GEO_REFUSAL_TOO_LARGE);
    free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__in_order__is_read),
        cmocka_unit_test(json__with_what_is_no_number__is_refused),
        cmocka_unit_test(json__that_is_not_utf_8__is_refused),
        cmocka_unit_test(json__with_a_key_twice__is_refused),
        cmocka_unit_test(json__of_great_depth__is_refused_without_harm),
        cmocka_unit_test(json__larger_than_allowed__is_refused_before_it_is_read),
        cmocka_unit_test(json__cut_anywhere_or_followed_by_more__is_refused),
        cmocka_unit_test(ring__of_each_form__is_read_or_refused),
        cmocka_unit_test(ring__across_the_antimeridian__is_read_of_zones_only),
        cmocka_unit_test(ring__of_a_million_vertices__is_refused),
    };
    return cmocka_run_group_tests_name("geo/json", tests, NULL, NULL);
}
