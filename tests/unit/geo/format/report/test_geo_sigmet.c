// SPDX-License-Identifier: Apache-2.0
// Expected values: degrees and minutes by hand, levels of 100 ft, the real reports' own words.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/format/decode.h"
#include "geo/reader/json.h"
#include "geo/record/unreadable.h"
#include "geo/utc.h"
#include "tests/support/real_data.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))
#define HEAD "WSCO31 SKBO 291931 SKEC SIGMET 1 VALID 291941/292241 SKBO- "
#define FIR "SKEC BARRANQUILLA FIR FRQ TS OBS AT 1921Z "
#define SQUARE "WI N0911 W07638 - N0832 W07705 - N0751 W07525 - N0911 W07638 "

enum { ZONES_MAX = 4 };

struct decoded {
    enum drf_status status;
    struct geo_note why, note;
    struct geo_record_builder builder;
    struct geo_zone_view zones[ZONES_MAX];
    struct geo_unreadable unreadable; // the last one
    size_t count, notes, unreadables;
};

static int64_t utc(const char *text)
{
    int64_t us;
    assert_int_equal(geo_utc_parse(text, strlen(text), &us), DRF_OK);
    return us;
}

static void open_text(struct decoded *d, const char *text, size_t size)
{
    const struct geo_decode_params params = {.format = GEO_FORMAT_SIGMET,
                                             .keep = {-180, -90, 180, 90},
                                             .message_utc_us = utc("2022-03-29T20:00:00Z"),
                                             .size_max_bytes = 1 << 20,
                                             .record_max_bytes = 1 << 20};
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 20);
    d->status = geo_decode(&params, (const uint8_t *)text, size, &d->builder, &d->why);
    struct geo_record built, record;
    assert_int_equal(geo_record_finish(&d->builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_ZONE && d->count < ZONES_MAX)
            d->zones[d->count++] = geo_item_zone(&item);
        if (item.kind == GEO_ITEM_UNREADABLE) {
            memcpy(&d->unreadable, item.payload, sizeof d->unreadable);
            d->unreadables++;
        }
        if (item.kind == GEO_ITEM_NOTE) {
            memcpy(&d->note, item.payload, sizeof d->note);
            d->notes++;
        }
    }
}

static void open_it(struct decoded *d, const char *text) { open_text(d, text, strlen(text)); }
static void close_it(struct decoded *d) { geo_record_builder_close(&d->builder); }

static void polygon__degrees_and_minutes__become_a_zone(void **state)
{
    (void)state;
    struct decoded d;
    open_it(&d, HEAD FIR "WI N0911 W07638 - N0832 W07705 - N0751 W07525 - N0855 W07520 - N0913 "
                         "W07559 - N0911 W07638 TOP FL520 MOV ENE 5KT INTSF=");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    const struct geo_zone *zone = d.zones[0].zone;
    assert_string_equal(zone->id, "SKEC SIGMET 1 2022-03-29T19:41Z");
    assert_string_equal(zone->name, "SKEC SIGMET 1 FRQ TS");
    assert_int_equal(zone->restriction, GEO_ZONE_CONDITIONAL);
    assert_int_equal(zone->flags, GEO_ZONE_WEATHER);
    assert_int_equal(zone->vertex_count, 5);
    // counter-clockwise as it is
    struct geo_bounds box = geo_zone_bounds(&d.zones[0]);
    assert_near(box.north_deg, 9 + 13 / 60.0, 1e-9);
    assert_near(box.south_deg, 7 + 51 / 60.0, 1e-9);
    assert_near(box.west_deg, -(77 + 5 / 60.0), 1e-9);
    assert_near(box.east_deg, -(75 + 20 / 60.0), 1e-9);
    bool first = false;
    for (uint32_t i = 0; i < 5; i++)
        first = first
                || (fabs(d.zones[0].vertices[i].lat_deg - 9.18333333) < 1e-6
                    && fabs(d.zones[0].vertices[i].lon_deg + 76.63333333) < 1e-6);
    assert_true(first);
    assert_int_equal(d.zones[0].periods[0].from_utc_us, utc("2022-03-29T19:41:00Z"));
    assert_int_equal(d.zones[0].periods[0].until_utc_us, utc("2022-03-29T22:41:00Z"));
    const struct geo_zone_volume *volume = &d.zones[0].volumes[0];
    assert_int_equal(volume->lower.reference, GEO_ZONE_UNLIMITED);
    assert_int_equal(volume->upper.reference, GEO_ZONE_PRESSURE);
    assert_near(volume->upper.m, 52000 * 0.3048, 1e-6);
    close_it(&d);
}

