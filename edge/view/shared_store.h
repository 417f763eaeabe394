// edge/view/shared_store.h - the store's file, read by many threads one after the other.
// SPDX-License-Identifier: Apache-2.0
//
// Opened when it is first asked for, and again when another file has its path (it was set
// aside) or it could not be read. A mutex is held between take and give: for one short read.
#ifndef EDGE_SHARED_STORE_H
#define EDGE_SHARED_STORE_H

#include <pthread.h>

#include "fusion/rendered/store_view.h"
#include "geo/status.h"

struct edge_shared_store {
    pthread_mutex_t lock;
    const char *path; // borrowed
    struct fusion_store_view *view;
};

// DRF_ERR_NOMEM: no mutex.
DRF_MUST_CHECK enum drf_status edge_shared_store_open(struct edge_shared_store *store,
                                                      const char *path);
void edge_shared_store_close(struct edge_shared_store *store);

// DRF_OK: *out is the caller's until give. DRF_ERR_ABSENT: there is no store yet.
// DRF_ERR_STORE, DRF_ERR_NOMEM; then there is nothing to give back.
DRF_MUST_CHECK enum drf_status edge_shared_store_take(struct edge_shared_store *store,
                                                      struct fusion_store_view **out);
// `status` is what the reading came to: after DRF_ERR_STORE the file is opened again.
void edge_shared_store_give(struct edge_shared_store *store, enum drf_status status);

#endif
