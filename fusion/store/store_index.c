// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/store_index.h"

#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"

enum { ROOM_FIRST = 256 };

enum drf_status store_index_open(struct store_index *index)
{
    struct store_link **heads = calloc(ROOM_FIRST, sizeof(struct store_link *));
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
    struct store_link **heads = calloc(room, sizeof(struct store_link *));
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

uint64_t store_hash(uint64_t hash, const void *bytes, size_t size)
{
    hash = geo_hash_bytes(hash, bytes, size);
    return hash ^ (hash >> 29); // the low bits choose the bucket
}

// Each step is a bijection of the lane for a given word and of the word for a given lane, so
// one wrong word always shows. Four lanes: the multiplications need not wait for each other.
static uint64_t mix(uint64_t lane, uint64_t word)
{
    lane ^= word;
    lane = (lane << 29) | (lane >> 35);
    return lane * UINT64_C(0x9E3779B97F4A7C15);
}

// In the machine's own order, like the records: a store does not move between kinds of machine.
static uint64_t word_at(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return word;
}

int64_t store_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3};
    size_t left = size;
    for (; left >= 32; left -= 32, at += 32)
        for (size_t i = 0; i < 4; i++)
            lanes[i] = mix(lanes[i], word_at(at + 8 * i, 8));
    for (; left > 0; left -= left < 8 ? left : 8, at += 8)
        lanes[0] = mix(lanes[0], word_at(at, left < 8 ? left : 8));
    uint64_t sum = mix(seed, size);
    for (size_t i = 0; i < 4; i++)
        sum = mix(sum, lanes[i]);
    int64_t out;
    memcpy(&out, &sum, sizeof out);
    return out;
}
