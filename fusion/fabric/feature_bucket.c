// SPDX-License-Identifier: Apache-2.0
// Which tiles and buckets a footprint touches, and the buckets as a root shows them.
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/feature_impl.h"
#include "fusion/root/obstacle_index.h"
#include "geo/unconst.h"

enum {
    OBSTACLES_PER_SLICE = 16000, // of a publication: two milliseconds
    SLICES_MAX = 16,
};

static struct fusion_lattice lattice_of(struct fusion_extent extent)
{
    struct geo_bounds first = geo_tile_bounds(extent.first);
    return (struct fusion_lattice){
        .north_deg = first.north_deg,
        .west_deg = first.west_deg,
        .side_deg = first.north_deg - first.south_deg,
        .rows = extent.rows,
        .columns = extent.columns,
    };
}

struct coverage { // of one footprint over an extent
    const struct fusion_features *features;
    uint32_t columns;
    size_t first; // number of the extent's north-west tile
    fusion_index_fn each;
    void *context;
};

static void cover_span(void *context, uint32_t row, uint32_t first, uint32_t last)
{
    const struct coverage *coverage = context;
    for (uint32_t column = first; column <= last; column++)
        coverage->each(coverage->context,
                       coverage->first + (size_t)row * coverage->columns + column);
}

static void cover_extent(const struct fusion_features *f, struct fusion_extent extent,
                         size_t first, const struct geo_obstacle *obstacle,
                         const struct geo_point *vertices, fusion_index_fn each, void *context)
{
    struct coverage coverage = {f, extent.columns, first, each, context};
    struct fusion_footprint footprint = fusion_footprint_of(obstacle, vertices);
    fusion_footprint_spans(&footprint, lattice_of(extent), cover_span, &coverage);
}

void fusion_features_tiles(const struct fusion_features *features,
                           const struct geo_obstacle *obstacle,
                           const struct geo_point *vertices, fusion_index_fn each,
                           void *context)
{
    const struct fusion_tile_grids *tiles = &features->config.tiles;
    for (size_t i = 0; i < tiles->count; i++)
        cover_extent(features, tiles->grids[i].tiles, tiles->grids[i].first, obstacle, vertices,
                     each, context);
}

void fusion_features_buckets(const struct fusion_features *features,
                             const struct geo_obstacle *obstacle,
                             const struct geo_point *vertices, fusion_index_fn each,
                             void *context)
{
    cover_extent(features, features->config.buckets, 0, obstacle, vertices, each, context);
}

static void note_any(void *context, size_t index)
{
    (void)index;
    *(bool *)context = true;
}

bool fusion_features_inside(const struct fusion_features *features,
                            const struct geo_obstacle *obstacle,
                            const struct geo_point *vertices)
{
    bool any = false;
    fusion_features_buckets(features, obstacle, vertices, note_any, &any);
    return any;
}

static void release_bucket(void *context, void *part)
{
    (void)context;
    free(part);
}

int fusion_feature_order(const struct fusion_obstacle *a, const struct fusion_obstacle *b)
{
    int order = strcmp(a->source->source, b->source->source);
    if (order == 0)
        order = strcmp(a->obstacle->id, b->obstacle->id);
    return order == 0 ? fusion_source_compare(a->source, b->source) : order;
}

// The features lie all over memory: by the time one is reached it is there.
static struct fusion_obstacle_index_entry index_entry_of(const void *context, size_t i)
{
    enum { AHEAD = 12 };
    const struct fusion_feature_list *list = context;
    const struct fusion_feature *one = list->items[i];
    if (i + AHEAD < list->count) {
        __builtin_prefetch(&list->items[i + AHEAD]->fused);
        __builtin_prefetch(&list->items[i + AHEAD]->point);
        __builtin_prefetch(&list->items[i + AHEAD / 2]->fused->top_amsl_m);
    }
    return (struct fusion_obstacle_index_entry){one->fused, one->position, one->reach_m,
                                                one->point};
}

static enum drf_status make_bucket(const struct fusion_features *f, uint32_t at,
                                   const struct fusion_bucket **out)
{
    const struct fusion_extent *extent = &f->config.buckets;
    const uint32_t columns = UINT32_C(2) << extent->first.level;
    const struct geo_tile tile = {.col = (extent->first.col + at % extent->columns)
                                         & (columns - 1),
                                  .row = extent->first.row + at / extent->columns,
                                  .level = extent->first.level};
    const struct fusion_feature_list *list = &f->of_bucket[at];
    *out = NULL;
    if (list->count == 0)
        return DRF_OK;
    struct fusion_bucket *made;
    enum drf_status status = fusion_bucket_make(tile, list->count, index_entry_of, list, &made);
    if (status == DRF_OK)
        *out = made;
    return status;
}

// What a bucket shows from now on; and how far the farthest of them reaches.
static double show(const struct fusion_feature_list *list)
{
    double reach_m = 0.0;
    for (size_t i = 0; i < list->count; i++) {
        struct fusion_feature *one = list->items[i];
        one->shown = true;
        reach_m = one->reach_m > reach_m ? one->reach_m : reach_m;
    }
    return reach_m;
}

static enum drf_status publish_bucket(struct fusion_features *f, uint32_t at)
{
    const struct fusion_bucket *made;
    enum drf_status status = fusion_retired_reserve(f->config.retired, 1);
    if (status == DRF_OK)
        status = make_bucket(f, at, &made);
    if (status != DRF_OK)
        return status;
    fusion_retired_add(f->config.retired, GEO_UNCONST(f->buckets[at]), release_bucket);
    f->buckets[at] = made;
    f->bucket_reach_m[at] = show(&f->of_bucket[at]);
    return DRF_OK;
}

enum drf_status fusion_features_publish(struct fusion_features *features,
                                        const struct fusion_bucket *const **out,
                                        double *reach_m)
{
    struct fusion_features *f = features;
    size_t laid_out = 0;
    while (f->dirty_count > 0) {
        if (laid_out > OBSTACLES_PER_SLICE && f->slices < SLICES_MAX) {
            f->slices++;
            return DRF_ERR_AGAIN;
        }
        uint32_t at = f->dirty[f->dirty_count - 1];
        enum drf_status status = publish_bucket(f, at);
        if (status != DRF_OK)
            return status;
        laid_out += f->of_bucket[at].count;
        f->bucket_dirty[at] = false;
        f->dirty_count--;
    }
    f->slices = 0;
    *out = f->buckets;
    *reach_m = 0.0;
    const size_t buckets = (size_t)f->config.buckets.rows * f->config.buckets.columns;
    for (size_t i = 0; i < buckets; i++)
        *reach_m = f->bucket_reach_m[i] > *reach_m ? f->bucket_reach_m[i] : *reach_m;
    return DRF_OK;
}

bool fusion_features_changed(const struct fusion_features *features)
{
    return features->dirty_count > 0;
}
