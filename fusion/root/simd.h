// fusion/root/simd.h - SIMD vectors of 16 bytes: minimum and maximum, and over all lanes.
// SPDX-License-Identifier: Apache-2.0
//
// The vector extension of gcc and clang, 16 bytes wide, which every processor we build for has.
// Minimum and maximum are defined here, because the compilers do not find those instructions by
// themselves; and what all lanes of a vector make together.
#ifndef FUSION_SIMD_H
#define FUSION_SIMD_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double fusion_simd_pair __attribute__((vector_size(16)));
typedef int64_t fusion_simd_pair_mask __attribute__((vector_size(16))); // 0 or -1 each
typedef int16_t fusion_simd_eight __attribute__((vector_size(16)));
typedef uint16_t fusion_simd_eight_bits __attribute__((vector_size(16))); // the same, and wraps
typedef int32_t fusion_simd_four __attribute__((vector_size(16)));

// Lane by lane mask ? a : b.
static inline fusion_simd_pair fusion_simd_pair_choose(fusion_simd_pair_mask mask,
                                                       fusion_simd_pair a, fusion_simd_pair b)
{
    return (fusion_simd_pair)(((fusion_simd_pair_mask)a & mask)
                              | ((fusion_simd_pair_mask)b & ~mask));
}

// a < b ? a : b, so b when one is not a number.
static inline fusion_simd_pair fusion_simd_pair_lesser(fusion_simd_pair a, fusion_simd_pair b)
{
#ifdef __SSE2__
    return _mm_min_pd(a, b);
#else
    return fusion_simd_pair_choose(a < b, a, b);
#endif
}

// a > b ? a : b, so b when one is not a number.
static inline fusion_simd_pair fusion_simd_pair_greater(fusion_simd_pair a, fusion_simd_pair b)
{
#ifdef __SSE2__
    return _mm_max_pd(a, b);
#else
    return fusion_simd_pair_choose(a > b, a, b);
#endif
}

static inline fusion_simd_eight fusion_simd_eight_greater(fusion_simd_eight a,
                                                          fusion_simd_eight b)
{
#ifdef __SSE2__
    return (fusion_simd_eight)_mm_max_epi16((__m128i)a, (__m128i)b);
#else
    const fusion_simd_eight mask = a > b;
    return (a & mask) | (b & ~mask);
#endif
}

static inline fusion_simd_eight fusion_simd_eight_lesser(fusion_simd_eight a,
                                                         fusion_simd_eight b)
{
#ifdef __SSE2__
    return (fusion_simd_eight)_mm_min_epi16((__m128i)a, (__m128i)b);
#else
    const fusion_simd_eight mask = a < b;
    return (a & mask) | (b & ~mask);
#endif
}

// The sum of each lane and the next one.
static inline fusion_simd_four fusion_simd_eight_sums(fusion_simd_eight a)
{
#ifdef __SSE2__
    return (fusion_simd_four)_mm_madd_epi16((__m128i)a, _mm_set1_epi16(1));
#else
    const fusion_simd_eight odd = __builtin_shufflevector(a, a, 1, 1, 3, 3, 5, 5, 7, 7);
    const fusion_simd_eight even = __builtin_shufflevector(a, a, 0, 0, 2, 2, 4, 4, 6, 6);
    return ((fusion_simd_four)odd >> 16) + ((fusion_simd_four)even >> 16);
#endif
}

// The greatest of all lanes.
static inline int16_t fusion_simd_eight_greatest(fusion_simd_eight a)
{
    a = fusion_simd_eight_greater(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3));
    a = fusion_simd_eight_greater(a, __builtin_shufflevector(a, a, 2, 3, 0, 1, 6, 7, 4, 5));
    a = fusion_simd_eight_greater(a, __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6));
    return a[0];
}

// The least of all lanes.
static inline int16_t fusion_simd_eight_least(fusion_simd_eight a)
{
    a = fusion_simd_eight_lesser(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3));
    a = fusion_simd_eight_lesser(a, __builtin_shufflevector(a, a, 2, 3, 0, 1, 6, 7, 4, 5));
    a = fusion_simd_eight_lesser(a, __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6));
    return a[0];
}

// Of all lanes, which must not be more than one holds.
static inline int32_t fusion_simd_four_sum(fusion_simd_four a)
{
    a += __builtin_shufflevector(a, a, 2, 3, 0, 1);
    a += __builtin_shufflevector(a, a, 1, 0, 3, 2);
    return a[0];
}

#endif
