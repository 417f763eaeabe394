// SPDX-License-Identifier: Apache-2.0
// Zones of a provider's own GeoJSON, read by a mapping of fields.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/decoded.h"
#include "tests/support/near.h"

// What the FAA's open data call the attributes of special-use airspace, facility maps and
// temporary flight restrictions.
static struct geo_decode_params mapped(struct geo_zone_fields fields)
{
    struct geo_decode_params params = everywhere;
    params.format = GEO_FORMAT_GEOJSON_ZONES;
    params.zone_fields = fields;
    params.zone_fields.mapped = 1;
    return params;
}

static const struct geo_zone_fields special_use = {
    .id = "GLOBAL_ID",
    .name = "NAME",
    .reason = "TYPE_CODE",
    .message = "TIMESOFUSE",
    .restriction = "TYPE_CODE",
    .words = {{"R", GEO_ZONE_PROHIBITED}, {"MOA", GEO_ZONE_INFORMATION}},
    .lower = "LOWER_VAL",
    .lower_unit = "LOWER_UOM",
    .lower_reference = "LOWER_CODE",
    .upper = "UPPER_VAL",
    .upper_unit = "UPPER_UOM",
    .upper_reference = "UPPER_CODE",
    .no_limit = "-9998",
};

#define PLAIN(properties)                                                                      \
    "{\"type\":\"Feature\",\"properties\":{" properties "},\"geometry\":" SQUARE "}"

#define R_2202D                                                                                \
    PLAIN("\"GLOBAL_ID\":\"80512E92\",\"NAME\":\"R-2202D\",\"TYPE_CODE\":\"R\","               \
          "\"TIMESOFUSE\":\"BY NOTAM\","                                                       \
          "\"UPPER_VAL\":\"-9998\",\"UPPER_UOM\":null,\"UPPER_CODE\":\"UNLTD\","               \
          "\"LOWER_VAL\":\"310\",\"LOWER_UOM\":\"FL\",\"LOWER_CODE\":\"STD\"")
#define A_MOA                                                                                  \
    PLAIN("\"GLOBAL_ID\":\"b\",\"NAME\":\"X\",\"TYPE_CODE\":\"MOA\","                          \
          "\"UPPER_VAL\":\"3000\",\"UPPER_UOM\":\"FT\",\"UPPER_CODE\":\"MSL\","                \
          "\"LOWER_VAL\":\"500\",\"LOWER_UOM\":\"FT\",\"LOWER_CODE\":\"SFC\"")
#define A_NEW_TYPE                                                                             \
    PLAIN("\"GLOBAL_ID\":\"c\",\"TYPE_CODE\":\"NEW\","                                         \
          "\"UPPER_VAL\":\"-9998\",\"UPPER_UOM\":\"FT\",\"UPPER_CODE\":\"MSL\","               \
          "\"LOWER_VAL\":0,\"LOWER_UOM\":\"FT\",\"LOWER_CODE\":\"SFC\"")

static void mapped__special_use_airspace__is_read_by_the_faas_own_names(void **state)
{
    (void)state;
    const char *text = COLLECTION(R_2202D "," A_MOA "," A_NEW_TYPE);
    struct geo_decode_params params = mapped(special_use);
    struct decoded d;
    decoded_open(&d, geo_decode, &params, text, strlen(text));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 3);
    assert_int_equal(d.notes, 0);
    const struct geo_zone *zone = d.zones[0].zone;
    assert_string_equal(zone->id, "80512E92");
    assert_string_equal(zone->name, "R-2202D");
    assert_string_equal(zone->message, "BY NOTAM");
    assert_int_equal(zone->restriction, GEO_ZONE_PROHIBITED);
    assert_int_equal(zone->flags, GEO_ZONE_TIMES_ASSUMED);
    assert_int_equal(d.zones[0].volumes[0].lower.reference, GEO_ZONE_PRESSURE);
    assert_near(d.zones[0].volumes[0].lower.m, 9448.8, 0.001); // 31,000 ft
    assert_int_equal(d.zones[0].volumes[0].upper.reference, GEO_ZONE_UNLIMITED);
    assert_int_equal(d.zones[1].zone->restriction, GEO_ZONE_INFORMATION);
    assert_int_equal(d.zones[1].volumes[0].lower.reference, GEO_ZONE_AGL);
    assert_near(d.zones[1].volumes[0].lower.m, 152.4, 0.001);
    assert_int_equal(d.zones[1].volumes[0].upper.reference, GEO_ZONE_AMSL);
    assert_near(d.zones[1].volumes[0].upper.m, 914.4, 0.001);
    // A word that the configuration does not know is taken at its worst, and says so.
    assert_int_equal(d.zones[2].zone->restriction, GEO_ZONE_PROHIBITED);
    assert_int_equal(d.zones[2].zone->flags,
                     GEO_ZONE_RESTRICTION_ASSUMED | GEO_ZONE_TIMES_ASSUMED);
    assert_int_equal(d.zones[2].volumes[0].upper.reference, GEO_ZONE_UNLIMITED);
    decoded_close(&d);
}

#define FALLON                                                                                 \
    PLAIN("\"GLOBALID\":\"a\",\"CEILING\":400,\"UNIT\":\"Feet\","                              \
          "\"APT1_NAME\":\"Fallon\",\"LAST_EDIT\":1700000000000")
