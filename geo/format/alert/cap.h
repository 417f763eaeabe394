// geo/format/alert/cap.h - decoder for public warnings: Common Alerting Protocol.
// SPDX-License-Identifier: Apache-2.0
//
// OASIS CAP 1.2 (and 1.1), XML. A message is one alert. Its area is the union of the areas of
// all info blocks in the first block's language; its texts and severity are those of the most
// severe block. Update and Cancel withdraw the alerts that they refer to. The statuses Test
// and Exercise give an alert flagged as a test.
#ifndef GEO_CAP_H
#define GEO_CAP_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// A decoder as geo/format/decode.h has it: GEO_ITEM_ZONE with an alert only.
DRF_MUST_CHECK enum drf_status geo_cap_decode(const struct geo_decode_params *params,
                                              const uint8_t *bytes, size_t size,
                                              struct geo_record_builder *builder,
                                              struct geo_note *why);

#endif
