// geo/format/report/sigmet.h - decoder for SIGMET and AIRMET in the form of ICAO Annex 3.
// SPDX-License-Identifier: Apache-2.0
//
// See schemas/sigmet.md. Identity is location, kind, number and begin of validity. Each
// becomes a zone with one period, its validity; a cancellation becomes a withdrawn zone.
#ifndef GEO_SIGMET_H
#define GEO_SIGMET_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// One ZONE item for each report that can be read; the others are notes. Statuses as
// geo_decode().
DRF_MUST_CHECK enum drf_status geo_sigmet_decode(const struct geo_decode_params *params,
                                                 const uint8_t *bytes, size_t size,
                                                 struct geo_record_builder *builder,
                                                 struct geo_note *why);

#endif
