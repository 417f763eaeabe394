// SPDX-License-Identifier: Apache-2.0
// The message is cut at "=" and each report is read alone. Its head is found by its pattern
// (location, SIGMET or AIRMET, number, VALID) among the first words, because bulletin
// headings before it vary. What follows the validity is searched for keywords:
// geo/format/report/sigmet_area.h for the area, CNL for a cancellation. Two VALID in one
// report mean that a "=" was lost, and the report is refused: its area would be read as part
// of another one.
#include "geo/format/report/sigmet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/format/report/sigmet_area.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

#define PAST_US (7 * GEO_UTC_DAY_US)
#define AHEAD_US (2 * GEO_UTC_DAY_US)
#define LONGEST_US (2 * GEO_UTC_DAY_US)

enum { WORDS_MAX = 24, PHENOMENON_WORDS = 8 };

struct report {
    struct geo_sigmet_text text;          // of all of it
    struct geo_wmo_word words[WORDS_MAX]; // the first of it, as many as a head may need
    size_t count;
    size_t kind; // index of SIGMET or AIRMET
    struct geo_wmo_word place, sequence;
    int64_t from_utc_us, until_utc_us;
    struct geo_sigmet_text body; // behind the issuing office
};

struct job {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_decode_counts counts;
    struct geo_sigmet_area *area;
    uint8_t *tail;
};

static size_t occurrences(struct geo_sigmet_text text, const char *word)
{
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word one;
    size_t count = 0;
    while (geo_wmo_next(&words, &one))
        count += geo_wmo_is(one, word);
    return count;
}

// "(TEST)", "EXER", "EXERCISE/EXERCISE", "VOLCEX22": whatever surrounds the word.
static bool exercise(struct geo_sigmet_text text)
{
    static const char *const words[] = {"TEST", "EXER", "EXERCISE", "VOLCEX"};
    size_t end = 0;
    for (size_t at = 0; at < text.size; at = end + 1) {
        for (end = at; end < text.size && text.text[end] >= 'A' && text.text[end] <= 'Z'; end++)
            ;
        const struct geo_wmo_word word = {.text = text.text + at, .size = end - at};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (geo_wmo_is(word, words[i]))
                return true;
    }
    return false;
}

static enum drf_status read_validity(struct report *report, struct geo_wmo_word word,
                                     int64_t reference_utc_us, struct geo_note *why)
{
    uint32_t ignored;
    bool formed = word.size >= 13 && word.text[6] == '/' && geo_wmo_digits(word, 0, 6, &ignored)
                  && geo_wmo_digits(word, 7, 6, &ignored);
    if (!formed || geo_wmo_time(word.text, reference_utc_us, &report->from_utc_us) != DRF_OK
        || geo_wmo_time(word.text + 7, report->from_utc_us, &report->until_utc_us) != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, word.line,
                          "VALID is not followed by two times");
    int64_t from_us = report->from_utc_us, until_us = report->until_utc_us;
    if (until_us <= from_us || until_us - from_us > LONGEST_US
        || from_us < reference_utc_us - PAST_US || from_us > reference_utc_us + AHEAD_US)
        return geo_refuse(
            why, GEO_REFUSAL_RANGE, word.line,
            "its validity ends before it begins, is too long, or not of this week");
    return DRF_OK;
}

// LOC SIGMET n VALID from/until OFFICE-
static enum drf_status read_head(struct report *report, int64_t reference_utc_us,
                                 struct geo_note *why)
{
    const struct geo_wmo_word *w = report->words;
    size_t i = 1;
    while (i + 3 < report->count
           && !((geo_wmo_is(w[i], "SIGMET") || geo_wmo_is(w[i], "AIRMET"))
                && geo_wmo_location(w[i - 1]) && geo_wmo_is(w[i + 2], "VALID")))
        i++;
    if (i + 3 >= report->count)
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, report->text.line,
                          "not a location, SIGMET or AIRMET, a number and VALID (ICAO "
                          "Annex 3)");
    report->kind = i;
    report->place = w[i - 1];
    report->sequence = w[i + 1];
    enum drf_status status = read_validity(report, w[i + 3], reference_utc_us, why);
    if (status != DRF_OK)
        return status;
    if (report->sequence.size > 8)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, report->text.line, "its number is too long");
    if (occurrences(report->text, "VALID") > 1)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, report->text.line,
                          "two validities: the sign = is missing between two reports");
    const char *body = w[i + 3].text + w[i + 3].size;
    report->body =
        (struct geo_sigmet_text){.text = body,
                                 .size = (size_t)(report->text.text + report->text.size - body),
                                 .line = w[i + 3].line};
    if (exercise(report->text))
        return geo_refuse(why, GEO_REFUSAL_MODE, report->text.line, "a test or an exercise");
    return DRF_OK;
}

