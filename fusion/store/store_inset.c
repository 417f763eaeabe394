// SPDX-License-Identifier: Apache-2.0
// Each inset has a coverage for ground and one for surface, and a row of drf_inset with its
// place and level. The configuration decides: when a file is opened for writing, insets that
// it no longer names are dropped with their tables, new ones are created and all their tiles
// marked as dirty, and contributions of levels and places that nothing keeps any more are
// deleted, all in one savepoint. A reader takes the insets of the file. Insets are sorted, the
// finest first, then by place, so that neither names nor the order in the configuration show
// in a digest.
#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

#include "fusion/store/store_impl.h"

static const char table[] =
    "CREATE TABLE IF NOT EXISTS drf_inset (name TEXT PRIMARY KEY NOT NULL,"
    " level INTEGER NOT NULL, west_deg REAL NOT NULL, south_deg REAL NOT NULL,"
    " east_deg REAL NOT NULL, north_deg REAL NOT NULL)";

static const char *const layers[] = {"ground", "surface"};

const struct geo_inset *fusion_store_insets(const struct fusion_store *store, size_t *count)
{
    *count = store->inset_count;
    return store->insets;
}

const struct geo_inset *store_inset_of(const struct fusion_store *store, struct geo_tile tile)
{
    for (size_t i = 0; i < store->inset_count; i++)
        if (tile.level == store->insets[i].level
            && geo_tiles_hold(geo_tiles_of(store->insets[i].bounds, tile.level), tile))
            return &store->insets[i];
    return NULL;
}

bool store_keeps(const struct fusion_store *store, struct geo_tile tile)
{
    return tile.level == store->config.level || store_inset_of(store, tile) != NULL;
}

bool store_cells_valid(const struct fusion_store *store, const struct fusion_cells *cells)
{
    return (cells->layer == FUSION_LAYER_GROUND || cells->layer == FUSION_LAYER_SURFACE)
           && geo_tile_valid(cells->tile) && store_keeps(store, cells->tile) && cells->size > 0
           && cells->size <= GEO_CELLS_BLOB_MAX;
}

void store_coverage_name(const struct geo_inset *inset, enum fusion_layer layer,
                         char out[static STORE_COVERAGE_SIZE])
{
    (void)snprintf(out, STORE_COVERAGE_SIZE, "%s%s%s",
                   layers[layer == FUSION_LAYER_GROUND ? 0 : 1], inset != NULL ? "_" : "",
                   inset != NULL ? inset->name : "");
}

// By the place where they are alike: no tile is in two of one level.
static bool finer(const struct geo_inset *a, const struct geo_inset *b)
{
    if (a->level != b->level)
        return a->level > b->level;
    const struct geo_tile x = geo_tiles_of(a->bounds, (uint8_t)a->level).first;
    const struct geo_tile y = geo_tiles_of(b->bounds, (uint8_t)b->level).first;
    return x.row != y.row ? x.row < y.row : x.col < y.col;
}

// The finest first. Neither names nor the caller's order are left: two nodes that keep the same
// have the same digest.
static void sort(struct geo_inset *insets, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct geo_inset one = insets[i];
        size_t at = i;
        for (; at > 0 && finer(&one, &insets[at - 1]); at--)
            insets[at] = insets[at - 1];
        insets[at] = one;
    }
}

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

static bool bounds_same(struct geo_bounds a, struct geo_bounds b)
{
    return equal(a.west_deg, b.west_deg) && equal(a.south_deg, b.south_deg)
           && equal(a.east_deg, b.east_deg) && equal(a.north_deg, b.north_deg);
}

static bool inset_same(const struct geo_inset *a, const struct geo_inset *b)
{
    return a->level == b->level && strcmp(a->name, b->name) == 0
           && bounds_same(a->bounds, b->bounds);
}

static bool among(const struct geo_inset *one, const struct geo_inset *insets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inset_same(one, &insets[i]))
            return true;
    return false;
}

