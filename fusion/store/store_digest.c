// SPDX-License-Identifier: Apache-2.0
//
// Each live identity is hashed by itself, over its name, version, certificate, items and the
// decoded cells of its contributions in the order of their tiles; a layer's digest is the hash
// of those hashes, sorted. So neither the order of arrival, nor ids, nor the coding of a blob,
// nor where it is held can show. Offsets, times of commits and tombstones are no content.
#include <sqlite3.h>

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

struct entry {
    uint8_t sha256[32];
    uint32_t layers;
};

struct digest {
    struct fusion_store *store;
    EVP_MD_CTX *sha;
    uint16_t *cells;
    struct entry *entries;
    size_t count, room;
    bool failed; // libcrypto ran out of memory
};

static void feed(struct digest *digest, const void *bytes, size_t size)
{
    if (EVP_DigestUpdate(digest->sha, bytes, size) != 1)
        digest->failed = true;
}

static void feed_text(struct digest *digest, const char *text)
{
    feed(digest, text, strlen(text) + 1);
}

// Little-endian on every machine.
static void feed_int(struct digest *digest, int64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
    feed(digest, bytes, sizeof bytes);
}

static void feed_real(struct digest *digest, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    feed_int(digest, bits);
}

static enum drf_status feed_cells(struct digest *digest, int64_t layer, struct geo_tile tile,
                                  const uint8_t *blob, size_t size)
{
    if (blob == NULL || geo_cells_decode(blob, size, digest->cells) != DRF_OK)
        return store_damaged(digest->store, "the cells of a contribution are damaged");
    feed_int(digest, layer);
    feed_int(digest, tile.level);
    feed_int(digest, tile.row);
    feed_int(digest, tile.col);
    uint8_t row[GEO_CELLS_SIDE * 2];
    for (size_t r = 0; r < GEO_CELLS_SIDE; r++) {
        for (size_t c = 0; c < GEO_CELLS_SIDE; c++) {
            const uint16_t cell = digest->cells[r * GEO_CELLS_SIDE + c];
            row[2 * c] = (uint8_t)(cell & 0xff);
            row[2 * c + 1] = (uint8_t)(cell >> 8);
        }
        feed(digest, row, sizeof row);
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

static bool pending_has(const struct store_identity *held, enum fusion_layer layer,
                        struct geo_tile tile)
{
    for (const struct store_cells *cells = held != NULL ? held->cells : NULL; cells != NULL;
         cells = cells->next)
        if (cells->layer == layer && store_tile_same(cells->tile, tile))
            return true;
    return false;
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
        if (status == DRF_OK && !pending_has(held, spot.layer, spot.tile))
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
        status = store_damaged(store, "an index names a contribution that is not there");
    }
    store_done(store, STORE_SQL_CELLS_BLOB);
    return status;
}

static void feed_provenance(struct digest *digest, const struct fusion_source *source)
{
    feed_text(digest, source->feed);
    feed_text(digest, source->source);
    feed_text(digest, source->licence);
    feed_text(digest, source->version);
    feed_int(digest, source->priority);
    feed_real(digest, source->vertical_acc95_m);
    feed_real(digest, source->posting_m);
    feed_int(digest, source->issue_utc_us);
    feed_int(digest, source->data_time_utc_us);
}

// Notes are for people, and differ with the words of a decoder: they are no content.
static uint32_t feed_items(struct digest *digest, struct geo_record record)
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
        feed_int(digest, item.kind);
        feed_int(digest, item.size);
        feed(digest, item.payload, item.size);
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
    if (EVP_DigestInit_ex(digest->sha, EVP_sha256(), NULL) != 1)
        return DRF_ERR_NOMEM;
    feed_text(digest, live->identity.feed);
    feed_text(digest, live->identity.source);
    feed_text(digest, live->identity.key);
    feed_int(digest, live->version.time_utc_us);
    feed(digest, live->version.sha256, sizeof live->version.sha256);
    feed_provenance(digest, live->provenance);
    entry.layers = feed_items(digest, live->record);

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
    if (EVP_DigestFinal_ex(digest->sha, entry.sha256, NULL) != 1 || digest->failed)
        return DRF_ERR_NOMEM;
    return add_entry(digest, &entry);
}

static int entry_order(const void *a, const void *b)
{
    return memcmp(((const struct entry *)a)->sha256, ((const struct entry *)b)->sha256, 32);
}

static enum drf_status combine(struct digest *digest, enum fusion_layer layer, uint8_t *out)
{
    if (digest->count > 1)
        qsort(digest->entries, digest->count, sizeof *digest->entries, entry_order);
    if (EVP_DigestInit_ex(digest->sha, EVP_sha256(), NULL) != 1)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < digest->count; i++)
        if (layer == FUSION_LAYER_COUNT
            || (digest->entries[i].layers & (UINT32_C(1) << layer)) != 0)
            feed(digest, digest->entries[i].sha256, sizeof digest->entries[i].sha256);
    uint8_t sha256[32];
    if (EVP_DigestFinal_ex(digest->sha, sha256, NULL) != 1 || digest->failed)
        return DRF_ERR_NOMEM;
    memcpy(out, sha256, sizeof sha256);
    return DRF_OK;
}

enum drf_status fusion_store_digest(struct fusion_store *store, enum fusion_layer layer,
                                    uint8_t out[static 32])
{
    assert(layer <= FUSION_LAYER_COUNT);
    struct digest digest = {.store = store,
                            .sha = EVP_MD_CTX_new(),
                            .cells = malloc(sizeof(uint16_t) * GEO_CELLS_COUNT)};
    // The walk over the records holds one snapshot of the file open, for the reads inside too.
    enum drf_status status =
        digest.sha != NULL && digest.cells != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = fusion_store_each_live(store, digest_live, &digest);
    if (status == DRF_OK)
        status = combine(&digest, layer, out);
    EVP_MD_CTX_free(digest.sha);
    free(digest.cells);
    free(digest.entries);
    return status;
}
