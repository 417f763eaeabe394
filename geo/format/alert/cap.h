// geo/format/alert/cap.h - decoder for public warnings: Common Alerting Protocol.
// SPDX-License-Identifier: Apache-2.0
//
// OASIS CAP 1.2 (and 1.1), XML. A message is one alert, of its sender and identifier. Its area
// and its time are the unions of those of all info blocks, its severity that of the gravest;
// its texts are English where it has them. Blocks that only say "all clear" count where there
// is no other. Update and Cancel withdraw the alerts of the same sender that they refer to. The
// statuses Test and Exercise give an alert flagged as a test. What is not understood is taken
// as the gravest that it could be, or the alert is unreadable: schemas/alerts.md.
#ifndef GEO_CAP_H
#define GEO_CAP_H

#include "geo/reader/decode_params.h"
#include "geo/record/record.h"

// A decoder as geo/format/decode.h has it: GEO_ITEM_ZONE with an alert, GEO_ITEM_AREA_CODES
// before it, GEO_ITEM_NOTE; or GEO_ITEM_UNREADABLE.
DRF_MUST_CHECK enum drf_status geo_cap_decode(const struct geo_decode_params *params,
                                              const uint8_t *bytes, size_t size,
                                              struct geo_record_builder *builder,
                                              struct geo_note *why);

#endif
