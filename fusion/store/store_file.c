// SPDX-License-Identifier: Apache-2.0
// The file beneath the store: who may write it, what a run that ended left beside it, whether
// it is sound, and when its write-ahead log is copied back.
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

enum { LOCK_BUSY_MS = 100, CHECKED_BYTES_MAX = 256 << 20 };

char *store_file_path(const char *path, const char *middle, const char *end)
{
    const size_t size = strlen(path) + strlen(middle) + strlen(end) + 1;
    char *text = malloc(size);
    if (text != NULL)
        (void)snprintf(text, size, "%s%s%s", path, middle, end);
    return text;
}

enum drf_status store_file_lock(const char *path, struct sqlite3 **out)
{
    // Nothing is read: this only asks SQLite for the one name of a file that has several.
    struct sqlite3 *named = NULL;
    int code = sqlite3_open_v2(path, &named, SQLITE_OPEN_READWRITE, NULL);
    char *lock = code == SQLITE_OK
                     ? store_file_path(sqlite3_db_filename(named, "main"), "", "-lock")
                     : NULL;
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

enum drf_status store_file_lock_writer(struct fusion_store *store)
{
    enum drf_status status = store_file_lock(store->path, &store->lock);
    if (status == DRF_ERR_AGAIN)
        return store_refuse(store, FUSION_STORE_BUSY, DRF_ERR_STORE,
                            "another program is writing this store; only one may");
    if (status == DRF_ERR_STORE)
        return store_refuse(store, FUSION_STORE_UNUSABLE, DRF_ERR_STORE,
                            "cannot be locked: is its folder there, and writable?");
    return status;
}

// A log left behind: the process that wrote it did not close. A process that was killed leaves
// a sound file, a power cut perhaps not.
bool store_file_ended_unclean(struct fusion_store *store)
{
    const char *wal = sqlite3_filename_wal(sqlite3_db_filename(store->db, "main"));
    FILE *file = fopen(wal, "rb");
    if (file == NULL)
        return false;
    const bool bytes = fgetc(file) != EOF;
    (void)fclose(file);
    return bytes;
}

enum drf_status store_file_check(struct fusion_store *store, const char *pragma)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum drf_status status = DRF_OK;
    const char *word =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (code != SQLITE_ROW)
        status = store_fail(store, code, "check the file");
    else if (word == NULL || strcmp(word, "ok") != 0)
        status = store_damaged(store, word != NULL ? word : "the check returned nothing");
    sqlite3_finalize(statement);
    return status;
}

enum drf_status store_file_check_quick(struct fusion_store *store)
{
    struct sqlite3_stmt *statement = NULL;
    int64_t pages = 0;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA page_count", -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        pages = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    // A larger one would keep drones waiting; its damage is found when it is read.
    if (code == SQLITE_OK && pages * STORE_PAGE_BYTES > CHECKED_BYTES_MAX)
        return DRF_OK;
    return store_file_check(store, "PRAGMA quick_check(1)");
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

// A reader of a store that no other process has open makes SQLite's log and index beside it
// and, being a reader, cannot take them away. A connection that may write does so when it
// closes as the last one, and only then; it has nothing to copy, for the log is empty.
void store_file_remove_empty_log(const char *path)
{
    struct sqlite3 *db = NULL, *held = NULL;
    char *log = store_file_path(path, "", "-wal"), *lock = store_file_path(path, "", "-lock");
    bool empty = log != NULL && lock != NULL && size_of(log) == 0;
    bool alone = empty && (size_of(lock) < 0 || store_file_lock(path, &held) == DRF_OK);
    if (alone
        && sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
               == SQLITE_OK)
        (void)sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    (void)sqlite3_close(held);
    free(log);
    free(lock);
}

bool store_checkpoint_due(struct fusion_store *store, int64_t bytes)
{
    if (store->wal_frames < store->wal_seen_frames)
        store->wal_seen_frames = 0; // the log has started over
    const int64_t fresh = store->wal_frames - store->wal_seen_frames;
    return fresh * STORE_PAGE_BYTES >= bytes;
}

void store_checkpoint(struct fusion_store *store)
{
    // Never waits for readers; what one holds back is copied at a later checkpoint. A failure
    // loses nothing, and a later commit tries again.
    int frames = 0, copied = 0;
    const int code = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE,
                                               &frames, &copied);
    store->wal_pinned_frames = code == SQLITE_OK ? frames - copied : store->wal_frames;
    store->wal_seen_frames = store->wal_frames;
}

void store_checkpoint_late(struct fusion_store *store)
{
    if (store_checkpoint_due(store, STORE_CHECKPOINT_LATE_BYTES))
        store_checkpoint(store);
}
