// geo/format/zone/zone_geojson.h - decoder for zones in GeoJSON (RFC 7946).
// SPDX-License-Identifier: Apache-2.0
//
// Polygons, and points with a radius. What is read, and what is refused: schemas/zones.md. A
// zone that cannot be read is refused alone; text that is not strict JSON is refused as a
// whole.
#ifndef GEO_ZONE_GEOJSON_H
#define GEO_ZONE_GEOJSON_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Adds a zone for each that touches params->keep, and notes. Reads any bytes safely. Statuses
// as geo_decode().
DRF_MUST_CHECK enum drf_status geo_zone_geojson_decode(const struct geo_decode_params *params,
                                                       const uint8_t *bytes, size_t size,
                                                       struct geo_record_builder *builder,
                                                       struct geo_note *why);

#endif
