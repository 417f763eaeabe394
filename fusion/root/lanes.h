// fusion/root/lanes.h - a few numbers at once, as processors have them.
// SPDX-License-Identifier: Apache-2.0
//
// The vectors of gcc and clang, 16 bytes wide, which every processor we build for has; only the
// lesser and the greater of two are named here, because the compilers do not find them.
#ifndef FUSION_LANES_H
#define FUSION_LANES_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double fusion_pair __attribute__((vector_size(16)));
typedef int64_t fusion_pair_mask __attribute__((vector_size(16))); // 0 or -1 each
typedef int16_t fusion_eight __attribute__((vector_size(16)));
typedef uint16_t fusion_eight_bits __attribute__((vector_size(16))); // the same, and wraps
typedef uint32_t fusion_four __attribute__((vector_size(16)));

// Lane by lane mask ? a : b.
static inline fusion_pair fusion_pair_choose(fusion_pair_mask mask, fusion_pair a,
                                             fusion_pair b)
{
    return (fusion_pair)(((fusion_pair_mask)a & mask) | ((fusion_pair_mask)b & ~mask));
}

// a < b ? a : b, so b when one is not a number.
static inline fusion_pair fusion_pair_lesser(fusion_pair a, fusion_pair b)
{
#ifdef __SSE2__
    return _mm_min_pd(a, b);
#else
    return fusion_pair_choose(a < b, a, b);
#endif
}

// a > b ? a : b, so b when one is not a number.
static inline fusion_pair fusion_pair_greater(fusion_pair a, fusion_pair b)
{
#ifdef __SSE2__
    return _mm_max_pd(a, b);
#else
    return fusion_pair_choose(a > b, a, b);
#endif
}

static inline fusion_eight fusion_eight_greater(fusion_eight a, fusion_eight b)
{
#ifdef __SSE2__
    return (fusion_eight)_mm_max_epi16((__m128i)a, (__m128i)b);
#else
    const fusion_eight mask = a > b;
    return (a & mask) | (b & ~mask);
#endif
}

#endif
