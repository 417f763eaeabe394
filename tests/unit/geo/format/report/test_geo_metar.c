// SPDX-License-Identifier: Apache-2.0
// Expected values: the groups' own definitions (WMO No. 306), units by hand; for the real
// reports another decoder's fields (the real data's index).
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
#include "geo/utc.h"
#include "tests/support/real_data.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))
#define KNOT 0.514444444444
#define SECOND INT64_C(1000000)
#define HAS(s, flag) (((s)->flags & GEO_STATION_##flag) != 0)

enum { STATIONS_MAX = 8, NOTES_MAX = 8 };

struct decoded {
    enum drf_status status;
    struct geo_note why;
    struct geo_record_builder builder;
    struct geo_record record;
    const struct geo_station *stations[STATIONS_MAX];
    const struct geo_note *notes[NOTES_MAX];
    size_t count, note_count;
};

static int64_t utc(const char *text)
{
    int64_t us;
    assert_int_equal(geo_utc_parse(text, strlen(text), &us), DRF_OK);
    return us;
}

static void list(struct decoded *d)
{
    size_t cursor = 0;
    struct geo_item item;
    d->count = d->note_count = 0;
    while (geo_record_next(d->record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_STATION && d->count < STATIONS_MAX)
            d->stations[d->count++] = item.payload;
        if (item.kind == GEO_ITEM_NOTE && d->note_count < NOTES_MAX)
            d->notes[d->note_count++] = item.payload;
    }
}

static void open_at(struct decoded *d, const char *text, const char *when)
{
    const struct geo_decode_params params = {.format = GEO_FORMAT_METAR,
                                             .keep = {-180, -90, 180, 90},
                                             .message_utc_us = utc(when),
                                             .size_max_bytes = 1 << 20,
                                             .record_max_bytes = 1 << 20};
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 20);
    d->status = geo_decode(&params, (const uint8_t *)text, strlen(text), &d->builder, &d->why);
    struct geo_record built;
    assert_int_equal(geo_record_finish(&d->builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &d->record), DRF_OK);
    list(d);
}

static void close_it(struct decoded *d) { geo_record_builder_close(&d->builder); }

// One report at EGLL, observed at 05:50 of the 17th, with these groups.
static struct geo_station one(const char *groups)
{
    struct decoded d;
    char text[400];
    (void)snprintf(text, sizeof text, "METAR EGLL 170550Z %s=", groups);
    open_at(&d, text, "2023-10-17T05:52:00Z");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    struct geo_station station = *d.stations[0];
    close_it(&d);
    return station;
}

static void report__plain__each_group_is_read(void **state)
{
    (void)state;
    struct geo_station s = one("24015G27KT 210V270 3000 -SHRA BKN012CB OVC030 M01/M03 Q0987");
    assert_string_equal(s.id, "EGLL");
    assert_int_equal(s.observed_utc_us, utc("2023-10-17T05:50:00Z"));
    assert_near(s.wind_speed_mps, 15 * KNOT, 1e-6);
    assert_near(s.wind_from_deg_true, 240, 0);
    assert_near(s.gust_mps, 27 * KNOT, 1e-6);
    assert_near(s.visibility_m, 3000, 0);
    assert_false(HAS(&s, VISIBILITY_AT_LEAST));
    assert_near(s.ceiling_agl_m, 1200 * 0.3048, 1e-9);
    assert_false(HAS(&s, CEILING_AT_LEAST));
    assert_near(s.temperature_k, 272.15, 1e-9);
    assert_near(s.dew_point_k, 270.15, 1e-9);
    assert_near(s.qnh_pa, 98700, 1e-9);
    assert_true(HAS(&s, PRECIPITATION) && HAS(&s, CONVECTION));
    assert_string_equal(s.codes, "-SHRA");
    assert_false(HAS(&s, PLACED));
}

