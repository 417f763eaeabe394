// fusion/fold/footprint.h - the footprint of an obstacle: its shape widened by its accuracy.
// SPDX-License-Identifier: Apache-2.0
//
// A point becomes a circle, a line a band with round ends, a polygon its interior and a band
// along its edges. Computed in a plane at the obstacle's position, metres east and north by the
// radii of curvature of WGS 84 there. The cosine of the latitude is quantised, so that the same
// cells are touched on every machine. A cell that shares only its border with a footprint is
// touched. Pure functions; nothing is allocated.
#ifndef FUSION_FOOTPRINT_H
#define FUSION_FOOTPRINT_H

#include <stdint.h>

#include "geo/record/obstacle.h"
#include "geo/tile.h"

struct fusion_footprint {
    struct geo_point origin;
    double east_m_per_deg, north_m_per_deg;
    double radius_m;
    uint32_t geometry;                // enum geo_geometry
    uint32_t vertex_count;            // 0 for a point
    const struct geo_point *vertices; // borrowed
};

struct fusion_footprint fusion_footprint_of(const struct geo_obstacle *obstacle,
                                            const struct geo_point *vertices);

// Equal rectangles in degrees: the cells of a tile, or tiles, or buckets. Row 0 is the
// northernmost; columns may run on past +180.
struct fusion_lattice {
    double north_deg, west_deg, side_deg;
    uint32_t rows, columns;
};

// Calls `span` for runs of touched rectangles, columns first..last of a row; runs may overlap.
typedef void (*fusion_span_fn)(void *context, uint32_t row, uint32_t first, uint32_t last);
void fusion_footprint_spans(const struct fusion_footprint *footprint,
                            struct fusion_lattice lattice, fusion_span_fn span, void *context);

// The farthest the footprint reaches from the obstacle's position.
double fusion_footprint_reach_m(const struct fusion_footprint *footprint);
// A box around it; west may be east of east across the antimeridian.
struct geo_bounds fusion_footprint_bounds(const struct fusion_footprint *footprint);

#endif
