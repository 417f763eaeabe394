// SPDX-License-Identifier: Apache-2.0
// The live records: all of them, a part at a time (a start must not keep drones waiting), or
// those near a place.
#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

static enum drf_status copy_aligned(struct fusion_store *store, const void *bytes, size_t size)
{
    if (size > store->scratch_room) {
        uint8_t *scratch = realloc(store->scratch, size);
        if (scratch == NULL)
            return DRF_ERR_NOMEM;
        store->scratch = scratch;
        store->scratch_room = size;
    }
    memcpy(store->scratch, bytes, size);
    return DRF_OK;
}

enum drf_status store_column_live(struct fusion_store *store, struct sqlite3_stmt *statement,
                                  struct fusion_live *out)
{
    struct store_source *source = NULL;
    out->id = sqlite3_column_int64(statement, 0);
    out->identity = (struct fusion_identity){(const char *)sqlite3_column_text(statement, 1),
                                             (const char *)sqlite3_column_text(statement, 2),
                                             (const char *)sqlite3_column_text(statement, 3)};
    const void *items = sqlite3_column_blob(statement, 7);
    const size_t size = (size_t)sqlite3_column_bytes(statement, 7);
    if (out->identity.feed == NULL || out->identity.source == NULL || out->identity.key == NULL
        || items == NULL)
        return store_damaged(store, "a row of drf_identity or drf_record is damaged");
    enum drf_status status = store_column_version(store, statement, 4, &out->version);
    if (status == DRF_OK)
        status = store_source_of(store, sqlite3_column_int64(statement, 6), &source);
    if (status == DRF_OK)
        status = copy_aligned(store, items, size);
    if (status != DRF_OK)
        return status;
    out->provenance = &source->source;
    out->record = (struct geo_record){.bytes = store->scratch, .size = size};
    if (sqlite3_column_int64(statement, 8) != store_record_checksum(out)
        || geo_record_validate(store->scratch, size, &out->record) != DRF_OK)
        return store_damaged(store, "a record in drf_record is damaged");
    return DRF_OK;
}

// The rows of STORE_SQL_LIVE or a like statement, its arguments bound, that the overlay does
// not replace.
static enum drf_status walk(struct fusion_store *store, enum store_sql sql, fusion_live_fn fn,
                            void *context)
{
    struct sqlite3_stmt *statement = store_use(store, sql);
    enum drf_status row, status = DRF_OK;
    store->walking++;
    while ((row = store_step(store, sql, "read the records")) == DRF_OK) {
        const struct store_identity *held =
            store_pending_id(&store->pending, sqlite3_column_int64(statement, 0));
        if (held != NULL && held->replaces)
            continue;
        struct fusion_live live;
        status = store_column_live(store, statement, &live);
        if (status == DRF_OK)
            status = fn(context, &live);
        if (status != DRF_OK)
            break;
    }
    store_done(store, sql);
    store->walking--;
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

enum drf_status fusion_store_each_live(struct fusion_store *store, fusion_live_fn fn,
                                       void *context)
{
    store->walking++;
    enum drf_status status = walk(store, STORE_SQL_LIVE, fn, context);
    for (const struct store_identity *held = store->pending.first;
         held != NULL && status == DRF_OK; held = held->next) {
        if (!held->replaces || held->record == NULL)
            continue;
        const struct fusion_live live = store_pending_live(held);
        status = fn(context, &live);
    }
    store->walking--;
    return status;
}

enum drf_status fusion_store_each_live_after(struct fusion_store *store, int64_t id,
                                             fusion_live_fn fn, void *context)
{
    enum drf_status status = STORE_BIND(store, STORE_SQL_LIVE_AFTER, store_int(id));
    return status == DRF_OK ? walk(store, STORE_SQL_LIVE_AFTER, fn, context) : status;
}

enum drf_status fusion_store_each_live_near(struct fusion_store *store, struct geo_bounds box,
                                            fusion_live_fn fn, void *context)
{
    const bool split = box.west_deg > box.east_deg; // across the antimeridian: all around
    // Each record lies on a page of its own, read once: pages that are used again cost less
    // than fresh memory for hundreds of them, which takes longer to get than to read.
    enum drf_status status = store_exec(store, "PRAGMA cache_size = -512");
    if (status == DRF_OK)
        status =
            STORE_BIND(store, STORE_SQL_LIVE_NEAR, store_real(split ? -180.0 : box.west_deg),
                       store_real(split ? 180.0 : box.east_deg), store_real(box.south_deg),
                       store_real(box.north_deg));
    if (status == DRF_OK)
        status = walk(store, STORE_SQL_LIVE_NEAR, fn, context);
    const enum drf_status restored = store_exec(store, "PRAGMA cache_size = " STORE_CACHE_SIZE);
    return status == DRF_OK ? restored : status;
}
