// SPDX-License-Identifier: Apache-2.0
// WMO No. 306, FM 15 and FM 16, with the United States' and Canada's own groups. The places of
// the groups have an order: wind, visibility, runway visual range and weather, clouds, then
// temperature and pressure. A word is offered to the readers of the groups that may stand
// where it stands. One that none of them accepts may have been any of these: each value that
// it could have made worse becomes unknown, not only the one that it resembles. So do those of
// a report that ends, or goes on with its trend, before temperature and pressure, and of one
// whose temperature and pressure stand in another order: one of them then stands where a group
// of the sky was. Behind them no word is of the sky. A layer or a fall that was read stays.
#include "geo/format/report/metar_report.h"

#include <math.h>
#include <string.h>

#include "geo/record/refusal.h"
#include "geo/utc.h"

// One pressure in two units: hectopascals are rounded down, inches to a hundredth.
#define PRESSURES_AGREE_PA 200.0

#define PAST_US (7 * GEO_UTC_DAY_US)
// Clocks differ, and some stations give the full hour for which they observe. A larger
// tolerance would make a report newer than its own correction.
#define FUTURE_US (10 * GEO_UTC_SECOND_US * 60)

enum place { PLACE_WIND, PLACE_VISIBILITY, PLACE_RANGE, PLACE_WEATHER, PLACE_CLOUD };

struct reading {
    struct geo_station *out;
    struct geo_metar_sky sky;
    enum place place;
    bool wind_before;  // the last word was the wind
    bool missed_wind;  // a word was not read where the wind has its place,
    bool missed_cloud; // or farther on, and it may have been a cloud
    bool visibility_seen, visibility_lost, cavok;
    bool temperature, altimeter; // read: no sky group follows
    bool hectopascal, inches;
    bool wind_lost, pressure_lost; // told twice, and not alike
    bool remarks;                  // RMK was met
    bool blind;                    // by its remarks it does not see what falls
    struct geo_wmo_word odd;
};

static void note_odd(struct reading *r, struct geo_wmo_word word)
{
    if (r->odd.size == 0)
        r->odd = word;
}

// Something stood here that was not understood: what may stand here or was to follow is
// unknown.
static void doubt(struct reading *r)
{
    r->visibility_lost = r->visibility_lost || r->place <= PLACE_VISIBILITY;
    geo_metar_sky_doubt(&r->sky);
}

static void lose_weather(struct reading *r)
{
    r->sky.weather_lost = r->sky.convection_lost = true;
}

// Not read where a visibility, weather or a cloud may stand.
static void miss(struct reading *r, struct geo_wmo_word word)
{
    bool automatic = (r->out->flags & GEO_STATION_AUTO) != 0;
    note_odd(r, word);
    if (r->place == PLACE_WIND) {
        r->missed_wind = true;
        return;
    }
    if (r->place == PLACE_CLOUD) {
        doubt(r);
        return;
    }
    lose_weather(r);
    // Without a visibility before it, it was that: only automatic stations leave it out.
    r->missed_cloud =
        r->missed_cloud || r->place == PLACE_WEATHER || r->visibility_seen || automatic;
    r->visibility_lost = r->visibility_lost || r->place == PLACE_VISIBILITY;
}

// What follows a word that was not read tells what it may have been: before the wind, or before
// the visibility of a report without wind, AUTO or the wind; before the visibility or weather
// no cloud.
static void settle(struct reading *r, enum place next)
{
    if (r->missed_wind)
        lose_weather(r);
    if (r->missed_wind && (next == PLACE_RANGE || next == PLACE_WEATHER))
        r->visibility_lost = true;
    if (next == PLACE_CLOUD && (r->missed_wind || r->missed_cloud))
        doubt(r);
    r->missed_wind = r->missed_cloud = false;
}

static void reach(struct reading *r, enum place place)
{
    settle(r, place);
    if (place > r->place)
        r->place = place;
}

static bool designator(struct geo_wmo_word word, size_t *at)
{
    uint32_t ignored;
    if (!geo_wmo_starts(word, "R") || !geo_wmo_digits(word, 1, 2, &ignored))
        return false;
    *at = 3;
    while (*at < word.size && *at < 5 && strchr("LCR", word.text[*at]) != NULL)
        ++*at;
    return *at < word.size && word.text[(*at)++] == '/';
}