static void wind__every_form__is_read_or_left_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *group;
        bool has, has_from, has_gust;
        double mps, from_deg, gust_mps;
    } forms[] = {
        {"00000KT", true, false, false, 0, 0, 0},
        {"VRB03KT", true, false, false, 3 * KNOT, 0, 0},
        {"VRB03G15KT", true, false, true, 3 * KNOT, 0, 15 * KNOT},
        {"/////KT", false, false, false, 0, 0, 0},
        {"///05KT", true, false, false, 5 * KNOT, 0, 0},
        {"36007KT", true, true, false, 7 * KNOT, 0, 0},
        {"27010MPS", true, true, false, 10, 270, 0},
        {"27010G18MPS", true, true, true, 10, 270, 18},
        {"27036KMH", true, true, false, 10, 270, 0},
        {"240P99KT", true, true, false, 99 * KNOT, 240, 0},
        {"24105KT", true, true, false, 5 * KNOT, 241, 0},
        {"240105KT", true, true, false, 105 * KNOT, 240, 0},
        {"40005KT", true, false, false, 5 * KNOT, 0, 0},
        {"24015G10KT", true, true, false, 15 * KNOT, 240, 0}, // a gust below the mean is none
        {"2401KT", false, false, false, 0, 0, 0},
        {"24015", false, false, false, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char groups[64];
        (void)snprintf(groups, sizeof groups, "%s 9999 SCT020 10/05 Q1016", forms[i].group);
        struct geo_station s = one(groups);
        assert_int_equal(HAS(&s, HAS_WIND), forms[i].has);
        assert_int_equal(HAS(&s, HAS_WIND_FROM), forms[i].has_from);
        assert_int_equal(HAS(&s, HAS_GUST), forms[i].has_gust);
        assert_near(s.wind_speed_mps, forms[i].mps, 1e-6);
        assert_near(s.wind_from_deg_true, forms[i].from_deg, 0);
        assert_near(s.gust_mps, forms[i].gust_mps, 1e-6);
    }
}

static void visibility__every_form__is_metres(void **state)
{
    (void)state;
    static const struct {
        const char *groups;
        bool has, at_least;
        double m;
    } forms[] = {
        {"9999", true, true, 10000},
        {"0800", true, false, 800},
        {"0000", true, false, 0},
        {"9999NDV", true, true, 10000},
        {"4000NDV", true, false, 4000},
        {"4000 1200SW", true, false, 1200},
        {"////", false, false, 0},
        {"10SM", true, true, 16093.44},
        {"3SM", true, false, 4828.032},
        {"P6SM", true, true, 9656.064},
        {"1/2SM", true, false, 804.672},
        {"1 1/2SM", true, false, 2414.016},
        {"11/2SM", true, false, 2414.016},
        {"1/16SM", true, false, 100.584},
        {"M1/4SM", true, false, 0},
        {"CAVOK", true, true, 10000},
        {"7KM", true, false, 7000},
        {"5/4SM", false, false, 0},
        {"1200 R27L/0600V1000U", true, false, 1200},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char groups[96];
        (void)snprintf(groups, sizeof groups, "09011KT %s 10/05 Q1016", forms[i].groups);
        struct geo_station s = one(groups);
        assert_int_equal(HAS(&s, HAS_VISIBILITY), forms[i].has);
        assert_int_equal(HAS(&s, VISIBILITY_AT_LEAST), forms[i].at_least);
        assert_near(s.visibility_m, forms[i].m, 1e-6);
    }
}

static void clouds__lowest_broken_layer__is_the_ceiling(void **state)
{
    (void)state;
    static const struct {
        const char *groups;
        bool has, at_least;
        double feet;
    } forms[] = {
        {"FEW010 SCT020 BKN035 OVC100", true, false, 3500},
        {"OVC100 BKN035", true, false, 3500},
        {"VV002", true, false, 200},
        {"BKN000", true, false, 0},
        {"FEW010 SCT020", true, true, 5000},
        {"FEW085 SCT250", true, true, 25000},
        {"NSC", true, true, 5000},
        {"NCD", true, true, 5000},
        {"SKC", true, true, 12000},
        {"CLR", true, true, 12000},
        {"VV///", false, false, 0},
        {"//////", false, false, 0},
        {"BKN///", false, false, 0},
        {"///015", false, false, 0},
        {"///015 OVC010", true, false, 1000}, // what is unknown lies above it
        {"///015 OVC020", false, false, 0},   // and here below
        {"", false, false, 0},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char groups[96];
        (void)snprintf(groups, sizeof groups, "09011KT 9999 %s 10/05 Q1016", forms[i].groups);
        struct geo_station s = one(groups);
        assert_int_equal(HAS(&s, HAS_CEILING), forms[i].has);
        assert_int_equal(HAS(&s, CEILING_AT_LEAST), forms[i].at_least);
        assert_near(s.ceiling_agl_m, forms[i].feet * 0.3048, 1e-6);
    }
}

