// geo/record/tally.h - what a decoder kept, refused and passed over.
// SPDX-License-Identifier: Apache-2.0
//
// A bound on notes: a message of a million broken lines must not become a record of a million
// notes.
#ifndef GEO_TALLY_H
#define GEO_TALLY_H

#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

enum { GEO_TALLY_NOTES_MAX = 32 }; // of refused parts; the rest are counted in one more

// All zero to begin with. The decoder itself counts what it keeps and passes over.
struct geo_tally {
    uint64_t kept, refused, out_of_region;
    uint64_t told; // of those out of the region, the ones that are in the record as such
    struct geo_note first; // the first refusal
};

// Counts a refused part and adds its note to the record while there are few.
// DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_tally_refuse(struct geo_tally *tally,
                                                struct geo_record_builder *builder,
                                                const struct geo_note *note);

// Ends a record of `what` ("obstacles"). With something kept or told: DRF_OK, after one note on
// refusals beyond GEO_TALLY_NOTES_MAX and one (IGNORED) on parts outside the region. With
// nothing kept, the message is refused as a whole, *why says so, and the status is
// geo_refusal_status()'s: OUT_OF_REGION if some part was only that, else the first refusal,
// else EMPTY. DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_tally_finish(const struct geo_tally *tally, const char *what,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

#endif
