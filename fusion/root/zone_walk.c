// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/zone_walk.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "fusion/root/source.h"
#include "geo/bounds.h"
#include "geo/extreme.h"

int fusion_zone_order(const struct fusion_zone *a, const struct fusion_zone *b)
{
    int order = strcmp(a->source->source, b->source->source);
    if (order == 0)
        order = strcmp(a->view.zone->id, b->view.zone->id);
    return order == 0 ? fusion_source_compare(a->source, b->source) : order;
}

static float down(double value) { return nextafterf((float)value, -INFINITY); }

static float up(double value) { return nextafterf((float)value, INFINITY); }

struct fusion_zone_box fusion_zone_box_of(struct geo_bounds bounds)
{
    bool crosses = bounds.west_deg > bounds.east_deg;
    return (struct fusion_zone_box){
        .west_deg = crosses ? -INFINITY : down(bounds.west_deg),
        .east_deg = crosses ? INFINITY : up(bounds.east_deg),
        .south_deg = down(bounds.south_deg),
        .north_deg = up(bounds.north_deg),
    };
}

// Without a branch: which side a box lies on is not to be guessed.
static bool may_touch(const struct fusion_zone_box *a, const struct fusion_zone_box *b)
{
    return (a->west_deg <= b->east_deg) & (b->west_deg <= a->east_deg)
           & (a->south_deg <= b->north_deg) & (b->south_deg <= a->north_deg);
}

static struct fusion_zone_window window_of(const struct fusion_extent *extent,
                                           struct geo_bounds box)
{
    double per_deg = (double)(UINT32_C(1) << extent->first.level) / 180.0;
    uint32_t around = UINT32_C(2) << extent->first.level;
    double rows = (double)(UINT32_C(1) << extent->first.level);
    int64_t west = (int64_t)floor((box.west_deg + 180.0) * per_deg);
    int64_t east = (int64_t)floor((box.east_deg + 180.0) * per_deg);
    int64_t columns = east - west + 1 + (box.east_deg < box.west_deg ? around : 0);
    return (struct fusion_zone_window){
        .first_row = (uint32_t)geo_greater(floor((90.0 - box.north_deg) * per_deg), 0.0),
        .last_row = (uint32_t)geo_lesser(floor((90.0 - box.south_deg) * per_deg), rows - 1.0),
        .first_column = (uint32_t)(west & (int64_t)(around - 1)),
        .columns = (uint32_t)(columns < around ? columns : around),
    };
}

// NULL: no zones there. False: there is no such bucket in the root.
static bool bucket_at(const struct fusion_root *root, const struct fusion_zone_window *window,
                      uint32_t index, const struct fusion_zone_bucket **out)
{
    uint32_t around = UINT32_C(2) << root->buckets.first.level;
    const struct geo_tile tile = {.level = root->buckets.first.level,
                                  .row = window->first_row + index / window->columns,
                                  .col = (window->first_column + index % window->columns)
                                         & (around - 1)};
    size_t at;
    bool held = fusion_extent_index(root->buckets, tile, &at);
    *out = held ? root->zones[at] : NULL;
    return held;
}

// Whether all of the window's buckets are in the root: its corners are.
static bool within(const struct fusion_root *root, const struct fusion_zone_window *window)
{
    const struct fusion_zone_bucket *bucket;
    uint32_t rows = window->last_row - window->first_row + 1;
    return bucket_at(root, window, 0, &bucket)
           && bucket_at(root, window, window->columns - 1, &bucket)
           && bucket_at(root, window, window->columns * (rows - 1), &bucket)
           && bucket_at(root, window, window->columns * rows - 1, &bucket);
}

static struct geo_bounds bounds_at(const struct fusion_zone_walk *walk, uint32_t index)
{
    uint8_t level = walk->root->buckets.first.level;
    return geo_tile_bounds(
        (struct geo_tile){.level = level,
                          .row = walk->window.first_row + index / walk->window.columns,
                          .col = (walk->window.first_column + index % walk->window.columns)
                                 & ((UINT32_C(2) << level) - 1)});
}

