// SPDX-License-Identifier: Apache-2.0
//
// Each live identity is hashed by itself, over its name, version, provenance, items and the
// decoded cells of its contributions in the order of their tiles; a layer's digest is the hash
// of those hashes, sorted. So neither the order of arrival, nor ids, nor the coding of a blob,
// nor where it is held can show. Offsets, times of commits and tombstones are no content.
#include <sqlite3.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/digest/digest.h"
#include "fusion/store/store_impl.h"

struct entry {
    uint8_t sha256[32];
    uint32_t layers;
};

struct digest {
    struct fusion_store *store;
    struct fusion_digest sha256;
    uint16_t *cells;
    struct entry *entries;
    size_t count, room;
};

static enum drf_status feed_cells(struct digest *digest, int64_t layer, struct geo_tile tile,
                                  const uint8_t *blob, size_t size)
{
    if (blob == NULL || geo_cells_decode(blob, size, digest->cells) != DRF_OK)
        return store_damaged(digest->store, "the cells of a contribution are damaged");
    struct fusion_digest *sha = &digest->sha256;
    fusion_digest_int(sha, layer);
    fusion_digest_int(sha, tile.level);
    fusion_digest_int(sha, tile.row);
    fusion_digest_int(sha, tile.col);
    uint8_t row[GEO_CELLS_SIDE * 2];
    for (size_t r = 0; r < GEO_CELLS_SIDE; r++) {
        for (size_t c = 0; c < GEO_CELLS_SIDE; c++) {
            const uint16_t cell = digest->cells[r * GEO_CELLS_SIDE + c];
            row[2 * c] = (uint8_t)(cell & 0xff);
            row[2 * c + 1] = (uint8_t)(cell >> 8);
        }
        fusion_digest_bytes(sha, row, sizeof row);
    }
    return DRF_OK;
}

// One contribution's place, wherever it is held.
struct spot {
    enum fusion_layer layer;
    struct geo_tile tile;
    const struct store_cells *pending; // NULL: in the file
    int64_t rows_of;                   // there: of this identity or stage
};

static int spot_order(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    if (x->tile.level != y->tile.level)
        return x->tile.level < y->tile.level ? -1 : 1;
    if (x->tile.row != y->tile.row)
        return x->tile.row < y->tile.row ? -1 : 1;
    return (x->tile.col > y->tile.col) - (x->tile.col < y->tile.col);
}

struct spots {
    struct spot *at;
    size_t count, room;
};

static enum drf_status spots_add(struct spots *spots, struct spot spot)
{
    if (spots->count == spots->room) {
        const size_t room = spots->room == 0 ? 64 : spots->room * 2;
        struct spot *at = realloc(spots->at, room * sizeof *at);
        if (at == NULL)
            return DRF_ERR_NOMEM;
        spots->at = at;
        spots->room = room;
    }
    spots->at[spots->count++] = spot;
    return DRF_OK;
}

static enum drf_status spots_of(struct fusion_store *store, int64_t id, struct spots *spots)
{
    const struct store_identity *held = store_pending_id(&store->pending, id);
    enum drf_status status = DRF_OK, row = DRF_ERR_ABSENT;
    for (const struct store_cells *cells = held != NULL ? held->cells : NULL;
         cells != NULL && status == DRF_OK; cells = cells->next)
        status = spots_add(spots, (struct spot){cells->layer, cells->tile, cells, 0});
    const bool replaces = held != NULL && held->replaces;
    if (status != DRF_OK || (replaces && held->stage == 0))
        return status;
    id = replaces ? held->stage : id;
    status = STORE_BIND(store, STORE_SQL_CELLS_OF, store_int(id));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_CELLS_OF];
    while ((row = store_step(store, STORE_SQL_CELLS_OF, "list contributions")) == DRF_OK) {
        struct spot spot = {.rows_of = id};
        status = store_column_tile(store, statement, 0, &spot.layer, &spot.tile);
        if (status == DRF_OK && !store_pending_has(held, spot.layer, spot.tile))
            status = spots_add(spots, spot);
        if (status != DRF_OK)
            break;
    }
    store_done(store, STORE_SQL_CELLS_OF);
    return row == DRF_OK || row == DRF_ERR_ABSENT ? status : row;
}

static enum drf_status feed_spot(struct digest *digest, const struct spot *spot)
{
    const struct geo_tile tile = spot->tile;
    if (spot->pending != NULL)
        return feed_cells(digest, spot->layer, tile, spot->pending->blob, spot->pending->size);
    struct fusion_store *store = digest->store;
    enum drf_status status = STORE_BIND(store, STORE_SQL_CELLS_BLOB, store_int(spot->rows_of),
                                        store_int(spot->layer), store_int(tile.level),
                                        store_int(tile.row), store_int(tile.col));
    if (status != DRF_OK)
        return status;
    struct sqlite3_stmt *statement = store->statements[STORE_SQL_CELLS_BLOB];
    status = store_step(store, STORE_SQL_CELLS_BLOB, "read a contribution");
    if (status == DRF_OK) {
        const uint8_t *blob = sqlite3_column_blob(statement, 0);
        const size_t size = (size_t)sqlite3_column_bytes(statement, 0);
        const int64_t row_id = sqlite3_column_int64(statement, 2);
        const bool sound =
            blob != NULL
            && sqlite3_column_int64(statement, 1)
                   == store_cells_checksum(row_id, spot->layer, tile, blob, size);
        status = feed_cells(digest, spot->layer, tile, sound ? blob : NULL, size);
    } else if (status == DRF_ERR_ABSENT) {
        status = store_damaged(store, "an index names a contribution that does not exist");
    }
    store_done(store, STORE_SQL_CELLS_BLOB);
    return status;
}

