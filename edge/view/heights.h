// edge/view/heights.h - tiles of ground and surface for the page, overviews made on demand.
// SPDX-License-Identifier: Apache-2.0
//
// At the level of the region, and of an inset in its place, a tile is the store's PNG, byte for
// byte. A coarser one is made of the four below it: of ground the mean of the known cells, of
// surface the greatest of them, unknown where all four are. Above the region's level only the
// insets are there, and what they do not cover is unknown.
//
// Only so many levels are made, one overview at a time; a bounded number is kept. A stored tile
// is always as stored; an overview may be what it was 30 s ago. Any thread.
#ifndef EDGE_HEIGHTS_H
#define EDGE_HEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "edge/view/shared_store.h"
#include "geo/inset.h"

struct edge_heights;

// Overviews of at most 256 stored tiles: of this and finer levels, where `level` is stored.
enum { EDGE_HEIGHTS_LEVELS = 4 };
uint32_t edge_heights_coarsest(uint32_t level);

// `store` is borrowed until close; the insets are copied. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_heights_open(struct edge_shared_store *store,
                                                 uint32_t level, const struct geo_inset *insets,
                                                 size_t inset_count, struct edge_heights **out);
// What is being made ends at the next tile, and nothing is made any more.
void edge_heights_stop(struct edge_heights *heights);
void edge_heights_close(struct edge_heights *heights); // NULL is fine

enum { EDGE_HEIGHTS_TAG_SIZE = 40 };
struct edge_heights_tile {
    uint8_t *bytes; // freed by the caller with free(); NULL: as the caller has it
    size_t size;
    char tag[EDGE_HEIGHTS_TAG_SIZE]; // strong ETag, with its quotes
};
// `tags`: what the caller has, as in If-None-Match, or NULL. DRF_ERR_ABSENT: nothing is known
// there, or there is no store yet (*reading says which). DRF_ERR_RANGE: it is coarser than what
// is made. DRF_ERR_FULL: others wait already, ask again in a second. DRF_ERR_AGAIN: it was
// stopped. DRF_ERR_STORE, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_heights_tile(struct edge_heights *heights,
                                                 enum fusion_layer layer, struct geo_tile tile,
                                                 const char *tags, int64_t now_mono_us,
                                                 bool *reading, struct edge_heights_tile *out);

#endif
