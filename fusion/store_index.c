// SPDX-License-Identifier: Apache-2.0
#include "fusion/store_index.h"

#include <stdlib.h>

enum { ROOM_FIRST = 256 };

enum drf_status store_index_open(struct store_index *index)
{
    struct store_link **heads = calloc(ROOM_FIRST, sizeof *heads);
    if (heads == NULL)
        return DRF_ERR_NOMEM;
    *index = (struct store_index){.heads = heads, .room = ROOM_FIRST};
    return DRF_OK;
}

void store_index_close(struct store_index *index)
{
    free(index->heads);
    *index = (struct store_index){0};
}

void store_index_clear(struct store_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        index->heads[i] = NULL;
    index->count = 0;
}

static void put_first(struct store_link **heads, size_t room, struct store_link *link)
{
    struct store_link **head = &heads[link->hash & (room - 1)];
    link->next = *head;
    *head = link;
}

static void grow(struct store_index *index)
{
    const size_t room = index->room * 4;
    struct store_link **heads = calloc(room, sizeof *heads);
    if (heads == NULL)
        return;
    for (size_t i = 0; i < index->room; i++) {
        struct store_link *link = index->heads[i];
        while (link != NULL) {
            struct store_link *next = link->next;
            put_first(heads, room, link);
            link = next;
        }
    }
    free(index->heads);
    index->heads = heads;
    index->room = room;
}

void store_index_add(struct store_index *index, struct store_link *link, uint64_t hash)
{
    if (index->count >= index->room)
        grow(index);
    link->hash = hash;
    put_first(index->heads, index->room, link);
    index->count++;
}

void store_index_remove(struct store_index *index, struct store_link *link)
{
    struct store_link **at = &index->heads[link->hash & (index->room - 1)];
    while (*at != NULL && *at != link)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = link->next;
    index->count--;
}

struct store_link *store_index_first(const struct store_index *index, uint64_t hash)
{
    struct store_link *link = index->heads[hash & (index->room - 1)];
    while (link != NULL && link->hash != hash)
        link = link->next;
    return link;
}

struct store_link *store_index_next(const struct store_link *link)
{
    const uint64_t hash = link->hash;
    struct store_link *next = link->next;
    while (next != NULL && next->hash != hash)
        next = next->next;
    return next;
}

uint64_t store_hash_start(void) { return UINT64_C(14695981039346656037); }

uint64_t store_hash(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash ^ (hash >> 29); // the low bits choose the bucket
}
