// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_impl.h"

enum { BUSY_MS = 500 };

size_t fusion_store_pending_bytes(const struct fusion_store *store)
{
    return store->pending.bytes + store->rendered_bytes;
}

int64_t fusion_store_as_of(const struct fusion_store *store) { return store->as_of_utc_us; }

uint32_t fusion_store_level(const struct fusion_store *store) { return store->config.level; }

uint32_t fusion_store_mode(const struct fusion_store *store) { return store->config.mode; }

static int wal_grew(void *context, struct sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    ((struct fusion_store *)context)->wal_frames = frames;
    return SQLITE_OK;
}

// A database in memory keeps the size of its pages: it is set to the file's first.
static int copy_in(struct sqlite3 *db, const char *path)
{
    struct sqlite3 *from = NULL;
    char pragma[40];
    (void)snprintf(pragma, sizeof pragma, "PRAGMA page_size = %d", STORE_PAGE_BYTES);
    int code = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, pragma, NULL, NULL, NULL);
    struct sqlite3_backup *backup =
        code == SQLITE_OK ? sqlite3_backup_init(db, "main", from, "main") : NULL;
    if (backup != NULL) {
        (void)sqlite3_backup_step(backup, -1); // finish says how it went
        code = sqlite3_backup_finish(backup);
    } else if (code == SQLITE_OK) {
        code = sqlite3_errcode(db);
    }
    (void)sqlite3_close(from);
    return code;
}

static enum drf_status connect_file(struct fusion_store *store)
{
    const bool reader = store->config.read_only;
    const int flags =
        (reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const bool memory = store->config.in_memory;
    int code = sqlite3_open_v2(memory ? ":memory:" : store->path, &store->db, flags, NULL);
    if (code == SQLITE_OK && memory && store->config.copy_of != NULL)
        code = copy_in(store->db, store->config.copy_of);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(store->db, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (code == SQLITE_OK)
        // SQLite lets triggers use an R-tree in a trusted schema only; readers fire none.
        code = sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, !reader, NULL);
    if (code == SQLITE_OK)
        code = store_geometry_register(store->db);
    if (code != SQLITE_OK)
        return store_fail(store, code, "open the file");
    return reader || memory ? DRF_OK : store_file_lock_writer(store);
}

static bool config_valid(const struct fusion_store_config *config)
{
    const struct geo_bounds *keep = &config->keep;
    if (config->read_only)
        return config->level <= GEO_TILE_LEVEL_MAX;
    return config->level <= GEO_TILE_LEVEL_MAX && config->mode >= 1 && config->mode <= 4
           && keep->west_deg >= -180.0 && keep->west_deg <= 180.0 && keep->east_deg >= -180.0
           && keep->east_deg <= 180.0 && keep->south_deg >= -90.0 && keep->north_deg <= 90.0
           && keep->south_deg < keep->north_deg;
}

static enum drf_status open_parts(struct fusion_store *store)
{
    if (!config_valid(&store->config))
        return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE,
                            "level, mode or bounds that no store can have");
    enum drf_status status = store_pending_open(&store->pending);
    if (status == DRF_OK)
        status = store_sources_open(store);
    if (status == DRF_OK)
        status = store_index_open(&store->mark_by_tile);
    if (status == DRF_OK)
        status = store_rendered_open(store);
    if (status == DRF_OK)
        status = connect_file(store);
    const bool unclean = status == DRF_OK && !store->config.read_only
                         && !store->config.in_memory && store_file_ended_unclean(store);
    if (status == DRF_OK)
        status = store_schema_open(store);
    if (status == DRF_OK && unclean)
        status = store_file_check_quick(store);
    if (status == DRF_OK)
        status = store_prepare(store);
    if (status == DRF_OK)
        status = store_marks_open(store);
    if (status == DRF_OK && !store->config.read_only)
        status = store_stages_open(store);
    return status;
}

enum drf_status fusion_store_open(const struct fusion_store_config *config,
                                  struct fusion_store **out)
{
    struct fusion_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return DRF_ERR_NOMEM;
    store->config = *config;
    store->as_of_utc_us = INT64_MIN;
    store->path = store_file_path(config->path, "", "");
    store->region_id =
        store_file_path(config->region_id != NULL ? config->region_id : "", "", "");
    store->config.path = store->path;
    store->config.region_id = store->region_id;
    enum drf_status status = DRF_ERR_NOMEM;
    if (store->path != NULL && store->region_id != NULL)
        status = open_parts(store);
    if (config->fault != NULL)
        *config->fault = store->fault;
    if (status != DRF_OK) {
        fusion_store_close(store);
        return status;
    }
    if (!config->read_only)
        sqlite3_wal_hook(store->db, wal_grew, store);
    *out = store;
    return DRF_OK;
}

void fusion_store_close(struct fusion_store *store)
{
    if (store == NULL)
        return;
    store_finalize(store);
    // Both leave a file that the next open understands, whatever they return.
    const char *name = store->db != NULL && store->config.read_only
                           ? sqlite3_db_filename(store->db, "main")
                           : NULL; // NULL of a file that could not be opened, too
    char *file = name != NULL ? store_file_path(name, "", "") : NULL;
    (void)sqlite3_close(store->db);
    (void)sqlite3_close(store->lock);
    if (file != NULL)
        store_file_remove_empty_log(file);
    free(file);
    store_rendered_close(store);
    store_marks_close(store);
    store_stages_close(store);
    store_sources_close(store);
    store_pending_close(&store->pending);
    free(store->scratch);
    free(store->region_id);
    free(store->path);
    free(store);
}