// The buckets that a box touches are a rectangle of them: so it is in an earlier one of the
// window where it touches the one before in the row, or the one above.
static bool touched_before(const struct fusion_zone_walk *walk, const struct fusion_zone *zone)
{
    uint32_t columns = walk->window.columns;
    return (walk->bucket % columns > 0
            && geo_bounds_touch(bounds_at(walk, walk->bucket - 1), zone->bounds))
           || (walk->bucket >= columns
               && geo_bounds_touch(bounds_at(walk, walk->bucket - columns), zone->bounds));
}

// A zone is in every bucket it touches, and is met in the first of the window. One that goes
// round the globe may touch both ends of a row and nothing between: it is looked for.
static bool met_before(const struct fusion_zone_walk *walk, const struct fusion_zone *zone)
{
    const double width_deg = zone->bounds.east_deg - zone->bounds.west_deg;
    const bool wide = (width_deg < 0.0 ? width_deg + 360.0 : width_deg) > 90.0;
    if (!walk->all && !wide)
        return !geo_bounds_touch(bounds_at(walk, walk->bucket), zone->bounds)
               || touched_before(walk, zone);
    for (uint32_t earlier = 0; earlier < walk->bucket; earlier++) {
        const struct fusion_zone_bucket *bucket;
        (void)bucket_at(walk->root, &walk->window, earlier, &bucket);
        for (size_t i = 0; bucket != NULL && i < bucket->count; i++)
            if (bucket->zones[i] == zone)
                return true;
    }
    return false;
}

// Asks the memory for what is read of a zone first: its box, how many volumes, the first one.
// It is one block of memory.
static void fetch(const struct fusion_zone *zone)
{
    enum { LINE = 64, COUNTS = offsetof(struct geo_zone, restriction) };
    const char *bytes = (const char *)zone;
    const char *counts = bytes + sizeof *zone + COUNTS;
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + LINE);
    __builtin_prefetch(counts);
    for (size_t line = 1; line <= 2; line++)
        __builtin_prefetch(counts + line * LINE);
}

// The places of the next zones of a bucket that may touch the box. The boxes lie beside each
// other, the zones all over memory: they come together, not one after the other.
static void find(struct fusion_zone_walk *walk, const struct fusion_zone_bucket *bucket)
{
    const struct fusion_zone_box box = walk->rounded;
    const size_t count = bucket != NULL ? bucket->count : 0;
    walk->found_at = walk->found = 0;
    size_t i = walk->next;
    for (; i < count && walk->found < FUSION_ZONE_WALK_AT_ONCE; i++) {
        walk->places[walk->found] = i;
        walk->found += bucket->boxes == NULL || may_touch(&bucket->boxes[i], &box) ? 1 : 0;
    }
    walk->next = i;
    for (uint32_t k = 0; k < walk->found; k++)
        fetch(bucket->zones[walk->places[k]]);
    // gcc (12) takes a function that only prefetches for one without effect, and drops the call
    __asm__ volatile("");
}

// The one that is walked now, NULL: no zones in it.
static const struct fusion_zone_bucket *bucket_of(const struct fusion_zone_walk *walk)
{
    const struct fusion_zone_bucket *bucket = walk->root->zones_all;
    if (!walk->all)
        (void)bucket_at(walk->root, &walk->window, walk->bucket, &bucket);
    return bucket;
}

struct fusion_zone_walk fusion_zone_walk_begin(const struct fusion_root *root,
                                               struct geo_bounds box)
{
    struct fusion_zone_walk walk = {.root = root, .box = box};
    if (root->zones_all == NULL)
        return walk;
    walk.rounded = fusion_zone_box_of(box);
    walk.window = window_of(&root->buckets, box);
    walk.all = root->zones == NULL || walk.window.last_row < walk.window.first_row
               || !within(root, &walk.window);
    walk.bucket_count =
        walk.all ? 1 : walk.window.columns * (walk.window.last_row - walk.window.first_row + 1);
    return walk;
}

const struct fusion_zone *fusion_zone_walk_next(struct fusion_zone_walk *walk)
{
    for (; walk->bucket < walk->bucket_count; walk->bucket++, walk->next = 0) {
        const struct fusion_zone_bucket *bucket = bucket_of(walk);
        do {
            while (walk->found_at < walk->found) {
                const struct fusion_zone *zone = bucket->zones[walk->places[walk->found_at++]];
                if (geo_bounds_touch(walk->box, zone->bounds) && !met_before(walk, zone))
                    return zone;
            }
            find(walk, bucket);
        } while (walk->found > 0);
    }
    return NULL;
}
