// SPDX-License-Identifier: Apache-2.0
// A schedule becomes periods of at most a day, on days of the week, in UTC. Each of its entries
// is first a span from midnight UTC of a named day, which may begin the day before and end
// after the day; the span is then cut into days, the names of the days turned with it. What an
// entry leaves open makes its span longer, never shorter: an event of the sun stands for every
// time from one midnight of the sun to the next where the zone is, because its own time would
// need a model of the sun that agrees with the authority's to the minute.
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

// The days that a list names, by three letters or in full. A word that is none of them (a
// holiday) may be any day: all of them, flagged.
static uint32_t day_bits(struct geo_zone_reader *reader, const struct geo_json *day)
{
    static const char *const names[7][2] = {
        {"MON", "MONDAY"}, {"TUE", "TUESDAY"},  {"WED", "WEDNESDAY"}, {"THU", "THURSDAY"},
        {"FRI", "FRIDAY"}, {"SAT", "SATURDAY"}, {"SUN", "SUNDAY"}};
    uint32_t bits = 0;
    for (size_t i = 0; i < geo_zone_each(day); i++) {
        char word[GEO_ZONE_WORD_SIZE];
        geo_zone_word(geo_zone_nth(day, i), word);
        uint32_t bit = geo_zone_same(word, "ANY") ? ALL_DAYS : 0;
        for (uint32_t j = 0; j < 7; j++)
            if (geo_zone_same(word, names[j][0]) || geo_zone_same(word, names[j][1]))
                bit = UINT32_C(1) << j;
        if (bit == 0)
            reader->zone.flags |= GEO_ZONE_TIMES_WIDENED;
        bits |= bit != 0 ? bit : (uint32_t)ALL_DAYS;
    }
    return bits != 0 ? bits : (uint32_t)ALL_DAYS;
}

static enum drf_status add_period(struct geo_zone_reader *reader, struct geo_zone_period period)
{
    if (reader->zone.period_count == GEO_ZONE_PERIODS_MAX)
        return geo_zone_bad(reader, GEO_REFUSAL_TOO_LARGE, "it", "has more than 256 periods");
    reader->periods[reader->zone.period_count++] = period;
    return DRF_OK;
}

enum event { NO_EVENT, MORNING, EVENING, SOME_EVENT };

// One end of a daily period: a time of day, an event of the sun, or neither.
struct clock {
    bool given;
    enum event event;
    int64_t clock_us, offset_us;
};

static enum event event_of(const struct geo_json *value)
{
    static const char *const mornings[] = {"SR", "BMCT", "SUNRISE"};
    static const char *const evenings[] = {"SS", "EECT", "SUNSET"};
    char word[GEO_ZONE_WORD_SIZE];
    geo_zone_word(value, word);
    for (size_t i = 0; i < sizeof mornings / sizeof mornings[0]; i++)
        if (geo_zone_same(word, mornings[i]))
            return MORNING;
    for (size_t i = 0; i < sizeof evenings / sizeof evenings[0]; i++)
        if (geo_zone_same(word, evenings[i]))
            return EVENING;
    return SOME_EVENT;
}

// An event beside a time counts: the two may be any of them, the earlier or the later.
static enum drf_status read_clock(struct geo_zone_reader *reader, const struct geo_json *entry,
                                  const char *name, bool end, struct clock *out)
{
    const struct geo_json *value = geo_json_member(entry, name);
    const struct geo_json *event = geo_json_member(entry, end ? "endEvent" : "startEvent");
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    *out = (struct clock){.clock_us = end ? GEO_UTC_DAY_US : 0};
    if (text != NULL && event_of(value) != SOME_EVENT)
        event = value;
    if (geo_json_present(event)) {
        out->event = event_of(event);
        reader->zone.flags |= GEO_ZONE_TIMES_WIDENED;
        return DRF_OK;
    }
    if (!geo_json_present(value))
        return DRF_OK;
    if (text == NULL || !parse_clock(text, size, &out->clock_us, &out->offset_us))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not a time of day");
    out->given = true;
    // The last second of a day, or its last minute where seconds are not used.
    if (end && out->clock_us / MINUTE_US == 24 * 60 - 1
        && (out->clock_us % MINUTE_US == 59 * GEO_UTC_SECOND_US
            || out->clock_us % MINUTE_US == 0))
        out->clock_us = GEO_UTC_DAY_US;
    return DRF_OK;
}

