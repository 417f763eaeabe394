// edge/trial/try_place.h - where the data of some files are: a region, and its middle.
// SPDX-License-Identifier: Apache-2.0
//
// Boxes are of rasters, points are of features, stations and aircraft. Nothing here crosses the
// antimeridian.
#ifndef EDGE_TRY_PLACE_H
#define EDGE_TRY_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/tile.h"

enum { EDGE_TRY_BOXES_MAX = 500, EDGE_TRY_POINTS_MAX = 200000, EDGE_TRY_SIDE_MAX_KM = 120 };

struct edge_try_place {
    struct geo_bounds boxes[EDGE_TRY_BOXES_MAX];
    size_t box_count;
    struct geo_point *points; // EDGE_TRY_POINTS_MAX of them, allocated with the first
    size_t point_count;
    bool has_grid;
    struct geo_point grid_middle; // of the first weather grid: for want of anything better
    uint64_t left_out;            // boxes and points for which there was no room
};

void edge_try_place_box(struct edge_try_place *place, struct geo_bounds box);
void edge_try_place_point(struct edge_try_place *place, struct geo_point point);
void edge_try_place_close(struct edge_try_place *place);

struct edge_try_region {
    struct geo_bounds bounds;
    const char *from; // what it was taken from, for people
    bool cut;         // the data reach farther
};
// All rasters if they fit into EDGE_TRY_SIDE_MAX_KM, else the raster with most points, else
// where most points are, else around the middle of a weather grid. False: no file has a place.
bool edge_try_place_region(const struct edge_try_place *place, struct edge_try_region *out);
// Where most points of the region are together; without points its centre.
struct geo_point edge_try_place_middle(const struct edge_try_place *place,
                                       struct geo_bounds region);
double edge_try_place_width_km(struct geo_bounds bounds);
double edge_try_place_height_km(struct geo_bounds bounds);

#endif
