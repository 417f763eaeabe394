// geo/earth.h - constants of the Earth and of angles.
// SPDX-License-Identifier: Apache-2.0
//
// WGS 84 (EPSG:7030) for the ellipsoid, the IUGG mean radius for the sphere.
#ifndef GEO_EARTH_H
#define GEO_EARTH_H

#define GEO_RAD_PER_DEG 0.017453292519943295
#define GEO_DEG_PER_RAD 57.295779513082323

#define GEO_EARTH_SEMI_MAJOR_M 6378137.0
#define GEO_EARTH_ECCENTRICITY2 6.69437999014e-3 // the square of the first one
#define GEO_EARTH_RADIUS_M 6371008.8             // mean radius (IUGG)
// A degree of a great circle on the sphere of the equatorial radius, rounded up.
#define GEO_EARTH_M_PER_DEG 111320.0
// Less than a degree of a meridian anywhere has: a box made with it is never too small.
#define GEO_EARTH_M_PER_DEG_LEAST 110000.0

#endif
