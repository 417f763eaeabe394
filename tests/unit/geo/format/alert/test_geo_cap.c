// SPDX-License-Identifier: Apache-2.0
// CAP alerts of strangers: what a document does not say plainly must not make an alert smaller,
// shorter or milder.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/utc.h"
#include "tests/support/cap_alert.h"

static void cap__the_same_language_said_in_two_ways__loses_no_area(void **state)
{
    (void)state;
    static const char *const names[] = {"c_lang_default.xml", "c_lang_two.xml"};
    for (size_t i = 0; i < 2; i++) {
        struct decoded d = case_of(names[i]);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 1);
        assert_true(concerns(&d.zones[0], 50.51, 8.01));
        assert_true(concerns(&d.zones[0], 50.61, 8.21));
        assert_false(concerns(&d.zones[0], 50.55, 8.11));
        assert_false(assumed(&d.zones[0]));
        done(&d);
    }
}

static void cap__one_identifier_of_two_senders__is_two_alerts(void **state)
{
    (void)state;
    struct decoded one = case_of("c_same_id_1.xml"), two = case_of("c_same_id_2.xml");
    assert_string_equal(one.zones[0].zone->id, "one@x,628245");
    assert_string_equal(two.zones[0].zone->id, "two@y,628245");
    done(&one);
    done(&two);
}

static void cap__65_areas_by_code_only__concern_everybody(void **state)
{
    (void)state;
    struct decoded d = case_of("c_geocode65.xml");
    assert_int_equal(d.status, DRF_OK);
    assert_true(concerns(&d.zones[0], 0, 0));
    assert_true(assumed(&d.zones[0]));
    assert_null(d.codes);
    done(&d);
    (void)snprintf(params.geocode_name, sizeof params.geocode_name, "WarnCellID");
    d = case_of("c_geocode65.xml");
    assert_non_null(d.codes);
    assert_int_equal(d.codes->count, 65);
    assert_true(concerns(&d.zones[0], 0, 0)); // whoever has no table
    done(&d);
    params.geocode_name[0] = '\0';
}

static void cap__an_update_with_65_references__replaces_all_of_them(void **state)
{
    (void)state;
    struct decoded d = case_of("c_refs65.xml");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.withdrawn, 65);
    assert_int_equal(d.count, 66);
    assert_string_equal(d.zones[64].zone->id, "a@b.c,old-64");
    assert_string_equal(d.zones[65].zone->id, "a@b.c,refs65");
    done(&d);
}

static void cap__a_circle_without_a_radius__concerns_everybody(void **state)
{
    (void)state;
    struct decoded d = case_of("c_circle_norad.xml");
    assert_int_equal(d.status, DRF_OK);
    assert_true(concerns(&d.zones[0], 51.5, 9));
    assert_true(assumed(&d.zones[0]));
    assert_int_equal(d.notes, 1);
    done(&d);
}

static void cap__all_clear__is_no_threat(void **state)
{
    (void)state;
    struct decoded d = case_of("c_allclear.xml");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(severity(&d.zones[0]), GEO_ALERT_INFO);
    assert_string_equal(d.zones[0].zone->name, "All clear: H Flood");
    done(&d);
}

static void cap__an_area_that_cannot_be_used__is_the_box_around_it(void **state)
{
    (void)state;
    struct decoded d = case_of("c_bowtie.xml");
    assert_int_equal(d.status, DRF_OK);
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 30; j++)
            assert_true(concerns(&d.zones[0], 50.5005 + 0.001 * i, 8.0005 + 0.001 * j));
    assert_false(concerns(&d.zones[0], 50.51, 8.04));
    assert_true(assumed(&d.zones[0]));
    done(&d);
    d = case_of("c_am.xml");
    assert_int_equal(d.status, DRF_OK);
    assert_true(concerns(&d.zones[0], -17, 179.5));
    assert_true(concerns(&d.zones[0], -17, -179.5));
    assert_true(concerns(&d.zones[0], -17, 179.999) && concerns(&d.zones[0], -17, -179.999));
    assert_false(concerns(&d.zones[0], -17, 0));
    assert_false(concerns(&d.zones[0], -17, 178.5));
    struct geo_bounds box = geo_zone_bounds(&d.zones[0]);
    assert_true(box.west_deg > 178.9 && box.east_deg < -178.9);
    done(&d);
}