static void feed_provenance(struct fusion_digest *sha, const struct fusion_source *source)
{
    fusion_digest_text(sha, source->feed);
    fusion_digest_text(sha, source->source);
    fusion_digest_text(sha, source->licence);
    fusion_digest_text(sha, source->version);
    fusion_digest_int(sha, source->priority);
    fusion_digest_real(sha, source->vertical_acc95_m);
    fusion_digest_real(sha, source->posting_m);
    fusion_digest_int(sha, source->issue_utc_us);
    fusion_digest_int(sha, source->data_time_utc_us);
}

// Notes are for people, and differ with the words of a decoder: they are no content.
static uint32_t feed_items(struct fusion_digest *sha, struct geo_record record)
{
    uint32_t layers = 0;
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_NOTE)
            continue;
        if (item.kind == GEO_ITEM_OBSTACLE)
            layers |= UINT32_C(1) << FUSION_LAYER_OBSTACLE;
        else if (item.kind == GEO_ITEM_ZONE)
            layers |= UINT32_C(1) << (((const struct geo_zone *)item.payload)->alert != 0
                                          ? FUSION_LAYER_ALERT
                                          : FUSION_LAYER_ZONE);
        else if (item.kind == GEO_ITEM_FIELD || item.kind == GEO_ITEM_STATION)
            layers |= UINT32_C(1) << FUSION_LAYER_WEATHER;
        else if (item.kind == GEO_ITEM_RASTER)
            layers |= UINT32_C(1)
                      << (((const struct geo_raster *)item.payload)->layer == GEO_RASTER_GROUND
                              ? FUSION_LAYER_GROUND
                              : FUSION_LAYER_SURFACE);
        struct geo_unreadable refused;
        if (item.kind == GEO_ITEM_UNREADABLE) { // when it was noted is the node's own
            refused = *(const struct geo_unreadable *)item.payload;
            refused.noted_utc_us = 0;
            item.payload = &refused;
        }
        fusion_digest_int(sha, item.kind);
        fusion_digest_int(sha, item.size);
        fusion_digest_bytes(sha, item.payload, item.size);
    }
    return layers;
}

static enum drf_status add_entry(struct digest *digest, const struct entry *entry)
{
    if (digest->count == digest->room) {
        const size_t room = digest->room == 0 ? 256 : digest->room * 2;
        struct entry *entries = realloc(digest->entries, room * sizeof *entries);
        if (entries == NULL)
            return DRF_ERR_NOMEM;
        digest->entries = entries;
        digest->room = room;
    }
    digest->entries[digest->count++] = *entry;
    return DRF_OK;
}

static enum drf_status digest_live(void *context, const struct fusion_live *live)
{
    struct digest *digest = context;
    struct entry entry = {0};
    struct fusion_digest *sha = &digest->sha256;
    fusion_digest_begin(sha);
    fusion_digest_text(sha, live->identity.feed);
    fusion_digest_text(sha, live->identity.source);
    fusion_digest_text(sha, live->identity.key);
    fusion_digest_int(sha, live->version.time_utc_us);
    fusion_digest_bytes(sha, live->version.sha256, sizeof live->version.sha256);
    feed_provenance(sha, live->provenance);
    entry.layers = feed_items(sha, live->record);

    struct spots spots = {0};
    enum drf_status status = spots_of(digest->store, live->id, &spots);
    if (status == DRF_OK && spots.count > 1)
        qsort(spots.at, spots.count, sizeof *spots.at, spot_order);
    for (size_t i = 0; i < spots.count && status == DRF_OK; i++) {
        entry.layers |= UINT32_C(1) << spots.at[i].layer;
        status = feed_spot(digest, &spots.at[i]);
    }
    free(spots.at);
    if (status != DRF_OK)
        return status;
    fusion_digest_end(sha, entry.sha256);
    status = fusion_digest_status(sha);
    return status == DRF_OK ? add_entry(digest, &entry) : status;
}

static int entry_order(const void *a, const void *b)
{
    return memcmp(((const struct entry *)a)->sha256, ((const struct entry *)b)->sha256, 32);
}

static enum drf_status combine(struct digest *digest, enum fusion_layer layer, uint8_t *out)
{
    if (digest->count > 1)
        qsort(digest->entries, digest->count, sizeof *digest->entries, entry_order);
    struct fusion_digest *sha = &digest->sha256;
    fusion_digest_begin(sha);
    for (size_t i = 0; i < digest->count; i++)
        if (layer == FUSION_LAYER_COUNT
            || (digest->entries[i].layers & (UINT32_C(1) << layer)) != 0)
            fusion_digest_bytes(sha, digest->entries[i].sha256,
                                sizeof digest->entries[i].sha256);
    uint8_t sha256[32];
    fusion_digest_end(sha, sha256);
    const enum drf_status status = fusion_digest_status(sha);
    if (status == DRF_OK)
        memcpy(out, sha256, sizeof sha256);
    return status;
}

enum drf_status fusion_store_digest(struct fusion_store *store, enum fusion_layer layer,
                                    uint8_t out[static 32])
{
    assert(layer <= FUSION_LAYER_COUNT);
    struct digest digest = {.store = store,
                            .cells = malloc(sizeof(uint16_t) * GEO_CELLS_COUNT)};
    enum drf_status status = digest.cells != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = fusion_digest_open(&digest.sha256);
    // The walk over the records holds one snapshot of the file open, for the reads inside too.
    if (status == DRF_OK)
        status = fusion_store_each_live(store, digest_live, &digest);
    if (status == DRF_OK)
        status = combine(&digest, layer, out);
    fusion_digest_close(&digest.sha256);
    free(digest.cells);
    free(digest.entries);
    return status;
}
