// geo/format/report/sigmet_area.h - areas and levels of a SIGMET; for sigmet*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_SIGMET_AREA_H
#define GEO_SIGMET_AREA_H

#include <stdbool.h>

#include "geo/reader/wmo.h"
#include "geo/record/record.h"
#include "geo/record/zone.h"
#include "geo/status.h"

enum {
    GEO_SIGMET_AREAS_MAX = 8,
    GEO_SIGMET_VERTICES_MAX = 512,
    GEO_SIGMET_TEXT_MAX = 16384, // of one report
};

struct geo_sigmet_area {
    struct geo_zone_volume volumes[GEO_SIGMET_AREAS_MAX];
    uint32_t volume_count, vertex_count;
    bool widened; // a ring did not close: the box around its corners
    struct geo_point vertices[GEO_SIGMET_VERTICES_MAX];
};

// A report's text behind the name of its FIR.
struct geo_sigmet_text {
    const char *text;
    size_t size;
    uint64_t line;
};

// Reads polygons (WI), circles (WI n NM OF) and boxes (N OF .. AND S OF .. AND E OF .. AND W
// OF ..), each with the report's levels. Degrees and minutes: N0911 is 9.1833. Refused where
// anything that may belong to the area was not understood. *why says what is wrong, in the
// report's line.
DRF_MUST_CHECK enum drf_status geo_sigmet_area_read(struct geo_sigmet_text text,
                                                    struct geo_sigmet_area *out,
                                                    struct geo_note *why);

// Of a report whose area was refused: the box around its corners, if it is certain that all of
// them were read. West > east: over the antimeridian. Overwrites the vertices of `scratch`.
bool geo_sigmet_area_box(struct geo_sigmet_text text, struct geo_sigmet_area *scratch,
                         struct geo_bounds *out);

// The levels: FL250/370, SFC/FL080, TOP FL520, ABV FL240, BLW 10000FT; the wider where they are
// not certain; none: unlimited. Not `known`: a word was not, which may have been TOP or a
// level.
void geo_sigmet_levels(struct geo_sigmet_text text, bool known, struct geo_zone_limit *lower,
                       struct geo_zone_limit *upper);

// A word of what follows an area: a level, a movement, a time.
bool geo_sigmet_known(struct geo_wmo_word word);

#endif