// R27L/0600V1000U, R24/P6000FT/D, R06//////.
static bool visual_range(struct geo_wmo_word word)
{
    size_t at, run = 0;
    uint32_t ignored;
    if (!designator(word, &at))
        return false;
    const struct geo_wmo_word rest = {.text = word.text + at, .size = word.size - at};
    if (geo_metar_slashes(rest))
        return rest.size >= 4;
    bool more = geo_wmo_starts(rest, "P") || geo_wmo_starts(rest, "M");
    if (!geo_wmo_digits(rest, more, 4, &ignored))
        return false;
    for (at = 0; at < rest.size; at++) {
        run = rest.text[at] >= '0' && rest.text[at] <= '9' ? run + 1 : 0;
        if (run > 4 || rest.text[at] == '\0'
            || strchr("0123456789PMVFTUDN/", rest.text[at]) == NULL)
            return false;
    }
    return true;
}

static bool variable_wind(struct geo_wmo_word word)
{
    uint32_t ignored;
    return word.size == 7 && word.text[3] == 'V' && geo_wmo_digits(word, 0, 3, &ignored)
           && geo_wmo_digits(word, 4, 3, &ignored);
}

// Behind the pressure: recent weather, wind shear, runway state and range, sea, colours.
static bool skipped(struct geo_wmo_word word)
{
    static const char *const words[] = {"WS",   "ALL",  "RWY", "BLU", "BLU+",  "WHT",
                                        "GRN",  "YLO",  "AMB", "RED", "BLACK", "SNOCLO",
                                        "YLO1", "YLO2", "$",   "NIL"};
    uint32_t ignored;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (geo_wmo_is(word, words[i]))
            return true;
    if (word.size >= 3 && word.text[0] == 'R')
        return word.text[1] == 'E' || geo_wmo_digits(word, 1, 2, &ignored)
               || geo_wmo_starts(word, "RWY") || geo_wmo_starts(word, "R/");
    if (word.size >= 3 && word.text[0] == 'W' && word.text[1] >= '0' && word.text[1] <= '9')
        return memchr(word.text, '/', word.size) != NULL;
    return geo_wmo_digits(word, 0, 8, &ignored);
}

// The begin of trend or remarks: no observation follows.
static bool ends(struct geo_wmo_word word)
{
    return geo_wmo_is(word, "RMK") || geo_wmo_starts(word, "RMK/") || geo_wmo_is(word, "NOSIG")
           || geo_wmo_is(word, "BECMG") || geo_wmo_is(word, "TEMPO")
           || geo_wmo_is(word, "INTER") || geo_wmo_is(word, "TREND") || geo_wmo_is(word, "FCST")
           || geo_wmo_starts(word, "PROB") || (geo_wmo_starts(word, "FM") && word.size >= 6);
}

// Slashes where wind or visibility stand; of another length than theirs they are a damaged
// group. Six or more are clouds, unless the visibility goes on, or weather follows.
static bool read_slashes(struct reading *r, const struct geo_metar_report *report, size_t at)
{
    const struct geo_wmo_word word = report->words[at];
    const struct geo_wmo_word next = at + 1 < report->count ? report->words[at + 1] : word;
    struct geo_station unused = {0};
    struct geo_metar_sky sky = {0};
    if (r->place == PLACE_WIND && (word.size != 4 || geo_metar_visibility(next, &unused)))
        return false;
    if (word.size > 5 && !visual_range(next) && !geo_metar_visibility(next, &unused)
        && !geo_metar_weather(next, &sky, unused.codes)) {
        if (!geo_metar_cloud(word, &sky))
            return false;
        settle(r, PLACE_CLOUD);
        (void)geo_metar_cloud(word, &r->sky);
        reach(r, PLACE_CLOUD);
        return true;
    }
    if (word.size == 3)
        return false;
    bool seen = r->visibility_seen;
    reach(r, PLACE_VISIBILITY);
    r->visibility_seen = r->visibility_lost = true;
    if (word.size == 4)
        return true;
    note_odd(r, word);
    if (seen)
        lose_weather(r);
    r->missed_cloud = seen || (r->out->flags & GEO_STATION_AUTO) != 0;
    return true;
}

// One word before temperature and pressure, by the places at which groups may stand. *at: of
// the word; of the second one where two words were read. False: it was not read.
static bool read_sky(struct reading *r, const struct geo_metar_report *report, size_t *at)
{
    const struct geo_wmo_word word = report->words[*at];
    bool wind_before = r->wind_before, seeing = r->place <= PLACE_VISIBILITY;
    r->wind_before = false;
    if (r->place == PLACE_WIND && geo_metar_wind(word, r->out)) {
        reach(r, PLACE_VISIBILITY);
        r->wind_before = true;
        return true;
    }
    if (wind_before && variable_wind(word))
        return true;
    bool mixed =
        *at + 1 < report->count && geo_metar_mixed_miles(word, report->words[*at + 1], r->out);
    *at += mixed;
    if (mixed || geo_metar_visibility(word, r->out)) {
        r->cavok = r->cavok || geo_metar_cavok(word);
        r->visibility_seen = true;
        if (seeing)
            reach(r, PLACE_VISIBILITY);
        return seeing;
    }
    if (geo_metar_slashes(word) && seeing && word.size != 2)
        return read_slashes(r, report, *at);
    if (r->place <= PLACE_RANGE && visual_range(word)) {
        reach(r, PLACE_RANGE);
        return true;
    }
    // the clouds before the weather: read, but a cloud may have stood there
    if (geo_metar_weather(word, &r->sky, r->out->codes)) {
        bool placed = r->place < PLACE_CLOUD;
        reach(r, PLACE_WEATHER);
        return placed;
    }
    struct geo_metar_sky unused = {0};
    if (!geo_metar_cloud(word, &unused))
        return false;
    settle(r, PLACE_CLOUD); // what was not read before it may lie below it
    (void)geo_metar_cloud(word, &r->sky);
    reach(r, PLACE_CLOUD);
    return true;
}

