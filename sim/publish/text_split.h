// sim/publish/text_split.h - splits text reports (METAR, SIGMET) and names CAP alerts.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_TEXT_SPLIT_H
#define SIM_TEXT_SPLIT_H

#include <stdbool.h>

#include "sim/publish/batch.h"

// One message under the key `stem`; of more than `max_bytes` several, stem/part-N, each cut
// behind a '=', the end of a report, or in front of a line that begins one: it is not
// indented and follows an empty line or the heading of a bulletin.
// DRF_ERR_SYNTAX: nothing but blanks, or bytes that are no text. DRF_ERR_FULL: no end of a
// report within `max_bytes`.
DRF_MUST_CHECK enum drf_status sim_report_split(const char *stem, const uint8_t *bytes,
                                                size_t size, size_t max_bytes,
                                                struct sim_batch *out);

// A CAP alert under the key `sender,identifier`, by which the node knows it; where that is
// longer than 63 bytes or cannot be read, `stem`. DRF_ERR_SYNTAX: no XML of an alert.
DRF_MUST_CHECK enum drf_status sim_cap_split(const char *stem, const uint8_t *bytes,
                                             size_t size, struct sim_batch *out);
// When it was sent.
bool sim_cap_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us);

#endif
