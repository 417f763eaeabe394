// fusion/context/patch_bits.h - bit writer, run lengths and Rice codes; private to patch.c.
// SPDX-License-Identifier: Apache-2.0
//
// Most significant bit first. A residual is a Rice code whose parameter follows the mean of the
// residuals before it, as in JPEG-LS (ITU-T T.87, A.5): k is the least with count * 2^k >= sum.
#ifndef FUSION_PATCH_BITS_H
#define FUSION_PATCH_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUSION_RICE_ONES_MAX = 20, FUSION_RICE_K_MAX = 14, FUSION_RICE_RESET = 64 };

struct fusion_bits_out {
    uint8_t *bytes;
    size_t room, used;
    uint64_t waiting;
    uint32_t bits; // of `waiting`, fewer than 32 between calls
    bool full;     // something did not fit; nothing more is written
};

static inline struct fusion_bits_out fusion_bits_write(uint8_t *bytes, size_t room)
{
    return (struct fusion_bits_out){.bytes = bytes, .room = room};
}

// The low `count` bits of value, at most 32.
static inline void fusion_bits_put(struct fusion_bits_out *out, uint32_t value, uint32_t count)
{
    out->waiting = out->waiting << count | value;
    out->bits += count;
    if (out->bits < 32)
        return;
    out->bits -= 32;
    uint32_t word = (uint32_t)(out->waiting >> out->bits);
    if (out->full || out->room - out->used < 4) {
        // Near the end the last bytes may fit yet, one by one: rarely, and only when coding
        // saves less than four bytes. Then the layer goes raw.
        out->full = true;
        return;
    }
    for (int i = 0; i < 4; i++)
        out->bytes[out->used + (size_t)i] = (uint8_t)(word >> (24 - 8 * i));
    out->used += 4;
}

static inline void fusion_bits_end(struct fusion_bits_out *out)
{
    for (; out->bits > 0 && !out->full; out->bits = out->bits > 8 ? out->bits - 8 : 0) {
        if (out->used == out->room) {
            out->full = true;
            return;
        }
        uint64_t byte =
            out->bits >= 8 ? out->waiting >> (out->bits - 8) : out->waiting << (8 - out->bits);
        out->bytes[out->used++] = (uint8_t)byte;
    }
}

// Elias gamma of value >= 1, below 2^17.
static inline void fusion_bits_put_gamma(struct fusion_bits_out *out, uint32_t value)
{
    uint32_t width = 0;
    while (value >> width > 1)
        width++;
    fusion_bits_put(out, 0, width);
    fusion_bits_put(out, value, width + 1);
}

struct fusion_rice {
    uint32_t sum, count;
};

static inline struct fusion_rice fusion_rice_begin(void)
{
    return (struct fusion_rice){.sum = 4, .count = 1};
}

static inline uint32_t fusion_rice_k(const struct fusion_rice *rice)
{
    uint32_t k = 0;
    while (k < FUSION_RICE_K_MAX && rice->count << k < rice->sum)
        k++;
    return k;
}

static inline void fusion_rice_learn(struct fusion_rice *rice, uint32_t folded)
{
    rice->sum += (folded + 1) / 2;
    if (++rice->count == FUSION_RICE_RESET) {
        rice->sum /= 2;
        rice->count /= 2;
    }
}

static inline void fusion_rice_put(struct fusion_rice *rice, struct fusion_bits_out *out,
                                   int16_t residual)
{
    uint32_t folded =
        residual >= 0 ? 2 * (uint32_t)residual : 2 * (uint32_t)(-(residual + 1)) + 1;
    uint32_t k = fusion_rice_k(rice), ones = folded >> k;
    if (ones < FUSION_RICE_ONES_MAX) {
        fusion_bits_put(out, ((UINT32_C(1) << ones) - 1) << 1, ones + 1);
        fusion_bits_put(out, folded & ((UINT32_C(1) << k) - 1), k);
    } else {
        fusion_bits_put(out, (UINT32_C(1) << FUSION_RICE_ONES_MAX) - 1, FUSION_RICE_ONES_MAX);
        fusion_bits_put(out, folded, 16);
    }
    fusion_rice_learn(rice, folded);
}

#endif
