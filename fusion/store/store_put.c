// SPDX-License-Identifier: Apache-2.0
// A put does not touch the file. It makes, or reuses, the entry of that identity in the
// overlay: the entry says whether the file's row is void (replaces), and holds the new record,
// its interned provenance and its contributions. First everything that can fail is done
// (copies, look-ups, the list of tiles that the former version touched), and only then the
// entry is changed: a put that fails changes nothing that a reader sees. store_pending_enter()
// makes an entry for an identity that so far only the file knows, when cells are added to it.
#include <sqlite3.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"
#include "fusion/store/store_resync.h"

void fusion_touched_close(struct fusion_touched *touched)
{
    free(touched->tiles);
    free(touched->layers);
    *touched = (struct fusion_touched){0};
}

static enum drf_status touch(struct fusion_touched *touched, enum fusion_layer layer,
                             struct geo_tile tile)
{
    const uint32_t bit = UINT32_C(1) << layer;
    for (size_t i = touched->count; i-- > 0;)
        if (store_tile_same(touched->tiles[i], tile)) {
            touched->layers[i] |= bit;
            return DRF_OK;
        }
    if (touched->count == touched->room) {
        const size_t room = touched->room == 0 ? 64 : touched->room * 2;
        struct geo_tile *tiles = realloc(touched->tiles, room * sizeof *tiles);
        if (tiles == NULL)
            return DRF_ERR_NOMEM;
        touched->tiles = tiles;
        uint32_t *layers = realloc(touched->layers, room * sizeof *layers);
        if (layers == NULL)
            return DRF_ERR_NOMEM;
        touched->layers = layers;
        touched->room = room;
    }
    touched->tiles[touched->count] = tile;
    touched->layers[touched->count++] = bit;
    return DRF_OK;
}

enum drf_status store_pending_enter(struct fusion_store *store, int64_t id,
                                    struct store_identity **out)
{
    enum drf_status status = STORE_BIND(store, STORE_SQL_IDENTITY, store_int(id));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_IDENTITY];
    struct fusion_version version = {0};
    struct store_source *provenance = NULL;
    struct store_identity *made = NULL;
    status = store_step(store, STORE_SQL_IDENTITY, "look up an identity");
    if (status == DRF_OK)
        status = store_column_version(store, statement, 3, &version);
    if (status == DRF_OK && sqlite3_column_type(statement, 5) != SQLITE_NULL)
        status = store_source_of(store, sqlite3_column_int64(statement, 5), &provenance);
    const struct fusion_identity name = {(const char *)sqlite3_column_text(statement, 0),
                                         (const char *)sqlite3_column_text(statement, 1),
                                         (const char *)sqlite3_column_text(statement, 2)};
    if (status == DRF_OK && (name.feed == NULL || name.source == NULL || name.key == NULL))
        status = store_damaged(store, "a name in drf_identity is damaged");
    if (status == DRF_OK)
        status = store_pending_add(&store->pending, name, id, &made);
    if (status == DRF_OK) {
        made->version = version;
        made->provenance = provenance;
        made->stored = true;
        made->stored_stage = sqlite3_column_int64(statement, 6);
        *out = made;
    }
    store_done(store, STORE_SQL_IDENTITY);
    return status;
}

// The tiles that the former version of an identity says something about.
enum drf_status store_touch_former(struct fusion_store *store,
                                   const struct store_identity *held, int64_t id, bool stored,
                                   struct fusion_touched *touched)
{
    enum drf_status status = DRF_OK;
    for (const struct store_cells *cells = held != NULL ? held->cells : NULL;
         cells != NULL && status == DRF_OK; cells = cells->next)
        status = touch(touched, cells->layer, cells->tile);
    const bool replaces = held != NULL && held->replaces;
    if (status != DRF_OK || (replaces ? held->stage == 0 : !stored))
        return status;
    status = STORE_BIND(store, STORE_SQL_CELLS_OF, store_int(replaces ? held->stage : id));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_CELLS_OF];
    enum drf_status row;
    while ((row = store_step(store, STORE_SQL_CELLS_OF, "list contributions")) == DRF_OK) {
        enum fusion_layer layer;
        struct geo_tile tile;
        status = store_column_tile(store, statement, 0, &layer, &tile);
        if (status == DRF_OK)
            status = touch(touched, layer, tile);
        if (status != DRF_OK)
            break;
    }
    store_done(store, STORE_SQL_CELLS_OF);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

// The record's items without its cells, in memory of its own.
static enum drf_status copy_items(struct geo_record record, uint8_t **bytes, size_t *size,
                                  bool *feature)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, record.size + 64);
    enum drf_status status = DRF_OK;
    size_t cursor = 0;
    struct geo_item item;
    while (status == DRF_OK && geo_record_next(record, &cursor, &item)) {
        *feature = *feature || item.kind == GEO_ITEM_OBSTACLE || item.kind == GEO_ITEM_ZONE
                   || item.kind == GEO_ITEM_STATION;
        if (item.kind != GEO_ITEM_CELLS)
            status = geo_record_add(&builder, item.kind, item.payload, item.size, NULL, 0);
    }
    struct geo_record kept = {0};
    if (status == DRF_OK)
        status = geo_record_finish(&builder, &kept);
    if (status == DRF_OK) {
        *bytes = malloc(kept.size);
        if (*bytes == NULL)
            status = DRF_ERR_NOMEM;
    }
    if (status == DRF_OK) {
        memcpy(*bytes, kept.bytes, kept.size);
        *size = kept.size;
    }
    geo_record_builder_close(&builder);
    return status;
}

