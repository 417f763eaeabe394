// geo/record/decode_counts.h - counts of the parts that a decoder kept, refused and ignored.
// SPDX-License-Identifier: Apache-2.0
//
// The number of notes is bounded: a message of a million broken lines gives
// GEO_DECODE_NOTES_MAX notes and a count.
#ifndef GEO_DECODE_COUNTS_H
#define GEO_DECODE_COUNTS_H

#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

// How the note on parts outside what is kept ends.
#define GEO_DECODE_OUTSIDE "outside the region passed over"

enum { GEO_DECODE_NOTES_MAX = 32 }; // of refused parts; the rest are counted in one more

// Initialised to zero. The decoder itself counts what it keeps and ignores.
struct geo_decode_counts {
    uint64_t kept, refused, out_of_region;
    uint64_t told; // of those out of the region the ones that are in the record, flagged
                   // OUTSIDE, and of the refused ones those that are in it as unreadable
    struct geo_note first; // the first refusal
};

// Counts a refused part and adds its note to the record if there are not too many.
// DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_decode_counts_refuse(struct geo_decode_counts *counts,
                                                        struct geo_record_builder *builder,
                                                        const struct geo_note *note);

// Counts a refused part that still names itself and the box in which it may apply, and adds it
// as unreadable (geo/record/unreadable.h), so that it is not silence. A box that does not touch
// `keep` is only counted as out of the region. `id` is the one the part would have had, "" for
// the message's own; the box holds every place where it may apply. Either may be NULL, when it
// could not be read: then this is geo_decode_counts_refuse(). The part counts as told: a record
// of unreadable parts alone is kept.
DRF_MUST_CHECK enum drf_status geo_decode_counts_unreadable(
    struct geo_decode_counts *counts, struct geo_record_builder *builder,
    const struct geo_note *note, struct geo_bounds keep, const char *id,
    const struct geo_bounds *box, int64_t valid_until_utc_us);

// Ends a record of `what` ("obstacles"). With something kept or told: DRF_OK, after
// one note on refusals beyond GEO_DECODE_NOTES_MAX and one (IGNORED) on parts outside the
// region. With nothing kept, the message is refused as a whole, *why says so, and the status is
// geo_refusal_status()'s: the first refusal, else OUT_OF_REGION if all parts were only that,
// else EMPTY. DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_decode_counts_finish(const struct geo_decode_counts *counts,
                                                        const char *what,
                                                        struct geo_record_builder *builder,
                                                        struct geo_note *why);

#endif
