// geo/note.h - how a decoder says what it refused or passed over.
// SPDX-License-Identifier: Apache-2.0
//
// One line for people per refused part, and a bound on how many: a message of a million broken
// lines must not become a record of a million notes.
#ifndef GEO_NOTE_H
#define GEO_NOTE_H

#include <stdint.h>

#include "geo/record.h"
#include "geo/status.h"

#if defined(__GNUC__)
#define GEO_NOTE_FORMAT(at) __attribute__((format(printf, at, at + 1)))
#else
#define GEO_NOTE_FORMAT(at)
#endif

enum { GEO_NOTES_MAX = 32 }; // of refused parts in one record; the rest are counted in one more

// A note for one part. Text that is too long is cut; bytes that are not printable ASCII become
// '?', so that a hostile message cannot write control characters into a log.
struct geo_note geo_note_of(enum geo_refusal_code code, uint64_t position, const char *format,
                            ...) GEO_NOTE_FORMAT(3);

// The status with which a whole message is refused for `code`.
enum drf_status geo_note_status(enum geo_refusal_code code);

// Counts what a decoder kept, refused and passed over, and keeps the first notes.
struct geo_tally {
    uint64_t kept, refused, passed_over;
    struct geo_note first; // the first refusal
};

// Adds `note` to the record, or only counts it when there are GEO_NOTES_MAX already.
// DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_tally_refuse(struct geo_tally *tally,
                                                struct geo_record_builder *builder,
                                                const struct geo_note *note);

// Ends a record. `what` names the parts ("obstacles"). With something kept: DRF_OK, after one
// note on refusals beyond GEO_NOTES_MAX and one (IGNORED) on parts outside the region. With
// nothing kept, the message is refused as a whole: with the first refusal's reason, or as
// OUT_OF_REGION, or as EMPTY. DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_tally_finish(const struct geo_tally *tally, const char *what,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

// What geo_record_add() failed with, as a refusal of the whole message; returns `status`.
enum drf_status geo_note_full(enum drf_status status, struct geo_note *why);

#endif
