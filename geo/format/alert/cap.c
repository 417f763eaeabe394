// SPDX-License-Identifier: Apache-2.0
// The document is read in one pass of callbacks, by depth: alert, info, area. Shapes are
// added to the notice as soon as an area ends, but only in the language of the first info
// block, so that translations do not repeat the area. At the end of each info block the most
// severe one so far is kept for the texts; validity is the union of all. Whether the alert
// is used at all (status, msgType, scope) is decided at the end, when the document is known
// to be well-formed. An area without a shape means everywhere: the larger area is safe.
#include "geo/format/alert/cap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/alert/notice.h"
#include "geo/hash.h"
#include "geo/reader/xml.h"
#include "geo/record/refusal.h"

enum { WORD_SIZE = 32, REFERENCES_MAX = 8192, REFERENCED_MAX = 64 };

enum depth { ROOT = 1, OF_ALERT = 2, OF_INFO = 3, OF_AREA = 4 };

struct info {
    char urgency[WORD_SIZE], severity[WORD_SIZE], certainty[WORD_SIZE], language[WORD_SIZE];
    char event[GEO_ZONE_REASON_SIZE], headline[GEO_ZONE_NAME_SIZE];
    char description[GEO_ZONE_MESSAGE_SIZE];
    bool has_effective, has_expires;
    int64_t effective_us, expires_us;
};

struct job {
    struct geo_notice notice;
    char status[WORD_SIZE], type[WORD_SIZE], scope[WORD_SIZE], language[WORD_SIZE];
    char id[GEO_ZONE_ID_SIZE];
    bool has_sent, in_info, in_area, area_shaped;
    int64_t sent_us;
    size_t infos;        // of the language that is read
    struct info info;    // the present one
    struct info gravest; // the most severe: its texts are used
    uint32_t alert;      // its severity
    bool endless;        // a block without an end
    char references[REFERENCES_MAX];
};

// A long identifier is replaced by its hash and its end, which differs more than its beginning.
static void shorten(const char *text, size_t size, char out[static GEO_ZONE_ID_SIZE])
{
    enum { KEPT = 40 };
    if (size < GEO_ZONE_ID_SIZE) {
        geo_text_copy(out, GEO_ZONE_ID_SIZE, text, size);
        return;
    }
    uint64_t hash = geo_hash_bytes(GEO_HASH_START, text, size);
    char whole[GEO_ZONE_ID_SIZE];
    int length =
        snprintf(whole, sizeof whole, "%016" PRIx64 "~%.*s", hash, KEPT, text + size - KEPT);
    geo_text_copy(out, GEO_ZONE_ID_SIZE, whole, (size_t)length);
}

// Severity from CAP's severity, urgency and certainty; a missing or unknown value counts as the
// most severe.
static uint32_t grade(const struct info *info)
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

static enum drf_status begin(void *self, unsigned depth, const char *name)
{
    struct job *job = self;
    if (depth == ROOT && strcmp(name, "alert") != 0)
        return geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0, "not an alert");
    if (depth == OF_ALERT) {
        job->in_info = strcmp(name, "info") == 0;
        job->info = (struct info){.has_expires = false};
    }
    if (depth == OF_INFO) {
        job->in_area = job->in_info && strcmp(name, "area") == 0;
        job->area_shaped = false;
    }
    return DRF_OK;
}

// Two numbers separated by a comma.
static bool read_pair(const char *text, char **end, struct geo_point *out)
{
    char *comma;
    out->lat_deg = strtod(text, &comma);
    if (comma == text || *comma != ',')
        return false;
    out->lon_deg = strtod(comma + 1, end);
    return *end != comma + 1;
}

// "lat,lon lat,lon ...", "lat,lon radius in km"
static enum drf_status read_shape(struct job *job, const char *name, char *text)
{
    struct geo_notice *notice = &job->notice;
    struct geo_point *ring;
    struct geo_point centre;
    char *at = text;
    if (strcmp(name, "circle") == 0) {
        if (!read_pair(text, &at, &centre))
            return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a circle without a centre");
        return geo_notice_circle(notice, centre, strtod(at, NULL) * 1000.0);
    }
    size_t count = 0, room = strlen(text) / 4 + 1; // "0,0 " is the shortest
    ring = malloc(room * sizeof *ring);
    if (ring == NULL)
        return geo_refuse(notice->why, GEO_REFUSAL_MEMORY, 0, "no memory for a polygon");
    while (count < room && read_pair(at, &at, &ring[count]))
        count++;
    enum drf_status status = at[strspn(at, " \t\r\n")] == '\0'
                                 ? geo_notice_polygon(notice, ring, count)
                                 : geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0,
                                              "a polygon that is not pairs of numbers");
    free(ring);
    return status;
}

