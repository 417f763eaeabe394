// fusion/store/store_maintenance.h - check, snapshot and clean-up of a store.
// SPDX-License-Identifier: Apache-2.0
//
// Each step is short and meant for the ingest loop, except check and snapshot, which read the
// whole file: they are for the start, for commands and for a thread of their own with a store
// opened for reading.
#ifndef FUSION_STORE_MAINTENANCE_H
#define FUSION_STORE_MAINTENANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/store/store.h"

// Reads everything: the tables' structure, every record, every contribution. DRF_ERR_STORE:
// damaged, fusion_store_error() says what.
DRF_MUST_CHECK enum drf_status fusion_store_check(struct fusion_store *store);

// Writes the committed content of a store as a file of its own, whole or not at all, beside a
// running node. out_path must not exist. DRF_ERR_STORE with *fault (may be NULL).
DRF_MUST_CHECK enum drf_status fusion_store_snapshot(const char *path, const char *out_path,
                                                     struct fusion_store_fault *fault);

// Renames a damaged store (and its log) to path + suffix, such as ".damaged-20261122T101500Z",
// so that a new one can be made in its place. The store must be closed. DRF_ERR_STORE: another
// program has it, or it cannot be renamed; then nothing has changed that open would not notice.
DRF_MUST_CHECK enum drf_status fusion_store_set_aside(const char *path, const char *suffix,
                                                      struct fusion_store_fault *fault);

// Does a program, such as a node, have this store open for writing? False also when there is no
// store, or it cannot be known.
bool fusion_store_in_use(const char *path);

// Forgets tombstones older than this and provenances that nothing refers to; at most `limit`
// of each, in a transaction of its own. *forgotten counts both: call again while it is `limit`
// or more. Does nothing while a commit is pending.
DRF_MUST_CHECK enum drf_status fusion_store_forget(struct fusion_store *store,
                                                   int64_t before_utc_us, int64_t limit,
                                                   int64_t *forgotten);

// Gives up to `pages` unused pages back to the file system, in a transaction of its own.
DRF_MUST_CHECK enum drf_status fusion_store_shrink(struct fusion_store *store, int pages);

#endif
