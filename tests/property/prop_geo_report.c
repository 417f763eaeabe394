// SPDX-License-Identifier: Apache-2.0
// A report in which one word is damaged never says something safer than the whole one. Every
// real report of the real data, and some of other countries' habits; every word in turn is
// replaced by what is no valid group there, by slashes, or doubled. Unknown is never safer. Of
// a SIGMET each word is dropped, too: only one without the ABV of TOP ABV is a valid other
// report.
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
#include "geo/reader/wmo.h"
#include "geo/ring.h"
#include "geo/utc.h"
#include "tests/support/real_data.h"

enum { TEXT_MAX = 4096, WORDS_MAX = 200, REPORTS_MAX = 64, STATIONS_MAX = 8 };

struct decoded {
    enum drf_status status;
    struct geo_record_builder builder;
    const struct geo_station *stations[STATIONS_MAX];
    struct geo_zone_view zones[STATIONS_MAX];
    size_t station_count, zone_count;
};

static void open_text(struct decoded *d, enum geo_format format, const char *text,
                      int64_t message_utc_us)
{
    const struct geo_decode_params params = {.format = format,
                                             .keep = {-180, -90, 180, 90},
                                             .message_utc_us = message_utc_us,
                                             .size_max_bytes = 1 << 20,
                                             .record_max_bytes = 1 << 20};
    struct geo_note why;
    struct geo_record built, record;
    memset(d, 0, sizeof *d);
    geo_record_builder_init(&d->builder, 1 << 20);
    d->status = geo_decode(&params, (const uint8_t *)text, strlen(text), &d->builder, &why);
    assert_int_equal(geo_record_finish(&d->builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_STATION && d->station_count < STATIONS_MAX)
            d->stations[d->station_count++] = item.payload;
        if (item.kind == GEO_ITEM_ZONE && d->zone_count < STATIONS_MAX)
            d->zones[d->zone_count++] = geo_item_zone(&item);
    }
}

static void close_it(struct decoded *d) { geo_record_builder_close(&d->builder); }

struct words {
    char text[TEXT_MAX];
    struct geo_wmo_word words[WORDS_MAX];
    size_t count;
};

static void split(struct words *w, const char *text)
{
    (void)snprintf(w->text, sizeof w->text, "%s", text);
    struct geo_wmo_text all = {.text = w->text, .size = strlen(w->text), .line = 1};
    w->count = 0;
    while (w->count < WORDS_MAX && geo_wmo_next(&all, &w->words[w->count]))
        w->count++;
}

// The words again with one of them replaced; NULL: dropped.
static void join(const struct words *w, size_t at, const char *instead, char out[TEXT_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < w->count && used < TEXT_MAX; i++) {
        if (i != at)
            used += (size_t)snprintf(out + used, TEXT_MAX - used, "%.*s ",
                                     (int)w->words[i].size, w->words[i].text);
        else if (instead != NULL)
            used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s ", instead);
    }
}

static bool has(const struct geo_station *s, uint32_t flag) { return (s->flags & flag) != 0; }

// What is wrong with `damaged`, NULL: it says nothing safer.
static const char *safer(const struct geo_station *whole, const struct geo_station *damaged)
{
    const struct geo_station *a = whole, *b = damaged;
    if (has(b, GEO_STATION_HAS_CEILING)
        && (!has(a, GEO_STATION_HAS_CEILING) || b->ceiling_agl_m > a->ceiling_agl_m + 1e-6
            || (has(b, GEO_STATION_CEILING_AT_LEAST) && !has(a, GEO_STATION_CEILING_AT_LEAST))))
        return "ceiling";
    if (has(b, GEO_STATION_HAS_VISIBILITY)
        && (!has(a, GEO_STATION_HAS_VISIBILITY) || b->visibility_m > a->visibility_m + 1e-6
            || (has(b, GEO_STATION_VISIBILITY_AT_LEAST)
                && !has(a, GEO_STATION_VISIBILITY_AT_LEAST))))
        return "visibility";
    bool wet = has(a, GEO_STATION_PRECIPITATION), dry = has(a, GEO_STATION_HAS_WEATHER) && !wet;
    if (has(b, GEO_STATION_HAS_WEATHER) && !has(b, GEO_STATION_PRECIPITATION) && !dry)
        return "precipitation";
    const uint32_t either = GEO_STATION_CONVECTION | GEO_STATION_CONVECTION_UNKNOWN;
    bool calm_a = has(a, GEO_STATION_HAS_WEATHER) && !has(a, either);
    bool calm_b = has(b, GEO_STATION_HAS_WEATHER) && !has(b, either);
    return calm_b && !calm_a ? "convection" : NULL;
}

