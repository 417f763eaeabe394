// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/store_maintenance.h"

#include <sqlite3.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fusion/store/store_impl.h"

static enum drf_status no_more(void *context, const struct fusion_live *live)
{
    (void)context;
    (void)live;
    return DRF_OK;
}

static enum drf_status cells_sound(void *context,
                                   const struct fusion_contribution *contribution)
{
    // The walk has compared the checksum; decoding is what a fold would do.
    return geo_cells_decode(contribution->blob, contribution->size, context);
}

struct deep_check {
    struct fusion_store *store;
    uint16_t *cells;
};

static enum drf_status tile_sound(void *context, enum fusion_layer layer, struct geo_tile tile)
{
    struct deep_check *check = context;
    enum drf_status status =
        fusion_store_contributions(check->store, layer, tile, cells_sound, check->cells);
    return status == DRF_ERR_SYNTAX
               ? store_damaged(check->store, "the cells of a contribution cannot be decoded")
               : status;
}

enum drf_status fusion_store_check(struct fusion_store *store)
{
    struct deep_check check = {.store = store,
                               .cells = malloc(sizeof(uint16_t) * GEO_CELLS_COUNT)};
    if (check.cells == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = store_file_check(store, "PRAGMA integrity_check(1)");
    if (status == DRF_OK)
        status = fusion_store_each_live(store, no_more, NULL);
    if (status == DRF_OK)
        status = fusion_store_each_tile(store, tile_sound, &check);
    free(check.cells);
    return status;
}

static enum drf_status fail(struct fusion_store_fault *fault, enum fusion_store_trouble trouble,
                            const char *path, const char *why)
{
    if (fault != NULL) {
        fault->trouble = trouble;
        (void)snprintf(fault->text, sizeof fault->text, "%s: %s", path, why);
    }
    return DRF_ERR_STORE;
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file != NULL)
        (void)fclose(file);
    return file != NULL;
}

static enum drf_status vacuum_into(struct fusion_store *store, const char *part)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, "VACUUM INTO ?1", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, part, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum drf_status status =
        code == SQLITE_DONE ? DRF_OK : store_fail(store, code, "write a snapshot");
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_snapshot(const char *path, const char *out_path,
                                      struct fusion_store_fault *fault)
{
    if (exists(out_path))
        return fail(fault, FUSION_STORE_UNUSABLE, out_path, "is there already");
    char *part = store_file_path(out_path, "-part", "");
    if (part == NULL)
        return DRF_ERR_NOMEM;
    (void)remove(part); // of a snapshot that did not end
    struct fusion_store *store = NULL;
    enum drf_status status = fusion_store_open(
        &(struct fusion_store_config){.path = path, .read_only = true, .fault = fault}, &store);
    if (status == DRF_OK) {
        status = vacuum_into(store, part);
        if (status != DRF_OK && fault != NULL)
            *fault = store->fault;
    }
    fusion_store_close(store);
    if (status == DRF_OK && rename(part, out_path) != 0)
        status = fail(fault, FUSION_STORE_UNUSABLE, out_path, "cannot be written");
    if (status != DRF_OK)
        (void)remove(part);
    free(part);
    return status;
}

// The log goes first: a new store must never find the log of an old one beside it.
static enum drf_status rename_all(const char *path, const char *suffix,
                                  struct fusion_store_fault *fault)
{
    static const char *const ends[] = {"-wal", "-journal", "-shm", ""};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0] && status == DRF_OK; i++) {
        char *from = store_file_path(path, "", ends[i]),
             *to = store_file_path(path, suffix, ends[i]);
        if (from == NULL || to == NULL)
            status = DRF_ERR_NOMEM;
        else if (exists(to))
            status = fail(fault, FUSION_STORE_UNUSABLE, to, "is there already");
        else if (rename(from, to) != 0 && errno != ENOENT)
            status = fail(fault, FUSION_STORE_UNUSABLE, from, "cannot be renamed");
        free(from);
        free(to);
    }
    return status;
}

enum drf_status fusion_store_set_aside(const char *path, const char *suffix,
                                       struct fusion_store_fault *fault)
{
    struct sqlite3 *lock = NULL;
    enum drf_status status = store_file_lock(path, &lock);
    if (status == DRF_ERR_AGAIN)
        status = fail(fault, FUSION_STORE_BUSY, path, "another program is writing this store");
    else if (status == DRF_ERR_STORE)
        status = fail(fault, FUSION_STORE_UNUSABLE, path, "cannot be locked");
    if (status == DRF_OK)
        status = rename_all(path, suffix, fault);
    (void)sqlite3_close(lock);
    return status;
}

bool fusion_store_in_use(const char *path)
{
    // A query creates no file: where there is no lock file, no node has ever written.
    struct sqlite3 *named = NULL, *there = NULL, *lock = NULL;
    int code = sqlite3_open_v2(path, &named, SQLITE_OPEN_READWRITE, NULL);
    char *lock_path = code == SQLITE_OK
                          ? store_file_path(sqlite3_db_filename(named, "main"), "", "-lock")
                          : NULL;
    bool in_use =
        lock_path != NULL
        && sqlite3_open_v2(lock_path, &there, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
        && store_file_lock(path, &lock) == DRF_ERR_AGAIN;
    (void)sqlite3_close(lock);
    (void)sqlite3_close(there);
    (void)sqlite3_close(named);
    free(lock_path);
    return in_use;
}

static enum drf_status forget_with(struct fusion_store *store, const char *sql, int64_t before,
                                   int64_t limit, int64_t *forgotten)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 1, limit);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) == 2)
        code = sqlite3_bind_int64(statement, 2, before);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum drf_status status =
        code == SQLITE_DONE ? DRF_OK : store_fail(store, code, "delete old tombstones");
    sqlite3_finalize(statement);
    if (status == DRF_OK)
        *forgotten += sqlite3_changes64(store->db);
    return status;
}

enum drf_status fusion_store_forget(struct fusion_store *store, int64_t before_utc_us,
                                    int64_t limit, int64_t *forgotten)
{
    assert(store->walking == 0);
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    int64_t count = 0;
    if (store->pending.first == NULL) {
        status = store_begin(store);
        if (status != DRF_OK)
            return status;
        status = forget_with(store,
                             "DELETE FROM drf_identity WHERE id IN (SELECT id FROM drf_identity"
                             " WHERE source_id IS NULL AND time_utc_us < ?2 LIMIT ?1)",
                             before_utc_us, limit, &count);
        if (status == DRF_OK)
            status = forget_with(store,
                                 "DELETE FROM drf_source WHERE source_id IN (SELECT source_id"
                                 " FROM drf_source WHERE source_id NOT IN (SELECT source_id"
                                 " FROM drf_identity WHERE source_id IS NOT NULL) LIMIT ?1)",
                                 0, limit, &count);
        status = store_end(store, status);
    }
    if (status != DRF_OK)
        return status;
    if (count > 0)
        store_sources_unstore(store);
    *forgotten = count;
    return DRF_OK;
}

enum drf_status fusion_store_shrink(struct fusion_store *store, int pages)
{
    enum drf_status status = store_writable(store);
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", pages > 0 ? pages : 1);
    if (status == DRF_OK)
        status = store_exec(store, sql);
    if (status == DRF_OK)
        store_checkpoint_late(store);
    return status;
}