static void cap__several_languages__are_one_alert_with_the_english_words(void **state)
{
    (void)state;
    struct decoded d = text_of(
        HEAD("Alert") INFO("<language>fr-CA</language><event>Grêle</event>" GRAVE, AREA(SQUARE))
            INFO("<language>EN-ca</language><event>Hail</event>" GRAVE, AREA(SQUARE))
                INFO("<language>fr-CA</language><event>Pluie</event>" GRAVE,
                     AREA(OTHER)) "</alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_string_equal(d.zones[0].zone->reason, "Hail");
    assert_int_equal(d.zones[0].zone->volume_count, 2); // the translation repeats an area
    assert_true(concerns(&d.zones[0], 50.5, 8.5) && concerns(&d.zones[0], 52.5, 8.5));
    done(&d);
}

static void cap__all_clear_beside_a_threat__is_told_apart(void **state)
{
    (void)state;
#define CLEAR "<responseType>AllClear</responseType>" GRAVE
    struct decoded d =
        text_of(HEAD("Alert") INFO(CLEAR, AREA(SQUARE)) INFO(GRAVE, AREA(OTHER)) "</alert>");
    assert_int_equal(severity(&d.zones[0]), GEO_ALERT_WARNING);
    assert_true(concerns(&d.zones[0], 52.5, 8.5));
    assert_false(concerns(&d.zones[0], 50.5, 8.5));
    done(&d);
    // with another response it says two things
    d = text_of(HEAD("Alert") INFO(CLEAR "<responseType>Shelter</responseType>",
                                   AREA(SQUARE)) "</alert>");
    assert_int_equal(severity(&d.zones[0]), GEO_ALERT_WARNING);
    done(&d);
}

static void cap__a_cancel__withdraws_its_own_senders_alerts_only(void **state)
{
    (void)state;
    struct decoded d = text_of(
        HEAD("Cancel") "<references>v@x,A-1,t w@x,A-1,t  w@x,A-0,t</references></alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.withdrawn, 2);
    assert_string_equal(d.zones[0].zone->id, "w@x,A-1");
    assert_string_equal(d.zones[1].zone->id, "w@x,A-0");
    assert_int_equal(d.notes, 1);
    done(&d);
    d = text_of(HEAD("Cancel") "<references>v@x,A-1,t</references></alert>");
    assert_int_equal(d.withdrawn, 0);
    assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED);
    done(&d);
    d = text_of(HEAD("Cancel") "<references>A-1</references></alert>");
    assert_int_equal(d.withdrawn, 0);
    assert_int_equal(d.why.code, GEO_REFUSAL_FORMAT);
    done(&d);
}

// Hashes: 64-bit FNV-1a as in draft-eastlake-fnv with Python.
static void cap__a_long_identity__is_its_hash_and_its_end(void **state)
{
    (void)state;
    static const char head[] =
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
        "<identifier>urn:oid:2.49.0.1.840.0.4cbb9e7a.001.1</identifier><sender>%s</sender>"
        "<sent>2026-11-28T10:00:00-00:00</sent><status>Actual</status><msgType>Update</msgType>"
        "<references>%s,urn:oid:2.49.0.1.840.0.4cbb9e7a.001.0,t</references>"
        "<scope>Public</scope>" INFO(GRAVE, AREA(SQUARE)) "</alert>";
    static const char *const senders[] = {"w-nws.webmaster@noaa.gov (one)",
                                          "w-nws.webmaster@noaa.gov (two)"};
    static const char *const ids[] = {
        "99b0c1dcc07d20ed~e),urn:oid:2.49.0.1.840.0.4cbb9e7a.001.1",
        "aabd9717c244a687~o),urn:oid:2.49.0.1.840.0.4cbb9e7a.001.1"};
    for (size_t i = 0; i < 2; i++) {
        char text[2000];
        (void)snprintf(text, sizeof text, head, senders[i], senders[i]);
        struct decoded d = text_of(text);
        assert_int_equal(d.count, 2);
        assert_string_equal(d.zones[1].zone->id, ids[i]);
        assert_string_not_equal(d.zones[0].zone->id, d.zones[1].zone->id);
        done(&d);
    }
}

static void cap__more_areas_than_find_room__are_in_a_box(void **state)
{
    (void)state;
    static char text[1 << 16];
    size_t at =
        (size_t)snprintf(text, sizeof text, "%s<info>%s%s", HEAD("Alert"), GRAVE, TIMES);
    for (int i = 0; i < 100; i++)
        at +=
            (size_t)snprintf(text + at, sizeof text - at,
                             "<area><areaDesc>a</areaDesc><circle>%d.5,%d.5 20</circle></area>",
                             40 + i / 10, i % 10);
    (void)snprintf(text + at, sizeof text - at, "</info></alert>");
    struct decoded d = text_of(text);
    assert_int_equal(d.status, DRF_OK);
    assert_true(assumed(&d.zones[0]));
    for (int i = 0; i < 100; i++)
        assert_true(concerns(&d.zones[0], 40.5 + i / 10, 0.6 + i % 10));
    assert_false(concerns(&d.zones[0], 30, 5));
    done(&d);
    // those elsewhere need no room
    params.keep = (struct geo_bounds){0, 40, 3, 43};
    d = text_of(text);
    assert_false(assumed(&d.zones[0]));
    assert_true(d.zones[0].zone->volume_count < 30);
    assert_true(concerns(&d.zones[0], 42.5, 2.6));
    done(&d);
    params.keep = (struct geo_bounds){-180, -90, 180, 90};
}

// What could be anything is neither told as understood nor passed over.
static void cap__a_word_that_decides_and_is_not_known__makes_it_unreadable(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"<status>Actual</status>", "<status>actual!</status>"},
        {"<status>Actual</status>", ""},
        {"<status>Actual</status>", "<status>Actual</status><status>Test</status>"},
        {"<msgType>Alert</msgType>", "<msgType>Alarm</msgType>"},
        {"<msgType>Alert</msgType>", "<msgType>Alert</msgType><msgType>Ack</msgType>"},
        {"<expires>2026-11-28T12:00:00+00:00</expires>", "<expires>noon</expires>"},
        {"<expires>2026-11-28T12:00:00+00:00</expires>", "<expires/>"},
    };
    static const char whole[] = HEAD("Alert") INFO(GRAVE, AREA(SQUARE) AREA(OTHER)) "</alert>";
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char text[2000];
        const char *at = strstr(whole, changes[i].from);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, changes[i].to,
                       at + strlen(changes[i].from));
        struct decoded d = text_of(text);
        if (d.status != DRF_OK || d.unreadables != 1 || d.count != 0 || d.notes != 1)
            fail_msg("%s", changes[i].to);
        assert_string_equal(d.unreadable.id, "w@x,A-2");
        assert_true(d.unreadable.box.south_deg <= 50 && d.unreadable.box.north_deg >= 52.58);
        assert_true(d.unreadable.box.west_deg <= 8 && d.unreadable.box.east_deg >= 9);
        assert_true(d.unreadable.box.north_deg < 53 && d.unreadable.box.west_deg > 7.9);
        bool dated = strstr(text, "T12:00") != NULL;
        assert_true((d.unreadable.valid_until_utc_us == GEO_UNREADABLE_NO_END_US) == !dated);
        done(&d);
    }
}

