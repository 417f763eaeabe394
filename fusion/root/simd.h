// fusion/root/simd.h - SIMD vectors of 16 bytes: minimum and maximum.
// SPDX-License-Identifier: Apache-2.0
//
// The vector extension of gcc and clang, 16 bytes wide, which every processor we build for has.
// Only minimum and maximum are defined here: the compilers do not find those instructions by
// themselves.
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
typedef uint32_t fusion_simd_four __attribute__((vector_size(16)));

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

#endif
