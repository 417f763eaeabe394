// SPDX-License-Identifier: Apache-2.0
#include "geo/record/decode_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/record/refusal.h"

static enum drf_status add(struct geo_record_builder *builder, const struct geo_note *note)
{
    return geo_record_add(builder, GEO_ITEM_NOTE, note, sizeof *note, NULL, 0);
}

enum drf_status geo_decode_counts_refuse(struct geo_decode_counts *counts,
                                         struct geo_record_builder *builder,
                                         const struct geo_note *note)
{
    counts->refused++;
    if (counts->refused == 1)
        counts->first = *note;
    return counts->refused <= GEO_DECODE_NOTES_MAX ? add(builder, note) : DRF_OK;
}

enum drf_status geo_decode_counts_unreadable(struct geo_decode_counts *counts,
                                             struct geo_record_builder *builder,
                                             const struct geo_note *note,
                                             struct geo_bounds keep, const char *id,
                                             const struct geo_bounds *box,
                                             int64_t valid_until_utc_us)
{
    if (id != NULL && box != NULL && !geo_bounds_touch(keep, *box)) {
        counts->out_of_region++;
        return DRF_OK;
    }
    enum drf_status status = geo_decode_counts_refuse(counts, builder, note);
    if (status != DRF_OK || id == NULL || box == NULL)
        return status;
    struct geo_unreadable one = {
        .box = *box, .valid_until_utc_us = valid_until_utc_us, .code = note->code};
    geo_text_copy(one.id, sizeof one.id, id, strlen(id));
    counts->told++;
    return geo_record_add(builder, GEO_ITEM_UNREADABLE, &one, sizeof one, NULL, 0);
}

static uint32_t saturated(uint64_t count)
{
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static enum drf_status refuse_whole(const struct geo_decode_counts *counts, const char *what,
                                    struct geo_note *why)
{
    // What could not be read may have been inside: it is told although the rest lies outside.
    if (counts->refused == 0 && counts->out_of_region > 0)
        return geo_refuse(why, GEO_REFUSAL_OUT_OF_REGION, 0,
                          "no %s inside the region: %" PRIu64 " outside", what,
                          counts->out_of_region);
    if (counts->refused == 0)
        return geo_refuse(why, GEO_REFUSAL_EMPTY, 0, "no %s in it", what);
    *why = counts->first;
    why->count = saturated(counts->refused);
    return geo_refusal_status((enum geo_refusal_code)why->code);
}

static struct geo_note counting(enum geo_refusal_code code, uint64_t count, const char *what,
                                const char *words)
{
    struct geo_note note = {.code = code, .count = saturated(count)};
    (void)snprintf(note.text, sizeof note.text, "%" PRIu64 " %s %s", count, what, words);
    return note;
}

enum drf_status geo_decode_counts_finish(const struct geo_decode_counts *counts,
                                         const char *what, struct geo_record_builder *builder,
                                         struct geo_note *why)
{
    if (counts->kept == 0 && counts->told == 0)
        return refuse_whole(counts, what, why);

    enum drf_status status = DRF_OK;
    if (counts->refused > GEO_DECODE_NOTES_MAX) {
        struct geo_note note = counting((enum geo_refusal_code)counts->first.code,
                                        counts->refused - GEO_DECODE_NOTES_MAX, what,
                                        "more refused, for the reasons above or others");
        status = add(builder, &note);
    }
    if (status == DRF_OK && counts->out_of_region > 0) {
        struct geo_note note =
            counting(GEO_REFUSAL_IGNORED, counts->out_of_region, what, GEO_DECODE_OUTSIDE);
        status = add(builder, &note);
    }
    return status;
}
