// SPDX-License-Identifier: Apache-2.0
// What the columns of the tables say, checked: no value of a file is used before it is.
#include <sqlite3.h>

#include <string.h>

#include "fusion/store/store_impl.h"

int fusion_version_compare(const struct fusion_version *a, const struct fusion_version *b)
{
    if (a->time_utc_us != b->time_utc_us)
        return a->time_utc_us < b->time_utc_us ? -1 : 1;
    return memcmp(a->sha256, b->sha256, sizeof a->sha256);
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
        return store_damaged(store, "a row names a tile that does not exist");
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
    uint64_t seed = store_hash(GEO_HASH_START, &live->id, sizeof live->id);
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