// Temperature, then pressure, or one of them; in another order, or twice, one of them stands
// where a group of the sky was.
static bool read_air(struct reading *r, struct geo_wmo_word word)
{
    if (geo_metar_temperature(word, r->out)) {
        settle(r, PLACE_CLOUD);
        if (r->temperature || r->altimeter)
            doubt(r);
        r->temperature = true;
        return true;
    }
    struct geo_station told = {0};
    if (!geo_metar_pressure(word, &told))
        return false;
    if ((r->out->flags & told.flags & GEO_STATION_HAS_QNH) != 0
        && fabs(r->out->qnh_pa - told.qnh_pa) > PRESSURES_AGREE_PA)
        r->pressure_lost = true;
    (void)geo_metar_pressure(word, r->out);
    settle(r, PLACE_CLOUD);
    bool *unit = word.text[0] == 'Q' ? &r->hectopascal : &r->inches;
    if (*unit)
        doubt(r);
    *unit = r->altimeter = true;
    return true;
}

// A group of the sky behind the temperature: what was read as temperature may have been none.
// Behind the pressure, cloud and weather may be of the observation, or of a trend whose word
// was lost.
static bool misplaced(struct reading *r, struct geo_wmo_word word)
{
    struct geo_station unused = {0};
    struct geo_metar_sky sky = {0};
    if (r->altimeter && geo_metar_slashes(word))
        return false;
    return geo_metar_cloud(word, &sky) || geo_metar_weather(word, &sky, unused.codes)
           || (!r->altimeter && geo_metar_visibility(word, &unused));
}

// A second wind that is another one.
static void compare_wind(struct reading *r, struct geo_wmo_word word)
{
    struct geo_station told = {0};
    if (geo_metar_wind(word, &told)
        && (told.wind_speed_mps != r->out->wind_speed_mps
            || told.wind_from_deg_true != r->out->wind_from_deg_true
            || told.gust_mps != r->out->gust_mps))
        r->wind_lost = true;
}

// Remarks are not read, but they must not be contradicted: the station does not see what falls,
// or something towers that its report leaves out.
static void heed_remark(struct reading *r, struct geo_wmo_word word)
{
    static const char *const towering[] = {"TS", "LTG", "CB", "TCU", "FUNNEL", "TORNADO"};
    r->blind = r->blind || geo_wmo_is(word, "AO1") || geo_wmo_is(word, "A01")
               || geo_wmo_is(word, "PWINO");
    for (size_t i = 0; i < sizeof towering / sizeof towering[0]; i++)
        if (r->remarks && geo_wmo_starts(word, towering[i]))
            r->sky.convection_lost = true;
    r->remarks = r->remarks || geo_wmo_starts(word, "RMK");
}

static void read_body(struct reading *r, const struct geo_metar_report *report, size_t at)
{
    for (; at < report->count && !ends(report->words[at]); at++) {
        const struct geo_wmo_word word = report->words[at];
        bool sky = !r->temperature && !r->altimeter;
        if ((sky && read_sky(r, report, &at)) || read_air(r, word) || (!sky && skipped(word)))
            continue;
        compare_wind(r, word);
        if (sky)
            miss(r, word);
        else if (misplaced(r, word))
            doubt(r);
        note_odd(r, word);
    }
    // cut short, or a trend where the sky should go on
    settle(r, PLACE_CLOUD);
    if (!r->temperature && !r->altimeter)
        doubt(r);
    for (; at < report->count; at++)
        heed_remark(r, report->words[at]);
}

