// geo/format/report/metar.h - decoder for METAR and SPECI, alone or in bulletins.
// SPDX-License-Identifier: Apache-2.0
//
// See schemas/metar.md. The stations of its record have no position yet
// (geo/format/report/station_table.h).
#ifndef GEO_METAR_H
#define GEO_METAR_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// One STATION item for each station, its latest report (of one time the last of the message).
// Reports that cannot be read are notes. Statuses as geo_decode().
DRF_MUST_CHECK enum drf_status geo_metar_decode(const struct geo_decode_params *params,
                                                const uint8_t *bytes, size_t size,
                                                struct geo_record_builder *builder,
                                                struct geo_note *why);

#endif
