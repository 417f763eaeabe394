// SPDX-License-Identifier: Apache-2.0
// Levels of a SIGMET: each level or range with the words TOP, ABV and BLW before it. What is
// not certain is the wider: several levels together, a level behind a word that is not known,
// a level alone (its TOP or ABV may be lost), no lower limit for what reaches to the ground.
#include <string.h>

#include "geo/format/report/sigmet_area.h"

#define HUNDRED_FEET_M 30.48
#define FOOT_M 0.3048

static bool digit(char c) { return c >= '0' && c <= '9'; }

static bool among(struct geo_wmo_word word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (geo_wmo_is(word, list[i]))
            return true;
    return false;
}

static size_t digits_of(struct geo_wmo_word word)
{
    size_t count = 0;
    while (count < word.size && digit(word.text[count]))
        count++;
    return count;
}

// "FL520", "10000FT", "3000M", "SFC"; `level`: FL stood before it already (FL270/340).
static bool limit_of(struct geo_wmo_word word, bool level, struct geo_zone_limit *out)
{
    uint32_t value;
    if (geo_wmo_is(word, "SFC")) {
        *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
        return true;
    }
    bool said = geo_wmo_starts(word, "FL");
    if ((said && word.size == 5 && geo_wmo_digits(word, 2, 3, &value))
        || (level && word.size == 3 && geo_wmo_digits(word, 0, 3, &value))) {
        *out = (struct geo_zone_limit){.m = value * HUNDRED_FEET_M,
                                       .reference = GEO_ZONE_PRESSURE};
        return true;
    }
    size_t digits = 0;
    while (digits < word.size && digit(word.text[digits]))
        digits++;
    const struct geo_wmo_word unit = {.text = word.text + digits, .size = word.size - digits};
    bool feet = geo_wmo_is(unit, "FT"), metres = geo_wmo_is(unit, "M");
    if (digits < 3 || digits > 5 || (!feet && !metres)
        || !geo_wmo_digits(word, 0, digits, &value))
        return false;
    *out =
        (struct geo_zone_limit){.m = value * (feet ? FOOT_M : 1.0), .reference = GEO_ZONE_AMSL};
    return true;
}

// "FL270/340", "SFC/FL080", "2000/5000M": the lower takes the unit of the upper.
static bool range_of(struct geo_wmo_word word, struct geo_zone_limit *lower,
                     struct geo_zone_limit *upper)
{
    const char *slash = memchr(word.text, '/', word.size);
    if (slash == NULL)
        return false;
    size_t at = (size_t)(slash - word.text);
    const struct geo_wmo_word first = {.text = word.text, .size = at};
    const struct geo_wmo_word last = {.text = slash + 1, .size = word.size - at - 1};
    if (!limit_of(last, geo_wmo_starts(first, "FL"), upper))
        return false;
    uint32_t value;
    if (at >= 3 && at <= 5 && upper->reference == GEO_ZONE_AMSL
        && geo_wmo_digits(first, 0, at, &value)) {
        double unit_m = last.text[last.size - 1] == 'T' ? FOOT_M : 1.0;
        *lower = (struct geo_zone_limit){.m = value * unit_m, .reference = GEO_ZONE_AMSL};
    } else if (!limit_of(first, false, lower)) {
        return false;
    }
    bool inverted = lower->reference == upper->reference
                    && lower->reference != GEO_ZONE_UNLIMITED && lower->m > upper->m;
    return !inverted && upper->reference != GEO_ZONE_UNLIMITED;
}

bool geo_sigmet_known(struct geo_wmo_word word)
{
    static const char *const words[] = {
        "AND",   "TOP", "TOPS",  "ABV",     "BLW", "TO",   "SFC", "MOV", "STNR",
        "SLWLY", "SLW", "INTSF", "INTSFYG", "WKN", "WKNG", "NC",  "OBS", "FCST",
        "AT",    "WI",  "TC",    "CENTRE",  "PSN", "VA",   "CLD", "NO",  "EXP",
        "CB",    "N",   "NNE",   "NE",      "ENE", "E",    "ESE", "SE",  "SSE",
        "S",     "SSW", "SW",    "WSW",     "W",   "WNW",  "NW",  "NNW"};
    struct geo_zone_limit low, high;
    size_t digits = digits_of(word);
    const struct geo_wmo_word unit = {.text = word.text + digits, .size = word.size - digits};
    bool measure =
        digits > 0
        && (geo_wmo_is(unit, "KT") || geo_wmo_is(unit, "KMH") || geo_wmo_is(unit, "NM")
            || geo_wmo_is(unit, "KM") || (digits == 4 && geo_wmo_is(unit, "Z")));
    return measure || among(word, words, sizeof words / sizeof words[0])
           || limit_of(word, false, &high) || range_of(word, &low, &high);
}

// Whether the phenomenon may be aloft only; a thunderstorm, a cyclone or one that is not known
// reaches to the ground, whatever is told of its top.
static bool aloft(struct geo_sigmet_text text)
{
    static const char *const high[] = {"TURB", "ICE", "ICG", "MTW", "VA"};
    static const char *const deep[] = {"TS", "TSGR", "CB", "TC", "TCU"};
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word word;
    bool found = false;
    while (geo_wmo_next(&words, &word)) {
        if (among(word, deep, sizeof deep / sizeof deep[0]))
            return false;
        found = found || among(word, high, sizeof high / sizeof high[0]);
    }
    return found;
}

static void widen(struct geo_zone_limit *limit, struct geo_zone_limit with, bool up)
{
    const struct geo_zone_limit none = {.reference = GEO_ZONE_UNLIMITED};
    if (limit->reference != with.reference)
        *limit = none;
    else if (up ? with.m > limit->m : with.m < limit->m)
        *limit = with;
}

// One level or range, and what stands before it.
static bool one_level(struct geo_wmo_word word, bool above, bool below, bool top,
                      struct geo_zone_limit *lower, struct geo_zone_limit *upper)
{
    const struct geo_zone_limit none = {.reference = GEO_ZONE_UNLIMITED};
    bool range = range_of(word, lower, upper);
    if (!range && (geo_wmo_is(word, "SFC") || !limit_of(word, false, upper)))
        return false;
    if (range && !top && !below && !above)
        return true;
    *lower = above && !top && !range ? *upper : none;
    if (above || (!range && !top && !below))
        *upper = none;
    return true;
}

void geo_sigmet_levels(struct geo_sigmet_text text, bool known, struct geo_zone_limit *lower,
                       struct geo_zone_limit *upper)
{
    const struct geo_zone_limit none = {.reference = GEO_ZONE_UNLIMITED};
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word word;
    bool above = false, below = false, top = false, told = false;
    *lower = *upper = none;
    while (geo_wmo_next(&words, &word)) {
        struct geo_zone_limit low, high;
        if (one_level(word, above, below, top, &low, &high)) {
            if (told) {
                widen(lower, low, false);
                widen(upper, high, true);
            } else {
                *lower = low;
                *upper = high;
            }
            told = true;
        }
        // TOP ABV FL390: both words count
        above = geo_wmo_is(word, "ABV");
        below = geo_wmo_is(word, "BLW");
        top = geo_wmo_is(word, "TOP") || geo_wmo_is(word, "TOPS")
              || (top && (above || below || geo_wmo_is(word, "TO")));
    }
    if (!known)
        *lower = *upper = none;
    if (!aloft(text))
        *lower = none;
}
