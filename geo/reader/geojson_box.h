// geo/reader/geojson_box.h - where a GeoJSON geometry lies, even one that cannot be read.
// SPDX-License-Identifier: Apache-2.0
//
// For what is refused: the box of all its coordinates, whatever shape they were meant to be. A
// ring that is not closed or crosses itself has one, a GeometryCollection too. A line over the
// antimeridian has the box across it (west > east), never the one round the world; a ring
// around a pole has one that holds the pole. The geodesics between the coordinates are in it
// (geo/edge.h).
#ifndef GEO_GEOJSON_BOX_H
#define GEO_GEOJSON_BOX_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/reader/geojson_crs.h"
#include "geo/reader/json.h"
#include "geo/tile.h"

// Of a part of a Multi, numbered from 0, or of the whole of anything else; widened by
// `spread_m` on all sides, and in a projected `crs` by what a line that is straight on the map
// may bend. `crs` is the document's; NULL: WGS 84. False: some coordinate cannot be read, or
// there is none.
bool geo_geometry_box(const struct geo_json *geometry, size_t part,
                      const struct geo_geojson_crs *crs, double spread_m,
                      struct geo_bounds *out);

#endif
