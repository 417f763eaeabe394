// geo/crs.h - coordinate reference systems and the geoid (PROJ).
// SPDX-License-Identifier: Apache-2.0
//
// PROJ is used in crs.c and crs_plane.c only. Heights AMSL are over EGM96, read from PROJ's
// egm96_15.gtx named as such. A transformation that is "ballpark", needs the network, or lacks
// a grid is refused. Axis order is normalised here: x is east or longitude, y is north or
// latitude, whatever the CRS defines.
//
// A struct geo_crs is one PROJ context: one owner, one thread at a time.
#ifndef GEO_CRS_H
#define GEO_CRS_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/point.h"
#include "geo/status.h"

struct geo_crs;

// With the geoid in memory (4 MB, about 10 ms). DRF_ERR_NOMEM. A missing geoid grid is no
// error here: geo_crs_geoid_m() returns one.
DRF_MUST_CHECK enum drf_status geo_crs_open(struct geo_crs **out);
// Without the geoid; geo_crs_geoid_load() loads it later.
DRF_MUST_CHECK enum drf_status geo_crs_open_bare(struct geo_crs **out);
// DRF_ERR_ABSENT: the grid is not installed.
DRF_MUST_CHECK enum drf_status geo_crs_geoid_load(struct geo_crs *crs);
void geo_crs_close(struct geo_crs *crs); // takes NULL; close its maps first

// The height of EGM96 over the WGS 84 ellipsoid: h_wgs84 = h_amsl + undulation. Bilinear in the
// grid of 15 minutes. Reads no file and allocates nothing; about 0.3 us.
// DRF_ERR_ABSENT: the grid is not loaded or not installed. DRF_ERR_RANGE: not a position.
DRF_MUST_CHECK enum drf_status geo_crs_geoid_m(const struct geo_crs *crs,
                                               struct geo_point point, double *undulation_m);

// Where that height comes from, and how good it is.
struct geo_crs_geoid {
    const char *name, *version, *licence;
    double acc95_m;   // EPSG gives its operation 10084 an accuracy of 1 m, taken as one sigma
    double posting_m; // of the grid, north to south
};
const struct geo_crs_geoid *geo_crs_geoid(void);

enum geo_crs_height {
    GEO_CRS_HEIGHT_UNSPECIFIED = 0,
    GEO_CRS_HEIGHT_EGM96,
    GEO_CRS_HEIGHT_GEOID,     // EGM2008, NAVD88, any other geoid or levelled datum
    GEO_CRS_HEIGHT_WGS84,     // over the ellipsoid
    GEO_CRS_HEIGHT_ELLIPSOID, // over an ellipsoid within 2 m of WGS 84's (ETRS89, NAD83, ...)
};

struct geo_crs_vertical {
    enum geo_crs_height kind;
    double unit_m;
    char name[24]; // "EGM96", "EGM2008", "NAVD88", "WGS84" or the CRS's own; equal names are
                   // equal references, apart from the unit
};

// What configuration calls a vertical reference: "EGM96", "EGM2008", "NAVD88", "WGS84" (the
// ellipsoid) or "EPSG:nnnn", a vertical, compound or 3D CRS.
// DRF_ERR_SYNTAX: none of these. DRF_ERR_RANGE: depths, or an ellipsoid metres off WGS 84's.
DRF_MUST_CHECK enum drf_status geo_crs_vertical_parse(struct geo_crs *crs, const char *text,
                                                      struct geo_crs_vertical *out);

// The transformation between WGS 84 longitude, latitude and the horizontal part of another CRS.
struct geo_crs_map;

// `definition` is WKT or "EPSG:nnnn". DRF_ERR_SYNTAX: not a CRS. DRF_ERR_ABSENT: no
// transformation from WGS 84 that is complete and better than ballpark. DRF_ERR_RANGE: its
// vertical part is one that geo_crs_vertical_parse() refuses.
DRF_MUST_CHECK enum drf_status geo_crs_map_open(struct geo_crs *crs, const char *definition,
                                                struct geo_crs_map **out);
void geo_crs_map_close(struct geo_crs_map *map); // takes NULL

const char *geo_crs_map_name(const struct geo_crs_map *map); // "EPSG:32617"; until close
struct geo_crs_vertical geo_crs_map_vertical(const struct geo_crs_map *map);
// True if x, y are WGS 84 longitude, latitude in degrees: mapping changes nothing.
bool geo_crs_map_identical(const struct geo_crs_map *map);
// The length of a whole circle along x, 0 if x does not close on itself.
double geo_crs_map_period(const struct geo_crs_map *map);

// In place, `count` positions: longitude and latitude in degrees become x and y in the CRS's
// units, or back. Where there is no such place both become HUGE_VAL. Each position's result
// depends on that position alone.
void geo_crs_map_to(const struct geo_crs_map *map, size_t count, double *x, double *y);
void geo_crs_map_from(const struct geo_crs_map *map, size_t count, double *x, double *y);

const char *geo_crs_library(void); // the version of PROJ in use

#endif
