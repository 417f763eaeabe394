// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/zone_times.h"

#include <string.h>

#include "geo/record/refusal.h"
#include "geo/utc.h"

enum { ALL_DAYS = 0x7f, MINUTE_US = 60000000 };

static bool digits2(const char *text, int *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

// "Z", "+01:00" or nothing, which is UTC too: the standards say so.
static bool parse_offset(const char *text, size_t size, int64_t *offset_us)
{
    int hours, minutes;
    *offset_us = 0;
    if (size == 0 || (size == 1 && text[0] == 'Z'))
        return true;
    if (size != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':'
        || !digits2(text + 1, &hours) || !digits2(text + 4, &minutes) || hours > 14
        || minutes > 59)
        return false;
    *offset_us = (int64_t)(hours * 60 + minutes) * MINUTE_US * (text[0] == '-' ? -1 : 1);
    return true;
}

// RFC 3339 full-time, its seconds optional: what the clock says, and its offset from UTC.
static bool parse_clock(const char *text, size_t size, int64_t *clock_us, int64_t *offset_us)
{
    int hour, minute, second = 0;
    size_t at = 5;
    if (size < 5 || !digits2(text, &hour) || text[2] != ':' || !digits2(text + 3, &minute)
        || hour > 24 || minute > 59)
        return false;
    if (size >= 8 && text[5] == ':') {
        if (!digits2(text + 6, &second) || second > 59)
            return false;
        at = 8;
        if (at < size && text[at] == '.')
            for (at++; at < size && text[at] >= '0' && text[at] <= '9';)
                at++; // fractions of a second decide nothing here
    }
    *clock_us = (int64_t)((hour * 60 + minute) * 60 + second) * GEO_UTC_SECOND_US;
    return *clock_us <= GEO_UTC_DAY_US && parse_offset(text + at, size - at, offset_us);
}

static bool day_bits(const struct geo_json *day, uint32_t *bits)
{
    static const char *const names[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    *bits = 0;
    for (size_t i = 0; i < geo_zone_each(day); i++) {
        const struct geo_json *name = geo_zone_nth(day, i);
        uint32_t bit = geo_json_is(name, "ANY") ? ALL_DAYS : 0;
        for (uint32_t j = 0; j < 7; j++)
            if (geo_json_is(name, names[j]))
                bit = UINT32_C(1) << j;
        if (bit == 0)
            return false;
        *bits |= bit;
    }
    *bits = geo_zone_each(day) == 0 ? ALL_DAYS : *bits;
    return true;
}

static enum drf_status add_period(struct geo_zone_reader *reader, struct geo_zone_period period)
{
    if (reader->zone.period_count == GEO_ZONE_PERIODS_MAX)
        return geo_zone_bad(reader, GEO_REFUSAL_TOO_LARGE, "it", "has more than 256 periods");
    reader->periods[reader->zone.period_count++] = period;
    return DRF_OK;
}

// Absent, or an event of the sun: the begin or the end of the day.
static enum drf_status read_clock(struct geo_zone_reader *reader, const struct geo_json *entry,
                                  const char *name, bool end, int64_t *clock_us,
                                  int64_t *offset_us)
{
    const struct geo_json *value = geo_json_member(entry, name);
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    *clock_us = end ? GEO_UTC_DAY_US : 0;
    *offset_us = 0;
    if (!geo_json_present(value)) {
        const struct geo_json *event = geo_json_member(entry, end ? "endEvent" : "startEvent");
        if (geo_json_present(event))
            reader->zone.flags |= GEO_ZONE_TIMES_WIDENED;
        return DRF_OK;
    }
    if (text == NULL || !parse_clock(text, size, clock_us, offset_us))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not a time of day");
    // The last second of a day, or its last minute where seconds are not used.
    if (end && *clock_us / MINUTE_US == 24 * 60 - 1
        && (*clock_us % MINUTE_US == 59 * GEO_UTC_SECOND_US || *clock_us % MINUTE_US == 0))
        *clock_us = GEO_UTC_DAY_US;
    return DRF_OK;
}

static enum drf_status add_daily(struct geo_zone_reader *reader, const struct geo_json *entry,
                                 const struct geo_zone_words *words, uint32_t days,
                                 struct geo_zone_period period)
{
    int64_t start_us, start_offset_us, end_us, end_offset_us;
    enum drf_status status =
        read_clock(reader, entry, words->start, false, &start_us, &start_offset_us);
    if (status == DRF_OK)
        status = read_clock(reader, entry, words->end, true, &end_us, &end_offset_us);
    if (status != DRF_OK)
        return status;
    int64_t length_us = (end_us - end_offset_us) - (start_us - start_offset_us);
    while (length_us <= 0)
        length_us += GEO_UTC_DAY_US;
    while (length_us > GEO_UTC_DAY_US)
        length_us -= GEO_UTC_DAY_US;
    // In UTC the day may be the one before or after.
    int64_t utc_us = start_us - start_offset_us;
    int shift = utc_us < 0 ? 6 : utc_us >= GEO_UTC_DAY_US ? 1 : 0;
    utc_us = (utc_us + GEO_UTC_DAY_US) % GEO_UTC_DAY_US;
    period.days = ((days << shift) | (days >> (7 - shift))) & ALL_DAYS;
    period.start_us = utc_us;
    period.end_us = utc_us + length_us;
    if (period.end_us > GEO_UTC_DAY_US)
        period.end_us -= GEO_UTC_DAY_US;
    return add_period(reader, period);
}

// An entry holds its times, or a list of them under dailyPeriod.
static enum drf_status add_entry(struct geo_zone_reader *reader, const struct geo_json *entry,
                                 const struct geo_zone_words *words,
                                 struct geo_zone_period period)
{
    uint32_t days, own;
    const struct geo_json *list = geo_json_member(entry, "dailyPeriod");
    if (geo_json_kind(entry) != GEO_JSON_OBJECT
        || !day_bits(geo_json_member(entry, words->day), &days))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, words->day, "is not MON .. SUN or ANY");
    if (!geo_json_present(list))
        return add_daily(reader, entry, words, days, period);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_zone_each(list) && status == DRF_OK; i++) {
        const struct geo_json *one = geo_zone_nth(list, i);
        const struct geo_json *day = geo_json_member(one, words->day);
        if (geo_json_kind(one) != GEO_JSON_OBJECT || !day_bits(day, &own))
            return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "dailyPeriod",
                                "is not a list of days and times");
        status = add_daily(reader, one, words, geo_json_present(day) ? own : days, period);
    }
    return status;
}

