// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/backqueue.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Positions only grow; their remainder is the place in the ring. An entry is never split: what
// is left before the end of the ring is skipped by an entry of size SKIP.
struct entry {
    uint32_t size; // of the value
    uint32_t name_size;
};

enum { ALIGN = 8 };
#define SKIP UINT32_MAX

struct edge_backqueue {
    _Atomic size_t head; // the pusher's: end of what is there
    _Atomic size_t tail; // the popper's: its beginning
    size_t room;         // a power of two
    uint8_t *ring;
    struct edge_backqueue_inputs inputs;
    size_t looked; // the popper's: the head when it looked
};

static size_t rounded(size_t size) { return (size + ALIGN - 1) / ALIGN * ALIGN; }

static size_t entry_size(size_t name_size, size_t size)
{
    return sizeof(struct entry) + rounded(name_size) + rounded(size);
}

enum drf_status edge_backqueue_open(size_t room_bytes, struct edge_backqueue **out)
{
    size_t room = 1024;
    while (room < room_bytes && room < SIZE_MAX / 2)
        room *= 2;
    struct edge_backqueue *queue = malloc(sizeof *queue);
    uint8_t *ring = malloc(room);
    if (!queue || !ring) {
        free(queue);
        free(ring);
        return DRF_ERR_NOMEM;
    }
    *queue = (struct edge_backqueue){.room = room, .ring = ring};
    *out = queue;
    return DRF_OK;
}

void edge_backqueue_close(struct edge_backqueue *queue)
{
    if (!queue)
        return;
    free(queue->ring);
    free(queue);
}

void edge_backqueue_use_inputs(struct edge_backqueue *queue,
                               struct edge_backqueue_inputs inputs)
{
    queue->inputs = inputs;
}

static enum drf_status push(struct edge_backqueue *queue, const char *name, const void *bytes,
                            size_t size)
{
    size_t name_size = strnlen(name, EDGE_BACKQUEUE_NAME_SIZE) + 1;
    if (name_size == 1 || name_size > EDGE_BACKQUEUE_NAME_SIZE || size > queue->room / 4)
        return DRF_ERR_RANGE;

    size_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
    size_t at = head & (queue->room - 1), need = entry_size(name_size, size);
    size_t skip = queue->room - at < need ? queue->room - at : 0;
    if (queue->room - (head - tail) < need + skip)
        return DRF_ERR_FULL;
    if (skip > 0) {
        memcpy(queue->ring + at, &(struct entry){.size = SKIP}, sizeof(struct entry));
        at = 0;
    }
    struct entry entry = {.size = (uint32_t)size, .name_size = (uint32_t)name_size};
    memcpy(queue->ring + at, &entry, sizeof entry);
    memcpy(queue->ring + at + sizeof entry, name, name_size);
    if (size > 0)
        memcpy(queue->ring + at + sizeof entry + rounded(name_size), bytes, size);
    atomic_store_explicit(&queue->head, head + skip + need, memory_order_release);
    return DRF_OK;
}

void edge_backqueue_look(struct edge_backqueue *queue)
{
    queue->looked = atomic_load_explicit(&queue->head, memory_order_acquire);
}

// How far the popper may go.
static size_t reach(const struct edge_backqueue *queue)
{
    return edge_inputs_records(queue->inputs.popper)
               ? queue->looked
               : atomic_load_explicit(&queue->head, memory_order_acquire);
}

bool edge_backqueue_drained(struct edge_backqueue *queue)
{
    return edge_inputs_value(queue->inputs.popper, EDGE_INPUT_BACK_EMPTY,
                             atomic_load_explicit(&queue->tail, memory_order_relaxed)
                                 == reach(queue))
           != 0;
}

bool edge_backqueue_empty(struct edge_backqueue *queue)
{
    return atomic_load_explicit(&queue->head, memory_order_acquire)
           == atomic_load_explicit(&queue->tail, memory_order_acquire);
}

static bool front(struct edge_backqueue *queue, size_t end, struct edge_back_value *out)
{
    size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    if (tail == end)
        return false;
    const uint8_t *at = queue->ring + (tail & (queue->room - 1));
    struct entry entry;
    memcpy(&entry, at, sizeof entry);
    if (entry.size == SKIP) { // never the last thing pushed: an entry follows at the beginning
        tail += queue->room - (tail & (queue->room - 1));
        atomic_store_explicit(&queue->tail, tail, memory_order_release);
        at = queue->ring;
        memcpy(&entry, at, sizeof entry);
    }
    *out = (struct edge_back_value){
        .name = (const char *)at + sizeof entry,
        .bytes = at + sizeof entry + rounded(entry.name_size),
        .size = entry.size,
    };
    return true;
}

static void pop(struct edge_backqueue *queue, const struct edge_back_value *value)
{
    size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    size_t name_size = strlen(value->name) + 1;
    atomic_store_explicit(&queue->tail, tail + entry_size(name_size, value->size),
                          memory_order_release);
}

// Replaying: the step after this one may have taken out, before this one put in, what is still
// here. Both sides are one thread then, and hold nothing of the ring between steps.
static enum drf_status grow(struct edge_backqueue *queue)
{
    struct edge_backqueue *larger = NULL;
    struct edge_back_value value;
    enum drf_status status = edge_backqueue_open(2 * queue->room, &larger);
    while (status == DRF_OK && front(queue, atomic_load(&queue->head), &value)) {
        status = push(larger, value.name, value.bytes, value.size);
        pop(queue, &value);
    }
    if (status != DRF_OK) {
        edge_backqueue_close(larger);
        return status;
    }
    uint8_t *ring = queue->ring;
    queue->ring = larger->ring;
    queue->room = larger->room;
    atomic_store(&queue->head, atomic_load(&larger->head));
    atomic_store(&queue->tail, 0);
    larger->ring = ring;
    edge_backqueue_close(larger);
    return DRF_OK;
}

// Whether there was room depends on how far the other loop had come.
enum drf_status edge_backqueue_push(struct edge_backqueue *queue, const char *name,
                                    const void *bytes, size_t size)
{
    struct edge_inputs *inputs = queue->inputs.pusher;
    if (!edge_inputs_replays(inputs) || edge_inputs_free(inputs))
        return (enum drf_status)edge_inputs_value(inputs, queue->inputs.push,
                                                  push(queue, name, bytes, size));
    enum drf_status was =
        (enum drf_status)edge_inputs_value(inputs, queue->inputs.push, DRF_OK);
    if (was != DRF_OK)
        return was;
    enum drf_status status = push(queue, name, bytes, size);
    while (status == DRF_ERR_FULL && grow(queue) == DRF_OK)
        status = push(queue, name, bytes, size);
    if (status != DRF_OK)
        edge_inputs_differ(inputs, "a value that was kept finds no room");
    return was;
}

bool edge_backqueue_front(struct edge_backqueue *queue, struct edge_back_value *out)
{
    bool there = front(queue, reach(queue), out);
    bool seen = edge_inputs_value(queue->inputs.popper, queue->inputs.front, there) != 0;
    if (seen && !there)
        edge_inputs_differ(queue->inputs.popper, "a value that was taken is not there");
    return seen && there;
}

void edge_backqueue_pop(struct edge_backqueue *queue)
{
    struct edge_back_value value;
    bool there = front(queue, atomic_load_explicit(&queue->head, memory_order_acquire), &value);
    assert(there);
    (void)there;
    pop(queue, &value);
}
