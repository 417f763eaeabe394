// geo/format/traffic/readsb.h - decoder for ADS-B traffic: readsb and dump1090 JSON.
// SPDX-License-Identifier: Apache-2.0
//
// Reads aircraft.json ({"now", "aircraft": [...]}, or "ac"), one aircraft as an object, a trace
// ({"icao", "timestamp", "trace": [[...], ...]}), a list of state vectors ("icao24",
// "latitude", "timestamp"), and OpenSky's rows (geo/format/traffic/opensky.h). Feet, knots and
// feet per minute become metres and m/s. `alt_geom` is over the ellipsoid, `alt_baro` is
// pressure altitude or "ground". A key that is absent is not known. What is read and what is
// refused: schemas/traffic.md.
#ifndef GEO_READSB_H
#define GEO_READSB_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// A decoder as geo/format/decode.h has it: GEO_ITEM_TRACK only.
DRF_MUST_CHECK enum drf_status geo_readsb_decode(const struct geo_decode_params *params,
                                                 const uint8_t *bytes, size_t size,
                                                 struct geo_record_builder *builder,
                                                 struct geo_note *why);

#endif
