// geo/format/grib/grib.h - decoder for weather fields in GRIB, edition 1 and 2.
// SPDX-License-Identifier: Apache-2.0
//
// Every field of every message in the bytes that this node uses becomes one item: a window of
// its own grid around params->keep, SI units, its own height interval, valid times and
// statistical meaning. What is read and what is ignored: schemas/weather.md.
//
// ecCodes keeps state per process: one decoder at a time.
#ifndef GEO_GRIB_H
#define GEO_GRIB_H

#include <stddef.h>
#include <stdint.h>

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"
#include "geo/status.h"

// Adds a field per usable GRIB field, and notes. Message structure and grid sizes are checked
// before ecCodes gets the bytes, which may still crash on hostile ones (geo/format/decode.h).
// On anything but DRF_OK the message is refused as a whole and *why says why:
// DRF_ERR_SYNTAX: not GRIB, truncated. DRF_ERR_RANGE: no field could be used, grid or values
// impossible, or outside the region. DRF_ERR_FULL: too many points. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_grib_decode(const struct geo_decode_params *params,
                                               const uint8_t *bytes, size_t size,
                                               struct geo_record_builder *builder,
                                               struct geo_note *why);

const char *geo_grib_library(void); // the version of ecCodes in use

#endif