// From `from` until `to`, counted from midnight UTC of each of the days: pieces of at most a
// day.
static enum drf_status add_span(struct geo_zone_reader *reader, uint32_t days, int64_t from_us,
                                int64_t to_us, struct geo_zone_period period)
{
    enum drf_status status = DRF_OK;
    while (from_us < to_us && status == DRF_OK) {
        int64_t length_us = to_us - from_us;
        length_us = length_us < GEO_UTC_DAY_US ? length_us : GEO_UTC_DAY_US;
        int64_t shift = from_us / GEO_UTC_DAY_US - (from_us % GEO_UTC_DAY_US < 0);
        unsigned turn = (unsigned)((shift % 7 + 7) % 7);
        period.start_us = from_us - shift * GEO_UTC_DAY_US;
        period.end_us = period.start_us + length_us;
        period.end_us -= period.end_us > GEO_UTC_DAY_US ? GEO_UTC_DAY_US : 0;
        period.days = ((days << turn) | (days >> (7 - turn))) & ALL_DAYS;
        status = add_period(reader, period);
        from_us += length_us;
    }
    return status;
}

// Midnights of the sun where the zone is, from midnight UTC of a day: the earliest begin and
// the latest end of that day in it. The sun is up to 17 minutes ahead of or behind the mean
// one.
struct solar_day {
    int64_t from_us, to_us;
};

static struct solar_day solar_day_of(const struct geo_zone_reader *reader)
{
    const int64_t sun_us = INT64_C(20) * MINUTE_US, hour_us = INT64_C(60) * MINUTE_US;
    const double us_per_deg = 4.0 * MINUTE_US; // 24 h in 360 degrees
    const struct geo_bounds *reach = &reader->reach;
    if (!reader->reach_known || reach->west_deg > reach->east_deg
        || reach->east_deg - reach->west_deg > 90.0)
        return (struct solar_day){-12 * hour_us - sun_us, 36 * hour_us + sun_us};
    return (struct solar_day){-(int64_t)(reach->east_deg * us_per_deg) - sun_us,
                              GEO_UTC_DAY_US - (int64_t)(reach->west_deg * us_per_deg)
                                  + sun_us};
}

// One or both ends are an event of the sun, which comes at any time between two midnights of
// the sun: a morning's before 13 h after it, an evening's not before 11 h.
static enum drf_status add_solar(struct geo_zone_reader *reader, uint32_t days,
                                 const struct clock *start, const struct clock *end,
                                 struct geo_zone_period period)
{
    const int64_t hour_us = INT64_C(60) * MINUTE_US;
    const struct solar_day day = solar_day_of(reader);
    const int64_t late_us = day.to_us - GEO_UTC_DAY_US; // the latest midnight it begins with
    int64_t from_us = day.from_us, to_us = day.to_us;
    if (start->event != NO_EVENT && end->event != NO_EVENT) {
        if (start->event != MORNING || end->event != EVENING)
            to_us += GEO_UTC_DAY_US; // through the night
    } else if (start->event != NO_EVENT && end->given) {
        to_us = end->clock_us - end->offset_us;
        while (to_us <= from_us)
            to_us += GEO_UTC_DAY_US;
        while (to_us - GEO_UTC_DAY_US > from_us)
            to_us -= GEO_UTC_DAY_US;
        if (start->event != MORNING || to_us - late_us < 13 * hour_us)
            to_us += GEO_UTC_DAY_US;
    } else if (start->event != NO_EVENT) {
        to_us = to_us > GEO_UTC_DAY_US ? to_us : GEO_UTC_DAY_US;
        to_us += start->event != MORNING ? GEO_UTC_DAY_US : 0;
    } else if (start->given) {
        from_us = start->clock_us - start->offset_us;
        while (to_us <= from_us)
            to_us += GEO_UTC_DAY_US;
        while (to_us - GEO_UTC_DAY_US > from_us)
            to_us -= GEO_UTC_DAY_US;
        // How long after a midnight it begins, at most.
        int64_t after_us = from_us - day.from_us;
        after_us -=
            (after_us / GEO_UTC_DAY_US - (after_us % GEO_UTC_DAY_US < 0)) * GEO_UTC_DAY_US;
        if (end->event != EVENING || after_us > 11 * hour_us)
            to_us = from_us + GEO_UTC_DAY_US;
    } else {
        from_us = from_us < 0 ? from_us : 0;
    }
    return add_span(reader, days, from_us, to_us, period);
}

