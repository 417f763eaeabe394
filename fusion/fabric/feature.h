// fusion/fabric/feature.h - the obstacles of the region: tops, tiles and buckets.
// SPDX-License-Identifier: Apache-2.0
//
// The top of an obstacle is max(published AMSL, ground under its footprint + AGL) + its
// vertical accuracy; it is unknown while ground under it is still being loaded. What a root
// shows is immutable: a change makes a new obstacle and new buckets, the old ones are retired.
// One owner, no threads, no clock.
#ifndef FUSION_FEATURE_H
#define FUSION_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/footprint.h"
#include "fusion/fold/provenance.h"
#include "fusion/fold/retired.h"
#include "fusion/fold/tile_grids.h"
#include "fusion/root/root.h"
#include "fusion/store/store.h"

struct fusion_feature {
    const struct fusion_obstacle *fused; // as the next root shows it
    int64_t id;                          // the store's
    int64_t version_utc_us;
    struct geo_point position; // its own
    double reach_m;            // no part of its footprint is farther from its position
    bool point;                // its position is all the shape it has
    bool raises;               // its top raises the surface
    bool row_stale;            // the row in the store does not show it
    bool shown;                // a root may show `fused`, which is not written again then
    struct fusion_feature *next;
};

struct fusion_feature_list {
    struct fusion_feature **items;
    size_t count, room;
};

struct fusion_features;
struct fusion_features_config {
    struct fusion_tile_grids tiles; // of the region and its insets, by their numbers
    struct fusion_extent buckets;
    double raster_accuracy_max_m;
    struct fusion_provenance *provenances; // borrowed, as is `retired`
    struct fusion_retired *retired;
};
DRF_MUST_CHECK enum drf_status fusion_features_open(const struct fusion_features_config *config,
                                                    struct fusion_features **out);
void fusion_features_close(struct fusion_features *features); // NULL is fine

// Whether it touches any bucket at all.
bool fusion_features_inside(const struct fusion_features *features,
                            const struct geo_obstacle *obstacle,
                            const struct geo_point *vertices);
// Enters an obstacle under a new id (remove a former one first). Copies it; holds the
// provenance. Its top is unknown until fusion_features_refresh(). DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_features_add(struct fusion_features *features, int64_t id,
                                                   int64_t version_utc_us,
                                                   const struct geo_obstacle *obstacle,
                                                   const struct geo_point *vertices,
                                                   const struct fusion_source *source);
DRF_MUST_CHECK enum drf_status fusion_features_remove(struct fusion_features *features,
                                                      struct fusion_feature *feature);
struct fusion_feature *fusion_features_find(const struct fusion_features *features, int64_t id);

// The fused ground of a tile, NULL when nothing is known; *loading: the store may know more.
typedef const struct fusion_tile *(*fusion_ground_fn)(void *context, size_t tile,
                                                      bool *loading);
// Computes the top again. *changed: it is another. Of an obstacle that a root may show, a new
// one takes the place of the old one.
DRF_MUST_CHECK enum drf_status fusion_features_refresh(struct fusion_features *features,
                                                       struct fusion_feature *feature,
                                                       fusion_ground_fn ground, void *context,
                                                       bool *changed);

// Those whose footprint touches a tile, in the order of a bucket; borrowed until the next add
// or remove.
struct fusion_feature_list fusion_features_of_tile(const struct fusion_features *features,
                                                   size_t tile);
// Calls `each` for the number of every tile of every level that the footprint touches, possibly
// more than once.
typedef void (*fusion_index_fn)(void *context, size_t index);
void fusion_features_tiles(const struct fusion_features *features,
                           const struct geo_obstacle *obstacle,
                           const struct geo_point *vertices, fusion_index_fn each,
                           void *context);
void fusion_features_buckets(const struct fusion_features *features,
                             const struct geo_obstacle *obstacle,
                             const struct geo_point *vertices, fusion_index_fn each,
                             void *context);
// Steps through all; *cursor starts at 0; NULL at the end. Nothing may be added or removed
// meanwhile.
struct fusion_feature *fusion_features_next(const struct fusion_features *features,
                                            size_t *cursor, struct fusion_feature *after);
size_t fusion_features_count(const struct fusion_features *features);
size_t fusion_features_numbered(const struct fusion_features *features); // by their decoder

// The order within a bucket: source, then id. 0 only for the same obstacle.
int fusion_feature_order(const struct fusion_obstacle *a, const struct fusion_obstacle *b);

// Brings the buckets up to date and gives them: one pointer per bucket, borrowed until the next
// call. DRF_ERR_AGAIN: some thousand obstacles were laid out anew and there are more; features
// may be added and removed before the next call. After a number of these all that is left is
// done at once, so that it ends whatever comes in between.
DRF_MUST_CHECK enum drf_status fusion_features_publish(struct fusion_features *features,
                                                       const struct fusion_bucket *const **out,
                                                       double *reach_m);
bool fusion_features_changed(const struct fusion_features *features); // since the last publish

#endif