// A group of this place in another's is no valid group there: among the replacements are such
// that make the result a valid report of other weather, which nobody can tell from a true one.
// So of the clouds, weather and visibilities only what is none of them stands in their place.
static const char *const NO_GROUPS[] = {
    "XXXXX", "QQQ",   "0VC004",   "BKN01O",  "OVC04",  "4OOO",   "RAIN",    "FZRA-",
    "12/10", "Q1010", "A2992",    "NOSIG",   "TEMPO",  "RMK",    "BECMG",   "RERA",
    "=",     "NIL",   "12345678", "21OV270", "W19/S4", "BLU",    "WS",      "R88/090060",
    "/",     "///",   "/////",    "///////", "24010",  "FM1200", "281050Z", "BKN015-020",
    "CB1",   "1/2",   "SM",       "M01/",    "10",     "K",
};

static size_t damage(const char *report, int64_t utc_us)
{
    struct decoded whole;
    struct words w;
    split(&w, report);
    open_text(&whole, GEO_FORMAT_METAR, report, utc_us);
    if (whole.status != DRF_OK || whole.station_count != 1)
        fail_msg("not one report: %s", report);
    size_t tried = 0;
    for (size_t at = 0; at < w.count; at++) {
        char doubled[128], slashes[128];
        (void)snprintf(doubled, sizeof doubled, "%.*s %.*s", (int)w.words[at].size,
                       w.words[at].text, (int)w.words[at].size, w.words[at].text);
        (void)snprintf(slashes, sizeof slashes, "%.*s", (int)w.words[at].size,
                       "////////////////////");
        for (size_t i = 0; i < sizeof NO_GROUPS / sizeof NO_GROUPS[0] + 2; i++) {
            const char *instead = i == 0 ? doubled : i == 1 ? slashes : NO_GROUPS[i - 2];
            char text[TEXT_MAX];
            struct decoded d;
            join(&w, at, instead, text);
            open_text(&d, GEO_FORMAT_METAR, text, utc_us);
            for (size_t k = 0; k < d.station_count; k++) {
                if (strcmp(d.stations[k]->id, whole.stations[0]->id) != 0)
                    continue;
                const char *what = safer(whole.stations[0], d.stations[k]);
                if (what != NULL)
                    fail_msg("%s is safer than of the whole:\n%s\n%s", what, text, report);
            }
            tried++;
            close_it(&d);
        }
    }
    close_it(&whole);
    return tried;
}

// Reports of a text one by one: each begins at a location with a time, or ends at "=".
static size_t each_report(const char *text, int64_t utc_us, size_t *reports)
{
    struct geo_wmo_text all = {.text = text, .size = strlen(text), .line = 1};
    struct geo_wmo_word word, when;
    char report[TEXT_MAX] = "";
    size_t tried = 0;
    for (bool more = true; more;) {
        more = geo_wmo_next(&all, &word);
        struct geo_wmo_text ahead = all;
        bool begins = more && geo_wmo_location(word) && geo_wmo_next(&ahead, &when)
                      && when.size == 7 && when.text[6] == 'Z';
        bool ends = !more || begins || geo_wmo_is(word, "=") || geo_wmo_is(word, "METAR");
        if (ends && report[0] != '\0') {
            tried += damage(report, utc_us);
            ++*reports;
            report[0] = '\0';
        }
        size_t used = strlen(report);
        if (begins || (more && used > 0))
            (void)snprintf(report + used, sizeof report - used, "%.*s ", (int)word.size,
                           word.text);
    }
    return tried;
}

static int64_t utc(const char *text)
{
    int64_t us;
    assert_int_equal(geo_utc_parse(text, strlen(text), &us), DRF_OK);
    return us;
}

static void metar__real__one_word_damaged__says_nothing_safer(void **state)
{
    (void)state;
    static const char *const files[] = {"weather/metar_EGLL.expected.json",
                                        "weather/metar_KJFK.expected.json"};
    size_t size, reports = 0, tried = 0;
    for (size_t i = 0; i < 2; i++) {
        uint8_t *bytes = real_data(files[i], &size);
        if (bytes == NULL)
            skip();
        struct geo_json *json;
        struct geo_note why;
        assert_int_equal(geo_json_open(bytes, size, &json, &why), DRF_OK);
        const char *raw =
            geo_json_text(geo_json_member(geo_json_member(json, "data"), "raw"), &size);
        tried += each_report(raw, utc("2023-10-17T05:55:00Z"), &reports);
        geo_json_close(json);
        free(bytes);
    }
    uint8_t *bytes = real_data("cases/metar/bulletins.txt", &size);
    if (bytes == NULL)
        skip();
    bytes[size] = '\0';
    tried += each_report((const char *)bytes, utc("2023-10-03T12:00:00Z"), &reports);
    free(bytes);
    assert_int_equal(reports, 4 + 2 + 7);
    assert_true(tried > 3000);
}

