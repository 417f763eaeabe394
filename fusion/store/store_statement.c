// SPDX-License-Identifier: Apache-2.0
// All statements that are run more than once are prepared at open, in the order of enum
// store_sql; a reader prepares only those that read. A row that an index of its own names is
// changed where it stands: to replace it would write the pages of the index too. Arguments are
// values of struct store_arg in a compound literal, bound by position, so that a call shows
// statement and arguments in one place. Every statement is reset and its bindings cleared after
// use, because a statement left open would keep a read transaction open, and with it the
// write-ahead log from being copied back. After an error SQLite may have rolled back by itself,
// so a rollback is issued only while a transaction is open, and the first error is the one that
// is reported.
#include <sqlite3.h>

#include <assert.h>
#include <stdio.h>

#include "fusion/store/store_impl.h"

#define SOURCE_COLUMNS                                                                         \
    "feed, source, licence, version, priority, vertical_acc95_m, posting_m, issue_utc_us, "    \
    "data_time_utc_us"

#define PUT_TILE(table)                                                                        \
    "INSERT INTO " table " (id, zoom_level, tile_row, tile_column, tile_data) "                \
    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET tile_data = "                  \
    "excluded.tile_data ON CONFLICT (zoom_level, tile_column, tile_row) DO UPDATE SET "        \
    "id = excluded.id, tile_data = excluded.tile_data"
#define DROP_TILE(table) "DELETE FROM " table " WHERE id = ?1"

// The rows of an identity's contributions, or of a stage.
#define ROWS_OF "coalesce((SELECT stage FROM drf_identity WHERE id = ?1), ?1)"

#define LIVE                                                                                   \
    "SELECT i.id, i.feed, i.source, i.key, i.time_utc_us, i.sha256, i.source_id, r.items, "    \
    "r.checksum FROM drf_identity AS i JOIN drf_record AS r ON r.id = i.id"

