// SPDX-License-Identifier: Apache-2.0
// Zones that went wrong: the inputs are in the real data, what is right
// stands in the index beside them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/root/zone.h"
#include "tests/support/decoded.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

static void open_case(struct decoded *d, const struct geo_decode_params *params,
                      const char *name)
{
    char path[128];
    size_t size = 0;
    (void)snprintf(path, sizeof path, "cases/zones/%s", name);
    uint8_t *bytes = real_data(path, &size);
    if (bytes == NULL)
        skip();
    decoded_open(d, geo_decode, params, bytes, size);
    free(bytes);
}

static struct geo_decode_params params_of(enum geo_format format)
{
    struct geo_decode_params params = everywhere;
    params.format = format;
    return params;
}

static void open_geojson(struct decoded *d, const char *name)
{
    struct geo_decode_params params = params_of(GEO_FORMAT_GEOJSON_ZONES);
    open_case(d, &params, name);
}

static void open_text(struct decoded *d, enum geo_format format, const char *text)
{
    struct geo_decode_params params = params_of(format);
    decoded_open(d, geo_decode, &params, text, strlen(text));
}

static bool holds(const struct geo_zone_view *zone, double lat_deg, double lon_deg)
{
    for (uint32_t i = 0; i < zone->zone->volume_count; i++)
        if (fusion_zone_distance_m(&zone->volumes[i], zone->vertices,
                                   (struct geo_point){lat_deg, lon_deg})
            <= 0.0)
            return true;
    return false;
}

static void assert_box(struct geo_bounds box, double west, double south, double east,
                       double north)
{
    assert_near(box.west_deg, west, 1e-6);
    assert_near(box.south_deg, south, 1e-6);
    assert_near(box.east_deg, east, 1e-6);
    assert_near(box.north_deg, north, 1e-6);
}

static void case__a_zone_in_ed50__is_transformed(void **state)
{
    (void)state;
    struct decoded d;
    open_geojson(&d, "z_crs4230.json");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    // gdaltransform -s_srs EPSG:4230 -t_srs EPSG:4326
    assert_near(d.zones[0].vertices[0].lon_deg, 7.99881093589065, 1e-6);
    assert_near(d.zones[0].vertices[0].lat_deg, 50.4991948374432, 1e-6);
    decoded_close(&d);
}

static void case__a_ring_that_is_not_closed_or_crosses_itself__is_unreadable(void **state)
{
    (void)state;
    static const char *const names[] = {"z_unclosed.json", "z_bowtie.json"};
    for (size_t i = 0; i < 2; i++) {
        struct decoded d;
        open_geojson(&d, names[i]);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.notes, 1);
        assert_int_equal(d.unreadable_count, 1);
        assert_string_equal(d.unreadables[0].id, "a");
        assert_box(d.unreadables[0].box, 8, 50.5, 8.01, 50.51);
        assert_true(d.unreadables[0].valid_until_utc_us == GEO_UNREADABLE_NO_END_US);
        decoded_close(&d);
    }
}

static void case__a_zone_over_180_degrees__is_there_and_nowhere_else(void **state)
{
    (void)state;
    struct decoded d;
    open_geojson(&d, "z_am.json");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    const struct geo_zone_view *zone = &d.zones[0];
    assert_int_equal(zone->zone->volume_count, 2);
    assert_true(holds(zone, -81.5, 175));
    assert_true(holds(zone, -81.5, 180));
    assert_true(holds(zone, -81.5, -180));
    assert_true(holds(zone, -81.5, -179));
    assert_false(holds(zone, -81.5, 0));
    assert_false(holds(zone, -81.5, 168));
    assert_false(holds(zone, -81.5, -176));
    struct geo_bounds box = geo_zone_bounds(zone);
    assert_near(box.west_deg, 169.654, 1e-3);
    assert_near(box.east_deg, -177.567, 1e-3);
    decoded_close(&d);
}

static void case__6208_vertices__are_read(void **state)
{
    (void)state;
    struct decoded d;
    open_geojson(&d, "z_6208.json");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->vertex_count, 6208);
    decoded_close(&d);
}

