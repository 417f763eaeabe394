// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/store_migrate.h"

#include <sqlite3.h>

#include <stdio.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_impl.h"

struct migration {
    struct sqlite3 *db, *lock;
    const char *path;
    struct fusion_store_fault *fault;
};

static enum drf_status refuse(const struct migration *migration,
                              enum fusion_store_trouble trouble, const char *why)
{
    if (migration->fault != NULL) {
        migration->fault->trouble = trouble;
        (void)snprintf(migration->fault->text, sizeof migration->fault->text, "%s: %s",
                       migration->path, why);
    }
    return trouble == FUSION_STORE_NEWER || trouble == FUSION_STORE_FOREIGN ? DRF_ERR_RANGE
                                                                            : DRF_ERR_STORE;
}

static enum drf_status failed(const struct migration *migration, const char *doing)
{
    char text[240];
    (void)snprintf(text, sizeof text, "cannot %s: %.180s", doing,
                   sqlite3_errmsg(migration->db));
    const int code = sqlite3_errcode(migration->db) & 0xff;
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return refuse(migration, damaged ? FUSION_STORE_DAMAGED : FUSION_STORE_UNUSABLE, text);
}

static enum drf_status number(const struct migration *migration, const char *sql, int64_t *out)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(migration->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    const enum drf_status status =
        code == SQLITE_ROW ? DRF_OK : failed(migration, "read the file");
    sqlite3_finalize(statement);
    return status;
}

static enum drf_status open_file(struct migration *migration)
{
    if (sqlite3_open_v2(migration->path, &migration->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
        != SQLITE_OK)
        return failed(migration, "open the file");
    // Steps may touch rows that have triggers.
    if (sqlite3_db_config(migration->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL) != SQLITE_OK
        || store_geometry_register(migration->db) != SQLITE_OK)
        return failed(migration, "open the file");
    const enum drf_status status = store_file_lock(migration->path, &migration->lock);
    if (status == DRF_ERR_AGAIN)
        return refuse(migration, FUSION_STORE_BUSY, "another program is writing this store");
    return status == DRF_ERR_STORE
               ? refuse(migration, FUSION_STORE_UNUSABLE, "cannot be locked")
               : status;
}

static enum drf_status read_schema(const struct migration *migration, int64_t *schema,
                                   int64_t *level)
{
    int64_t ours = 0;
    enum drf_status status =
        number(migration, "SELECT count(*) FROM sqlite_master WHERE name = 'drf_store'", &ours);
    if (status == DRF_OK && ours != 1)
        return refuse(migration, FUSION_STORE_FOREIGN,
                      "is a database, but not a store of this program");
    if (status == DRF_OK)
        status = number(migration, "SELECT schema FROM drf_store", schema);
    return status == DRF_OK ? number(migration, "SELECT level FROM drf_store", level) : status;
}

static enum drf_status keep_copy(const struct migration *migration, const char *copy_path)
{
    FILE *there = fopen(copy_path, "rb");
    if (there != NULL) {
        (void)fclose(there);
        return refuse(migration, FUSION_STORE_UNUSABLE,
                      "the copy of an earlier migration exists already");
    }
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", copy_path);
    const int code =
        sql != NULL ? sqlite3_exec(migration->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (code == SQLITE_OK)
        return DRF_OK;
    const enum drf_status status = failed(migration, "keep a copy");
    (void)remove(copy_path);
    return status;
}

static enum drf_status run_step(const struct migration *migration,
                                const struct fusion_migration_step *step)
{
    int64_t there = 0;
    if (step->unless != NULL) {
        const enum drf_status status = number(migration, step->unless, &there);
        if (status != DRF_OK)
            return status;
    }
    if (there == 0 && sqlite3_exec(migration->db, step->sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(migration, "migrate");
    return DRF_OK;
}

static enum drf_status run_steps(const struct migration *migration,
                                 const struct fusion_migration_step *steps, size_t count,
                                 int64_t from, uint32_t target)
{
    if (sqlite3_exec(migration->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return failed(migration, "begin");
    enum drf_status status = DRF_OK;
    for (int64_t at = from; at < target && status == DRF_OK; at++) {
        size_t done = 0;
        for (size_t i = 0; i < count && status == DRF_OK; i++)
            if (steps[i].from == at) {
                status = run_step(migration, &steps[i]);
                done++;
            }
        if (done == 0)
            status = refuse(migration, FUSION_STORE_UNUSABLE, "is too old to be migrated");
    }
    char sql[64];
    (void)snprintf(sql, sizeof sql, "UPDATE drf_store SET schema = %u", target);
    if (status == DRF_OK
        && (sqlite3_exec(migration->db, sql, NULL, NULL, NULL) != SQLITE_OK
            || sqlite3_exec(migration->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK))
        status = failed(migration, "migrate");
    if (status != DRF_OK)
        (void)sqlite3_exec(migration->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static enum drf_status migrate(struct migration *migration, const char *copy_path,
                               const struct fusion_migration_step *steps, size_t count,
                               uint32_t target, struct fusion_migration *out)
{
    int64_t schema = 0, level = 0;
    enum drf_status status = open_file(migration);
    if (status == DRF_OK)
        status = read_schema(migration, &schema, &level);
    if (status != DRF_OK)
        return status;
    if (schema > target)
        return refuse(migration, FUSION_STORE_NEWER,
                      "was made by a newer version of this program");
    if (schema < 1)
        return refuse(migration, FUSION_STORE_DAMAGED, "drf_store is damaged");
    if (schema < target) {
        status = keep_copy(migration, copy_path);
        if (status == DRF_OK)
            status = run_steps(migration, steps, count, schema, target);
    }
    if (status == DRF_OK)
        *out = (struct fusion_migration){(uint32_t)schema, target, (uint32_t)level};
    return status;
}

enum drf_status fusion_store_migrate_with(const char *path, const char *copy_path,
                                          const struct fusion_migration_step *steps,
                                          size_t count, uint32_t target,
                                          struct fusion_migration *out,
                                          struct fusion_store_fault *fault)
{
    struct migration migration = {.path = path, .fault = fault};
    const enum drf_status status = migrate(&migration, copy_path, steps, count, target, out);
    (void)sqlite3_close(migration.db);
    (void)sqlite3_close(migration.lock);
    return status;
}

enum drf_status fusion_store_migrate(const char *path, const char *copy_path,
                                     struct fusion_migration *out,
                                     struct fusion_store_fault *fault)
{
    // From each schema that there ever was to the next. Columns came into files of the first
    // without a new number: some have them.
    static const struct fusion_migration_step steps[] = {
        {.from = 1,
         .sql = "ALTER TABLE drf_identity ADD COLUMN imported INTEGER",
         .unless = "SELECT count(*) FROM pragma_table_info('drf_identity')"
                   " WHERE name = 'imported'"},
        {.from = 1,
         .sql = "ALTER TABLE drf_identity ADD COLUMN stage INTEGER",
         .unless = "SELECT count(*) FROM pragma_table_info('drf_identity')"
                   " WHERE name = 'stage'"},
        {.from = 1,
         .sql = "CREATE UNIQUE INDEX IF NOT EXISTS drf_identity_stage"
                " ON drf_identity (stage) WHERE stage IS NOT NULL"},
    };
    return fusion_store_migrate_with(path, copy_path, steps, sizeof steps / sizeof steps[0],
                                     STORE_SCHEMA, out, fault);
}
