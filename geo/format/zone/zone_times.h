// geo/format/zone/zone_times.h - intervals and weekly schedules; for the zone decoders only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_ZONE_TIMES_H
#define GEO_ZONE_TIMES_H

#include <stdbool.h>
#include <stddef.h>
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
// it has one. An event such as SR or SS counts as the begin or the end of the solar day where
// the zone is (reader->reach), flagged; an end at 23:59 or 23:59:59 is the end of the day. What
// is less than a time with an offset is taken at its widest, flagged: geo_zone_bound().
DRF_MUST_CHECK enum drf_status geo_zone_add_periods(struct geo_zone_reader *reader,
                                                    const struct geo_json *applicability,
                                                    const struct geo_zone_words *words);
// The same for each of a list called `name`, or for a single one that is not in a list.
DRF_MUST_CHECK enum drf_status geo_zone_add_each(struct geo_zone_reader *reader,
                                                 const struct geo_json *list, const char *name,
                                                 const struct geo_zone_words *words);

// A text that says there is no such bound: empty; PERM, UFN and their like for an end (`end`
// 1), WIE for a begin (-1); a year beyond the calendar.
bool geo_zone_no_bound(const char *text, size_t size, int end);
// The begin (`end` -1) or end (1) of an interval, ISO 8601. Without an offset it is that of the
// place where it comes first, or last; a date alone is the whole day; an estimated end ("EST"
// in a NOTAM) is none: all flagged. False: not a time, *out_utc_us is untouched.
bool geo_zone_bound(struct geo_zone_reader *reader, const char *text, size_t size, int end,
                    int64_t *out_utc_us);

// Adds one interval without a schedule, each end perhaps GEO_ZONE_ALWAYS_*; `name` is its
// end's, for a refusal.
DRF_MUST_CHECK enum drf_status geo_zone_add_interval(struct geo_zone_reader *reader,
                                                     int64_t from_utc_us, int64_t until_utc_us,
                                                     const char *name);

#endif