static void levels__every_form__are_limits(void **state)
{
    (void)state;
    enum { UN = GEO_ZONE_UNLIMITED, FL = GEO_ZONE_PRESSURE, SEA = GEO_ZONE_AMSL };
    static const struct {
        const char *what, *words;
        uint32_t lower, upper;
        double lower_m, upper_m;
    } forms[] = {
        {"TURB", "FL250/370", FL, FL, 7620, 11277.6},
        {"TURB", "FL250/FL370", FL, FL, 7620, 11277.6},
        {"TURB", "SFC/FL080", UN, FL, 0, 2438.4},
        {"TURB", "SFC/3000M", UN, SEA, 0, 3000},
        {"TURB", "SFC/10000FT", UN, SEA, 0, 3048},
        {"TURB", "2000/5000FT", SEA, SEA, 609.6, 1524},
        {"TURB", "TOP FL300", UN, FL, 0, 9144},
        {"TURB", "TOP ABV FL390", UN, UN, 0, 0},
        {"TURB", "TOP BLW FL200", UN, FL, 0, 6096},
        {"TURB", "ABV FL240", FL, UN, 7315.2, 0},
        {"TURB", "BLW FL100", UN, FL, 0, 3048},
        {"TURB", "TOP FL320/400", UN, FL, 0, 12192},
        {"TURB", "BLW FL320/400", UN, FL, 0, 12192},
        {"TURB", "ABV FL320/400", UN, UN, 0, 0},
        {"TURB", "FL180", UN, UN, 0, 0}, // its TOP or ABV may be lost
        {"TURB", "T0P FL180", UN, UN, 0, 0},
        {"TURB", "FL250/370 XX", UN, UN, 0, 0},
        {"TURB", "FL250/370 FCST FL200/300", FL, FL, 6096, 11277.6},
        {"TS", "TOP FL320/400", UN, FL, 0, 12192},
        {"TS", "FL320/400", UN, FL, 0, 12192}, // it reaches to the ground
        {"TS", "ABV FL390", UN, UN, 0, 0},
        {"", "ABV FL390", UN, UN, 0, 0},
        {"TURB", "", UN, UN, 0, 0},
        {"TURB", "FL370/250", UN, UN, 0, 0},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct decoded d;
        char text[300];
        (void)snprintf(text, sizeof text,
                       HEAD "SKEC BARRANQUILLA FIR SEV %s OBS AT 1921Z " SQUARE
                            "MOV ENE 5KT %s STNR NC=",
                       forms[i].what, forms[i].words);
        open_it(&d, text);
        if (d.status != DRF_OK)
            fail_msg("%s: %s", forms[i].words, d.why.text);
        const struct geo_zone_volume *volume = &d.zones[0].volumes[0];
        assert_int_equal(volume->lower.reference, forms[i].lower);
        assert_int_equal(volume->upper.reference, forms[i].upper);
        assert_near(volume->lower.m, forms[i].lower_m, 1e-6);
        assert_near(volume->upper.m, forms[i].upper_m, 1e-6);
        close_it(&d);
    }
}