// "SKEC SIGMET 1"
static void name_zone(const struct report *report, struct geo_wmo_word sequence,
                      char out[static GEO_ZONE_ID_SIZE])
{
    char text[GEO_ZONE_ID_SIZE];
    const struct geo_wmo_word kind = report->words[report->kind];
    snprintf(text, sizeof text, "%.4s %.6s %.*s", report->place.text, kind.text,
             (int)sequence.size, sequence.text);
    geo_text_copy(out, GEO_ZONE_ID_SIZE, text, strlen(text));
}

// Numbers restart each day, so the validity's begin is part of the identity. Not its day
// alone: what is issued at 2350 for 0010 has a number of the day before.
static void identify(const struct report *report, struct geo_wmo_word sequence,
                     int64_t from_utc_us, char id[static GEO_ZONE_ID_SIZE])
{
    name_zone(report, sequence, id);
    size_t used = strlen(id);
    const struct geo_utc_fields t = geo_utc_to_fields(from_utc_us);
    snprintf(id + used, GEO_ZONE_ID_SIZE - used, " %04d-%02d-%02dT%02d:%02dZ", t.year, t.month,
             t.day, t.hour, t.minute);
}

// "FRQ TS": what stands between the FIR and where or when.
static void read_phenomenon(struct geo_sigmet_text body, char out[static GEO_ZONE_NAME_SIZE])
{
    static const char *const ends[] = {"OBS", "FCST", "WI", "ENTIRE", "N", "S", "E", "W"};
    struct geo_wmo_text words = {.text = body.text, .size = body.size, .line = body.line};
    struct geo_wmo_word word;
    size_t used = strlen(out), count = 0;
    bool named = false;
    while (count < PHENOMENON_WORDS && geo_wmo_next(&words, &word)) {
        if (!named) {
            named = geo_wmo_is(word, "FIR") || geo_wmo_is(word, "UIR")
                    || geo_wmo_is(word, "FIR/UIR") || geo_wmo_is(word, "CTA");
            continue;
        }
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
            if (geo_wmo_is(word, ends[i]))
                return;
        if (used + word.size + 2 > GEO_ZONE_NAME_SIZE)
            return;
        out[used++] = ' ';
        memcpy(out + used, word.text, word.size);
        used += word.size;
        out[used] = '\0';
        count++;
    }
}

static enum drf_status add(struct job *job, const struct geo_zone *zone,
                           const struct geo_zone_period *period)
{
    const struct geo_sigmet_area *area = job->area;
    size_t volumes = zone->volume_count * sizeof area->volumes[0];
    size_t vertices = zone->vertex_count * sizeof area->vertices[0];
    size_t periods = zone->period_count * sizeof *period;
    memcpy(job->tail, area->volumes, volumes);
    if (period != NULL)
        memcpy(job->tail + volumes, period, periods);
    memcpy(job->tail + volumes + periods, area->vertices, vertices);
    return geo_record_add(job->builder, GEO_ITEM_ZONE, zone, sizeof *zone, job->tail,
                          volumes + periods + vertices);
}

// CNL SIGMET 3 292200/300200: the number and the begin of the cancelled one.
static bool cancelled(const struct report *report, struct geo_wmo_word *sequence,
                      int64_t *from_utc_us)
{
    struct geo_wmo_text words = {.text = report->body.text, .size = report->body.size};
    struct geo_wmo_word word, kind, validity;
    while (geo_wmo_next(&words, &word))
        if (geo_wmo_is(word, "CNL"))
            return geo_wmo_next(&words, &kind)
                   && (geo_wmo_is(kind, "SIGMET") || geo_wmo_is(kind, "AIRMET"))
                   && geo_wmo_next(&words, sequence) && sequence->size <= 8
                   && geo_wmo_next(&words, &validity) && validity.size >= 13
                   && validity.text[6] == '/'
                   && geo_wmo_time(validity.text, report->from_utc_us, from_utc_us) == DRF_OK;
    return false;
}

static enum drf_status add_cancellation(struct job *job, const struct report *report,
                                        struct geo_wmo_word sequence, int64_t from_utc_us)
{
    struct geo_zone zone = {.restriction = GEO_ZONE_INFORMATION,
                            .flags = GEO_ZONE_WITHDRAWN | GEO_ZONE_WEATHER,
                            .volume_count = 1};
    identify(report, sequence, from_utc_us, zone.id);
    job->area->volumes[0] = (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE, .radius_m = 1.0};
    job->counts.kept++;
    return add(job, &zone, NULL);
}

