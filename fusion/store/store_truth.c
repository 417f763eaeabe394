// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

int fusion_version_compare(const struct fusion_version *a, const struct fusion_version *b)
{
    if (a->time_utc_us != b->time_utc_us)
        return a->time_utc_us < b->time_utc_us ? -1 : 1;
    return memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

enum drf_status store_damaged(struct fusion_store *store, const char *what)
{
    return store_refuse(store, FUSION_STORE_DAMAGED, DRF_ERR_STORE, what);
}

enum drf_status store_column_tile(struct fusion_store *store, struct sqlite3_stmt *statement,
                                  int column, enum fusion_layer *layer, struct geo_tile *tile)
{
    const int64_t kind = sqlite3_column_int64(statement, column);
    const int64_t level = sqlite3_column_int64(statement, column + 1);
    const int64_t row = sqlite3_column_int64(statement, column + 2);
    const int64_t col = sqlite3_column_int64(statement, column + 3);
    const struct geo_tile read = {
        .col = (uint32_t)col, .row = (uint32_t)row, .level = (uint8_t)level};
    if (kind <= 0 || kind >= FUSION_LAYER_COUNT || level < 0 || level > GEO_TILE_LEVEL_MAX
        || row < 0 || col < 0 || row > UINT32_MAX || col > UINT32_MAX || !geo_tile_valid(read))
        return store_damaged(store, "a row names a tile that cannot be");
    *layer = (enum fusion_layer)kind;
    *tile = read;
    return DRF_OK;
}

enum drf_status store_column_version(struct fusion_store *store, struct sqlite3_stmt *statement,
                                     int column, struct fusion_version *out)
{
    const void *sha256 = sqlite3_column_blob(statement, column + 1);
    if (sha256 == NULL
        || sqlite3_column_bytes(statement, column + 1) != (int)sizeof out->sha256)
        return store_damaged(store, "a version in drf_identity is damaged");
    out->time_utc_us = sqlite3_column_int64(statement, column);
    memcpy(out->sha256, sha256, sizeof out->sha256);
    return DRF_OK;
}

int64_t store_cells_checksum(int64_t id, enum fusion_layer layer, struct geo_tile tile,
                             const uint8_t *blob, size_t size)
{
    const uint64_t seed = store_hash(store_tile_hash(layer, tile), &id, sizeof id);
    return store_checksum(seed, blob, size);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return store_hash(hash, text, strlen(text) + 1);
}

int64_t store_record_checksum(const struct fusion_live *live)
{
    const struct fusion_source *source = live->provenance;
    uint64_t seed = store_hash(store_hash_start(), &live->id, sizeof live->id);
    const char *const texts[] = {live->identity.feed, live->identity.source, live->identity.key,
                                 source->feed,        source->source,        source->licence,
                                 source->version};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        seed = hash_text(seed, texts[i]);
    const int64_t times[] = {live->version.time_utc_us, source->issue_utc_us,
                             source->data_time_utc_us, source->priority};
    // + 0.0: SQLite gives back a zero without its sign.
    const double measures[] = {source->vertical_acc95_m + 0.0, source->posting_m + 0.0};
    seed = store_hash(seed, times, sizeof times);
    seed = store_hash(seed, measures, sizeof measures);
    seed = store_hash(seed, live->version.sha256, sizeof live->version.sha256);
    return store_checksum(seed, live->record.bytes, live->record.size);
}

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

static enum drf_status aligned(struct fusion_store *store, const void *bytes, size_t size)
{
    if (size > store->scratch_room) {
        uint8_t *scratch = realloc(store->scratch, size);
        if (scratch == NULL)
            return DRF_ERR_NOMEM;
        store->scratch = scratch;
        store->scratch_room = size;
    }
    memcpy(store->scratch, bytes, size);
    return DRF_OK;
}

enum drf_status store_column_live(struct fusion_store *store, struct sqlite3_stmt *statement,
                                  struct fusion_live *out)
{
    struct store_source *source = NULL;
    out->id = sqlite3_column_int64(statement, 0);
    out->identity = (struct fusion_identity){(const char *)sqlite3_column_text(statement, 1),
                                             (const char *)sqlite3_column_text(statement, 2),
                                             (const char *)sqlite3_column_text(statement, 3)};
    const void *items = sqlite3_column_blob(statement, 7);
    const size_t size = (size_t)sqlite3_column_bytes(statement, 7);
    if (out->identity.feed == NULL || out->identity.source == NULL || out->identity.key == NULL
        || items == NULL)
        return store_damaged(store, "a row of drf_identity or drf_record is damaged");
    enum drf_status status = store_column_version(store, statement, 4, &out->version);
    if (status == DRF_OK)
        status = store_source_of(store, sqlite3_column_int64(statement, 6), &source);
    if (status == DRF_OK)
        status = aligned(store, items, size);
    if (status != DRF_OK)
        return status;
    out->provenance = &source->source;
    out->record = (struct geo_record){.bytes = store->scratch, .size = size};
    if (sqlite3_column_int64(statement, 8) != store_record_checksum(out)
        || geo_record_validate(store->scratch, size, &out->record) != DRF_OK)
        return store_damaged(store, "a record in drf_record is damaged");
    return DRF_OK;
}

static enum drf_status stored_live(struct fusion_store *store, fusion_live_fn fn, void *context)
{
    struct sqlite3_stmt *statement = store_use(store, STORE_SQL_LIVE);
    enum drf_status row, status = DRF_OK;
    while ((row = store_step(store, STORE_SQL_LIVE, "read the records")) == DRF_OK) {
        const struct store_identity *held =
            store_pending_id(&store->pending, sqlite3_column_int64(statement, 0));
        if (held != NULL && held->replaces)
            continue;
        struct fusion_live live;
        status = store_column_live(store, statement, &live);
        if (status == DRF_OK)
            status = fn(context, &live);
        if (status != DRF_OK)
            break;
    }
    store_done(store, STORE_SQL_LIVE);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

enum drf_status fusion_store_each_live(struct fusion_store *store, fusion_live_fn fn,
                                       void *context)
{
    store->walking++;
    enum drf_status status = stored_live(store, fn, context);
    for (const struct store_identity *held = store->pending.first;
         held != NULL && status == DRF_OK; held = held->next) {
        if (!held->replaces || held->record == NULL)
            continue;
        const struct fusion_live live = {
            .id = held->id,
            .identity = {held->feed, held->source, held->key},
            .version = held->version,
            .provenance = &held->provenance->source,
            .record = {.bytes = held->record, .size = held->record_size},
        };
        status = fn(context, &live);
    }
    store->walking--;
    return status;
}

static bool at_tile(const struct store_cells *cells, enum fusion_layer layer,
                    struct geo_tile tile)
{
    return cells->layer == layer && store_tile_same(cells->tile, tile);
}

// Calls fn for each tile of the file of which at least one contribution stands.
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

static enum drf_status stands(struct fusion_store *store, enum fusion_layer layer,
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
static bool speaks_for_tile(const struct fusion_store *store, const struct store_cells *cells)
{
    struct store_link *link = store_index_first(&store->pending.by_tile, cells->by_tile.hash);
    while (link != NULL && !at_tile((struct store_cells *)link, cells->layer, cells->tile))
        link = store_index_next(link);
    return link == &cells->by_tile;
}

static enum drf_status pending_tile(struct fusion_store *store, const struct store_cells *cells,
                                    fusion_tile_fn fn, void *context)
{
    if (!speaks_for_tile(store, cells))
        return DRF_OK;
    bool told = false;
    enum drf_status status = stands(store, cells->layer, cells->tile, &told);
    return status == DRF_OK && !told ? fn(context, cells->layer, cells->tile) : status;
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
