// fusion/store/store_geometry.h - GeoPackage geometries, and the SQL functions of the R-tree.
// SPDX-License-Identifier: Apache-2.0
//
// GeoPackage 1.3, 2.1.3: "GP", version 0, flags, srs_id 4326, envelope (none for a point, XY
// else), then ISO WKB, little-endian, x = longitude.
#ifndef FUSION_STORE_GEOMETRY_H
#define FUSION_STORE_GEOMETRY_H

#include <stddef.h>
#include <stdint.h>

#include "geo/record/obstacle.h"
#include "geo/record/zone.h"
#include "geo/status.h"

struct sqlite3;

// *bytes is freed by the caller with free(). DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status store_geometry_encode(const struct geo_obstacle *obstacle,
                                                     const struct geo_point *vertices,
                                                     uint8_t **bytes, size_t *size);

// The volumes of a zone as a multipolygon; a circle as 64 corners around it.
DRF_MUST_CHECK enum drf_status store_geometry_encode_zone(const struct geo_zone_view *view,
                                                          uint8_t **bytes, size_t *size);

// Registers ST_MinX, ST_MaxX, ST_MinY, ST_MaxY and ST_IsEmpty for geometries of this file's
// making. Returns SQLite's code.
DRF_MUST_CHECK int store_geometry_register(struct sqlite3 *db);

#endif