// The good one before it stays in force.
static void cap__an_update_that_is_unreadable__withdraws_nothing(void **state)
{
    (void)state;
    struct decoded d =
        text_of(HEAD("Update") "<references>w@x,A-1,t</references><info>" GRAVE
                               "<expires>noon</expires>" AREA(SQUARE) "</info></alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.unreadables, 1);
    assert_int_equal(d.count, 0);
    done(&d);
}

static void cap__an_unknown_scope__is_taken_as_public(void **state)
{
    (void)state;
    struct decoded d = text_of(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
        "<identifier>A</identifier><sender>w</sender>"
        "<sent>2026-11-28T10:00:00-00:00</sent><status>Actual</status>"
        "<msgType>Alert</msgType><scope>publique</scope>" INFO(GRAVE, AREA(SQUARE)) "</alert>");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 1);
    done(&d);
}

// xs:dateTime without a zone is a local time of UTC-12 to UTC+14.
static void cap__times_without_a_zone__last_longest(void **state)
{
    (void)state;
    struct decoded d = text_of(
        HEAD("Alert") "<info>" GRAVE "<effective>2026-11-28T10:00:00</effective>"
                      "<expires>2026-11-28T12:00:00</expires>" AREA(SQUARE) "</info></alert>");
    int64_t from, until;
    assert_int_equal(geo_utc_parse("2026-11-27T20:00:00Z", 20, &from), DRF_OK);
    assert_int_equal(geo_utc_parse("2026-11-29T00:00:00Z", 20, &until), DRF_OK);
    assert_true(d.zones[0].periods[0].from_utc_us == from);
    assert_true(d.zones[0].periods[0].until_utc_us == until);
    assert_true((d.zones[0].zone->alert & GEO_ALERT_ENDS_ASSUMED) != 0);
    done(&d);
}

