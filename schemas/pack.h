// schemas/pack.h - what the generated packers are made of.
// SPDX-License-Identifier: Apache-2.0
//
// The build writes one function for each message that is packed often
// (schemas/generate/packers.c). A message is written from its end to its begin, so that the
// length of what lies in it is known when it is needed: every function below writes in front of
// `at` and returns where that begins. Wire format: protobuf.dev/programming-guides/encoding.
//
// Room is looked at once for all that has a greatest size (numbers, tags, lengths), before
// anything of a message is written, and again for each text, member of a list and message in
// it, which leave as much. So a packer may say that there is no room where a few bytes are
// left.
#ifndef SCHEMAS_PACK_H
#define SCHEMAS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// What the functions may write in front of what they return.
enum { DRF_PACK_BEFORE = 8 };
// A tag and a length, and more.
enum { DRF_PACK_HEAD = 16 };

static inline bool drf_pack_room(uintptr_t low, const uint8_t *at, size_t size)
{
    return (uintptr_t)at >= low + size;
}

static inline uint8_t *drf_pack_fixed32(uint8_t *at, uint32_t value)
{
    at -= 4;
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
    return at;
}

// 7 bits to each byte, and where the last one lies is known at once.
static inline uint8_t *drf_pack_long_varint(uint8_t *at, uint64_t value)
{
    const unsigned size = (63U - (unsigned)__builtin_clzll(value)) / 7 + 1;
    if (size > 8) {
        uint8_t *begin = at - size;
        for (at = begin; value >= 128; value >>= 7)
            *at++ = (uint8_t)(value | 128);
        *at = (uint8_t)value;
        return begin;
    }
    value = (value & 0x000000000FFFFFFF) | (value & 0x00FFFFFFF0000000) << 4;
    value = (value & 0x00003FFF00003FFF) | (value & 0x0FFFC0000FFFC000) << 2;
    value = (value & 0x007F007F007F007F) | (value & 0x3F803F803F803F80) << 1;
    value |= UINT64_C(0x0080808080808080) >> 8 * (8 - size); // all but the last go on
    value <<= 8 * (8 - size);
    (void)drf_pack_fixed32(drf_pack_fixed32(at, (uint32_t)(value >> 32)), (uint32_t)value);
    return at - size;
}

static inline uint8_t *drf_pack_varint(uint8_t *at, uint64_t value)
{
    if (value >= 128)
        return drf_pack_long_varint(at, value);
    *--at = (uint8_t)value;
    return at;
}

static inline uint8_t *drf_pack_sint32(uint8_t *at, int32_t value)
{
    const uint32_t bits = (uint32_t)value;
    return drf_pack_varint(at, bits << 1 ^ (0U - (bits >> 31)));
}

static inline uint8_t *drf_pack_sint64(uint8_t *at, int64_t value)
{
    const uint64_t bits = (uint64_t)value;
    return drf_pack_varint(at, bits << 1 ^ (UINT64_C(0) - (bits >> 63)));
}

static inline uint8_t *drf_pack_float(uint8_t *at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return drf_pack_fixed32(at, bits);
}

static inline uint8_t *drf_pack_bool(uint8_t *at, bool value)
{
    *--at = value;
    return at;
}

// A field's number and wire type, at most two bytes: known when the packer is written.
static inline uint8_t *drf_pack_tag(uint8_t *at, uint32_t tag)
{
    if (tag >= 128)
        *--at = (uint8_t)(tag >> 7);
    *--at = (uint8_t)(tag >= 128 ? tag | 128 : tag);
    return at;
}

// NULL: no room.
static inline uint8_t *drf_pack_text(uintptr_t low, uint8_t *at, const char *text)
{
    const size_t size = strlen(text);
    if (!drf_pack_room(low, at, size))
        return NULL;
    at -= size;
    memcpy(at, text, size);
    return drf_pack_varint(at, size);
}

#endif
