// SPDX-License-Identifier: Apache-2.0
// Obstacles are found by id through a hash table with linear hashing (one chain is split per
// insertion, so that no insertion pays for a whole rehash) and by place through a sorted list
// for each tile and each bucket that the footprint touches. Lists are sorted by source and id,
// which makes the order within a bucket independent of arrival. What a root shows is never
// written again: a refresh that changes a top makes a new obstacle, retires the old one, and
// marks the buckets dirty; feature_bucket.c rebuilds those on publication. One that no root has
// shown yet, as at a start, is changed where it is.
#include "fusion/fabric/feature.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/feature_impl.h"
#include "fusion/fold/fold.h"
#include "fusion/root/obstacle_index.h"
#include "geo/unconst.h"

static size_t size_of(struct fusion_extent extent)
{
    return (size_t)extent.rows * extent.columns;
}

enum drf_status fusion_features_open(const struct fusion_features_config *config,
                                     struct fusion_features **out)
{
    enum { ROOM_FIRST = 1024 };
    size_t tiles = config->tiles.tile_count, buckets = size_of(config->buckets);
    struct fusion_features *f = calloc(1, sizeof *f);
    if (f == NULL)
        return DRF_ERR_NOMEM;
    *f = (struct fusion_features){
        .config = *config,
        .heads = calloc(ROOM_FIRST, sizeof(struct fusion_feature *)),
        .room = ROOM_FIRST,
        .used = ROOM_FIRST,
        .round = ROOM_FIRST,
        .of_tile = calloc(tiles, sizeof(struct fusion_feature_list)),
        .of_bucket = calloc(buckets, sizeof(struct fusion_feature_list)),
        .buckets = calloc(buckets, sizeof(struct fusion_bucket *)),
        .bucket_dirty = calloc(buckets, sizeof(bool)),
        .dirty = calloc(buckets, sizeof(uint32_t)),
        .bucket_reach_m = calloc(buckets, sizeof(double)),
    };
    if (f->heads == NULL || f->of_tile == NULL || f->of_bucket == NULL || f->buckets == NULL
        || f->bucket_dirty == NULL || f->dirty == NULL || f->bucket_reach_m == NULL) {
        fusion_features_close(f);
        return DRF_ERR_NOMEM;
    }
    *out = f;
    return DRF_OK;
}

// An obstacle is one block: the struct of the root, the obstacle as published, the vertices.
static void release_obstacle(void *context, void *part)
{
    struct fusion_obstacle *fused = part;
    fusion_provenance_release(context, fused->source);
    free(fused);
}

void fusion_features_close(struct fusion_features *features)
{
    struct fusion_features *f = features;
    if (f == NULL)
        return;
    size_t tiles = f->config.tiles.tile_count, buckets = size_of(f->config.buckets);
    for (size_t i = 0; f->heads != NULL && i < f->used; i++)
        for (struct fusion_feature *one = f->heads[i], *next; one != NULL; one = next) {
            next = one->next;
            release_obstacle(f->config.provenances, GEO_UNCONST(one->fused));
            free(one);
        }
    for (size_t i = 0; f->of_tile != NULL && i < tiles; i++)
        free(f->of_tile[i].items);
    for (size_t i = 0; f->of_bucket != NULL && i < buckets; i++)
        free(f->of_bucket[i].items);
    for (size_t i = 0; f->buckets != NULL && i < buckets; i++)
        free(GEO_UNCONST(f->buckets[i]));
    free(f->heads);
    free(f->of_tile);
    free(f->of_bucket);
    free((void *)f->buckets);
    free(f->bucket_dirty);
    free(f->dirty);
    free(f->bucket_reach_m);
    free(f);
}