static enum drf_status add_daily(struct geo_zone_reader *reader, const struct geo_json *entry,
                                 const struct geo_zone_words *words, uint32_t days,
                                 struct geo_zone_period period)
{
    struct clock start, end;
    enum drf_status status = read_clock(reader, entry, words->start, false, &start);
    if (status == DRF_OK)
        status = read_clock(reader, entry, words->end, true, &end);
    if (status != DRF_OK)
        return status;
    if (start.event != NO_EVENT || end.event != NO_EVENT)
        return add_solar(reader, days, &start, &end, period);
    // The day begins and ends where the other time is.
    if (!start.given)
        start.offset_us = end.offset_us;
    if (!end.given)
        end.offset_us = start.offset_us;
    int64_t from_us = start.clock_us - start.offset_us;
    int64_t length_us = (end.clock_us - end.offset_us) - from_us;
    while (length_us <= 0)
        length_us += GEO_UTC_DAY_US;
    // Of two offsets it may be longer than a day, and is every day then.
    if (length_us > GEO_UTC_DAY_US)
        length_us = GEO_UTC_DAY_US;
    return add_span(reader, days, from_us, from_us + length_us, period);
}

// An entry holds its times, or a list of them under dailyPeriod.
static enum drf_status add_entry(struct geo_zone_reader *reader, const struct geo_json *entry,
                                 const struct geo_zone_words *words,
                                 struct geo_zone_period period)
{
    const struct geo_json *list = geo_json_member(entry, "dailyPeriod");
    if (geo_json_kind(entry) != GEO_JSON_OBJECT)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, words->schedule,
                            "is not a list of days and times");
    uint32_t days = day_bits(reader, geo_json_member(entry, words->day));
    if (geo_zone_each(list) == 0)
        return add_daily(reader, entry, words, days, period);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < geo_zone_each(list) && status == DRF_OK; i++) {
        const struct geo_json *one = geo_zone_nth(list, i);
        const struct geo_json *day = geo_json_member(one, words->day);
        if (geo_json_kind(one) != GEO_JSON_OBJECT)
            return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "dailyPeriod",
                                "is not a list of days and times");
        status = add_daily(reader, one, words,
                           geo_json_present(day) ? day_bits(reader, day) : days, period);
    }
    return status;
}

static enum drf_status read_instant(struct geo_zone_reader *reader,
                                    const struct geo_json *value, const char *name, int end,
                                    int64_t *out)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (geo_json_present(value) && !geo_zone_no_bound(text, size, end)
        && (text == NULL || !geo_zone_bound(reader, text, size, end, out)))
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
                                          words->from, -1, &period.from_utc_us);
    if (status == DRF_OK)
        status = read_instant(reader, geo_json_member(applicability, words->until),
                              words->until, 1, &period.until_utc_us);
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
