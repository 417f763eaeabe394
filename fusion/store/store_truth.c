// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include "fusion/store/store_impl.h"

// What the file says of a name.
enum drf_status store_stored_version(struct fusion_store *store, struct fusion_identity name,
                                     struct fusion_version *version, bool *tombstone,
                                     int64_t *id, int64_t *stage)
{
    enum drf_status status = STORE_BIND(store, STORE_SQL_VERSION, store_text(name.feed),
                                        store_text(name.source), store_text(name.key));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_VERSION];
    struct fusion_version read;
    status = store_step(store, STORE_SQL_VERSION, "look up an identity");
    if (status == DRF_OK)
        status = store_column_version(store, statement, 1, &read);
    if (status == DRF_OK) {
        *version = read;
        *id = sqlite3_column_int64(statement, 0);
        *tombstone = sqlite3_column_type(statement, 3) == SQLITE_NULL;
        *stage = sqlite3_column_int64(statement, 4);
    }
    store_done(store, STORE_SQL_VERSION);
    return status;
}

enum drf_status fusion_store_version(struct fusion_store *store, struct fusion_identity name,
                                     struct fusion_version *version, bool *tombstone,
                                     int64_t *id)
{
    const struct store_identity *held = store_pending_named(&store->pending, name);
    bool gone = false;
    int64_t stage;
    enum drf_status status = DRF_OK;
    if (held != NULL && held->erased)
        return DRF_ERR_ABSENT;
    if (held != NULL) {
        *version = held->version;
        *id = held->id;
        gone = held->provenance == NULL;
    } else {
        status = store_stored_version(store, name, version, &gone, id, &stage);
    }
    if (status == DRF_OK && tombstone != NULL)
        *tombstone = gone;
    return status;
}

static enum drf_status stored_contributions(struct fusion_store *store, enum fusion_layer layer,
                                            struct geo_tile tile, fusion_contribution_fn fn,
                                            void *context)
{
    enum drf_status status =
        STORE_BIND(store, STORE_SQL_TILE, store_int(layer), store_int(tile.level),
                   store_int(tile.row), store_int(tile.col));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_TILE];
    enum drf_status row;
    while ((row = store_step(store, STORE_SQL_TILE, "read contributions")) == DRF_OK) {
        const int64_t row_id = sqlite3_column_int64(statement, 0);
        const int64_t id =
            store_row_owner(store, row_id, sqlite3_column_int64(statement, 4), layer, tile);
        const struct store_identity *held =
            id == 0 ? NULL : store_pending_id(&store->pending, id);
        struct store_source *source = held != NULL ? held->provenance : NULL;
        if (id != 0 && source == NULL)
            status = store_source_of(store, sqlite3_column_int64(statement, 1), &source);
        if (status != DRF_OK)
            break;
        if (id == 0)
            continue;
        const uint8_t *blob = sqlite3_column_blob(statement, 2);
        const struct fusion_contribution contribution = {
            .id = id,
            .provenance = &source->source,
            .blob = blob,
            .size = (size_t)sqlite3_column_bytes(statement, 2),
        };
        const bool sound =
            blob != NULL
            && sqlite3_column_int64(statement, 3)
                   == store_cells_checksum(row_id, layer, tile, blob, contribution.size);
        status = sound ? fn(context, &contribution)
                       : store_damaged(store, "the cells of a contribution are damaged");
        if (status != DRF_OK)
            break;
    }
    store_done(store, STORE_SQL_TILE);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

enum drf_status fusion_store_contributions(struct fusion_store *store, enum fusion_layer layer,
                                           struct geo_tile tile, fusion_contribution_fn fn,
                                           void *context)
{
    store->walking++;
    enum drf_status status = stored_contributions(store, layer, tile, fn, context);
    struct store_link *link =
        store_index_first(&store->pending.by_tile, store_tile_hash(layer, tile));
    for (; link != NULL && status == DRF_OK; link = store_index_next(link)) {
        const struct store_cells *cells = (const struct store_cells *)link;
        if (cells->layer != layer || !store_tile_same(cells->tile, tile))
            continue;
        const struct fusion_contribution contribution = {
            .id = cells->owner->id,
            .provenance = &cells->owner->provenance->source,
            .blob = cells->blob,
            .size = cells->size,
        };
        status = fn(context, &contribution);
    }
    store->walking--;
    return status;
}

