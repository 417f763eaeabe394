// SPDX-License-Identifier: Apache-2.0
// An empty file becomes a store in one transaction, before write-ahead logging is switched on;
// any other file must have the GeoPackage application id and the table drf_store, and the
// level, region and mode that are asked for (a reader takes those of the file). Tables that
// came with later versions are created when the file is opened for writing, without a new
// schema number; STORE_SCHEMA counts the changes that need a migration (store_migrate.c).
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

// Truth. `tile` is level, row, col; rows of drf_contribution are found by tile for the fold and
// by id for the replacement. Cells come last: what precedes them is read without them.
static const char truth[] =
    "CREATE TABLE drf_store ("
    " schema INTEGER NOT NULL, level INTEGER NOT NULL, region_id TEXT NOT NULL,"
    " mode INTEGER NOT NULL, as_of_utc_us INTEGER, next_id INTEGER NOT NULL,"
    " next_source INTEGER NOT NULL);"
    "CREATE TABLE drf_source ("
    " source_id INTEGER PRIMARY KEY, feed TEXT NOT NULL, source TEXT NOT NULL,"
    " licence TEXT NOT NULL, version TEXT NOT NULL, priority INTEGER NOT NULL,"
    " vertical_acc95_m REAL NOT NULL, posting_m REAL NOT NULL,"
    " issue_utc_us INTEGER NOT NULL, data_time_utc_us INTEGER NOT NULL);"
    "CREATE TABLE drf_identity ("
    " id INTEGER PRIMARY KEY, feed TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL,"
    " time_utc_us INTEGER NOT NULL, sha256 BLOB NOT NULL,"
    " source_id INTEGER," // NULL: a tombstone
    " imported INTEGER,"  // 1: this version did not come through Kafka
    " stage INTEGER,"     // below 0: its rows of drf_contribution stand under this, not its id
    " UNIQUE (feed, source, key));"
    "CREATE TABLE drf_record ("
    " id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, items BLOB NOT NULL);"
    "CREATE TABLE drf_contribution ("
    " id INTEGER NOT NULL, layer INTEGER NOT NULL, level INTEGER NOT NULL,"
    " row INTEGER NOT NULL, col INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " cells BLOB NOT NULL,"
    " UNIQUE (id, layer, level, row, col));"
    "CREATE UNIQUE INDEX drf_identity_stage ON drf_identity (stage) WHERE stage IS NOT NULL;"
    "CREATE INDEX drf_contribution_tile ON drf_contribution (layer, level, row, col, id);"
    "CREATE TABLE drf_offset ("
    " topic TEXT NOT NULL, partition INTEGER NOT NULL, cluster_id TEXT NOT NULL,"
    " next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;"
    "CREATE TABLE drf_value (name TEXT PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE drf_dirty ("
    " layer INTEGER NOT NULL, level INTEGER NOT NULL, row INTEGER NOT NULL,"
    " col INTEGER NOT NULL, PRIMARY KEY (layer, level, row, col)) WITHOUT ROWID;"
    "CREATE TABLE drf_stale (id INTEGER PRIMARY KEY);";

static enum drf_status query_int(struct fusion_store *store, const char *sql, int64_t *out)
{
    return store_query_int(store, sql, "read the file", out);
}

static enum drf_status create_tables(struct fusion_store *store)
{
    enum drf_status status = store_exec(store, truth);
    if (status == DRF_OK)
        status = store_gpkg_create(store);
    char *sql = NULL;
    if (status == DRF_OK) {
        sql = sqlite3_mprintf("INSERT INTO drf_store VALUES (%d, %u, %Q, %u, NULL, 1, 1)",
                              STORE_SCHEMA, store->config.level, store->region_id,
                              store->config.mode);
        status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    }
    sqlite3_free(sql);
    return status;
}

static enum drf_status create_file(struct fusion_store *store)
{
    // Before the write-ahead log is switched on: so the first page is in the file itself, where
    // GDAL looks for the application id without SQLite's help.
    char pragmas[256];
    (void)snprintf(pragmas, sizeof pragmas,
                   "PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL;"
                   "PRAGMA synchronous = FULL; BEGIN IMMEDIATE; PRAGMA application_id = %d;"
                   "PRAGMA user_version = 10300;",
                   STORE_PAGE_BYTES, 0x47504B47);
    enum drf_status status = store_exec(store, pragmas);
    if (status == DRF_OK)
        status = create_tables(store);
    if (status == DRF_OK)
        return store_exec(store, "COMMIT");
    const struct fusion_store_fault first = store->fault;
    if (sqlite3_get_autocommit(store->db) == 0 && store_exec(store, "ROLLBACK") == DRF_OK)
        store->fault = first;
    return status;
}

static enum drf_status mismatch(struct fusion_store *store, const char *what, const char *file,
                                const char *wanted)
{
    char text[200];
    (void)snprintf(text, sizeof text, "was made for %s %s, and %s is asked for", what, file,
                   wanted);
    return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE, text);
}

static enum drf_status adopt_region(struct fusion_store *store, const char *region)
{
    const size_t size = strlen(region) + 1;
    char *copy = realloc(store->region_id, size);
    if (copy == NULL)
        return DRF_ERR_NOMEM;
    memcpy(copy, region, size);
    store->region_id = copy;
    store->config.region_id = copy;
    return DRF_OK;
}

