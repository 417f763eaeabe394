// SPDX-License-Identifier: Apache-2.0
// Statements are prepared for each call: a call takes one row of 50 kB, or hundreds of rows,
// against which preparing is nothing, and tables of insets come and go with a reload. What the
// file says is not trusted: a row that is not as the store writes it is left out or refused,
// and SQLite is told so (no functions in the schema, defensive).
#include "fusion/rendered/store_view.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 500, COLUMNS_MAX = 40, NAME_SIZE = 40 };

struct fusion_store_view {
    struct sqlite3 *db;
    uint64_t device, inode;
    char path[];
};

static enum drf_status failed(int code)
{
    return (code & 0xff) == SQLITE_NOMEM ? DRF_ERR_NOMEM : DRF_ERR_STORE;
}

static enum drf_status prepare(struct fusion_store_view *view, const char *sql,
                               struct sqlite3_stmt **out)
{
    const int code = sqlite3_prepare_v2(view->db, sql, -1, out, NULL);
    return code == SQLITE_OK ? DRF_OK : failed(code);
}

// A number, or -1 where the query gives none.
static enum drf_status number(struct fusion_store_view *view, const char *sql, int64_t *out)
{
    struct sqlite3_stmt *statement = NULL;
    enum drf_status status = prepare(view, sql, &statement);
    if (status != DRF_OK)
        return status;
    const int code = sqlite3_step(statement);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? DRF_OK : failed(code);
}

static enum drf_status there(struct fusion_store_view *view, const char *table, bool *out)
{
    char *sql = sqlite3_mprintf("SELECT count(*) FROM sqlite_schema WHERE name = %Q", table);
    int64_t count = 0;
    const enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : number(view, sql, &count);
    sqlite3_free(sql);
    *out = count > 0;
    return status;
}

