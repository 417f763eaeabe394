// geo/length.h - length of a vector in a plane.
// SPDX-License-Identifier: Apache-2.0
//
// Not hypot(): that guards against squares beyond what a double holds, which metres on the
// Earth never reach, takes many times as long, and rounds differently from one C library to
// the next. A square root is rounded correctly everywhere (IEEE 754).
#ifndef GEO_LENGTH_H
#define GEO_LENGTH_H

#include <math.h>

static inline double geo_length(double x, double y) { return sqrt(x * x + y * y); }

#endif
