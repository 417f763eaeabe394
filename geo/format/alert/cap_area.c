// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/cap_area.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "geo/reader/xml.h"
#include "geo/reader/zone_fields.h"
#include "geo/record/refusal.h"

enum depth { OF_ALERT = 2, OF_INFO = 3, OF_AREA = 4, OF_CODE = 5 };

struct job {
    struct geo_notice *notice;
    struct geo_cap_codes *codes;
    const bool *passed_over;
    size_t info; // the present one
    bool in_info, in_area, in_code, shaped;
    bool code_named;      // the present geocode is of the system that is read
    bool code_other;      // or of one that says the same
    bool has_code;        // and has a value that can be one
    bool bad_code;        // one of the present area cannot be in any table
    size_t codes_of_area; // added so far, of the present area
    char code[GEO_AREA_CODE_SIZE];
};

void geo_cap_codes_close(struct geo_cap_codes *codes) { free(codes->codes); }

static enum drf_status no_memory(struct job *job)
{
    return geo_refuse(job->notice->why, GEO_REFUSAL_MEMORY, 0, "no memory for an area");
}

static enum drf_status begin(void *self, unsigned depth, const char *name)
{
    struct job *job = self;
    if (depth == OF_ALERT)
        job->in_info = strcmp(name, "info") == 0
                       && (job->passed_over == NULL || !job->passed_over[job->info]);
    if (depth == OF_INFO) {
        job->in_area = job->in_info && strcmp(name, "area") == 0;
        job->shaped = job->bad_code = false;
        job->codes_of_area = 0;
    }
    if (depth == OF_AREA) {
        job->in_code = job->in_area && strcmp(name, "geocode") == 0;
        job->code_named = job->code_other = job->has_code = false;
    }
    return DRF_OK;
}

static const char *past_blanks(const char *at) { return at + strspn(at, " \t\r\n"); }

// A number ends where none can go on.
static bool read_number(const char **at, double *out)
{
    char digits[40];
    size_t size = strspn(*at, "+-.0123456789");
    if (size == 0 || size >= sizeof digits)
        return false;
    memcpy(digits, *at, size);
    digits[size] = '\0';
    *at += size;
    return geo_zone_number_parse(digits, out);
}

// Two numbers with a comma between them, then the end or a blank.
static bool read_pair(const char **at, struct geo_point *out)
{
    const char *from = past_blanks(*at);
    if (!read_number(&from, &out->lat_deg))
        return false;
    from = past_blanks(from);
    if (*from++ != ',')
        return false;
    from = past_blanks(from);
    if (!read_number(&from, &out->lon_deg) || (*from != '\0' && past_blanks(from) == from))
        return false;
    *at = from;
    return true;
}

// "lat,lon lat,lon ..."
static enum drf_status read_polygon(struct job *job, const char *text)
{
    size_t count = 0, room = strlen(text) / 4 + 1; // "0,0 " is the shortest
    struct geo_point *ring = malloc(room * sizeof *ring);
    if (ring == NULL)
        return no_memory(job);
    while (count < room && read_pair(&text, &ring[count]))
        count++;
    enum drf_status status = DRF_OK;
    if (*past_blanks(text) == '\0') {
        status = geo_notice_polygon(job->notice, ring, count);
    } else {
        geo_notice_odd(job->notice, "a polygon that is not pairs of numbers");
        geo_notice_everywhere(job->notice);
    }
    free(ring);
    return status;
}

// "lat,lon radius in km"
static void read_circle(struct job *job, const char *text)
{
    struct geo_point centre;
    double radius_km = 0.0;
    bool read = read_pair(&text, &centre);
    text = past_blanks(text);
    if (read && read_number(&text, &radius_km) && *past_blanks(text) == '\0') {
        geo_notice_circle(job->notice, centre, radius_km * 1000.0);
    } else {
        geo_notice_odd(job->notice, "a circle that is not a centre and a radius");
        geo_notice_everywhere(job->notice);
    }
}

