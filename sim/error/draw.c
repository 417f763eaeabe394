// SPDX-License-Identifier: Apache-2.0
#include "sim/error/draw.h"

#include <math.h>

#include "sim/error/philox.h"
#include "sim/world/spectrum.h"

static const double ln2 = 0.69314718055994530942;

double sim_ln(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    // ln m = 2 artanh t; |t| < 0.1716, so that twelve terms are enough.
    double t = (m - 1.0) / (m + 1.0), square = t * t, sum = 0.0;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2.0 * t * sum + exponent * ln2;
}

double sim_exp(double x)
{
    double n = floor(x / ln2 + 0.5), rest = x - n * ln2, sum = 1.0;
    for (int k = 16; k >= 1; k--)
        sum = 1.0 + rest * sum / k;
    return ldexp(sum, (int)n);
}

static struct sim_philox words(struct sim_draw draw, uint64_t index)
{
    const struct sim_philox counter = {
        .word = {(uint32_t)index, (uint32_t)(index >> 32), draw.drone, (uint32_t)draw.kind}};
    return sim_philox_4x32_10(counter, (uint32_t)draw.seed, (uint32_t)(draw.seed >> 32));
}

// 52 bits and a half: never 0, never 1.
static double uniform(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 20) | (low >> 12);
    return ldexp((double)bits + 0.5, -52);
}

double sim_draw_uniform(struct sim_draw draw, uint64_t index)
{
    struct sim_philox p = words(draw, index);
    return uniform(p.word[0], p.word[1]);
}

// G. E. P. Box, M. E. Muller: A note on the generation of random normal deviates. Annals of
// Mathematical Statistics 29 (1958) 610-611.
double sim_draw_normal(struct sim_draw draw, uint64_t index)
{
    struct sim_philox p = words(draw, index);
    return sqrt(-2.0 * sim_ln(uniform(p.word[0], p.word[1])))
           * sim_sine(uniform(p.word[2], p.word[3]));
}

double sim_draw_exponential(struct sim_draw draw, uint64_t index)
{
    return -sim_ln(sim_draw_uniform(draw, index));
}
