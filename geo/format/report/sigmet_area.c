// SPDX-License-Identifier: Apache-2.0
// A scanner over the text, not over words: line breaks may divide a coordinate. Each "WI"
// begins a polygon or a circle. Only without any "WI" are "N OF", "S OF", "E OF" and "W OF"
// read, as a box, and only if all four sides are given: the boundary of the FIR, which would
// close it, is not known. An area that was not wholly understood is refused, because what
// remains of it would be another one: each character that was read is marked, and afterwards
// no coordinate, distance or line may be left, nor a word that is not known behind the corners
// or on either side of AND. A ring that does not close is taken as the box around its corners.
#include "geo/format/report/sigmet_area.h"

#include <math.h>
#include <string.h>

#include "geo/record/refusal.h"
#include "geo/ring.h"

#define NAUTICAL_MILE_M 1852.0
#define RADIUS_MAX_M 1000000.0
#define BOX_MAX_DEG 60.0

struct scanner {
    const char *text;
    size_t size, at;
};

// What of the text was read as part of an area or a position.
struct read_text {
    uint8_t marks[GEO_SIGMET_TEXT_MAX];
    size_t area_from; // the first area begins here; the size of the text: there is none
    double centre_m;  // the widest circle around a "CENTRE"; 0: there is none
};

enum { MARK_AREA = 1, MARK_POSITION = 2 };

static void mark(struct read_text *read, size_t from, size_t until, uint8_t with)
{
    for (size_t i = from; i < until && i < GEO_SIGMET_TEXT_MAX; i++)
        read->marks[i] = with;
}

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
    bool ends =
        at.at == at.size || (unsigned char)at.text[at.at] <= ' ' || at.text[at.at] == '-';
    if ((count != degree_digits && count != degree_digits + 2) || !ends)
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

static struct geo_bounds bounds_of(const struct geo_point *points, size_t count)
{
    struct geo_bounds box = {.west_deg = points[0].lon_deg,
                             .south_deg = points[0].lat_deg,
                             .east_deg = points[0].lon_deg,
                             .north_deg = points[0].lat_deg};
    for (size_t i = 1; i < count; i++) {
        box.west_deg = fmin(box.west_deg, points[i].lon_deg);
        box.east_deg = fmax(box.east_deg, points[i].lon_deg);
        box.south_deg = fmin(box.south_deg, points[i].lat_deg);
        box.north_deg = fmax(box.north_deg, points[i].lat_deg);
    }
    return box;
}

// In the place of three corners or more; they become four.
static size_t box_around(struct geo_point *ring, size_t count)
{
    const struct geo_bounds box = bounds_of(ring, count);
    ring[0] = (struct geo_point){box.south_deg, box.west_deg};
    ring[1] = (struct geo_point){box.south_deg, box.east_deg};
    ring[2] = (struct geo_point){box.north_deg, box.east_deg};
    ring[3] = (struct geo_point){box.north_deg, box.west_deg};
    return 4;
}

