// edge/command/reading.h - a store as a command reads it: one moment of it, folded.
// SPDX-License-Identifier: Apache-2.0
//
// Opens beside a running node and holds nobody up. The feeds' terms are those that the store
// was last folded under.
#ifndef EDGE_READING_H
#define EDGE_READING_H

#include <stdint.h>
#include <stdio.h>

#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"
#include "geo/status.h"

struct edge_reading {
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    const struct fusion_root *root; // everything folded; borrowed from the fabric
    struct geo_bounds keep;
    int64_t at_utc_us; // as of when it is shown; INT64_MIN: never written
};

// Opens the store; on anything but DRF_OK one line was written to `err`.
DRF_MUST_CHECK enum drf_status edge_reading_open(const char *path, FILE *err,
                                                 struct edge_reading *out);
// Folds everything and shows it as of `now` (INT64_MIN: when it was last written).
DRF_MUST_CHECK enum drf_status edge_reading_fold(struct edge_reading *reading,
                                                 int64_t now_utc_us, FILE *err);
void edge_reading_close(struct edge_reading *reading);

#endif
