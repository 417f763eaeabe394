// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/decoded.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

#define VOLUME(limits) "{" limits ",\"horizontalProjection\":" SQUARE "}"
#define ED269(id, more, volumes)                                                               \
    "{\"identifier\":\"" id "\",\"country\":\"CHE\",\"restriction\":\"CONDITIONAL\"," more     \
    "\"geometry\":[" volumes "]}"
#define LIMITS(lower, upper)                                                                   \
    "\"uomDimensions\":\"M\",\"lowerLimit\":" lower                                            \
    ",\"lowerVerticalReference\":\"AGL\",\"upperLimit\":" upper                                \
    ",\"upperVerticalReference\":\"AMSL\""
#define ALWAYS "\"applicability\":[{\"permanent\":\"YES\"}],"

static struct geo_decode_params params_of(enum geo_format format)
{
    struct geo_decode_params params = everywhere;
    params.format = format;
    return params;
}

static void open_text(struct decoded *d, enum geo_format format, const char *text)
{
    struct geo_decode_params params = params_of(format);
    decoded_open(d, geo_decode, &params, text, strlen(text));
}

static void open_real(struct decoded *d, enum geo_format format, const char *name)
{
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        skip();
    struct geo_decode_params params = params_of(format);
    decoded_open(d, geo_decode, &params, bytes, size);
    free(bytes);
    assert_int_equal(d->status, DRF_OK);
}

static void ed269__the_swiss_file__has_six_zones_with_two_of_one_identifier(void **state)
{
    (void)state;
    struct decoded d;
    open_real(&d, GEO_FORMAT_ED269, "zones/ed269_geo-awareness-che-1.json");
    assert_int_equal(d.count, 6);
    assert_int_equal(d.notes, 0);
    assert_string_equal(d.zones[4].zone->id, "CHE:Gantrisch Nature Park");
    assert_string_equal(d.zones[5].zone->id, "CHE:Gantrisch Nature Park#2");
    assert_int_equal(d.zones[4].zone->restriction, GEO_ZONE_NO_RESTRICTION);
    assert_int_equal(d.zones[5].zone->restriction, GEO_ZONE_REQ_AUTHORISATION);
    assert_int_equal(d.zones[1].zone->volume_count, 3);
    assert_int_equal(d.zones[2].zone->volume_count, 3);
    assert_string_equal(d.zones[2].zone->reason, "AIR_TRAFFIC, OTHER");
    decoded_close(&d);
}

static void ed269__the_swiss_file__keeps_limits_circles_and_feet(void **state)
{
    (void)state;
    struct decoded d;
    open_real(&d, GEO_FORMAT_ED269, "zones/ed269_geo-awareness-che-1.json");
    const struct geo_zone_volume *concert = &d.zones[0].volumes[0];
    assert_int_equal(concert->shape, GEO_ZONE_CIRCLE);
    assert_near(concert->centre.lat_deg, 46.430758, 0);
    assert_near(concert->centre.lon_deg, 6.913146, 0);
    assert_near(concert->radius_m, 3000, 0);
    assert_int_equal(concert->lower.reference, GEO_ZONE_AGL);
    assert_int_equal(concert->upper.reference, GEO_ZONE_AMSL);
    assert_near(concert->upper.m, 6259, 0);
    assert_near(d.zones[1].volumes[2].lower.m, 100, 0);
    // 250 ft
    assert_near(d.zones[4].volumes[0].upper.m, 76.2, 1e-9);
    // the ring of the second Lausanne volume has four distinct corners, one written twice
    assert_int_equal(d.zones[2].volumes[1].vertex_count, 3);
    decoded_close(&d);
}

static void ed269__the_swiss_file__applies_when_it_says(void **state)
{
    (void)state;
    struct decoded d;
    open_real(&d, GEO_FORMAT_ED269, "zones/ed269_geo-awareness-che-1.json");
    assert_int_equal(d.zones[0].zone->period_count, 1);
    const struct geo_zone_period *concert = &d.zones[0].periods[0];
    assert_true(concert->from_utc_us == utc("2022-06-15T09:00:00Z"));
    assert_true(concert->until_utc_us == utc("2023-06-15T09:00:00Z"));
    assert_int_equal(concert->days, 0x60); // Saturday and Sunday
    assert_true(concert->start_us == 17 * INT64_C(3600000000));
    assert_true(concert->end_us == 24 * INT64_C(3600000000)); // written as 23:59:59
    assert_int_equal(d.zones[1].zone->period_count, 1);
    assert_int_equal(d.zones[1].periods[0].days, 0);
    assert_int_equal(d.zones[2].zone->period_count, 0); // permanent
    assert_int_equal(d.zones[2].zone->flags, 0);
    decoded_close(&d);
}

