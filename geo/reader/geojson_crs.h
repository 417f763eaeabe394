// geo/reader/geojson_crs.h - the reference system of GeoJSON: its member "crs".
// SPDX-License-Identifier: Apache-2.0
//
// RFC 7946 has one system, WGS 84 longitude and latitude. The draft of 2008 had a member "crs",
// which programs still write: it is obeyed. WGS 84 by any of its names (EPSG:4326, EPSG:4979,
// CRS84; as a URN, as an address of opengis.net) changes nothing; another EPSG code is
// transformed by PROJ where that is possible without a grid that is missing; whatever else is
// there is refused by name. Positions are x, y (easting, northing; longitude, latitude) in
// every system, as the draft says and programs write.
#ifndef GEO_GEOJSON_CRS_H
#define GEO_GEOJSON_CRS_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/reader/json.h"
#include "geo/record/record.h"
#include "geo/status.h"

struct geo_crs;
struct geo_crs_map;

enum { GEO_GEOJSON_CRS_NAME_SIZE = 24 };

// All zero: WGS 84.
struct geo_geojson_crs {
    char name[GEO_GEOJSON_CRS_NAME_SIZE]; // "EPSG:4230"; empty: WGS 84
    struct geo_crs *proj;
    struct geo_crs_map *map; // NULL: nothing to transform
};

// Reads the member "crs" of a document; *crs need not be initialised, and must be closed after
// DRF_OK. DRF_ERR_SYNTAX: a system that is not read here, *why names it. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_geojson_crs_open(struct geo_geojson_crs *crs,
                                                    const struct geo_json *document,
                                                    struct geo_note *why);
void geo_geojson_crs_close(struct geo_geojson_crs *crs); // an all zero one too

// DRF_OK unless `object`, a feature or a geometry, names another system than its document.
// `feature` numbers the text for *why. `crs` may be NULL: WGS 84.
DRF_MUST_CHECK enum drf_status geo_geojson_crs_check(const struct geo_geojson_crs *crs,
                                                     const struct geo_json *object,
                                                     uint64_t feature, struct geo_note *why);

// Whether x and y are lengths on a plane, where a straight line is another one than in degrees.
bool geo_geojson_crs_projected(const struct geo_geojson_crs *crs);

// WGS 84 from a position. False: it is off the globe, or has no place in WGS 84.
bool geo_geojson_crs_point(const struct geo_geojson_crs *crs, double x, double y,
                           struct geo_point *out);

#endif
