// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/bucket.h"
#include "fusion/root/obstacle_index.h"
#include "geo/cells.h"
#include "geo/earth.h"
#include "geo/frame.h"

// An obstacle is in every bucket it touches, and is counted in one: that of its own
// position where it lies in the window, else the first.
static bool counts_here(const struct fusion_root *root, const struct fusion_window *window,
                        uint32_t index, const struct fusion_obstacle_search *search, size_t at)
{
    const struct fusion_bucket *bucket = search->bucket;
    if (bucket->index != NULL
        && (bucket->index->traits[search->place] & FUSION_OBSTACLE_INDEX_HOME) != 0)
        return true;
    const struct fusion_obstacle *obstacle = bucket->obstacles[at];
    struct geo_tile own;
    if (geo_tile_at(obstacle->obstacle->position, root->buckets.first.level, &own) == DRF_OK) {
        uint32_t columns = UINT32_C(2) << own.level;
        uint32_t column = (own.col - window->first_column) & (columns - 1);
        if (column < window->column_count && own.row >= window->first_row
            && own.row <= window->last_row)
            return index == (own.row - window->first_row) * window->column_count + column;
    }
    return !fusion_window_met(root, window, index, obstacle);
}

// The record of a point is not read: it lies elsewhere in memory.
static inline struct fusion_edge edge_of(const struct geo_frame *frame,
                                         const struct fusion_obstacle_search *search, size_t at)
{
    const struct fusion_bucket *bucket = search->bucket;
    if (bucket->index == NULL
        || (bucket->index->traits[search->place] & FUSION_OBSTACLE_INDEX_POINT) == 0)
        return fusion_obstacle_edge(frame, bucket->obstacles[at]);
    return fusion_point_edge(frame, bucket->index->positions[search->place]);
}

// The place of an obstacle in the order of the window's buckets and within one: of two that are
// as far the earlier one is told of first, in whatever order they are met.
struct order {
    uint32_t bucket;
    size_t at;
};

static bool earlier(struct order a, struct order b)
{
    return a.bucket != b.bucket ? a.bucket < b.bucket : a.at < b.at;
}

struct found {
    double distance_m;
    struct order order;
    struct geo_offset offset;
};

static bool before(const struct found *a, const struct found *b)
{
    return a->distance_m < b->distance_m
           || (!(a->distance_m > b->distance_m) && earlier(a->order, b->order));
}

// The nearest that were found, nearest first.
struct nearest {
    size_t count, room;
    struct fusion_near *list;
    struct found found[FUSION_NEAREST_MAX]; // of each
};

static void insert(struct nearest *nearest, const struct fusion_obstacle *obstacle,
                   const struct found *found)
{
    size_t at = nearest->count < nearest->room ? nearest->count++ : nearest->room - 1;
    for (; at > 0 && before(found, &nearest->found[at - 1]); at--) {
        nearest->list[at].obstacle = nearest->list[at - 1].obstacle;
        nearest->found[at] = nearest->found[at - 1];
    }
    nearest->list[at].obstacle = obstacle;
    nearest->found[at] = *found;
}

// Others are told of already.
static bool too_far(const struct nearest *nearest, const struct found *found)
{
    return nearest->room == 0
           || (nearest->count == nearest->room
               && !before(found, &nearest->found[nearest->room - 1]));
}

// Most obstacles within the radius are not among the nearest: they are only counted.
static void limit(struct fusion_obstacle_search *search, const struct nearest *nearest)
{
    if (nearest->room == 0)
        fusion_obstacle_search_told(search, 0.0);
    else if (nearest->count == nearest->room)
        fusion_obstacle_search_told(search, nearest->found[nearest->room - 1].distance_m);
}

// Their records lie all over memory: by the time one is told of it is there.
static void fetch(const struct fusion_near *list, size_t count)
{
    enum { LINE = 64 };
    for (size_t i = 0; i < count; i++) {
        const char *record = (const char *)list[i].obstacle->obstacle;
        for (size_t at = 0; at < sizeof(struct geo_obstacle); at += LINE)
            __builtin_prefetch(record + at);
    }
    // gcc (12) takes a function that only prefetches for one without effect, and drops the call
    __asm__ volatile("");
}

// The bucket that holds the point, by its number in the window; where it holds the nearest,
// most of the others are only counted.
static uint32_t own_bucket(const struct fusion_root *root, const struct fusion_window *window,
                           struct geo_point point)
{
    struct geo_tile own;
    if (geo_tile_at(point, root->buckets.first.level, &own) != DRF_OK)
        return 0;
    const uint32_t columns = UINT32_C(2) << own.level;
    const uint32_t column = (own.col - window->first_column) & (columns - 1);
    return column < window->column_count && own.row >= window->first_row
                   && own.row <= window->last_row
               ? (own.row - window->first_row) * window->column_count + column
               : 0;
}