static void ed318__the_swiss_file__has_three_polygons_without_upper_limit(void **state)
{
    (void)state;
    struct decoded d;
    open_real(&d, GEO_FORMAT_ED318, "zones/ed318_cis_source_sample.json");
    assert_int_equal(d.count, 3);
    for (unsigned i = 0; i < d.count; i++) {
        assert_int_equal(d.zones[i].zone->restriction, GEO_ZONE_REQ_AUTHORISATION);
        assert_int_equal(d.zones[i].zone->volume_count, 1);
        assert_int_equal(d.zones[i].volumes[0].upper.reference, GEO_ZONE_UNLIMITED);
        assert_int_equal(d.zones[i].zone->period_count, 0);
        struct geo_bounds box = geo_zone_bounds(&d.zones[i]);
        assert_near(box.south_deg, 47.2, 0.5);
        assert_near(box.west_deg, 7.3, 0.5);
        assert_true(d.zones[i].zone->data_time_utc_us == utc("2025-03-13T12:58:00Z"));
    }
    assert_string_equal(d.zones[0].zone->id, "CHE:LSZB003");
    assert_string_equal(d.zones[0].zone->name, "LSZB Bern-Belp 2");
    assert_near(d.zones[0].volumes[0].lower.m, 60, 0);
    decoded_close(&d);
}

static void ed318__a_circle_and_a_collection__give_their_volumes(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_ED318,
        COLLECTION(
            "{\"type\":\"Feature\",\"properties\":{\"identifier\":\"A\",\"country\":\"CHE\","
            "\"type\":\"USPACE\",\"limitedApplicability\":[{\"startDateTime\":\"2026-01-01T00:"
            "00:00Z\",\"schedule\":[{\"day\":[\"ANY\"],\"startEvent\":\"SR\",\"endTime\":\"20:"
            "00:"
            "00Z\"}]}]},\"geometry\":{\"type\":\"GeometryCollection\",\"geometries\":[{"
            "\"type\":"
            "\"Point\",\"coordinates\":[8,47],\"extent\":{\"subType\":\"Circle\",\"radius\":"
            "250},"
            "\"layer\":{\"upper\":400,\"upperReference\":\"WGS84\",\"lower\":0,"
            "\"lowerReference\":"
            "\"AGL\",\"uom\":\"ft\"}}," SQUARE "]}}"));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.zones[0].zone->restriction, GEO_ZONE_USPACE);
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    assert_near(d.zones[0].volumes[0].radius_m, 250, 0);
    assert_near(d.zones[0].volumes[0].upper.m, 121.92, 1e-9);
    assert_int_equal(d.zones[0].volumes[0].upper.reference, GEO_ZONE_WGS84);
    assert_int_equal(d.zones[0].volumes[1].shape, GEO_ZONE_POLYGON);
    assert_int_equal(d.zones[0].zone->flags, GEO_ZONE_TIMES_WIDENED);
    assert_int_equal(d.zones[0].periods[0].days, 0x7f);
    // The sun rises after its midnight, which at 8.1 degrees east is 32 minutes before UTC's
    // and at most 17 minutes off the mean.
    assert_true(d.zones[0].periods[0].start_us > 23 * INT64_C(3600000000));
    assert_true(d.zones[0].periods[0].start_us <= (24 * 60 - 32 - 17) * INT64_C(60000000));
    assert_true(d.zones[0].periods[0].end_us == 20 * INT64_C(3600000000));
    decoded_close(&d);
}

