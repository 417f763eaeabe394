// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"
#include "fusion/store/store_shape.h"

enum { BUSY_MS = 500, LOCK_BUSY_MS = 100, CHECKED_BYTES_MAX = 256 << 20 };

static enum fusion_store_trouble trouble_of(int code)
{
    if (code == SQLITE_IOERR_SHMSIZE) // the index of the log cannot grow: no room for it
        return FUSION_STORE_FULL;
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR: // a table or column that a sound store has
        return FUSION_STORE_DAMAGED;
    case SQLITE_FULL:
        return FUSION_STORE_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FUSION_STORE_BUSY;
    default:
        return FUSION_STORE_UNUSABLE;
    }
}

enum drf_status store_fail(struct fusion_store *store, int code, const char *doing)
{
    if ((code & 0xff) == SQLITE_NOMEM)
        return DRF_ERR_NOMEM;
    store->fault.trouble = trouble_of(code);
    const char *why = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
    (void)snprintf(store->fault.text, sizeof store->fault.text, "%s: cannot %s: %s (SQLite %d)",
                   store->path, doing, why,
                   store->db != NULL ? sqlite3_extended_errcode(store->db) : code);
    return DRF_ERR_STORE;
}

enum drf_status store_refuse(struct fusion_store *store, enum fusion_store_trouble trouble,
                             enum drf_status status, const char *text)
{
    store->fault.trouble = trouble;
    (void)snprintf(store->fault.text, sizeof store->fault.text, "%s: %s", store->path, text);
    return status;
}

enum drf_status store_exec(struct fusion_store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? DRF_OK : store_fail(store, code, "set up the store");
}

enum drf_status store_writable(struct fusion_store *store)
{
    if (!store->config.read_only)
        return DRF_OK;
    return store_refuse(store, FUSION_STORE_UNUSABLE, DRF_ERR_STORE, "opened for reading only");
}

const char *fusion_store_error(const struct fusion_store *store) { return store->fault.text; }

struct fusion_store_fault fusion_store_fault(const struct fusion_store *store)
{
    return store->fault;
}

size_t fusion_store_pending_bytes(const struct fusion_store *store)
{
    return store->pending.bytes + store->rendered_bytes;
}

int64_t fusion_store_as_of(const struct fusion_store *store) { return store->as_of_utc_us; }

uint32_t fusion_store_level(const struct fusion_store *store) { return store->config.level; }

uint32_t fusion_store_mode(const struct fusion_store *store) { return store->config.mode; }

static char *copy_of(const char *text, const char *suffix)
{
    const size_t size = strlen(text) + strlen(suffix) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        (void)snprintf(copy, size, "%s%s", text, suffix);
    return copy;
}

static int wal_grew(void *context, struct sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    ((struct fusion_store *)context)->wal_frames = frames;
    return SQLITE_OK;
}

enum drf_status store_lock(const char *path, struct sqlite3 **out)
{
    // Nothing is read: this only asks SQLite for the one name of a file that has several.
    struct sqlite3 *named = NULL;
    int code = sqlite3_open_v2(path, &named, SQLITE_OPEN_READWRITE, NULL);
    char *lock =
        code == SQLITE_OK ? copy_of(sqlite3_db_filename(named, "main"), "-lock") : NULL;
    if (code == SQLITE_OK && lock == NULL)
        code = SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(
            lock, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(*out, LOCK_BUSY_MS);
    if (code == SQLITE_OK)
        code =
            sqlite3_exec(*out, "PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE", NULL, NULL, NULL);
    (void)sqlite3_close(named);
    free(lock);
    switch (code & 0xff) {
    case SQLITE_OK:
        return DRF_OK;
    case SQLITE_BUSY:
        return DRF_ERR_AGAIN;
    case SQLITE_NOMEM:
        return DRF_ERR_NOMEM;
    default:
        return DRF_ERR_STORE;
    }
}

static enum drf_status lock_writer(struct fusion_store *store)
{
    enum drf_status status = store_lock(store->path, &store->lock);
    if (status == DRF_ERR_AGAIN)
        return store_refuse(store, FUSION_STORE_BUSY, DRF_ERR_STORE,
                            "another program is writing this store; only one may");
    if (status == DRF_ERR_STORE)
        return store_refuse(store, FUSION_STORE_UNUSABLE, DRF_ERR_STORE,
                            "cannot be locked: is its folder there, and writable?");
    return status;
}

static enum drf_status connect_file(struct fusion_store *store)
{
    const bool reader = store->config.read_only;
    const int flags =
        (reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(store->path, &store->db, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(store->db, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (code == SQLITE_OK)
        // SQLite lets triggers use an R-tree in a trusted schema only; readers fire none.
        code = sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, !reader, NULL);
    if (code == SQLITE_OK)
        code = store_shape_register(store->db);
    if (code != SQLITE_OK)
        return store_fail(store, code, "open the file");
    return reader ? DRF_OK : lock_writer(store);
}

// A log left behind: whoever wrote it did not close. A process that was killed leaves a sound
// file, a power cut perhaps not.
static bool ended_unclean(struct fusion_store *store)
{
    const char *wal = sqlite3_filename_wal(sqlite3_db_filename(store->db, "main"));
    FILE *file = fopen(wal, "rb");
    if (file == NULL)
        return false;
    const bool bytes = fgetc(file) != EOF;
    (void)fclose(file);
    return bytes;
}

static enum drf_status quick_check(struct fusion_store *store)
{
    struct sqlite3_stmt *statement = NULL;
    int64_t pages = 0;
    enum drf_status status = DRF_OK;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA page_count", -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        pages = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    // A larger one would keep drones waiting; its damage is found when it is read.
    if (code == SQLITE_OK && pages * STORE_PAGE_BYTES > CHECKED_BYTES_MAX)
        return DRF_OK;
    statement = NULL;
    code = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *word =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (code != SQLITE_ROW)
        status = store_fail(store, code, "check the file");
    else if (word == NULL || strcmp(word, "ok") != 0)
        status = store_damaged(store, word != NULL ? word : "the check gave no word");
    sqlite3_finalize(statement);
    return status;
}

static long size_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    (void)fclose(file);
    return size;
}

// A reader of a store that nobody has open makes SQLite's log and index beside it and, being a
// reader, cannot take them away. A connection that may write does so when it closes as the last
// one, and only then; it has nothing to copy, for the log is empty.
static void tidy_up(const char *path)
{
    struct sqlite3 *db = NULL, *held = NULL;
    char *log = copy_of(path, "-wal"), *lock = copy_of(path, "-lock");
    bool empty = log != NULL && lock != NULL && size_of(log) == 0;
    bool alone = empty && (size_of(lock) < 0 || store_lock(path, &held) == DRF_OK);
    if (alone
        && sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
               == SQLITE_OK)
        (void)sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    (void)sqlite3_close(held);
    free(log);
    free(lock);
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
    const bool unclean = status == DRF_OK && !store->config.read_only && ended_unclean(store);
    if (status == DRF_OK)
        status = store_schema_open(store);
    if (status == DRF_OK && unclean)
        status = quick_check(store);
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
    store->path = copy_of(config->path, "");
    store->region_id = copy_of(config->region_id != NULL ? config->region_id : "", "");
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
    char *file = name != NULL ? copy_of(name, "") : NULL;
    (void)sqlite3_close(store->db);
    (void)sqlite3_close(store->lock);
    if (file != NULL)
        tidy_up(file);
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