static void area__circle_or_box__is_one(void **state)
{
    (void)state;
    struct decoded d;
    open_it(&d, "YMMM SIGMET W22 VALID 291926/300126 YMMC- YMMM MELBOURNE FIR TC HALIMA PSN "
                "S2048 E08221 CB OBS AT 1800Z WI 130NM OF TC CENTRE TOP FL520 NC=");
    assert_int_equal(d.status, DRF_OK);
    const struct geo_zone_volume *volume = &d.zones[0].volumes[0];
    assert_int_equal(volume->shape, GEO_ZONE_CIRCLE);
    assert_near(volume->radius_m, 130 * 1852.0, 1e-6);
    assert_near(volume->centre.lat_deg, -20.8, 1e-9);
    assert_near(volume->centre.lon_deg, 82.35, 1e-9);
    assert_int_equal(d.zones[0].periods[0].until_utc_us, utc("2022-03-30T01:26:00Z"));
    close_it(&d);
    open_it(&d, HEAD FIR "N OF N08 AND S OF N0930 AND E OF W077 AND W OF W07530 FL100=");
    assert_int_equal(d.status, DRF_OK);
    struct geo_bounds box = geo_zone_bounds(&d.zones[0]);
    assert_near(box.south_deg, 8, 0);
    assert_near(box.north_deg, 9.5, 0);
    assert_near(box.west_deg, -77, 0);
    assert_near(box.east_deg, -75.5, 0);
    close_it(&d);
    open_it(&d,
            HEAD FIR SQUARE "TOP FL300 FCST AT 2200Z WI N1011 W07638 - N1032 W07705 - N0951 "
                            "W07525 - N1011 W07638=");
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    close_it(&d);
}

#define CYCLONE "YMMM SIGMET W22 VALID 291926/300126 YMMC- YMMM MELBOURNE FIR TC HALIMA "

static void circle__around_a_centre__takes_the_position_told_before(void **state)
{
    (void)state;
    struct decoded d;
    // an observation and a forecast, each with its own
    open_it(&d, CYCLONE "PSN S2048 E08221 CB OBS AT 1800Z WI 130NM OF TC CENTRE TOP FL520 FCST "
                        "AT 0000Z TC CENTRE PSN S2130 E08100 WI 100NM OF TC HALIMA CENTRE=");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    assert_near(d.zones[0].volumes[0].centre.lat_deg, -20.8, 1e-9);
    assert_near(d.zones[0].volumes[1].centre.lat_deg, -21.5, 1e-9);
    assert_near(d.zones[0].volumes[1].centre.lon_deg, 81.0, 1e-9);
    close_it(&d);
    // a forecast without a distance of its own (ICAO Annex 3, table A6-1A): as far around it
    open_it(&d, CYCLONE "PSN S2048 E08221 CB OBS AT 1800Z WI 130NM OF TC CENTRE TOP FL520 FCST "
                        "AT 0000Z TC CENTRE PSN S2130 E08100=");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.zones[0].zone->volume_count, 2);
    assert_near(d.zones[0].volumes[1].centre.lat_deg, -21.5, 1e-9);
    assert_near(d.zones[0].volumes[1].radius_m, 130 * 1852.0, 1e-6);
    assert_true(d.zones[0].volumes[1].upper.m == d.zones[0].volumes[0].upper.m);
    close_it(&d);
    static const char *const refused[] = {
        // where it will be is not where it is
        CYCLONE "CB OBS AT 1800Z WI 130NM OF TC CENTRE FCST AT 0000Z TC CENTRE PSN S2130 "
                "E08100=",
        // a line, and a centre of something else behind it
        CYCLONE "PSN S2048 E08221 CB OBS WI 50NM OF LINE S2100 E08200 - S2200 E08300 FCST AT "
                "0000Z TC CENTRE PSN S2130 E08100=",
        // one that cannot be read is not the one before it
        CYCLONE "PSN S2048 E08221 NEW PSN S2Z E0 WI 130NM OF TC CENTRE=",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        open_it(&d, refused[i]);
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, GEO_REFUSAL_UNSUPPORTED);
        close_it(&d);
    }
}