static void ed269__limits_as_text_null_and_99999__are_understood(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_ED269,
        "{\"UASZoneList\":[" ED269("A", ALWAYS,
                                   VOLUME(LIMITS("\"30.5\"", "\"1200\"")) "," VOLUME(LIMITS(
                                       "null", "null")) "," VOLUME(LIMITS("0", "99999"))) "]}");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.zones[0].zone->volume_count, 3);
    assert_near(d.zones[0].volumes[0].lower.m, 30.5, 0);
    assert_near(d.zones[0].volumes[0].upper.m, 1200, 0);
    assert_int_equal(d.zones[0].volumes[1].lower.reference, GEO_ZONE_UNLIMITED);
    assert_int_equal(d.zones[0].volumes[1].upper.reference, GEO_ZONE_UNLIMITED);
    assert_int_equal(d.zones[0].volumes[2].upper.reference, GEO_ZONE_UNLIMITED);
    decoded_close(&d);
}

static void ed269__a_daily_period_east_of_greenwich__is_moved_to_utc(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, GEO_FORMAT_ED269,
              "{\"UASZoneList\":[" ED269(
                  "A",
                  "\"applicability\":{\"permanent\":\"NO\",\"schedule\":{\"day\":[\"MON\","
                  "\"TUE\"],\"dailyPeriod\":[{\"startTime\":\"02:00:00+04:00\",\"endTime\":"
                  "\"06:30:00+04:00\"},{\"startTime\":\"22:00Z\",\"endTime\":\"05:00Z\"}]}},",
                  VOLUME(LIMITS("0", "100"))) "]}");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.zones[0].zone->period_count, 2);
    const struct geo_zone_period *first = &d.zones[0].periods[0];
    assert_int_equal(first->days, 0x41); // Sunday and Monday, 22:00 to 02:30 UTC
    assert_true(first->start_us == 22 * INT64_C(3600000000));
    assert_true(first->end_us == 5 * INT64_C(1800000000));
    assert_int_equal(d.zones[0].periods[1].days, 0x03);
    assert_true(d.zones[0].periods[1].end_us == 5 * INT64_C(3600000000));
    decoded_close(&d);
}

static void ed269__an_unknown_restriction_or_no_times__is_taken_at_its_worst(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_ED269,
        "{\"features\":[{\"identifier\":7,\"restriction\":\"NEW_WORD\",\"geometry\":[" VOLUME(
            LIMITS("0", "100")) "]}]}");
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].zone->id, "7");
    assert_int_equal(d.zones[0].zone->restriction, GEO_ZONE_PROHIBITED);
    assert_int_equal(d.zones[0].zone->flags,
                     GEO_ZONE_RESTRICTION_ASSUMED | GEO_ZONE_TIMES_ASSUMED);
    decoded_close(&d);
}

static void geojson__every_property__is_read(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_GEOJSON_ZONES,
        COLLECTION(FEATURE("tfr",
                           "\"name\":\"Fire\",\"message\":\"stay out\",\"reason\":"
                           "\"EMERGENCY\",\"restriction\":\"PROHIBITED\",\"lower_agl_m\":0,"
                           "\"upper_amsl_m\":2500,\"from\":\"2026-05-01T00:00:00Z\","
                           "\"until\":\"2026-06-01T00:00:00Z\",\"schedule\":[{\"day\":"
                           "\"FRI\",\"start\":\"08:00Z\",\"end\":\"10:00Z\"}],"
                           "\"data_time\":\"2026-04-30T12:00:00Z\"",
                           SQUARE) "," FEATURE("c", "\"radius_m\":400,\"withdrawn\":true",
                                               "{\"type\":\"Point\",\"coordinates\":[8,47]}")));
    assert_int_equal(d.count, 2);
    const struct geo_zone *zone = d.zones[0].zone;
    assert_string_equal(zone->id, "tfr");
    assert_string_equal(zone->name, "Fire");
    assert_string_equal(zone->message, "stay out");
    assert_string_equal(zone->reason, "EMERGENCY");
    assert_int_equal(zone->restriction, GEO_ZONE_PROHIBITED);
    assert_int_equal(zone->flags, GEO_ZONE_HAS_DATA_TIME);
    assert_int_equal(d.zones[0].volumes[0].vertex_count, 4);
    assert_int_equal(d.zones[0].volumes[0].upper.reference, GEO_ZONE_AMSL);
    assert_int_equal(d.zones[0].periods[0].days, 0x10);
    assert_true((d.zones[1].zone->flags & GEO_ZONE_WITHDRAWN) != 0);
    assert_near(d.zones[1].volumes[0].radius_m, 400, 0);
    decoded_close(&d);
}

