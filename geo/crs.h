// geo/crs.h - coordinate reference systems, and the geoid. All of PROJ is behind this.
// SPDX-License-Identifier: Apache-2.0
//
// Heights AMSL are over EGM96, read from PROJ's egm96_15.gtx named as such. No operation is
// ever "ballpark", needs the network, or passes over a grid it lacks: it is refused. Axis order
// is settled here: x is east or longitude, y is north or latitude, whatever the CRS says.
//
// A struct geo_crs is one PROJ context: one owner, one thread at a time. After open the geoid
// is in memory: geo_crs_geoid_m() reads no file and allocates nothing.
#ifndef GEO_CRS_H
#define GEO_CRS_H

#include "geo/point.h"
#include "geo/status.h"

struct geo_crs;

// DRF_ERR_NOMEM. A missing geoid grid is no reason to fail here: geo_crs_geoid_m() says so.
DRF_MUST_CHECK enum drf_status geo_crs_open(struct geo_crs **out);
void geo_crs_close(struct geo_crs *crs); // takes NULL

// The height of EGM96 over the WGS 84 ellipsoid: h_wgs84 = h_amsl + undulation.
// DRF_ERR_ABSENT: the grid is not installed. DRF_ERR_RANGE: not a position.
DRF_MUST_CHECK enum drf_status geo_crs_geoid_m(const struct geo_crs *crs,
                                               struct geo_point point, double *undulation_m);

#endif
