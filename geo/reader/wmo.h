// geo/reader/wmo.h - tokens and times of aeronautical reports.
// SPDX-License-Identifier: Apache-2.0
//
// WMO No. 386 and ICAO Annex 3: words between blanks, line ends and control characters; a "="
// ends a report and is a word of its own. A time is a day of the month, an hour and a minute:
// the month is that of a reference, or one next to it. Pure functions, no allocation.
#ifndef GEO_WMO_H
#define GEO_WMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

struct geo_wmo_word { // borrowed from the text
    const char *text;
    size_t size;
    uint64_t line; // from 1
};

struct geo_wmo_text {
    const char *text;
    size_t size, at;
    uint64_t line; // 1 to begin with
};

// The next word; false at the end.
bool geo_wmo_next(struct geo_wmo_text *text, struct geo_wmo_word *out);

bool geo_wmo_is(struct geo_wmo_word word, const char *text);
bool geo_wmo_starts(struct geo_wmo_word word, const char *text);
// Exactly `count` digits at `at`, and their value (at most nine of them).
bool geo_wmo_digits(struct geo_wmo_word word, size_t at, size_t count, uint32_t *out);
// A location indicator: a letter and three letters or digits.
bool geo_wmo_location(struct geo_wmo_word word);

// "DDHHMM" to the instant nearest the reference; the hour may be 24. DRF_ERR_SYNTAX: not six
// digits, or no such time in any of the three months around it.
DRF_MUST_CHECK enum drf_status geo_wmo_time(const char *six, int64_t reference_utc_us,
                                            int64_t *out_utc_us);

#endif
