// fusion/context/landing.h - assessment of a landing site: slope, roughness, obstacles, canopy.
// SPDX-License-Identifier: Apache-2.0
//
// The ground is a plane fitted through nine places of the circle, which is taken at least 15 m
// wide because cells are about 19 m wide. The slope is that of the plane; the roughness is the
// greatest distance from it. Nothing smaller than a cell is seen. The canopy is the greatest
// height of the surface above the ground. Obstacles within 15 m of the circle count. What is
// unknown never counts for a site: it is listed, and is at least a CAUTION. Borrowed text is
// valid as long as the root.
#ifndef FUSION_LANDING_H
#define FUSION_LANDING_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"

enum { FUSION_LANDING_AGAINST_MAX = 8, FUSION_LANDING_TEXT_SIZE = 80 };

#define FUSION_LANDING_OBSTACLE_M 15.0

struct fusion_landing_ask {
    struct geo_point position; // on the globe (asserted)
    double radius_m;           // of the place, 1 .. 100
    const struct fusion_limits *limits;
    int64_t now_utc_us;
};

struct fusion_landing {
    enum fusion_severity severity; // INFO: nothing against it is known
    struct fusion_number slope_deg, roughness_m, canopy_m, gust_mps;
    uint32_t obstacles;
    size_t against_count;
    char against[FUSION_LANDING_AGAINST_MAX][FUSION_LANDING_TEXT_SIZE];
    size_t unknown_count;
    enum fusion_layer unknown[FUSION_LAYER_COUNT];
};

void fusion_landing_judge(struct fusion_builder *builder, const struct fusion_root *root,
                          const struct fusion_landing_ask *ask, struct fusion_landing *out);

#endif
