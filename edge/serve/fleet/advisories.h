// edge/serve/fleet/advisories.h - life of one drone's advisories: raise, hold, lower, clear.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md rule 7 and schemas/client.md rule 8. A reasoner says what holds now; this
// decides what the drone is told. A new or more severe advisory is told at the first
// evaluation. One that is less severe or gone is told when it has been so without interruption
// for EDGE_ADVISORY_DWELL_US: noise at a threshold does not make it flap. A revision counts
// raises, changes of severity and clears, and continues when the same condition comes back
// soon. A value inside struct edge_drone; no allocation.
#ifndef EDGE_ADVISORIES_H
#define EDGE_ADVISORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/host/now.h"
#include "fusion/aircraft/advisory.h"

enum {
    EDGE_ADVISORIES_MAX = 16, // with a life cycle; more are told as evaluated, without one
    EDGE_ADVISORY_DWELL_US = 3000000,
};

struct edge_advisory {
    uint32_t advisory_id;    // 0: the place is free
    uint32_t since_ms;       // when it began to be less severe or gone
    uint16_t revision, told; // told: the last revision handed to the advisory topic
    uint8_t severity;        // as told; 0: cleared
    uint8_t lower;           // the most severe seen since; 0: nothing
    uint8_t kind, layer;
    bool lowering, position_known;
    int32_t lat_e7, lon_e7;
    float value, limit;
    const char *unit;
    char text[FUSION_ADVISORY_TEXT_SIZE]; // of the last find
};

struct edge_advisories {
    struct edge_advisory items[EDGE_ADVISORIES_MAX];
};

// Turns what an evaluation found into what the drone is told: revisions, severities
// that are held, and conditions that ended a moment ago.
void edge_advisories_apply(struct edge_advisories *advisories, struct edge_now now,
                           struct fusion_advisories *set);

// The next whose last change has not been handed to the advisory topic, from *cursor (0 at
// first) on; NULL: none. Severity 0: it ended.
struct edge_advisory *edge_advisories_untold(struct edge_advisories *advisories,
                                             size_t *cursor);
// It was handed to it as it is.
void edge_advisory_tell(struct edge_advisory *held);

// As it stands without an evaluation: what is kept of it.
struct fusion_advisory edge_advisory_rest(const struct edge_advisory *held, int64_t now_utc_us);

// All that are active are to be told again.
void edge_advisories_repeat(struct edge_advisories *advisories);

#endif
