// SPDX-License-Identifier: Apache-2.0
// A bucket's obstacles are sorted by counting into the cells of a grid along a space-filling
// curve, and cut into blocks of 16: what stands near each other is searched, or passed over,
// together. A search compares its box with the span of each block in the arithmetic of the
// obstacles, whose rounding is monotonic, so that a block is left out only where each of its
// obstacles would be. Of a circle the nearest of some blocks comes first: then most obstacles
// within it are farther than what is told, and are only counted.
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

// Obstacles are put in the order of a curve through the cells of a grid over their bucket that
// goes from neighbour to neighbour (Morton's), so that a block of them is not wide.
enum { GRID_BITS = 5, GRID_SIDE = 1 << GRID_BITS, CELLS = GRID_SIDE * GRID_SIDE };

static uint32_t cell_along(double from_edge_deg, double side_deg)
{
    const double cell = geo_greater(from_edge_deg / side_deg, 0.0) * GRID_SIDE;
    return (uint32_t)geo_lesser(cell, GRID_SIDE - 1);
}

static uint32_t cell_of(const struct geo_bounds *bounds, struct geo_point point)
{
    const double side_deg = bounds->north_deg - bounds->south_deg;
    const uint32_t row = cell_along(bounds->north_deg - point.lat_deg, side_deg);
    const uint32_t column = cell_along(turned(point.lon_deg - bounds->west_deg), side_deg);
    uint32_t cell = 0;
    for (uint32_t bit = 0; bit < GRID_BITS; bit++)
        cell |= (column >> bit & 1) << 2 * bit | (row >> bit & 1) << (2 * bit + 1);
    return cell;
}

// ranks[p]: which obstacle of the bucket comes p-th. Those of a cell keep their order.
static enum drf_status arrange(const struct geo_bounds *bounds, size_t count,
                               fusion_obstacle_index_entry_fn each, const void *context,
                               uint32_t *ranks)
{
    uint32_t next[CELLS] = {0};
    uint16_t *cells = malloc(count * sizeof *cells);
    if (cells == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        cells[i] = (uint16_t)cell_of(bounds, each(context, i).position);
        next[cells[i]]++;
    }
    for (uint32_t cell = 0, before = 0; cell < CELLS; cell++) {
        const uint32_t here = next[cell];
        next[cell] = before;
        before += here;
    }
    for (size_t i = 0; i < count; i++)
        ranks[next[cells[i]]++] = (uint32_t)i;
    free(cells);
    return DRF_OK;
}

static float lesser(float a, float b) { return a < b ? a : b; }
static float greater(float a, float b) { return a > b ? a : b; }

static struct fusion_obstacle_span span_of(const struct fusion_obstacle_block *block,
                                           size_t count)
{
    struct fusion_obstacle_span span = {block->north_deg[0], block->north_deg[0],
                                        block->east_deg[0], block->east_deg[0],
                                        block->reach_m[0]};
    for (size_t i = 1; i < count; i++) {
        span.south_deg = lesser(span.south_deg, block->north_deg[i]);
        span.north_deg = greater(span.north_deg, block->north_deg[i]);
        span.west_deg = lesser(span.west_deg, block->east_deg[i]);
        span.east_deg = greater(span.east_deg, block->east_deg[i]);
        span.reach_m = greater(span.reach_m, block->reach_m[i]);
    }
    return span;
}

