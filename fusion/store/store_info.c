// SPDX-License-Identifier: Apache-2.0
// Each count is a query of its own, all from one table; layers and tables that files of
// earlier versions may lack are looked for first. A reader that wants several answers to agree
// calls fusion_store_hold(), which keeps one read transaction open. The size of the
// write-ahead log of another process is taken from the two files beside the store, since
// SQLite tells it to the connection that writes only.
#include "fusion/store/store_info.h"

#include <sqlite3.h>

#include <stdio.h>

#include "fusion/store/store_impl.h"

// Neither staged for a record that is not there yet, nor left by one that has gone.
#define SHOWN " AND (id > 0 OR id IN (SELECT stage FROM drf_identity WHERE stage < 0))"

static enum drf_status count(struct fusion_store *store, const char *sql, int64_t *out)
{
    return store_query_int(store, sql, "count", out);
}

// What the writer's log holds, out of the two files beside the store (SQLite's file format
// "walformat": mxFrame at byte 16 of the index, nBackfill at byte 96, native byte order).
static void log_of_others(struct fusion_store *store, struct fusion_store_sizes *sizes)
{
    FILE *log = fopen(sqlite3_filename_wal(sqlite3_db_filename(store->db, "main")), "rb");
    if (log == NULL)
        return;
    if (fseek(log, 0, SEEK_END) == 0)
        sizes->wal_bytes = ftell(log);
    (void)fclose(log);
    char *name = sqlite3_mprintf("%s-shm", sqlite3_db_filename(store->db, "main"));
    FILE *index = name != NULL ? fopen(name, "rb") : NULL;
    sqlite3_free(name);
    if (index == NULL)
        return;
    uint32_t words[25];
    if (fread(words, sizeof words[0], 25, index) == 25 && words[4] >= words[24])
        sizes->wal_pinned_bytes = (int64_t)(words[4] - words[24]) * STORE_PAGE_BYTES;
    (void)fclose(index);
}

enum drf_status fusion_store_sizes(struct fusion_store *store, struct fusion_store_sizes *out)
{
    int64_t pages = 0, unused = 0;
    enum drf_status status = count(store, "PRAGMA page_count", &pages);
    if (status == DRF_OK)
        status = count(store, "PRAGMA freelist_count", &unused);
    if (status != DRF_OK)
        return status;
    struct fusion_store_sizes sizes = {
        .file_bytes = pages * STORE_PAGE_BYTES,
        .free_bytes = unused * STORE_PAGE_BYTES,
        .wal_bytes = (int64_t)store->wal_frames * STORE_PAGE_BYTES,
        .wal_pinned_bytes = (int64_t)store->wal_pinned_frames * STORE_PAGE_BYTES,
        .pending_bytes = fusion_store_pending_bytes(store),
    };
    if (store->config.read_only)
        log_of_others(store, &sizes);
    *out = sizes;
    return DRF_OK;
}

static enum drf_status tell_layer(struct fusion_store *store, struct sqlite3_stmt *statement,
                                  fusion_layer_fn fn, void *context)
{
    struct fusion_store_layer layer = {
        .name = (const char *)sqlite3_column_text(statement, 0),
        .data_type = (const char *)sqlite3_column_text(statement, 1),
        .level = sqlite3_column_int64(statement, 2),
        .last_change = (const char *)sqlite3_column_text(statement, 3),
    };
    if (layer.name == NULL || layer.data_type == NULL)
        return store_damaged(store, "a row of gpkg_contents is damaged");
    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", layer.name);
    enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : count(store, sql, &layer.rows);
    sqlite3_free(sql);
    if (status == DRF_OK)
        fn(context, &layer);
    return status;
}

enum drf_status fusion_store_each_layer(struct fusion_store *store, fusion_layer_fn fn,
                                        void *context)
{
    static const char sql[] =
        "SELECT table_name, data_type, coalesce((SELECT max(zoom_level) FROM gpkg_tile_matrix"
        " AS m WHERE m.table_name = c.table_name), -1),"
        " nullif(last_change, '1970-01-01T00:00:00.000Z') FROM gpkg_contents AS c"
        " ORDER BY table_name";
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            status = tell_layer(store, statement, fn, context);
    }
    if (status == DRF_OK && code != SQLITE_DONE)
        status = store_fail(store, code, "list the layers");
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_info(struct fusion_store *store, struct fusion_store_info *out)
{
    struct fusion_store_info info = {.schema = STORE_SCHEMA,
                                     .level = store->config.level,
                                     .mode = store->config.mode,
                                     .as_of_utc_us = store->as_of_utc_us};
    const struct {
        const char *sql;
        int64_t *out;
    } counts[] = {
        {"SELECT count(*) FROM drf_identity WHERE source_id IS NOT NULL", &info.live},
        {"SELECT count(*) FROM drf_identity WHERE source_id IS NULL", &info.tombstones},
        {"SELECT count(*) FROM drf_source", &info.provenances},
        {"SELECT count(*) FROM drf_contribution WHERE layer = 1" SHOWN,
         &info.contributions[FUSION_LAYER_GROUND]},
        {"SELECT count(*) FROM drf_contribution WHERE layer = 2" SHOWN,
         &info.contributions[FUSION_LAYER_SURFACE]},
        {"SELECT count(*) FROM (SELECT DISTINCT level, row, col FROM drf_contribution"
         " WHERE layer = 1" SHOWN ")",
         &info.tiles[FUSION_LAYER_GROUND]},
        {"SELECT count(*) FROM (SELECT DISTINCT level, row, col FROM drf_contribution"
         " WHERE layer = 2" SHOWN ")",
         &info.tiles[FUSION_LAYER_SURFACE]},
        {"SELECT count(*) FROM ground", &info.rendered[FUSION_LAYER_GROUND]},
        {"SELECT count(*) FROM surface", &info.rendered[FUSION_LAYER_SURFACE]},
        {"SELECT count(*) FROM obstacle", &info.rendered[FUSION_LAYER_OBSTACLE]},
        {"SELECT count(*) FROM drf_dirty", &info.dirty},
        {"SELECT count(*) FROM drf_stale", &info.stale},
    };
    (void)snprintf(info.region_id, sizeof info.region_id, "%s", store->region_id);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && status == DRF_OK; i++)
        status = count(store, counts[i].sql, counts[i].out);
    static const struct {
        const char *name, *sql;
        enum fusion_layer layer;
    } later[] = {{"zone", "SELECT count(*) FROM zone", FUSION_LAYER_ZONE},
                 {"station", "SELECT count(*) FROM station", FUSION_LAYER_WEATHER}};
    for (size_t i = 0; i < sizeof later / sizeof later[0] && status == DRF_OK; i++) {
        bool there =
            false; // a file of an earlier version, opened by a reader, may lack the table
        status = store_table_there(store, later[i].name, &there);
        if (status == DRF_OK && there)
            status = count(store, later[i].sql, &info.rendered[later[i].layer]);
    }
    if (status == DRF_OK)
        *out = info;
    return status;
}