uint32_t fusion_context_near(const struct fusion_root *root, const struct geo_frame *frame,
                             double radius_m, size_t room, struct fusion_near *out,
                             size_t *count)
{
    *count = 0;
    if (root->buckets.columns == 0 || root->buckets.rows == 0 || radius_m <= 0.0)
        return 0;
    struct fusion_window window = fusion_window_around(&root->buckets, frame, radius_m);
    const struct fusion_obstacle_index_box box = {-radius_m, radius_m, -radius_m, radius_m};
    struct nearest nearest = {.room = room, .list = out};
    assert(room <= FUSION_NEAREST_MAX);
    uint32_t within = 0;
    const uint32_t buckets = fusion_window_count(&window);
    const uint32_t own = own_bucket(root, &window, frame->origin);
    for (uint32_t turn = 0; turn < buckets; turn++) {
        const uint32_t index = turn == 0 ? own : turn <= own ? turn - 1 : turn;
        const struct fusion_bucket *bucket = fusion_window_bucket(root, &window, index);
        struct fusion_obstacle_search search =
            fusion_obstacle_search_begin(bucket, frame, &box);
        fusion_obstacle_search_circle(&search, radius_m);
        limit(&search, &nearest);
        for (size_t i; fusion_obstacle_search_next(&search, &i);) {
            struct fusion_edge edge = edge_of(frame, &search, i);
            if (edge.square_m2 > radius_m * radius_m
                || !counts_here(root, &window, index, &search, i))
                continue;
            within++;
            const struct found found = {
                .distance_m = sqrt(edge.square_m2), .order = {index, i}, .offset = edge.offset};
            if (too_far(&nearest, &found))
                continue;
            __builtin_prefetch(bucket->obstacles[i]);
            insert(&nearest, bucket->obstacles[i], &found);
            limit(&search, &nearest);
        }
        within += search.passed;
    }
    *count = nearest.count;
    for (size_t i = 0; i < nearest.count; i++) {
        out[i].distance_m = nearest.found[i].distance_m;
        out[i].bearing_deg_true = geo_frame_bearing_deg(nearest.found[i].offset);
    }
    fetch(out, *count);
    return within - (uint32_t)*count;
}

// How far from a point an obstacle may stand whose top is a cell around it.
static double raises_from_m(const struct fusion_root *root, uint8_t level)
{
    const double accuracy_m = root->raster_accuracy_max_m > 0.0 ? root->raster_accuracy_max_m
                                                                : root->obstacle_reach_m;
    const double cell_deg = 180.0 / (double)GEO_CELLS_SIDE / (double)(UINT32_C(1) << level);
    return accuracy_m + 3.0 * cell_deg * GEO_EARTH_M_PER_DEG;
}

// A cell holds the lowest value that is not below the top.
static bool made(const struct fusion_obstacle *obstacle, const struct fusion_sample *surface)
{
    const double above_m = surface->amsl_m - obstacle->top_amsl_m;
    return obstacle->top_known && above_m > -1e-6 && above_m < GEO_CELL_QUANTUM_M + 1e-6
           && (obstacle->source == surface->source
               || fusion_source_compare(obstacle->source, surface->source) == 0);
}

const struct fusion_obstacle *fusion_context_raised_by(const struct fusion_root *root,
                                                       struct geo_point point,
                                                       const struct fusion_sample *surface)
{
    const struct fusion_obstacle *found = NULL;
    if (!surface->known || !surface->raised || root->buckets.columns == 0)
        return NULL;
    const double radius_m = raises_from_m(root, surface->level);
    const struct geo_frame frame = geo_frame_at(point);
    const struct fusion_window window = fusion_window_around(&root->buckets, &frame, radius_m);
    const struct fusion_obstacle_index_box box = {-radius_m, radius_m, -radius_m, radius_m};
    double nearest_m2 = radius_m * radius_m;
    struct order order = {0, 0};
    for (uint32_t index = 0; index < fusion_window_count(&window); index++) {
        const struct fusion_bucket *bucket = fusion_window_bucket(root, &window, index);
        struct fusion_obstacle_search search =
            fusion_obstacle_search_begin(bucket, &frame, &box);
        for (size_t i; fusion_obstacle_search_next(&search, &i);) {
            const double square_m2 = edge_of(&frame, &search, i).square_m2;
            const struct order here = {index, i};
            if (square_m2 > nearest_m2
                || (square_m2 >= nearest_m2 && (found == NULL || !earlier(here, order)))
                || !made(bucket->obstacles[i], surface))
                continue;
            nearest_m2 = square_m2;
            found = bucket->obstacles[i];
            order = here;
        }
    }
    return found;
}