enum drf_status fusion_bucket_make(struct geo_tile tile, size_t count,
                                   fusion_obstacle_index_entry_fn each, const void *context,
                                   struct fusion_bucket **out)
{
    struct {
        struct fusion_bucket bucket;
        struct fusion_obstacle_index index;
    } * block;
    enum {
        ALONG = FUSION_OBSTACLE_BLOCK,
        PLAIN = FUSION_OBSTACLE_INDEX_POINT | FUSION_OBSTACLE_INDEX_HOME
    };
    const size_t one = sizeof(struct geo_point) + sizeof(double)
                       + sizeof(struct fusion_obstacle *) + sizeof(uint32_t) + sizeof(uint8_t);
    const size_t whole = (count + ALONG - 1) / ALONG;
    block = malloc(
        sizeof *block + count * one
        + whole * (sizeof(struct fusion_obstacle_block) + sizeof(struct fusion_obstacle_span)));
    if (block == NULL)
        return DRF_ERR_NOMEM;
    // the widest elements first
    struct geo_point *positions = (void *)(block + 1);
    double *top_amsl_m = (void *)(positions + count);
    const struct fusion_obstacle **obstacles = (void *)(top_amsl_m + count);
    struct fusion_obstacle_block *blocks = (void *)(obstacles + count);
    struct fusion_obstacle_span *spans = (void *)(blocks + whole);
    uint32_t *ranks = (void *)(spans + whole);
    uint8_t *traits = (void *)(ranks + count);
    const struct geo_bounds bounds = geo_tile_bounds(tile);
    enum drf_status status = arrange(&bounds, count, each, context, ranks);
    if (status != DRF_OK) {
        free(block);
        return status;
    }
    const struct geo_point origin = each(context, 0).position;
    for (size_t p = 0; p < count; p++) {
        const struct fusion_obstacle_index_entry stand = each(context, ranks[p]);
        struct fusion_obstacle_block *to = &blocks[p / ALONG];
        obstacles[ranks[p]] = stand.obstacle;
        positions[p] = stand.position;
        top_amsl_m[p] = stand.obstacle->top_known ? stand.obstacle->top_amsl_m : HUGE_VAL;
        traits[p] = traits_of(&stand, tile);
        to->north_deg[p % ALONG] = (float)(stand.position.lat_deg - origin.lat_deg);
        to->east_deg[p % ALONG] = (float)turned(stand.position.lon_deg - origin.lon_deg);
        to->reach_m[p % ALONG] = reach_of(&stand);
        to->shape[p % ALONG] = traits[p] == PLAIN ? 0.0F : HUGE_VALF;
    }
    for (size_t p = count; p < whole * ALONG; p++) { // reach nothing
        struct fusion_obstacle_block *to = &blocks[p / ALONG];
        to->north_deg[p % ALONG] = to->east_deg[p % ALONG] = to->shape[p % ALONG] = 0.0F;
        to->reach_m[p % ALONG] = -HUGE_VALF;
    }
    for (size_t b = 0; b < whole; b++)
        spans[b] = span_of(&blocks[b], b + 1 < whole ? ALONG : count - b * ALONG);
    block->index = (struct fusion_obstacle_index){.origin = origin,
                                                  .block_count = whole,
                                                  .spans = spans,
                                                  .blocks = blocks,
                                                  .ranks = ranks,
                                                  .positions = positions,
                                                  .top_amsl_m = top_amsl_m,
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
    search.next = search.place = 0;
    search.touched_at = search.touched = 0;
    search.at = search.found = 0;
    search.about = search.nearest_first = false;
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
    search->nearest_first = true;
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

// Which obstacles of a block touch the box, and what is left when those are passed over whose
// distance says enough. A loop of its own, without a branch, for the compiler to do several at
// a time.
static uint32_t touch(const struct fusion_obstacle_search *search,
                      const struct fusion_obstacle_block *block,
                      uint8_t hit[static restrict FUSION_OBSTACLE_BLOCK])
{
    const float west_m = search->west_m, east_m = search->east_m;
    const float south_m = search->south_m, north_m = search->north_m;
    const float origin_north_deg = search->origin_north_deg;
    const float origin_east_deg = search->origin_east_deg;
    const float north_m_per_deg = search->north_m_per_deg,
                east_m_per_deg = search->east_m_per_deg;
    const float outside_m2 = search->outside_m2, inside_m2 = search->inside_m2,
                told_m2 = search->told_m2;
    int passed = 0;
    for (uint32_t i = 0; i < FUSION_OBSTACLE_BLOCK; i++) {
        const float up = (block->north_deg[i] - origin_north_deg) * north_m_per_deg;
        const float right = (block->east_deg[i] - origin_east_deg) * east_m_per_deg;
        const float reach = block->reach_m[i], square_m2 = up * up + right * right;
        const int tall = (up + reach >= south_m) & (up - reach <= north_m);
        const int wide = (right + reach >= west_m) & (right - reach <= east_m);
        const int outside = square_m2 - block->shape[i] > outside_m2;
        const int counted =
            tall & wide & (square_m2 + block->shape[i] < inside_m2) & (square_m2 >= told_m2);
        passed += counted;
        hit[i] = (uint8_t)(tall & wide & (outside ^ 1) & (counted ^ 1));
    }
    return (uint32_t)passed;
}

// The same of a whole block: rounding is monotonic, so none is left out that touch() finds.
static bool may_touch(const struct fusion_obstacle_search *search,
                      const struct fusion_obstacle_span *span)
{
    const float top = (span->north_deg - search->origin_north_deg) * search->north_m_per_deg;
    const float bottom = (span->south_deg - search->origin_north_deg) * search->north_m_per_deg;
    const float right = (span->east_deg - search->origin_east_deg) * search->east_m_per_deg;
    const float left = (span->west_deg - search->origin_east_deg) * search->east_m_per_deg;
    return (top + span->reach_m >= search->south_m)
           & (bottom - span->reach_m <= search->north_m)
           & (right + span->reach_m >= search->west_m)
           & (left - span->reach_m <= search->east_m);
}

// How far a block is, as it compares.
static float away(const struct fusion_obstacle_search *search,
                  const struct fusion_obstacle_span *span)
{
    const float up = search->origin_north_deg, right = search->origin_east_deg;
    const float north = greater(greater(up - span->north_deg, span->south_deg - up), 0.0F)
                        * search->north_m_per_deg;
    const float east = greater(greater(right - span->east_deg, span->west_deg - right), 0.0F)
                       * search->east_m_per_deg;
    return north * north + east * east;
}

static void fetch(const struct fusion_obstacle_block *block)
{
    enum { LINE = 64 };
    for (size_t at = 0; at < sizeof *block; at += LINE)
        __builtin_prefetch((const char *)block + at);
}

// The next blocks that the box touches: they come from memory together. False: there are no
// more.
static bool blocks_find(struct fusion_obstacle_search *search)
{
    const struct fusion_obstacle_index *index = search->bucket->index;
    uint32_t found = 0;
    size_t block = search->next;
    for (; block < index->block_count && found < FUSION_OBSTACLE_SEARCH_BLOCKS; block++) {
        search->blocks[found] = (uint32_t)block;
        found += may_touch(search, &index->spans[block]) ? 1 : 0;
    }
    search->next = block;
    search->touched_at = 0;
    search->touched = found;
    uint32_t nearest = 0;
    float least = HUGE_VALF;
    for (uint32_t i = 0; i < found; i++) {
        fetch(&index->blocks[search->blocks[i]]);
        const float m2 =
            search->nearest_first ? away(search, &index->spans[search->blocks[i]]) : HUGE_VALF;
        nearest = m2 < least ? i : nearest;
        least = lesser(m2, least);
    }
    const uint32_t first = search->blocks[0];
    search->blocks[0] = search->blocks[nearest];
    search->blocks[nearest] = first;
    return found > 0;
}

static void block_read(struct fusion_obstacle_search *search, uint32_t block)
{
    enum { HITS = sizeof(uint64_t) };
    uint8_t hit[FUSION_OBSTACLE_BLOCK];
    search->passed += touch(search, &search->bucket->index->blocks[block], hit);
    uint32_t found = 0;
    for (uint32_t i = 0; i < FUSION_OBSTACLE_BLOCK; i += HITS) { // most of them are not near
        uint64_t hits;
        memcpy(&hits, hit + i, sizeof hits);
        for (uint32_t k = i; hits != 0 && k < i + HITS; k++) {
            search->places[found] = block * FUSION_OBSTACLE_BLOCK + k;
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
    if (search->bucket->index == NULL) {
        *index = search->place = search->next++;
        return *index < search->bucket->count;
    }
    while (search->at == search->found) {
        if (search->touched_at == search->touched && !blocks_find(search))
            return false;
        block_read(search, search->blocks[search->touched_at++]);
    }
    search->place = search->places[search->at++];
    *index = search->bucket->index->ranks[search->place];
    return true;
}