enum drf_status fusion_store_hold(struct fusion_store *store)
{
    int64_t as_of_utc_us = INT64_MIN;
    enum drf_status status =
        store->config.read_only
            ? store_exec(store, "BEGIN")
            : store_refuse(store, FUSION_STORE_UNUSABLE, DRF_ERR_STORE, "is open for writing");
    if (status == DRF_OK)
        status = count(store,
                       "SELECT coalesce(as_of_utc_us, -9223372036854775807 - 1) FROM drf_store",
                       &as_of_utc_us);
    if (status == DRF_OK)
        store->as_of_utc_us = as_of_utc_us;
    return status;
}

// A file of a version that did not store the box: taken from its coverages, to whole cells.
static enum drf_status keep_of_contents(struct fusion_store *store, struct geo_bounds *out)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db,
                                  "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents"
                                  " WHERE table_name = 'ground'",
                                  -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (struct geo_bounds){
            sqlite3_column_double(statement, 0), sqlite3_column_double(statement, 1),
            sqlite3_column_double(statement, 2), sqlite3_column_double(statement, 3)};
    const enum drf_status status =
        code == SQLITE_ROW ? DRF_OK : store_fail(store, code, "read the box");
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_keep(struct fusion_store *store, struct geo_bounds *out)
{
    struct geo_bounds keep;
    size_t size = sizeof keep;
    enum drf_status status = fusion_store_value(store, STORE_KEEP_VALUE, &keep, &size);
    if (status == DRF_ERR_ABSENT)
        return keep_of_contents(store, out);
    if (status != DRF_OK)
        return status;
    if (size != sizeof keep)
        return store_damaged(store, "the box in drf_value is damaged");
    *out = keep;
    return DRF_OK;
}

static enum drf_status use_of_row(struct fusion_store *store, struct sqlite3_stmt *statement,
                                  fusion_use_fn fn, void *context)
{
    struct store_source *source = NULL;
    enum drf_status status =
        store_source_of(store, sqlite3_column_int64(statement, 0), &source);
    if (status != DRF_OK)
        return status;
    const struct fusion_store_use use = {.provenance = &source->source,
                                         .identities = sqlite3_column_int64(statement, 1),
                                         .contributions = sqlite3_column_int64(statement, 2)};
    return fn(context, &use);
}

enum drf_status fusion_store_each_source(struct fusion_store *store, fusion_use_fn fn,
                                         void *context)
{
    static const char sql[] =
        "SELECT s.source_id, count(*), sum((SELECT count(*) FROM drf_contribution AS c"
        " WHERE c.id = coalesce(i.stage, i.id))) FROM drf_source AS s JOIN drf_identity AS i"
        " ON i.source_id = s.source_id GROUP BY s.source_id"
        " ORDER BY s.issue_utc_us DESC, s.source_id";
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    enum drf_status status = DRF_OK;
    while (code == SQLITE_OK || (code == SQLITE_ROW && status == DRF_OK)) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            status = use_of_row(store, statement, fn, context);
    }
    if (status == DRF_OK && code != SQLITE_DONE)
        status = store_fail(store, code, "list the provenances");
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_each_offset(struct fusion_store *store, fusion_offset_fn fn,
                                         void *context)
{
    static const char sql[] = "SELECT cluster_id, topic, partition, next_offset FROM drf_offset"
                              " ORDER BY topic, partition";
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    enum drf_status status = DRF_OK;
    while (code == SQLITE_OK || (code == SQLITE_ROW && status == DRF_OK)) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        const char *cluster = (const char *)sqlite3_column_text(statement, 0);
        const char *topic = (const char *)sqlite3_column_text(statement, 1);
        status = cluster == NULL || topic == NULL
                     ? store_damaged(store, "a row of drf_offset is damaged")
                     : fn(context, cluster, topic, sqlite3_column_int(statement, 2),
                          sqlite3_column_int64(statement, 3));
    }
    if (status == DRF_OK && code != SQLITE_DONE)
        status = store_fail(store, code, "list the offsets");
    sqlite3_finalize(statement);
    return status;
}

const char *fusion_store_library(void) { return sqlite3_libversion(); }
