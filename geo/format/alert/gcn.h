// geo/format/alert/gcn.h - decoder for astronomy notices: NASA's General Coordinates Network.
// SPDX-License-Identifier: Apache-2.0
//
// JSON of the schemas gcn/notices (core/Alert, core/Localization). A notice with right
// ascension, declination and an error concerns a position where part of its error circle is
// above the horizon; one without concerns every position. A retraction withdraws the mission's
// earlier notice of that id. The tenses test, injection and commanded give an alert flagged as
// a test.
#ifndef GEO_GCN_H
#define GEO_GCN_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// A decoder as geo/format/decode.h has it: GEO_ITEM_ZONE with an alert only.
DRF_MUST_CHECK enum drf_status geo_gcn_decode(const struct geo_decode_params *params,
                                              const uint8_t *bytes, size_t size,
                                              struct geo_record_builder *builder,
                                              struct geo_note *why);

#endif
