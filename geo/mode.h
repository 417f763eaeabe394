// geo/mode.h - the mode of a node or message (LIVE, TEST, REPLAY, SIM) and who accepts which.
// SPDX-License-Identifier: Apache-2.0
//
// The only rule that keeps simulated data away from live aircraft: Kafka envelopes, telemetry
// and configuration all ask drf_mode_accepts (schemas/client.md rule 17).
#ifndef GEO_MODE_H
#define GEO_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The numbers of Mode in schemas/drf/v1/enums.proto. Unknown is 0.
enum drf_mode { DRF_MODE_LIVE = 1, DRF_MODE_TEST = 2, DRF_MODE_REPLAY = 3, DRF_MODE_SIM = 4 };

// The only table of names: entry(name, value) for each mode.
#define DRF_MODE_TABLE(entry)                                                                  \
    entry("LIVE", DRF_MODE_LIVE) entry("TEST", DRF_MODE_TEST) entry("REPLAY", DRF_MODE_REPLAY) \
        entry("SIM", DRF_MODE_SIM)

const char *drf_mode_name(uint32_t mode);               // "LIVE"; "UNKNOWN" for any other value
uint32_t drf_mode_parse(const char *name, size_t size); // 0: not a name of a mode

// Whether a node of mode `node` accepts a message of mode `message`: LIVE accepts only LIVE;
// TEST accepts LIVE and TEST; SIM only SIM; REPLAY all. Unknown is accepted by none, and a node
// of unknown mode accepts none.
bool drf_mode_accepts(uint32_t node, uint32_t message);

#endif
