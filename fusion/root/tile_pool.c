// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/tile_pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "geo/cells.h"
#include "geo/unconst.h"

enum {
    BLOCK_BYTES = GEO_CELLS_COUNT * sizeof(uint16_t),
    PAGE_BYTES = 2 << 20, // a large page of x86-64 and arm64
    BLOCKS = PAGE_BYTES / BLOCK_BYTES,
    ALL_FREE = (1 << BLOCKS) - 1,
};

struct page {
    uint8_t *memory; // aligned to PAGE_BYTES
    uint32_t free;   // bit 1 << block
};

struct level { // cells of one value
    const uint16_t *cells;
    size_t holders;
};

struct fusion_tile_pool {
    struct level *levels; // by value
    size_t level_count, level_room;
    uint64_t number;    // the last that was given
    struct page *pages; // by address
    size_t count, room;
    size_t first; // none before it has a free block
    size_t empty; // pages without a tile
};

enum drf_status fusion_tile_pool_open(struct fusion_tile_pool **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return DRF_ERR_NOMEM;
    (*out)->number = 1;
    return DRF_OK;
}

void fusion_tile_pool_close(struct fusion_tile_pool *pool)
{
    if (pool == NULL)
        return;
    assert(pool->empty == pool->count && pool->level_count == 0);
    for (size_t i = 0; i < pool->count; i++)
        (void)munmap(pool->pages[i].memory, PAGE_BYTES);
    free(pool->levels);
    free(pool->pages);
    free(pool);
}

uint64_t fusion_tile_pool_number(struct fusion_tile_pool *pool) { return ++pool->number; }

size_t fusion_tile_pool_held(const struct fusion_tile_pool *pool)
{
    return pool->count * PAGE_BYTES;
}

#ifdef DRF_SANITIZED // which is to see who reads a tile that was freed

uint16_t *fusion_tile_pool_take(struct fusion_tile_pool *pool)
{
    (void)pool;
    return malloc(BLOCK_BYTES);
}

static void give_block(struct fusion_tile_pool *pool, const uint16_t *cells)
{
    (void)pool;
    free(GEO_UNCONST(cells));
}

#else

static uint8_t *map_page(void)
{
    uint8_t *twice = mmap(NULL, 2 * (size_t)PAGE_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (twice == MAP_FAILED)
        return NULL;
    size_t before = (PAGE_BYTES - (uintptr_t)twice % PAGE_BYTES) % PAGE_BYTES;
    if (before > 0)
        (void)munmap(twice, before);
    (void)munmap(twice + before + PAGE_BYTES, PAGE_BYTES - before);
    (void)madvise(twice + before, PAGE_BYTES, MADV_HUGEPAGE);
    return twice + before;
}

// The first page that does not lie below that address.
static size_t place_of(const struct fusion_tile_pool *pool, const uint8_t *memory)
{
    size_t low = 0, high = pool->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)pool->pages[middle].memory < (uintptr_t)memory)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Every other page is full.
static bool add_page(struct fusion_tile_pool *pool)
{
    if (pool->count == pool->room) {
        size_t room = pool->room > 0 ? 2 * pool->room : 16;
        struct page *more = realloc(pool->pages, room * sizeof *more);
        if (more == NULL)
            return false;
        pool->pages = more;
        pool->room = room;
    }
    uint8_t *memory = map_page();
    if (memory == NULL)
        return false;
    size_t at = place_of(pool, memory);
    memmove(pool->pages + at + 1, pool->pages + at, (pool->count - at) * sizeof *pool->pages);
    pool->pages[at] = (struct page){.memory = memory, .free = ALL_FREE};
    pool->count++;
    pool->empty++;
    pool->first = at;
    return true;
}

uint16_t *fusion_tile_pool_take(struct fusion_tile_pool *pool)
{
    while (pool->first < pool->count && pool->pages[pool->first].free == 0)
        pool->first++;
    if (pool->first == pool->count && !add_page(pool))
        return NULL;
    struct page *page = &pool->pages[pool->first];
    size_t block = (size_t)__builtin_ctz(page->free);
    pool->empty -= page->free == ALL_FREE;
    page->free &= page->free - 1;
    return (uint16_t *)(void *)(page->memory + block * BLOCK_BYTES);
}

static void give_block(struct fusion_tile_pool *pool, const uint16_t *cells)
{
    uintptr_t offset = (uintptr_t)cells % PAGE_BYTES;
    const uint8_t *memory = (const uint8_t *)cells - offset;
    size_t at = place_of(pool, memory);
    struct page *page = &pool->pages[at];
    assert(at < pool->count && page->memory == memory
           && (page->free >> offset / BLOCK_BYTES & 1) == 0);
    page->free |= 1U << offset / BLOCK_BYTES;
    if (at < pool->first)
        pool->first = at;
    if (page->free != ALL_FREE || ++pool->empty == 1)
        return;
    (void)munmap(page->memory, PAGE_BYTES);
    pool->empty--;
    pool->count--;
    memmove(page, page + 1, (pool->count - at) * sizeof *page);
}

#endif

// The first level that does not lie below that value.
static size_t level_of(const struct fusion_tile_pool *pool, uint16_t value)
{
    size_t low = 0, high = pool->level_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pool->levels[middle].cells[0] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool add_level(struct fusion_tile_pool *pool, size_t at, uint16_t value)
{
    if (pool->level_count == pool->level_room) {
        const size_t room = pool->level_room > 0 ? 2 * pool->level_room : 16;
        struct level *more = realloc(pool->levels, room * sizeof *more);
        if (more == NULL)
            return false;
        pool->levels = more;
        pool->level_room = room;
    }
    uint16_t *cells = fusion_tile_pool_take(pool);
    if (cells == NULL)
        return false;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = value;
    struct level *level = &pool->levels[at];
    memmove(level + 1, level, (pool->level_count++ - at) * sizeof *level);
    *level = (struct level){.cells = cells};
    return true;
}

const uint16_t *fusion_tile_pool_share(struct fusion_tile_pool *pool, uint16_t value)
{
    const size_t at = level_of(pool, value);
    const bool there = at < pool->level_count && pool->levels[at].cells[0] == value;
    if (!there && !add_level(pool, at, value))
        return NULL;
    pool->levels[at].holders++;
    return pool->levels[at].cells;
}

void fusion_tile_pool_give(struct fusion_tile_pool *pool, const uint16_t *cells)
{
    const size_t at = level_of(pool, cells[0]);
    struct level *level = at < pool->level_count ? &pool->levels[at] : NULL;
    if (level == NULL || level->cells != cells) { // a tile's own
        give_block(pool, cells);
        return;
    }
    if (--level->holders > 0)
        return;
    memmove(level, level + 1, (--pool->level_count - at) * sizeof *level);
    give_block(pool, cells);
}