static enum drf_status read_instant(struct geo_zone_reader *reader,
                                    const struct geo_json *value, const char *name,
                                    int64_t *out)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (geo_json_present(value) && (text == NULL || geo_utc_parse(text, size, out) != DRF_OK))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not ISO 8601 with an offset");
    return DRF_OK;
}

enum drf_status geo_zone_add_interval(struct geo_zone_reader *reader, int64_t from_utc_us,
                                      int64_t until_utc_us, const char *name)
{
    if (from_utc_us >= until_utc_us)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, name, "is not after the begin");
    return add_period(reader, (struct geo_zone_period){.from_utc_us = from_utc_us,
                                                       .until_utc_us = until_utc_us});
}

enum drf_status geo_zone_add_periods(struct geo_zone_reader *reader,
                                     const struct geo_json *applicability,
                                     const struct geo_zone_words *words)
{
    struct geo_zone_period period = {.from_utc_us = GEO_ZONE_ALWAYS_FROM_US,
                                     .until_utc_us = GEO_ZONE_ALWAYS_UNTIL_US};
    const struct geo_json *schedule = geo_json_member(applicability, words->schedule);
    if (!geo_json_present(schedule))
        schedule = geo_json_member(applicability, "dailyPeriod");
    enum drf_status status = read_instant(reader, geo_json_member(applicability, words->from),
                                          words->from, &period.from_utc_us);
    if (status == DRF_OK)
        status = read_instant(reader, geo_json_member(applicability, words->until),
                              words->until, &period.until_utc_us);
    if (status != DRF_OK)
        return status;
    if (geo_zone_each(schedule) == 0)
        return geo_zone_add_interval(reader, period.from_utc_us, period.until_utc_us,
                                     words->until);
    if (period.from_utc_us >= period.until_utc_us)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, words->until, "is not after the begin");
    for (size_t i = 0; i < geo_zone_each(schedule) && status == DRF_OK; i++)
        status = add_entry(reader, geo_zone_nth(schedule, i), words, period);
    return status;
}

enum drf_status geo_zone_add_each(struct geo_zone_reader *reader, const struct geo_json *list,
                                  const char *name, const struct geo_zone_words *words)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_zone_each(list) && status == DRF_OK; i++) {
        const struct geo_json *one = geo_zone_nth(list, i);
        status =
            geo_json_kind(one) == GEO_JSON_OBJECT
                ? geo_zone_add_periods(reader, one, words)
                : geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not a list of objects");
    }
    return status;
}
