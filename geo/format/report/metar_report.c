// SPDX-License-Identifier: Apache-2.0
// WMO No. 306, FM 15 and FM 16, with the United States' and Canada's own groups. After
// location and time each word is offered to the readers of the groups in a fixed order, and
// the first that accepts it keeps its value; the order of the groups in the report matters
// only in that nothing after temperature or pressure is read as visibility, cloud or
// weather. Words up to the trend or the remarks are read. The first word that no reader
// accepts and that is not in the list of ignored ones is returned to the caller, which
// reports it.
#include "geo/format/report/metar_report.h"

#include <math.h>
#include <string.h>

#include "geo/record/refusal.h"
#include "geo/utc.h"

#define KNOT_MPS (1852.0 / 3600.0)
#define STATUTE_MILE_M 1609.344
#define KELVIN 273.15
#define INCH_OF_MERCURY_PA 3386.389
#define PAST_US (7 * GEO_UTC_DAY_US)
// Clocks differ, and some stations give the full hour for which they observe. A larger
// tolerance would make a report newer than its own correction.
#define FUTURE_US (10 * GEO_UTC_SECOND_US * 60)

struct reading {
    struct geo_station *out;
    struct geo_metar_sky sky;
    bool wind_seen, cavok;
    bool air_seen; // temperature or pressure was read: no sky groups follow
};

static struct geo_wmo_word from(struct geo_wmo_word word, size_t at)
{
    return (struct geo_wmo_word){word.text + at, word.size - at, word.line};
}

// "P99", "08", "120" before `end`; P: at least so much, taken as the value.
static bool speed(struct geo_wmo_word word, size_t *at, uint32_t *out)
{
    size_t start = *at < word.size && word.text[*at] == 'P' ? *at + 1 : *at;
    size_t count = geo_wmo_digits(word, start, 3, out) ? 3 : 2;
    if (count == 2 && !geo_wmo_digits(word, start, 2, out))
        return false;
    *at = start + count;
    return true;
}

static bool unit_of(struct geo_wmo_word word, double *mps)
{
    *mps = geo_wmo_is(word, "KT")    ? KNOT_MPS
           : geo_wmo_is(word, "MPS") ? 1.0
           : geo_wmo_is(word, "KMH") ? 1.0 / 3.6
                                     : 0.0;
    return *mps > 0.0;
}

static void keep_wind(struct reading *r, uint32_t from_deg, bool from_known, double speed_mps)
{
    if (speed_mps > 150.0)
        return;
    r->out->flags |= GEO_STATION_HAS_WIND;
    r->out->wind_speed_mps = speed_mps;
    // 000 is calm; north is 360
    if (from_known && from_deg > 0 && from_deg <= 360 && speed_mps > 0.0) {
        r->out->flags |= GEO_STATION_HAS_WIND_FROM;
        r->out->wind_from_deg_true = from_deg == 360 ? 0.0 : from_deg;
    }
}

// 09011KT, VRB03G15KT, 27010MPS, /////KT, ///05KT.
static bool read_wind(struct reading *r, struct geo_wmo_word word)
{
    uint32_t from_deg = 0, mean = 0, gust = 0;
    bool from_known = geo_wmo_digits(word, 0, 3, &from_deg);
    double mps;
    if (!from_known && !geo_wmo_starts(word, "VRB") && !geo_wmo_starts(word, "///"))
        return false;
    size_t at = 3;
    bool mean_known = speed(word, &at, &mean);
    if (!mean_known) {
        if (!geo_wmo_starts(from(word, at), "//"))
            return false;
        at += 2;
    }
    bool gust_known = false;
    if (at < word.size && word.text[at] == 'G') {
        at++;
        gust_known = speed(word, &at, &gust);
        if (!gust_known && !geo_wmo_starts(from(word, at), "//"))
            return false;
        at += gust_known ? 0 : 2;
    }
    if (!unit_of(from(word, at), &mps))
        return false;
    r->wind_seen = true;
    if (mean_known)
        keep_wind(r, from_deg, from_known, mean * mps);
    if (gust_known && gust > mean && gust * mps <= 150.0) {
        r->out->flags |= GEO_STATION_HAS_GUST;
        r->out->gust_mps = gust * mps;
    }
    return true;
}

// Of several visibilities the worst.
static void keep_visibility(struct reading *r, double metres, bool at_least)
{
    bool has = (r->out->flags & GEO_STATION_HAS_VISIBILITY) != 0;
    if (metres > 200000.0 || (has && metres >= r->out->visibility_m))
        return;
    r->out->flags &= ~(uint32_t)GEO_STATION_VISIBILITY_AT_LEAST;
    r->out->flags |=
        GEO_STATION_HAS_VISIBILITY | (at_least ? (uint32_t)GEO_STATION_VISIBILITY_AT_LEAST : 0);
    r->out->visibility_m = metres;
}

