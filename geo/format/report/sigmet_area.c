// SPDX-License-Identifier: Apache-2.0
// A scanner over the text, not over words: line breaks may divide a coordinate. Each "WI"
// begins a polygon or a circle; a polygon with a corner that cannot be read is refused,
// because the remaining corners would be another area. Only without any "WI" are "N OF", "S
// OF", "E OF" and "W OF" read, as a box, and only if all four sides are given: the boundary
// of the FIR, which would close it, is not known. Levels are the first range or level in the
// text, with the words TOP, ABV and BLW before it.
#include "geo/format/report/sigmet_area.h"

#include <math.h>
#include <string.h>

#include "geo/record/refusal.h"
#include "geo/ring.h"

#define HUNDRED_FEET_M 30.48
#define FOOT_M 0.3048
#define NAUTICAL_MILE_M 1852.0
#define RADIUS_MAX_M 1000000.0
#define BOX_MAX_DEG 60.0

struct scanner {
    const char *text;
    size_t size, at;
};

static bool digit(char c) { return c >= '0' && c <= '9'; }

static void skip_blanks(struct scanner *s)
{
    while (s->at < s->size && ((unsigned char)s->text[s->at] <= ' '))
        s->at++;
}

// Digits in one run; returns how many.
static size_t take_digits(struct scanner *s, uint32_t *value)
{
    size_t count = 0;
    *value = 0;
    while (s->at < s->size && digit(s->text[s->at]) && count < 7) {
        *value = *value * 10 + (uint32_t)(s->text[s->at++] - '0');
        count++;
    }
    return count;
}

// "N0911", "S 0950", "W07638", "E141": a letter of the pair, degrees, minutes if they are
// there. A blank behind the letter is what line breaks leave.
static bool take_angle(struct scanner *s, char plus, char minus, size_t degree_digits,
                       double *out)
{
    struct scanner at = *s;
    skip_blanks(&at);
    if (at.at >= at.size || (at.text[at.at] != plus && at.text[at.at] != minus))
        return false;
    double sign = at.text[at.at++] == plus ? 1.0 : -1.0;
    skip_blanks(&at);
    uint32_t value;
    size_t count = take_digits(&at, &value);
    if (count != degree_digits && count != degree_digits + 2)
        return false;
    uint32_t minutes = count == degree_digits ? 0 : value % 100;
    uint32_t degrees = count == degree_digits ? value : value / 100;
    double limit = degree_digits == 2 ? 90.0 : 180.0, deg = degrees + minutes / 60.0;
    if (minutes >= 60 || deg > limit)
        return false;
    *out = sign * deg;
    *s = at;
    return true;
}

static bool take_point(struct scanner *s, struct geo_point *out)
{
    struct scanner at = *s;
    if (!take_angle(&at, 'N', 'S', 2, &out->lat_deg)
        || !take_angle(&at, 'E', 'W', 3, &out->lon_deg))
        return false;
    *s = at;
    return true;
}

// Points with "-" between them.
static size_t take_points(struct scanner *s, struct geo_point *out, size_t room)
{
    size_t count = 0;
    while (count < room && take_point(s, &out[count])) {
        count++;
        struct scanner at = *s;
        skip_blanks(&at);
        if (at.at >= at.size || at.text[at.at] != '-')
            break;
        at.at++;
        *s = at;
    }
    return count;
}

// Moves behind the next occurrence of a whole word; false: there is none.
static bool find(struct scanner *s, const char *word)
{
    size_t length = strlen(word);
    for (size_t at = s->at; at + length <= s->size; at++) {
        bool begins = at == 0 || (unsigned char)s->text[at - 1] <= ' ';
        bool ends = at + length == s->size || (unsigned char)s->text[at + length] <= ' ';
        if (!begins || !ends || memcmp(s->text + at, word, length) != 0)
            continue;
        s->at = at + length;
        return true;
    }
    return false;
}

static enum drf_status add_polygon(struct geo_sigmet_area *area, size_t count, uint64_t line,
                                   struct geo_note *why)
{
    struct geo_point *ring = &area->vertices[area->vertex_count];
    count = geo_ring_distinct(ring, count);
    if (count > 1 && ring[0].lat_deg == ring[count - 1].lat_deg
        && ring[0].lon_deg == ring[count - 1].lon_deg)
        count--;
    if (count < 3 || geo_ring_area2(ring, count) == 0.0)
        return geo_refuse(why, GEO_REFUSAL_RANGE, line, "a polygon without an area");
    bool crosses;
    if (geo_ring_crosses_antimeridian(ring, count))
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, line,
                          "a polygon over the antimeridian");
    enum drf_status status = geo_ring_crosses_itself(ring, count, &crosses);
    if (status != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, line, "no memory for a polygon");
    if (crosses)
        return geo_refuse(why, GEO_REFUSAL_RANGE, line, "a polygon that crosses itself");
    if (geo_ring_area2(ring, count) < 0.0)
        geo_ring_reverse(ring, count);
    area->volumes[area->volume_count++] =
        (struct geo_zone_volume){.shape = GEO_ZONE_POLYGON,
                                 .first_vertex = area->vertex_count,
                                 .vertex_count = (uint32_t)count,
                                 .centre = ring[0]};
    area->vertex_count += (uint32_t)count;
    return DRF_OK;
}