// 0.05 degrees around 47 N 8 E, of `count` vertices.
static char *circle(size_t count)
{
    size_t room = count * 48 + 512;
    char *text = malloc(room);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, room,
                                   "{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{},"
                                   "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[");
    for (size_t i = 0; i <= count; i++) {
        double angle = (double)(i % count) / (double)count * 6.283185307179586;
        used += (size_t)snprintf(text + used, room - used, "%s[%.12f,%.12f]", i > 0 ? "," : "",
                                 8 + 0.05 * cos(angle), 47 + 0.05 * sin(angle));
    }
    (void)snprintf(text + used, room - used, "]]}}");
    return text;
}

static void vertices__up_to_16384__are_read_and_one_more_is_unreadable(void **state)
{
    (void)state;
    struct decoded d;
    char *text = circle(16384);
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES, text);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->vertex_count, 16384);
    decoded_close(&d);
    free(text);
    text = circle(16385);
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES, text);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_TOO_LARGE);
    assert_int_equal(d.unreadable_count, 1);
    assert_box(d.unreadables[0].box, 7.95, 46.95, 8.05, 47.05);
    decoded_close(&d);
    free(text);
}

static struct geo_decode_params notams(void)
{
    struct geo_decode_params params = params_of(GEO_FORMAT_GEOJSON_ZONES);
    params.zone_fields = (struct geo_zone_fields){.mapped = 1,
                                                  .id = "coreNOTAMData.notam.id",
                                                  .restriction = "PROHIBITED",
                                                  .from = "coreNOTAMData.notam.effectiveStart",
                                                  .until = "coreNOTAMData.notam.effectiveEnd"};
    return params;
}

static void case__the_end_of_a_notam__is_never_taken_earlier_than_it_is(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_decode_params params = notams();
    open_case(&d, &params, "z_notam.json");
    assert_int_equal(d.count, 4);
    int64_t begin = utc("2026-01-15T12:00:00Z"), end = utc("2027-02-15T12:00:00Z");
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(d.zones[i].zone->period_count, 1);
        assert_true(d.zones[i].periods[0].from_utc_us == begin);
    }
    assert_true(d.zones[0].periods[0].until_utc_us == end);
    assert_int_equal(d.zones[0].zone->flags, 0);
    assert_true(d.zones[1].periods[0].until_utc_us == GEO_ZONE_ALWAYS_UNTIL_US); // PERM
    // An estimated end ends nothing.
    assert_true(d.zones[2].periods[0].until_utc_us == GEO_ZONE_ALWAYS_UNTIL_US);
    assert_int_equal(d.zones[2].zone->flags, GEO_ZONE_TIMES_WIDENED);
    // Without an offset it may be that of any place: UTC-12 is the last.
    assert_true(d.zones[3].periods[0].until_utc_us == end + 12 * INT64_C(3600000000));
    assert_int_equal(d.zones[3].zone->flags, GEO_ZONE_TIMES_WIDENED);
    decoded_close(&d);
}

static void case__the_faas_items__are_zones(void **state)
{
    (void)state;
    struct decoded d;
    struct geo_decode_params params = notams();
    open_case(&d, &params, "z_notam_items.json");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].zone->id, "N1");
    decoded_close(&d);
}

static void case__ed269_as_a_bare_array_or_with_a_mark__is_read(void **state)
{
    (void)state;
    static const char *const names[] = {"z_ed269_array.json", "z_ed269_bom.json"};
    for (size_t i = 0; i < 2; i++) {
        struct decoded d;
        struct geo_decode_params params = params_of(GEO_FORMAT_ED269);
        open_case(&d, &params, names[i]);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.zones[0].zone->id, "FIN:F1");
        assert_true(holds(&d.zones[0], 62.5, 22.6));
        decoded_close(&d);
    }
}