// The position of a feature in a list, or where it would be; lists are in the order of a
// bucket.
static size_t place_in(const struct fusion_feature_list *list,
                       const struct fusion_feature *feature)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fusion_feature_order(list->items[middle]->fused, feature->fused) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum drf_status insert(struct fusion_feature_list *list, size_t at,
                              struct fusion_feature *feature)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 4 : list->room * 2;
        struct fusion_feature **items =
            realloc(list->items, room * sizeof(struct fusion_feature *));
        if (items == NULL)
            return DRF_ERR_NOMEM;
        list->items = items;
        list->room = room;
    }
    memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof(void *));
    list->items[at] = feature;
    list->count++;
    return DRF_OK;
}

static void take_out(struct fusion_feature_list *list, const struct fusion_feature *feature)
{
    size_t at = place_in(list, feature);
    while (at < list->count && list->items[at] != feature) // past others of the same order
        at++;
    if (at == list->count)
        return; // it touched the list more than once
    list->count--;
    memmove(list->items + at, list->items + at + 1, (list->count - at) * sizeof(void *));
}

static void dirty_bucket(struct fusion_features *f, size_t bucket)
{
    if (!f->bucket_dirty[bucket])
        f->dirty[f->dirty_count++] = (uint32_t)bucket;
    f->bucket_dirty[bucket] = true;
}

struct change { // entering or leaving the lists
    struct fusion_features *features;
    struct fusion_feature *feature;
    enum drf_status status;
};

static void join(struct change *change, struct fusion_feature_list *list)
{
    size_t at = place_in(list, change->feature);
    if (at < list->count && list->items[at] == change->feature)
        return; // it touches the list more than once
    if (change->status == DRF_OK)
        change->status = insert(list, at, change->feature);
}

static void join_tile(void *context, size_t index)
{
    struct change *change = context;
    join(change, &change->features->of_tile[index]);
}

static void join_bucket(void *context, size_t index)
{
    struct change *change = context;
    join(change, &change->features->of_bucket[index]);
    dirty_bucket(change->features, index);
}

static void leave_tile(void *context, size_t index)
{
    struct change *change = context;
    take_out(&change->features->of_tile[index], change->feature);
}

static void leave_bucket(void *context, size_t index)
{
    struct change *change = context;
    take_out(&change->features->of_bucket[index], change->feature);
    dirty_bucket(change->features, index);
}

static void touch_bucket(void *context, size_t index)
{
    struct change *change = context;
    dirty_bucket(change->features, index);
}

// Ids are given out one after the other: their last bits spread them evenly, and whoever goes
// from chain to chain meets them nearly in order, which is how their rows lie in the file.
static struct fusion_feature **head_of(const struct fusion_features *f, int64_t id)
{
    size_t at = (size_t)id & (2 * f->round - 1);
    return &f->heads[at < f->used ? at : at - f->round];
}

// Linear hashing: one chain is split for each feature that is added, so that no step pays for
// all. Without memory for it the table stays as it is and only becomes slower.
static void grow(struct fusion_features *f)
{
    if (f->used == f->room) {
        struct fusion_feature **heads =
            realloc(f->heads, 2 * f->room * sizeof(struct fusion_feature *));
        if (heads == NULL)
            return;
        f->heads = heads;
        f->room *= 2;
    }
    struct fusion_feature **stay = &f->heads[f->used - f->round], **go = &f->heads[f->used],
                          *one = *stay;
    f->used++;
    *stay = *go = NULL;
    for (struct fusion_feature *next; one != NULL; one = next) {
        next = one->next;
        struct fusion_feature **head = head_of(f, one->id);
        one->next = *head;
        *head = one;
    }
    f->round = f->used == 2 * f->round ? f->used : f->round;
}

static enum drf_status make_obstacle(const struct geo_obstacle *obstacle,
                                     const struct geo_point *vertices,
                                     const struct fusion_source *source,
                                     struct fusion_obstacle **out)
{
    size_t size = sizeof(struct fusion_obstacle) + sizeof *obstacle
                  + obstacle->vertex_count * sizeof *vertices;
    struct fusion_obstacle *fused = malloc(size);
    if (fused == NULL)
        return DRF_ERR_NOMEM;
    struct geo_obstacle *words = (void *)(fused + 1);
    struct geo_point *own = (void *)(words + 1);
    *words = *obstacle;
    if (obstacle->vertex_count > 0)
        memcpy(own, vertices, obstacle->vertex_count * sizeof *own);
    *fused = (struct fusion_obstacle){
        .obstacle = words,
        .vertices = obstacle->vertex_count > 0 ? own : NULL,
        .source = source,
    };
    fusion_provenance_retain(source);
    *out = fused;
    return DRF_OK;
}

