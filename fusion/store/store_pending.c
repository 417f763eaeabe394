// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "fusion/store/store_impl.h"

enum { IDENTITY_BYTES = 256, SMALL_BYTES = 96 }; // what an entry costs beside its payload

enum drf_status store_pending_open(struct store_pending *pending)
{
    *pending = (struct store_pending){0};
    enum drf_status status = store_index_open(&pending->by_name);
    if (status == DRF_OK)
        status = store_index_open(&pending->by_id);
    if (status == DRF_OK)
        status = store_index_open(&pending->by_tile);
    return status;
}

static void free_cells(struct store_identity *identity)
{
    while (identity->cells != NULL) {
        struct store_cells *cells = identity->cells;
        identity->cells = cells->next;
        free(cells);
    }
}

static void free_lists(struct store_pending *pending)
{
    while (pending->first != NULL) {
        struct store_identity *identity = pending->first;
        pending->first = identity->next;
        free_cells(identity);
        free(identity->record);
        free(identity->feed);
        free(identity);
    }
    while (pending->offsets != NULL) {
        struct store_offset *offset = pending->offsets;
        pending->offsets = offset->next;
        free(offset);
    }
    while (pending->values != NULL) {
        struct store_value *value = pending->values;
        pending->values = value->next;
        free(value->bytes);
        free(value);
    }
    pending->last = NULL;
    pending->bytes = 0;
}

void store_pending_close(struct store_pending *pending)
{
    free_lists(pending);
    store_index_close(&pending->by_name);
    store_index_close(&pending->by_id);
    store_index_close(&pending->by_tile);
}

void store_pending_clear(struct store_pending *pending)
{
    free_lists(pending);
    store_index_clear(&pending->by_name);
    store_index_clear(&pending->by_id);
    store_index_clear(&pending->by_tile);
}

static uint64_t name_hash(struct fusion_identity name)
{
    uint64_t hash = store_hash(GEO_HASH_START, name.feed, strlen(name.feed) + 1);
    hash = store_hash(hash, name.source, strlen(name.source) + 1);
    return store_hash(hash, name.key, strlen(name.key));
}

static uint64_t id_hash(int64_t id) { return store_hash(GEO_HASH_START, &id, sizeof id); }

uint64_t store_tile_hash(enum fusion_layer layer, struct geo_tile tile)
{
    const uint32_t words[] = {(uint32_t)layer, tile.level, tile.row, tile.col};
    return store_hash(GEO_HASH_START, words, sizeof words);
}

bool store_tile_same(struct geo_tile a, struct geo_tile b)
{
    return a.level == b.level && a.row == b.row && a.col == b.col;
}

struct store_identity *store_pending_named(const struct store_pending *pending,
                                           struct fusion_identity name)
{
    struct store_link *link = store_index_first(&pending->by_name, name_hash(name));
    for (; link != NULL; link = store_index_next(link)) {
        struct store_identity *held = (struct store_identity *)link;
        if (strcmp(held->key, name.key) == 0 && strcmp(held->source, name.source) == 0
            && strcmp(held->feed, name.feed) == 0)
            return held;
    }
    return NULL;
}

static struct store_identity *of_id_link(struct store_link *link)
{
    return (struct store_identity *)((char *)link - offsetof(struct store_identity, by_id));
}

struct store_identity *store_pending_id(const struct store_pending *pending, int64_t id)
{
    if (pending->first == NULL)
        return NULL;
    struct store_link *link = store_index_first(&pending->by_id, id_hash(id));
    for (; link != NULL; link = store_index_next(link))
        if (of_id_link(link)->id == id)
            return of_id_link(link);
    return NULL;
}

enum drf_status store_pending_add(struct store_pending *pending, struct fusion_identity name,
                                  int64_t id, struct store_identity **out)
{
    const size_t feed = strlen(name.feed) + 1, source = strlen(name.source) + 1,
                 key = strlen(name.key) + 1;
    struct store_identity *made = malloc(sizeof *made);
    char *text = malloc(feed + source + key);
    if (made == NULL || text == NULL) {
        free(made);
        free(text);
        return DRF_ERR_NOMEM;
    }
    memcpy(text, name.feed, feed);
    memcpy(text + feed, name.source, source);
    memcpy(text + feed + source, name.key, key);
    *made = (struct store_identity){
        .feed = text, .source = text + feed, .key = text + feed + source, .id = id};
    if (pending->last == NULL)
        pending->first = made;
    else
        pending->last->next = made;
    pending->last = made;
    store_index_add(&pending->by_name, &made->by_name, name_hash(name));
    store_index_add(&pending->by_id, &made->by_id, id_hash(id));
    pending->bytes += IDENTITY_BYTES + feed + source + key;
    *out = made;
    return DRF_OK;
}

bool store_pending_has(const struct store_identity *held, enum fusion_layer layer,
                       struct geo_tile tile)
{
    for (const struct store_cells *cells = held != NULL ? held->cells : NULL; cells != NULL;
         cells = cells->next)
        if (cells->layer == layer && store_tile_same(cells->tile, tile))
            return true;
    return false;
}

struct fusion_live store_pending_live(const struct store_identity *held)
{
    return (struct fusion_live){
        .id = held->id,
        .identity = {held->feed, held->source, held->key},
        .version = held->version,
        .provenance = &held->provenance->source,
        .record = {.bytes = held->record, .size = held->record_size},
    };
}

void store_pending_drop_cells(struct store_pending *pending, struct store_identity *identity)
{
    for (struct store_cells *cells = identity->cells; cells != NULL; cells = cells->next) {
        store_index_remove(&pending->by_tile, &cells->by_tile);
        pending->bytes -= SMALL_BYTES + cells->size;
    }
    free_cells(identity);
}

static void drop_tile(struct store_pending *pending, struct store_identity *identity,
                      enum fusion_layer layer, struct geo_tile tile)
{
    struct store_link *link =
        store_index_first(&pending->by_tile, store_tile_hash(layer, tile));
    for (; link != NULL; link = store_index_next(link)) {
        struct store_cells *cells = (struct store_cells *)link;
        if (cells->owner != identity || cells->layer != layer
            || !store_tile_same(cells->tile, tile))
            continue;
        struct store_cells **at = &identity->cells;
        while (*at != cells)
            at = &(*at)->next;
        *at = cells->next;
        store_index_remove(&pending->by_tile, &cells->by_tile);
        pending->bytes -= SMALL_BYTES + cells->size;
        free(cells);
        return;
    }
}

enum drf_status store_pending_add_cells(struct store_pending *pending,
                                        struct store_identity *identity,
                                        enum fusion_layer layer, struct geo_tile tile,
                                        const uint8_t *blob, size_t size)
{
    struct store_cells *made = malloc(sizeof *made + size);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    drop_tile(pending, identity, layer, tile);
    *made = (struct store_cells){
        .owner = identity, .layer = layer, .tile = tile, .size = size, .next = identity->cells};
    memcpy(made->blob, blob, size);
    identity->cells = made;
    store_index_add(&pending->by_tile, &made->by_tile, store_tile_hash(layer, tile));
    pending->bytes += SMALL_BYTES + size;
    return DRF_OK;
}
