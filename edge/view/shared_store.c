// SPDX-License-Identifier: Apache-2.0
#include "edge/view/shared_store.h"

#include <stddef.h>

enum drf_status edge_shared_store_open(struct edge_shared_store *store, const char *path)
{
    *store = (struct edge_shared_store){.path = path};
    return pthread_mutex_init(&store->lock, NULL) == 0 ? DRF_OK : DRF_ERR_NOMEM;
}

void edge_shared_store_close(struct edge_shared_store *store)
{
    fusion_store_view_close(store->view);
    store->view = NULL;
    pthread_mutex_destroy(&store->lock);
}

static void drop(struct edge_shared_store *store)
{
    fusion_store_view_close(store->view);
    store->view = NULL;
}

enum drf_status edge_shared_store_take(struct edge_shared_store *store,
                                       struct fusion_store_view **out)
{
    pthread_mutex_lock(&store->lock);
    if (store->view != NULL && fusion_store_view_replaced(store->view))
        drop(store);
    const enum drf_status status =
        store->view != NULL ? DRF_OK : fusion_store_view_open(store->path, &store->view);
    if (status == DRF_OK)
        *out = store->view;
    else
        pthread_mutex_unlock(&store->lock);
    return status;
}

void edge_shared_store_give(struct edge_shared_store *store, enum drf_status status)
{
    if (status == DRF_ERR_STORE)
        drop(store);
    pthread_mutex_unlock(&store->lock);
}