static void cap__one_block_without_an_end__does_not_shorten_another(void **state)
{
    (void)state;
    params.valid_for_us = HOUR_US;
    struct decoded d = text_of(
        HEAD("Alert") INFO(GRAVE, AREA(SQUARE)) "<info>" GRAVE AREA(OTHER) "</info></alert>");
    int64_t until;
    assert_int_equal(geo_utc_parse("2026-11-28T12:00:00Z", 20, &until), DRF_OK);
    assert_true(d.zones[0].periods[0].until_utc_us == until);
    done(&d);
    params.valid_for_us = 48 * HOUR_US;
}

static void cap__shapes_that_are_not_as_cap_writes_them__are_never_smaller(void **state)
{
    (void)state;
    static const struct {
        const char *area;
        bool everywhere; // else the box of the square
    } areas[] = {
        {"<polygon>50,8 51,8 51,9 50,9</polygon>", false},
        {"<polygon>50,8 51,8 51,9 50,9 50,8.000001</polygon>", false},
        {"<polygon>50,8 51,8 51,9 50,9 x</polygon>", true},
        {"<polygon>50,8 51,8 51,9 50,950,8</polygon>", true},
        {"<polygon>50,8 51,8 51,9 50,9,50,8</polygon>", true},
        {"<polygon>50,8 51,8 51,9 0x32,9 50,8</polygon>", true},
        {"<polygon>50,8 nan,8 51,9 50,9 50,8</polygon>", true},
        {"<polygon>50,8 51,8 51,999 50,9 50,8</polygon>", true},
        {"<polygon>50,8 51,9 50,8</polygon>", true},
        {"<polygon/>", true},
        {"<polygon>-90,-180 -90,180 90,180 90,-180 -90,-180</polygon>", true},
        {"<polygon>80,0 80,120 80,-120 80,0</polygon>", true}, // the pole
        {"<circle>50.5,8.5 -1</circle>", true},
        {"<circle>50.5,8.5 far</circle>", true},
        {"<circle>50.5,8.5 9 9</circle>", true},
        {"<circle>50.5,8.5 2500</circle>", true},
        {"<circle>950.5,8.5 2</circle>", true},
        {"<circle/>", true},
        {"", true},
        {"<geocode><valueName>SAME</valueName><value>1</value></geocode>", true},
        {"<polygon>50,8 51,8 51,9 <x:y xmlns:x=\"z\"/>50,9 50,8</polygon>", false},
        {"<polygon>\n50, 8 51 ,8\t51,9 50,9\r\n50,8 </polygon>", false},
    };
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        char text[2000];
        (void)snprintf(text, sizeof text, "%s<info>%s%s<area>%s</area></info></alert>",
                       HEAD("Alert"), GRAVE, TIMES, areas[i].area);
        struct decoded d = text_of(text);
        if (d.status != DRF_OK || d.count != 1 || !concerns(&d.zones[0], 50.01, 8.98)
            || !concerns(&d.zones[0], 50.98, 8.01)
            || concerns(&d.zones[0], 0, 0) != areas[i].everywhere)
            fail_msg("%s", areas[i].area);
        done(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cap__the_same_language_said_in_two_ways__loses_no_area),
        cmocka_unit_test(cap__one_identifier_of_two_senders__is_two_alerts),
        cmocka_unit_test(cap__65_areas_by_code_only__concern_everybody),
        cmocka_unit_test(cap__an_update_with_65_references__replaces_all_of_them),
        cmocka_unit_test(cap__a_circle_without_a_radius__concerns_everybody),
        cmocka_unit_test(cap__all_clear__is_no_threat),
        cmocka_unit_test(cap__an_area_that_cannot_be_used__is_the_box_around_it),
        cmocka_unit_test(cap__several_languages__are_one_alert_with_the_english_words),
        cmocka_unit_test(cap__all_clear_beside_a_threat__is_told_apart),
        cmocka_unit_test(cap__a_cancel__withdraws_its_own_senders_alerts_only),
        cmocka_unit_test(cap__a_long_identity__is_its_hash_and_its_end),
        cmocka_unit_test(cap__more_areas_than_find_room__are_in_a_box),
        cmocka_unit_test(cap__a_word_that_decides_and_is_not_known__makes_it_unreadable),
        cmocka_unit_test(cap__an_update_that_is_unreadable__withdraws_nothing),
        cmocka_unit_test(cap__an_unknown_scope__is_taken_as_public),
        cmocka_unit_test(cap__times_without_a_zone__last_longest),
        cmocka_unit_test(cap__one_block_without_an_end__does_not_shorten_another),
        cmocka_unit_test(cap__shapes_that_are_not_as_cap_writes_them__are_never_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