static bool provenance_valid(const struct fusion_source *c)
{
    return c != NULL && memchr(c->feed, 0, sizeof c->feed) != NULL
           && memchr(c->source, 0, sizeof c->source) != NULL
           && memchr(c->licence, 0, sizeof c->licence) != NULL
           && memchr(c->version, 0, sizeof c->version) != NULL && isfinite(c->vertical_acc95_m)
           && isfinite(c->posting_m);
}

// The entry to write into, and what is live now. Changes nothing that a reader sees.
static enum drf_status place(struct fusion_store *store, struct fusion_identity name,
                             const struct fusion_version *version,
                             struct fusion_touched *touched, struct store_identity **out)
{
    struct store_identity *held = store_pending_named(&store->pending, name);
    struct fusion_version live = {0};
    bool tombstone = false, stored = held != NULL && held->stored;
    int64_t id = held != NULL ? held->id : 0, stage = 0;
    enum drf_status status = DRF_OK;
    if (held != NULL) {
        live = held->version;
    } else {
        status = store_stored_version(store, name, &live, &tombstone, &id, &stage);
        stored = status == DRF_OK;
        if (status == DRF_ERR_ABSENT)
            status = DRF_OK;
    }
    if (status != DRF_OK)
        return status;
    bool known = held != NULL ? !held->erased : stored;
    if (known && fusion_version_compare(version, &live) < 0)
        return DRF_ERR_STALE;
    if (touched != NULL)
        status = store_touch_former(store, held, id, stored, touched);
    if (status == DRF_OK && held == NULL) {
        status = store_pending_add(&store->pending, name, stored ? id : store->next_id, &held);
        if (status == DRF_OK) {
            held->stored = stored;
            held->stored_stage = stage;
            store->next_id += stored ? 0 : 1;
        }
    }
    if (status == DRF_OK)
        *out = held;
    return status;
}

enum drf_status fusion_store_put(struct fusion_store *store, struct fusion_identity identity,
                                 struct fusion_version version, struct geo_record record,
                                 const struct fusion_source *provenance,
                                 struct fusion_touched *touched, int64_t *id)
{
    assert(store->walking == 0);
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    if (record.size > 0 && !provenance_valid(provenance))
        return store_refuse(store, FUSION_STORE_UNUSABLE, DRF_ERR_RANGE,
                            "the provenance is not valid");
    uint8_t *items = NULL;
    size_t items_size = 0;
    bool feature = false;
    struct store_source *interned = NULL;
    struct store_identity *held = NULL;
    if (record.size > 0)
        status = copy_items(record, &items, &items_size, &feature);
    if (status == DRF_OK && record.size > 0)
        status = store_intern(store, provenance, &interned);
    if (status == DRF_OK)
        status = place(store, identity, &version, touched, &held);
    if (status == DRF_OK)
        status = store_stage_leave(store, held);
    if (status != DRF_OK) {
        free(items);
        return status;
    }
    store_pending_drop_cells(&store->pending, held);
    store_stage_untake(store, held);
    store->pending.bytes += items_size;
    store->pending.bytes -= held->record_size;
    free(held->record);
    held->record = items;
    held->record_size = items_size;
    held->provenance = interned;
    held->version = version;
    held->replaces = true;
    held->erased = false;
    held->imported = false;
    held->feature = held->feature || feature;
    store_rendered_outdate(store, held->id);
    *id = held->id;
    return DRF_OK;
}

enum drf_status fusion_store_put_cells(struct fusion_store *store, int64_t id,
                                       enum fusion_layer layer, struct geo_tile tile,
                                       const uint8_t *blob, size_t size)
{
    assert(store->walking == 0);
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    if (!store_cells_valid(store, &(struct fusion_cells){layer, tile, blob, size}))
        return store_refuse(store, FUSION_STORE_MISMATCH, DRF_ERR_RANGE,
                            "cells of another layer, level or size than the store keeps");
    struct store_identity *held = store_pending_id(&store->pending, id);
    if (held == NULL)
        status = store_pending_enter(store, id, &held);
    if (status == DRF_OK && held->provenance == NULL)
        status = DRF_ERR_ABSENT; // withdrawn: nothing may contribute in its name
    if (status == DRF_OK)
        status = store_pending_add_cells(&store->pending, held, layer, tile, blob, size);
    return status;
}

enum drf_status fusion_store_tiles_of(struct fusion_store *store, int64_t id,
                                      struct fusion_touched *touched)
{
    const struct store_identity *held = store_pending_id(&store->pending, id);
    return store_touch_former(store, held, id, true, touched);
}