static void finish(struct reading *r)
{
    const uint32_t wind = GEO_STATION_HAS_WIND | GEO_STATION_HAS_WIND_FROM
                          | GEO_STATION_HAS_GUST | GEO_STATION_WIND_AT_LEAST
                          | GEO_STATION_GUST_AT_LEAST;
    const uint32_t visibility = GEO_STATION_HAS_VISIBILITY | GEO_STATION_VISIBILITY_AT_LEAST;
    // none is worse than 0
    bool worst =
        (r->out->flags & GEO_STATION_HAS_VISIBILITY) != 0 && r->out->visibility_m <= 0.0;
    if (r->visibility_lost && !worst) {
        r->out->flags &= ~visibility;
        r->out->visibility_m = 0.0;
    }
    if (r->pressure_lost) {
        r->out->flags &= ~(uint32_t)GEO_STATION_HAS_QNH;
        r->out->qnh_pa = 0.0;
    }
    if (r->wind_lost) {
        r->out->flags &= ~wind;
        r->out->wind_speed_mps = r->out->wind_from_deg_true = r->out->gust_mps = 0.0;
    }
    bool automatic = (r->out->flags & GEO_STATION_AUTO) != 0;
    r->sky.weather_lost = r->sky.weather_lost || (automatic && r->blind);
    geo_metar_sky_finish(&r->sky, automatic, r->cavok, r->out);
}

// The time, and the words between it and the observation. *at: the first word of that.
static enum drf_status read_head(const struct geo_metar_report *report,
                                 int64_t reference_utc_us, struct geo_station *out, bool *nil,
                                 size_t *at, struct geo_note *why)
{
    const struct geo_wmo_word place = report->words[0];
    const struct geo_wmo_word when = report->count > 1 ? report->words[1] : place;
    *at = 1;
    if (when.size == 7 && when.text[6] == 'Z') {
        if (geo_wmo_time(when.text, reference_utc_us, &out->observed_utc_us) != DRF_OK)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, place.line, "%.4s: %.7s is no time",
                              place.text, when.text);
        if (out->observed_utc_us < reference_utc_us - PAST_US
            || out->observed_utc_us > reference_utc_us + FUTURE_US)
            return geo_refuse(why, GEO_REFUSAL_RANGE, place.line,
                              "%.4s: %.7s is not within the week before the message, or more "
                              "than ten minutes after it",
                              place.text, when.text);
        *at = 2;
    }
    for (; *at < report->count; ++*at) {
        const struct geo_wmo_word word = report->words[*at];
        bool canadian = word.size == 3 && geo_wmo_starts(word, "CC") && word.text[2] >= 'A'
                        && word.text[2] <= 'Z';
        if (geo_wmo_is(word, "NIL"))
            *nil = true;
        else if (geo_wmo_is(word, "AUTO"))
            out->flags |= GEO_STATION_AUTO;
        else if (geo_wmo_is(word, "COR") || canadian)
            out->flags |= GEO_STATION_CORRECTED;
        else
            break;
    }
    if (!*nil && when.text == place.text)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, place.line, "%.4s: no time", place.text);
    if (!*nil && (when.size != 7 || when.text[6] != 'Z'))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, place.line, "%.4s: no time", place.text);
    return DRF_OK;
}

enum drf_status geo_metar_report_read(const struct geo_metar_report *report,
                                      int64_t reference_utc_us, struct geo_station *out,
                                      bool *nil, struct geo_wmo_word *odd, struct geo_note *why)
{
    struct geo_station station = {.flags =
                                      report->corrected ? (uint32_t)GEO_STATION_CORRECTED : 0};
    struct reading reading = {.out = &station};
    size_t at;
    *nil = false;
    *odd = (struct geo_wmo_word){0};
    if (report->count == 0 || !geo_wmo_location(report->words[0]))
        return geo_refuse(why, GEO_REFUSAL_FORMAT,
                          report->count > 0 ? report->words[0].line : 0,
                          "a report without a location");
    memcpy(station.id, report->words[0].text, 4);
    enum drf_status status = read_head(report, reference_utc_us, &station, nil, &at, why);
    if (status != DRF_OK || *nil)
        return status;
    read_body(&reading, report, at);
    finish(&reading);
    *odd = reading.odd;
    const uint32_t told = GEO_STATION_HAS_WIND | GEO_STATION_HAS_GUST
                          | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_DEW_POINT
                          | GEO_STATION_HAS_VISIBILITY | GEO_STATION_HAS_CEILING
                          | GEO_STATION_HAS_QNH | GEO_STATION_HAS_WEATHER;
    const uint32_t measured = told & ~(uint32_t)GEO_STATION_HAS_WEATHER;
    if ((station.flags & measured) == 0 && station.codes[0] == '\0'
        && (station.flags & GEO_STATION_CONVECTION) == 0)
        return geo_refuse(why, GEO_REFUSAL_NO_VALUES, report->words[0].line,
                          "%s: no group of it can be read", station.id);
    *out = station;
    return DRF_OK;
}