static void air__every_form__is_read_or_left_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *groups;
        bool warm, dew, qnh;
        double warm_k, dew_k, pa;
    } forms[] = {
        {"10/05 Q1016", true, true, true, 283.15, 278.15, 101600},
        {"M00/M01 A2992", true, true, true, 273.15, 272.15, 29.92 * 3386.389},
        {"10/ Q1016", true, false, true, 283.15, 0, 101600},
        {"10/// Q1016", true, false, true, 283.15, 0, 101600},
        {"///// Q////", false, false, false, 0, 0, 0},
        {"///05 Q1016", false, true, true, 0, 278.15, 101600},
        {"10/15 Q1016", false, false, true, 0, 0, 101600}, // one of the two is wrong
        {"10/05 Q0016", true, true, false, 283.15, 278.15, 0},
        {"10/05 Q1016 A3000", true, true, true, 283.15, 278.15, 101600},
        {"XX/05 Q1016", false, false, true, 0, 0, 101600},
        {"///77 Q1016", false, false, true, 0, 0, 101600},
        {"M91/M92 Q1016", false, false, true, 0, 0, 101600},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char groups[96];
        (void)snprintf(groups, sizeof groups, "09011KT 9999 NSC %s", forms[i].groups);
        struct geo_station s = one(groups);
        assert_int_equal(HAS(&s, HAS_TEMPERATURE), forms[i].warm);
        assert_int_equal(HAS(&s, HAS_DEW_POINT), forms[i].dew);
        assert_int_equal(HAS(&s, HAS_QNH), forms[i].qnh);
        assert_near(s.temperature_k, forms[i].warm_k, 1e-9);
        assert_near(s.dew_point_k, forms[i].dew_k, 1e-9);
        assert_near(s.qnh_pa, forms[i].pa, 1e-6);
    }
}

static void weather__groups_or_none__says_what_it_knows(void **state)
{
    (void)state;
    static const struct {
        const char *groups, *codes;
        bool has, falls, convection;
    } forms[] = {
        {"9999 +TSRA BKN030CB", "+TSRA", true, true, true},
        {"9999 VCTS SCT030", "VCTS", true, false, true},
        {"9999 VCSH SCT030", "VCSH", true, false, false},
        {"0300 FZFG VV001", "FZFG", true, false, false},
        {"3000 -RA BR OVC010", "-RA BR", true, true, false},
        {"9999 SCT030", "", true, false, false}, // a person would have said so
        {"9999 FEW030TCU", "", true, false, true},
        {"AUTO 9999 SCT030", "", false, false, false},
        {"AUTO 9999 // SCT030", "", false, false, false},
        {"AUTO 9999 -DZ SCT030", "-DZ", true, true, false},
        {"CAVOK", "", true, false, false},
        {"9999 NSW SCT030", "", true, false, false},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char groups[96];
        bool automatic = strncmp(forms[i].groups, "AUTO ", 5) == 0;
        (void)snprintf(groups, sizeof groups, "%s09011KT %s 10/05 Q1016",
                       automatic ? "AUTO " : "", forms[i].groups + (automatic ? 5 : 0));
        struct geo_station s = one(groups);
        assert_int_equal(HAS(&s, AUTO), automatic);
        assert_int_equal(HAS(&s, HAS_WEATHER), forms[i].has);
        assert_int_equal(HAS(&s, PRECIPITATION), forms[i].falls);
        assert_int_equal(HAS(&s, CONVECTION), forms[i].convection);
        assert_string_equal(s.codes, forms[i].codes);
    }
}