// The last position given before `end`: a later one is for another time.
static bool told_before(struct geo_sigmet_text text, size_t end, struct geo_point *out)
{
    struct scanner place = {.text = text.text, .size = end};
    bool told = false;
    while (find(&place, "PSN")) {
        struct scanner at = place;
        told = take_point(&at, out);
    }
    return told;
}

// "TC CENTRE", "TC HALIMA CENTRE": only the next three words are searched.
static bool take_centre(struct scanner *s)
{
    static const size_t words_max = 3;
    struct scanner at = *s;
    for (size_t i = 0; i < words_max; i++) {
        skip_blanks(&at);
        const size_t begin = at.at;
        while (at.at < at.size && (unsigned char)at.text[at.at] > ' ')
            at.at++;
        if (at.at - begin == 6 && memcmp(at.text + begin, "CENTRE", 6) == 0) {
            *s = at;
            return true;
        }
    }
    return false;
}

// "130NM OF TC CENTRE", "50KM OF N1234 W01234": around the point, or the last position before
// it.
static enum drf_status add_circle(struct scanner *s, struct geo_sigmet_text text,
                                  struct geo_sigmet_area *area, struct geo_note *why)
{
    uint32_t value;
    skip_blanks(s);
    (void)take_digits(s, &value);
    skip_blanks(s);
    bool miles = s->at + 2 <= s->size && memcmp(s->text + s->at, "NM", 2) == 0;
    bool kilometres = s->at + 2 <= s->size && memcmp(s->text + s->at, "KM", 2) == 0;
    struct scanner of = {.text = s->text, .size = s->size, .at = s->at + 2};
    const size_t begin = s->at;
    struct geo_point centre;
    double radius_m = value * (miles ? NAUTICAL_MILE_M : 1000.0);
    if ((!miles && !kilometres) || radius_m <= 0.0 || radius_m > RADIUS_MAX_M)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, text.line,
                          "WI is not followed by a polygon or a distance");
    skip_blanks(&of);
    bool near = of.at + 2 <= of.size && memcmp(of.text + of.at, "OF", 2) == 0;
    of.at += 2;
    struct scanner next = of;
    bool told = near && take_point(&next, &centre);
    if (told)
        *s = next;
    else if (near && take_centre(&of) && told_before(text, begin, &centre))
        *s = of;
    else
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, text.line,
                          "a distance from something that is not a point");
    area->volumes[area->volume_count++] = (struct geo_zone_volume){
        .shape = GEO_ZONE_CIRCLE, .centre = centre, .radius_m = radius_m};
    return DRF_OK;
}

// "N OF S30 AND E OF W010 ...": only where all four sides are given; the FIR's own boundary is
// not known here.
static bool add_box(struct geo_sigmet_text text, struct geo_sigmet_area *area)
{
    static const char *const sides[] = {"N", "S", "E", "W"};
    double limits[4];
    for (size_t i = 0; i < 4; i++) {
        struct scanner s = {.text = text.text, .size = text.size};
        bool found = false;
        while (!found && find(&s, sides[i])) {
            struct scanner of = s;
            skip_blanks(&of);
            if (of.at + 2 > of.size || memcmp(of.text + of.at, "OF", 2) != 0)
                continue;
            of.at += 2;
            found = i < 2 ? take_angle(&of, 'N', 'S', 2, &limits[i])
                          : take_angle(&of, 'E', 'W', 3, &limits[i]);
        }
        if (!found)
            return false;
    }
    // north of limits[0], south of [1], east of [2], west of [3]
    if (!(limits[1] > limits[0]) || !(limits[3] > limits[2])
        || limits[3] - limits[2] > BOX_MAX_DEG)
        return false;
    const struct geo_point ring[] = {{limits[0], limits[2]},
                                     {limits[0], limits[3]},
                                     {limits[1], limits[3]},
                                     {limits[1], limits[2]}};
    memcpy(area->vertices, ring, sizeof ring);
    area->vertex_count = 4;
    area->volumes[area->volume_count++] = (struct geo_zone_volume){
        .shape = GEO_ZONE_POLYGON, .vertex_count = 4, .centre = ring[0]};
    return true;
}

static enum drf_status add_areas(struct geo_sigmet_text text, struct geo_sigmet_area *area,
                                 struct geo_note *why)
{
    struct scanner s = {.text = text.text, .size = text.size};
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && find(&s, "WI")) {
        if (area->volume_count == GEO_SIGMET_AREAS_MAX)
            return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d areas",
                              GEO_SIGMET_AREAS_MAX);
        size_t room = GEO_SIGMET_VERTICES_MAX - area->vertex_count;
        size_t count = take_points(&s, &area->vertices[area->vertex_count], room);
        if (count > 0 && count == room)
            return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d corners",
                              GEO_SIGMET_VERTICES_MAX);
        // without the corner that cannot be read it would be another area
        bool broken = count > 0 && s.text[s.at - 1] == '-';
        if (broken)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, text.line,
                              "corner %zu of a polygon cannot be read", count + 1);
        status = count > 0 ? add_polygon(area, count, text.line, why)
                           : add_circle(&s, text, area, why);
    }
    return status;
}

