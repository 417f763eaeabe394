// geo/record/area_codes.h - record item: the areas of an alert that are given by code only.
// SPDX-License-Identifier: Apache-2.0
//
// Between the decoding child and the node: whoever has the table of the codes replaces it by
// the areas (geo/format/alert/area_table.h). It precedes the alert of the same id, whose last
// volume is everywhere: without the table that remains. It is never stored. Flat and without
// pointers, as all items; count texts of GEO_AREA_CODE_SIZE bytes follow.
#ifndef GEO_AREA_CODES_H
#define GEO_AREA_CODES_H

#include <stdint.h>

#include "geo/record/zone.h"

enum { GEO_AREA_CODE_SIZE = 32, GEO_AREA_CODES_MAX = 16384 };

struct geo_area_codes {
    char id[GEO_ZONE_ID_SIZE];
    uint32_t count; // 1 .. GEO_AREA_CODES_MAX
    uint32_t alert; // GEO_ALERT_AREA_ASSUMED: an area beside the codes is assumed; else 0
};

#endif