static void cancellation__withdraws_the_number(void **state)
{
    (void)state;
    struct decoded d;
    open_it(&d, "SKEC SIGMET 2 VALID 292000/292241 SKBO- SKEC BARRANQUILLA FIR CNL SIGMET 1 "
                "291941/292241=");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.zones[0].zone->id, "SKEC SIGMET 1 2022-03-29T19:41Z");
    assert_true((d.zones[0].zone->flags & GEO_ZONE_WITHDRAWN) != 0);
    close_it(&d);
    // one of yesterday's, by a number of today
    open_it(&d, "SKEC SIGMET 1 VALID 300015/300400 SKBO- SKEC BARRANQUILLA FIR CNL SIGMET 7 "
                "292350/300400=");
    assert_int_equal(d.status, DRF_OK);
    assert_string_equal(d.zones[0].zone->id, "SKEC SIGMET 7 2022-03-29T23:50Z");
    close_it(&d);
}

static void identity__of_the_same_number_on_another_day__is_another(void **state)
{
    (void)state;
    struct decoded d;
    open_it(&d, "SKEC SIGMET 1 VALID 291941/292241 SKBO- " FIR SQUARE "FL250/370="
                "SKEC SIGMET 1 VALID 300010/300410 SKBO- " FIR SQUARE "FL250/370="
                "SKEC SIGMET 1 VALID 300200/300600 SKBO- " FIR SQUARE "FL250/370="
                "SKEC SIGMET 1 VALID 300200/300600 SKBO- " FIR SQUARE "FL250/390=");
    assert_int_equal(d.count, 4);
    assert_string_equal(d.zones[0].zone->id, "SKEC SIGMET 1 2022-03-29T19:41Z");
    assert_string_equal(d.zones[1].zone->id, "SKEC SIGMET 1 2022-03-30T00:10Z");
    assert_string_equal(d.zones[2].zone->id, "SKEC SIGMET 1 2022-03-30T02:00Z");
    // amended or corrected: the same
    assert_string_equal(d.zones[3].zone->id, d.zones[2].zone->id);
    close_it(&d);
}

static void report__that_cannot_be_placed__is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } reports[] = {
        {HEAD FIR "N OF N0900 TOP FL300=", GEO_REFUSAL_UNSUPPORTED},
        {HEAD FIR "ENTIRE FIR FL250/370=", GEO_REFUSAL_UNSUPPORTED},
        {HEAD FIR "WI 50NM OF LINE N0911 W07638 - N0832 W07705=", GEO_REFUSAL_UNSUPPORTED},
        {HEAD FIR "WI N0911 W07638 - N0862 W07705 - N0751 W07525=", GEO_REFUSAL_FORMAT},
        {HEAD FIR "WI N0911 W07638 - N0832 W07705=", GEO_REFUSAL_RANGE},
        {HEAD FIR "WI N00 E000 - N10 E010 - N00 E010 - N10 E000 - N00 E000=",
         GEO_REFUSAL_RANGE},
        {HEAD FIR "WI N00 E170 - N10 W170 - N00 W170 - N00 E170=", GEO_REFUSAL_UNSUPPORTED},
        {HEAD FIR SQUARE "AND XX=", GEO_REFUSAL_FORMAT},
        {HEAD FIR SQUARE "AND N1011 W07638 - N1032 W07705 - N1011 W07638=", GEO_REFUSAL_FORMAT},
        {HEAD FIR SQUARE "TOP FL300 AND N OF N08=", GEO_REFUSAL_FORMAT},
        {HEAD FIR SQUARE "TOP FL300 FCST ENTIRE FIR=", GEO_REFUSAL_FORMAT},
        {HEAD FIR
         "WI N0911 W07638 - XX - N0832 W07705 - N0751 W07525 - N0911 W07638 TOP FL300=",
         GEO_REFUSAL_FORMAT},
        {HEAD FIR "WI N0911 W07638 - N0832 W07705 - N0751 W07525 XX TOP FL300=",
         GEO_REFUSAL_FORMAT},
        {HEAD "SKEC BARRANQUILLA FIR TEST " SQUARE "=", GEO_REFUSAL_MODE},
        {HEAD "SKEC BARRANQUILLA FIR (TEST) " SQUARE "=", GEO_REFUSAL_MODE},
        {HEAD "SKEC BARRANQUILLA FIR VA EXERCISE VOLCEX22 " SQUARE "=", GEO_REFUSAL_MODE},
        {"TEST " HEAD "SKEC BARRANQUILLA FIR " SQUARE "=", GEO_REFUSAL_MODE},
        {"SKEC SIGMET 1 VALID 291941 SKBO- " FIR SQUARE "=", GEO_REFUSAL_FORMAT},
        {"SKEC SIGMET 1 VALID 292241/291941 SKBO- " FIR SQUARE "=", GEO_REFUSAL_RANGE},
        {"SKEC SIGMET 1 VALID 101941/102241 SKBO- " FIR SQUARE "=", GEO_REFUSAL_RANGE},
        {HEAD FIR SQUARE HEAD FIR SQUARE, GEO_REFUSAL_FORMAT},
        {HEAD FIR "CNL=", GEO_REFUSAL_FORMAT},
        {HEAD FIR "CNL SIGMET 3=", GEO_REFUSAL_FORMAT},
        {"hello", GEO_REFUSAL_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        struct decoded d;
        open_it(&d, reports[i].text);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.unreadables > 0 ? d.note.code : d.why.code, reports[i].code);
        close_it(&d);
    }
}

