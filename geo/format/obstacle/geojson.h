// geo/format/obstacle/geojson.h - decoder for obstacles in GeoJSON (RFC 7946).
// SPDX-License-Identifier: Apache-2.0
//
// A FeatureCollection or a single Feature of points, lines and polygons. The properties that
// are read, their units, and what is refused: schemas/obstacles.md. A feature that cannot be
// read is refused alone; text that is not strict JSON is refused as a whole.
#ifndef GEO_GEOJSON_H
#define GEO_GEOJSON_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Adds an obstacle per feature that touches params->keep, and notes. Reads any bytes safely.
// On anything but DRF_OK the message is refused as a whole and *why says why:
// DRF_ERR_SYNTAX, DRF_ERR_RANGE: not JSON, not GeoJSON, no feature could be used, or all are
// outside the region. DRF_ERR_FULL, DRF_ERR_NOMEM: geo_record_add().
DRF_MUST_CHECK enum drf_status geo_geojson_decode(const struct geo_decode_params *params,
                                                  const uint8_t *bytes, size_t size,
                                                  struct geo_record_builder *builder,
                                                  struct geo_note *why);

#endif
