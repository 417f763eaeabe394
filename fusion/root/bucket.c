// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/bucket.h"

#include <math.h>

#include "fusion/root/obstacle_index.h"
#include "geo/extreme.h"
#include "geo/frame.h"

static double square_of(struct geo_offset offset)
{
    return offset.east_m * offset.east_m + offset.north_m * offset.north_m;
}

static struct fusion_edge edge_of_segment(struct geo_offset a, struct geo_offset b)
{
    double east_m = b.east_m - a.east_m, north_m = b.north_m - a.north_m;
    double square = east_m * east_m + north_m * north_m;
    double t = square > 0.0 ? -(a.east_m * east_m + a.north_m * north_m) / square : 0.0;
    t = geo_lesser(geo_greater(t, 0.0), 1.0);
    struct geo_offset offset = {.east_m = a.east_m + t * east_m,
                                .north_m = a.north_m + t * north_m};
    return (struct fusion_edge){.square_m2 = square_of(offset), .offset = offset};
}

struct fusion_edge fusion_point_edge(const struct geo_frame *frame, struct geo_point position)
{
    struct geo_offset offset = geo_frame_offset(frame, position);
    return (struct fusion_edge){.square_m2 = square_of(offset), .offset = offset};
}

struct fusion_edge fusion_obstacle_edge(const struct geo_frame *frame,
                                        const struct fusion_obstacle *fused)
{
    const struct geo_obstacle *obstacle = fused->obstacle;
    struct fusion_edge best = fusion_point_edge(frame, obstacle->position);
    struct geo_offset first = best.offset;
    if (fusion_obstacle_index_point(obstacle, fused->vertices))
        return best;

    bool polygon = obstacle->geometry == GEO_GEOMETRY_POLYGON, inside = false;
    struct geo_offset from = geo_frame_offset(frame, fused->vertices[0]), start = from;
    for (uint32_t i = 1; i < obstacle->vertex_count + (polygon ? 1U : 0U); i++) {
        struct geo_offset to =
            i < obstacle->vertex_count ? geo_frame_offset(frame, fused->vertices[i]) : start;
        struct fusion_edge edge = edge_of_segment(from, to);
        if (edge.square_m2 < best.square_m2)
            best = edge;
        inside ^= polygon && geo_frame_crosses_north(from, to);
        from = to;
    }
    return inside ? (struct fusion_edge){.square_m2 = 0.0, .offset = first} : best;
}

struct fusion_window fusion_window_around(const struct fusion_extent *extent,
                                          const struct geo_frame *frame, double radius_m)
{
    double per_deg = (double)(UINT32_C(1) << extent->first.level) / 180.0;
    uint32_t columns = UINT32_C(2) << extent->first.level;
    double rows = (double)(UINT32_C(1) << extent->first.level);
    // 1 % more than the radius: the scale of longitudes changes over the circle
    double north_deg = 1.01 * radius_m / frame->north_m_per_deg;
    double narrowest = frame->east_m_per_deg - fabs(frame->east_slope) * north_deg;
    double east_deg = narrowest > 1.0 ? 1.01 * radius_m / narrowest : 360.0;
    double top = floor((90.0 - frame->origin.lat_deg - north_deg) * per_deg);
    double bottom = floor((90.0 - frame->origin.lat_deg + north_deg) * per_deg);
    double west = floor((frame->origin.lon_deg + 180.0 - east_deg) * per_deg);
    double east = floor((frame->origin.lon_deg + 180.0 + east_deg) * per_deg);
    double count = geo_lesser(east - west + 1.0, columns);
    return (struct fusion_window){
        .first_column = (uint32_t)((int64_t)west & (int64_t)(columns - 1)),
        .column_count = (uint32_t)count,
        .first_row = (uint32_t)geo_greater(top, 0.0),
        .last_row = (uint32_t)geo_lesser(bottom, rows - 1.0),
    };
}

bool fusion_window_index(const struct fusion_root *root, const struct fusion_window *window,
                         uint32_t index, size_t *out)
{
    const struct fusion_extent *extent = &root->buckets;
    uint32_t columns = UINT32_C(2) << extent->first.level;
    uint32_t row = window->first_row + index / window->column_count;
    uint32_t column = (window->first_column + index % window->column_count - extent->first.col)
                      & (columns - 1);
    if (row < extent->first.row || row - extent->first.row >= extent->rows
        || column >= extent->columns)
        return false;
    *out = (size_t)(row - extent->first.row) * extent->columns + column;
    return true;
}

const struct fusion_bucket *fusion_window_bucket(const struct fusion_root *root,
                                                 const struct fusion_window *window,
                                                 uint32_t index)
{
    size_t at;
    return fusion_window_index(root, window, index, &at) ? root->features[at] : NULL;
}

bool fusion_window_met(const struct fusion_root *root, const struct fusion_window *window,
                       uint32_t index, const struct fusion_obstacle *obstacle)
{
    for (uint32_t earlier = 0; earlier < index; earlier++) {
        const struct fusion_bucket *bucket = fusion_window_bucket(root, window, earlier);
        for (size_t i = 0; bucket != NULL && i < bucket->count; i++)
            if (bucket->obstacles[i] == obstacle)
                return true;
    }
    return false;
}

uint32_t fusion_window_count(const struct fusion_window *window)
{
    return window->column_count * (window->last_row - window->first_row + 1);
}
