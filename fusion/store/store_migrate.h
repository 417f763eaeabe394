// fusion/store/store_migrate.h - migrates a store of an older version of this program.
// SPDX-License-Identifier: Apache-2.0
//
// The schema number is ours and is kept in the file. A newer file is refused, an older one
// until it is migrated: first a copy is kept, then all steps are done in one transaction.
#ifndef FUSION_STORE_MIGRATE_H
#define FUSION_STORE_MIGRATE_H

#include <stdint.h>

#include "fusion/store/store.h"

struct fusion_migration {
    uint32_t from, to; // equal: there was nothing to do, and no copy was made
    uint32_t level;    // of ground and surface, which no migration changes
};

// DRF_ERR_STORE with *fault (may be NULL): a node runs on it (BUSY), copy_path is there already
// or cannot be written, damaged; DRF_ERR_RANGE: NEWER, or FOREIGN. The file is as it was then.
DRF_MUST_CHECK enum drf_status fusion_store_migrate(const char *path, const char *copy_path,
                                                    struct fusion_migration *out,
                                                    struct fusion_store_fault *fault);

// What makes a file of schema `from` one of `from` + 1: one step or several, in this order. For
// tests and for the above.
struct fusion_migration_step {
    uint32_t from;
    const char *sql;
    const char *unless; // one number: not 0, it is done already; NULL: always
};
DRF_MUST_CHECK enum drf_status fusion_store_migrate_with(
    const char *path, const char *copy_path, const struct fusion_migration_step *steps,
    size_t count, uint32_t target, struct fusion_migration *out,
    struct fusion_store_fault *fault);

#endif