static enum drf_status add_zone(struct job *job, const struct report *report,
                                struct geo_note *why)
{
    enum drf_status status = geo_sigmet_area_read(report->body, job->area, why);
    if (status != DRF_OK)
        return status;
    bool airmet = geo_wmo_is(report->words[report->kind], "AIRMET");
    struct geo_zone zone = {
        .restriction = airmet ? GEO_ZONE_INFORMATION : GEO_ZONE_CONDITIONAL,
        .flags = GEO_ZONE_WEATHER,
        .reason = "WEATHER",
        .volume_count = job->area->volume_count,
        .period_count = 1,
        .vertex_count = job->area->vertex_count,
    };
    identify(report, report->sequence, report->from_utc_us, zone.id);
    char name[GEO_ZONE_NAME_SIZE], number[GEO_ZONE_ID_SIZE];
    name_zone(report, report->sequence, number);
    snprintf(name, sizeof name, "%s", number);
    read_phenomenon(report->body, name);
    size_t used = strlen(name);
    if (job->area->widened && used + 5 < sizeof name)
        snprintf(name + used, sizeof name - used, " BOX");
    geo_text_copy(zone.name, sizeof zone.name, name, strlen(name));
    const char *message = report->place.text;
    geo_text_copy(zone.message, sizeof zone.message, message,
                  (size_t)(report->text.text + report->text.size - message));
    const struct geo_zone_period period = {.from_utc_us = report->from_utc_us,
                                           .until_utc_us = report->until_utc_us};
    const struct geo_zone_view view = {&zone, job->area->volumes, &period, job->area->vertices};
    if (geo_bounds_touch(job->params->keep, geo_zone_bounds(&view))) {
        job->counts.kept++;
        return add(job, &zone, &period);
    }
    // added as OUTSIDE, so that an earlier version of this number is withdrawn
    job->counts.out_of_region++;
    job->counts.told++;
    job->area->volumes[0] = (struct geo_zone_volume){
        .shape = GEO_ZONE_CIRCLE, .centre = job->area->volumes[0].centre, .radius_m = 1.0};
    zone.flags |= GEO_ZONE_OUTSIDE;
    zone.volume_count = 1;
    zone.period_count = zone.vertex_count = 0;
    return add(job, &zone, NULL);
}

// Unreadable where its head and all corners could be read; a test is nothing to be told of.
static enum drf_status refuse(struct job *job, const struct report *report,
                              const struct geo_note *note)
{
    struct geo_bounds box;
    char id[GEO_ZONE_ID_SIZE];
    bool placed = report->body.size > 0 && note->code != GEO_REFUSAL_MODE
                  && occurrences(report->text, "VALID") == 1
                  && occurrences(report->body, "CNL") == 0
                  && geo_sigmet_area_box(report->body, job->area, &box);
    if (!placed)
        return geo_decode_counts_refuse(&job->counts, job->builder, note);
    identify(report, report->sequence, report->from_utc_us, id);
    return geo_decode_counts_unreadable(&job->counts, job->builder, note, job->params->keep, id,
                                        &box, report->until_utc_us);
}

static enum drf_status read_report(struct job *job, struct geo_sigmet_text text)
{
    struct report report = {.text = text};
    struct geo_wmo_text words = {.text = text.text, .size = text.size, .line = text.line};
    struct geo_wmo_word word, sequence;
    int64_t from_utc_us = 0;
    while (report.count < WORDS_MAX && geo_wmo_next(&words, &word))
        report.words[report.count++] = word;
    if (report.count == 0)
        return DRF_OK;
    report.text.line = report.words[0].line;
    struct geo_note note = {.count = 1};
    enum drf_status status = read_head(&report, job->params->message_utc_us, &note);
    if (status == DRF_OK && occurrences(report.body, "CNL") > 0)
        status = cancelled(&report, &sequence, &from_utc_us)
                     ? add_cancellation(job, &report, sequence, from_utc_us)
                     : geo_refuse(&note, GEO_REFUSAL_FORMAT, report.text.line,
                                  "CNL is not followed by what is cancelled, its number and "
                                  "validity");
    else if (status == DRF_OK)
        status = add_zone(job, &report, &note);
    if (status == DRF_OK || note.code == GEO_REFUSAL_NONE)
        return status;
    return refuse(job, &report, &note);
}

// Reports end with "=", the last one with the message.
static enum drf_status read_all(struct job *job, const char *text, size_t size)
{
    enum drf_status status = DRF_OK;
    uint64_t line = 1;
    for (size_t at = 0; at < size && status == DRF_OK;) {
        const char *end = memchr(text + at, '=', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        status = read_report(
            job, (struct geo_sigmet_text){.text = text + at, .size = length, .line = line});
        for (size_t i = at; i < at + length; i++)
            line += text[i] == '\n';
        at += length + 1;
    }
    return status;
}

enum drf_status geo_sigmet_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                  size_t size, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    struct job job = {.params = params, .builder = builder};
    job.area = malloc(sizeof *job.area);
    job.tail = malloc(sizeof *job.area + sizeof(struct geo_zone_period));
    enum drf_status status =
        job.area != NULL && job.tail != NULL
            ? read_all(&job, (const char *)bytes, size)
            : geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for an area");
    if (status == DRF_OK)
        status = geo_decode_counts_finish(&job.counts, "reports", builder, why);
    free(job.area);
    free(job.tail);
    return status;
}
