// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/store_resync.h"

#include <sqlite3.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

// What is new in the overlay has greater ids than anything in the file, in its order.
static size_t pending_ids(const struct fusion_store *store, const char *feed, int64_t after_id,
                          int64_t *ids, size_t room)
{
    size_t count = 0;
    for (const struct store_identity *held = store->pending.first; held != NULL && count < room;
         held = held->next)
        if (!held->stored && !held->erased && !held->imported && held->id > after_id
            && strcmp(held->feed, feed) == 0)
            ids[count++] = held->id;
    return count;
}

enum drf_status fusion_store_ids_of_feed(struct fusion_store *store, const char *feed,
                                         int64_t after_id, int64_t *ids, size_t room,
                                         size_t *count)
{
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = STORE_BIND(store, STORE_SQL_IDS_OF_FEED, store_text(feed), store_int(after_id),
                            store_int((int64_t)room));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_IDS_OF_FEED];
    size_t found = 0;
    while (found < room
           && (status = store_step(store, STORE_SQL_IDS_OF_FEED, "list identities")) == DRF_OK)
        ids[found++] = sqlite3_column_int64(statement, 0);
    store_done(store, STORE_SQL_IDS_OF_FEED);
    if (status != DRF_OK && status != DRF_ERR_ABSENT)
        return status;
    *count = found > 0 ? found : pending_ids(store, feed, after_id, ids, room);
    return DRF_OK;
}

// The entry of the overlay for an identity, made if only the file knows it.
static enum drf_status entry_of(struct fusion_store *store, int64_t id,
                                struct store_identity **out)
{
    *out = store_pending_id(&store->pending, id);
    return *out != NULL ? DRF_OK : store_pending_enter(store, id, out);
}

enum drf_status fusion_store_erase(struct fusion_store *store, int64_t id)
{
    assert(store->walking == 0);
    struct store_identity *held = NULL;
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = entry_of(store, id, &held);
    if (status == DRF_OK)
        status = store_stage_leave(store, held);
    if (status != DRF_OK)
        return status;
    store_pending_drop_cells(&store->pending, held);
    store_stage_untake(store, held);
    store->pending.bytes -= held->record_size;
    free(held->record);
    held->record = NULL;
    held->record_size = 0;
    held->provenance = NULL;
    held->replaces = true;
    held->erased = true;
    held->imported = false;
    store_rendered_outdate(store, id);
    return DRF_OK;
}

enum drf_status fusion_store_set_imported(struct fusion_store *store, int64_t id)
{
    struct store_identity *held = store_pending_id(&store->pending, id);
    if (held == NULL || !held->replaces)
        return DRF_ERR_ABSENT;
    held->imported = true;
    return DRF_OK;
}
