// geo/format/zone/ed318.h - decoder for UAS geographical zones: EUROCAE ED-318.
// SPDX-License-Identifier: Apache-2.0
//
// GeoJSON with layers. What is read, and what is refused: schemas/zones.md. A zone that cannot
// be read is refused alone; text that is not strict JSON is refused as a whole.
#ifndef GEO_ED318_H
#define GEO_ED318_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Adds a zone for each that touches params->keep, and notes. Reads any bytes safely. Statuses
// as geo_decode().
DRF_MUST_CHECK enum drf_status geo_ed318_decode(const struct geo_decode_params *params,
                                                const uint8_t *bytes, size_t size,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

#endif