static enum drf_status add_polygon(struct geo_sigmet_area *area, size_t count, uint64_t line,
                                   struct geo_note *why)
{
    struct geo_point *ring = &area->vertices[area->vertex_count];
    count = geo_ring_distinct(ring, count);
    bool closed = count > 1 && ring[0].lat_deg == ring[count - 1].lat_deg
                  && ring[0].lon_deg == ring[count - 1].lon_deg;
    count -= closed;
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
    if (!closed)
        count = box_around(ring, count);
    area->widened = area->widened || !closed;
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
static bool add_box(struct geo_sigmet_text text, struct geo_sigmet_area *area,
                    struct read_text *read)
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
            const size_t from = s.at - 1;
            found = i < 2 ? take_angle(&of, 'N', 'S', 2, &limits[i])
                          : take_angle(&of, 'E', 'W', 3, &limits[i]);
            if (found) {
                mark(read, from, of.at, MARK_AREA);
                read->area_from = from < read->area_from ? from : read->area_from;
            }
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
                                 struct read_text *read, struct geo_note *why)
{
    struct scanner s = {.text = text.text, .size = text.size};
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && find(&s, "WI")) {
        const size_t from = s.at - 2;
        if (area->volume_count == GEO_SIGMET_AREAS_MAX)
            return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d areas",
                              GEO_SIGMET_AREAS_MAX);
        size_t room = GEO_SIGMET_VERTICES_MAX - 1 - area->vertex_count; // a box needs one more
        size_t count = take_points(&s, &area->vertices[area->vertex_count], room);
        if (count > 0 && count == room)
            return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d corners",
                              GEO_SIGMET_VERTICES_MAX);
        // without the corner that cannot be read it would be another area
        bool broken = count > 0 && s.text[s.at - 1] == '-';
        if (broken)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, text.line,
                              "corner %zu of a polygon cannot be read", count + 1);
        const struct geo_point *ring = &area->vertices[area->vertex_count];
        bool closed = count > 1 && ring[0].lat_deg == ring[count - 1].lat_deg
                      && ring[0].lon_deg == ring[count - 1].lon_deg;
        skip_blanks(&s);
        if (count > 2 && !closed && s.at == s.size)
            return geo_refuse(why, GEO_REFUSAL_FORMAT, text.line,
                              "a polygon that ends the report and does not close: a corner may "
                              "be lost");
        status = count > 0 ? add_polygon(area, count, text.line, why)
                           : add_circle(&s, text, area, why);
        if (status == DRF_OK && count == 0 && memcmp(s.text + s.at - 6, "CENTRE", 6) == 0)
            read->centre_m =
                fmax(read->centre_m, area->volumes[area->volume_count - 1].radius_m);
        mark(read, from, s.at, MARK_AREA);
        read->area_from = from < read->area_from ? from : read->area_from;
    }
    return status;
}

// A later position of a centre that has a circle, such as the forecast of a cyclone: it is as
// far around it there, where no circle of its own is told.
static enum drf_status add_later_centres(struct geo_sigmet_text text,
                                         struct geo_sigmet_area *area,
                                         const struct read_text *read, struct geo_note *why)
{
    struct scanner s = {.text = text.text, .size = text.size, .at = read->area_from};
    while (read->centre_m > 0.0 && find(&s, "PSN")) {
        struct geo_point centre;
        if (!take_point(&s, &centre))
            continue;
        bool has = false;
        for (uint32_t i = 0; i < area->volume_count; i++)
            has = has
                  || (area->volumes[i].shape == GEO_ZONE_CIRCLE
                      && area->volumes[i].centre.lat_deg == centre.lat_deg
                      && area->volumes[i].centre.lon_deg == centre.lon_deg);
        if (has)
            continue;
        if (area->volume_count == GEO_SIGMET_AREAS_MAX)
            return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d areas",
                              GEO_SIGMET_AREAS_MAX);
        area->volumes[area->volume_count++] = (struct geo_zone_volume){
            .shape = GEO_ZONE_CIRCLE, .centre = centre, .radius_m = read->centre_m};
    }
    return DRF_OK;
}

static void mark_positions(struct geo_sigmet_text text, struct read_text *read)
{
    struct scanner s = {.text = text.text, .size = text.size};
    struct geo_point ignored;
    while (find(&s, "PSN")) {
        const size_t from = s.at - 3;
        if (take_point(&s, &ignored))
            mark(read, from, s.at, MARK_POSITION);
    }
}

static bool coordinate_like(struct geo_wmo_word word)
{
    size_t digits = 0;
    for (size_t i = 1; i < word.size; i++)
        digits += digit(word.text[i]);
    return strchr("NSEW", word.text[0]) != NULL && digits > 0;
}