static void trend_and_remarks__are_never_the_observation(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "NOSIG 27020KT 0500 OVC001 01/01 Q0900",
        "TEMPO 27020G40KT 0500 TSRA OVC001",
        "BECMG FM0600 0500 VV001",
        "RMK 0500 OVC001 M05/M05 A2500 TSRA",
        "FM0600 0500 OVC001",
        "PROB30 0500 +TSRA",
    };
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char groups[160];
        // nothing of its own: what the tail says would fill it
        (void)snprintf(groups, sizeof groups, "AUTO 09011KT %s", tails[i]);
        struct geo_station s = one(groups);
        assert_int_equal(s.flags,
                         GEO_STATION_AUTO | GEO_STATION_HAS_WIND | GEO_STATION_HAS_WIND_FROM);
        assert_near(s.wind_from_deg_true, 90, 0);
        assert_string_equal(s.codes, "");
    }
    struct geo_station recent = one("09011KT 9999 SCT030 10/05 Q1016 RERA");
    assert_true(HAS(&recent, HAS_WEATHER) && !HAS(&recent, PRECIPITATION));
    // behind the pressure nothing is read as the sky; but it may have been, or a trend
    struct geo_station s = one("09011KT CAVOK 10/05 Q1016 0500 OVC001 TSRA");
    assert_false(HAS(&s, HAS_VISIBILITY) || HAS(&s, HAS_CEILING) || HAS(&s, HAS_WEATHER));
    assert_false(HAS(&s, CONVECTION));
}

static void bulletin__several_reports_and_lines__each_is_read(void **state)
{
    (void)state;
    struct decoded d;
    open_at(&d,
            "\001\r\r\n123\r\r\nSAUK31 EGRR 170550 CCA\r\r\n"
            "METAR COR EGLL 170550Z 09011KT\r\r\n     9999 NSC 10/05 Q1016 NOSIG=\r\r\n"
            "EGKK 170550Z NIL=\r\r\nMETAR EGSS NIL=\r\r\n"
            "SPECI EGCC 170555Z AUTO 18005KT 0300 FG VV001 04/04 Q1015=\r\r\n"
            "TAF EGLL 170500Z 1706/1812 27020KT 0100 FG OVC001=\r\r\n"
            "EGNX 17055Z 09011KT=\r\r\nEGGD 170550Z XXXXX YYYY=\r\r\n\003",
            "2023-10-17T05:58:00Z");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.stations[0]->id, "EGLL");
    assert_true(HAS(d.stations[0], CORRECTED));
    assert_near(d.stations[0]->visibility_m, 10000, 0);
    assert_string_equal(d.stations[1]->id, "EGCC");
    assert_true(HAS(d.stations[1], AUTO));
    assert_near(d.stations[1]->ceiling_agl_m, 30.48, 1e-9);
    // EGNX has no time, EGGD no group; two say NIL; one forecast
    assert_int_equal(d.note_count, 4);
    assert_int_equal(d.notes[0]->code, GEO_REFUSAL_FORMAT);
    assert_int_equal(d.notes[1]->code, GEO_REFUSAL_NO_VALUES);
    assert_int_equal(d.notes[2]->code, GEO_REFUSAL_IGNORED);
    assert_int_equal(d.notes[2]->count, 2);
    assert_int_equal(d.notes[3]->code, GEO_REFUSAL_IGNORED);
    close_it(&d);
}

static void station_twice__the_later_observation_stays__then_the_later_word(void **state)
{
    (void)state;
    struct decoded d;
    open_at(&d,
            "EGLL 170550Z 09011KT CAVOK 10/05 Q1016=EGLL 170520Z 09012KT CAVOK 10/05 Q1017="
            "EGLL 170550Z COR 09013KT CAVOK 10/05 Q1018=",
            "2023-10-17T05:58:00Z");
    assert_int_equal(d.count, 1);
    assert_near(d.stations[0]->qnh_pa, 101800, 0);
    assert_int_equal(d.note_count, 0);
    close_it(&d);
}

