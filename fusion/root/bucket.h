// fusion/root/bucket.h - buckets that a circle touches, and the distance of an obstacle.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_BUCKET_H
#define FUSION_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/frame.h"

// Buckets that a circle may touch, by global row and column; columns wrap.
struct fusion_window {
    uint32_t first_column, column_count, first_row, last_row;
};

struct fusion_window fusion_window_around(const struct fusion_extent *extent,
                                          const struct geo_frame *frame, double radius_m);
uint32_t fusion_window_count(const struct fusion_window *window);
// The bucket's place among root->buckets; false: it is not in the root. Likewise.
bool fusion_window_index(const struct fusion_root *root, const struct fusion_window *window,
                         uint32_t index, size_t *out);
// NULL: nothing there, or not in the root. `index` below the count, row-major.
const struct fusion_bucket *fusion_window_bucket(const struct fusion_root *root,
                                                 const struct fusion_window *window,
                                                 uint32_t index);
// Whether an obstacle, which is in every bucket it touches, was found in an earlier one.
bool fusion_window_met(const struct fusion_root *root, const struct fusion_window *window,
                       uint32_t index, const struct fusion_obstacle *obstacle);

struct fusion_edge {
    double square_m2;         // of the distance, 0 inside a polygon
    struct geo_offset offset; // to the nearest place of the edge
};

// From the frame's origin to the obstacle as published, without its accuracy.
struct fusion_edge fusion_obstacle_edge(const struct geo_frame *frame,
                                        const struct fusion_obstacle *fused);
// The same of an obstacle that has no more of a shape than its position.
struct fusion_edge fusion_point_edge(const struct geo_frame *frame, struct geo_point position);

#endif
