// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/advisory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/hash.h"

enum { SHORT_SIZE = 8 }; // the least that a name is shortened to
#define WHOLE_MAX 1e15   // each whole number below is one, and has no more than 15 digits

static bool before(const struct fusion_advisory *a, const struct fusion_advisory *b)
{
    return a->severity != b->severity ? a->severity < b->severity
                                      : a->advisory_id < b->advisory_id;
}

void fusion_advisories_add(struct fusion_advisories *list, const struct fusion_advisory *item)
{
    const struct fusion_advisory *dropped = NULL;
    if (list->count == FUSION_ADVISORIES_MAX) {
        const struct fusion_advisory *last = &list->items[list->count - 1];
        dropped = before(item, last) ? last : item;
        if (list->left_out++ == 0 || dropped->severity < list->left_out_severity)
            list->left_out_severity = dropped->severity;
        if (dropped == item)
            return;
        list->count--;
    }
    size_t at = list->count++;
    while (at > 0 && before(item, &list->items[at - 1])) {
        list->items[at] = list->items[at - 1];
        at--;
    }
    list->items[at] = *item;
}

const char *fusion_whole(double value, char out[static FUSION_WHOLE_SIZE])
{
    const double size = fabs(value);
    if (!(size < WHOLE_MAX)) {
        (void)snprintf(out, FUSION_WHOLE_SIZE, "%.0f", value);
        return out;
    }
    uint64_t left = (uint64_t)llrint(size); // a half to the even one, as %.0f has it
    char *at = out + FUSION_WHOLE_SIZE - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (signbit(value))
        *--at = '-';
    return at;
}

void fusion_when(double time_s, char text[FUSION_WHEN_SIZE])
{
    char whole[FUSION_WHOLE_SIZE];
    if (time_s < 0.5) {
        memcpy(text, "now", sizeof "now");
        return;
    }
    const char *number = fusion_whole(time_s, whole);
    const size_t digits = strlen(number);
    memcpy(text, "in ", sizeof "in ");
    memcpy(text + 3, number, digits + 1);
    memcpy(text + 3 + digits, " s", sizeof " s");
}

void fusion_shorten(char *out, size_t size, const char *text)
{
    static const char more[] = "...";
    assert(size >= SHORT_SIZE);
    const size_t room = size - sizeof more; // of what is kept where it is too long
    size_t used = 0, word_end = 0;
    bool blank = false;
    for (; *text != '\0'; text++) {
        if (*text == ' ') {
            blank = used > 0;
            continue;
        }
        if (blank && used <= room)
            word_end = used;
        if (used + blank + 1 >= size)
            break;
        if (blank)
            out[used++] = ' ';
        out[used++] = *text;
        blank = false;
    }
    out[used] = '\0';
    if (*text == '\0')
        return;
    used = used < room ? used : room;
    while (used > 0 && ((unsigned char)out[used] & 0xC0) == 0x80)
        used--;
    used = word_end >= room / 2 ? word_end : used;
    memcpy(out + used, more, sizeof more);
}

void fusion_say(char text[FUSION_ADVISORY_TEXT_SIZE], const char *before, const char *name,
                const char *after)
{
    const size_t begins = strlen(before), rests = strlen(after);
    assert(begins + rests + SHORT_SIZE <= FUSION_ADVISORY_TEXT_SIZE);
    memcpy(text, before, begins + 1);
    fusion_shorten(text + begins, FUSION_ADVISORY_TEXT_SIZE - begins - rests, name);
    memcpy(text + strlen(text), after, rests + 1);
}

uint32_t fusion_advisory_id(enum fusion_advisory_kind kind, const char *cause)
{
    const uint32_t hash =
        geo_hash32_text(geo_hash32_number(GEO_HASH32_START, (uint32_t)kind), cause);
    return hash != 0 ? hash : 1;
}

struct fusion_advisory fusion_advisory_begin(const struct fusion_view *view,
                                             enum fusion_advisory_kind kind,
                                             enum fusion_severity severity, const char *cause)
{
    return (struct fusion_advisory){
        .advisory_id = fusion_advisory_id(kind, cause),
        .severity = severity,
        .kind = kind,
        .valid_until_utc_us = view->now_utc_us + FUSION_ADVISORY_VALID_US,
    };
}

void fusion_advisory_source(struct fusion_advisory *advisory,
                            const struct fusion_source *source)
{
    if (source == NULL)
        return;
    advisory->source = source->source;
    advisory->data_time_known = source->data_time_utc_us != INT64_MIN;
    if (advisory->data_time_known)
        advisory->data_time_utc_us = source->data_time_utc_us;
}
