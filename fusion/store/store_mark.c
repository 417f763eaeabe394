// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdlib.h>

#include "fusion/store/store_impl.h"

static enum drf_status mark_new(struct fusion_store *store, enum fusion_layer layer,
                                struct geo_tile tile, struct store_mark **out)
{
    struct store_mark *made = malloc(sizeof *made);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    *made = (struct store_mark){.layer = layer, .tile = tile, .next = store->marks};
    store->marks = made;
    store_index_add(&store->mark_by_tile, &made->by_tile, store_tile_hash(layer, tile));
    *out = made;
    return DRF_OK;
}

enum drf_status store_marks_open(struct fusion_store *store)
{
    struct sqlite3_stmt *statement = store_use(store, STORE_SQL_DIRTY);
    enum drf_status row, status = DRF_OK;
    while ((row = store_step(store, STORE_SQL_DIRTY, "read the marks")) == DRF_OK) {
        enum fusion_layer layer;
        struct geo_tile tile;
        struct store_mark *mark = NULL;
        status = store_column_tile(store, statement, 0, &layer, &tile);
        if (status == DRF_OK)
            status = mark_new(store, layer, tile, &mark);
        if (status != DRF_OK)
            break;
        mark->dirty = true;
        mark->stored = true;
    }
    store_done(store, STORE_SQL_DIRTY);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

void store_marks_close(struct fusion_store *store)
{
    while (store->marks != NULL) {
        struct store_mark *mark = store->marks;
        store->marks = mark->next;
        free(mark);
    }
    store_index_close(&store->mark_by_tile);
}

struct store_mark *store_mark_of(const struct fusion_store *store, enum fusion_layer layer,
                                 struct geo_tile tile)
{
    struct store_link *link =
        store_index_first(&store->mark_by_tile, store_tile_hash(layer, tile));
    for (; link != NULL; link = store_index_next(link)) {
        struct store_mark *mark = (struct store_mark *)link;
        if (mark->layer == layer && store_tile_same(mark->tile, tile))
            return mark;
    }
    return NULL;
}

enum drf_status fusion_store_mark_dirty(struct fusion_store *store, enum fusion_layer layer,
                                        struct geo_tile tile)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    if (layer <= 0 || layer >= FUSION_LAYER_COUNT || !geo_tile_valid(tile))
        return DRF_ERR_RANGE;
    struct store_mark *mark = store_mark_of(store, layer, tile);
    if (mark == NULL)
        status = mark_new(store, layer, tile, &mark);
    if (status != DRF_OK)
        return status;
    mark->dirty = true;
    mark->pending = !mark->stored;
    return DRF_OK;
}

enum drf_status fusion_store_each_dirty(struct fusion_store *store, fusion_tile_fn fn,
                                        void *context)
{
    // fn may mark and render: marks are only freed by transactions, and new ones come first.
    enum drf_status status = DRF_OK;
    for (struct store_mark *mark = store->marks; mark != NULL && status == DRF_OK;
         mark = mark->next)
        if (mark->dirty)
            status = fn(context, mark->layer, mark->tile);
    return status;
}

enum drf_status store_marks_write(struct fusion_store *store)
{
    enum drf_status status = DRF_OK;
    for (struct store_mark *mark = store->marks; mark != NULL && status == DRF_OK;
         mark = mark->next)
        if (mark->pending)
            status = STORE_PUT(store, STORE_SQL_PUT_DIRTY, "write a mark",
                               store_int(mark->layer), store_int(mark->tile.level),
                               store_int(mark->tile.row), store_int(mark->tile.col));
    return status;
}

void store_marks_written(struct fusion_store *store)
{
    for (struct store_mark *mark = store->marks; mark != NULL; mark = mark->next) {
        mark->stored = mark->stored || mark->pending;
        mark->pending = false;
    }
}

void store_mark_free(struct fusion_store *store, struct store_mark *mark)
{
    struct store_mark **at = &store->marks;
    while (*at != mark)
        at = &(*at)->next;
    *at = mark->next;
    store_index_remove(&store->mark_by_tile, &mark->by_tile);
    free(mark);
}
