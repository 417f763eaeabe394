// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/encounter.h"

#include <math.h>

static struct sim_nearest nearest(const struct sim_approach *a, bool slant)
{
    double up_m = slant ? a->up_m : 0, up_mps = slant ? a->up_mps : 0;
    double square = a->north_mps * a->north_mps + a->east_mps * a->east_mps + up_mps * up_mps;
    double along = a->north_m * a->north_mps + a->east_m * a->east_mps + up_m * up_mps;
    double at_s = square > 0 ? fmin(fmax(-along / square, 0.0), a->seconds) : 0.0;
    double horizontal_m = sim_approach_horizontal_at(a, at_s);
    double vertical_m = slant ? sim_approach_up_at(a, at_s) : 0;
    return (struct sim_nearest){.at_s = at_s, .distance_m = hypot(horizontal_m, vertical_m)};
}

struct sim_nearest sim_approach_horizontal(const struct sim_approach *approach)
{
    return nearest(approach, false);
}

struct sim_nearest sim_approach_slant(const struct sim_approach *approach)
{
    return nearest(approach, true);
}

double sim_approach_horizontal_at(const struct sim_approach *a, double at_s)
{
    return hypot(a->north_m + a->north_mps * at_s, a->east_m + a->east_mps * at_s);
}

double sim_approach_up_at(const struct sim_approach *a, double at_s)
{
    return a->up_m + a->up_mps * at_s;
}

// Narrows the span to where q2 t^2 + 2 q1 t + q0 < 0.
static bool below_zero(double q2, double q1, double q0, struct sim_span *span)
{
    if (q2 <= 0)
        return q0 < 0; // no motion: q1 is 0, too
    double inner = q1 * q1 - q2 * q0;
    if (inner <= 0)
        return false;
    // The root without cancellation, and the other by Vieta.
    double far = -(q1 + copysign(sqrt(inner), q1));
    double one_s = far / q2, two_s = far != 0 ? q0 / far : -one_s;
    span->from_s = fmax(span->from_s, fmin(one_s, two_s));
    span->to_s = fmin(span->to_s, fmax(one_s, two_s));
    return span->from_s < span->to_s;
}

bool sim_approach_inside(const struct sim_approach *a, struct sim_cylinder cylinder,
                         struct sim_span *out)
{
    struct sim_span span = {.from_s = 0, .to_s = a->seconds};
    double h2 = cylinder.horizontal_m * cylinder.horizontal_m;
    double v2 = cylinder.vertical_m * cylinder.vertical_m;
    if (!below_zero(a->north_mps * a->north_mps + a->east_mps * a->east_mps,
                    a->north_m * a->north_mps + a->east_m * a->east_mps,
                    a->north_m * a->north_m + a->east_m * a->east_m - h2, &span))
        return false;
    if (a->has_up
        && !below_zero(a->up_mps * a->up_mps, a->up_m * a->up_mps, a->up_m * a->up_m - v2,
                       &span))
        return false;
    *out = span;
    return true;
}
