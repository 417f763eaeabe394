// edge/command/plain_number.h - a number with so many digits that count, never as 2.4e+04.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_PLAIN_NUMBER_H
#define EDGE_PLAIN_NUMBER_H

#include <math.h>
#include <stdio.h>

enum { EDGE_PLAIN_NUMBER_SIZE = 32 };

// As %g, but whole from where that would use an exponent, and 0 below a millionth. `digits` 3
// to 6; of more than 20 places the exponent comes back.
static inline const char *edge_plain_number(double value, int digits,
                                            char text[EDGE_PLAIN_NUMBER_SIZE])
{
    const double size = fabs(value), most = pow(10.0, digits);
    if (size < 0.5e-6)
        (void)snprintf(text, EDGE_PLAIN_NUMBER_SIZE, "0");
    else if (size < 1e-4)
        (void)snprintf(text, EDGE_PLAIN_NUMBER_SIZE, "%.6f", value);
    else if (size < most - 0.5 || size >= 1e20)
        (void)snprintf(text, EDGE_PLAIN_NUMBER_SIZE, "%.*g", digits, value);
    else
        (void)snprintf(text, EDGE_PLAIN_NUMBER_SIZE, "%.0f", value);
    return text;
}

#endif