// Every row is a PROHIBITED zone: it is a zone there, or unreadable there.
static void case__no_variant_of_ed269__looks_like_no_zone(void **state)
{
    (void)state;
    static const char *const refused[] = {"FIN:F2_nouom", "FIN:F3_noref",
                                          "FIN:F4_endbeforestart", "FIN:F12_lower_gt_upper",
                                          "FIN:F13_upper0"};
    enum { REFUSED = sizeof refused / sizeof refused[0], ALL = 19 };
    struct decoded d;
    struct geo_decode_params params = params_of(GEO_FORMAT_ED269);
    open_case(&d, &params, "z_ed269_variants.json");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.unreadable_count, REFUSED);
    assert_int_equal(d.notes, REFUSED);
    for (size_t i = 0; i < REFUSED; i++) {
        assert_string_equal(d.unreadables[i].id, refused[i]);
        assert_box(d.unreadables[i].box, 22.55, 62.45, 22.75, 62.65);
    }
    assert_int_equal(d.count, ALL - REFUSED);
    for (unsigned i = 0; i < d.count; i++) {
        assert_int_equal(d.zones[i].zone->restriction, GEO_ZONE_PROHIBITED);
        if (strcmp(d.zones[i].zone->id, "FIN:F14_latlon_swapped") != 0)
            assert_true(holds(&d.zones[i], 62.5, 22.6));
        // Monday 2026-11-30 12:00 UTC: each of them applies.
        assert_true(fusion_zone_applies(&d.zones[i], utc("2026-11-30T12:00:00Z")));
    }
    assert_string_equal(d.zones[d.count - 2].zone->id, "FIN:F18_idcolon");
    assert_string_equal(d.zones[d.count - 1].zone->id, "FIN:F18_idcolon#2");
    decoded_close(&d);
}

#define BOWTIE                                                                                 \
    "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[8.1,47.1],[8.1,47],[8,47.1],[8,47]]]}"
#define CIRCLE "{\"type\":\"Point\",\"coordinates\":[8,47]}"

static void twins__one_of_them_refused__keep_their_numbers(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              COLLECTION(FEATURE("a", "", BOWTIE) "," FEATURE("a", "", SQUARE)));
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].zone->id, "a#2");
    assert_int_equal(d.unreadable_count, 1);
    assert_string_equal(d.unreadables[0].id, "a");
    decoded_close(&d);
}

static void refused__with_times_that_were_read__ends_with_them(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "\"until\":\"2026-12-01T00:00:00Z\"", BOWTIE));
    assert_int_equal(d.unreadable_count, 1);
    assert_true(d.unreadables[0].valid_until_utc_us == utc("2026-12-01T00:00:00Z"));
    decoded_close(&d);
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES, FEATURE("a", "\"until\":\"soon\"", SQUARE));
    assert_int_equal(d.unreadable_count, 1);
    assert_true(d.unreadables[0].valid_until_utc_us == GEO_UNREADABLE_NO_END_US);
    decoded_close(&d);
}

static void refused__without_a_place_or_outside__is_refused_only(void **state)
{
    (void)state;
    static const char *const texts[] = {
        COLLECTION(FEATURE("a", "", CIRCLE)), // no radius
        COLLECTION(FEATURE("a", "\"radius_m\":-5", CIRCLE)),
        COLLECTION(FEATURE("a", "",
                           "{\"type\":\"Polygon\",\"coordinates\":[[[8,47],[8.1,\"x\"],"
                           "[8.1,47.1],[8,47]]]}")),
        COLLECTION(FEATURE("a", "", "null")),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct decoded d;
        open_text(&d, GEO_FORMAT_GEOJSON_ZONES, texts[i]);
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.unreadable_count, 0);
        decoded_close(&d);
    }
    struct geo_decode_params params = params_of(GEO_FORMAT_GEOJSON_ZONES);
    params.keep = (struct geo_bounds){-80, 43, -79, 44};
    struct decoded d;
    const char *text = COLLECTION(FEATURE("a", "", BOWTIE));
    decoded_open(&d, geo_decode, &params, text, strlen(text));
    assert_int_equal(d.unreadable_count, 0);
    decoded_close(&d);
}

