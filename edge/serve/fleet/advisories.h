// edge/serve/fleet/advisories.h - life of one drone's advisories: raise, hold, lower, clear.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md rule 7 and schemas/client.md rule 8. A reasoner says what holds now; this
// decides what the drone is told. A new or more severe advisory is told at the first
// evaluation. One that is less severe or gone is told when it has been so without interruption
// for EDGE_ADVISORY_DWELL_US: noise at a threshold does not make it flap. A revision counts
// raises, changes of severity and clears, and continues when the same condition comes back
// soon. There are places for a few; more are allocated when a drone first has more at once,
// and kept for the next drone in its place of the fleet. One takes 144 bytes.
#ifndef EDGE_ADVISORIES_H
#define EDGE_ADVISORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/host/now.h"
#include "fusion/aircraft/advisory.h"
#include "geo/status.h"

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

enum { EDGE_ADVISORIES_FIRST = 4 };

struct edge_advisories { // all zero at first
    struct edge_advisory first[EDGE_ADVISORIES_FIRST];
    struct edge_advisory *more; // the places behind them
    size_t more_room;
};

// Places, in use or free; at most EDGE_ADVISORIES_MAX. One of them, `i` < room.
static inline size_t edge_advisories_room(const struct edge_advisories *advisories)
{
    return EDGE_ADVISORIES_FIRST + advisories->more_room;
}
static inline const struct edge_advisory *edge_advisories_at(
    const struct edge_advisories *advisories, size_t i)
{
    return i < EDGE_ADVISORIES_FIRST ? &advisories->first[i]
                                     : &advisories->more[i - EDGE_ADVISORIES_FIRST];
}

void edge_advisories_close(struct edge_advisories *advisories);
// Holds none; the places stay.
void edge_advisories_reset(struct edge_advisories *advisories);
// `to` becomes the same, in places of its own. DRF_ERR_NOMEM: as it was.
DRF_MUST_CHECK enum drf_status edge_advisories_copy(struct edge_advisories *to,
                                                    const struct edge_advisories *from);

// Turns what an evaluation found into what the drone is told: revisions, severities
// that are held, and conditions that ended a moment ago. Without memory for one more it is told
// as evaluated.
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
