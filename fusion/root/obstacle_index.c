// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/obstacle_index.h"
#include "geo/extreme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Beyond these a shape is not sieved: the frames that measure it differ by too much.
#define SHAPE_MAX_M 20000.0
#define SHAPE_LAT_MAX_DEG 75.0
// Frames at either end of a shape differ by less than this.
#define SHAPE_MARGIN 1.1
// 24 bits of 180 degrees, twice, and the differences of their differences: 5 m.
#define ROUNDING_M 5.0
// As fusion_window_around() has it: the scale of longitudes changes over the box.
#define MARGIN 1.01

bool fusion_obstacle_index_point(const struct geo_obstacle *obstacle,
                                 const struct geo_point *vertices)
{
    return obstacle->geometry == GEO_GEOMETRY_POINT || obstacle->vertex_count < 2
           || vertices == NULL;
}

static double turned(double deg)
{
    return deg > 180.0 ? deg - 360.0 : deg < -180.0 ? deg + 360.0 : deg;
}

static float reach_of(const struct fusion_obstacle_index_entry *stand)
{
    if (stand->point)
        return (float)(MARGIN * stand->reach_m + ROUNDING_M);
    if (stand->reach_m > SHAPE_MAX_M || fabs(stand->position.lat_deg) > SHAPE_LAT_MAX_DEG)
        return HUGE_VALF;
    return (float)(SHAPE_MARGIN * stand->reach_m + ROUNDING_M);
}

static uint8_t traits_of(const struct fusion_obstacle_index_entry *stand, struct geo_tile tile)
{
    struct geo_tile own;
    bool home = geo_tile_at(stand->position, tile.level, &own) == DRF_OK && own.row == tile.row
                && own.col == tile.col;
    return (uint8_t)((stand->point ? FUSION_OBSTACLE_INDEX_POINT : 0)
                     | (home ? FUSION_OBSTACLE_INDEX_HOME : 0));
}

enum drf_status fusion_bucket_make(struct geo_tile tile, size_t count,
                                   fusion_obstacle_index_entry_fn each, const void *context,
                                   struct fusion_bucket **out)
{
    struct {
        struct fusion_bucket bucket;
        struct fusion_obstacle_index index;
    } * block;
    const size_t one =
        sizeof(struct geo_point) + sizeof(struct fusion_obstacle *) + sizeof(uint8_t);
    // whole blocks, so that a search needs no loop for what is left over
    const size_t whole = (count + FUSION_OBSTACLE_SEARCH_BLOCK - 1)
                         / FUSION_OBSTACLE_SEARCH_BLOCK * FUSION_OBSTACLE_SEARCH_BLOCK;
    block = malloc(sizeof *block + count * one + whole * 3 * sizeof(float));
    if (block == NULL)
        return DRF_ERR_NOMEM;
    // the widest elements first
    struct geo_point *positions = (void *)(block + 1);
    const struct fusion_obstacle **obstacles = (void *)(positions + count);
    float *north_deg = (void *)(obstacles + count);
    float *east_deg = north_deg + whole, *reach_m = east_deg + whole;
    uint8_t *traits = (void *)(reach_m + whole);
    struct geo_point origin = {0.0, 0.0};
    for (size_t i = 0; i < count; i++) {
        const struct fusion_obstacle_index_entry stand = each(context, i);
        origin = i == 0 ? stand.position : origin;
        obstacles[i] = stand.obstacle;
        positions[i] = stand.position;
        north_deg[i] = (float)(stand.position.lat_deg - origin.lat_deg);
        east_deg[i] = (float)turned(stand.position.lon_deg - origin.lon_deg);
        reach_m[i] = reach_of(&stand);
        traits[i] = traits_of(&stand, tile);
    }
    for (size_t i = count; i < whole; i++) { // reach nothing
        north_deg[i] = east_deg[i] = 0.0F;
        reach_m[i] = -HUGE_VALF;
    }
    block->index = (struct fusion_obstacle_index){.origin = origin,
                                                  .positions = positions,
                                                  .north_deg = north_deg,
                                                  .east_deg = east_deg,
                                                  .reach_m = reach_m,
                                                  .traits = traits};
    block->bucket =
        (struct fusion_bucket){.count = count, .obstacles = obstacles, .index = &block->index};
    *out = &block->bucket;
    return DRF_OK;
}