static enum drf_status check_state(struct fusion_store *store, struct sqlite3_stmt *statement)
{
    struct fusion_store_config *config = &store->config;
    const int64_t schema = sqlite3_column_int64(statement, 0);
    const int64_t level = sqlite3_column_int64(statement, 1);
    const char *region = (const char *)sqlite3_column_text(statement, 2);
    const int64_t mode = sqlite3_column_int64(statement, 3);
    char file[24], wanted[24];
    if (schema > STORE_SCHEMA)
        return store_refuse(store, FUSION_STORE_NEWER, DRF_ERR_RANGE,
                            "was made by a newer version of this program");
    if (schema > 0 && schema < STORE_SCHEMA)
        return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE,
                            "was made by an older version of this program: drf-edge migrate");
    if (schema != STORE_SCHEMA || region == NULL || level < 0 || level > GEO_TILE_LEVEL_MAX)
        return store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE, "drf_store is damaged");
    // A reader accepts any file, unless it names a region, level or mode.
    const bool reader = config->read_only;
    if (level != config->level && !(reader && config->level == 0)) {
        (void)snprintf(file, sizeof file, "%d", (int)level);
        (void)snprintf(wanted, sizeof wanted, "%u", config->level);
        return mismatch(store, "level", file, wanted);
    }
    if (strcmp(region, store->region_id) != 0 && !(reader && store->region_id[0] == '\0'))
        return mismatch(store, "region", region, store->region_id);
    if (mode != config->mode && !(reader && config->mode == 0)) {
        (void)snprintf(file, sizeof file, "%d", (int)mode);
        (void)snprintf(wanted, sizeof wanted, "%u", config->mode);
        return mismatch(store, "mode", file, wanted);
    }
    config->level = (uint32_t)level;
    config->mode = (uint32_t)mode;
    store->as_of_utc_us = sqlite3_column_type(statement, 4) == SQLITE_NULL
                              ? INT64_MIN
                              : sqlite3_column_int64(statement, 4);
    store->next_id = sqlite3_column_int64(statement, 5);
    store->next_source = sqlite3_column_int64(statement, 6);
    return adopt_region(store, region);
}

static enum drf_status read_state(struct fusion_store *store)
{
    struct sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v2(store->db,
                           "SELECT schema, level, region_id, mode, as_of_utc_us, next_id,"
                           " next_source FROM drf_store",
                           -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum drf_status status = DRF_OK;
    if (code == SQLITE_ROW)
        status = check_state(store, statement);
    else if (code == SQLITE_DONE)
        status = store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE, "drf_store is empty");
    else
        status = store_fail(store, code, "read drf_store");
    sqlite3_finalize(statement);
    return status;
}

static struct geo_bounds box_of(const struct fusion_store_config *config)
{
    if (config->keep.west_deg
        > config->keep.east_deg) // across the antimeridian: no box says it
        return (struct geo_bounds){-180.0, -90.0, 180.0, 90.0};
    return store_gpkg_box(config->keep, config->level);
}

static enum drf_status write_keep(struct fusion_store *store)
{
    static const char sql[] =
        "INSERT INTO drf_value (name, bytes) VALUES ('" STORE_KEEP_VALUE "', ?1)"
        " ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes"
        " WHERE bytes IS NOT excluded.bytes";
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 1, &store->config.keep,
                                 (int)sizeof store->config.keep, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const enum drf_status status =
        code == SQLITE_DONE ? DRF_OK : store_fail(store, code, "write the box");
    sqlite3_finalize(statement);
    return status;
}

// The box may move with the configuration; what was kept before stays until it is withdrawn.
static enum drf_status write_box(struct fusion_store *store)
{
    const struct geo_bounds box = box_of(&store->config);
    char *sql = sqlite3_mprintf(
        "UPDATE gpkg_contents SET min_x = %!.17g, min_y = %!.17g, max_x = %!.17g,"
        " max_y = %!.17g WHERE table_name NOT GLOB 'ground_*'"
        " AND table_name NOT GLOB 'surface_*' AND (min_x, min_y, max_x, max_y)"
        " IS NOT (%!.17g, %!.17g, %!.17g, %!.17g)",
        box.west_deg, box.south_deg, box.east_deg, box.north_deg, box.west_deg, box.south_deg,
        box.east_deg, box.north_deg);
    enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status == DRF_OK ? write_keep(store) : status;
}

enum drf_status store_schema_open(struct fusion_store *store)
{
    int64_t objects = 0, application = 0, ours = 0;
    enum drf_status status = query_int(store, "SELECT count(*) FROM sqlite_master", &objects);
    if (status == DRF_OK)
        status = query_int(store, "PRAGMA application_id", &application);
    if (status == DRF_OK)
        status = query_int(store, "SELECT count(*) FROM sqlite_master WHERE name = 'drf_store'",
                           &ours);
    if (status != DRF_OK)
        return status;
    if (objects == 0 && store->config.read_only)
        return store_refuse(store, FUSION_STORE_FOREIGN, DRF_ERR_RANGE, "is empty");
    if (objects == 0) {
        status = create_file(store);
    } else if (application != 0x47504B47 || ours != 1) {
        return store_refuse(store, FUSION_STORE_FOREIGN, DRF_ERR_RANGE,
                            "is a database, but not a store of this program");
    }
    // The truth is written by one connection with the whole file its own: it alone checkpoints,
    // when it is good for it.
    if (status == DRF_OK)
        status = store_exec(store, "PRAGMA cache_size = " STORE_CACHE_SIZE
                                   "; PRAGMA temp_store = MEMORY;"
                                   "PRAGMA cell_size_check = ON");
    if (status == DRF_OK && !store->config.read_only)
        status = store_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                   "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA journal_size_limit = 16777216");
    if (status == DRF_OK)
        status = read_state(store);
    if (status == DRF_OK && !store->config.read_only)
        status = write_box(store);
    if (status == DRF_OK && !store->config.read_only)
        status = store_zones_open(store);
    if (status == DRF_OK && !store->config.read_only)
        status = store_stations_open(store);
    return status == DRF_OK ? store_insets_open(store) : status;
}
