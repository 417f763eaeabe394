// fusion/context/context_parts.h - the parts of a context; private to context*.c.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_CONTEXT_PARTS_H
#define FUSION_CONTEXT_PARTS_H

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/encounter.h"
#include "fusion/aircraft/path.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/root/sample.h"
#include "geo/crs.h"

struct fusion_builder {
    struct geo_crs *crs;
    struct fusion_planes *planes;
};

// The layers that are not to be trusted as complete: anywhere, or for a refusal inside the box.
// Returns how many.
size_t fusion_context_states(const struct fusion_root *root, struct geo_bounds box,
                             int64_t now_utc_us,
                             struct fusion_layer_state out[static FUSION_LAYER_COUNT]);

// Every height of the aircraft, and the ground and surface below it.
void fusion_context_height(const struct geo_crs *crs, const struct fusion_root *root,
                           const struct fusion_aircraft *aircraft, struct fusion_height *out);

// The segments along a path; `height` must be that of the same aircraft.
void fusion_context_ahead(const struct fusion_root *root, const struct fusion_path *path,
                          const struct fusion_aircraft *aircraft,
                          const struct fusion_height *height, struct fusion_look_ahead *out);

// The nearest obstacles within a radius around the origin of a frame, nearest first. Returns
// how many more there are.
uint32_t fusion_context_near(const struct fusion_root *root, const struct geo_frame *frame,
                             double radius_m, size_t room, struct fusion_near *out,
                             size_t *count);

// The obstacle whose top a surface is, as it was sampled at a point; NULL: it is of none.
const struct fusion_obstacle *fusion_context_raised_by(const struct fusion_root *root,
                                                       struct geo_point point,
                                                       const struct fusion_sample *surface);

// Nearby traffic and how near each comes, most urgent first. Returns how many.
size_t fusion_context_traffic(const struct fusion_view *view, const struct geo_crs *crs,
                              struct fusion_encounter encounters[static FUSION_NEIGHBOURS_MAX],
                              struct fusion_context *out);

// NONE where the layer is complete in the circle, and the circle stays inside what is kept.
enum fusion_reason fusion_context_near_reason(const struct fusion_root *root,
                                              enum fusion_layer layer, struct geo_point point,
                                              double radius_m, int64_t now_utc_us);

#endif