static const char *const texts[STORE_SQL_COUNT] = {
    [STORE_SQL_VERSION] = "SELECT id, time_utc_us, sha256, source_id, stage FROM drf_identity "
                          "WHERE feed = ?1 AND source = ?2 AND key = ?3",
    [STORE_SQL_IDENTITY] = "SELECT feed, source, key, time_utc_us, sha256, source_id, "
                           "stage FROM drf_identity WHERE id = ?1",
    [STORE_SQL_TILE] =
        "SELECT c.id, coalesce(i.source_id, s.source_id), c.cells, c.checksum, s.id "
        "FROM drf_contribution AS c LEFT JOIN drf_identity AS i ON i.id = c.id "
        "LEFT JOIN drf_identity AS s ON s.stage = c.id "
        "WHERE c.layer = ?1 AND c.level = ?2 AND c.row = ?3 AND c.col = ?4",
    [STORE_SQL_CELLS_OF] =
        "SELECT layer, level, row, col FROM drf_contribution WHERE id = " ROWS_OF " "
        "ORDER BY layer, level, row, col",
    [STORE_SQL_CELLS_BLOB] =
        "SELECT cells, checksum, id FROM drf_contribution WHERE id = " ROWS_OF
        " AND layer = ?2 "
        "AND level = ?3 AND row = ?4 AND col = ?5",
    [STORE_SQL_LIVE] = LIVE,
    [STORE_SQL_LIVE_AFTER] = LIVE " WHERE i.id > ?1 ORDER BY i.id",
    // What has no row yet, or a stale one, may be anywhere.
    [STORE_SQL_LIVE_NEAR] =
        LIVE " WHERE i.id IN (SELECT id FROM rtree_obstacle_geom WHERE maxx >= ?1 "
             "AND minx <= ?2 AND maxy >= ?3 AND miny <= ?4 UNION SELECT id FROM drf_stale)",
    // Few rows stand under a stage: the others need no look-up for one.
    [STORE_SQL_TILES] = "SELECT layer, level, row, col, id, CASE WHEN id < 0 THEN (SELECT s.id "
                        "FROM drf_identity AS s WHERE s.stage = drf_contribution.id) END "
                        "FROM drf_contribution ORDER BY layer, level, row, col",
    [STORE_SQL_IDS_AT] = "SELECT c.id, s.id FROM drf_contribution AS c "
                         "LEFT JOIN drf_identity AS s ON s.stage = c.id "
                         "WHERE layer = ?1 AND level = ?2 AND row = ?3 AND col = ?4",
    [STORE_SQL_DIRTY] = "SELECT layer, level, row, col FROM drf_dirty",
    [STORE_SQL_SOURCE] = "SELECT " SOURCE_COLUMNS " FROM drf_source WHERE source_id = ?1",
    [STORE_SQL_OFFSET] = "SELECT cluster_id, next_offset FROM drf_offset "
                         "WHERE topic = ?1 AND partition = ?2",
    [STORE_SQL_VALUE] = "SELECT bytes FROM drf_value WHERE name = ?1",
    [STORE_SQL_VALUES] = "SELECT name, bytes FROM drf_value "
                         "WHERE name >= ?1 AND name < ?1 || char(1114111) AND name > ?2 "
                         "ORDER BY name",
    [STORE_SQL_STALE] = "SELECT id FROM drf_stale ORDER BY id",

    [STORE_SQL_PUT_SOURCE] =
        "INSERT OR REPLACE INTO drf_source (" SOURCE_COLUMNS ", source_id) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [STORE_SQL_PUT_IDENTITY] =
        "INSERT INTO drf_identity (id, feed, source, key, time_utc_us, sha256, source_id, "
        "imported, stage) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO "
        "UPDATE SET "
        "time_utc_us = excluded.time_utc_us, sha256 = excluded.sha256, "
        "source_id = excluded.source_id, imported = excluded.imported, "
        "stage = excluded.stage",
    [STORE_SQL_PUT_RECORD] =
        "INSERT OR REPLACE INTO drf_record (id, checksum, items) VALUES (?1, ?2, ?3)",
    [STORE_SQL_DROP_RECORD] = "DELETE FROM drf_record WHERE id = ?1",
    [STORE_SQL_DROP_IDENTITY] = "DELETE FROM drf_identity WHERE id = ?1",
    [STORE_SQL_IDS_OF_FEED] = "SELECT id FROM drf_identity WHERE feed = ?1 AND id > ?2 "
                              "AND imported IS NOT 1 ORDER BY id LIMIT ?3",
    [STORE_SQL_DROP_CELLS] = "DELETE FROM drf_contribution WHERE id = ?1",
    [STORE_SQL_PUT_CELLS] =
        "INSERT OR REPLACE INTO drf_contribution (id, layer, level, row, col, checksum, cells) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STORE_SQL_DROP_SOME_CELLS] = "DELETE FROM drf_contribution WHERE rowid IN "
                                  "(SELECT rowid FROM drf_contribution WHERE id = ?1 LIMIT ?2)",
    [STORE_SQL_PUT_OFFSET] =
        "INSERT OR REPLACE INTO drf_offset "
        "(topic, partition, cluster_id, next_offset) VALUES (?1, ?2, ?3, ?4)",
    [STORE_SQL_PUT_VALUE] = "INSERT INTO drf_value (name, bytes) VALUES (?1, ?2) "
                            "ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
    [STORE_SQL_DROP_VALUE] = "DELETE FROM drf_value WHERE name = ?1",
    [STORE_SQL_PUT_DIRTY] =
        "INSERT OR IGNORE INTO drf_dirty (layer, level, row, col) VALUES (?1, ?2, ?3, ?4)",
    [STORE_SQL_DROP_DIRTY] =
        "DELETE FROM drf_dirty WHERE layer = ?1 AND level = ?2 AND row = ?3 AND col = ?4",
    [STORE_SQL_PUT_STALE] = "INSERT OR IGNORE INTO drf_stale (id) SELECT ?1 WHERE ?2 "
                            "OR EXISTS (SELECT 1 FROM obstacle WHERE fid = ?1) "
                            "OR EXISTS (SELECT 1 FROM zone WHERE fid = ?1) "
                            "OR EXISTS (SELECT 1 FROM station WHERE fid = ?1)",
    [STORE_SQL_DROP_STALE] = "DELETE FROM drf_stale WHERE id = ?1",
    [STORE_SQL_PUT_STATE] =
        "UPDATE drf_store SET as_of_utc_us = ?1, next_id = ?2, next_source = ?3",
    [STORE_SQL_PUT_GROUND] = PUT_TILE("ground"),
    [STORE_SQL_DROP_GROUND] = DROP_TILE("ground"),
    [STORE_SQL_PUT_SURFACE] = PUT_TILE("surface"),
    [STORE_SQL_DROP_SURFACE] = DROP_TILE("surface"),
    [STORE_SQL_PUT_ANCILLARY] =
        "INSERT INTO gpkg_2d_gridded_tile_ancillary "
        "(tpudt_name, tpudt_id, min, max, mean, std_dev) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT (tpudt_name, tpudt_id) DO UPDATE SET min = excluded.min, "
        "max = excluded.max, mean = excluded.mean, std_dev = excluded.std_dev",
    [STORE_SQL_DROP_ANCILLARY] = "DELETE FROM gpkg_2d_gridded_tile_ancillary "
                                 "WHERE tpudt_name = ?1 AND tpudt_id = ?2",
    [STORE_SQL_PUT_OBSTACLE] =
        "INSERT OR REPLACE INTO obstacle (fid, geom, feature_id, source, kind, quantity, "
        "top_amsl_m, published_amsl_m, agl_m, foot_amsl_m, horizontal_acc95_m, "
        "vertical_acc95_m, horizontal_acc_assumed, vertical_acc_assumed, verified, balloon, "
        "lighting, marking, data_time, licence, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
        "strftime('%Y-%m-%dT%H:%M:%fZ', ?19 / 1000000.0, 'unixepoch'), ?20, ?21)",
    [STORE_SQL_DROP_OBSTACLE] = "DELETE FROM obstacle WHERE fid = ?1",
    [STORE_SQL_PUT_ZONE] =
        "INSERT OR REPLACE INTO zone (fid, geom, feature_id, source, name, restriction, "
        "reason, message, limits, valid_from, valid_until, scheduled, data_time, licence, "
        "version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "strftime('%Y-%m-%dT%H:%M:%fZ', ?10 / 1000000.0, 'unixepoch'), "
        "strftime('%Y-%m-%dT%H:%M:%fZ', ?11 / 1000000.0, 'unixepoch'), ?12, "
        "strftime('%Y-%m-%dT%H:%M:%fZ', ?13 / 1000000.0, 'unixepoch'), ?14, ?15)",
    [STORE_SQL_DROP_ZONE] = "DELETE FROM zone WHERE fid = ?1",
    [STORE_SQL_PUT_STATION] =
        "INSERT OR REPLACE INTO station (fid, geom, feature_id, source, observed, "
        "elevation_amsl_m, wind_from_deg_true, wind_speed_mps, gust_mps, temperature_k, "
        "dew_point_k, visibility_m, visibility_at_least, ceiling_agl_m, ceiling_at_least, "
        "qnh_pa, weather, precipitation, convection, automatic, corrected, licence, version) "
        "VALUES (?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%fZ', ?5 / 1000000.0, 'unixepoch'), "
        "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, "
        "?23)",
    [STORE_SQL_DROP_STATION] = "DELETE FROM station WHERE fid = ?1",
    [STORE_SQL_TOUCH_CONTENTS] =
        "UPDATE gpkg_contents SET last_change = "
        "strftime('%Y-%m-%dT%H:%M:%fZ', ?2 / 1000000.0, 'unixepoch') WHERE table_name = ?1",
    [STORE_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_SQL_COMMIT] = "COMMIT",
    [STORE_SQL_ROLLBACK] = "ROLLBACK",
};

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

