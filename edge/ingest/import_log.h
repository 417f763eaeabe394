// edge/ingest/import_log.h - the log of imported files, in the store and beside it.
// SPDX-License-Identifier: Apache-2.0
//
// Imports are not in Kafka, so a lost store does not get them back by itself. The log is the
// only list of them, kept twice: in the store, committed with the data, and as lines of a file
// beside it (STORE-imports), which survives the store. What the file lists and the store does
// not contain has to be imported again.
#ifndef EDGE_IMPORT_LOG_H
#define EDGE_IMPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/store/store.h"
#include "geo/status.h"

// The source of an import is FEED "/" EDGE_IMPORT_SOURCE: it is in no topic, so reading topics
// again must not withdraw it.
#define EDGE_IMPORT_SOURCE "import"

struct edge_import_entry {
    char feed[32];
    char file[192];  // its name without folders: the identity's key
    char sha256[65]; // of its bytes, as text
    uint64_t bytes;
    int64_t version_utc_us, imported_utc_us;
};

// With the commit that brings the data.
DRF_MUST_CHECK enum drf_status edge_import_log_note(struct fusion_store *store,
                                                    const struct edge_import_entry *one);
// After it. DRF_ERR_STORE: the file beside the store cannot be written.
DRF_MUST_CHECK enum drf_status edge_import_log_append(const char *store_path,
                                                      const struct edge_import_entry *one);

// Each once, the last import of a file standing for all; `missing`: to be imported again.
typedef void (*edge_import_log_fn)(void *context, const struct edge_import_entry *one,
                                   bool missing);
DRF_MUST_CHECK enum drf_status edge_import_log_each(struct fusion_store *store,
                                                    const char *store_path,
                                                    edge_import_log_fn fn, void *context);

#endif
