// sim/measure/lives.h - lives of advisories as one drone receives them: first told, until when.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md rule 8: every context carries the whole active set, so an advisory that is
// not in it is over; the advisory topic tells raise and clear sooner. A context that was made
// before an advisory was told says nothing about it.
#ifndef SIM_LIVES_H
#define SIM_LIVES_H

#include <stdbool.h>

#include "drf/v1/context.pb-c.h"
#include "sim/measure/track.h"

struct sim_life {
    uint32_t advisory_id, region;       // region: a number that the caller gives
    uint32_t kind, worst;               // AdvisoryKind; the least Severity, 0 taken as WARNING
    char feature_id[SIM_TRACK_ID_SIZE]; // "" where none was given; cut at the size
    int64_t first_us, last_us;          // received first, and last as active
    int64_t end_us;                     // when it was known to be over; INT64_MAX: it was not
    int64_t told_us;                    // the node's time of the newest word on it
};

struct sim_lives {
    size_t count, room;
    struct sim_life *lives; // by first_us
    size_t open_from;       // all before it are over
};

void sim_lives_close(struct sim_lives *lives);

// Both in the order of reception. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_lives_context(struct sim_lives *lives, uint32_t region,
                                                 int64_t received_us,
                                                 const Drf__V1__Context *context);
DRF_MUST_CHECK enum drf_status sim_lives_advisory(struct sim_lives *lives, uint32_t region,
                                                  int64_t received_us,
                                                  const Drf__V1__AdvisoryMessage *message);

// The earliest life of a kind, about `feature_id` (NULL: whatever about), that was told by
// `until_us` and was not over before `from_us`. NULL: none.
const struct sim_life *sim_lives_find(const struct sim_lives *lives, uint32_t kind,
                                      const char *feature_id, int64_t from_us,
                                      int64_t until_us);

#endif