static bool at_tile(const struct store_cells *cells, enum fusion_layer layer,
                    struct geo_tile tile)
{
    return cells->layer == layer && store_tile_same(cells->tile, tile);
}

// Calls fn for each tile of the file that has at least one valid contribution.
static enum drf_status stored_tiles(struct fusion_store *store, fusion_tile_fn fn,
                                    void *context)
{
    struct sqlite3_stmt *statement = store_use(store, STORE_SQL_TILES);
    enum fusion_layer layer = FUSION_LAYER_COUNT, last_layer = FUSION_LAYER_COUNT;
    struct geo_tile tile = {0}, last_tile = {0};
    enum drf_status row, status = DRF_OK;
    while ((row = store_step(store, STORE_SQL_TILES, "list the tiles")) == DRF_OK) {
        status = store_column_tile(store, statement, 0, &layer, &tile);
        if (status != DRF_OK)
            break;
        if ((layer == last_layer && store_tile_same(tile, last_tile))
            || store_row_owner(store, sqlite3_column_int64(statement, 4),
                               sqlite3_column_int64(statement, 5), layer, tile)
                   == 0)
            continue;
        last_layer = layer;
        last_tile = tile;
        status = fn(context, layer, tile);
        if (status != DRF_OK)
            break;
    }
    store_done(store, STORE_SQL_TILES);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

static enum drf_status tile_in_file(struct fusion_store *store, enum fusion_layer layer,
                                    struct geo_tile tile, bool *out)
{
    enum drf_status row =
        STORE_BIND(store, STORE_SQL_IDS_AT, store_int(layer), store_int(tile.level),
                   store_int(tile.row), store_int(tile.col));
    if (row != DRF_OK)
        return row;
    *out = false;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_IDS_AT];
    while (!*out && (row = store_step(store, STORE_SQL_IDS_AT, "list a tile")) == DRF_OK)
        *out = store_row_owner(store, sqlite3_column_int64(statement, 0),
                               sqlite3_column_int64(statement, 1), layer, tile)
               != 0;
    store_done(store, STORE_SQL_IDS_AT);
    return row == DRF_ERR_ABSENT ? DRF_OK : row;
}

// True for one of the pending cells of each tile.
static bool first_of_tile(const struct fusion_store *store, const struct store_cells *cells)
{
    struct store_link *link = store_index_first(&store->pending.by_tile, cells->by_tile.hash);
    while (link != NULL && !at_tile((struct store_cells *)link, cells->layer, cells->tile))
        link = store_index_next(link);
    return link == &cells->by_tile;
}

static enum drf_status pending_tile(struct fusion_store *store, const struct store_cells *cells,
                                    fusion_tile_fn fn, void *context)
{
    if (!first_of_tile(store, cells))
        return DRF_OK;
    bool known = false;
    enum drf_status status = tile_in_file(store, cells->layer, cells->tile, &known);
    return status == DRF_OK && !known ? fn(context, cells->layer, cells->tile) : status;
}

enum drf_status fusion_store_each_tile(struct fusion_store *store, fusion_tile_fn fn,
                                       void *context)
{
    store->walking++;
    enum drf_status status = stored_tiles(store, fn, context);
    for (const struct store_identity *held = store->pending.first;
         held != NULL && status == DRF_OK; held = held->next)
        for (const struct store_cells *cells = held->cells; cells != NULL && status == DRF_OK;
             cells = cells->next)
            status = pending_tile(store, cells, fn, context);
    store->walking--;
    return status;
}
