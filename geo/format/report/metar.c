// SPDX-License-Identifier: Apache-2.0
// The message is cut into segments: at "=", at METAR, SPECI and TAF, and where a location with
// a time begins the next report. A segment is a report, a forecast, or what stands between
// bulletins (headings, lines of text); only what has a measured group of a report without
// being one is refused, so that headings are not taken for lost reports. Of each station the
// latest report stays.
#include "geo/format/report/metar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/report/metar_report.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"

enum { STATIONS_MAX = 4096 };

enum segment { SEGMENT_HEADER, SEGMENT_REPORT, SEGMENT_FORECAST };

struct job {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_decode_counts counts;
    struct geo_metar_report report; // being collected
    enum segment segment;
    bool begun;    // METAR or SPECI stood before it
    bool too_long; // more words than are kept
    uint64_t reports, nil, forecasts, odd;
    struct geo_wmo_word first_odd;
    char odd_station[5];
    struct geo_station *stations;
    size_t count, room;
};

static bool is_time(struct geo_wmo_word word)
{
    uint32_t ignored;
    return word.size == 7 && word.text[6] == 'Z' && geo_wmo_digits(word, 0, 6, &ignored);
}

// "1706/1812": the validity of a forecast.
static bool is_validity(struct geo_wmo_word word)
{
    uint32_t ignored;
    return word.size == 9 && word.text[4] == '/' && geo_wmo_digits(word, 0, 4, &ignored)
           && geo_wmo_digits(word, 5, 4, &ignored);
}

// The later observation stays; of one time the later in the message, which may correct it.
static enum drf_status keep(struct job *job, const struct geo_station *station)
{
    for (size_t i = 0; i < job->count; i++) {
        if (strcmp(job->stations[i].id, station->id) != 0)
            continue;
        if (station->observed_utc_us >= job->stations[i].observed_utc_us)
            job->stations[i] = *station;
        return DRF_OK;
    }
    if (job->count == STATIONS_MAX)
        return DRF_ERR_FULL;
    if (job->count == job->room) {
        size_t room = job->room == 0 ? 32 : job->room * 2;
        struct geo_station *stations = realloc(job->stations, room * sizeof *stations);
        if (stations == NULL)
            return DRF_ERR_NOMEM;
        job->stations = stations;
        job->room = room;
    }
    job->stations[job->count++] = *station;
    return DRF_OK;
}

static enum drf_status refuse(struct job *job, const struct geo_note *note)
{
    return geo_decode_counts_refuse(&job->counts, job->builder, note);
}

static enum drf_status read_report(struct job *job)
{
    struct geo_station station;
    struct geo_wmo_word odd;
    struct geo_note note;
    bool nil;
    job->reports++;
    enum drf_status status =
        job->too_long
            ? geo_refuse(&note, GEO_REFUSAL_TOO_LARGE, job->report.words[0].line,
                         "%.*s: more than %d words in a report", (int)job->report.words[0].size,
                         job->report.words[0].text, GEO_METAR_WORDS_MAX)
            : geo_metar_report_read(&job->report, job->params->message_utc_us, &station, &nil,
                                    &odd, &note);
    if (status != DRF_OK)
        return refuse(job, &note);
    job->nil += nil;
    if (nil)
        return DRF_OK;
    if (odd.size > 0 && job->odd++ == 0) {
        job->first_odd = odd;
        memcpy(job->odd_station, station.id, sizeof job->odd_station - 1);
    }
    return keep(job, &station);
}

// What stands between bulletins: a sequence number, "SAUS70 KWBC 031200 RRA", a line of text.
// Damaged beyond its location and time, a report still has a wind, a temperature or a pressure.
static bool between_bulletins(const struct geo_metar_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct geo_station unused = {0};
        if (geo_metar_wind(report->words[i], &unused)
            || geo_metar_temperature(report->words[i], &unused)
            || geo_metar_pressure(report->words[i], &unused))
            return false;
    }
    return true;
}

// A report without the time that distinguishes it from a header, such as "METAR EGLL NIL".
static bool is_report(const struct job *job)
{
    const struct geo_metar_report *report = &job->report;
    return job->begun
           || (report->count > 1 && geo_wmo_is(report->words[report->count - 1], "NIL"));
}

// "METAR 011200", a time without a location: what begins a list of reports.
static bool heads_a_list(const struct job *job)
{
    uint32_t ignored;
    const struct geo_wmo_word word = job->report.words[0];
    return job->segment == SEGMENT_HEADER && job->report.count == 1 && word.size >= 6
           && word.size <= 7 && geo_wmo_digits(word, 0, 6, &ignored);
}

// The words collected so far are a report, a header or nothing.
static enum drf_status end_segment(struct job *job)
{
    enum drf_status status = DRF_OK;
    if (job->report.count > 0 && job->segment == SEGMENT_FORECAST)
        job->forecasts++;
    else if (job->report.count > 0 && (job->segment == SEGMENT_REPORT || is_report(job)))
        status = heads_a_list(job) ? DRF_OK : read_report(job);
    else if (job->report.count > 0 && job->reports > 0 && !between_bulletins(&job->report)) {
        struct geo_note note;
        status = geo_refuse(&note, GEO_REFUSAL_FORMAT, job->report.words[0].line,
                            "line %llu: neither location nor time",
                            (unsigned long long)job->report.words[0].line);
        status = status != DRF_OK ? refuse(job, &note) : DRF_OK;
    }
    job->report.count = 0;
    job->report.corrected = job->begun = job->too_long = false;
    job->segment = SEGMENT_HEADER;
    return status;
}