struct fusion_obstacle_search fusion_obstacle_search_begin(
    const struct fusion_bucket *bucket, const struct geo_frame *frame,
    const struct fusion_obstacle_index_box *box)
{
    struct fusion_obstacle_search search;
    search.bucket = bucket;
    search.base = 0;
    search.at = search.found = 0;
    if (bucket == NULL || bucket->index == NULL)
        return search;
    const struct geo_point origin = bucket->index->origin;
    const double far_m = geo_greater(geo_greater(-box->west_m, box->east_m),
                                     geo_greater(-box->south_m, box->north_m));
    const double more_m = (MARGIN - 1.0) * far_m;
    const double north_deg = MARGIN * far_m / frame->north_m_per_deg;
    const double narrowest = frame->east_m_per_deg - fabs(frame->east_slope) * north_deg;
    const double east_deg = turned(frame->origin.lon_deg - origin.lon_deg);
    // Across the far side of the globe, or by a pole, only north and south tell.
    const bool told = narrowest > 1.0 && fabs(east_deg) < 90.0;
    search.west_m = (float)(box->west_m - more_m);
    search.east_m = (float)(box->east_m + more_m);
    search.south_m = (float)(box->south_m - more_m);
    search.north_m = (float)(box->north_m + more_m);
    search.origin_north_deg = (float)(frame->origin.lat_deg - origin.lat_deg);
    search.origin_east_deg = (float)east_deg;
    search.north_m_per_deg = (float)frame->north_m_per_deg;
    search.east_m_per_deg = told ? (float)narrowest : 0.0F;
    return search;
}

// Which of a block touch the box. A loop of its own, without a branch, for the compiler to do
// several at a time.
static void touch(const struct fusion_obstacle_search *search,
                  const struct fusion_obstacle_index *index,
                  uint8_t hit[static restrict FUSION_OBSTACLE_SEARCH_BLOCK])
{
    const float *north_deg = index->north_deg + search->base;
    const float *east_deg = index->east_deg + search->base;
    const float *reach_m = index->reach_m + search->base;
    const float west_m = search->west_m, east_m = search->east_m;
    const float south_m = search->south_m, north_m = search->north_m;
    const float origin_north_deg = search->origin_north_deg;
    const float origin_east_deg = search->origin_east_deg;
    const float north_m_per_deg = search->north_m_per_deg,
                east_m_per_deg = search->east_m_per_deg;
    for (uint32_t i = 0; i < FUSION_OBSTACLE_SEARCH_BLOCK; i++) {
        const float up = (north_deg[i] - origin_north_deg) * north_m_per_deg;
        const float right = (east_deg[i] - origin_east_deg) * east_m_per_deg;
        const float reach = reach_m[i];
        const int tall = (up + reach >= south_m) & (up - reach <= north_m);
        const int wide = (right + reach >= west_m) & (right - reach <= east_m);
        hit[i] = (uint8_t)(tall & wide);
    }
}

static void block_read(struct fusion_obstacle_search *search)
{
    const size_t left = search->bucket->count - search->base;
    enum { HITS = sizeof(uint64_t) };
    const uint32_t count =
        left < FUSION_OBSTACLE_SEARCH_BLOCK ? (uint32_t)left : FUSION_OBSTACLE_SEARCH_BLOCK;
    uint8_t hit[FUSION_OBSTACLE_SEARCH_BLOCK] = {0};
    if (search->bucket->index != NULL)
        touch(search, search->bucket->index, hit);
    else
        memset(hit, 1, count);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i += HITS) { // most of them are not near
        uint64_t hits;
        memcpy(&hits, hit + i, sizeof hits);
        for (uint32_t k = i; hits != 0 && k < i + HITS; k++) {
            search->places[found] = (uint8_t)k;
            found += hit[k];
        }
    }
    search->at = 0;
    search->found = found;
}

bool fusion_obstacle_search_next(struct fusion_obstacle_search *search, size_t *index)
{
    if (search->bucket == NULL)
        return false;
    while (search->at == search->found) {
        if (search->base >= search->bucket->count)
            return false;
        block_read(search);
        search->base += FUSION_OBSTACLE_SEARCH_BLOCK;
    }
    *index = search->base - FUSION_OBSTACLE_SEARCH_BLOCK + search->places[search->at++];
    return true;
}
