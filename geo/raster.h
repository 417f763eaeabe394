// geo/raster.h - terrain rasters (GeoTIFF, DTED, SRTM HGT) to tiles of heights.
// SPDX-License-Identifier: Apache-2.0
//
// Called by geo_decode() only, which has checked size and format; see there for the promise.
#ifndef GEO_RASTER_H
#define GEO_RASTER_H

#include <stddef.h>
#include <stdint.h>

#include "geo/decode.h"
#include "geo/record.h"
#include "geo/status.h"

DRF_MUST_CHECK enum drf_status geo_raster_decode(const struct geo_decode_params *params,
                                                 const uint8_t *bytes, size_t size,
                                                 struct geo_record_builder *builder,
                                                 struct geo_note *why);

#endif