static void time__around_a_month__is_that_of_the_message(void **state)
{
    (void)state;
    static const struct {
        const char *six, *message, *expected; // NULL: refused
    } times[] = {
        {"312350", "2024-01-01T00:05:00Z", "2023-12-31T23:50:00Z"},
        {"292350", "2024-03-01T00:05:00Z", "2024-02-29T23:50:00Z"},
        {"010000", "2023-12-31T23:58:00Z", "2024-01-01T00:00:00Z"},
        {"170550", "2023-10-20T12:00:00Z", "2023-10-17T05:50:00Z"},
        {"170550", "2023-10-25T12:00:00Z", NULL}, // over a week ago
        {"170550", "2023-10-17T05:40:00Z", "2023-10-17T05:50:00Z"},
        {"170550", "2023-10-17T05:39:59Z", NULL}, // ahead
        {"302350", "2023-03-01T00:05:00Z", NULL}, // February has none
        {"321200", "2023-03-01T00:05:00Z", NULL},
        {"011260", "2023-03-01T00:05:00Z", NULL},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct decoded d;
        char text[96];
        (void)snprintf(text, sizeof text, "METAR EGLL %sZ 09011KT=", times[i].six);
        open_at(&d, text, times[i].message);
        assert_int_equal(d.status == DRF_OK, times[i].expected != NULL);
        if (times[i].expected != NULL)
            assert_int_equal(d.stations[0]->observed_utc_us, utc(times[i].expected));
        close_it(&d);
    }
}

static void message__of_no_use__is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } messages[] = {
        {"METAR EGLL 170550Z NIL=", GEO_REFUSAL_IGNORED},
        {"METAR EGLL NIL=", GEO_REFUSAL_IGNORED},
        {"hello there", GEO_REFUSAL_FORMAT},
        {"METAR EGLL 09011KT=", GEO_REFUSAL_FORMAT},
        {"{\"a\": 1}", GEO_REFUSAL_FORMAT},
        {"METAR EGLL 170550Z =", GEO_REFUSAL_NO_VALUES},
        {"TAF EGLL 170500Z 1706/1812 27020KT=", GEO_REFUSAL_IGNORED},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct decoded d;
        open_at(&d, messages[i].text, "2023-10-17T05:58:00Z");
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, messages[i].code);
        close_it(&d);
    }
}

static void odd_group__is_noted_and_the_rest_stands(void **state)
{
    (void)state;
    struct decoded d;
    open_at(&d, "METAR EGLL 170550Z 09011KT 99X9 BKN010 10/05 Q1016=", "2023-10-17T05:58:00Z");
    assert_int_equal(d.status, DRF_OK);
    assert_false(HAS(d.stations[0], HAS_VISIBILITY));
    assert_near(d.stations[0]->ceiling_agl_m, 304.8, 1e-9);
    assert_int_equal(d.note_count, 1);
    assert_non_null(strstr(d.notes[0]->text, "99X9"));
    close_it(&d);
}

static void real_bulletins__with_headings_between__lose_nothing(void **state)
{
    (void)state;
    static const char *const ids[] = {"KI43", "K27K", "KEIK", "KVTP", "MMPN"};
    size_t size;
    uint8_t *bytes = real_data("cases/metar/bulletins.txt", &size);
    if (bytes == NULL)
        skip();
    bytes[size] = '\0';
    struct decoded d;
    open_at(&d, (const char *)bytes, "2023-10-03T12:05:00Z");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(d.stations[i]->id, ids[i]);
    assert_int_equal(d.note_count, 0);
    assert_near(d.stations[2]->ceiling_agl_m, 2 * 30.48, 1e-9);
    close_it(&d);
    free(bytes);
    // what else stands between bulletins, and what may be a report
    open_at(&d,
            "SAMX55 MMMY 170550 RRA\r\nMETAR 170550\r\nMETAR EGLL 170550Z 09011KT CAVOK 10/05 "
            "Q1016=\r\nTX_OPMET\r\n945 \r\nRMKS CB ASSW SH TO NW=\r\nEGSS 17O550Z 09011KT "
            "0500 FG OVC001 10/10 Q1016=",
            "2023-10-17T05:58:00Z");
    assert_int_equal(d.count, 1);
    assert_int_equal(d.note_count, 1);
    assert_int_equal(d.notes[0]->code, GEO_REFUSAL_FORMAT);
    close_it(&d);
}

