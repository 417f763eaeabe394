// SPDX-License-Identifier: Apache-2.0
// The measured groups of a METAR: wind, visibility, temperature and pressure. Each reader
// accepts a word only if all of it has the form of its group, and then keeps the value if it
// is plausible; where it may stand is decided by geo/format/report/metar_report.c. A value
// that is only a bound ("P99", "9999", "10SM") is flagged as such; one that is less than the
// least that is reported ("M1/4SM") is taken as 0, the worst that it may be.
#include <math.h>
#include <string.h>

#include "geo/format/report/metar_report.h"

#define KNOT_MPS (1852.0 / 3600.0)
#define STATUTE_MILE_M 1609.344
#define KELVIN 273.15
#define INCH_OF_MERCURY_PA 3386.389

bool geo_metar_slashes(struct geo_wmo_word word)
{
    for (size_t i = 0; i < word.size; i++)
        if (word.text[i] != '/')
            return false;
    return word.size > 0;
}

static struct geo_wmo_word from(struct geo_wmo_word word, size_t at)
{
    return (struct geo_wmo_word){word.text + at, word.size - at, word.line};
}

// "P99", "08", "120"; P: at least so much.
static bool speed(struct geo_wmo_word word, size_t *at, uint32_t *out, bool *at_least)
{
    *at_least = *at < word.size && word.text[*at] == 'P';
    size_t start = *at_least ? *at + 1 : *at;
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

static void keep_wind(struct geo_station *out, uint32_t from_deg, bool from_known,
                      double speed_mps, bool at_least)
{
    if (speed_mps > 150.0)
        return;
    out->flags |= GEO_STATION_HAS_WIND;
    out->flags |= at_least ? (uint32_t)GEO_STATION_WIND_AT_LEAST : 0;
    out->wind_speed_mps = speed_mps;
    // 000 is calm; north is 360
    if (from_known && from_deg > 0 && from_deg <= 360 && speed_mps > 0.0) {
        out->flags |= GEO_STATION_HAS_WIND_FROM;
        out->wind_from_deg_true = from_deg == 360 ? 0.0 : from_deg;
    }
}

// 09011KT, VRB03G15KT, 27010MPS, /////KT, ///05KT.
bool geo_metar_wind(struct geo_wmo_word word, struct geo_station *out)
{
    uint32_t from_deg = 0, mean = 0, gust = 0;
    bool from_known = geo_wmo_digits(word, 0, 3, &from_deg);
    double mps;
    if (!from_known && !geo_wmo_starts(word, "VRB") && !geo_wmo_starts(word, "///"))
        return false;
    size_t at = 3;
    bool mean_more, gust_more = false, mean_known = speed(word, &at, &mean, &mean_more);
    if (!mean_known) {
        if (!geo_wmo_starts(from(word, at), "//"))
            return false;
        at += 2;
    }
    bool gust_known = false;
    if (at < word.size && word.text[at] == 'G') {
        at++;
        gust_known = speed(word, &at, &gust, &gust_more);
        if (!gust_known && !geo_wmo_starts(from(word, at), "//"))
            return false;
        at += gust_known ? 0 : 2;
    }
    if (!unit_of(from(word, at), &mps))
        return false;
    if (mean_known)
        keep_wind(out, from_deg, from_known, mean * mps, mean_more);
    if (gust_known && gust > mean && gust * mps <= 150.0) {
        out->flags |= GEO_STATION_HAS_GUST;
        out->flags |= gust_more ? (uint32_t)GEO_STATION_GUST_AT_LEAST : 0;
        out->gust_mps = gust * mps;
    }
    return true;
}

// Of several visibilities the worst.
static void keep_visibility(struct geo_station *out, double metres, bool at_least)
{
    bool has = (out->flags & GEO_STATION_HAS_VISIBILITY) != 0;
    if (metres > 200000.0 || (has && metres >= out->visibility_m))
        return;
    out->flags &= ~(uint32_t)GEO_STATION_VISIBILITY_AT_LEAST;
    out->flags |=
        GEO_STATION_HAS_VISIBILITY | (at_least ? (uint32_t)GEO_STATION_VISIBILITY_AT_LEAST : 0);
    out->visibility_m = metres;
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
static bool read_miles(struct geo_station *out, struct geo_wmo_word word, uint32_t whole)
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
    keep_visibility(out, less ? 0.0 : miles * unit_m, more || number >= 10);
    return true;
}

bool geo_metar_visibility(struct geo_wmo_word word, struct geo_station *out)
{
    uint32_t metres;
    if (geo_metar_cavok(word)) {
        keep_visibility(out, 10000.0, true);
        return true;
    }
    if (geo_wmo_digits(word, 0, 4, &metres) && direction(from(word, 4))) {
        keep_visibility(out, metres == 9999 ? 10000.0 : metres, metres == 9999);
        return true;
    }
    return read_miles(out, word, 0);
}

bool geo_metar_cavok(struct geo_wmo_word word) { return geo_wmo_is(word, "CAVOK"); }

bool geo_metar_mixed_miles(struct geo_wmo_word whole, struct geo_wmo_word part,
                           struct geo_station *out)
{
    uint32_t count;
    double miles;
    if (whole.size != 1 || !geo_wmo_digits(whole, 0, 1, &count)
        || !read_fraction(part, count, &miles))
        return false;
    keep_visibility(out, miles * STATUTE_MILE_M, false);
    return true;
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
bool geo_metar_temperature(struct geo_wmo_word word, struct geo_station *out)
{
    if (word.size < 3 || word.size > 7 || (geo_metar_slashes(word) && word.size != 5))
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
    if (warm_known) {
        out->flags |= GEO_STATION_HAS_TEMPERATURE;
        out->temperature_k = warm_k;
    }
    // The dew point is above the temperature: one of the two is wrong, which one is unknown.
    if (dew_known && warm_known && dew_k > warm_k + 1.0) {
        out->flags &= ~(uint32_t)GEO_STATION_HAS_TEMPERATURE;
        out->temperature_k = 0.0;
    } else if (dew_known) {
        out->flags |= GEO_STATION_HAS_DEW_POINT;
        out->dew_point_k = dew_k;
    }
    return true;
}

bool geo_metar_pressure(struct geo_wmo_word word, struct geo_station *out)
{
    uint32_t value;
    bool hectopascal = geo_wmo_starts(word, "Q");
    if ((!hectopascal && !geo_wmo_starts(word, "A")) || word.size != 5)
        return false;
    if (geo_wmo_is(from(word, 1), "////"))
        return true;
    if (!geo_wmo_digits(word, 1, 4, &value))
        return false;
    double qnh_pa = hectopascal ? value * 100.0 : value / 100.0 * INCH_OF_MERCURY_PA;
    if (qnh_pa < 85000.0 || qnh_pa > 110000.0)
        return false;
    if ((out->flags & GEO_STATION_HAS_QNH) == 0) {
        out->flags |= GEO_STATION_HAS_QNH;
        out->qnh_pa = qnh_pa;
    }
    return true;
}
