// edge/inputs/leb128.h - integers of few bytes: LEB128, and zigzag for signed ones.
// SPDX-License-Identifier: Apache-2.0
//
// As Protocol Buffers codes varint and sint64.
#ifndef EDGE_LEB128_H
#define EDGE_LEB128_H

#include <stddef.h>
#include <stdint.h>

enum { EDGE_LEB128_MAX = 10 };

static inline uint64_t edge_leb128_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t edge_leb128_unzigzag(uint64_t value)
{
    return (int64_t)((value >> 1) ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

// Writes at most EDGE_LEB128_MAX bytes; returns the end.
static inline uint8_t *edge_leb128_put(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

// NULL: cut off, or more than 64 bits.
static inline const uint8_t *edge_leb128_get(const uint8_t *at, const uint8_t *end,
                                             uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; at < end && shift < 64; shift += 7, at++) {
        if (shift == 63 && *at > 1)
            return NULL;
        value |= (uint64_t)(*at & 0x7f) << shift;
        if ((*at & 0x80) == 0) {
            *out = value;
            return at + 1;
        }
    }
    return NULL;
}

#endif
