// edge/command/store_reader.h - opens a store read-only and folds one snapshot of it.
// SPDX-License-Identifier: Apache-2.0
//
// Opens beside a running node and does not block it. Terms of the feeds (priorities, validity)
// are those that the store was last folded under.
#ifndef EDGE_STORE_READER_H
#define EDGE_STORE_READER_H

#include <stdint.h>
#include <stdio.h>

#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"
#include "geo/status.h"

struct edge_store_reader {
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    const struct fusion_root *root; // everything folded; borrowed from the fabric
    struct geo_bounds keep;
    int64_t at_utc_us; // as of when it is shown; INT64_MIN: never written
};

// Opens the store; on anything but DRF_OK one line was written to `err`.
DRF_MUST_CHECK enum drf_status edge_store_reader_open(const char *path, FILE *err,
                                                      struct edge_store_reader *out);
// Folds everything and shows it as of `now` (INT64_MIN: when it was last written).
DRF_MUST_CHECK enum drf_status edge_store_reader_fold(struct edge_store_reader *reader,
                                                      int64_t now_utc_us, FILE *err);
void edge_store_reader_close(struct edge_store_reader *reader);

#endif