enum drf_status fusion_features_add(struct fusion_features *features, int64_t id,
                                    int64_t version_utc_us, const struct geo_obstacle *obstacle,
                                    const struct geo_point *vertices,
                                    const struct fusion_source *source)
{
    struct fusion_features *f = features;
    assert(fusion_features_find(f, id) == NULL);
    struct fusion_obstacle *fused;
    enum drf_status status = make_obstacle(obstacle, vertices, source, &fused);
    if (status != DRF_OK)
        return status;
    struct fusion_feature *feature = malloc(sizeof *feature);
    if (feature == NULL) {
        release_obstacle(f->config.provenances, fused);
        return DRF_ERR_NOMEM;
    }
    if (f->count >= f->used)
        grow(f);
    struct fusion_feature **head = head_of(f, id);
    struct fusion_footprint footprint = fusion_footprint_of(obstacle, vertices);
    *feature = (struct fusion_feature){
        .fused = fused,
        .id = id,
        .version_utc_us = version_utc_us,
        .raises = (obstacle->flags & GEO_OBSTACLE_BALLOON) == 0
                  && obstacle->horizontal_acc95_m <= f->config.raster_accuracy_max_m,
        .row_stale = true,
        .position = obstacle->position,
        .point = fusion_obstacle_index_point(obstacle, vertices),
        .reach_m = fusion_footprint_reach_m(&footprint),
        .next = *head,
    };
    *head = feature;
    f->count++;
    f->numbered += (obstacle->flags & GEO_OBSTACLE_NUMBERED) != 0;

    struct change change = {.features = f, .feature = feature};
    fusion_features_tiles(f, obstacle, vertices, join_tile, &change);
    fusion_features_buckets(f, obstacle, vertices, join_bucket, &change);
    return change.status;
}

enum drf_status fusion_features_remove(struct fusion_features *features,
                                       struct fusion_feature *feature)
{
    struct fusion_features *f = features;
    enum drf_status status = fusion_retired_reserve(f->config.retired, 1);
    if (status != DRF_OK)
        return status;
    const struct fusion_obstacle *fused = feature->fused;
    struct change change = {.features = f, .feature = feature};
    fusion_features_tiles(f, fused->obstacle, fused->vertices, leave_tile, &change);
    fusion_features_buckets(f, fused->obstacle, fused->vertices, leave_bucket, &change);

    struct fusion_feature **link = head_of(f, feature->id);
    while (*link != feature)
        link = &(*link)->next;
    *link = feature->next;
    f->count--;
    f->numbered -= (fused->obstacle->flags & GEO_OBSTACLE_NUMBERED) != 0;
    fusion_retired_add(f->config.retired, GEO_UNCONST(fused), release_obstacle);
    free(feature);
    return DRF_OK;
}

struct fusion_feature *fusion_features_find(const struct fusion_features *features, int64_t id)
{
    struct fusion_feature *one = *head_of(features, id);
    while (one != NULL && one->id != id)
        one = one->next;
    return one;
}

struct foot { // what is known of the ground under a footprint
    fusion_ground_fn ground;
    void *context;
    const struct fusion_footprint *footprint;
    size_t last; // tile looked at, to skip repeated ones
    uint16_t cell;
    bool loading;
};

static void look_under(void *context, size_t tile)
{
    struct foot *foot = context;
    if (tile == foot->last)
        return;
    foot->last = tile;
    bool loading = false;
    const struct fusion_tile *ground = foot->ground(foot->context, tile, &loading);
    foot->loading = foot->loading || loading;
    uint16_t cell = fusion_fold_under(ground, foot->footprint);
    if (cell != GEO_CELL_UNKNOWN && (foot->cell == GEO_CELL_UNKNOWN || cell > foot->cell))
        foot->cell = cell;
}

