// geo/format/report/urep.h - decoder for weather reports of drones, as nodes send them on.
// SPDX-License-Identifier: Apache-2.0
//
// A drf.v1.Report in ProtoJSON with a weather report in it: schemas/weather.md, "Weather
// reports of drones". It becomes the observation of a station that is named for the drone and
// stands where and at the height at which it measured. Pressure, icing and turbulence are not
// used.
#ifndef GEO_UREP_H
#define GEO_UREP_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// One STATION item, flagged OUTSIDE where it lies outside params->keep. Another kind of report
// is refused as IGNORED. Statuses as geo_decode().
DRF_MUST_CHECK enum drf_status geo_urep_decode(const struct geo_decode_params *params,
                                               const uint8_t *bytes, size_t size,
                                               struct geo_record_builder *builder,
                                               struct geo_note *why);

#endif
