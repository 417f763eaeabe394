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
// A rough distance is right to a metre and a thousandth, where the scale of longitudes changes
// by less than half of that over the box.
#define ROUGH_M 1.0
#define ROUGH 0.001
#define SCALE_MAX (0.5 * ROUGH)

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
    enum { PLAIN = FUSION_OBSTACLE_INDEX_POINT | FUSION_OBSTACLE_INDEX_HOME };
    // whole blocks, so that a search needs no loop for what is left over
    const size_t whole = (count + FUSION_OBSTACLE_SEARCH_BLOCK - 1)
                         / FUSION_OBSTACLE_SEARCH_BLOCK * FUSION_OBSTACLE_SEARCH_BLOCK;
    block = malloc(sizeof *block + count * one + whole * 4 * sizeof(float));
    if (block == NULL)
        return DRF_ERR_NOMEM;
    // the widest elements first
    struct geo_point *positions = (void *)(block + 1);
    const struct fusion_obstacle **obstacles = (void *)(positions + count);
    float *north_deg = (void *)(obstacles + count);
    float *east_deg = north_deg + whole, *reach_m = east_deg + whole;
    float *shape = reach_m + whole;
    uint8_t *traits = (void *)(shape + whole);
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
        shape[i] = traits[i] == PLAIN ? 0.0F : HUGE_VALF;
    }
    for (size_t i = count; i < whole; i++) { // reach nothing
        north_deg[i] = east_deg[i] = shape[i] = 0.0F;
        reach_m[i] = -HUGE_VALF;
    }
    block->index = (struct fusion_obstacle_index){.origin = origin,
                                                  .positions = positions,
                                                  .north_deg = north_deg,
                                                  .east_deg = east_deg,
                                                  .reach_m = reach_m,
                                                  .shape = shape,
                                                  .traits = traits};
    block->bucket =
        (struct fusion_bucket){.count = count, .obstacles = obstacles, .index = &block->index};
    *out = &block->bucket;
    return DRF_OK;
}

// A distance's square, rounded up and down.
static float up_square(double m) { return (float)(m * m * (1.0 + 1e-6)); }
static float down_square(double m) { return (float)(m * m * (1.0 - 1e-6)); }

struct fusion_obstacle_search fusion_obstacle_search_begin(
    const struct fusion_bucket *bucket, const struct geo_frame *frame,
    const struct fusion_obstacle_index_box *box)
{
    struct fusion_obstacle_search search;
    search.bucket = bucket;
    search.base = 0;
    search.at = search.found = 0;
    search.about = false;
    search.outside_m2 = search.told_m2 = HUGE_VALF;
    search.inside_m2 = -1.0F;
    search.passed = 0;
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
    search.about =
        told && fabs(frame->east_slope) * north_deg < SCALE_MAX * frame->east_m_per_deg;
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

void fusion_obstacle_search_circle(struct fusion_obstacle_search *search, double radius_m)
{
    if (!search->about)
        return;
    search->outside_m2 = up_square((radius_m + ROUGH_M) / (1.0 - ROUGH));
    if (radius_m > ROUGH_M)
        search->inside_m2 = down_square((radius_m - ROUGH_M) / (1.0 + ROUGH));
}

void fusion_obstacle_search_told(struct fusion_obstacle_search *search, double distance_m)
{
    search->told_m2 = up_square((distance_m + ROUGH_M) / (1.0 - ROUGH));
}

// Which of some obstacles touch the box, and what is left when those are passed over whose
// distance says enough. A loop of its own, without a branch, for the compiler to do several at
// a time.
enum { LANES = 16 }; // a part of a block

static uint32_t touch(const struct fusion_obstacle_search *search,
                      const struct fusion_obstacle_index *index, size_t from,
                      uint8_t hit[static restrict LANES])
{
    const float *north_deg = index->north_deg + from;
    const float *east_deg = index->east_deg + from;
    const float *reach_m = index->reach_m + from;
    const float *shape = index->shape + from;
    const float west_m = search->west_m, east_m = search->east_m;
    const float south_m = search->south_m, north_m = search->north_m;
    const float origin_north_deg = search->origin_north_deg;
    const float origin_east_deg = search->origin_east_deg;
    const float north_m_per_deg = search->north_m_per_deg,
                east_m_per_deg = search->east_m_per_deg;
    const float outside_m2 = search->outside_m2, inside_m2 = search->inside_m2,
                told_m2 = search->told_m2;
    int passed = 0;
    for (uint32_t i = 0; i < LANES; i++) {
        const float up = (north_deg[i] - origin_north_deg) * north_m_per_deg;
        const float right = (east_deg[i] - origin_east_deg) * east_m_per_deg;
        const float reach = reach_m[i], square_m2 = up * up + right * right;
        const int tall = (up + reach >= south_m) & (up - reach <= north_m);
        const int wide = (right + reach >= west_m) & (right - reach <= east_m);
        const int outside = square_m2 - shape[i] > outside_m2;
        const int counted =
            tall & wide & (square_m2 + shape[i] < inside_m2) & (square_m2 >= told_m2);
        passed += counted;
        hit[i] = (uint8_t)(tall & wide & (outside ^ 1) & (counted ^ 1));
    }
    return (uint32_t)passed;
}

static void block_read(struct fusion_obstacle_search *search)
{
    const size_t left = search->bucket->count - search->base;
    enum { HITS = sizeof(uint64_t) };
    const uint32_t count =
        left < FUSION_OBSTACLE_SEARCH_BLOCK ? (uint32_t)left : FUSION_OBSTACLE_SEARCH_BLOCK;
    uint8_t hit[FUSION_OBSTACLE_SEARCH_BLOCK] = {0};
    if (search->bucket->index != NULL)
        for (uint32_t i = 0; i < count; i += LANES)
            search->passed += touch(search, search->bucket->index, search->base + i, hit + i);
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