static void refused__a_circle__is_unreadable_in_its_box(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "\"radius_m\":1000,\"upper_agl_m\":\"high\"", CIRCLE));
    assert_int_equal(d.unreadable_count, 1);
    struct geo_bounds box = d.unreadables[0].box;
    // 1 km are 0.00899 degrees of the meridian, and 0.0132 of the parallel.
    assert_true(box.south_deg < 46.991 && box.north_deg > 47.00899);
    assert_true(box.west_deg < 7.98685 && box.east_deg > 8.01315);
    assert_true(box.north_deg < 47.0095 && box.east_deg < 8.014);
    decoded_close(&d);
}

static void refused__over_180_degrees__has_the_box_across(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "",
                      "{\"type\":\"Polygon\",\"coordinates\":[[[179.9,47],[-179.9,47],"
                      "[-179.9,47.1],[179.9,47.1]]]}")); // not closed
    assert_int_equal(d.unreadable_count, 1);
    assert_box(d.unreadables[0].box, 179.9, 47, -179.9, 47.1);
    decoded_close(&d);
}

static void withdrawn__with_a_geometry_that_is_none__is_withdrawn(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES, FEATURE("a", "\"withdrawn\":true", "null"));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->flags & GEO_ZONE_WITHDRAWN, GEO_ZONE_WITHDRAWN);
    decoded_close(&d);
}

// In three UTC days around a Wednesday: whether it applies at each of these hours.
static void expect_hours(const char *schedule, const char *square, const char *hours)
{
    char text[768];
    struct decoded d;
    (void)snprintf(text, sizeof text,
                   "{\"features\":[{\"identifier\":\"A\",\"restriction\":\"PROHIBITED\","
                   "\"applicability\":[{\"permanent\":\"NO\",\"schedule\":[%s]}],"
                   "\"geometry\":[{\"horizontalProjection\":{\"type\":\"Polygon\","
                   "\"coordinates\":[%s]}}]}]}",
                   schedule, square);
    open_text(&d, GEO_FORMAT_ED269, text);
    assert_int_equal(d.count, 1);
    int64_t begin = utc("2026-06-02T00:00:00Z"); // a Tuesday
    for (int hour = 0; hour < 72; hour++) {
        int64_t at = begin + hour * INT64_C(3600000000) + INT64_C(1800000000);
        bool applies = fusion_zone_applies(&d.zones[0], at);
        if (hours[hour / 3] == '#' && !applies)
            fail_msg("%s: not at hour %d of 72", schedule, hour);
        if (hours[hour / 3] == '.' && applies)
            fail_msg("%s: at hour %d of 72", schedule, hour);
    }
    decoded_close(&d);
}

#define AUCKLAND "[[174.7,-36.9],[174.8,-36.9],[174.8,-36.8],[174.7,-36.9]]"
#define HONOLULU "[[-157.9,21.3],[-157.8,21.3],[-157.8,21.4],[-157.9,21.3]]"

// One letter for three hours of Tuesday, Wednesday, Thursday: # it applies, . not, ? either.
// Sunrise on 2026-06-03 (NOAA): Auckland 07:24 NZST = 19:24Z on the 2nd, sunset 17:13 NZST =
// 05:13Z; Honolulu 05:50 HST = 15:50Z, sunset 19:10 HST = 05:10Z on the 4th.
static void schedule__by_the_sun__is_of_the_solar_day_of_the_zone(void **state)
{
    (void)state;
#define WED "\"day\":[\"WED\"],"
    expect_hours("{" WED "\"startEvent\":\"SR\",\"endEvent\":\"SS\"}", AUCKLAND,
                 "....??##" /* Tue */ "##???..." /* Wed */ "........" /* Thu */);
    expect_hours("{" WED "\"startEvent\":\"SR\",\"endEvent\":\"SS\"}", HONOLULU,
                 "........"
                 "...??###"
                 "##??....");
    // Through the night: until sunrise of the next day, 19:24Z on Wednesday in Auckland.
    expect_hours("{" WED "\"startEvent\":\"SS\",\"endEvent\":\"SR\"}", AUCKLAND,
                 "....????"
                 "??####??"
                 "?????...");
    expect_hours("{" WED "\"startEvent\":\"SS\",\"endEvent\":\"SR\"}", HONOLULU,
                 "........"
                 "...?????"
                 "??###???");
    // From 12:00 and from 10:00 NZST until sunset, from sunrise until 16:00 NZST.
    expect_hours("{" WED "\"startTime\":\"12:00:00+12:00\",\"endEvent\":\"SS\"}", AUCKLAND,
                 "........"
                 "##??????"
                 "????....");
    expect_hours("{" WED "\"startTime\":\"10:00:00+12:00\",\"endEvent\":\"SS\"}", AUCKLAND,
                 ".......?"
                 "##???..."
                 "........");
    expect_hours("{" WED "\"startEvent\":\"SR\",\"endTime\":\"16:00:00+12:00\"}", AUCKLAND,
                 "....??##"
                 "#?......"
                 "........");
#undef WED
}

