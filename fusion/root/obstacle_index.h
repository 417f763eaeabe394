// fusion/root/obstacle_index.h - positions and extents of the obstacles of a bucket, in arrays.
// SPDX-License-Identifier: Apache-2.0
//
// A bucket may hold a thousand obstacles that lie scattered in memory, while a drone is near a
// few of them. What a search reads of them is kept beside the bucket, in blocks of obstacles
// that stand near each other: it looks at the blocks that its box touches, and visits only the
// obstacles that do. A bucket without an index (NULL) is searched obstacle by obstacle.
#ifndef FUSION_OBSTACLE_INDEX_H
#define FUSION_OBSTACLE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/frame.h"

enum { FUSION_OBSTACLE_BLOCK = 16 };

// Obstacles that stand near each other, in degrees from the origin; what is left of the last
// block reaches nothing.
struct fusion_obstacle_block {
    float north_deg[FUSION_OBSTACLE_BLOCK], east_deg[FUSION_OBSTACLE_BLOCK];
    float reach_m[FUSION_OBSTACLE_BLOCK]; // how far shape and accuracy may reach from there
    float shape[FUSION_OBSTACLE_BLOCK];   // 0: a point in its own bucket, else infinite
};

// The least and the greatest of these in a block.
struct fusion_obstacle_span {
    float south_deg, north_deg, west_deg, east_deg, reach_m;
};

// The arrays are in the order of the blocks: obstacle p is number p % 16 of block p / 16.
struct fusion_obstacle_index {
    struct geo_point origin; // somewhere near
    size_t block_count;
    const struct fusion_obstacle_span *spans; // of the blocks
    const struct fusion_obstacle_block *blocks;
    const uint32_t *ranks; // where it is in the order of the bucket
    const struct geo_point *positions;
    const double *top_amsl_m; // as fused; infinite: not known
    const uint8_t *traits;    // enum fusion_obstacle_index_trait
};

enum fusion_obstacle_index_trait {
    FUSION_OBSTACLE_INDEX_POINT = 1, // its position is all the shape it has
    FUSION_OBSTACLE_INDEX_HOME = 2,  // its position lies in this bucket
};

// An obstacle to be put into a bucket.
struct fusion_obstacle_index_entry {
    const struct fusion_obstacle *obstacle;
    struct geo_point position;
    double reach_m; // no part of its shape plus accuracy is farther from the position
    bool point;
};
bool fusion_obstacle_index_point(const struct geo_obstacle *obstacle,
                                 const struct geo_point *vertices);

// One block of memory, for free(). `count` is not 0; `each` says what comes i-th.
// DRF_ERR_NOMEM.
typedef struct fusion_obstacle_index_entry (*fusion_obstacle_index_entry_fn)(
    const void *context, size_t i);
DRF_MUST_CHECK enum drf_status fusion_bucket_make(struct geo_tile tile, size_t count,
                                                  fusion_obstacle_index_entry_fn each,
                                                  const void *context,
                                                  struct fusion_bucket **out);

struct fusion_obstacle_index_box { // metres around the origin of a frame, which lies in it
    double west_m, east_m, south_m, north_m;
};

enum { FUSION_OBSTACLE_SEARCH_BLOCKS = 16 };

// Steps through the obstacles of a bucket that may reach into a box: all that do, and some that
// do not; in the order of the blocks, without an index in that of the bucket.
struct fusion_obstacle_search {
    const struct fusion_bucket *bucket;
    float west_m, east_m, south_m, north_m;
    float origin_north_deg, origin_east_deg;
    float north_m_per_deg, east_m_per_deg; // 0: no telling east from west
    bool about;                            // the scale is nearly the same over the box
    bool nearest_first;                    // of the blocks, the one nearest to the origin
    size_t next;                           // block that was not looked at
    uint32_t touched_at, touched;          // blocks that the box touches
    uint32_t blocks[FUSION_OBSTACLE_SEARCH_BLOCKS];
    uint32_t at, found; // obstacles of one of them
    uint32_t places[FUSION_OBSTACLE_BLOCK];
    size_t place;                         // of the last one in the arrays of the index
    float outside_m2, inside_m2, told_m2; // squares of rough distances
    uint32_t passed;
};
// The bucket may be NULL: nothing in it.
struct fusion_obstacle_search fusion_obstacle_search_begin(
    const struct fusion_bucket *bucket, const struct geo_frame *frame,
    const struct fusion_obstacle_index_box *box);
// *index: in the order of the bucket. False: there are no more.
bool fusion_obstacle_search_next(struct fusion_obstacle_search *search, size_t *index);

// Only what reaches into the circle around the frame's origin. What its rough distance tells is
// passed over: a point in its own bucket that is surely outside, or surely inside and as far as
// what was told, which is counted in search.passed.
void fusion_obstacle_search_circle(struct fusion_obstacle_search *search, double radius_m);
void fusion_obstacle_search_told(struct fusion_obstacle_search *search, double distance_m);

#endif
