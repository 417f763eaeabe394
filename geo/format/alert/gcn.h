// geo/format/alert/gcn.h - notices about the sky, as NASA's General Coordinates Network
// publishes them. SPDX-License-Identifier: Apache-2.0
//
// JSON of the schemas gcn/notices (core/Alert, core/Localization). A notice with right
// ascension and declination concerns whoever has some of its error circle above the horizon;
// one without concerns everybody. A retraction withdraws what the mission said under that id.
// The tenses test, injection and commanded are none but a test.
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
