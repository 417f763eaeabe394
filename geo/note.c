// SPDX-License-Identifier: Apache-2.0
#include "geo/note.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct geo_note geo_note_of(enum geo_refusal_code code, uint64_t position, const char *format,
                            ...)
{
    struct geo_note note = {.code = (uint32_t)code, .count = 1, .position = position};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(note.text, sizeof note.text, format, arguments);
    va_end(arguments);
    for (char *p = note.text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return note;
}

enum drf_status geo_note_status(enum geo_refusal_code code)
{
    switch (code) {
    case GEO_REFUSAL_NONE:
        return DRF_OK;
    case GEO_REFUSAL_EMPTY:
    case GEO_REFUSAL_FORMAT:
        return DRF_ERR_SYNTAX;
    case GEO_REFUSAL_TOO_LARGE:
        return DRF_ERR_FULL;
    case GEO_REFUSAL_MEMORY:
        return DRF_ERR_NOMEM;
    default:
        return DRF_ERR_RANGE;
    }
}

static enum drf_status add(struct geo_record_builder *builder, const struct geo_note *note)
{
    return geo_record_add(builder, GEO_ITEM_NOTE, note, sizeof *note, NULL, 0);
}

enum drf_status geo_tally_refuse(struct geo_tally *tally, struct geo_record_builder *builder,
                                 const struct geo_note *note)
{
    tally->refused++;
    if (tally->refused == 1)
        tally->first = *note;
    return tally->refused <= GEO_NOTES_MAX ? add(builder, note) : DRF_OK;
}

static uint32_t saturated(uint64_t count)
{
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static enum drf_status refuse_whole(const struct geo_tally *tally, const char *what,
                                    struct geo_note *why)
{
    if (tally->passed_over > 0)
        *why = geo_note_of(GEO_REFUSAL_OUT_OF_REGION, 0,
                           "all %s are outside the region: %" PRIu64 " (refused: %" PRIu64 ")",
                           what, tally->passed_over, tally->refused);
    else if (tally->refused > 0)
        *why = tally->first;
    else
        *why = geo_note_of(GEO_REFUSAL_EMPTY, 0, "no %s in it", what);
    if (tally->passed_over == 0 && tally->refused > 0)
        why->count = saturated(tally->refused);
    return geo_note_status((enum geo_refusal_code)why->code);
}

enum drf_status geo_tally_finish(const struct geo_tally *tally, const char *what,
                                 struct geo_record_builder *builder, struct geo_note *why)
{
    if (tally->kept == 0)
        return refuse_whole(tally, what, why);

    enum drf_status status = DRF_OK;
    if (tally->refused > GEO_NOTES_MAX) {
        uint64_t more = tally->refused - GEO_NOTES_MAX;
        struct geo_note note =
            geo_note_of((enum geo_refusal_code)tally->first.code, 0,
                        "%" PRIu64 " more %s refused, for this and other reasons", more, what);
        note.count = saturated(more);
        status = add(builder, &note);
    }
    if (status == DRF_OK && tally->passed_over > 0) {
        struct geo_note note =
            geo_note_of(GEO_REFUSAL_IGNORED, 0, "%" PRIu64 " %s outside the region passed over",
                        tally->passed_over, what);
        note.count = saturated(tally->passed_over);
        status = add(builder, &note);
    }
    return status == DRF_OK ? DRF_OK : geo_note_full(status, why);
}

enum drf_status geo_note_full(enum drf_status status, struct geo_note *why)
{
    *why = status == DRF_ERR_FULL
               ? geo_note_of(GEO_REFUSAL_TOO_LARGE, 0,
                             "decoded, it is larger than a record may be")
               : geo_note_of(GEO_REFUSAL_MEMORY, 0, "no memory to decode it");
    return status;
}
