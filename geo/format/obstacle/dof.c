// SPDX-License-Identifier: Apache-2.0
// Lines one after the other. A record, or a change with its action word, becomes an obstacle;
// OLD and NEW are one change and must follow each other. Records of one number are twins,
// changes of one number follow each other. A line that cannot be read is refused alone, and
// unreadable where its number and its place can still be read.
#include "geo/format/obstacle/dof.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/format/obstacle/dof_record.h"
#include "geo/format/obstacle/obstacle_output.h"
#include "geo/record/refusal.h"

enum {
    WORD_COLUMNS = 10,     // of a change file, before the record
    CHANGE_COLUMNS = 136,  // and a blank that may be lost
    ACTION_COLUMN = 119,   // of the record
    CHANGE_DATE_SHIFT = 1, // a change file has no blank between action and date
};

enum change { CHANGE_NONE, CHANGE_ADD, CHANGE_OLD, CHANGE_NEW, CHANGE_REMOVE };

struct job {
    const struct geo_decode_params *params;
    struct geo_obstacle_output output;
    bool has_old; // the line before was OLD
    bool old_read;
    struct geo_obstacle old;
    struct geo_dof_line old_line;
};

static bool starts(const struct geo_dof_line *line, size_t at, const char *word)
{
    size_t length = strlen(word);
    return line->size >= at + length && memcmp(line->text + at, word, length) == 0;
}

static bool header(const struct geo_dof_line *line)
{
    size_t blanks = 0;
    while (blanks < line->size && line->text[blanks] == ' ')
        blanks++;
    return blanks == line->size || starts(line, blanks, "CURRENCY DATE")
           || starts(line, blanks, "LATITUDE") || starts(line, 0, "OAS#")
           || starts(line, 0, "ACTION    OAS#") || starts(line, 0, "----------")
           || starts(line, blanks, "V                          LATITUDE");
}

static enum change change_of(const struct geo_dof_line *line)
{
    static const struct {
        const char *word;
        enum change change;
    } words[] = {{"ADD       ", CHANGE_ADD},
                 {"OLD       ", CHANGE_OLD},
                 {"NEW       ", CHANGE_NEW},
                 {"DISMANTLE ", CHANGE_REMOVE},
                 {"REMOVE    ", CHANGE_REMOVE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (starts(line, 0, words[i].word))
            return words[i].change;
    return CHANGE_NONE;
}

// Cuts the next line off the text, without its line end.
static bool next_line(const char *text, size_t size, size_t *cursor, struct geo_dof_line *line)
{
    if (*cursor >= size)
        return false;
    const char *start = text + *cursor, *end = memchr(start, '\n', size - *cursor);
    size_t length = end != NULL ? (size_t)(end - start) : size - *cursor;
    *cursor += length + (end != NULL);
    if (length > 0 && start[length - 1] == '\r')
        length--;
    *line = (struct geo_dof_line){start, length, line->number + 1};
    return true;
}

// Reads the record behind an action word, as if it stood in a file of records.
static enum drf_status read_change(const struct job *job, const struct geo_dof_line *line,
                                   enum change change, struct geo_obstacle *out,
                                   struct geo_note *why)
{
    char text[GEO_DOF_COLUMNS];
    if (line->size < CHANGE_COLUMNS || line->size > CHANGE_COLUMNS + 1)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, line->number,
                          "line %" PRIu64 ": %zu columns, a change has 137", line->number,
                          line->size);
    const char *record = line->text + WORD_COLUMNS;
    char action = record[ACTION_COLUMN - 1];
    memcpy(text, record, ACTION_COLUMN);
    text[ACTION_COLUMN] = ' ';
    memcpy(text + ACTION_COLUMN + CHANGE_DATE_SHIFT, record + ACTION_COLUMN,
           sizeof text - ACTION_COLUMN - CHANGE_DATE_SHIFT);
    // The word decides, and its letter must not contradict it; R is of change files only.
    bool removes = action == 'D' || action == 'R';
    if (removes != (change == CHANGE_REMOVE))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, line->number,
                          "line %" PRIu64 ": action %c contradicts its word", line->number,
                          action);
    if (removes)
        text[ACTION_COLUMN - 1] = 'D';
    const struct geo_dof_line plain = {text, sizeof text, line->number};
    return geo_dof_record_read(job->params, &plain, out, why);
}

// A line whose number and place can be read is unreadable there.
static enum drf_status refuse(struct job *job, const struct geo_dof_line *line,
                              const struct geo_note *note)
{
    char id[GEO_OBSTACLE_ID_SIZE];
    struct geo_point at;
    double spread_m;
    struct geo_dof_line record = *line;
    if (change_of(line) != CHANGE_NONE) {
        record.text += WORD_COLUMNS;
        record.size -= WORD_COLUMNS;
    }
    bool placed = geo_dof_record_place(job->output.params, &record, id, &at, &spread_m);
    struct geo_bounds box = {.west_deg = 0};
    if (placed)
        box = geo_bounds_widen(
            (struct geo_bounds){at.lon_deg, at.lat_deg, at.lon_deg, at.lat_deg}, spread_m);
    return geo_obstacle_output_refuse(&job->output, note, id, false, placed ? &box : NULL,
                                      false);
}