enum drf_status geo_sigmet_area_read(struct geo_sigmet_text text, struct geo_sigmet_area *out,
                                     struct geo_note *why)
{
    out->volume_count = out->vertex_count = 0;
    enum drf_status status = add_areas(text, out, why);
    if (status != DRF_OK)
        return status;
    if (out->volume_count == 0 && !add_box(text, out))
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, text.line,
                          "no polygon (WI), circle or box: a line, or the whole FIR, needs "
                          "its boundary");
    struct geo_zone_limit lower, upper;
    geo_sigmet_levels(text, &lower, &upper);
    for (uint32_t i = 0; i < out->volume_count; i++) {
        out->volumes[i].lower = lower;
        out->volumes[i].upper = upper;
    }
    return DRF_OK;
}

// "FL520", "10000FT", "3000M", "SFC"; `level`: FL stood before it already (FL270/340).
static bool limit_of(struct geo_wmo_word word, bool level, struct geo_zone_limit *out)
{
    uint32_t value;
    if (geo_wmo_is(word, "SFC")) {
        *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
        return true;
    }
    bool said = geo_wmo_starts(word, "FL");
    if ((said && word.size == 5 && geo_wmo_digits(word, 2, 3, &value))
        || (level && word.size == 3 && geo_wmo_digits(word, 0, 3, &value))) {
        *out = (struct geo_zone_limit){.m = value * HUNDRED_FEET_M,
                                       .reference = GEO_ZONE_PRESSURE};
        return true;
    }
    size_t digits = 0;
    while (digits < word.size && digit(word.text[digits]))
        digits++;
    const struct geo_wmo_word unit = {.text = word.text + digits, .size = word.size - digits};
    bool feet = geo_wmo_is(unit, "FT"), metres = geo_wmo_is(unit, "M");
    if (digits < 3 || digits > 5 || (!feet && !metres)
        || !geo_wmo_digits(word, 0, digits, &value))
        return false;
    *out =
        (struct geo_zone_limit){.m = value * (feet ? FOOT_M : 1.0), .reference = GEO_ZONE_AMSL};
    return true;
}

// "FL270/340", "SFC/FL080", "2000/5000M": the lower takes the unit of the upper.
static bool range_of(struct geo_wmo_word word, struct geo_zone_limit *lower,
                     struct geo_zone_limit *upper)
{
    const char *slash = memchr(word.text, '/', word.size);
    if (slash == NULL)
        return false;
    size_t at = (size_t)(slash - word.text);
    const struct geo_wmo_word first = {.text = word.text, .size = at};
    const struct geo_wmo_word last = {.text = slash + 1, .size = word.size - at - 1};
    if (!limit_of(last, geo_wmo_starts(first, "FL"), upper))
        return false;
    uint32_t value;
    if (at >= 3 && at <= 5 && upper->reference == GEO_ZONE_AMSL
        && geo_wmo_digits(first, 0, at, &value)) {
        double unit_m = last.text[last.size - 1] == 'T' ? FOOT_M : 1.0;
        *lower = (struct geo_zone_limit){.m = value * unit_m, .reference = GEO_ZONE_AMSL};
    } else if (!limit_of(first, false, lower)) {
        return false;
    }
    bool inverted = lower->reference == upper->reference
                    && lower->reference != GEO_ZONE_UNLIMITED && lower->m > upper->m;
    return !inverted && upper->reference != GEO_ZONE_UNLIMITED;
}

void geo_sigmet_levels(struct geo_sigmet_text text, struct geo_zone_limit *lower,
                       struct geo_zone_limit *upper)
{
    const struct geo_zone_limit none = {.reference = GEO_ZONE_UNLIMITED};
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word word;
    bool above = false, below = false, top = false;
    *lower = *upper = none;
    while (geo_wmo_next(&words, &word)) {
        struct geo_zone_limit low, high;
        if (range_of(word, &low, &high)) {
            *lower = low;
            *upper = high;
            return;
        }
        if (!geo_wmo_is(word, "SFC") && limit_of(word, false, &high)) {
            // a top that is above a level has no end that is known
            if (above && !top)
                *lower = high;
            else if (!above && (top || below))
                *upper = high;
            else if (!above)
                *lower = *upper = high;
            return;
        }
        // TOP ABV FL390: both words count
        above = geo_wmo_is(word, "ABV");
        below = geo_wmo_is(word, "BLW");
        top = geo_wmo_is(word, "TOP") || geo_wmo_is(word, "TOPS")
              || (top && (above || below || geo_wmo_is(word, "TO")));
    }
}