static void add_word(struct job *job, struct geo_wmo_word word)
{
    if (job->report.count < GEO_METAR_WORDS_MAX)
        job->report.words[job->report.count++] = word;
    else
        job->too_long = true;
}

// A location with a time begins a report: of what stood before it only COR is kept.
static enum drf_status begin_report(struct job *job, bool forecast)
{
    bool begun = job->begun;
    bool corrected = job->report.corrected
                     || (job->report.count > 0
                         && geo_wmo_is(job->report.words[job->report.count - 1], "COR"));
    enum drf_status status = DRF_OK;
    if (job->segment == SEGMENT_REPORT)
        status = end_segment(job);
    bool taf = job->segment == SEGMENT_FORECAST;
    job->report.count = 0;
    job->report.corrected = corrected;
    job->begun = begun;
    job->segment = forecast || taf ? SEGMENT_FORECAST : SEGMENT_REPORT;
    return status;
}

static enum drf_status take_word(struct job *job, struct geo_wmo_word word,
                                 struct geo_wmo_text ahead)
{
    bool keyword = geo_wmo_is(word, "METAR") || geo_wmo_is(word, "SPECI");
    bool taf = geo_wmo_is(word, "TAF");
    if (keyword || taf || geo_wmo_is(word, "=")) {
        enum drf_status status = end_segment(job);
        job->begun = keyword;
        job->segment = taf ? SEGMENT_FORECAST : SEGMENT_HEADER;
        if (taf)
            add_word(job, word);
        return status;
    }
    struct geo_wmo_word when, validity;
    enum drf_status status = DRF_OK;
    bool place = geo_wmo_location(word) && geo_wmo_next(&ahead, &when) && is_time(when);
    if (place)
        status = begin_report(job, geo_wmo_next(&ahead, &validity) && is_validity(validity));
    else if (job->begun && job->report.count == 0 && geo_wmo_is(word, "COR")) {
        job->report.corrected = true;
        return DRF_OK;
    }
    add_word(job, word);
    return status;
}

static enum drf_status note_ignored(struct job *job)
{
    const struct {
        uint64_t count;
        const char *what;
    } kinds[] = {{job->nil, "reports say NIL"}, {job->forecasts, "forecasts are not read"}};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < 2 && status == DRF_OK; i++) {
        struct geo_note note = {
            .code = GEO_REFUSAL_IGNORED,
            .count = kinds[i].count > UINT32_MAX ? UINT32_MAX : (uint32_t)kinds[i].count};
        snprintf(note.text, sizeof note.text, "%u %s", note.count, kinds[i].what);
        if (note.count > 0)
            status = geo_record_add(job->builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0);
    }
    struct geo_note odd = {.code = GEO_REFUSAL_IGNORED,
                           .count = (uint32_t)(job->odd > UINT32_MAX ? UINT32_MAX : job->odd),
                           .position = job->first_odd.line};
    char text[sizeof odd.text];
    snprintf(text, sizeof text, "%s: a group that is not understood: %.*s", job->odd_station,
             job->first_odd.size < 40 ? (int)job->first_odd.size : 40, job->first_odd.text);
    geo_text_copy(odd.text, sizeof odd.text, text, strlen(text));
    if (status == DRF_OK && job->odd > 0)
        status = geo_record_add(job->builder, GEO_ITEM_NOTE, &odd, sizeof odd, NULL, 0);
    return status;
}

static enum drf_status add_stations(struct job *job)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < job->count && status == DRF_OK; i++)
        status = geo_record_add(job->builder, GEO_ITEM_STATION, &job->stations[i],
                                sizeof job->stations[i], NULL, 0);
    job->counts.kept = job->count;
    return status;
}

enum drf_status geo_metar_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                 size_t size, struct geo_record_builder *builder,
                                 struct geo_note *why)
{
    struct job job = {.params = params, .builder = builder};
    struct geo_wmo_text text = {.text = (const char *)bytes, .size = size, .line = 1};
    struct geo_wmo_word word;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && geo_wmo_next(&text, &word))
        status = take_word(&job, word, text);
    if (status == DRF_OK)
        status = end_segment(&job);
    if (status == DRF_OK)
        status = add_stations(&job);
    bool nothing = job.count == 0 && job.counts.refused == 0;
    if (status == DRF_OK && nothing && job.nil + job.forecasts > 0)
        status = geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "%llu reports say NIL, %llu forecasts",
                            (unsigned long long)job.nil, (unsigned long long)job.forecasts);
    else if (status == DRF_OK && nothing)
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "no METAR or SPECI in it");
    else if (status == DRF_OK)
        status = note_ignored(&job);
    if (status == DRF_OK)
        status = geo_decode_counts_finish(&job.counts, "reports", builder, why);
    free(job.stations);
    return status;
}
