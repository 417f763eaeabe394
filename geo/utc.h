// geo/utc.h - calendar time to and from UTC microseconds.
// SPDX-License-Identifier: Apache-2.0
//
// Proleptic Gregorian calendar, no leap seconds (a second of 60 is refused). Pure functions.
#ifndef GEO_UTC_H
#define GEO_UTC_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

#define GEO_UTC_SECOND_US INT64_C(1000000)
#define GEO_UTC_DAY_US INT64_C(86400000000)

struct geo_utc_fields {
    int year;       // 1800 .. 2200
    int month, day; // from 1
    int hour, minute, second;
};

// The fields of an instant of the years 1800 to 2200; parts of a second are dropped.
struct geo_utc_fields geo_utc_to_fields(int64_t utc_us);

// Microseconds since 1970-01-01T00:00:00Z. DRF_ERR_RANGE: no such instant.
DRF_MUST_CHECK enum drf_status geo_utc_from_fields(struct geo_utc_fields fields,
                                                   int64_t *out_utc_us);

// Midnight of a day of the year, from 1. DRF_ERR_RANGE: no such day.
DRF_MUST_CHECK enum drf_status geo_utc_from_day_of_year(int year, int day, int64_t *out_utc_us);

// Reads ISO 8601: "2024-02-18", "2024-02-18T06:30Z", "2024-02-18T06:30:15.25+01:00" from
// exactly `size` bytes. A time of day needs its offset; a date alone is midnight UTC. More than
// six decimals are cut. DRF_ERR_SYNTAX, DRF_ERR_RANGE.
DRF_MUST_CHECK enum drf_status geo_utc_parse(const char *text, size_t size,
                                             int64_t *out_utc_us);

#endif
