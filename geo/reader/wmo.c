// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/wmo.h"

#include <string.h>

#include "geo/utc.h"

enum { DIGITS_MAX = 9 };

static bool blank(char c) { return (unsigned char)c <= ' ' || c == 0x7f; }

bool geo_wmo_next(struct geo_wmo_text *text, struct geo_wmo_word *out)
{
    while (text->at < text->size && blank(text->text[text->at]))
        text->line += text->text[text->at++] == '\n';
    if (text->at >= text->size)
        return false;
    size_t first = text->at++;
    if (text->text[first] != '=')
        while (text->at < text->size && !blank(text->text[text->at])
               && text->text[text->at] != '=')
            text->at++;
    *out = (struct geo_wmo_word){text->text + first, text->at - first, text->line};
    return true;
}

bool geo_wmo_is(struct geo_wmo_word word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.text, text, word.size) == 0;
}

bool geo_wmo_starts(struct geo_wmo_word word, const char *text)
{
    size_t length = strlen(text);
    return word.size >= length && memcmp(word.text, text, length) == 0;
}

static bool digit(char c) { return c >= '0' && c <= '9'; }

bool geo_wmo_digits(struct geo_wmo_word word, size_t at, size_t count, uint32_t *out)
{
    if (count == 0 || count > DIGITS_MAX || at > word.size || count > word.size - at)
        return false;
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (!digit(word.text[at + i]))
            return false;
        value = value * 10 + (uint32_t)(word.text[at + i] - '0');
    }
    *out = value;
    return true;
}

bool geo_wmo_location(struct geo_wmo_word word)
{
    if (word.size != 4 || word.text[0] < 'A' || word.text[0] > 'Z')
        return false;
    for (size_t i = 1; i < 4; i++)
        if (!digit(word.text[i]) && (word.text[i] < 'A' || word.text[i] > 'Z'))
            return false;
    return true;
}

// Year and month, counted as months since the year 0, of a day since 1970 (the civil calendar
// in years that begin in March).
static int64_t month_of(int64_t utc_us)
{
    int64_t days = utc_us / GEO_UTC_DAY_US - (utc_us % GEO_UTC_DAY_US < 0);
    days += 719468; // to 0000-03-01
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * of_year + 2) / 153; // 0 is March
    return (era * 400 + year) * 12 + march + 2;
}

enum drf_status geo_wmo_time(const char *six, int64_t reference_utc_us, int64_t *out_utc_us)
{
    const struct geo_wmo_word word = {.text = six, .size = 6};
    uint32_t day, hour, minute;
    if (!geo_wmo_digits(word, 0, 2, &day) || !geo_wmo_digits(word, 2, 2, &hour)
        || !geo_wmo_digits(word, 4, 2, &minute) || hour > 24 || (hour == 24 && minute > 0))
        return DRF_ERR_SYNTAX;
    int64_t month = month_of(reference_utc_us), best_us = INT64_MAX;
    bool found = false;
    for (int64_t m = month - 1; m <= month + 1; m++) {
        const struct geo_utc_fields fields = {.year = (int)(m / 12),
                                              .month = (int)(m % 12) + 1,
                                              .day = (int)day,
                                              .hour = hour == 24 ? 0 : (int)hour,
                                              .minute = (int)minute};
        int64_t utc_us;
        if (m < 0 || geo_utc_from_fields(fields, &utc_us) != DRF_OK)
            continue;
        utc_us += hour == 24 ? GEO_UTC_DAY_US : 0;
        int64_t away_us = utc_us - reference_utc_us;
        away_us = away_us < 0 ? -away_us : away_us;
        if (away_us >= best_us)
            continue;
        best_us = away_us;
        *out_utc_us = utc_us;
        found = true;
    }
    return found ? DRF_OK : DRF_ERR_SYNTAX;
}
