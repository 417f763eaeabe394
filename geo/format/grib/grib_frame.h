// geo/format/grib/grib_frame.h - splits GRIB bytes into messages of one field each.
// SPDX-License-Identifier: Apache-2.0
//
// The section structure of WMO Manual on Codes FM 92 GRIB, editions 1 and 2. An edition 2
// message may repeat sections 2-7, 3-7 or 4-7 and so hold several fields (often u and v of a
// wind); each is output as a message of its own, with the bitmap that it inherits written out.
// Section lengths and numbers of points are checked here, so that the library that unpacks the
// values gets only whole sections of a bounded size.
#ifndef GEO_GRIB_FRAME_H
#define GEO_GRIB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

struct geo_grib_section {
    const uint8_t *bytes;
    size_t size;
};

struct geo_grib_frame {
    const uint8_t *bytes; // borrowed
    size_t size, at;      // the next message
    uint64_t points_max;
    uint64_t message; // number of the present one, from 1; 0 before the first
    bool damaged;     // what follows up to the next message may be the rest of this one
    // Inside an edition 2 message: where its next section begins and its end section is.
    size_t section_at, section_end;
    struct geo_grib_section section[8], bitmap;
    uint8_t *field; // the field handed out last
    size_t field_room;
};

struct geo_grib_bytes {
    const uint8_t *bytes; // a whole message of one field, borrowed until the next call
    size_t size;
};

// `bytes` are borrowed until close. A grid of more than points_max points is refused, and one
// with implausibly many points for its size (geo_unpack_excessive).
void geo_grib_frame_open(struct geo_grib_frame *frame, const uint8_t *bytes, size_t size,
                         uint64_t points_max);
void geo_grib_frame_close(struct geo_grib_frame *frame);

// The next field. DRF_ERR_ABSENT: there are no more. On any other error *why tells what is
// wrong, and the next call continues after it. What stands before, between and after messages
// is skipped (geo/format/grib/grib_envelope.h), unless it is the rest of a damaged one.
DRF_MUST_CHECK enum drf_status geo_grib_frame_next(struct geo_grib_frame *frame,
                                                   struct geo_grib_bytes *out,
                                                   struct geo_note *why);

#endif
