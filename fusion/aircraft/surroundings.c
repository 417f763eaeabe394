// SPDX-License-Identifier: Apache-2.0
#include "fusion/aircraft/surroundings.h"

#include <math.h>

#include "geo/extreme.h"
#include "geo/frame.h"
#include "geo/length.h"

double fusion_surroundings_outside_m(const struct fusion_surroundings *around,
                                     struct geo_point point)
{
    struct geo_frame frame = geo_frame_at(point);
    bool inside = false;
    double best_m = HUGE_VAL;
    struct geo_offset a = geo_frame_offset(&frame, around->ring[around->ring_count - 1]);
    for (size_t i = 0; i < around->ring_count; i++) {
        struct geo_offset b = geo_frame_offset(&frame, around->ring[i]);
        double x = b.east_m - a.east_m, y = b.north_m - a.north_m, square = x * x + y * y;
        double t = square > 0.0 ? -(a.east_m * x + a.north_m * y) / square : 0.0;
        t = geo_lesser(geo_greater(t, 0.0), 1.0);
        best_m = geo_lesser(best_m, geo_length(a.east_m + t * x, a.north_m + t * y));
        inside ^= geo_frame_crosses_north(a, b);
        a = b;
    }
    return inside ? -best_m : best_m;
}
