// fusion/store/store_index.h - intrusive hash table, hash and checksum of the store.
// SPDX-License-Identifier: Apache-2.0
//
// The caller's struct begins with (or holds) a link, so adding cannot fail. The caller tells
// equal hashes apart. One owner, no threads.
#ifndef FUSION_STORE_INDEX_H
#define FUSION_STORE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "geo/hash.h"
#include "geo/status.h"

struct store_link {
    struct store_link *next; // of the same bucket
    uint64_t hash;
};

struct store_index {
    struct store_link **heads;
    size_t room; // a power of two
    size_t count;
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status store_index_open(struct store_index *index);
void store_index_close(struct store_index *index); // the links are the caller's
void store_index_clear(struct store_index *index); // forgets every link

// Grows by itself; when memory for that is short it only becomes slower.
void store_index_add(struct store_index *index, struct store_link *link, uint64_t hash);
void store_index_remove(struct store_index *index, struct store_link *link);
// The links of one hash; NULL at the end.
struct store_link *store_index_first(const struct store_index *index, uint64_t hash);
struct store_link *store_index_next(const struct store_link *link);

// Tells a damaged blob from the one that was written: SQLite has no checksum of its own.
// Depends on `seed` (what the blob belongs to) and on every bit; not collision resistant. Part
// of the file's format.
int64_t store_checksum(uint64_t seed, const void *bytes, size_t size);

// FNV-1a with the high bits folded into the low ones after each call, continued from `hash`;
// GEO_HASH_START at first. Seeds checksums, so part of the file's format too.
uint64_t store_hash(uint64_t hash, const void *bytes, size_t size);

#endif