// The cases' index: an area that was not wholly understood is never smaller than it was.
static void real_area__with_a_separator_lost__is_refused_and_marks_its_box(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool read, boxed;
    } files[] = {{"cases/sigmet/sg_full.txt", true, false},
                 {"cases/sigmet/sg_nohyphen.txt", false, true},
                 {"cases/sigmet/sg_dot.txt", false, false},
                 {"cases/sigmet/sg_top_.txt", true, false}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        size_t size;
        uint8_t *bytes = real_data(files[i].file, &size);
        if (bytes == NULL)
            skip();
        struct decoded d;
        open_text(&d, (const char *)bytes, size);
        assert_int_equal(d.count, files[i].read);
        assert_int_equal(d.unreadables, files[i].boxed);
        if (files[i].read)
            assert_int_equal(d.zones[0].zone->vertex_count, 5);
        if (i == 3) { // TOP FL320/400
            assert_int_equal(d.zones[0].volumes[0].lower.reference, GEO_ZONE_UNLIMITED);
            assert_near(d.zones[0].volumes[0].upper.m, 40000 * 0.3048, 1e-6);
        }
        if (files[i].boxed) {
            assert_int_equal(d.status, DRF_OK);
            assert_string_equal(d.unreadable.id, "SKEC SIGMET 1 2022-03-29T19:41Z");
            assert_int_equal(d.unreadable.valid_until_utc_us, utc("2022-03-29T22:41:00Z"));
            const struct geo_bounds box = d.unreadable.box;
            assert_true(box.south_deg < 8.75 && box.north_deg > 8.75);
            assert_true(box.west_deg < -75.45 && box.east_deg > -75.45);
        }
        close_it(&d);
        free(bytes);
    }
}