static bool of_an_area(struct geo_wmo_word word)
{
    static const char *const words[] = {"OF",     "LINE", "WID", "APRX",   "ENTIRE", "WTN",
                                        "WITHIN", "BTN",  "-",   "RADIUS", "AREA",   "CENTER"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (geo_wmo_is(word, words[i]))
            return true;
    return coordinate_like(word) && !geo_sigmet_known(word);
}

// Whether nothing is left that may have been part of an area. *odd: what is.
static bool all_read(struct geo_sigmet_text text, const struct read_text *read,
                     struct geo_wmo_word *odd)
{
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word word;
    bool behind = false; // the word before belongs to an area, or is AND behind one
    while (geo_wmo_next(&words, &word)) {
        size_t at = (size_t)(word.text - text.text);
        *odd = word;
        // a position right behind the corners may have been one of them
        if (read->marks[at] == MARK_POSITION && behind)
            return false;
        if (read->marks[at] != 0) {
            behind = read->marks[at] == MARK_AREA;
            continue;
        }
        bool dash = at > read->area_from && memchr(word.text, '-', word.size) != NULL;
        if (of_an_area(word) || dash || (behind && !geo_sigmet_known(word)))
            return false;
        behind = behind && geo_wmo_is(word, "AND");
        if (behind) { // only an area follows it
            struct geo_wmo_text ahead = words;
            if (!geo_wmo_next(&ahead, &word) || read->marks[word.text - text.text] == 0)
                return false;
        }
    }
    return true;
}

// Of the words behind the first area: one that is not known may have been TOP, or a level.
static bool all_known(struct geo_sigmet_text text, const struct read_text *read)
{
    struct geo_wmo_text words = {
        .text = text.text, .size = text.size, .at = read->area_from, .line = text.line};
    struct geo_wmo_word word;
    bool known = true;
    while (known && geo_wmo_next(&words, &word))
        known = read->marks[word.text - text.text] != 0 || geo_sigmet_known(word);
    return known;
}

enum drf_status geo_sigmet_area_read(struct geo_sigmet_text text, struct geo_sigmet_area *out,
                                     struct geo_note *why)
{
    out->volume_count = out->vertex_count = 0;
    out->widened = false;
    if (text.size > GEO_SIGMET_TEXT_MAX)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, text.line, "more than %d characters",
                          GEO_SIGMET_TEXT_MAX);
    struct read_text read = {.area_from = text.size};
    enum drf_status status = add_areas(text, out, &read, why);
    if (status != DRF_OK)
        return status;
    if (out->volume_count == 0 && !add_box(text, out, &read))
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, text.line,
                          "no polygon (WI), circle or box: a line, or the whole FIR, needs "
                          "its boundary");
    status = add_later_centres(text, out, &read, why);
    if (status != DRF_OK)
        return status;
    mark_positions(text, &read);
    struct geo_wmo_word odd;
    if (!all_read(text, &read, &odd))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, text.line,
                          "%.*s: what was not understood may be part of the area",
                          odd.size < 40 ? (int)odd.size : 40, odd.text);
    struct geo_zone_limit lower, upper;
    geo_sigmet_levels(text, all_known(text, &read), &lower, &upper);
    for (uint32_t i = 0; i < out->volume_count; i++) {
        out->volumes[i].lower = lower;
        out->volumes[i].upper = upper;
    }
    return DRF_OK;
}

// The corners of a text with nothing between them but "-", and something behind them unless the
// ring is closed: then no corner was lost. Distances and lines reach beyond their points.
bool geo_sigmet_area_box(struct geo_sigmet_text text, struct geo_sigmet_area *scratch,
                         struct geo_bounds *out)
{
    struct geo_point *points = scratch->vertices;
    struct scanner s = {.text = text.text, .size = text.size};
    size_t count = 0;
    if (!find(&s, "WI") || text.size > GEO_SIGMET_TEXT_MAX)
        return false;
    while (count < GEO_SIGMET_VERTICES_MAX && take_point(&s, &points[count])) {
        count++;
        skip_blanks(&s);
        s.at += s.at < s.size && s.text[s.at] == '-';
    }
    if (count < 3 || count == GEO_SIGMET_VERTICES_MAX)
        return false;
    bool closed = points[0].lat_deg == points[count - 1].lat_deg
                  && points[0].lon_deg == points[count - 1].lon_deg;
    struct geo_wmo_text rest = {.text = text.text, .size = text.size, .at = s.at, .line = 1};
    struct geo_wmo_word word;
    bool more = geo_wmo_next(&rest, &word);
    if ((!more && !closed) || (more && !geo_sigmet_known(word))
        || (more && geo_wmo_is(word, "AND")))
        return false;
    for (; more; more = geo_wmo_next(&rest, &word))
        if (of_an_area(word) || geo_wmo_is(word, "WI") || geo_wmo_is(word, "AND")
            || geo_wmo_is(word, "PSN"))
            return false;
    *out = bounds_of(points, count);
    if (geo_ring_crosses_antimeridian(points, count)) {
        for (size_t i = 0; i < count; i++)
            points[i].lon_deg += points[i].lon_deg < 0.0 ? 360.0 : 0.0;
        *out = bounds_of(points, count);
        out->east_deg -= 360.0;
    }
    return true;
}
