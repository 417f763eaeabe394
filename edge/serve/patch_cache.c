// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/patch_cache.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACES = 16384,           // several for each window of 256 cells in 64 MB
    WAYS = 4,                 // places that a window may take: hardly two have to share one
    RING_BYTES_MIN = 4 << 20, // more than two layers that do not shrink
};

struct place {
    struct fusion_patch_window patch_window;
    uint64_t digest; // of all blocks; with the place in the grid it names the cells
    uint64_t at;     // in the ring, counted from its first byte ever
    uint32_t ground_size, surface_size; // 0, 0: empty
};

struct edge_patch_cache {
    uint64_t written;
    struct place places[PLACES];
    size_t ring_bytes;
    uint8_t ring[];
};

enum drf_status edge_patch_cache_open(uint64_t bytes, struct edge_patch_cache **out)
{
    size_t ring_bytes = bytes > RING_BYTES_MIN ? (size_t)bytes : RING_BYTES_MIN;
    struct edge_patch_cache *cache = calloc(1, sizeof *cache + ring_bytes);
    if (cache == NULL)
        return DRF_ERR_NOMEM;
    cache->ring_bytes = ring_bytes;
    *out = cache;
    return DRF_OK;
}

void edge_patch_cache_close(struct edge_patch_cache *cache) { free(cache); }

static uint64_t digest_of(const struct fusion_patch_window_cells *cells)
{
    uint64_t digest = cells->patch_window.side;
    for (int i = 0; i < FUSION_PATCH_WINDOW_BLOCKS; i++) {
        digest = (digest ^ cells->blocks[i]) * UINT64_C(0x9E3779B97F4A7C15);
        digest ^= digest >> 29;
    }
    return digest;
}

static size_t index_of(const struct fusion_patch_window_cells *cells, uint64_t digest)
{
    uint64_t hash =
        digest ^ ((uint64_t)cells->patch_window.west << 32 | cells->patch_window.south);
    return (size_t)(hash * UINT64_C(0xD6E8FEB86659FD93) >> 40) % (PLACES / WAYS) * WAYS;
}

bool edge_patch_cache_find(const struct edge_patch_cache *cache,
                           const struct fusion_patch_window_cells *cells,
                           struct edge_wire_layer *ground, struct edge_wire_layer *surface)
{
    uint64_t digest = digest_of(cells);
    const struct place *place = &cache->places[index_of(cells, digest)];
    const struct place *end = place + WAYS;
    while (place < end
           && (place->ground_size == 0 || place->digest != digest
               || !fusion_patch_window_same(place->patch_window, cells->patch_window)
               || cache->written - place->at > cache->ring_bytes))
        place++;
    if (place == end)
        return false;
    const uint8_t *bytes = cache->ring + place->at % cache->ring_bytes;
    *ground = (struct edge_wire_layer){bytes, place->ground_size};
    *surface = (struct edge_wire_layer){bytes + place->ground_size, place->surface_size};
    return true;
}

void edge_patch_cache_keep(struct edge_patch_cache *cache,
                           const struct fusion_patch_window_cells *cells,
                           struct edge_wire_layer ground, struct edge_wire_layer surface)
{
    size_t size = ground.size + surface.size,
           from = (size_t)(cache->written % cache->ring_bytes);
    if (from + size > cache->ring_bytes) // in one piece: the rest of this round stays empty
        cache->written += cache->ring_bytes - from;
    uint64_t digest = digest_of(cells);
    struct place *place = &cache->places[index_of(cells, digest)];
    for (const struct place *one = place + 1, *end = place + WAYS; one < end; one++)
        if (place->ground_size != 0 && (one->ground_size == 0 || one->at < place->at))
            place = &cache->places[one - cache->places]; // the oldest goes
    *place = (struct place){.patch_window = cells->patch_window,
                            .digest = digest,
                            .at = cache->written,
                            .ground_size = (uint32_t)ground.size,
                            .surface_size = (uint32_t)surface.size};
    uint8_t *to = cache->ring + cache->written % cache->ring_bytes;
    memcpy(to, ground.bytes, ground.size);
    memcpy(to + ground.size, surface.bytes, surface.size);
    cache->written += size;
}
