// geo/hash.h - FNV-1a, a fast hash that is not collision resistant.
// SPDX-License-Identifier: Apache-2.0
//
// For tables in memory and for ids of things that we made ourselves; what comes from outside
// and must not collide is hashed with SHA-256. Parameters: draft-eastlake-fnv, section 5.
#ifndef GEO_HASH_H
#define GEO_HASH_H

#include <stddef.h>
#include <stdint.h>

#define GEO_HASH_START UINT64_C(14695981039346656037)
#define GEO_HASH32_START UINT32_C(2166136261)

// Goes on from `hash`, which is GEO_HASH_START at first. `bytes` may be NULL when size is 0.
static inline uint64_t geo_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): all bytes are set
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

// A whole word as if it were one byte: not FNV-1a of its bytes, and only for tables in memory.
static inline uint64_t geo_hash_word(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * UINT64_C(1099511628211);
}

// Up to the NUL, without it.
static inline uint64_t geo_hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

// One round over a small number.
static inline uint32_t geo_hash32_number(uint32_t hash, uint32_t number)
{
    return (hash ^ number) * UINT32_C(16777619);
}

static inline uint32_t geo_hash32_text(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
    return hash;
}

#endif
