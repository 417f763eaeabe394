// geo/extreme.h - the greater and the lesser of two numbers.
// SPDX-License-Identifier: Apache-2.0
//
// What fmax() and fmin() return, of what is not a number the other; of two zeros the second, as
// the C library of x86-64 has it. They are calls of that library, which a context made five
// hundred times; these are two instructions and a branch that is not taken.
#ifndef GEO_EXTREME_H
#define GEO_EXTREME_H

#include <math.h>

static inline double geo_greater(double a, double b)
{
    const double greater = a > b ? a : b;
    return isnan(b) ? a : greater;
}

static inline double geo_lesser(double a, double b)
{
    const double lesser = a < b ? a : b;
    return isnan(b) ? a : lesser;
}

#endif
