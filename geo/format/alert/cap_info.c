// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/cap_info.h"

#include <string.h>
#include <strings.h>

#include "geo/format/alert/notice.h"
#include "geo/record/refusal.h"

// Of a time without its zone: local times are UTC-12 to UTC+14. Of a day without its time.
#define HOUR_US INT64_C(3600000000)
#define EARLIER_US (14 * HOUR_US)
#define LATER_US (12 * HOUR_US)
#define DAY_US (24 * HOUR_US)

uint32_t geo_cap_info_grade(const struct geo_cap_info *info)
{
    bool grave =
        strcmp(info->severity, "Moderate") != 0 && strcmp(info->severity, "Minor") != 0;
    bool minor = strcmp(info->severity, "Minor") == 0;
    bool now = strcmp(info->urgency, "Future") != 0 && strcmp(info->urgency, "Past") != 0
               && strcmp(info->urgency, "Expected") != 0;
    bool past = strcmp(info->urgency, "Past") == 0;
    bool doubtful = strcmp(info->certainty, "Unlikely") == 0;
    bool possible = strcmp(info->certainty, "Possible") == 0;
    if (minor || past || doubtful)
        return GEO_ALERT_INFO;
    if (grave && now && !possible)
        return GEO_ALERT_WARNING;
    return grave || now ? GEO_ALERT_CAUTION : GEO_ALERT_INFO;
}

bool geo_cap_word_take(const struct geo_cap_word *words, size_t count, const char *name,
                       const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const struct geo_cap_word *word = &words[i];
        char copy[GEO_ZONE_MESSAGE_SIZE];
        if (strcmp(word->name, name) != 0)
            continue;
        geo_text_copy(copy, word->room, text, size);
        if (size == 0 && !word->text)
            memcpy(copy, "?", 2);
        if (word->out[0] == '\0')
            memcpy(word->out, copy, word->room);
        else if (!word->text && strcmp(word->out, copy) != 0)
            memcpy(word->out, "?", 2);
        return true;
    }
    return false;
}

// False: no time. A zone or a time of day that is missing is what makes it last longest.
static bool read_time(const char *text, size_t size, bool end, int64_t *out, bool *assumed)
{
    bool zoned;
    if (!geo_notice_time(text, size, out, &zoned))
        return false;
    if (zoned)
        return true;
    *assumed = true;
    *out += !end ? -EARLIER_US : memchr(text, 'T', size) != NULL ? LATER_US : LATER_US + DAY_US;
    return true;
}

static void read_effective(struct geo_cap_info *info, const char *text, size_t size)
{
    int64_t us;
    bool assumed = false;
    if (!read_time(text, size, false, &us, &assumed)) {
        info->odd_effective = true;
        return;
    }
    info->effective_us =
        info->has_effective && info->effective_us < us ? info->effective_us : us;
    info->has_effective = true;
}

static void read_expires(struct geo_cap_info *info, const char *text, size_t size)
{
    int64_t us;
    if (!read_time(text, size, true, &us, &info->assumed)) {
        info->odd_expires = true;
        return;
    }
    info->expires_us = info->has_expires && info->expires_us > us ? info->expires_us : us;
    info->has_expires = true;
}

void geo_cap_info_take(struct geo_cap_info *info, const char *name, const char *text,
                       size_t size)
{
    const struct geo_cap_word words[] = {
        {"language", info->language, sizeof info->language, true},
        {"urgency", info->urgency, sizeof info->urgency, false},
        {"severity", info->severity, sizeof info->severity, false},
        {"certainty", info->certainty, sizeof info->certainty, false},
        {"event", info->event, sizeof info->event, true},
        {"headline", info->headline, sizeof info->headline, true},
        {"description", info->description, sizeof info->description, true},
    };
    if (geo_cap_word_take(words, sizeof words / sizeof words[0], name, text, size))
        return;
    if (strcmp(name, "effective") == 0)
        read_effective(info, text, size);
    if (strcmp(name, "expires") == 0)
        read_expires(info, text, size);
    if (strcmp(name, "responseType") == 0) {
        bool clear = size == strlen("AllClear") && memcmp(text, "AllClear", size) == 0;
        info->all_clear = info->all_clear || clear;
        info->other_response = info->other_response || !clear;
    }
}

// CAP 1.2, 3.2.2: no language means en-US; RFC 3066: case does not matter.
static bool english(const struct geo_cap_info *info)
{
    const char *language = info->language;
    return language[0] == '\0'
           || (strncasecmp(language, "en", 2) == 0
               && (language[2] == '\0' || language[2] == '-'));
}

void geo_cap_sum_add(struct geo_cap_sum *sum, const struct geo_cap_info *info, uint32_t grading)
{
    bool first = sum->count++ == 0, here = english(info), held = english(&sum->text);
    if (first || (here && !held) || (here == held && grading < sum->text_grade)) {
        sum->text = *info;
        sum->text_grade = grading;
    }
    sum->grade = first || grading < sum->grade ? grading : sum->grade;
    sum->since_ever = sum->since_ever || !info->has_effective || info->odd_effective;
    sum->odd_effective = sum->odd_effective || info->odd_effective;
    sum->from_us =
        first || info->effective_us < sum->from_us ? info->effective_us : sum->from_us;
    sum->endless = sum->endless || !info->has_expires;
    sum->odd_expires = sum->odd_expires || info->odd_expires;
    sum->assumed = sum->assumed || info->assumed;
    if (info->has_expires && (!sum->has_expires || info->expires_us > sum->until_us))
        sum->until_us = info->expires_us;
    sum->has_expires = sum->has_expires || info->has_expires;
}