static void fuse_top(const struct foot *foot, struct fusion_obstacle *fused)
{
    const struct geo_obstacle *o = fused->obstacle;
    fused->foot_loading = foot->loading;
    fused->foot_known = !foot->loading && foot->cell != GEO_CELL_UNKNOWN;
    fused->foot_amsl_m = fused->foot_known ? geo_cell_m(foot->cell) : 0.0;
    bool published = (o->flags & GEO_OBSTACLE_HAS_AMSL) != 0;
    bool standing = (o->flags & GEO_OBSTACLE_HAS_AGL) != 0 && fused->foot_known;
    // What the ground adds is not known yet: a top from the published height could be too low.
    fused->top_known = !foot->loading && (published || standing);
    double top_m = 0.0;
    if (published)
        top_m = o->amsl_m;
    if (standing && (!published || fused->foot_amsl_m + o->agl_m > top_m))
        top_m = fused->foot_amsl_m + o->agl_m;
    fused->top_amsl_m = fused->top_known ? top_m + o->vertical_acc95_m : 0.0;
}

static bool same_number(double a, double b) { return !(a < b) && !(a > b); }

enum drf_status fusion_features_refresh(struct fusion_features *features,
                                        struct fusion_feature *feature, fusion_ground_fn ground,
                                        void *context, bool *changed)
{
    struct fusion_features *f = features;
    const struct fusion_obstacle *old = feature->fused;
    struct fusion_footprint footprint = fusion_footprint_of(old->obstacle, old->vertices);
    struct foot foot = {ground, context, &footprint, SIZE_MAX, GEO_CELL_UNKNOWN, false};
    fusion_features_tiles(f, old->obstacle, old->vertices, look_under, &foot);
    struct fusion_obstacle next = *old;
    fuse_top(&foot, &next);
    *changed = false;
    if (next.top_known == old->top_known && next.foot_known == old->foot_known
        && next.foot_loading == old->foot_loading
        && same_number(next.top_amsl_m, old->top_amsl_m)
        && same_number(next.foot_amsl_m, old->foot_amsl_m))
        return DRF_OK;
    if (!feature->shown) { // no bucket of it was published since it was made: all are dirty
        *(struct fusion_obstacle *)GEO_UNCONST(old) = next;
        feature->row_stale = *changed = true;
        return DRF_OK;
    }

    struct fusion_obstacle *fused;
    enum drf_status status = fusion_retired_reserve(f->config.retired, 1);
    if (status == DRF_OK)
        status = make_obstacle(old->obstacle, old->vertices, old->source, &fused);
    if (status != DRF_OK)
        return status;
    fused->top_known = next.top_known;
    fused->foot_known = next.foot_known;
    fused->foot_loading = next.foot_loading;
    fused->top_amsl_m = next.top_amsl_m;
    fused->foot_amsl_m = next.foot_amsl_m;
    feature->fused = fused;
    feature->row_stale = true;
    feature->shown = false;
    struct change change = {.features = f, .feature = feature};
    fusion_features_buckets(f, fused->obstacle, fused->vertices, touch_bucket, &change);
    fusion_retired_add(f->config.retired, GEO_UNCONST(old), release_obstacle);
    *changed = true;
    return DRF_OK;
}

struct fusion_feature_list fusion_features_of_tile(const struct fusion_features *features,
                                                   size_t tile)
{
    return features->of_tile[tile];
}

struct fusion_feature *fusion_features_next(const struct fusion_features *features,
                                            size_t *cursor, struct fusion_feature *after)
{
    if (after != NULL && after->next != NULL)
        return after->next;
    while (*cursor < features->used) {
        struct fusion_feature *first = features->heads[(*cursor)++];
        if (first != NULL)
            return first;
    }
    return NULL;
}

size_t fusion_features_count(const struct fusion_features *features) { return features->count; }

size_t fusion_features_numbered(const struct fusion_features *features)
{
    return features->numbered;
}