static void area__that_cannot_be_used__has_a_box_only_with_all_its_corners(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool boxed;
        struct geo_bounds box;
    } areas[] = {
        {"WI N00 E000 - N10 E010 - N00 E010 - N10 E000 TOP FL300=", true, {0, 0, 10, 10}},
        {"WI N00 E170 - N10 W170 - N00 W170 - N00 E170=", true, {170, 0, -170, 10}},
        {"WI N00 E000 - N10 E010 - N00 E010 - N10 E000=", false, {0, 0, 0, 0}}, // cut short
        {"WI N00 E000 - N10 E01O - N00 E010 - N00 E000=", false, {0, 0, 0, 0}},
        {"WI N00 E000 - N10 E010 - XX - N00 E000=", false, {0, 0, 0, 0}},
        {"WI N00 E000 - N10 E010 - N10 E000 N00 E000 AND XX=", false, {0, 0, 0, 0}},
        {"WI 50NM OF LINE N00 E000 - N10 E010 - N10 E000=", false, {0, 0, 0, 0}},
        {"N OF N10=", false, {0, 0, 0, 0}},
        {"WI N00 E000 - N10 E010 - N10 E000 N00 E000 FCST WI 50NM OF XX=", false, {0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        char text[300];
        struct decoded d;
        (void)snprintf(text, sizeof text, HEAD FIR "%s", areas[i].text);
        open_it(&d, text);
        assert_int_equal(d.count, 0);
        if ((d.unreadables == 1) != areas[i].boxed)
            fail_msg("%s: %zu unreadable", areas[i].text, d.unreadables);
        if (areas[i].boxed) {
            assert_near(d.unreadable.box.west_deg, areas[i].box.west_deg, 1e-9);
            assert_near(d.unreadable.box.south_deg, areas[i].box.south_deg, 1e-9);
            assert_near(d.unreadable.box.east_deg, areas[i].box.east_deg, 1e-9);
            assert_near(d.unreadable.box.north_deg, areas[i].box.north_deg, 1e-9);
        }
        close_it(&d);
    }
}

static void ring__that_does_not_close__is_the_box_around_it(void **state)
{
    (void)state;
    struct decoded d;
    open_it(&d, HEAD FIR "WI N0911 W07638 - N0832 W07705 - N0751 W07525 TOP FL300=");
    assert_int_equal(d.status, DRF_OK);
    struct geo_bounds box = geo_zone_bounds(&d.zones[0]);
    assert_int_equal(d.zones[0].zone->vertex_count, 4);
    assert_near(box.north_deg, 9 + 11 / 60.0, 1e-9);
    assert_near(box.south_deg, 7 + 51 / 60.0, 1e-9);
    assert_near(box.west_deg, -(77 + 5 / 60.0), 1e-9);
    assert_near(box.east_deg, -(75 + 25 / 60.0), 1e-9);
    assert_string_equal(d.zones[0].zone->name, "SKEC SIGMET 1 FRQ TS BOX");
    close_it(&d);
    // nothing behind it: more corners may be lost
    open_it(&d, HEAD FIR "WI N0911 W07638 - N0832 W07705 - N0751 W07525=");
    assert_int_equal(d.count + d.unreadables, 0);
    close_it(&d);
}

static void real_reports__of_icao_form__are_read_and_the_others_refused(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data("weather/airsigmet.expected.json", &size);
    if (bytes == NULL)
        skip();
    struct geo_json *json;
    struct geo_note why;
    assert_int_equal(geo_json_open(bytes, size, &json, &why), DRF_OK);
    size_t read = 0, refused = 0;
    for (size_t i = 0; i < geo_json_count(json); i++) {
        const struct geo_json *data = geo_json_member(geo_json_at(json, i), "data");
        size_t length;
        const char *raw = geo_json_text(geo_json_member(data, "raw"), &length);
        struct decoded d;
        open_text(&d, raw, length);
        size_t when_size;
        const char *when =
            geo_json_text(geo_json_member(geo_json_member(data, "end_time"), "dt"), &when_size);
        int64_t until_us;
        assert_int_equal(geo_utc_parse(when, when_size, &until_us), DRF_OK);
        if (d.status == DRF_OK) {
            assert_int_equal(d.zones[0].periods[0].until_utc_us, until_us);
            read++;
        } else {
            assert_int_not_equal(d.why.code, GEO_REFUSAL_NONE);
            refused++;
        }
        close_it(&d);
    }
    // four of the United States name radio beacons
    assert_int_equal(refused, 4);
    assert_int_equal(read, 6);
    geo_json_close(json);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygon__degrees_and_minutes__become_a_zone),
        cmocka_unit_test(levels__every_form__are_limits),
        cmocka_unit_test(area__circle_or_box__is_one),
        cmocka_unit_test(circle__around_a_centre__takes_the_position_told_before),
        cmocka_unit_test(cancellation__withdraws_the_number),
        cmocka_unit_test(identity__of_the_same_number_on_another_day__is_another),
        cmocka_unit_test(report__that_cannot_be_placed__is_refused_with_the_reason),
        cmocka_unit_test(real_area__with_a_separator_lost__is_refused_and_marks_its_box),
        cmocka_unit_test(area__that_cannot_be_used__has_a_box_only_with_all_its_corners),
        cmocka_unit_test(ring__that_does_not_close__is_the_box_around_it),
        cmocka_unit_test(real_reports__of_icao_form__are_read_and_the_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
