// SPDX-License-Identifier: Apache-2.0
// What is rendered and waits for its transaction: the newest of each coverage tile and row.
#include <stdlib.h>

#include "fusion/store/store_impl.h"

static void rendered_free(struct store_rendered *rendered)
{
    free(rendered->obstacle);
    free(rendered->zone);
    free(rendered->station);
    free(rendered->bytes);
    free(rendered);
}

enum drf_status store_rendered_open(struct fusion_store *store)
{
    return store_index_open(&store->rendered_by_name);
}

static void free_list(struct fusion_store *store)
{
    while (store->rendered != NULL) {
        struct store_rendered *rendered = store->rendered;
        store->rendered = rendered->next;
        rendered_free(rendered);
    }
}

void store_rendered_close(struct fusion_store *store)
{
    free_list(store);
    store_index_close(&store->rendered_by_name);
}

void store_rendered_clear(struct fusion_store *store)
{
    free_list(store);
    store_index_clear(&store->rendered_by_name);
    store->rendered_bytes = 0;
}

static uint64_t rendered_hash(const struct store_rendered *rendered)
{
    const uint64_t hash = store_tile_hash(rendered->layer, rendered->tile);
    return store_hash(hash, &rendered->id, sizeof rendered->id);
}

static struct store_rendered *rendered_like(const struct fusion_store *store,
                                            const struct store_rendered *name)
{
    struct store_link *link = store_index_first(&store->rendered_by_name, rendered_hash(name));
    for (; link != NULL; link = store_index_next(link)) {
        struct store_rendered *held = (struct store_rendered *)link;
        if (held->layer == name->layer && held->id == name->id
            && store_tile_same(held->tile, name->tile))
            return held;
    }
    return NULL;
}

void store_rendered_outdate(struct fusion_store *store, int64_t id)
{
    static const enum fusion_layer layers[] = {FUSION_LAYER_OBSTACLE, FUSION_LAYER_ZONE,
                                               FUSION_LAYER_WEATHER};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const struct store_rendered name = {.layer = layers[i], .id = id};
        struct store_rendered *held = rendered_like(store, &name);
        if (held != NULL)
            held->outdated = true;
    }
}

static size_t rendered_cost(const struct store_rendered *rendered)
{
    return sizeof *rendered + rendered->size + rendered->row_bytes;
}

enum drf_status store_rendered_queue(struct fusion_store *store,
                                     const struct store_rendered *made)
{
    struct store_rendered *held = rendered_like(store, made);
    if (held == NULL) {
        held = malloc(sizeof *held);
        if (held == NULL)
            return DRF_ERR_NOMEM;
        *held = *made;
        held->next = store->rendered;
        store->rendered = held;
        store_index_add(&store->rendered_by_name, &held->by_name, rendered_hash(made));
    } else {
        store->rendered_bytes -= rendered_cost(held);
        free(held->obstacle);
        free(held->zone);
        free(held->station);
        free(held->bytes);
        held->summary = made->summary;
        held->obstacle = made->obstacle;
        held->zone = made->zone;
        held->station = made->station;
        held->row_bytes = made->row_bytes;
        held->bytes = made->bytes;
        held->size = made->size;
        held->outdated = false;
    }
    store->rendered_bytes += rendered_cost(held);
    return DRF_OK;
}
