// SPDX-License-Identifier: Apache-2.0
// The tiles of the fabric, a slot each, and the queues of those that are to be folded or
// rendered.
#include <stdlib.h>

#include "fusion/fabric/fabric_impl.h"
#include "geo/unconst.h"

struct geo_tile fabric_tile(const struct fusion_fabric *fabric, size_t index)
{
    return fusion_tile_grids_tile(&fabric->tiles, index);
}

void fabric_push(struct fusion_fabric *fabric, enum fabric_queue_name name, size_t index)
{
    struct fabric_queue *queue = &fabric->queues[name];
    if (queue->queued[index])
        return;
    queue->queued[index] = true;
    queue->items[(queue->first + queue->count++) % fabric->tile_count] = (uint32_t)index;
}

bool fabric_pop(struct fusion_fabric *fabric, enum fabric_queue_name name, size_t *index)
{
    struct fabric_queue *queue = &fabric->queues[name];
    if (queue->count == 0)
        return false;
    *index = queue->items[queue->first];
    queue->first = (queue->first + 1) % fabric->tile_count;
    queue->count--;
    queue->queued[*index] = false;
    return true;
}

static void queue_dirty(struct fusion_fabric *fabric, size_t index, bool urgent)
{
    struct fabric_slot *slot = &fabric->slots[index];
    slot->surface_dirty = true; // ground or not: the surface depends on it
    if (slot->ground_dirty)
        fabric_push(fabric, FABRIC_GROUND, index);
    fabric_push(fabric, FABRIC_SURFACE, index);
    if (urgent)
        fabric_push(fabric, FABRIC_URGENT, index);
}

void fabric_dirty(struct fusion_fabric *fabric, size_t index, bool ground, bool urgent)
{
    struct fabric_slot *slot = &fabric->slots[index];
    slot->ground_dirty = slot->ground_dirty || ground;
    slot->surface_whole = true;
    queue_dirty(fabric, index, urgent);
}

void fabric_dirty_under(struct fusion_fabric *fabric, size_t index,
                        const struct fusion_footprint *footprint, bool lowered, bool urgent)
{
    struct fabric_slot *slot = &fabric->slots[index];
    slot->lowered = slot->lowered || lowered;
    if (!slot->surface_whole)
        slot->touched = fusion_refold_box(slot->touched, fabric_tile(fabric, index), footprint);
    queue_dirty(fabric, index, urgent);
}

enum drf_status fabric_mark(struct fusion_fabric *fabric, enum fusion_layer layer, size_t index)
{
    enum drf_status status =
        fusion_store_mark_dirty(fabric->store, layer, fabric_tile(fabric, index));
    if (status != DRF_OK)
        return status;
    struct fabric_slot *slot = &fabric->slots[index];
    slot->ground_mark = slot->ground_mark || layer == FUSION_LAYER_GROUND;
    slot->surface_mark = slot->surface_mark || layer == FUSION_LAYER_SURFACE;
    fabric_push(fabric, FABRIC_RENDER, index);
    return DRF_OK;
}

void fabric_release_tile(void *context, void *part)
{
    struct fusion_tile *tile = part;
    for (uint16_t i = 0; i < tile->source_count; i++)
        fusion_provenance_release(context, tile->sources[i]);
    fusion_tile_free(tile);
}

enum drf_status fabric_slots_open(struct fusion_fabric *fabric)
{
    fabric->slots = calloc(fabric->tile_count, sizeof *fabric->slots);
    if (fabric->slots == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < fabric->tile_count; i++) {
        fabric->slots[i].surface_whole = true;
        fabric->slots[i].touched = FUSION_CELL_BOX_EMPTY;
    }
    for (size_t i = 0; i < FABRIC_QUEUES; i++) {
        struct fabric_queue *queue = &fabric->queues[i];
        queue->items = calloc(fabric->tile_count, sizeof *queue->items);
        queue->queued = calloc(fabric->tile_count, sizeof *queue->queued);
        if (queue->items == NULL || queue->queued == NULL)
            return DRF_ERR_NOMEM;
    }
    return DRF_OK;
}

void fabric_slots_close(struct fusion_fabric *fabric)
{
    for (size_t i = 0; fabric->slots != NULL && i < fabric->tile_count; i++) {
        struct fabric_slot *slot = &fabric->slots[i];
        if (slot->surface != NULL && slot->surface != slot->ground)
            fabric_release_tile(fabric->provenances, GEO_UNCONST(slot->surface));
        if (slot->ground != NULL)
            fabric_release_tile(fabric->provenances, GEO_UNCONST(slot->ground));
        fusion_bare_close(slot->bare);
    }
    free(fabric->slots);
    for (size_t i = 0; i < FABRIC_QUEUES; i++) {
        free(fabric->queues[i].items);
        free(fabric->queues[i].queued);
    }
}
