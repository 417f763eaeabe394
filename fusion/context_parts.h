// fusion/context_parts.h - the parts that fusion/context.c puts together; private to
// fusion/context*.c. SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_CONTEXT_PARTS_H
#define FUSION_CONTEXT_PARTS_H

#include "fusion/context.h"
#include "fusion/plan.h"
#include "geo/crs.h"

// Every height of the aircraft, and the ground and surface below it.
void fusion_context_height(const struct geo_crs *crs, const struct fusion_root *root,
                           const struct fusion_aircraft *aircraft, struct fusion_height *out);

// The segments ahead; `height` must be that of the same aircraft.
void fusion_context_ahead(const struct geo_crs *crs, const struct fusion_root *root,
                          const struct fusion_aircraft *aircraft,
                          const struct fusion_follow *follow,
                          const struct fusion_height *height, struct fusion_look_ahead *out);

// The nearest obstacles within a radius, nearest first. Returns how many more there are.
uint32_t fusion_context_near(const struct fusion_root *root, struct geo_point point,
                             double radius_m, size_t room, struct fusion_near *out,
                             size_t *count);

#endif
