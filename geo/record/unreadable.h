// geo/record/unreadable.h - record item: what was refused, and where it may apply.
// SPDX-License-Identifier: Apache-2.0
//
// A refusal is not silence: what names itself and its place, but could not be understood, is
// in the record as unreadable. Whoever asks inside its box is told that there may be more than
// is known. Flat and without pointers, as all items.
#ifndef GEO_UNREADABLE_H
#define GEO_UNREADABLE_H

#include <stdint.h>

#include "geo/tile.h"

enum { GEO_UNREADABLE_ID_SIZE = 64 };

#define GEO_UNREADABLE_NO_END_US INT64_MAX

enum geo_unreadable_flag {
    GEO_UNREADABLE_OF_EDITION = 1 << 0, // named by a part of an edition
};

struct geo_unreadable {
    char id[GEO_UNREADABLE_ID_SIZE]; // of the feature, as it would have been if understood;
                                     // empty: the message's own identity (terrain, grids)
    struct geo_bounds box;           // all places where it may apply; west > east: over the
                                     // antimeridian
    int64_t valid_until_utc_us;      // GEO_UNREADABLE_NO_END_US: not known
    int64_t noted_utc_us;            // when a node refused it; 0: as decoded
    uint32_t code;                   // enum geo_refusal_code
    uint32_t flags;                  // enum geo_unreadable_flag; 0: as decoded
};

#endif
