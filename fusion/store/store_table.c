// SPDX-License-Identifier: Apache-2.0
// Feature tables that a file of an earlier version gets when it is opened for writing, with
// what GeoPackage 1.3 wants around them (2.1 Features, F.3 RTree).
#include <sqlite3.h>

#include "fusion/store/store_impl.h"

// '@' is the name, '^' the type of geometry, '~' the description, '&' the columns: all ours.
static const char table[] =
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
    " min_x, min_y, max_x, max_y, srs_id) SELECT '@', 'features', '@', '~',"
    " '1970-01-01T00:00:00.000Z', min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents"
    " WHERE table_name = 'obstacle';"
    "INSERT INTO gpkg_geometry_columns VALUES ('@', 'geom', '^', 4326, 0, 0);"
    "INSERT INTO gpkg_extensions VALUES ('@', 'geom', 'gpkg_rtree_index',"
    " 'http://www.geopackage.org/spec130/#extension_rtree', 'write-only');"
    "CREATE TABLE @ (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom ^, feature_id TEXT,"
    " source TEXT, &);"
    "CREATE VIRTUAL TABLE rtree_@_geom USING rtree(id, minx, maxx, miny, maxy);"
    "CREATE TRIGGER rtree_@_geom_insert AFTER INSERT ON @"
    " WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " INSERT OR REPLACE INTO rtree_@_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;"
    "CREATE TRIGGER rtree_@_geom_update1 AFTER UPDATE OF geom ON @"
    " WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " INSERT OR REPLACE INTO rtree_@_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;"
    "CREATE TRIGGER rtree_@_geom_update2 AFTER UPDATE OF geom ON @"
    " WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_@_geom WHERE id = OLD.fid; END;"
    "CREATE TRIGGER rtree_@_geom_update3 AFTER UPDATE ON @"
    " WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_@_geom WHERE id = OLD.fid;"
    " INSERT OR REPLACE INTO rtree_@_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;"
    "CREATE TRIGGER rtree_@_geom_update4 AFTER UPDATE ON @"
    " WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_@_geom WHERE id IN (OLD.fid, NEW.fid); END;"
    "CREATE TRIGGER rtree_@_geom_delete AFTER DELETE ON @"
    " WHEN OLD.geom NOT NULL BEGIN"
    " DELETE FROM rtree_@_geom WHERE id = OLD.fid; END;";

enum drf_status store_table_there(struct fusion_store *store, const char *name, bool *there)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        store->db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1", -1,
        &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *there = sqlite3_column_int(statement, 0) > 0;
    const enum drf_status status =
        code == SQLITE_ROW ? DRF_OK : store_fail(store, code, "look for a table");
    sqlite3_finalize(statement);
    return status;
}

static enum drf_status create(struct fusion_store *store, const struct store_table *of)
{
    struct sqlite3_str *text = sqlite3_str_new(store->db);
    for (const char *at = table; *at != '\0'; at++) {
        const char *word = *at == '@'   ? of->name
                           : *at == '^' ? of->geometry
                           : *at == '~' ? of->description
                           : *at == '&' ? of->columns
                                        : NULL;
        if (word != NULL)
            sqlite3_str_appendall(text, word);
        else
            sqlite3_str_appendchar(text, 1, *at);
    }
    char *sql = sqlite3_str_finish(text);
    const enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

enum drf_status store_table_open(struct fusion_store *store, const struct store_table *of)
{
    bool there = true;
    enum drf_status status = store_table_there(store, of->name, &there);
    if (status != DRF_OK || there)
        return status;
    status = store_savepoint(store);
    if (status == DRF_OK)
        status = create(store, of);
    return store_savepoint_end(store, status);
}