enum drf_status store_damaged(struct fusion_store *store, const char *what)
{
    return store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE, what);
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

enum drf_status store_exec(struct fusion_store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? DRF_OK : store_fail(store, code, "set up the store");
}

enum drf_status store_prepare(struct fusion_store *store)
{
    const int count = store->config.read_only ? STORE_SQL_READERS : STORE_SQL_COUNT;
    for (int i = 0; i < count; i++) {
        int code = sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);
        if (code != SQLITE_OK)
            return store_fail(store, code, "read the tables");
    }
    return DRF_OK;
}

void store_finalize(struct fusion_store *store)
{
    for (int i = 0; i < STORE_SQL_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

struct sqlite3_stmt *store_use(struct fusion_store *store, enum store_sql sql)
{
    assert(store->statements[sql] != NULL && !sqlite3_stmt_busy(store->statements[sql]));
    return store->statements[sql];
}

void store_done(struct fusion_store *store, enum store_sql sql)
{
    // Both repeat what step said, which the caller has dealt with.
    (void)sqlite3_reset(store->statements[sql]);
    (void)sqlite3_clear_bindings(store->statements[sql]);
}

enum drf_status store_run(struct fusion_store *store, enum store_sql sql, const char *doing)
{
    int code = sqlite3_step(store->statements[sql]);
    enum drf_status status = DRF_OK;
    if (code != SQLITE_DONE)
        status = store_fail(store, code, doing);
    store_done(store, sql);
    return status;
}

struct store_arg store_int(int64_t value)
{
    return (struct store_arg){.kind = STORE_ARG_INT, .integer = value};
}

struct store_arg store_real(double value)
{
    return (struct store_arg){.kind = STORE_ARG_REAL, .real = value};
}

struct store_arg store_text(const char *text)
{
    return (struct store_arg){.kind = STORE_ARG_TEXT, .bytes = text};
}

struct store_arg store_null(void) { return (struct store_arg){.kind = STORE_ARG_NULL}; }

struct store_arg store_blob(const void *bytes, size_t size)
{
    return (struct store_arg){.kind = STORE_ARG_BLOB, .bytes = bytes, .integer = (int64_t)size};
}

static int bind(struct sqlite3_stmt *statement, int at, const struct store_arg *arg)
{
    switch (arg->kind) {
    case STORE_ARG_INT:
        return sqlite3_bind_int64(statement, at, arg->integer);
    case STORE_ARG_NULL:
        return sqlite3_bind_null(statement, at);
    case STORE_ARG_REAL:
        return sqlite3_bind_double(statement, at, arg->real);
    case STORE_ARG_TEXT:
        return sqlite3_bind_text(statement, at, arg->bytes, -1, SQLITE_STATIC);
    case STORE_ARG_BLOB:
        return sqlite3_bind_blob64(statement, at, arg->bytes, (sqlite3_uint64)arg->integer,
                                   SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

enum drf_status store_bind(struct fusion_store *store, enum store_sql sql,
                           const struct store_arg *args, int count)
{
    struct sqlite3_stmt *statement = store_use(store, sql);
    for (int i = 0; i < count; i++) {
        int code = bind(statement, i + 1, &args[i]);
        if (code != SQLITE_OK) {
            store_done(store, sql);
            return store_fail(store, code, "bind a value");
        }
    }
    return DRF_OK;
}

enum drf_status store_put(struct fusion_store *store, enum store_sql sql, const char *doing,
                          const struct store_arg *args, int count)
{
    enum drf_status status = store_bind(store, sql, args, count);
    return status == DRF_OK ? store_run(store, sql, doing) : status;
}

enum drf_status store_step(struct fusion_store *store, enum store_sql sql, const char *doing)
{
    int code = sqlite3_step(store->statements[sql]);
    if (code == SQLITE_ROW)
        return DRF_OK;
    return code == SQLITE_DONE ? DRF_ERR_ABSENT : store_fail(store, code, doing);
}

enum drf_status store_begin(struct fusion_store *store)
{
    return store_run(store, STORE_SQL_BEGIN, "begin a transaction");
}

enum drf_status store_end(struct fusion_store *store, enum drf_status status)
{
    if (status == DRF_OK)
        status = store_run(store, STORE_SQL_COMMIT, "commit");
    // Some errors (full disk, I/O) have rolled back by themselves. A rollback that fails leaves
    // the transaction to the next begin, which then reports it.
    if (status != DRF_OK && sqlite3_get_autocommit(store->db) == 0) {
        struct fusion_store_fault first = store->fault;
        if (store_run(store, STORE_SQL_ROLLBACK, "roll back") == DRF_OK)
            store->fault = first;
    }
    return status;
}

enum drf_status store_query_int(struct fusion_store *store, const char *sql, const char *doing,
                                int64_t *out)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    const enum drf_status status = code == SQLITE_ROW ? DRF_OK : store_fail(store, code, doing);
    sqlite3_finalize(statement);
    return status;
}

enum drf_status store_savepoint(struct fusion_store *store)
{
    return store_exec(store, "SAVEPOINT part");
}

enum drf_status store_savepoint_end(struct fusion_store *store, enum drf_status status)
{
    if (status == DRF_OK)
        return store_exec(store, "RELEASE part");
    const struct fusion_store_fault first = store->fault;
    if (sqlite3_get_autocommit(store->db) == 0
        && store_exec(store, "ROLLBACK TO part; RELEASE part") == DRF_OK)
        store->fault = first;
    return status;
}