static bool read_here(const struct job *job)
{
    return strcmp(job->info.language, job->language) == 0 || job->infos == 0;
}

static enum drf_status end_of_area(struct job *job, const char *name, const char *text,
                                   size_t size)
{
    if ((strcmp(name, "polygon") != 0 && strcmp(name, "circle") != 0) || !read_here(job))
        return DRF_OK;
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return geo_refuse(job->notice.why, GEO_REFUSAL_MEMORY, 0, "no memory for an area");
    memcpy(copy, text, size);
    copy[size] = '\0';
    enum drf_status status = strlen(copy) == size
                                 ? read_shape(job, name, copy)
                                 : geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0, "NUL");
    free(copy);
    job->area_shaped = true;
    return status;
}

struct word {
    const char *name;
    char *out;
    size_t room;
};

static bool copy_word(const struct word *words, size_t count, const char *name,
                      const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].name, name) == 0) {
            geo_text_copy(words[i].out, words[i].room, text, size);
            return true;
        }
    return false;
}

static enum drf_status read_time(struct job *job, const char *text, size_t size, bool *has,
                                 int64_t *out)
{
    *has = geo_notice_time(text, size, out);
    return *has ? DRF_OK : geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0, "not a time");
}

static enum drf_status end_of_info(struct job *job, const char *name, const char *text,
                                   size_t size)
{
    struct info *info = &job->info;
    const struct word words[] = {
        {"language", info->language, sizeof info->language},
        {"urgency", info->urgency, sizeof info->urgency},
        {"severity", info->severity, sizeof info->severity},
        {"certainty", info->certainty, sizeof info->certainty},
        {"event", info->event, sizeof info->event},
        {"headline", info->headline, sizeof info->headline},
        {"description", info->description, sizeof info->description},
    };
    if (copy_word(words, sizeof words / sizeof words[0], name, text, size))
        return DRF_OK;
    if (strcmp(name, "effective") == 0)
        return read_time(job, text, size, &info->has_effective, &info->effective_us);
    if (strcmp(name, "expires") == 0)
        return read_time(job, text, size, &info->has_expires, &info->expires_us);
    if (strcmp(name, "area") != 0 || job->area_shaped || !read_here(job))
        return DRF_OK;
    // given by a code or in words only: it applies everywhere
    job->notice.zone.alert |= GEO_ALERT_AREA_ASSUMED;
    return geo_notice_region(&job->notice);
}

// Effective from the earliest, until the latest; texts of the most severe.
static void finish_info(struct job *job)
{
    struct info *info = &job->info, *gravest = &job->gravest;
    if (!read_here(job))
        return;
    if (job->infos++ == 0)
        memcpy(job->language, info->language, sizeof job->language);
    uint32_t grading = grade(info);
    bool first = job->infos == 1;
    int64_t expires_us = gravest->expires_us, effective_us = gravest->effective_us;
    bool has_effective = gravest->has_effective;
    if (first || grading < job->alert) {
        *gravest = *info;
        job->alert = grading;
    }
    job->endless = job->endless || !info->has_expires;
    if (!first && expires_us > info->expires_us)
        gravest->expires_us = expires_us;
    else
        gravest->expires_us = info->expires_us;
    gravest->has_effective = info->has_effective && (first || has_effective);
    gravest->effective_us =
        first || info->effective_us < effective_us ? info->effective_us : effective_us;
}

static enum drf_status end_of_alert(struct job *job, const char *name, const char *text,
                                    size_t size)
{
    const struct word words[] = {
        {"status", job->status, sizeof job->status},
        {"msgType", job->type, sizeof job->type},
        {"scope", job->scope, sizeof job->scope},
    };
    if (copy_word(words, sizeof words / sizeof words[0], name, text, size))
        return DRF_OK;
    if (strcmp(name, "identifier") == 0)
        shorten(text, size, job->id);
    if (strcmp(name, "sent") == 0)
        return read_time(job, text, size, &job->has_sent, &job->sent_us);
    if (strcmp(name, "info") == 0)
        finish_info(job);
    if (strcmp(name, "references") == 0) {
        if (size >= sizeof job->references)
            return geo_refuse(job->notice.why, GEO_REFUSAL_TOO_LARGE, 0, "too many references");
        memcpy(job->references, text, size);
        job->references[size] = '\0';
    }
    return DRF_OK;
}

static enum drf_status end(void *self, unsigned depth, const char *name, const char *text,
                           size_t size)
{
    struct job *job = self;
    if (depth == OF_ALERT)
        return end_of_alert(job, name, text, size);
    if (depth == OF_INFO && job->in_info)
        return end_of_info(job, name, text, size);
    if (depth == OF_AREA && job->in_area)
        return end_of_area(job, name, text, size);
    return DRF_OK;
}