static void schedule__with_odd_words__is_never_shorter(void **state)
{
    (void)state;
#define BERN "[[7,47],[7.1,47],[7.1,47.1],[7,47]]"
    // A holiday may be any day.
    expect_hours("{\"day\":[\"HOL\"],\"startTime\":\"06:00Z\",\"endTime\":\"12:00Z\"}", BERN,
                 "..##......##......##....");
    expect_hours("{\"day\":[\"Wednesday\"],\"startTime\":\"06:00Z\",\"endTime\":\"12:00Z\"}",
                 BERN, "..........##............");
    // An empty list of daily periods takes nothing away.
    expect_hours("{\"day\":[\"WED\"],\"dailyPeriod\":[]},{\"day\":[\"MON\"]}", BERN,
                 "........########........");
    // From 01:00 to the end of the day, two hours ahead of UTC.
    expect_hours("{\"day\":[\"WED\"],\"startTime\":\"02:00:00+02:00\"}", BERN,
                 "........#######?........");
    expect_hours("{\"day\":[\"WED\"],\"startTime\":\"01:00:00+04:00\"}", BERN,
                 ".......#######?.........");
#undef BERN
}

static void interval__of_less_than_a_time_with_an_offset__is_wide(void **state)
{
    (void)state;
    static const struct {
        const char *from, *until, *first, *last; // NULL: since ever, for ever
        bool widened;
    } cases[] = {
        {"2026-01-01 00:00:00Z", "2027-01-01T00:00:00z", "2026-01-01T00:00:00Z",
         "2027-01-01T00:00:00Z", false},
        {"2026-01-01T00:00:00+0100", "2026-01-02T00:00:00+01", "2025-12-31T23:00:00Z",
         "2026-01-01T23:00:00Z", false},
        {"2026-01-01T00:00:00 UTC", "2026-01-02T00:00:00 GMT", "2026-01-01T00:00:00Z",
         "2026-01-02T00:00:00Z", false},
        {"2026-01-01", "2026-01-31", "2025-12-31T10:00:00Z", "2026-02-01T12:00:00Z", true},
        {"2026-01-01T00:00:00", "2026-01-02T00:00:00", "2025-12-31T10:00:00Z",
         "2026-01-02T12:00:00Z", true},
        {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", NULL, NULL, false},
        {"WIE", "UFN", NULL, NULL, false},
        {"", "", NULL, NULL, false},
        {"", "permanent", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        struct decoded d;
        (void)snprintf(text, sizeof text,
                       FEATURE("a", "\"from\":\"%s\",\"until\":\"%s\"", SQUARE), cases[i].from,
                       cases[i].until);
        open_text(&d, GEO_FORMAT_GEOJSON_ZONES, text);
        assert_int_equal(d.count, 1);
        assert_true(
            d.zones[0].periods[0].from_utc_us
            == (cases[i].first != NULL ? utc(cases[i].first) : GEO_ZONE_ALWAYS_FROM_US));
        assert_true(d.zones[0].periods[0].until_utc_us
                    == (cases[i].last != NULL ? utc(cases[i].last) : GEO_ZONE_ALWAYS_UNTIL_US));
        assert_int_equal(d.zones[0].zone->flags & GEO_ZONE_TIMES_WIDENED,
                         cases[i].widened ? GEO_ZONE_TIMES_WIDENED : 0);
        decoded_close(&d);
    }
}

// 142 km at 50 degrees: the geodesic is 480 m north of the parallel at its middle.
static void edges__longer_than_20_km__hold_the_great_circle_too(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "",
                      "{\"type\":\"Polygon\",\"coordinates\":[[[8,49],[10,49],[10,50],[8,50],"
                      "[8,49]]]}"));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->flags & GEO_ZONE_AREA_WIDENED, GEO_ZONE_AREA_WIDENED);
    assert_true(holds(&d.zones[0], 50.0043, 9)); // 478 m
    assert_false(holds(&d.zones[0], 50.0055, 9));
    assert_true(holds(&d.zones[0], 49.0001, 9)); // the other side lost nothing
    assert_false(holds(&d.zones[0], 48.9999, 9));
    decoded_close(&d);
}

