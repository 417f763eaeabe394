// geo/format/alert/cap.h - warnings for the public, as CAP carries them.
// SPDX-License-Identifier: Apache-2.0
//
// OASIS Common Alerting Protocol 1.2 (and 1.1), XML. One alert a message: the areas of all its
// info blocks of the first one's language are one, the most severe block speaks. Update and
// Cancel withdraw what they refer to. Status Test and Exercise are none but a test.
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
