// fusion/root/kind_numbers.h - the packed numbers of the kinds of a tile's cells; for tile*.c.
// SPDX-License-Identifier: Apache-2.0
//
// Each takes 0, 1, 2, 4, 8 or 16 bits, low bits first; of 16 the low byte first. With 0 bits
// there is no memory, and every number is 0.
#ifndef FUSION_KIND_NUMBERS_H
#define FUSION_KIND_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

// The fewest that suffice.
static inline uint8_t fusion_kind_bits(uint16_t kinds)
{
    return kinds <= 1     ? 0
           : kinds <= 2   ? 1
           : kinds <= 4   ? 2
           : kinds <= 16  ? 4
           : kinds <= 256 ? 8
                          : 16;
}

static inline uint16_t fusion_kind_number(const uint8_t *packed, uint8_t bits, size_t at)
{
    if (bits == 0)
        return 0;
    if (bits == 16)
        return (uint16_t)(packed[2 * at] | packed[2 * at + 1] << 8);
    return (uint16_t)((uint32_t)packed[at * bits / 8] >> at * bits % 8 & ((1U << bits) - 1));
}

static inline void fusion_kind_put(uint8_t *packed, uint8_t bits, size_t at, uint16_t number)
{
    if (bits == 16) {
        packed[2 * at] = (uint8_t)number;
        packed[2 * at + 1] = (uint8_t)(number >> 8);
    } else if (bits > 0) {
        uint8_t *byte = &packed[at * bits / 8];
        const uint32_t shift = (uint32_t)(at * bits % 8), mask = (1U << bits) - 1;
        *byte = (uint8_t)((*byte & ~(mask << shift)) | (uint32_t)number << shift);
    }
}

#endif
