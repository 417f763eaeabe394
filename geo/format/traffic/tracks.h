// geo/format/traffic/tracks.h - decoder for traffic in the nodes' own JSON.
// SPDX-License-Identifier: Apache-2.0
//
// {"tracks": [{"traffic_id", "lat_e7", "lon_e7", "data_time_us", ...}]}: each is ProtoJSON of
// the message Traffic of schemas/drf/v1/context.proto, with additional fields
// (schemas/traffic.schema.json). Nodes send it to each other; other producers may use it too.
#ifndef GEO_TRACKS_H
#define GEO_TRACKS_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// A decoder as geo/format/decode.h has it: GEO_ITEM_TRACK only.
DRF_MUST_CHECK enum drf_status geo_tracks_decode(const struct geo_decode_params *params,
                                                 const uint8_t *bytes, size_t size,
                                                 struct geo_record_builder *builder,
                                                 struct geo_note *why);

#endif
