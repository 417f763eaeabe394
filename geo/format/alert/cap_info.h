// geo/format/alert/cap_info.h - words of a CAP alert's info blocks, and what they sum up to.
// SPDX-License-Identifier: Apache-2.0
//
// A word that is not known, or is said twice and differently, stands for the gravest that it
// could be.
#ifndef GEO_CAP_INFO_H
#define GEO_CAP_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/zone.h"

enum { GEO_CAP_WORD_SIZE = 32 };

struct geo_cap_info {
    char urgency[GEO_CAP_WORD_SIZE], severity[GEO_CAP_WORD_SIZE], certainty[GEO_CAP_WORD_SIZE],
        language[GEO_CAP_WORD_SIZE];
    char event[GEO_ZONE_REASON_SIZE], headline[GEO_ZONE_NAME_SIZE];
    char description[GEO_ZONE_MESSAGE_SIZE];
    bool all_clear, other_response;
    bool has_effective, odd_effective, has_expires, odd_expires;
    bool assumed; // the zone of a time
    int64_t effective_us, expires_us;
};

// Over the blocks of one sort.
struct geo_cap_sum {
    size_t count;
    struct geo_cap_info text; // of the block whose texts are used
    uint32_t grade, text_grade;
    bool since_ever, odd_effective;
    bool endless, odd_expires, has_expires, assumed;
    int64_t from_us, until_us;
};

struct geo_cap_word {
    const char *name;
    char *out;
    size_t room;
    bool text; // for people: the first one is used
};

// Takes the text of an element that `words` name; false: they do not. One that is said twice
// and differently becomes "?".
bool geo_cap_word_take(const struct geo_cap_word *words, size_t count, const char *name,
                       const char *text, size_t size);

// Takes the text of one element of a block.
void geo_cap_info_take(struct geo_cap_info *info, const char *name, const char *text,
                       size_t size);
// Severity from CAP's severity, urgency and certainty; a missing or unknown value counts as the
// most severe.
uint32_t geo_cap_info_grade(const struct geo_cap_info *info);
void geo_cap_sum_add(struct geo_cap_sum *sum, const struct geo_cap_info *info,
                     uint32_t grading);

#endif
