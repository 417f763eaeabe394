// fusion/fold/retired.h - replaced parts of the fabric, freed when no reader has them.
// SPDX-License-Identifier: Apache-2.0
//
// A part that is replaced while the last published root has epoch e may be used through roots
// up to e: it is released when the serve loop has acknowledged a later epoch. One owner, no
// threads.
#ifndef FUSION_RETIRED_H
#define FUSION_RETIRED_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

typedef void (*fusion_release_fn)(void *context, void *part);

struct fusion_retired_part {
    uint64_t epoch;
    void *part;
    fusion_release_fn release;
};

struct fusion_retired {
    struct fusion_retired_part *parts; // epochs rise
    size_t first, count, room;         // parts[first .. first + count)
    uint64_t epoch;                    // of the last published root
    void *context;                     // handed to every release
};

// Makes room for `more` parts, so that so many calls of fusion_retired_add() cannot fail.
DRF_MUST_CHECK enum drf_status fusion_retired_reserve(struct fusion_retired *retired,
                                                      size_t more);
// Takes the part over. Room must have been reserved. NULL is fine.
void fusion_retired_add(struct fusion_retired *retired, void *part, fusion_release_fn release);
// Serve holds no root older than `epoch`.
void fusion_retired_acknowledge(struct fusion_retired *retired, uint64_t epoch);
// Releases everything.
void fusion_retired_close(struct fusion_retired *retired);

#endif