static void metar__every_habit__one_word_damaged__says_nothing_safer(void **state)
{
    (void)state;
    static const char *const reports[] = {
        ("EGLL 170550Z 24015G27KT 210V270 9999 1200SW R27L/0600V1000U -SHRA BR FEW003 SCT010CB "
         "BKN025 OVC080 10/05 Q1016 RERA WS R27L BECMG 0500 FG OVC001"),
        "EDDF 170550Z AUTO 24010KT 0400 R25L/0550N FG BKN001 OVC006 10/10 Q1010 NOSIG",
        "KXYZ 170551Z AUTO 35004KT 1 1/2SM +TSRA BKN012CB OVC030 11/07 A2979 RMK AO2 SLP086",
        "KXYA 170551Z AUTO 10SM CLR 11/07 A2979 RMK AO1",
        "KXYB 170551Z AUTO 00000KT BKN002 OVC009 11/07 A2979 RMK AO2",
        "CYYZ 170550Z CCA 24010KT 15SM R24L/6000FT/D FEW025 BKN240 10/05 A2982 RMK CU2CI4",
        "UUEE 170550Z 24003MPS 0900 R06C/1200D SHSN VV004 M02/M03 Q1002 R06C/490230 TEMPO 0300",
        "ZBAA 170550Z 24003MPS 210V270 CAVOK 10/05 Q1016 NOSIG",
        "YSRI 170550Z AUTO 23004KT 7000 // BKN019/// //////CB 18/18 Q1019 RF00.0/000.0",
        "LFPG 170550Z AUTO /////KT //// // ///015 ////// 10/05 Q1016",
        "MHTG 170550Z 36006KT 8000 VCSH FEW008 BKN028TCU 19/17 Q1020 A3012 NOSIG",
        "ENGM 170550Z 24010KT P6SM VCTS SCT040CB 10/05 Q1016 W19/S4",
    };
    size_t tried = 0;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
        tried += damage(reports[i], utc("2023-10-17T05:55:00Z"));
    assert_true(tried > 4000);
}

// Whether each point of a grid over the first area that lies inside it lies in one of the
// others too, within 100 m.
static bool covers(const struct geo_zone_view *wide, struct geo_point p)
{
    for (uint32_t i = 0; i < wide->zone->volume_count; i++) {
        const struct geo_zone_volume *v = &wide->volumes[i];
        if (v->shape == GEO_ZONE_CIRCLE) {
            double north_m = (p.lat_deg - v->centre.lat_deg) * 111195.0;
            double east_m = (p.lon_deg - v->centre.lon_deg) * 111195.0
                            * cos(v->centre.lat_deg * 0.017453292519943295);
            if (hypot(north_m, east_m) <= v->radius_m)
                return true;
            continue;
        }
        bool inside = false; // even-odd rule
        const struct geo_point *ring = wide->vertices + v->first_vertex;
        for (uint32_t a = 0, b = v->vertex_count - 1; a < v->vertex_count; b = a++) {
            struct geo_point q = ring[a], r = ring[b];
            if ((q.lat_deg > p.lat_deg) != (r.lat_deg > p.lat_deg)
                && p.lon_deg < (r.lon_deg - q.lon_deg) * (p.lat_deg - q.lat_deg)
                                       / (r.lat_deg - q.lat_deg)
                                   + q.lon_deg)
                inside = !inside;
        }
        if (inside)
            return true;
    }
    return false;
}

static bool limit_narrower(struct geo_zone_limit now, struct geo_zone_limit was, bool up)
{
    if (now.reference == GEO_ZONE_UNLIMITED)
        return false;
    return was.reference != now.reference || (up ? now.m < was.m : now.m > was.m);
}

static const char *narrower(const struct geo_zone_view *whole, const struct geo_zone_view *now)
{
    struct geo_bounds box = geo_zone_bounds(whole);
    for (int i = 0; i < 40; i++)
        for (int k = 0; k < 40; k++) {
            const struct geo_point p = {
                box.south_deg + (box.north_deg - box.south_deg) * (i + 0.5) / 40,
                box.west_deg + (box.east_deg - box.west_deg) * (k + 0.5) / 40};
            if (covers(whole, p) && !covers(now, p))
                return "area";
        }
    for (uint32_t i = 0; i < now->zone->volume_count; i++)
        if (limit_narrower(now->volumes[i].lower, whole->volumes[0].lower, false)
            || limit_narrower(now->volumes[i].upper, whole->volumes[0].upper, true))
            return "height";
    return now->periods[0].from_utc_us > whole->periods[0].from_utc_us
                   || now->periods[0].until_utc_us < whole->periods[0].until_utc_us
               ? "validity"
               : NULL;
}

