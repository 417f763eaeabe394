// SPDX-License-Identifier: Apache-2.0
#include "sim/world/relief.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE_MAX = 2400 };

enum drf_status sim_relief_open(const struct sim_world *world, struct sim_relief *out)
{
    double size_m = world->plan.size_km * 1000.0;
    double step_m = fmax(10.0, size_m / SIDE_MAX);
    struct sim_relief relief = {
        .step_m = step_m, .half_m = size_m / 2, .side = (size_t)ceil(size_m / step_m) + 1};
    const struct sim_roughness *rough = &world->surface_rough;
    relief.error_m = step_m * step_m / 8 * (rough->curve_east + rough->curve_north);
    size_t count = relief.side * relief.side;
    relief.ground = malloc(count * sizeof *relief.ground);
    relief.surface = malloc(count * sizeof *relief.surface);
    if (relief.ground == NULL || relief.surface == NULL) {
        sim_relief_close(&relief);
        return DRF_ERR_NOMEM;
    }
    for (size_t j = 0; j < relief.side; j++)
        for (size_t i = 0; i < relief.side; i++) {
            double east_m = -relief.half_m + (double)i * step_m;
            double north_m = -relief.half_m + (double)j * step_m;
            double ground = sim_spectrum_at(&world->ground, east_m, north_m, 0.0);
            double canopy = world->plan.surface
                                ? sim_spectrum_at(&world->canopy, east_m, north_m, 0.0)
                                : 0.0;
            relief.ground[j * relief.side + i] = (float)ground;
            relief.surface[j * relief.side + i] = (float)(ground + canopy);
        }
    *out = relief;
    return DRF_OK;
}

void sim_relief_close(struct sim_relief *relief)
{
    free(relief->ground);
    free(relief->surface);
    relief->ground = relief->surface = NULL;
}

struct along {
    double unit_east, unit_north, length_m;
};

static struct along direction(const struct sim_strip *strip)
{
    double east = strip->to.east_m - strip->from.east_m;
    double north = strip->to.north_m - strip->from.north_m;
    double length_m = hypot(east, north);
    if (length_m < 1e-6)
        return (struct along){0};
    return (struct along){east / length_m, north / length_m, length_m};
}

static bool holds(const struct sim_strip *strip, const struct along *a, struct sim_plane point)
{
    double east = point.east_m - strip->from.east_m;
    double north = point.north_m - strip->from.north_m;
    if (a->length_m == 0.0)
        return east * east + north * north
               <= (strip->half_to_m + strip->ahead_m) * (strip->half_to_m + strip->ahead_m);
    double s = east * a->unit_east + north * a->unit_north;
    double side = fabs(north * a->unit_east - east * a->unit_north);
    if (s < -strip->behind_m || s > a->length_m + strip->ahead_m)
        return false;
    double t = fmin(fmax(s / a->length_m, 0.0), 1.0);
    return side <= strip->half_from_m + t * (strip->half_to_m - strip->half_from_m);
}

bool sim_strip_holds(const struct sim_strip *strip, struct sim_plane point)
{
    struct along a = direction(strip);
    return holds(strip, &a, point);
}

static void scan_cover(const struct sim_world *world, const struct sim_strip *strip,
                       const struct along *a, double reach_m, struct sim_relief_range *range)
{
    // Coverage is 1-Lipschitz (a distance), so its value on the middle line bounds the strip.
    range->covered_min_m = HUGE_VAL;
    range->covered_max_m = -HUGE_VAL;
    double from_m = -strip->behind_m, to_m = a->length_m + strip->ahead_m;
    if (a->length_m == 0.0)
        from_m = to_m = 0.0;
    for (int i = 0; i <= 8; i++) {
        double s = from_m + (to_m - from_m) * i / 8;
        struct sim_plane p = {.east_m = strip->from.east_m + s * a->unit_east,
                              .north_m = strip->from.north_m + s * a->unit_north};
        double covered_m = sim_world_covered_m(world, sim_world_point(world, p));
        range->covered_min_m = fmin(range->covered_min_m, covered_m);
        range->covered_max_m = fmax(range->covered_max_m, covered_m);
    }
    double slack_m = reach_m + (to_m - from_m) / 16;
    range->covered_min_m -= slack_m;
    range->covered_max_m += slack_m;
}

struct sim_relief_range sim_relief_scan(const struct sim_relief *relief,
                                        const struct sim_world *world,
                                        const struct sim_strip *strip, long stride)
{
    struct along a = direction(strip);
    double half_m = fmax(strip->half_from_m, strip->half_to_m);
    double reach_m = half_m + fmax(strip->ahead_m, strip->behind_m);
    double low[2] = {fmin(strip->from.east_m, strip->to.east_m) - reach_m,
                     fmin(strip->from.north_m, strip->to.north_m) - reach_m};
    double high[2] = {fmax(strip->from.east_m, strip->to.east_m) + reach_m,
                      fmax(strip->from.north_m, strip->to.north_m) + reach_m};
    long first[2], last[2];
    for (int k = 0; k < 2; k++) {
        double limit = (double)relief->side - 1;
        first[k] = (long)fmin(fmax(ceil((low[k] + relief->half_m) / relief->step_m), 0), limit);
        last[k] =
            (long)fmin(fmax(floor((high[k] + relief->half_m) / relief->step_m), 0), limit);
    }
    struct sim_relief_range range = {
        .ground_min_m = HUGE_VAL, .ground_max_m = -HUGE_VAL, .surface_max_m = -HUGE_VAL};
    double sum_m = 0.0;
    for (long j = first[1]; j <= last[1]; j += stride)
        for (long i = first[0]; i <= last[0]; i += stride) {
            struct sim_plane p = {.east_m = -relief->half_m + (double)i * relief->step_m,
                                  .north_m = -relief->half_m + (double)j * relief->step_m};
            if (!holds(strip, &a, p))
                continue;
            size_t at = (size_t)j * relief->side + (size_t)i;
            double ground = (double)relief->ground[at], surface = (double)relief->surface[at];
            range.count++;
            sum_m += ground;
            range.ground_min_m = fmin(range.ground_min_m, ground);
            range.ground_max_m = fmax(range.ground_max_m, ground);
            range.surface_max_m = fmax(range.surface_max_m, surface);
        }
    range.ground_mean_m = range.count > 0 ? sum_m / (double)range.count : 0.0;
    scan_cover(world, strip, &a, half_m, &range);
    return range;
}
