// SPDX-License-Identifier: Apache-2.0
// Offsets and values that wait for a commit are small linked lists beside the overlay of
// identities. A commit walks the overlay in order of arrival and writes each identity by
// statements that replace what the file says of it, then offsets, values, marks and the
// counters, all in one transaction; only when that has succeeded is the overlay cleared. So a
// failed commit changes neither the file nor what reads return. What is rendered is written
// afterwards in a transaction of its own: it shows only truth that is already in the file.
#include <sqlite3.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

enum { SMALL_BYTES = 96 };

static struct store_offset *pending_offset(const struct fusion_store *store, const char *topic,
                                           int32_t partition)
{
    struct store_offset *at = store->pending.offsets;
    while (at != NULL && (at->partition != partition || strcmp(at->topic, topic) != 0))
        at = at->next;
    return at;
}

enum drf_status fusion_store_put_offset(struct fusion_store *store, const char *cluster_id,
                                        const char *topic, int32_t partition,
                                        int64_t next_offset)
{
    enum drf_status status = store_writable(store);
    const size_t length = strlen(cluster_id);
    struct store_offset *at = pending_offset(store, topic, partition);
    if (status != DRF_OK)
        return status;
    if (length >= sizeof at->cluster_id)
        return DRF_ERR_RANGE;
    if (at == NULL) {
        const size_t size = strlen(topic) + 1;
        at = malloc(sizeof *at + size);
        if (at == NULL)
            return DRF_ERR_NOMEM;
        *at = (struct store_offset){.next = store->pending.offsets, .partition = partition};
        memcpy(at->topic, topic, size);
        store->pending.offsets = at;
        store->pending.bytes += SMALL_BYTES + size;
    }
    memcpy(at->cluster_id, cluster_id, length + 1);
    at->next_offset = next_offset;
    return DRF_OK;
}

enum drf_status fusion_store_offset(struct fusion_store *store, const char *topic,
                                    int32_t partition, char cluster_id[static 64],
                                    int64_t *next_offset)
{
    const struct store_offset *at = pending_offset(store, topic, partition);
    if (at != NULL) {
        memcpy(cluster_id, at->cluster_id, sizeof at->cluster_id);
        *next_offset = at->next_offset;
        return DRF_OK;
    }
    enum drf_status status =
        STORE_BIND(store, STORE_SQL_OFFSET, store_text(topic), store_int(partition));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_OFFSET];
    status = store_step(store, STORE_SQL_OFFSET, "read an offset");
    if (status == DRF_OK) {
        const unsigned char *cluster = sqlite3_column_text(statement, 0);
        const size_t size = (size_t)sqlite3_column_bytes(statement, 0);
        if (cluster == NULL || size >= 64) {
            status = store_damaged(store, "a cluster id in drf_offset is damaged");
        } else {
            memcpy(cluster_id, cluster, size + 1);
            *next_offset = sqlite3_column_int64(statement, 1);
        }
    }
    store_done(store, STORE_SQL_OFFSET);
    return status;
}

static struct store_value *pending_value(const struct fusion_store *store, const char *name)
{
    struct store_value *at = store->pending.values;
    while (at != NULL && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

enum drf_status fusion_store_put_value(struct fusion_store *store, const char *name,
                                       const void *bytes, size_t size)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    uint8_t *copy = NULL;
    if (size > 0) {
        copy = malloc(size);
        if (copy == NULL)
            return DRF_ERR_NOMEM;
        memcpy(copy, bytes, size);
    }
    struct store_value *at = pending_value(store, name);
    if (at == NULL) {
        const size_t length = strlen(name) + 1;
        at = malloc(sizeof *at + length);
        if (at == NULL) {
            free(copy);
            return DRF_ERR_NOMEM;
        }
        *at = (struct store_value){.next = store->pending.values};
        memcpy(at->name, name, length);
        store->pending.values = at;
        store->pending.bytes += SMALL_BYTES + length;
    }
    free(at->bytes);
    store->pending.bytes += size;
    store->pending.bytes -= at->size;
    at->bytes = copy;
    at->size = size;
    return DRF_OK;
}

static enum drf_status hand_value(const void *from, size_t size, void *bytes, size_t *room)
{
    const bool fits = size <= *room;
    if (fits && size > 0)
        memcpy(bytes, from, size);
    *room = size;
    return fits ? DRF_OK : DRF_ERR_FULL;
}

enum drf_status fusion_store_value(struct fusion_store *store, const char *name, void *bytes,
                                   size_t *size)
{
    const struct store_value *at = pending_value(store, name);
    if (at != NULL)
        return at->size == 0 ? DRF_ERR_ABSENT : hand_value(at->bytes, at->size, bytes, size);
    enum drf_status status = STORE_BIND(store, STORE_SQL_VALUE, store_text(name));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_VALUE];
    status = store_step(store, STORE_SQL_VALUE, "read a value");
    if (status == DRF_OK) {
        const void *from = sqlite3_column_blob(statement, 0);
        status = hand_value(from, (size_t)sqlite3_column_bytes(statement, 0), bytes, size);
    }
    store_done(store, STORE_SQL_VALUE);
    return status;
}