// "sender,identifier,sent sender,identifier,sent ..."
static enum drf_status withdraw_referenced(struct job *job)
{
    const char *at = job->references;
    enum drf_status status = DRF_OK;
    for (size_t count = 0; *at != '\0' && status == DRF_OK; count++) {
        size_t length = strcspn(at, " \t\r\n");
        const char *comma = memchr(at, ',', length);
        if (comma == NULL || count == REFERENCED_MAX)
            return geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0,
                              "references that are not sender,identifier,sent");
        const char *id = comma + 1;
        const char *end_of_id = memchr(id, ',', length - (size_t)(id - at));
        size_t size = end_of_id != NULL ? (size_t)(end_of_id - id) : length - (size_t)(id - at);
        char key[GEO_ZONE_ID_SIZE];
        shorten(id, size, key);
        if (key[0] != '\0' && strcmp(key, job->id) != 0)
            status = geo_notice_withdraw(&job->notice, key);
        at += length;
        at += strspn(at, " \t\r\n");
    }
    return status;
}

// Whether the node uses this alert.
static enum drf_status judge(const struct job *job, bool *test)
{
    struct geo_note *why = job->notice.why;
    *test = strcmp(job->status, "Test") == 0 || strcmp(job->status, "Exercise") == 0;
    if (job->id[0] == '\0' || !job->has_sent)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "no identifier, or not when it was sent");
    if (*test && job->notice.params->refuse_test)
        return geo_refuse(why, GEO_REFUSAL_MODE, 0, "status %s: not for live aircraft",
                          job->status);
    if (strcmp(job->status, "System") == 0 || strcmp(job->status, "Draft") == 0)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "status %s", job->status);
    if (!*test && strcmp(job->status, "Actual") != 0)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "its status is not one of CAP's");
    if (strcmp(job->type, "Ack") == 0 || strcmp(job->type, "Error") == 0)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "msgType %s", job->type);
    if (job->scope[0] != '\0' && strcmp(job->scope, "Public") != 0)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "scope %s: not public", job->scope);
    return DRF_OK;
}

static enum drf_status put_alert(struct job *job, bool test)
{
    struct geo_notice *notice = &job->notice;
    const struct info *info = &job->gravest;
    struct geo_zone *zone = &notice->zone;
    if (job->infos == 0)
        return geo_refuse(notice->why, GEO_REFUSAL_NO_VALUES, 0, "an alert without info");
    enum drf_status status = DRF_OK;
    if (zone->volume_count == 0) {
        zone->alert |= GEO_ALERT_AREA_ASSUMED;
        status = geo_notice_region(notice);
    }
    if (status != DRF_OK)
        return status;
    memcpy(zone->id, job->id, sizeof zone->id);
    zone->alert |= job->alert | (test ? (uint32_t)GEO_ALERT_TEST : 0U);
    zone->flags |= GEO_ZONE_HAS_DATA_TIME;
    zone->data_time_utc_us = job->sent_us;
    const char *name = info->headline[0] != '\0' ? info->headline : info->event;
    geo_text_copy(zone->name, sizeof zone->name, name, strlen(name));
    memcpy(zone->reason, info->event, sizeof zone->reason);
    memcpy(zone->message, info->description, sizeof zone->message);
    geo_notice_times(notice, info->has_effective ? &info->effective_us : NULL,
                     job->endless ? NULL : &info->expires_us, job->sent_us);
    return geo_notice_add(notice);
}

static enum drf_status take(struct job *job)
{
    bool test = false;
    enum drf_status status = judge(job, &test);
    bool cancel = strcmp(job->type, "Cancel") == 0, update = strcmp(job->type, "Update") == 0;
    if (status != DRF_OK)
        return status;
    if (!cancel && !update && strcmp(job->type, "Alert") != 0)
        return geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0,
                          "its msgType is not one of CAP's");
    if (cancel && job->references[0] == '\0')
        return geo_refuse(job->notice.why, GEO_REFUSAL_FORMAT, 0, "cancels nothing");
    if (cancel || update)
        status = withdraw_referenced(job);
    return status == DRF_OK && !cancel ? put_alert(job, test) : status;
}

enum drf_status geo_cap_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                               size_t size, struct geo_record_builder *builder,
                               struct geo_note *why)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory");
    enum drf_status status = geo_notice_open(params, builder, why, &job->notice);
    const struct geo_xml_reader reader = {.self = job, .begin = begin, .end = end};
    if (status == DRF_OK)
        status = geo_xml_read(bytes, size, "urn:oasis:names:tc:emergency:cap:1.", &reader, why);
    if (status == DRF_OK)
        status = take(job);
    geo_notice_close(&job->notice);
    free(job);
    return status;
}