static bool direction(struct geo_wmo_word word)
{
    static const char *const words[] = {"N", "NE", "E", "SE", "S", "SW", "W", "NW", "NDV"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (geo_wmo_is(word, words[i]))
            return true;
    return word.size == 0;
}

// "1/2SM", "11/2SM" (the blank was lost), with `whole` miles before it.
static bool read_fraction(struct geo_wmo_word word, uint32_t whole, double *miles)
{
    const char *slash = memchr(word.text, '/', word.size);
    if (slash == NULL || word.size < 5 || memcmp(word.text + word.size - 2, "SM", 2) != 0)
        return false;
    size_t top_size = (size_t)(slash - word.text), bottom_size = word.size - top_size - 3;
    uint32_t top, bottom;
    if (top_size > 2 || bottom_size > 2 || !geo_wmo_digits(word, 0, top_size, &top)
        || !geo_wmo_digits(word, top_size + 1, bottom_size, &bottom) || bottom == 0)
        return false;
    if (top_size == 2 && top >= bottom && whole == 0) {
        whole = top / 10;
        top = top % 10;
    }
    if (top >= bottom)
        return false;
    *miles = whole + (double)top / bottom;
    return true;
}

// 10SM, P6SM, M1/4SM, 1/2SM, and 10KM.
static bool read_miles(struct reading *r, struct geo_wmo_word word, uint32_t whole)
{
    bool more = geo_wmo_starts(word, "P"), less = geo_wmo_starts(word, "M");
    struct geo_wmo_word rest = from(word, more || less ? 1 : 0);
    double miles, unit_m = STATUTE_MILE_M;
    uint32_t number = 0;
    if (!read_fraction(rest, whole, &miles)) {
        size_t count = rest.size > 2 ? rest.size - 2 : 0;
        if (count > 2 || !geo_wmo_digits(rest, 0, count, &number))
            return false;
        if (geo_wmo_is(from(rest, count), "KM"))
            unit_m = 1000.0;
        else if (!geo_wmo_is(from(rest, count), "SM"))
            return false;
        miles = number;
    }
    // Less than the least that is reported: the worst that it may be. Ten is the most that the
    // automatic stations of the United States report.
    keep_visibility(r, less ? 0.0 : miles * unit_m, more || number >= 10);
    return true;
}

static bool read_visibility(struct reading *r, struct geo_wmo_word word)
{
    uint32_t metres;
    if (geo_wmo_is(word, "CAVOK")) {
        r->cavok = true;
        keep_visibility(r, 10000.0, true);
        return true;
    }
    if (geo_wmo_is(word, "////"))
        return true;
    if (geo_wmo_digits(word, 0, 4, &metres) && direction(from(word, 4))) {
        keep_visibility(r, metres == 9999 ? 10000.0 : metres, metres == 9999);
        return true;
    }
    return read_miles(r, word, 0);
}

// "10", "M01"; size 0 or slashes: not known.
static bool degrees(struct geo_wmo_word word, bool *known, double *kelvin)
{
    bool minus = geo_wmo_starts(word, "M");
    uint32_t value;
    *known = word.size == (minus ? 3U : 2U) && geo_wmo_digits(word, minus, 2, &value)
             && value <= (minus ? 90U : 60U); // wide of every record on Earth
    if (*known)
        *kelvin = KELVIN + (minus ? -(double)value : value);
    for (size_t i = 0; i < word.size && !*known; i++)
        if (word.text[i] != '/')
            return false;
    return *known || word.size <= 2;
}

// 10/05, M01/M03, 10/, 10///, /////.
static bool read_temperature(struct reading *r, struct geo_wmo_word word)
{
    if (word.size < 3 || word.size > 7)
        return false;
    size_t at = word.text[0] == '/' ? 2 : 0;
    while (at < word.size && word.text[at] != '/')
        at++;
    if (at == word.size)
        return false;
    bool warm_known, dew_known;
    double warm_k = 0.0, dew_k = 0.0;
    const struct geo_wmo_word warm = {.text = word.text, .size = at};
    if (!degrees(warm, &warm_known, &warm_k)
        || !degrees(from(word, at + 1), &dew_known, &dew_k))
        return false;
    r->air_seen = true;
    if (warm_known) {
        r->out->flags |= GEO_STATION_HAS_TEMPERATURE;
        r->out->temperature_k = warm_k;
    }
    // The dew point is above the temperature: one of the two is wrong, which one is unknown.
    if (dew_known && warm_known && dew_k > warm_k + 1.0) {
        r->out->flags &= ~(uint32_t)GEO_STATION_HAS_TEMPERATURE;
        r->out->temperature_k = 0.0;
    } else if (dew_known) {
        r->out->flags |= GEO_STATION_HAS_DEW_POINT;
        r->out->dew_point_k = dew_k;
    }
    return true;
}

static bool read_pressure(struct reading *r, struct geo_wmo_word word)
{
    uint32_t value;
    bool hectopascal = geo_wmo_starts(word, "Q");
    if ((!hectopascal && !geo_wmo_starts(word, "A")) || word.size != 5)
        return false;
    if (geo_wmo_is(from(word, 1), "////")) {
        r->air_seen = true;
        return true;
    }
    if (!geo_wmo_digits(word, 1, 4, &value))
        return false;
    double qnh_pa = hectopascal ? value * 100.0 : value / 100.0 * INCH_OF_MERCURY_PA;
    r->air_seen = true;
    if (qnh_pa < 85000.0 || qnh_pa > 110000.0)
        return false;
    if ((r->out->flags & GEO_STATION_HAS_QNH) == 0) {
        r->out->flags |= GEO_STATION_HAS_QNH;
        r->out->qnh_pa = qnh_pa;
    }
    return true;
}

// Runway visual range and state, variable wind, recent weather, wind shear, sea, colours.
static bool skipped(struct geo_wmo_word word)
{
    static const char *const words[] = {"WS",   "ALL",  "RWY", "BLU", "BLU+",  "WHT",
                                        "GRN",  "YLO",  "AMB", "RED", "BLACK", "SNOCLO",
                                        "YLO1", "YLO2", "$",   "NIL"};
    uint32_t ignored;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (geo_wmo_is(word, words[i]))
            return true;
    if (word.size == 7 && word.text[3] == 'V')
        return geo_wmo_digits(word, 0, 3, &ignored) && geo_wmo_digits(word, 4, 3, &ignored);
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

static bool read_sky(struct reading *r, struct geo_wmo_word word)
{
    if (!r->wind_seen && read_wind(r, word))
        return true;
    return read_visibility(r, word) || geo_metar_cloud(word, &r->sky)
           || geo_metar_weather(word, &r->sky, r->out->codes);
}

static void read_body(struct reading *r, const struct geo_metar_report *report, size_t at,
                      struct geo_wmo_word *odd)
{
    for (; at < report->count && !ends(report->words[at]); at++) {
        struct geo_wmo_word word = report->words[at];
        uint32_t whole;
        double miles;
        if (!r->air_seen && word.size == 1 && geo_wmo_digits(word, 0, 1, &whole)
            && at + 1 < report->count && read_fraction(report->words[at + 1], whole, &miles)) {
            keep_visibility(r, miles * STATUTE_MILE_M, false);
            at++;
        } else if (!(!r->air_seen && read_sky(r, word)) && !read_temperature(r, word)
                   && !read_pressure(r, word) && !skipped(word) && odd->size == 0) {
            *odd = word;
        }
    }
}

static void finish(struct reading *r)
{
    bool automatic = (r->out->flags & GEO_STATION_AUTO) != 0;
    if (r->cavok) {
        r->sky.clear = true;
        r->sky.weather_told = true;
    }
    geo_metar_sky_finish(&r->sky, r->out);
    // An observer reports precipitation; an automatic station may not detect it.
    bool told = r->sky.weather_told || (!automatic && !r->sky.weather_lost);
    if (told)
        r->out->flags |= GEO_STATION_HAS_WEATHER;
    if (told && r->sky.precipitation)
        r->out->flags |= GEO_STATION_PRECIPITATION;
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
    read_body(&reading, report, at, odd);
    finish(&reading);
    const uint32_t told = GEO_STATION_HAS_WIND | GEO_STATION_HAS_GUST
                          | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_DEW_POINT
                          | GEO_STATION_HAS_VISIBILITY | GEO_STATION_HAS_CEILING
                          | GEO_STATION_HAS_QNH | GEO_STATION_HAS_WEATHER;
    const uint32_t measured = told & ~(uint32_t)GEO_STATION_HAS_WEATHER;
    if ((station.flags & measured) == 0 && station.codes[0] == '\0')
        return geo_refuse(why, GEO_REFUSAL_NO_VALUES, report->words[0].line,
                          "%s: no group of it can be read", station.id);
    *out = station;
    return DRF_OK;
}
