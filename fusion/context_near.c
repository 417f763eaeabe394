// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdbool.h>

#include "fusion/context_parts.h"
#include "fusion/frame.h"

struct edge {
    double square_m2;            // of the distance
    struct fusion_offset offset; // to the nearest place of the edge
};

static double square_of(struct fusion_offset offset)
{
    return offset.east_m * offset.east_m + offset.north_m * offset.north_m;
}

static struct edge edge_of_segment(struct fusion_offset a, struct fusion_offset b)
{
    double east_m = b.east_m - a.east_m, north_m = b.north_m - a.north_m;
    double square = east_m * east_m + north_m * north_m;
    double t = square > 0.0 ? -(a.east_m * east_m + a.north_m * north_m) / square : 0.0;
    t = fmin(fmax(t, 0.0), 1.0);
    struct fusion_offset offset = {.east_m = a.east_m + t * east_m,
                                   .north_m = a.north_m + t * north_m};
    return (struct edge){.square_m2 = square_of(offset), .offset = offset};
}

// Does the boundary piece cross the ray that goes north from the origin?
static bool crosses(struct fusion_offset a, struct fusion_offset b)
{
    if ((a.east_m > 0.0) == (b.east_m > 0.0))
        return false;
    return a.north_m + (b.north_m - a.north_m) * (-a.east_m) / (b.east_m - a.east_m) > 0.0;
}

static struct edge edge_of(const struct fusion_frame *frame,
                           const struct fusion_obstacle *fused)
{
    const struct geo_obstacle *obstacle = fused->obstacle;
    struct fusion_offset first = fusion_frame_offset(frame, obstacle->position);
    struct edge best = {.square_m2 = square_of(first), .offset = first};
    if (obstacle->geometry == GEO_GEOMETRY_POINT || obstacle->vertex_count < 2
        || fused->vertices == NULL)
        return best;

    bool polygon = obstacle->geometry == GEO_GEOMETRY_POLYGON, inside = false;
    struct fusion_offset from = fusion_frame_offset(frame, fused->vertices[0]), start = from;
    for (uint32_t i = 1; i < obstacle->vertex_count + (polygon ? 1U : 0U); i++) {
        struct fusion_offset to =
            i < obstacle->vertex_count ? fusion_frame_offset(frame, fused->vertices[i]) : start;
        struct edge edge = edge_of_segment(from, to);
        if (edge.square_m2 < best.square_m2)
            best = edge;
        inside ^= polygon && crosses(from, to);
        from = to;
    }
    return inside ? (struct edge){.square_m2 = 0.0, .offset = first} : best;
}

struct window { // buckets that the circle may touch, relative to the extent
    uint32_t first_column, column_count, first_row, last_row;
};

static struct window window_of(const struct fusion_extent *extent,
                               const struct fusion_frame *frame, double radius_m)
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
    double count = fmin(east - west + 1.0, columns);
    return (struct window){
        .first_column = (uint32_t)((int64_t)west & (int64_t)(columns - 1)),
        .column_count = (uint32_t)count,
        .first_row = (uint32_t)fmax(top, 0.0),
        .last_row = (uint32_t)fmin(bottom, rows - 1.0),
    };
}

static const struct fusion_bucket *bucket_at(const struct fusion_root *root,
                                             const struct window *window, uint32_t index)
{
    const struct fusion_extent *extent = &root->buckets;
    uint32_t columns = UINT32_C(2) << extent->first.level;
    uint32_t row = window->first_row + index / window->column_count;
    uint32_t column = (window->first_column + index % window->column_count - extent->first.col)
                      & (columns - 1);
    if (row < extent->first.row || row - extent->first.row >= extent->rows
        || column >= extent->columns)
        return NULL;
    return root->features[(size_t)(row - extent->first.row) * extent->columns + column];
}

// An obstacle stands in every bucket it touches, and is counted in one: that of its own
// position where it lies in the window, else the first.
static bool counts_here(const struct fusion_root *root, const struct window *window,
                        uint32_t index, const struct fusion_obstacle *obstacle)
{
    struct geo_tile own;
    if (geo_tile_at(obstacle->obstacle->position, root->buckets.first.level, &own) == DRF_OK) {
        uint32_t columns = UINT32_C(2) << own.level;
        uint32_t column = (own.col - window->first_column) & (columns - 1);
        if (column < window->column_count && own.row >= window->first_row
            && own.row <= window->last_row)
            return index == (own.row - window->first_row) * window->column_count + column;
    }
    for (uint32_t earlier = 0; earlier < index; earlier++) {
        const struct fusion_bucket *bucket = bucket_at(root, window, earlier);
        for (size_t i = 0; bucket != NULL && i < bucket->count; i++)
            if (bucket->obstacles[i] == obstacle)
                return false;
    }
    return true;
}

static size_t insert(struct fusion_near *list, size_t count, size_t room,
                     const struct fusion_near *near)
{
    size_t at = count < room ? count : room - 1;
    while (at > 0 && list[at - 1].distance_m > near->distance_m) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = *near;
    return count < room ? count + 1 : room;
}

uint32_t fusion_context_near(const struct fusion_root *root, struct geo_point point,
                             double radius_m, size_t room, struct fusion_near *out,
                             size_t *count)
{
    *count = 0;
    if (root->buckets.columns == 0 || root->buckets.rows == 0 || radius_m <= 0.0)
        return 0;
    struct fusion_frame frame = fusion_frame_at(point);
    struct window window = window_of(&root->buckets, &frame, radius_m);
    uint32_t within = 0;
    uint32_t buckets = window.column_count * (window.last_row - window.first_row + 1);
    for (uint32_t index = 0; index < buckets; index++) {
        const struct fusion_bucket *bucket = bucket_at(root, &window, index);
        for (size_t i = 0; bucket != NULL && i < bucket->count; i++) {
            struct edge edge = edge_of(&frame, bucket->obstacles[i]);
            if (edge.square_m2 > radius_m * radius_m
                || !counts_here(root, &window, index, bucket->obstacles[i]))
                continue;
            within++;
            double distance_m = sqrt(edge.square_m2);
            if (room == 0 || (*count == room && distance_m >= out[room - 1].distance_m))
                continue;
            struct fusion_near near = {
                .obstacle = bucket->obstacles[i],
                .distance_m = distance_m,
                .bearing_deg_true = fusion_frame_bearing_deg(edge.offset),
            };
            *count = insert(out, *count, room, &near);
        }
    }
    return within - (uint32_t)*count;
}
