// fusion/root/sample.h - ground and surface at one position, from the fused cells.
// SPDX-License-Identifier: Apache-2.0
//
// Ground is bilinear between the four nearest cell centres, or the nearest cell if one of them
// is unknown. Surface is the maximum of those of the four that are known. Both work across tile
// borders and the antimeridian. No allocation.
//
// The finest level whose nearest cell is known is used; where all are unknown the next coarser
// one. A surface is never lower than that of a coarser level that knows more: one that has all
// four cells where the finer level has not, or a surface model where the finer level has bare
// earth.
#ifndef FUSION_SAMPLE_H
#define FUSION_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fusion/root/root.h"
#include "geo/point.h"

struct fusion_sample {
    bool known;
    enum fusion_reason reason; // when not known; of a surface without DSM: BARE_EARTH beside
                               // it, OBSTACLE_TOP where an obstacle made the value
    double amsl_m;
    const struct fusion_source *source; // of the nearest (ground) or highest (surface) cell
    uint8_t flags;                      // surface: enum fusion_surface_flag of the highest cell
    uint8_t level;                      // of the tiles that answered, when known
    bool raised;                        // surface: it is the top of an obstacle
};

struct fusion_sample fusion_sample_ground(const struct fusion_root *root,
                                          struct geo_point point);
struct fusion_sample fusion_sample_surface(const struct fusion_root *root,
                                           struct geo_point point);

// The height of the ground alone. False: not known.
bool fusion_sample_ground_height(const struct fusion_root *root, struct geo_point point,
                                 double *amsl_m);

// Why there is nothing at a place: beyond what the node keeps, the layer's state, or no data.
enum fusion_reason fusion_sample_reason(const struct fusion_root *root, enum fusion_layer layer,
                                        struct geo_point point);

// What keeps a layer from being trusted as complete, FUSION_REASON_NONE if nothing. The surface
// is fed by ground, surface and obstacles alike.
enum fusion_reason fusion_sample_state(const struct fusion_root *root, enum fusion_layer layer);

#endif
