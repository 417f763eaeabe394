// fusion/root/weather_points.h - the weather at the native grid points in and around a box.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_WEATHER_POINTS_H
#define FUSION_WEATHER_POINTS_H

#include "fusion/root/weather.h"

enum { FUSION_WEATHER_POINTS_MAX = 16, FUSION_WEATHER_POINTS_SIDE = 4 };

struct fusion_weather_point {
    uint32_t column, row; // i and j of the grid
    struct geo_point position;
    struct fusion_weather_at at; // at the point itself, never interpolated in space
};

// Which points, and which data: equal keys mean the same grid points of the same fields.
struct fusion_weather_grid {
    bool known; // false: no field covers the place
    uint64_t key;
    uint32_t plane, column, row, columns, rows; // first point, and how many
    int64_t data_time_utc_us;
};

// The grid of the wind that is used at the place asked for, else of the temperature: the points
// that interpolation inside the box needs, at most FUSION_WEATHER_POINTS_SIDE either way, those
// around the place if there are more.
struct fusion_weather_grid fusion_weather_grid_of(struct fusion_planes *planes,
                                                  const struct fusion_root *root,
                                                  const struct fusion_weather_ask *ask,
                                                  struct geo_bounds box);

// The points themselves, row by row. Returns how many; those with no place on Earth are left
// out.
size_t fusion_weather_points(struct fusion_planes *planes, const struct fusion_root *root,
                             const struct fusion_weather_ask *ask,
                             struct fusion_weather_grid grid,
                             struct fusion_weather_point out[static FUSION_WEATHER_POINTS_MAX]);

#endif