static enum drf_status end_of_shape(struct job *job, bool circle, const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return no_memory(job);
    memcpy(copy, text, size);
    copy[size] = '\0';
    enum drf_status status = DRF_OK;
    if (circle)
        read_circle(job, copy);
    else
        status = read_polygon(job, copy);
    free(copy);
    job->shaped = true;
    return status;
}

static enum drf_status add_code(struct job *job)
{
    struct geo_cap_codes *codes = job->codes;
    if (codes->count == GEO_AREA_CODES_MAX) {
        job->bad_code = true;
        return DRF_OK;
    }
    if (codes->count == codes->room) {
        size_t room = codes->room == 0 ? 64 : codes->room * 2;
        char *more = realloc(codes->codes, room * GEO_AREA_CODE_SIZE);
        if (more == NULL)
            return no_memory(job);
        codes->codes = more;
        codes->room = room;
    }
    memcpy(codes->codes + codes->count++ * GEO_AREA_CODE_SIZE, job->code, GEO_AREA_CODE_SIZE);
    job->codes_of_area++;
    return DRF_OK;
}

static bool text_is(const char *wanted, const char *text, size_t size)
{
    return strlen(wanted) == size && strncasecmp(wanted, text, size) == 0;
}

// Whether it stands in a list with commas between.
static bool listed(const char *list, const char *text, size_t size)
{
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t length = strcspn(list, ",");
        if (length == size && size > 0 && strncasecmp(list, text, size) == 0)
            return true;
        list += length;
    }
    return false;
}

// Its two children may come in either order.
static void end_of_code_part(struct job *job, const char *name, const char *text, size_t size)
{
    const struct geo_decode_params *params = job->notice->params;
    if (strcmp(name, "valueName") == 0) {
        job->code_named =
            params->geocode_name[0] != '\0' && text_is(params->geocode_name, text, size);
        job->code_other = listed(params->geocode_others, text, size);
    }
    if (strcmp(name, "value") != 0)
        return;
    job->has_code = size > 0;
    geo_text_copy(job->code, sizeof job->code, size < sizeof job->code ? text : "?",
                  size < sizeof job->code ? size : 1);
}

static enum drf_status end_of_area_part(struct job *job, const char *name, const char *text,
                                        size_t size)
{
    if (strcmp(name, "polygon") == 0 || strcmp(name, "circle") == 0)
        return end_of_shape(job, name[0] == 'c', text, size);
    if (strcmp(name, "geocode") != 0)
        return DRF_OK;
    // without a value, or of an unknown system, it may be any part of the area
    if (job->code_named ? !job->has_code : !job->code_other)
        job->bad_code = true;
    return job->code_named && job->has_code ? add_code(job) : DRF_OK;
}

// A shape says where it is; codes beside it name the same.
static void end_of_area(struct job *job)
{
    if (job->shaped)
        job->codes->count -= job->codes_of_area;
    else if (job->codes_of_area == 0 || job->bad_code)
        job->codes->unusable = true;
}

static enum drf_status end(void *self, unsigned depth, const char *name, const char *text,
                           size_t size)
{
    struct job *job = self;
    if (depth == OF_ALERT && strcmp(name, "info") == 0)
        job->info++;
    if (depth == OF_INFO && job->in_area)
        end_of_area(job);
    if (depth == OF_AREA && job->in_area)
        return end_of_area_part(job, name, text, size);
    if (depth == OF_CODE && job->in_code)
        end_of_code_part(job, name, text, size);
    return DRF_OK;
}

enum drf_status geo_cap_area_read(const uint8_t *bytes, size_t size, const bool *passed_over,
                                  struct geo_notice *notice, struct geo_cap_codes *codes)
{
    struct job job = {.notice = notice, .codes = codes, .passed_over = passed_over};
    const struct geo_xml_reader reader = {.self = &job, .begin = begin, .end = end};
    return geo_xml_read(bytes, size, GEO_CAP_SPACE, &reader, notice->why);
}
