// fusion/store/store_resync.h - identities of a feed, and their erasure: for mark and sweep.
// SPDX-License-Identifier: Apache-2.0
//
// Erasing is not withdrawing: an erased identity is as if it had never been seen, so that
// whatever version of it comes next is taken. Identities that did not come through Kafka
// (imports) are not swept with a feed; edge/ingest/import_log.h lists them, because a lost
// store cannot be rebuilt with them.
#ifndef FUSION_STORE_RESYNC_H
#define FUSION_STORE_RESYNC_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/store/store.h"

// Up to `room` ids of a feed's identities greater than `after_id`, ascending, tombstones among
// them, imports not.
DRF_MUST_CHECK enum drf_status fusion_store_ids_of_feed(struct fusion_store *store,
                                                        const char *feed, int64_t after_id,
                                                        int64_t *ids, size_t room,
                                                        size_t *count);

// Adds the tiles that an identity contributes to.
DRF_MUST_CHECK enum drf_status fusion_store_tiles_of(struct fusion_store *store, int64_t id,
                                                     struct fusion_touched *touched);

// The identity with its version, record and contributions is gone with the next commit, and for
// every read at once. DRF_ERR_ABSENT: no such identity.
DRF_MUST_CHECK enum drf_status fusion_store_erase(struct fusion_store *store, int64_t id);

// The version just put did not come through Kafka. The next put of it takes that back.
DRF_MUST_CHECK enum drf_status fusion_store_set_imported(struct fusion_store *store,
                                                         int64_t id);

#endif