static size_t damage_sigmet(const char *report)
{
    static const char *const no_words[] = {"XXXXX",  "/////", "AND", "-",      "N09I1", ".",
                                           "W07G38", "FLXXX", "T0P", "FL999X", "W1",    "OF",
                                           "PSN",    "LINE",  "MOV", "NM"};
    const int64_t utc_us = utc("2022-03-29T20:00:00Z");
    struct decoded whole;
    struct words w;
    split(&w, report);
    open_text(&whole, GEO_FORMAT_SIGMET, report, utc_us);
    if (whole.zone_count != 1)
        fail_msg("not read: %s", report);
    size_t tried = 0;
    for (size_t at = 0; at < w.count; at++) {
        char doubled[128];
        (void)snprintf(doubled, sizeof doubled, "%.*s %.*s", (int)w.words[at].size,
                       w.words[at].text, (int)w.words[at].size, w.words[at].text);
        for (size_t i = 0; i < sizeof no_words / sizeof no_words[0] + 2; i++) {
            char text[TEXT_MAX];
            struct decoded d;
            join(&w, at, i == 0 ? doubled : i == 1 ? NULL : no_words[i - 2], text);
            open_text(&d, GEO_FORMAT_SIGMET, text, utc_us);
            for (size_t k = 0; k < d.zone_count; k++) {
                const char *what = narrower(&whole.zones[0], &d.zones[k]);
                if (what != NULL)
                    fail_msg("%s is smaller than of the whole:\n%s\n%s", what, text, report);
            }
            tried++;
            close_it(&d);
        }
    }
    close_it(&whole);
    return tried;
}

static void sigmet__real__one_word_damaged__is_refused_or_no_smaller(void **state)
{
    (void)state;
    size_t size, tried = 0, reports = 0;
    uint8_t *bytes = real_data("weather/airsigmet.expected.json", &size);
    if (bytes == NULL)
        skip();
    struct geo_json *json;
    struct geo_note why;
    assert_int_equal(geo_json_open(bytes, size, &json, &why), DRF_OK);
    for (size_t i = 0; i < geo_json_count(json); i++) {
        size_t length;
        const char *raw = geo_json_text(
            geo_json_member(geo_json_member(geo_json_at(json, i), "data"), "raw"), &length);
        struct decoded d;
        open_text(&d, GEO_FORMAT_SIGMET, raw, utc("2022-03-29T20:00:00Z"));
        bool read = d.zone_count == 1;
        close_it(&d);
        if (!read)
            continue; // of the United States' own form
        tried += damage_sigmet(raw);
        reports++;
    }
    assert_int_equal(reports, 6);
    assert_true(tried > 3000);
    geo_json_close(json);
    free(bytes);
}

#define HEAD "SKEC SIGMET 1 VALID 291941/292241 SKBO- SKEC BARRANQUILLA FIR "

static void sigmet__every_form__one_word_damaged__is_refused_or_no_smaller(void **state)
{
    (void)state;
    static const char *const reports[] = {
        HEAD "FRQ TS OBS AT 1921Z WI N0911 W07638 - N0832 W07705 - N0751 W07525 - N0911 W07638 "
             "TOP FL320/400 MOV ENE 5KT INTSF",
        HEAD "SEV TURB FCST N OF N08 AND S OF N0930 AND E OF W077 AND W OF W07530 FL100/180",
        HEAD
        "SEV TURB FCST WI N0911 W07638 - N0832 W07705 - N0751 W07525 - N0911 W07638 AND WI "
        "N1011 W07638 - N1032 W07705 - N0951 W07525 - N1011 W07638 FL200/300",
        HEAD "TC HALIMA PSN S2048 E08221 CB OBS AT 1800Z WI 130NM OF TC CENTRE TOP FL520 FCST "
             "AT 0000Z TC CENTRE PSN S2130 E08100 WI 100NM OF TC HALIMA CENTRE",
        HEAD "SEV ICE OBS WI 50KM OF N0912 W07601 SFC/FL080 STNR NC",
        HEAD "FRQ TS OBS WI N0911 W07638 - N0832 W07705 - N0751 W07525 - N0855 W07520 TOP "
             "FL390 MOV E 10KT",
    };
    size_t tried = 0;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
        tried += damage_sigmet(reports[i]);
    assert_true(tried > 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metar__real__one_word_damaged__says_nothing_safer),
        cmocka_unit_test(metar__every_habit__one_word_damaged__says_nothing_safer),
        cmocka_unit_test(sigmet__real__one_word_damaged__is_refused_or_no_smaller),
        cmocka_unit_test(sigmet__every_form__one_word_damaged__is_refused_or_no_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