// A narrow gap that a widened edge would close: the convex ring, never parity.
static void edges__that_reach_another_side__give_the_convex_ring(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_GEOJSON_ZONES,
        FEATURE("a", "",
                "{\"type\":\"Polygon\",\"coordinates\":[[[8,49],[10,49],[10,49.5],[8.1,49.5],"
                "[8.1,49.501],[10,49.501],[10,50],[8,50],[8,49]]]}"));
    assert_int_equal(d.count, 1);
    for (int i = 0; i < 4000; i++)
        assert_true(holds(&d.zones[0], 49.0001 + i * 0.00024975, 9));
    decoded_close(&d);
}

static void geometry__a_collection_of_polygons__is_all_of_them(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "",
                      "{\"type\":\"GeometryCollection\",\"geometries\":[" SQUARE
                      ",{\"type\":\"Polygon\",\"coordinates\":[[[9,47],[9.1,47],[9.1,47.1],"
                      "[9,47]]]}]}"));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    assert_true(holds(&d.zones[0], 47.05, 8.05) && holds(&d.zones[0], 47.01, 9.08));
    decoded_close(&d);
    open_text(&d, GEO_FORMAT_GEOJSON_ZONES,
              FEATURE("a", "",
                      "{\"type\":\"GeometryCollection\",\"geometries\":[" SQUARE "," CIRCLE
                      "]}"));
    assert_int_equal(d.count, 0); // how far the point reaches is not said
    decoded_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case__a_zone_in_ed50__is_transformed),
        cmocka_unit_test(case__a_ring_that_is_not_closed_or_crosses_itself__is_unreadable),
        cmocka_unit_test(case__a_zone_over_180_degrees__is_there_and_nowhere_else),
        cmocka_unit_test(case__6208_vertices__are_read),
        cmocka_unit_test(vertices__up_to_16384__are_read_and_one_more_is_unreadable),
        cmocka_unit_test(case__the_end_of_a_notam__is_never_taken_earlier_than_it_is),
        cmocka_unit_test(case__the_faas_items__are_zones),
        cmocka_unit_test(case__ed269_as_a_bare_array_or_with_a_mark__is_read),
        cmocka_unit_test(case__no_variant_of_ed269__looks_like_no_zone),
        cmocka_unit_test(twins__one_of_them_refused__keep_their_numbers),
        cmocka_unit_test(refused__with_times_that_were_read__ends_with_them),
        cmocka_unit_test(refused__without_a_place_or_outside__is_refused_only),
        cmocka_unit_test(refused__a_circle__is_unreadable_in_its_box),
        cmocka_unit_test(refused__over_180_degrees__has_the_box_across),
        cmocka_unit_test(withdrawn__with_a_geometry_that_is_none__is_withdrawn),
        cmocka_unit_test(schedule__by_the_sun__is_of_the_solar_day_of_the_zone),
        cmocka_unit_test(schedule__with_odd_words__is_never_shorter),
        cmocka_unit_test(interval__of_less_than_a_time_with_an_offset__is_wide),
        cmocka_unit_test(edges__longer_than_20_km__hold_the_great_circle_too),
        cmocka_unit_test(edges__that_reach_another_side__give_the_convex_ring),
        cmocka_unit_test(geometry__a_collection_of_polygons__is_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
