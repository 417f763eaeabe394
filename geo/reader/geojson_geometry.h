// geo/reader/geojson_geometry.h - reads a GeoJSON geometry as vertices.
// SPDX-License-Identifier: Apache-2.0
//
// RFC 7946: positions are longitude, latitude (a third number is a height over the ellipsoid,
// and not read). Points, lines and polygons; a Multi is read part by part. Of a polygon the
// outer ring is read, in the form geo/ring.h describes.
#ifndef GEO_GEOJSON_GEOMETRY_H
#define GEO_GEOJSON_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/reader/geojson_crs.h"
#include "geo/reader/json.h"
#include "geo/record/obstacle.h"
#include "geo/record/record.h"
#include "geo/status.h"
#include "geo/tile.h"

enum { GEO_SHAPE_VERTICES_ROOM = GEO_OBSTACLE_VERTICES_MAX + 1 }; // a ring is closed in text

struct geo_shape {
    struct geo_point *vertices;        // the caller's, `room` of them
    size_t room;                       // 0: GEO_SHAPE_VERTICES_ROOM
    const struct geo_geojson_crs *crs; // of the document; NULL: WGS 84
    bool may_cross;                    // the antimeridian: see below
    size_t count;                      // 1 for a point
    uint32_t geometry;                 // enum geo_geometry
    bool has_holes;
    bool crosses; // the antimeridian: from -180 on, some longitudes run past 180
    struct geo_bounds bounds;
};

// How many parts a geometry has: of a Multi as many as it says, at least 1.
size_t geo_shape_parts(const struct geo_json *geometry);
// Reads a part, numbered from 0. `feature` numbers the text for *why. DRF_ERR_SYNTAX,
// DRF_ERR_RANGE: not a geometry, off the globe, too many vertices, not closed, crossing itself
// or the antimeridian, of no area, of another system than its document, or with an edge of more
// than 20 km that is straight on a map. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_shape_read(const struct geo_json *geometry, size_t part,
                                              uint64_t feature, struct geo_shape *shape,
                                              struct geo_note *why);

// The same for the coordinates of one polygon: a list of rings, of which the outer is read.
DRF_MUST_CHECK enum drf_status geo_shape_read_polygon(const struct geo_json *coordinates,
                                                      uint64_t feature, struct geo_shape *shape,
                                                      struct geo_note *why);

#endif
