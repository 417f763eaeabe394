// geo/format/report/sigmet_area.h - areas and levels of a SIGMET; for sigmet*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_SIGMET_AREA_H
#define GEO_SIGMET_AREA_H

#include "geo/reader/wmo.h"
#include "geo/record/record.h"
#include "geo/record/zone.h"
#include "geo/status.h"

enum { GEO_SIGMET_AREAS_MAX = 8, GEO_SIGMET_VERTICES_MAX = 512 };

struct geo_sigmet_area {
    struct geo_zone_volume volumes[GEO_SIGMET_AREAS_MAX];
    uint32_t volume_count, vertex_count;
    struct geo_point vertices[GEO_SIGMET_VERTICES_MAX];
};

// A report's text behind the name of its FIR.
struct geo_sigmet_text {
    const char *text;
    size_t size;
    uint64_t line;
};

// Reads polygons (WI), circles (WI n NM OF) and boxes (N OF .. AND S OF .. AND E OF .. AND W
// OF ..), each with the report's levels. Degrees and minutes: N0911 is 9.1833. *why says what
// is wrong, in the report's line.
DRF_MUST_CHECK enum drf_status geo_sigmet_area_read(struct geo_sigmet_text text,
                                                    struct geo_sigmet_area *out,
                                                    struct geo_note *why);

// The levels: FL250/370, SFC/FL080, TOP FL520, ABV FL240, BLW 10000FT; none: unlimited.
void geo_sigmet_levels(struct geo_sigmet_text text, struct geo_zone_limit *lower,
                       struct geo_zone_limit *upper);

#endif