static double field(const struct geo_json *data, const char *name)
{
    double value;
    const struct geo_json *member = geo_json_member(data, name);
    assert_true(geo_json_number(geo_json_member(member, "value"), &value));
    return value;
}

static void real_reports__agree_with_another_decoder(void **state)
{
    (void)state;
    static const struct {
        const char *file, *when;
        double visibility_m, ceiling_m;
    } files[] = {
        {"weather/metar_EGLL.expected.json", "2023-10-17T05:55:00Z", 10000, 1524},
        {"weather/metar_KJFK.expected.json", "2023-10-17T05:55:00Z", 16093.44, 7620},
    };
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        uint8_t *bytes = real_data(files[i].file, &size);
        if (bytes == NULL)
            skip();
        struct geo_json *json;
        struct geo_note why;
        assert_int_equal(geo_json_open(bytes, size, &json, &why), DRF_OK);
        const struct geo_json *data = geo_json_member(json, "data");
        size_t length;
        const char *raw = geo_json_text(geo_json_member(data, "raw"), &length);
        struct decoded d;
        open_at(&d, raw, files[i].when);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 1); // its history is in the text: the latest stays
        const struct geo_station *s = d.stations[0];
        double speed_kt = field(data, "wind_speed"), from_deg = field(data, "wind_direction");
        double warm_c = field(data, "temperature"), dew_c = field(data, "dewpoint");
        double setting = field(data, "altimeter");
        size_t when_size;
        const char *when =
            geo_json_text(geo_json_member(geo_json_member(data, "time"), "dt"), &when_size);
        int64_t when_us;
        assert_int_equal(geo_utc_parse(when, when_size, &when_us), DRF_OK);
        assert_int_equal(s->observed_utc_us, when_us);
        assert_near(s->wind_speed_mps, speed_kt * KNOT, 1e-6);
        assert_near(s->wind_from_deg_true, fmod(from_deg, 360.0), 0);
        assert_near(s->temperature_k, warm_c + 273.15, 1e-9);
        assert_near(s->dew_point_k, dew_c + 273.15, 1e-9);
        // hectopascal, or inches of mercury of 3386.389 Pa
        assert_near(s->qnh_pa, setting > 100 ? setting * 100 : setting * 3386.389, 1e-6);
        assert_near(s->visibility_m, files[i].visibility_m, 1e-6);
        assert_true(HAS(s, VISIBILITY_AT_LEAST) && HAS(s, CEILING_AT_LEAST));
        assert_near(s->ceiling_agl_m, files[i].ceiling_m, 1e-6);
        close_it(&d);
        geo_json_close(json);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report__plain__each_group_is_read),
        cmocka_unit_test(wind__every_form__is_read_or_left_unknown),
        cmocka_unit_test(visibility__every_form__is_metres),
        cmocka_unit_test(clouds__lowest_broken_layer__is_the_ceiling),
        cmocka_unit_test(air__every_form__is_read_or_left_unknown),
        cmocka_unit_test(weather__groups_or_none__says_what_it_knows),
        cmocka_unit_test(trend_and_remarks__are_never_the_observation),
        cmocka_unit_test(bulletin__several_reports_and_lines__each_is_read),
        cmocka_unit_test(station_twice__the_later_observation_stays__then_the_later_word),
        cmocka_unit_test(time__around_a_month__is_that_of_the_message),
        cmocka_unit_test(message__of_no_use__is_refused_with_the_reason),
        cmocka_unit_test(real_bulletins__with_headings_between__lose_nothing),
        cmocka_unit_test(odd_group__is_noted_and_the_rest_stands),
        cmocka_unit_test(real_reports__agree_with_another_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
