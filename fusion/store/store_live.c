// SPDX-License-Identifier: Apache-2.0
// The live records a part at a time, for a start that must not keep drones waiting.
#include <sqlite3.h>

#include "fusion/store/store_impl.h"

static enum drf_status walk(struct fusion_store *store, enum store_sql sql, fusion_live_fn fn,
                            void *context)
{
    struct sqlite3_stmt *statement = store->statements[sql];
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