static enum drf_status check(struct fusion_store *store, const struct geo_inset *insets,
                             size_t count, enum fusion_store_trouble trouble)
{
    static const struct geo_bounds globe = {-180.0, -90.0, 180.0, 90.0};
    size_t which;
    const char *why;
    if (geo_insets_check(insets, count, store->config.level, globe, &which, &why) == DRF_OK)
        return DRF_OK;
    char text[200];
    (void)snprintf(text, sizeof text, "inset %zu: %s", which + 1, why);
    return store_refuse(store, trouble,
                        trouble == FUSION_STORE_DAMAGED ? DRF_ERR_STORE : DRF_ERR_RANGE, text);
}

static enum drf_status read_row(struct fusion_store *store, struct sqlite3_stmt *statement,
                                struct geo_inset *out)
{
    const char *name = (const char *)sqlite3_column_text(statement, 0);
    const int64_t level = sqlite3_column_int64(statement, 1);
    if (name == NULL || strlen(name) >= GEO_INSET_NAME_SIZE || level < 0
        || level > GEO_INSET_LEVEL_MAX)
        return store_damaged(store, "a row of drf_inset is damaged");
    *out = (struct geo_inset){
        .bounds = {sqlite3_column_double(statement, 2), sqlite3_column_double(statement, 3),
                   sqlite3_column_double(statement, 4), sqlite3_column_double(statement, 5)},
        .level = (uint32_t)level};
    memcpy(out->name, name, strlen(name));
    return DRF_OK;
}

// Those of the file; none in a file of a version without insets.
static enum drf_status read_rows(struct fusion_store *store,
                                 struct geo_inset insets[static GEO_INSETS_MAX], size_t *count)
{
    struct sqlite3_stmt *statement = NULL;
    bool there = false;
    *count = 0;
    enum drf_status status = store_table_there(store, "drf_inset", &there);
    if (status != DRF_OK || !there)
        return status;
    int code = sqlite3_prepare_v2(store->db,
                                  "SELECT name, level, west_deg, south_deg, east_deg, north_deg"
                                  " FROM drf_inset",
                                  -1, &statement, NULL);
    while (status == DRF_OK && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            status = *count < GEO_INSETS_MAX
                         ? read_row(store, statement, &insets[*count])
                         : store_damaged(store, "drf_inset has too many rows");
        *count += code == SQLITE_ROW && status == DRF_OK;
    }
    if (status == DRF_OK && code != SQLITE_DONE)
        status = store_fail(store, code, "read the insets");
    sqlite3_finalize(statement);
    if (status == DRF_OK)
        status = check(store, insets, *count, FUSION_STORE_DAMAGED);
    if (status == DRF_OK)
        sort(insets, *count);
    return status;
}