enum drf_status fusion_store_each_value(struct fusion_store *store, const char *prefix,
                                        fusion_value_fn fn, void *context)
{
    return fusion_store_each_value_after(store, prefix, "", fn, context);
}

enum drf_status fusion_store_each_value_after(struct fusion_store *store, const char *prefix,
                                              const char *after, fusion_value_fn fn,
                                              void *context)
{
    enum drf_status row,
        status = STORE_BIND(store, STORE_SQL_VALUES, store_text(prefix), store_text(after));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_VALUES];
    while ((row = store_step(store, STORE_SQL_VALUES, "read the values")) == DRF_OK
           && status == DRF_OK)
        status =
            fn(context, (const char *)sqlite3_column_text(statement, 0),
               sqlite3_column_blob(statement, 1), (size_t)sqlite3_column_bytes(statement, 1));
    store_done(store, STORE_SQL_VALUES);
    return status == DRF_OK && row != DRF_ERR_ABSENT ? row : status;
}

static enum drf_status write_record(struct fusion_store *store,
                                    const struct store_identity *held)
{
    const struct fusion_live live = store_pending_live(held);
    return STORE_PUT(store, STORE_SQL_PUT_RECORD, "write a record", store_int(held->id),
                     store_int(store_record_checksum(&live)),
                     store_blob(held->record, held->record_size));
}

static enum drf_status write_erasure(struct fusion_store *store,
                                     const struct store_identity *held)
{
    if (!held->stored)
        return DRF_OK;
    enum drf_status status =
        STORE_PUT(store, STORE_SQL_DROP_CELLS, "remove contributions", store_int(held->id));
    if (status == DRF_OK)
        status =
            STORE_PUT(store, STORE_SQL_DROP_RECORD, "remove a record", store_int(held->id));
    if (status == DRF_OK)
        status =
            STORE_PUT(store, STORE_SQL_DROP_IDENTITY, "remove a name", store_int(held->id));
    return status;
}

// Replaces what the file says of an identity by what the overlay does.
static enum drf_status write_replacement(struct fusion_store *store,
                                         const struct store_identity *held)
{
    enum drf_status status = DRF_OK;
    if (held->stored)
        status =
            STORE_PUT(store, STORE_SQL_DROP_CELLS, "remove contributions", store_int(held->id));
    if (status == DRF_OK && held->provenance != NULL && !held->provenance->stored)
        status = store_source_write(store, held->provenance);
    const struct store_arg source =
        held->provenance != NULL ? store_int(held->provenance->row) : store_null();
    if (status == DRF_OK)
        status =
            STORE_PUT(store, STORE_SQL_PUT_IDENTITY, "write an identity", store_int(held->id),
                      store_text(held->feed), store_text(held->source), store_text(held->key),
                      store_int(held->version.time_utc_us),
                      store_blob(held->version.sha256, sizeof held->version.sha256), source,
                      held->imported ? store_int(1) : store_null(),
                      held->stage != 0 ? store_int(held->stage) : store_null());
    if (status == DRF_OK && held->record != NULL)
        status = write_record(store, held);
    else if (status == DRF_OK && held->stored)
        status =
            STORE_PUT(store, STORE_SQL_DROP_RECORD, "remove a record", store_int(held->id));
    return status;
}