static void geojson__parts_and_holes__are_all_inside(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_GEOJSON_ZONES,
        FEATURE("a", "\"restriction\":\"CONDITIONAL\"",
                "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[8,47],[8.1,47],[8.1,47.1],"
                "[8,47]]],[[[9,47],[9.1,47],[9.1,47.1],[9,47]],[[9.05,47.01],[9.06,47.01],"
                "[9.06,47.02],[9.05,47.01]]]]}"));
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    assert_int_equal(d.zones[0].zone->flags, GEO_ZONE_HOLES_FILLED);
    assert_int_equal(d.zones[0].volumes[1].first_vertex, 3);
    decoded_close(&d);
}

static void refuse_one(enum geo_format format, const char *text, enum geo_refusal_code code)
{
    struct decoded d;
    open_text(&d, format, text);
    assert_int_not_equal(d.status, DRF_OK);
    assert_int_equal(d.why.code, code);
    assert_int_equal(d.count, 0);
    decoded_close(&d);
}

// With an identity and a place it is no zone, and not nothing.
static void unreadable_one(enum geo_format format, const char *text, const char *id,
                           enum geo_refusal_code code)
{
    struct decoded d;
    open_text(&d, format, text);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, code);
    assert_int_equal(d.unreadable_count, 1);
    assert_string_equal(d.unreadables[0].id, id);
    assert_int_equal(d.unreadables[0].code, code);
    assert_near(d.unreadables[0].box.west_deg, 8, 1e-9); // SQUARE
    assert_near(d.unreadables[0].box.south_deg, 47, 1e-9);
    assert_near(d.unreadables[0].box.east_deg, 8.1, 1e-9);
    assert_near(d.unreadables[0].box.north_deg, 47.1, 1e-9);
    decoded_close(&d);
}

static void decode__what_is_no_zone__is_refused_with_a_reason(void **state)
{
    (void)state;
    refuse_one(GEO_FORMAT_ED269, "{\"zones\":[]}", GEO_REFUSAL_FORMAT);
    refuse_one(GEO_FORMAT_ED318, "{}", GEO_REFUSAL_FORMAT);
    refuse_one(GEO_FORMAT_ED318, "[]", GEO_REFUSAL_EMPTY);
    refuse_one(GEO_FORMAT_GEOJSON_ZONES, "{", GEO_REFUSAL_FORMAT);
    refuse_one(GEO_FORMAT_ED269, "{\"features\":[]}", GEO_REFUSAL_EMPTY);
    refuse_one(GEO_FORMAT_GEOJSON_ZONES,
               FEATURE("a", "\"radius_m\":-1", "{\"type\":\"Point\",\"coordinates\":[8,47]}"),
               GEO_REFUSAL_RANGE);
    refuse_one(GEO_FORMAT_GEOJSON_ZONES, FEATURE("", "", SQUARE), GEO_REFUSAL_FORMAT);
    refuse_one(GEO_FORMAT_ED269, "{\"features\":[" ED269("A", ALWAYS, "") "]}",
               GEO_REFUSAL_FORMAT);
}

static void decode__a_refused_zone_with_identity_and_place__is_unreadable_there(void **state)
{
    (void)state;
    unreadable_one(GEO_FORMAT_GEOJSON_ZONES,
                   FEATURE("a", "\"lower_agl_m\":1,\"lower_amsl_m\":2", SQUARE), "a",
                   GEO_REFUSAL_FORMAT);
    unreadable_one(GEO_FORMAT_GEOJSON_ZONES,
                   FEATURE("a", "\"lower_agl_m\":100,\"upper_agl_m\":50", SQUARE), "a",
                   GEO_REFUSAL_RANGE);
    // A zone without air in it would hold nobody.
    unreadable_one(GEO_FORMAT_GEOJSON_ZONES,
                   FEATURE("a", "\"lower_amsl_m\":100,\"upper_amsl_m\":100", SQUARE), "a",
                   GEO_REFUSAL_RANGE);
    unreadable_one(GEO_FORMAT_GEOJSON_ZONES, FEATURE("a", "\"upper_agl_m\":0", SQUARE), "a",
                   GEO_REFUSAL_RANGE);
    unreadable_one(GEO_FORMAT_GEOJSON_ZONES, FEATURE("a", "\"withdrawn\":\"yes\"", SQUARE), "a",
                   GEO_REFUSAL_FORMAT);
    unreadable_one(GEO_FORMAT_ED269,
                   "{\"features\":[" ED269("A", ALWAYS,
                                           VOLUME("\"uomDimensions\":\"YD\",\"upperLimit\":5,"
                                                  "\"upperVerticalReference\":\"AGL\"")) "]}",
                   "CHE:A", GEO_REFUSAL_FORMAT);
    unreadable_one(GEO_FORMAT_ED269,
                   "{\"features\":[" ED269(
                       "A", ALWAYS, VOLUME("\"uomDimensions\":\"M\",\"upperLimit\":5")) "]}",
                   "CHE:A", GEO_REFUSAL_VERTICAL);
    // FL95 is 2,896 m and no 95 m
    unreadable_one(GEO_FORMAT_ED269,
                   "{\"features\":[" ED269("A", ALWAYS,
                                           VOLUME("\"uomDimensions\":\"M\",\"upperLimit\":95,"
                                                  "\"upperVerticalReference\":\"FL\"")) "]}",
                   "CHE:A", GEO_REFUSAL_VERTICAL);
}