// Runs a text that was made by sqlite3_mprintf(), and frees it.
static enum drf_status run(struct fusion_store *store, char *sql)
{
    const enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

static enum drf_status drop_coverage(struct fusion_store *store, const char *name)
{
    return run(store, sqlite3_mprintf(
                          "DELETE FROM gpkg_2d_gridded_tile_ancillary WHERE tpudt_name = %Q;"
                          "DELETE FROM gpkg_2d_gridded_coverage_ancillary"
                          " WHERE tile_matrix_set_name = %Q;"
                          "DELETE FROM gpkg_extensions WHERE table_name = %Q;"
                          "DELETE FROM gpkg_tile_matrix WHERE table_name = %Q;"
                          "DELETE FROM gpkg_tile_matrix_set WHERE table_name = %Q;"
                          "DELETE FROM gpkg_contents WHERE table_name = %Q; DROP TABLE \"%w\"",
                          name, name, name, name, name, name, name));
}

static enum drf_status drop_inset(struct fusion_store *store, const struct geo_inset *inset)
{
    char name[STORE_COVERAGE_SIZE];
    enum drf_status status = DRF_OK;
    for (int i = FUSION_LAYER_GROUND; i <= FUSION_LAYER_SURFACE && status == DRF_OK; i++) {
        store_coverage_name(inset, (enum fusion_layer)i, name);
        status = drop_coverage(store, name);
    }
    return status == DRF_OK ? run(
               store, sqlite3_mprintf("DELETE FROM drf_inset WHERE name = %Q", inset->name))
                            : status;
}

// Whatever the truth already says there is to be rendered: obstacles, and what another inset
// of its level left.
static enum drf_status mark_all(struct fusion_store *store, const struct geo_inset *inset)
{
    const struct geo_tiles tiles = geo_tiles_of(inset->bounds, (uint8_t)inset->level);
    return run(store,
               sqlite3_mprintf(
                   "WITH RECURSIVE r(v) AS (SELECT %u UNION ALL SELECT v + 1 FROM r"
                   " WHERE v + 1 < %u), c(v) AS (SELECT %u UNION ALL SELECT v + 1 FROM c"
                   " WHERE v + 1 < %u) INSERT OR IGNORE INTO drf_dirty (layer, level, row, col)"
                   " SELECT l.v, %u, r.v, c.v FROM r, c, (SELECT %d AS v UNION SELECT %d) AS l",
                   tiles.first.row, tiles.first.row + tiles.rows, tiles.first.col,
                   tiles.first.col + tiles.columns, inset->level, FUSION_LAYER_GROUND,
                   FUSION_LAYER_SURFACE));
}

static enum drf_status create_inset(struct fusion_store *store, const struct geo_inset *inset)
{
    static const char *const what[] = {
        "Bare-earth heights of the inset %s, metres above EGM96; no value: unknown",
        "Highest of ground, surface models and obstacle tops of the inset %s, metres above"
        " EGM96; no value: unknown"};
    const struct geo_bounds box = store_gpkg_box(inset->bounds, inset->level);
    enum drf_status status = DRF_OK;
    for (int i = FUSION_LAYER_GROUND; i <= FUSION_LAYER_SURFACE && status == DRF_OK; i++) {
        char name[STORE_COVERAGE_SIZE];
        store_coverage_name(inset, (enum fusion_layer)i, name);
        char *description = i == FUSION_LAYER_GROUND ? sqlite3_mprintf(what[0], inset->name)
                                                     : sqlite3_mprintf(what[1], inset->name);
        status = description == NULL
                     ? DRF_ERR_NOMEM
                     : store_gpkg_coverage(store, name, description, inset->level);
        sqlite3_free(description);
        if (status == DRF_OK)
            status = run(store, sqlite3_mprintf("UPDATE gpkg_contents SET min_x = %!.17g,"
                                                " min_y = %!.17g, max_x = %!.17g,"
                                                " max_y = %!.17g WHERE table_name = %Q",
                                                box.west_deg, box.south_deg, box.east_deg,
                                                box.north_deg, name));
    }
    if (status == DRF_OK)
        status = run(store, sqlite3_mprintf("INSERT INTO drf_inset VALUES (%Q, %u, %!.17g,"
                                            " %!.17g, %!.17g, %!.17g)",
                                            inset->name, inset->level, inset->bounds.west_deg,
                                            inset->bounds.south_deg, inset->bounds.east_deg,
                                            inset->bounds.north_deg));
    return status == DRF_OK ? mark_all(store, inset) : status;
}

// What no level keeps any more. Level by level, so that the index finds it.
static enum drf_status trim(struct fusion_store *store, const char *from)
{
    char *where = sqlite3_mprintf("level <> %u", store->config.level);
    for (size_t i = 0; i < store->inset_count && where != NULL; i++) {
        const struct geo_inset *inset = &store->insets[i];
        const struct geo_tiles tiles = geo_tiles_of(inset->bounds, (uint8_t)inset->level);
        where =
            sqlite3_mprintf("%z AND NOT (level = %u AND row >= %u AND row < %u AND"
                            " col >= %u AND col < %u)",
                            where, inset->level, tiles.first.row, tiles.first.row + tiles.rows,
                            tiles.first.col, tiles.first.col + tiles.columns);
    }
    char *sql =
        where == NULL
            ? NULL
            : sqlite3_mprintf("DELETE FROM \"%w\" WHERE layer IN (1, 2) AND %s", from, where);
    sqlite3_free(where);
    return run(store, sql);
}

static enum drf_status follow(struct fusion_store *store, const struct geo_inset *held,
                              size_t held_count)
{
    enum drf_status status = store_exec(store, table);
    for (size_t i = 0; i < held_count && status == DRF_OK; i++)
        if (!among(&held[i], store->insets, store->inset_count))
            status = drop_inset(store, &held[i]);
    for (size_t i = 0; i < store->inset_count && status == DRF_OK; i++)
        if (!among(&store->insets[i], held, held_count))
            status = create_inset(store, &store->insets[i]);
    if (status == DRF_OK)
        status = trim(store, "drf_contribution");
    return status == DRF_OK ? trim(store, "drf_dirty") : status;
}

static enum drf_status follow_whole(struct fusion_store *store, const struct geo_inset *held,
                                    size_t held_count)
{
    enum drf_status status = store_savepoint(store);
    if (status == DRF_OK)
        status = follow(store, held, held_count);
    return store_savepoint_end(store, status);
}

enum drf_status store_insets_open(struct fusion_store *store)
{
    struct geo_inset held[GEO_INSETS_MAX] = {{.level = 0}};
    size_t held_count;
    enum drf_status status = read_rows(store, held, &held_count);
    if (status != DRF_OK)
        return status;
    const struct fusion_store_config *config = &store->config;
    const bool reader = config->read_only;
    const size_t wanted = reader ? held_count : config->inset_count;
    const struct geo_inset *from = reader ? held : config->insets;
    status = check(store, from, wanted, FUSION_STORE_MISMATCH);
    if (status != DRF_OK)
        return status;
    for (size_t i = 0; i < wanted; i++)
        store->insets[i] = from[i];
    store->inset_count = wanted;
    store->config.insets = store->insets;
    sort(store->insets, wanted);
    bool same = wanted == held_count;
    for (size_t i = 0; same && i < wanted; i++)
        same = inset_same(&store->insets[i], &held[i]);
    return reader || same ? DRF_OK : follow_whole(store, held, held_count);
}

enum drf_status store_inset_put(struct fusion_store *store, const struct geo_inset *inset,
                                const struct store_rendered *rendered, int64_t id)
{
    char name[STORE_COVERAGE_SIZE];
    store_coverage_name(inset, rendered->layer, name);
    char *sql = rendered->size == 0
                    ? sqlite3_mprintf("DELETE FROM \"%w\" WHERE id = ?1", name)
                    : sqlite3_mprintf("INSERT OR REPLACE INTO \"%w\" (id, zoom_level, tile_row,"
                                      " tile_column, tile_data) VALUES (?1, ?2, ?3, ?4, ?5)",
                                      name);
    if (sql == NULL)
        return DRF_ERR_NOMEM;
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    sqlite3_free(sql);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 1, id);
    if (code == SQLITE_OK && rendered->size > 0) {
        const struct geo_tile tile = rendered->tile;
        const int64_t numbers[] = {tile.level, tile.row, tile.col};
        for (int i = 0; i < 3 && code == SQLITE_OK; i++)
            code = sqlite3_bind_int64(statement, 2 + i, numbers[i]);
        if (code == SQLITE_OK)
            code = sqlite3_bind_blob64(statement, 5, rendered->bytes, rendered->size,
                                       SQLITE_STATIC);
    }
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const enum drf_status status =
        code == SQLITE_DONE ? DRF_OK : store_fail(store, code, "write a tile of an inset");
    sqlite3_finalize(statement);
    return status;
}