#define NOTHING_ALLOWED PLAIN("\"GLOBALID\":\"b\",\"CEILING\":0,\"UNIT\":\"Feet\"")
#define IN_FATHOMS PLAIN("\"GLOBALID\":\"c\",\"CEILING\":400,\"UNIT\":\"Fathoms\"")

static void mapped__a_facility_map__gives_each_cell_its_ceiling_over_the_ground(void **state)
{
    (void)state;
    const struct geo_zone_fields fields = {
        .id = "GLOBALID",
        .name = "APT1_NAME",
        .restriction = "REQ_AUTHORISATION",
        .lower = "CEILING",
        .lower_unit = "UNIT",
        .lower_reference = "AGL",
        .data_time = "LAST_EDIT",
        .times = GEO_ZONE_TIMES_UNIX_MS,
    };
    const char *text = COLLECTION(FALLON "," NOTHING_ALLOWED "," IN_FATHOMS);
    struct geo_decode_params params = mapped(fields);
    struct decoded d;
    decoded_open(&d, geo_decode, &params, text, strlen(text));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 2); // the third is in no unit that is known
    assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
    assert_int_equal(d.last_note.position, 3);
    assert_int_equal(d.zones[0].zone->restriction, GEO_ZONE_REQ_AUTHORISATION);
    assert_int_equal(d.zones[0].zone->flags & GEO_ZONE_RESTRICTION_ASSUMED, 0);
    assert_true(d.zones[0].zone->data_time_utc_us == utc("2023-11-14T22:13:20Z"));
    assert_int_equal(d.zones[0].volumes[0].lower.reference, GEO_ZONE_AGL);
    assert_near(d.zones[0].volumes[0].lower.m, 121.92, 1e-9);
    assert_int_equal(d.zones[0].volumes[0].upper.reference, GEO_ZONE_UNLIMITED);
    assert_int_equal(d.zones[1].volumes[0].lower.reference, GEO_ZONE_AGL);
    assert_near(d.zones[1].volumes[0].lower.m, 0, 0);
    decoded_close(&d);
}

#define A_CIRCLE                                                                               \
    "{\"type\":\"Feature\",\"properties\":{\"notam\":{\"key\":\"6/7153\"},"                    \
    "\"begin\":\"202610101400\",\"end\":\"202610122200\"},"                                    \
    "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-71.6,41.8]}}"
#define NO_TIME PLAIN("\"notam\":{\"key\":\"b\"},\"end\":\"2026\"")
#define NO_ID PLAIN("\"notam\":\"c\"")
#define NO_LENGTH                                                                              \
    PLAIN("\"notam\":{\"key\":\"d\"},\"begin\":\"202610101400\",\"end\":\"202610101400\"")

static void mapped__a_flight_restriction__has_constants_paths_and_times(void **state)
{
    (void)state;
    const struct geo_zone_fields fields = {
        .id = "notam.key",
        .restriction = "PROHIBITED",
        .lower = "0",
        .lower_unit = "FT",
        .lower_reference = "SFC",
        .upper = "3000",
        .upper_unit = "FT",
        .upper_reference = "AGL",
        .radius = "3",
        .radius_unit = GEO_ZONE_RADIUS_NM,
        .from = "begin",
        .until = "end",
        .times = GEO_ZONE_TIMES_COMPACT,
    };
    const char *text = COLLECTION(A_CIRCLE "," NO_TIME "," NO_ID "," NO_LENGTH);
    struct geo_decode_params params = mapped(fields);
    struct decoded d;
    decoded_open(&d, geo_decode, &params, text, strlen(text));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 3); // a time that is none, no id, an end that is its begin
    assert_string_equal(d.zones[0].zone->id, "6/7153");
    assert_int_equal(d.zones[0].zone->flags, 0);
    assert_int_equal(d.zones[0].zone->period_count, 1);
    assert_true(d.zones[0].periods[0].from_utc_us == utc("2026-10-10T14:00:00Z"));
    assert_true(d.zones[0].periods[0].until_utc_us == utc("2026-10-12T22:00:00Z"));
    assert_int_equal(d.zones[0].volumes[0].shape, GEO_ZONE_CIRCLE);
    assert_near(d.zones[0].volumes[0].radius_m, 5556, 0.001);
    assert_near(d.zones[0].volumes[0].upper.m, 914.4, 0.001);
    decoded_close(&d);
}

static void mapped__a_data_time_beyond_the_calendar__is_not_known(void **state)
{
    (void)state;
    struct geo_decode_params params =
        mapped((struct geo_zone_fields){.data_time = "T", .times = GEO_ZONE_TIMES_UNIX_S});
    const char *text = COLLECTION(FEATURE("a", "\"T\":\"202610051111\"",
                                          SQUARE) "," FEATURE("b", "\"T\":1700000000", SQUARE));
    struct decoded d;
    decoded_open(&d, geo_decode, &params, text, strlen(text)); // the record validates
    assert_int_equal(d.count, 2);
    assert_int_equal(d.zones[0].zone->flags & GEO_ZONE_HAS_DATA_TIME, 0);
    assert_int_equal(d.zones[1].zone->flags & GEO_ZONE_HAS_DATA_TIME, GEO_ZONE_HAS_DATA_TIME);
    decoded_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapped__special_use_airspace__is_read_by_the_faas_own_names),
        cmocka_unit_test(mapped__a_facility_map__gives_each_cell_its_ceiling_over_the_ground),
        cmocka_unit_test(mapped__a_flight_restriction__has_constants_paths_and_times),
        cmocka_unit_test(mapped__a_data_time_beyond_the_calendar__is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
