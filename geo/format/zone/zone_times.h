// geo/format/zone/zone_times.h - intervals and weekly schedules; for the zone decoders only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_ZONE_TIMES_H
#define GEO_ZONE_TIMES_H

#include <stdint.h>

#include "geo/format/zone/zone_reader.h"
#include "geo/reader/json.h"
#include "geo/status.h"

// The names of the members in one format; `day`, `start` and `end` are looked up in each entry
// of a schedule.
struct geo_zone_words {
    const char *from, *until, *schedule, *day, *start, *end;
};
// Adds the periods of one applicability: an interval, on the days and times of its schedule if
// it has one. An event such as SR or SS counts as the begin or the end of the day, flagged;
// an end at 23:59 or 23:59:59 is the end of the day.
DRF_MUST_CHECK enum drf_status geo_zone_add_periods(struct geo_zone_reader *reader,
                                                    const struct geo_json *applicability,
                                                    const struct geo_zone_words *words);
// The same for each of a list called `name`, or for a single one that is not in a list.
DRF_MUST_CHECK enum drf_status geo_zone_add_each(struct geo_zone_reader *reader,
                                                 const struct geo_json *list, const char *name,
                                                 const struct geo_zone_words *words);

// Adds one interval without a schedule, each end perhaps GEO_ZONE_ALWAYS_*; `name` is its
// end's, for a refusal.
DRF_MUST_CHECK enum drf_status geo_zone_add_interval(struct geo_zone_reader *reader,
                                                     int64_t from_utc_us, int64_t until_utc_us,
                                                     const char *name);

#endif
