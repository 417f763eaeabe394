// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/weather_points.h"

#include <math.h>

#include "fusion/root/weather_index.h"
#include "geo/extreme.h"

// The plane of the field that gave this answer.
static bool plane_of(const struct fusion_planes *planes, uint32_t variable,
                     const struct fusion_quantity *answer, uint32_t *out)
{
    for (size_t g = planes->first_of[variable]; g < planes->first_of[variable + 1]; g++) {
        const struct fusion_weather_group *group = &planes->groups[g];
        if (group->lower_agl_m != answer->lower_agl_m
            || group->upper_agl_m != answer->upper_agl_m)
            continue;
        for (size_t k = group->first; k < group->first + group->count; k++)
            if (planes->entries[k].field->source == answer->source
                && planes->planes[planes->entries[k].plane].inside) {
                *out = planes->entries[k].plane;
                return true;
            }
    }
    return false;
}

struct span {
    double low, high;
};

// Points of one axis that cells between low and high touch, around `at` if there are too many.
static void choose(struct span span, double at, uint32_t count, uint32_t *first,
                   uint32_t *chosen)
{
    double last = count - 1.0, side = FUSION_WEATHER_POINTS_SIDE;
    double low = geo_greater(floor(span.low), 0.0), high = geo_lesser(ceil(span.high), last);
    if (high - low + 1.0 > side) {
        low = geo_lesser(geo_greater(floor(at) - side / 2 + 1, low), high - side + 1);
        high = low + side - 1;
    }
    *first = (uint32_t)low;
    *chosen = high >= low ? (uint32_t)(high - low) + 1 : 0;
}

static uint64_t mix(uint64_t key, uint64_t word)
{
    key = (key ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return key ^ (key >> 29);
}

struct fusion_weather_grid fusion_weather_grid_of(struct fusion_planes *planes,
                                                  const struct fusion_root *root,
                                                  const struct fusion_weather_ask *ask,
                                                  struct geo_bounds box)
{
    struct fusion_weather_grid grid = {.known = false};
    struct fusion_weather_at at;
    struct fusion_weather_ask grids = *ask;
    grids.grid_only = true;
    fusion_weather_ask(planes, root, &grids, &at);
    const struct fusion_quantity *wind = &at.items[FUSION_WIND];
    const struct fusion_quantity *warm = &at.items[FUSION_TEMPERATURE];
    const struct fusion_quantity *answer = wind->reason == FUSION_REASON_NONE ? wind : warm;
    if (answer->reason != FUSION_REASON_NONE
        || !plane_of(planes, answer == wind ? GEO_WIND_U : GEO_TEMPERATURE, answer,
                     &grid.plane))
        return grid;

    const struct fusion_plane *plane = &planes->planes[grid.plane];
    double i_at = plane->i, j_at = plane->j;
    struct span i_span = {i_at, i_at}, j_span = {j_at, j_at};
    for (int k = 0; k < 4; k++) {
        struct geo_point corner = {(k & 1) != 0 ? box.north_deg : box.south_deg,
                                   (k & 2) != 0 ? box.east_deg : box.west_deg};
        double i, j;
        if (geo_plane_at(plane->plane, corner, &i, &j) != DRF_OK)
            continue;
        i_span = (struct span){geo_lesser(i_span.low, i), geo_greater(i_span.high, i)};
        j_span = (struct span){geo_lesser(j_span.low, j), geo_greater(j_span.high, j)};
    }
    choose(i_span, i_at, plane->grid.ni, &grid.column, &grid.columns);
    choose(j_span, j_at, plane->grid.nj, &grid.row, &grid.rows);
    grid.known = grid.columns > 0 && grid.rows > 0;
    grid.data_time_utc_us = answer->data_time_utc_us;
    uint64_t key = mix(1, grid.plane);
    key = mix(mix(key, grid.column), grid.row);
    key = mix(mix(key, grid.columns), grid.rows);
    key = mix(mix(key, (uint64_t)answer->data_time_utc_us), (uint64_t)answer->issue_utc_us);
    grid.key = key;
    return grid;
}

size_t fusion_weather_points(struct fusion_planes *planes, const struct fusion_root *root,
                             const struct fusion_weather_ask *ask,
                             struct fusion_weather_grid grid,
                             struct fusion_weather_point out[static FUSION_WEATHER_POINTS_MAX])
{
    size_t count = 0;
    for (uint32_t k = 0; grid.known && k < grid.columns * grid.rows; k++) {
        struct fusion_weather_point *point = &out[count];
        point->column = grid.column + k % grid.columns;
        point->row = grid.row + k / grid.columns;
        if (geo_plane_point(planes->planes[grid.plane].plane, point->column, point->row,
                            &point->position)
            != DRF_OK)
            continue;
        struct fusion_weather_ask here = *ask;
        here.position = point->position;
        here.nearest = here.grid_only = true;
        fusion_weather_ask(planes, root, &here, &point->at);
        count++;
    }
    return count;
}