static bool inside(const struct job *job, const struct geo_obstacle *obstacle)
{
    return geo_bounds_hold(job->output.params->keep, obstacle->position);
}

// One of a change file: of several changes of one number the last counts, so the order stays.
static enum drf_status keep_change(struct job *job, const struct geo_obstacle *obstacle)
{
    struct geo_obstacle told = *obstacle;
    struct geo_decode_counts *counts = &job->output.counts;
    bool is_inside = inside(job, obstacle);
    told.flags |= is_inside ? 0 : (uint32_t)GEO_OBSTACLE_OUTSIDE;
    counts->kept += is_inside;
    counts->out_of_region += !is_inside;
    counts->told += !is_inside;
    return geo_record_add(job->output.builder, GEO_ITEM_OBSTACLE, &told, sizeof told, NULL, 0);
}

// Two records of one number are two obstacles, but for one that says it is no more.
static enum drf_status keep_record(struct job *job, const struct geo_dof_line *line,
                                   const struct geo_obstacle *obstacle)
{
    struct geo_note note;
    if ((obstacle->flags & GEO_OBSTACLE_WITHDRAWN) != 0)
        return keep_change(job, obstacle);
    if (!inside(job, obstacle))
        return geo_obstacle_output_outside(&job->output, obstacle);
    enum drf_status status = geo_obstacle_output_keep(&job->output, obstacle, NULL, false);
    if (status != DRF_ERR_RANGE)
        return status;
    status = geo_refuse(&note, GEO_REFUSAL_RANGE, line->number,
                        "line %" PRIu64 ": its number is another record's", line->number);
    return status != DRF_OK ? refuse(job, line, &note) : DRF_OK;
}

// An OLD that no NEW follows changes nothing: what it became is not known.
static enum drf_status drop_old(struct job *job)
{
    if (!job->has_old)
        return DRF_OK;
    struct geo_note note;
    job->has_old = false;
    enum drf_status status =
        geo_refuse(&note, GEO_REFUSAL_FORMAT, job->old_line.number,
                   "line %" PRIu64 ": OLD without its NEW", job->old_line.number);
    return status != DRF_OK ? refuse(job, &job->old_line, &note) : DRF_OK;
}

// OLD and NEW are one change. Where it leads out of the region, the old one is withdrawn.
static enum drf_status take_new(struct job *job, const struct geo_dof_line *line,
                                const struct geo_obstacle *obstacle)
{
    struct geo_note note;
    bool paired =
        job->has_old
        && memcmp(job->old_line.text + WORD_COLUMNS, line->text + WORD_COLUMNS, 9) == 0;
    if (!paired) {
        enum drf_status status = drop_old(job);
        if (status != DRF_OK)
            return status;
        status = geo_refuse(&note, GEO_REFUSAL_FORMAT, line->number,
                            "line %" PRIu64 ": NEW without its OLD", line->number);
        return status != DRF_OK ? refuse(job, line, &note) : DRF_OK;
    }
    job->has_old = false;
    bool leaves = job->old_read && inside(job, &job->old) && !inside(job, obstacle);
    if (!leaves)
        return keep_change(job, obstacle);
    job->old.flags |= GEO_OBSTACLE_WITHDRAWN;
    return keep_change(job, &job->old);
}

static enum drf_status take_old(struct job *job, const struct geo_dof_line *line)
{
    struct geo_note ignored;
    enum drf_status status = drop_old(job);
    if (line->size < CHANGE_COLUMNS)
        return status; // its NEW will miss it
    job->has_old = true;
    job->old_line = *line;
    job->old_read = read_change(job, line, CHANGE_OLD, &job->old, &ignored) == DRF_OK;
    return status;
}

static enum drf_status take_line(struct job *job, const struct geo_dof_line *line)
{
    struct geo_obstacle obstacle = {0};
    struct geo_note note;
    enum change change = change_of(line);
    if (change == CHANGE_OLD)
        return take_old(job, line);
    enum drf_status status = change == CHANGE_NEW ? DRF_OK : drop_old(job);
    if (status != DRF_OK)
        return status;
    status = change == CHANGE_NONE ? geo_dof_record_read(job->params, line, &obstacle, &note)
                                   : read_change(job, line, change, &obstacle, &note);
    if (status != DRF_OK) {
        job->has_old = false;
        return refuse(job, line, &note);
    }
    return change == CHANGE_NONE  ? keep_record(job, line, &obstacle)
           : change == CHANGE_NEW ? take_new(job, line, &obstacle)
                                  : keep_change(job, &obstacle);
}

enum drf_status geo_dof_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                               size_t size, struct geo_record_builder *builder,
                               struct geo_note *why)
{
    struct job job = {.params = params};
    geo_obstacle_output_init(&job.output, params, builder);
    struct geo_dof_line line = {0};
    size_t cursor = 0;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && next_line((const char *)bytes, size, &cursor, &line))
        if (!header(&line))
            status = take_line(&job, &line);
    if (status == DRF_OK)
        status = drop_old(&job);
    if (status == DRF_OK)
        status = geo_obstacle_output_finish(&job.output, "obstacles", why);
    geo_obstacle_output_close(&job.output);
    return status;
}