static void decode__one_bad_zone__leaves_the_others(void **state)
{
    (void)state;
    struct decoded d;
    open_text(
        &d, GEO_FORMAT_GEOJSON_ZONES,
        COLLECTION(FEATURE("a", "\"from\":\"today\"", SQUARE) "," FEATURE("b", "", SQUARE)));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].zone->id, "b");
    assert_int_equal(d.notes, 1);
    assert_int_equal(d.last_note.position, 1);
    decoded_close(&d);
}

static void decode__a_zone_elsewhere__is_told_as_outside_without_its_shape(void **state)
{
    (void)state;
    struct geo_decode_params params = params_of(GEO_FORMAT_GEOJSON_ZONES);
    params.keep = (struct geo_bounds){-80, 43, -79, 44};
    struct decoded d;
    const char *text = FEATURE("a", "", SQUARE);
    decoded_open(&d, geo_decode, &params, text, strlen(text));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_true((d.zones[0].zone->flags & GEO_ZONE_OUTSIDE) != 0);
    assert_int_equal(d.zones[0].zone->vertex_count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
    decoded_close(&d);
}

static void bounds__of_a_circle__hold_every_point_of_it(void **state)
{
    (void)state;
    // At 60 N a degree of longitude is 55.8 km, a degree of latitude 111.4 km.
    const struct geo_zone_volume circle = {
        .shape = GEO_ZONE_CIRCLE, .centre = {60, 10}, .radius_m = 5580};
    struct geo_bounds box = geo_zone_volume_bounds(&circle, NULL);
    assert_true(box.west_deg <= 9.9 && box.west_deg > 9.89);
    assert_true(box.north_deg >= 60.05009 && box.north_deg < 60.052);
    const struct geo_zone_volume edge = {
        .shape = GEO_ZONE_CIRCLE, .centre = {0, 179.99}, .radius_m = 5000};
    box = geo_zone_volume_bounds(&edge, NULL);
    assert_true(box.west_deg > box.east_deg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ed269__the_swiss_file__has_six_zones_with_two_of_one_identifier),
        cmocka_unit_test(ed269__the_swiss_file__keeps_limits_circles_and_feet),
        cmocka_unit_test(ed269__the_swiss_file__applies_when_it_says),
        cmocka_unit_test(ed318__the_swiss_file__has_three_polygons_without_upper_limit),
        cmocka_unit_test(ed318__a_circle_and_a_collection__give_their_volumes),
        cmocka_unit_test(ed269__limits_as_text_null_and_99999__are_understood),
        cmocka_unit_test(ed269__a_daily_period_east_of_greenwich__is_moved_to_utc),
        cmocka_unit_test(ed269__an_unknown_restriction_or_no_times__is_taken_at_its_worst),
        cmocka_unit_test(geojson__every_property__is_read),
        cmocka_unit_test(geojson__parts_and_holes__are_all_inside),
        cmocka_unit_test(decode__what_is_no_zone__is_refused_with_a_reason),
        cmocka_unit_test(decode__a_refused_zone_with_identity_and_place__is_unreadable_there),
        cmocka_unit_test(decode__one_bad_zone__leaves_the_others),
        cmocka_unit_test(decode__a_zone_elsewhere__is_told_as_outside_without_its_shape),
        cmocka_unit_test(bounds__of_a_circle__hold_every_point_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
