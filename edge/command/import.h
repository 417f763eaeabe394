// edge/command/import.h - imports files of every kind that a store keeps.
// SPDX-License-Identifier: Apache-2.0
//
// A file goes through the same envelope, decoder child, fold and store as a message. Each file
// is committed together with its entry in the import log, whole or not at all. What it changed
// is folded and rendered by edge_import_finish(). Prints nothing.
#ifndef EDGE_IMPORT_H
#define EDGE_IMPORT_H

#include "edge/config/config.h"
#include "fusion/fabric/fabric.h"

struct edge_import {
    struct drf_config config; // as read, but a file may be larger than a message
    size_t feed;
    struct fusion_store *store;
    struct fusion_fabric *fabric;
};

// DRF_ERR_STORE with *fault: BUSY while a node runs on the store.
DRF_MUST_CHECK enum drf_status edge_import_open(const struct drf_config *config, size_t feed,
                                                struct fusion_store_fault *fault,
                                                struct edge_import *out);
void edge_import_close(struct edge_import *import);

struct edge_import_file {
    const char *name; // without folders
    const uint8_t *bytes;
    size_t size;
    int64_t version_utc_us;
    bool file_time; // the version is its time of change, for want of a better
    bool edition;   // features: all there are; what an earlier import brought and this does not
                    // is withdrawn
};
struct edge_import_result {
    enum fusion_outcome outcome;
    struct geo_note why;            // of FUSION_REFUSED
    size_t features, tiles, fields; // of the record; an alert is a feature, and so is a station
    size_t notes;                   // parts that were passed over
};
// DRF_ERR_STORE: nothing of it was kept, fusion_store_error() says why. DRF_ERR_AGAIN: no
// decoder can be started.
DRF_MUST_CHECK enum drf_status edge_import_file(struct edge_import *import,
                                                const struct edge_import_file *file,
                                                struct edge_import_result *out);
// Folds and renders all that is to be.
DRF_MUST_CHECK enum drf_status edge_import_finish(struct edge_import *import);

#endif
