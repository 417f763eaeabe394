// fusion/fabric/feature_impl.h - private state of the feature*.c files.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_FEATURE_IMPL_H
#define FUSION_FEATURE_IMPL_H

#include "fusion/fabric/feature.h"

struct fusion_features {
    struct fusion_features_config config;
    struct fusion_feature **heads; // `used` chains, with room for more
    size_t room, used, count;
    size_t numbered; // of `count`
    size_t round;    // the greatest power of two not above `used`
    struct fusion_feature_list *of_tile, *of_bucket;
    const struct fusion_bucket **buckets; // as last published
    bool *bucket_dirty;
    uint32_t *dirty; // the dirty buckets
    size_t dirty_count;
    double *bucket_reach_m; // of those in the bucket, as last published
    size_t slices;          // of the publication under way
};

#endif
