// SPDX-License-Identifier: Apache-2.0
// The begin and the end of an interval, as authorities write them.
#include <string.h>

#include "geo/format/zone/zone_times.h"
#include "geo/utc.h"

enum {
    TEXT_SIZE = 48,
    DATE_SIZE = 10,     // 2026-01-01
    OFFSET_EAST_H = 14, // clocks are at most so far ahead of UTC
    OFFSET_WEST_H = 12, // and so far behind
    YEAR_FIRST = 1800,  // of geo/utc.h
    YEAR_LAST = 2200,
};
#define HOUR_US (INT64_C(3600) * GEO_UTC_SECOND_US)

// Without the spaces around it, NUL-terminated. False: too long for any time.
static bool trimmed(const char *text, size_t size, char out[static TEXT_SIZE])
{
    while (size > 0 && text[0] == ' ') {
        text++;
        size--;
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    if (size >= TEXT_SIZE || memchr(text, '\0', size) != NULL)
        return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

static int year_of(const char *text)
{
    int year = 0;
    for (int i = 0; i < 4; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        year = year * 10 + (text[i] - '0');
    }
    return text[4] == '-' ? year : -1;
}

bool geo_zone_no_bound(const char *text, size_t size, int end)
{
    static const char *const endless[] = {"PERM", "PERMANENT", "UFN", "UNLIMITED", "UNL"};
    char word[TEXT_SIZE];
    if (text == NULL || !trimmed(text, size, word))
        return false;
    if (word[0] == '\0' || (end < 0 && geo_zone_same(word, "WIE")))
        return true;
    for (size_t i = 0; end > 0 && i < sizeof endless / sizeof endless[0]; i++)
        if (geo_zone_same(word, endless[i]))
            return true;
    int year = year_of(word);
    return year >= 0 && (end > 0 ? year > YEAR_LAST : year < YEAR_FIRST);
}

// Cuts a word off the end of a text, with the space before it.
static bool cut(char *text, const char *word)
{
    size_t size = strlen(text), tail = strlen(word);
    if (size <= tail || !geo_zone_same(text + size - tail, word)
        || text[size - tail - 1] != ' ')
        return false;
    while (size > tail && text[size - tail - 1] == ' ')
        size--;
    text[size - tail] = '\0';
    return true;
}

// "T" and "Z" as geo_utc_parse() wants them, "+0100" and "+01" with a colon.
static void mend(char *text)
{
    size_t size = strlen(text);
    if (size > DATE_SIZE && (text[DATE_SIZE] == ' ' || text[DATE_SIZE] == 't'))
        text[DATE_SIZE] = 'T';
    if (size > 0 && text[size - 1] == 'z')
        text[size - 1] = 'Z';
    const char *sign = size > DATE_SIZE ? strpbrk(text + DATE_SIZE, "+-") : NULL;
    size_t at = sign != NULL ? (size_t)(sign - text) : 0;
    if (sign == NULL || size + 4 >= TEXT_SIZE)
        return;
    if (size - at == 5) { // +0100
        memmove(text + at + 4, text + at + 3, 3);
        text[at + 3] = ':';
    } else if (size - at == 3) {
        memcpy(text + size, ":00", 4);
    }
}

bool geo_zone_bound(struct geo_zone_reader *reader, const char *text, size_t size, int end,
                    int64_t *out_utc_us)
{
    char copy[TEXT_SIZE + 4];
    int64_t utc_us, slack_us = 0;
    if (!trimmed(text, size, copy))
        return false;
    bool estimated = cut(copy, "EST");
    bool utc = cut(copy, "UTC") || cut(copy, "GMT") || cut(copy, "Z");
    mend(copy);
    size = strlen(copy);
    bool date = size == DATE_SIZE;
    bool zoned = !date && size > DATE_SIZE
                 && (copy[size - 1] == 'Z' || strpbrk(copy + DATE_SIZE, "+-") != NULL);
    if (!date && !zoned) {
        copy[size++] = 'Z';
        copy[size] = '\0';
    }
    if (geo_utc_parse(copy, size, &utc_us) != DRF_OK)
        return false;
    if (!zoned && !utc)
        slack_us = (end > 0 ? OFFSET_WEST_H : OFFSET_EAST_H) * HOUR_US;
    if (date && end > 0)
        slack_us += GEO_UTC_DAY_US;
    if (slack_us > 0 || estimated)
        reader->zone.flags |= GEO_ZONE_TIMES_WIDENED;
    if (!estimated)
        *out_utc_us = utc_us + end * slack_us;
    return true;
}
