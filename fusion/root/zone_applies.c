// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/zone.h"
#include "geo/utc.h"

enum { WEEK_DAYS = 7, EPOCH_WEEKDAY = 3 }; // 1970-01-01 was a Thursday; Monday is 0

static int64_t day_of(int64_t utc_us)
{
    int64_t day = utc_us / GEO_UTC_DAY_US;
    return utc_us % GEO_UTC_DAY_US < 0 ? day - 1 : day;
}

static bool on_day(const struct geo_zone_period *period, int64_t day)
{
    int64_t weekday = (day + EPOCH_WEEKDAY) % WEEK_DAYS;
    weekday = weekday < 0 ? weekday + WEEK_DAYS : weekday;
    return (period->days >> weekday & 1) != 0;
}

static bool period_holds(const struct geo_zone_period *period, int64_t utc_us)
{
    if (utc_us < period->from_utc_us || utc_us >= period->until_utc_us)
        return false;
    if (period->days == 0)
        return true;
    int64_t day = day_of(utc_us), time_us = utc_us - day * GEO_UTC_DAY_US;
    if (period->end_us > period->start_us)
        return on_day(period, day) && time_us >= period->start_us && time_us < period->end_us;
    return (on_day(period, day) && time_us >= period->start_us)
           || (on_day(period, day - 1) && time_us < period->end_us);
}

bool fusion_zone_applies(const struct geo_zone_view *view, int64_t utc_us)
{
    for (uint32_t i = 0; i < view->zone->period_count; i++)
        if (period_holds(&view->periods[i], utc_us))
            return true;
    return view->zone->period_count == 0;
}

static void earliest(int64_t *next_us, int64_t candidate_us, int64_t after_us)
{
    if (candidate_us > after_us && candidate_us < *next_us)
        *next_us = candidate_us;
}

int64_t fusion_zone_next_change(const struct geo_zone_view *view, int64_t utc_us)
{
    int64_t next_us = INT64_MAX;
    for (uint32_t i = 0; i < view->zone->period_count; i++) {
        const struct geo_zone_period *p = &view->periods[i];
        earliest(&next_us, p->from_utc_us, utc_us);
        if (p->until_utc_us != GEO_ZONE_ALWAYS_UNTIL_US)
            earliest(&next_us, p->until_utc_us, utc_us);
        if (p->days == 0 || utc_us < p->from_utc_us || utc_us >= p->until_utc_us)
            continue;
        // From yesterday, whose period may reach into today, to the same day next week.
        for (int64_t day = day_of(utc_us) - 1; day <= day_of(utc_us) + WEEK_DAYS; day++) {
            if (!on_day(p, day))
                continue;
            int64_t end_day = p->end_us > p->start_us ? day : day + 1;
            earliest(&next_us, day * GEO_UTC_DAY_US + p->start_us, utc_us);
            earliest(&next_us, end_day * GEO_UTC_DAY_US + p->end_us, utc_us);
        }
    }
    return next_us;
}

bool fusion_zone_over(const struct geo_zone_view *view, int64_t utc_us)
{
    for (uint32_t i = 0; i < view->zone->period_count; i++)
        if (utc_us < view->periods[i].until_utc_us)
            return false;
    return view->zone->period_count > 0;
}