enum drf_status fusion_store_view_open(const char *path, struct fusion_store_view **out)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return DRF_ERR_ABSENT;
    const size_t size = strlen(path) + 1;
    struct fusion_store_view *view = calloc(1, sizeof *view + size);
    if (view == NULL)
        return DRF_ERR_NOMEM;
    memcpy(view->path, path, size);
    view->device = (uint64_t)file.st_dev;
    view->inode = (uint64_t)file.st_ino;
    int code = sqlite3_open_v2(
        path, &view->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(view->db, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(view->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(view->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    enum drf_status status = code == SQLITE_OK ? DRF_OK : failed(code);
    bool store = false;
    if (status == DRF_OK)
        status = there(view, "gpkg_contents", &store);
    if (status == DRF_OK && !store)
        status = DRF_ERR_ABSENT;
    if (status != DRF_OK) {
        fusion_store_view_close(view);
        return status;
    }
    *out = view;
    return DRF_OK;
}

void fusion_store_view_close(struct fusion_store_view *view)
{
    if (view == NULL)
        return;
    (void)sqlite3_close(view->db);
    free(view);
}

bool fusion_store_view_replaced(const struct fusion_store_view *view)
{
    struct stat file;
    return stat(view->path, &file) != 0 || (uint64_t)file.st_ino != view->inode
           || (uint64_t)file.st_dev != view->device;
}

// DRF_ERR_ABSENT: no such table. "ground", or of an inset "ground_campus".
static enum drf_status table_of(struct fusion_store_view *view, struct fusion_coverage coverage,
                                char out[static NAME_SIZE])
{
    bool found = false;
    if (coverage.layer != FUSION_LAYER_GROUND && coverage.layer != FUSION_LAYER_SURFACE)
        return DRF_ERR_RANGE;
    (void)snprintf(
        out, NAME_SIZE, "%s%s%s", coverage.layer == FUSION_LAYER_GROUND ? "ground" : "surface",
        coverage.inset != NULL ? "_" : "", coverage.inset != NULL ? coverage.inset : "");
    const enum drf_status status = there(view, out, &found);
    return status == DRF_OK && !found ? DRF_ERR_ABSENT : status;
}

enum drf_status fusion_store_view_tile(struct fusion_store_view *view,
                                       struct fusion_coverage coverage, struct geo_tile tile,
                                       uint8_t **bytes, size_t *size)
{
    char table[NAME_SIZE];
    enum drf_status status = table_of(view, coverage, table);
    if (status != DRF_OK)
        return status;
    char *sql =
        sqlite3_mprintf("SELECT tile_data FROM \"%w\" WHERE zoom_level = %u"
                        " AND tile_column = %u AND tile_row = %u",
                        table, (unsigned)tile.level, (unsigned)tile.col, (unsigned)tile.row);
    struct sqlite3_stmt *statement = NULL;
    status = sql == NULL ? DRF_ERR_NOMEM : prepare(view, sql, &statement);
    sqlite3_free(sql);
    if (status != DRF_OK)
        return status;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const void *blob = sqlite3_column_blob(statement, 0);
        const int length = sqlite3_column_bytes(statement, 0);
        uint8_t *copy = blob != NULL && length > 0 ? malloc((size_t)length) : NULL;
        if (copy != NULL) {
            memcpy(copy, blob, (size_t)length);
            *bytes = copy;
            *size = (size_t)length;
        } else {
            status = blob != NULL && length > 0 ? DRF_ERR_NOMEM : DRF_ERR_STORE;
        }
    } else {
        status = code == SQLITE_DONE ? DRF_ERR_ABSENT : failed(code);
    }
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_view_count(struct fusion_store_view *view,
                                        struct fusion_coverage coverage, int64_t *out)
{
    char table[NAME_SIZE];
    enum drf_status status = table_of(view, coverage, table);
    if (status != DRF_OK)
        return status;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
    status = sql == NULL ? DRF_ERR_NOMEM : number(view, sql, out);
    sqlite3_free(sql);
    return status;
}

static enum drf_status tell_stamps(struct sqlite3_stmt *statement, uint8_t level,
                                   fusion_tile_stamp_fn fn, void *context)
{
    enum drf_status status = DRF_OK;
    int code = SQLITE_ROW;
    while (status == DRF_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct geo_tile tile = {.level = level,
                                      .row = (uint32_t)sqlite3_column_int64(statement, 0),
                                      .col = (uint32_t)sqlite3_column_int64(statement, 1)};
        const void *stamp = sqlite3_column_blob(statement, 2);
        const int size = sqlite3_column_bytes(statement, 2);
        if (stamp != NULL && size > 0 && geo_tile_valid(tile))
            status = fn(context, tile, stamp, (size_t)size);
    }
    return status == DRF_OK && code != SQLITE_DONE ? failed(code) : status;
}

enum drf_status fusion_store_view_each_tile(struct fusion_store_view *view,
                                            struct fusion_coverage coverage, uint8_t level,
                                            struct geo_tile over, fusion_tile_stamp_fn fn,
                                            void *context)
{
    char table[NAME_SIZE];
    if (level < over.level)
        return DRF_ERR_RANGE;
    enum drf_status status = table_of(view, coverage, table);
    if (status != DRF_OK)
        return status;
    const unsigned by = level - over.level;
    char *sql = sqlite3_mprintf(
        "SELECT tile_row, tile_column, substr(tile_data, -%d) FROM \"%w\" WHERE zoom_level = %u"
        " AND tile_column BETWEEN %lld AND %lld AND tile_row BETWEEN %lld AND %lld"
        " ORDER BY tile_column, tile_row", // as the index has them: nothing is sorted
        FUSION_TILE_STAMP_BYTES, table, (unsigned)level, (long long)over.col << by,
        (((long long)over.col + 1) << by) - 1, (long long)over.row << by,
        (((long long)over.row + 1) << by) - 1);
    struct sqlite3_stmt *statement = NULL;
    status = sql == NULL ? DRF_ERR_NOMEM : prepare(view, sql, &statement);
    sqlite3_free(sql);
    if (status == DRF_OK)
        status = tell_stamps(statement, level, fn, context);
    sqlite3_finalize(statement);
    return status;
}

static const char *feature_table(enum fusion_layer layer)
{
    return layer == FUSION_LAYER_OBSTACLE  ? "obstacle"
           : layer == FUSION_LAYER_ZONE    ? "zone"
           : layer == FUSION_LAYER_WEATHER ? "station"
                                           : NULL;
}

static bool is_named(const char *text, const char *name)
{
    return text != NULL && strcmp(text, name) == 0;
}

static struct fusion_store_column column_of(struct sqlite3_stmt *statement, int at)
{
    struct fusion_store_column column = {.name = sqlite3_column_name(statement, at)};
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
        column.kind = is_named(sqlite3_column_decltype(statement, at), "BOOLEAN")
                          ? FUSION_COLUMN_BOOL
                          : FUSION_COLUMN_INT;
        column.integer = sqlite3_column_int64(statement, at);
        break;
    case SQLITE_FLOAT:
        column.kind = FUSION_COLUMN_REAL;
        column.real = sqlite3_column_double(statement, at);
        break;
    default:
        column.kind = FUSION_COLUMN_TEXT;
        column.text = (const char *)sqlite3_column_text(statement, at);
        column.size = (size_t)sqlite3_column_bytes(statement, at);
    }
    return column;
}

static enum drf_status tell_feature(struct sqlite3_stmt *statement, fusion_feature_fn fn,
                                    void *context)
{
    struct fusion_store_column columns[COLUMNS_MAX];
    struct fusion_store_feature feature = {.columns = columns};
    for (int at = 0; at < sqlite3_column_count(statement); at++) {
        const char *name = sqlite3_column_name(statement, at);
        if (name == NULL)
            return DRF_ERR_NOMEM;
        if (sqlite3_column_type(statement, at) == SQLITE_NULL)
            continue;
        if (is_named(name, "geom")) {
            feature.geometry = sqlite3_column_blob(statement, at);
            feature.geometry_size = (size_t)sqlite3_column_bytes(statement, at);
        } else if (feature.count < COLUMNS_MAX) {
            columns[feature.count++] = column_of(statement, at);
        }
    }
    return feature.geometry != NULL ? fn(context, &feature) : DRF_OK;
}

// What meets the box, by the R-tree; its boxes are wider by the rounding to float.
static char *where(const char *table, struct geo_bounds box)
{
    if (box.west_deg > box.east_deg)
        return sqlite3_mprintf(
            "FROM \"rtree_%w_geom\" AS r WHERE (r.maxx >= %!.17g"
            " OR r.minx <= %!.17g) AND r.maxy >= %!.17g AND r.miny <= %!.17g",
            table, box.west_deg, box.east_deg, box.south_deg, box.north_deg);
    return sqlite3_mprintf("FROM \"rtree_%w_geom\" AS r WHERE r.maxx >= %!.17g"
                           " AND r.minx <= %!.17g AND r.maxy >= %!.17g AND r.miny <= %!.17g",
                           table, box.west_deg, box.east_deg, box.south_deg, box.north_deg);
}

static enum drf_status tell_features(struct fusion_store_view *view, const char *sql,
                                     fusion_feature_fn fn, void *context)
{
    struct sqlite3_stmt *statement = NULL;
    enum drf_status status = prepare(view, sql, &statement);
    int code = SQLITE_ROW;
    while (status == DRF_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        status = tell_feature(statement, fn, context);
    if (status == DRF_OK && code != SQLITE_DONE)
        status = failed(code);
    sqlite3_finalize(statement);
    return status;
}

enum drf_status fusion_store_view_features(struct fusion_store_view *view,
                                           enum fusion_layer layer, struct geo_bounds box,
                                           size_t most, fusion_feature_fn fn, void *context,
                                           size_t *found)
{
    const char *table = feature_table(layer);
    bool has = false;
    if (table == NULL)
        return DRF_ERR_RANGE;
    enum drf_status status = there(view, table, &has);
    *found = 0;
    if (status != DRF_OK || !has)
        return status;
    char *meets = where(table, box);
    char *counting = meets != NULL ? sqlite3_mprintf("SELECT count(*) %s", meets) : NULL;
    int64_t count = 0;
    status = counting == NULL ? DRF_ERR_NOMEM : number(view, counting, &count);
    if (status == DRF_OK && count > 0 && most > 0) {
        // Sorted only where it decides who is left out.
        const char *order = layer == FUSION_LAYER_OBSTACLE && (uint64_t)count > most
                                ? "ORDER BY agl_m DESC"
                                : "";
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" WHERE fid IN (SELECT r.id %s)"
                                    " %s LIMIT %llu",
                                    table, meets, order, (unsigned long long)most);
        status = sql == NULL ? DRF_ERR_NOMEM : tell_features(view, sql, fn, context);
        sqlite3_free(sql);
    }
    sqlite3_free(counting);
    sqlite3_free(meets);
    *found = count > 0 ? (size_t)count : 0;
    return status;
}

enum drf_status fusion_store_view_changed(struct fusion_store_view *view,
                                          enum fusion_layer layer,
                                          char out[static FUSION_CHANGE_SIZE])
{
    const char *table = layer == FUSION_LAYER_GROUND    ? "ground"
                        : layer == FUSION_LAYER_SURFACE ? "surface"
                                                        : feature_table(layer);
    if (table == NULL)
        return DRF_ERR_RANGE;
    const bool tiles = layer == FUSION_LAYER_GROUND || layer == FUSION_LAYER_SURFACE;
    char *sql = sqlite3_mprintf(
        "SELECT max(nullif(last_change, '1970-01-01T00:00:00.000Z')) FROM gpkg_contents"
        " WHERE table_name = %Q%s%s%s",
        table, tiles ? " OR table_name GLOB '" : "", tiles ? table : "", tiles ? "_*'" : "");
    struct sqlite3_stmt *statement = NULL;
    enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : prepare(view, sql, &statement);
    sqlite3_free(sql);
    if (status != DRF_OK)
        return status;
    const int code = sqlite3_step(statement);
    const char *text =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    (void)snprintf(out, FUSION_CHANGE_SIZE, "%s", text != NULL ? text : "");
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? DRF_OK : failed(code);
}
