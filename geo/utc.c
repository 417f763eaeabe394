// SPDX-License-Identifier: Apache-2.0
#include "geo/utc.h"

#include <stdbool.h>

enum { YEAR_MIN = 1800, YEAR_MAX = 2200 };

static bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

// Days from 1970-01-01 to 1 January of `year`; leap days are counted from year 1.
static int64_t days_to_year(int year)
{
    int64_t before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

enum drf_status geo_utc_from_day_of_year(int year, int day, int64_t *out_utc_us)
{
    if (year < YEAR_MIN || year > YEAR_MAX || day < 1 || day > (leap(year) ? 366 : 365))
        return DRF_ERR_RANGE;
    *out_utc_us = (days_to_year(year) + day - 1) * GEO_UTC_DAY_US;
    return DRF_OK;
}

struct geo_utc_fields geo_utc_to_fields(int64_t utc_us)
{
    int64_t days = utc_us / GEO_UTC_DAY_US - (utc_us % GEO_UTC_DAY_US < 0);
    const int seconds = (int)((utc_us - days * GEO_UTC_DAY_US) / GEO_UTC_SECOND_US);
    int year = (int)(1970 + days / 366), month = 1;
    while (days_to_year(year) > days)
        year--;
    while (days_to_year(year + 1) <= days)
        year++;
    days -= days_to_year(year);
    for (; days >= days_in_month(year, month); month++)
        days -= days_in_month(year, month);
    return (struct geo_utc_fields){.year = year,
                                   .month = month,
                                   .day = (int)days + 1,
                                   .hour = seconds / 3600,
                                   .minute = seconds / 60 % 60,
                                   .second = seconds % 60};
}

enum drf_status geo_utc_from_fields(struct geo_utc_fields fields, int64_t *out_utc_us)
{
    if (fields.year < YEAR_MIN || fields.year > YEAR_MAX || fields.month < 1
        || fields.month > 12 || fields.day < 1
        || fields.day > days_in_month(fields.year, fields.month))
        return DRF_ERR_RANGE;
    if (fields.hour < 0 || fields.hour > 23 || fields.minute < 0 || fields.minute > 59
        || fields.second < 0 || fields.second > 59)
        return DRF_ERR_RANGE;
    int64_t days = days_to_year(fields.year) + fields.day - 1;
    for (int month = 1; month < fields.month; month++)
        days += days_in_month(fields.year, month);
    int64_t seconds = (int64_t)fields.hour * 3600 + (int64_t)fields.minute * 60 + fields.second;
    *out_utc_us = days * GEO_UTC_DAY_US + seconds * GEO_UTC_SECOND_US;
    return DRF_OK;
}

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_digits(struct cursor *cursor, int count, int *out)
{
    int value = 0;
    if (cursor->end - cursor->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        char c = cursor->at[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    cursor->at += count;
    *out = value;
    return true;
}

// ".25" as microseconds; at least one digit follows the point.
static bool take_fraction(struct cursor *cursor, int64_t *out_us)
{
    int64_t unit = GEO_UTC_SECOND_US;
    const char *start = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        unit /= 10;
        *out_us += (*cursor->at - '0') * unit;
    }
    return cursor->at > start;
}

// "Z" or "+01:00", as what must be subtracted.
static bool take_offset(struct cursor *cursor, int64_t *out_us)
{
    if (take(cursor, 'Z'))
        return true;
    int sign = take(cursor, '+') ? 1 : take(cursor, '-') ? -1 : 0;
    int hours = 0, minutes = 0;
    if (sign == 0 || !take_digits(cursor, 2, &hours) || !take(cursor, ':')
        || !take_digits(cursor, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_us = (int64_t)sign * (hours * 60 + minutes) * 60 * GEO_UTC_SECOND_US;
    return true;
}

enum drf_status geo_utc_parse(const char *text, size_t size, int64_t *out_utc_us)
{
    if (size == 0)
        return DRF_ERR_SYNTAX;
    struct cursor cursor = {text, text + size};
    struct geo_utc_fields fields = {0};
    int64_t fraction_us = 0, offset_us = 0;
    bool ok = take_digits(&cursor, 4, &fields.year) && take(&cursor, '-')
              && take_digits(&cursor, 2, &fields.month) && take(&cursor, '-')
              && take_digits(&cursor, 2, &fields.day);
    if (ok && take(&cursor, 'T')) {
        ok = take_digits(&cursor, 2, &fields.hour) && take(&cursor, ':')
             && take_digits(&cursor, 2, &fields.minute);
        if (ok && take(&cursor, ':')) {
            ok = take_digits(&cursor, 2, &fields.second);
            if (ok && take(&cursor, '.'))
                ok = take_fraction(&cursor, &fraction_us);
        }
        ok = ok && take_offset(&cursor, &offset_us);
    }
    if (!ok || cursor.at != cursor.end)
        return DRF_ERR_SYNTAX;
    int64_t whole_us;
    enum drf_status status = geo_utc_from_fields(fields, &whole_us);
    if (status == DRF_OK)
        *out_utc_us = whole_us + fraction_us - offset_us;
    return status;
}
