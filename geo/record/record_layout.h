// geo/record/record_layout.h - byte layout of a record; for record*.c only.
// SPDX-License-Identifier: Apache-2.0
//
// head, then item_count times { struct record_item, payload, zeros up to the next multiple of
// 8 }. Numbers are in the machine's own byte order: a record never leaves the machine that
// made it.
#ifndef GEO_RECORD_LAYOUT_H
#define GEO_RECORD_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "geo/record/station.h"
#include "geo/record/track.h"
#include "geo/record/zone.h"
#include "geo/status.h"

enum { RECORD_MAGIC = 0x44524652, RECORD_VERSION = 1, RECORD_ALIGN = 8 };

// Microseconds of about 253 years on either side of 1970: far from any overflow.
#define RECORD_TIME_LIMIT_US INT64_C(8000000000000000)

struct record_head {
    uint32_t magic, version;
    uint32_t item_count;
    uint32_t reserved; // 0
};

struct record_item {
    uint32_t kind; // enum geo_item_kind
    uint32_t size; // of the payload, without the zeros after it
};

static inline size_t record_padded(size_t size)
{
    return (size + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

// geo/record/record_zone.c: one item of a record, as geo_record_validate() has it.
DRF_MUST_CHECK enum drf_status record_check_zone(const struct geo_zone *zone, uint32_t size);
// geo/record/record_station.c: likewise.
DRF_MUST_CHECK enum drf_status record_check_station(const struct geo_station *s, uint32_t size);
// geo/record/record_track.c
DRF_MUST_CHECK enum drf_status record_check_track(const struct geo_track *track, uint32_t size);

#endif
