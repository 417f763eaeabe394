// SPDX-License-Identifier: Apache-2.0
#include "sim/world/plane.h"

#include <math.h>
#include <stddef.h>

double sim_plane_segment_m(struct sim_plane a, struct sim_plane b, struct sim_plane point,
                           double *share)
{
    double x = b.east_m - a.east_m, y = b.north_m - a.north_m, square = x * x + y * y;
    double t = square > 0.0
                   ? ((point.east_m - a.east_m) * x + (point.north_m - a.north_m) * y) / square
                   : 0.0;
    t = fmin(fmax(t, 0.0), 1.0);
    if (share != NULL)
        *share = t;
    return hypot(a.east_m + t * x - point.east_m, a.north_m + t * y - point.north_m);
}