static enum drf_status write_identity(struct fusion_store *store,
                                      const struct store_identity *held)
{
    enum drf_status status = held->erased     ? write_erasure(store, held)
                             : held->replaces ? write_replacement(store, held)
                                              : DRF_OK;
    if (status == DRF_OK && held->replaces)
        status = STORE_PUT(store, STORE_SQL_PUT_STALE, "write a mark", store_int(held->id),
                           store_int(held->feature));
    // All of an identity's rows are under one id.
    const int64_t stage = held->replaces ? held->stage : held->stored_stage;
    for (const struct store_cells *cells = held->cells; cells != NULL && status == DRF_OK;
         cells = cells->next)
        status = store_cells_write(
            store, stage != 0 ? stage : held->id,
            &(struct fusion_cells){cells->layer, cells->tile, cells->blob, cells->size});
    return status;
}

static enum drf_status write_small(struct fusion_store *store)
{
    enum drf_status status = DRF_OK;
    for (const struct store_offset *at = store->pending.offsets; at != NULL && status == DRF_OK;
         at = at->next)
        status = STORE_PUT(store, STORE_SQL_PUT_OFFSET, "write an offset",
                           store_text(at->topic), store_int(at->partition),
                           store_text(at->cluster_id), store_int(at->next_offset));
    for (const struct store_value *at = store->pending.values; at != NULL && status == DRF_OK;
         at = at->next)
        status =
            at->size == 0
                ? STORE_PUT(store, STORE_SQL_DROP_VALUE, "remove a value", store_text(at->name))
                : STORE_PUT(store, STORE_SQL_PUT_VALUE, "write a value", store_text(at->name),
                            store_blob(at->bytes, at->size));
    return status == DRF_OK ? store_marks_write(store) : status;
}

static enum drf_status write_all(struct fusion_store *store, int64_t as_of_utc_us)
{
    enum drf_status status = DRF_OK;
    for (const struct store_identity *held = store->pending.first;
         held != NULL && status == DRF_OK; held = held->next)
        status = write_identity(store, held);
    if (status == DRF_OK)
        status = write_small(store);
    if (status == DRF_OK)
        status =
            STORE_PUT(store, STORE_SQL_PUT_STATE, "write the time", store_int(as_of_utc_us),
                      store_int(store->next_id), store_int(store->next_source));
    return status;
}

void fusion_store_flush_next(struct fusion_store *store) { store->flush_next = true; }

// SQLite takes another `synchronous` between transactions only.
static enum drf_status write_transaction(struct fusion_store *store, int64_t as_of_utc_us)
{
    enum drf_status status =
        store->flush_next ? store_exec(store, "PRAGMA synchronous = FULL") : DRF_OK;
    if (status == DRF_OK)
        status = store_begin(store);
    if (status == DRF_OK)
        status = store_end(store, write_all(store, as_of_utc_us));
    if (status == DRF_OK && store->flush_next)
        store->flush_next = store_exec(store, "PRAGMA synchronous = NORMAL") != DRF_OK;
    return status;
}

enum drf_status fusion_store_commit(struct fusion_store *store, int64_t as_of_utc_us)
{
    assert(store->walking == 0);
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = write_transaction(store, as_of_utc_us);
    if (status != DRF_OK)
        return status;
    for (struct store_identity *held = store->pending.first; held != NULL; held = held->next)
        if (held->replaces && held->provenance != NULL)
            held->provenance->stored = true;
    store_marks_written(store);
    store_stages_committed(store);
    store_pending_clear(&store->pending);
    store->as_of_utc_us = as_of_utc_us;
    store->fault = (struct fusion_store_fault){0};
    // The truth is committed even if these two fail: they are tried again later.
    if (store_render_resume(store) != DRF_OK)
        store->render_wanted = true;
    store_checkpoint_late(store);
    return DRF_OK;
}
