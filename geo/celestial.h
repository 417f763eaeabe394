// geo/celestial.h - altitude of a celestial position over the horizon.
// SPDX-License-Identifier: Apache-2.0
//
// Right ascension and declination are of J2000 (ICRS). Precession after IAU 1976 and the mean
// sidereal time of IAU 1982 (J. Meeus, Astronomical Algorithms, 2nd ed., formulas 21.2, 21.3,
// 21.4 and 12.4). Nutation, aberration, polar motion and UT1-UTC are left out: together below
// 0.02 degrees. Refraction is left out: it raises what is at the horizon by 0.6 degrees. Pure.
#ifndef GEO_CELESTIAL_H
#define GEO_CELESTIAL_H

#include <stdint.h>

#include "geo/point.h"

// The altitude over the horizon of a position at an instant, -90 .. 90. Latitude is taken as
// geodetic: the horizon is that of the ellipsoid.
double geo_celestial_altitude_deg(struct geo_point position, int64_t utc_us,
                                  double right_ascension_deg, double declination_deg);

#endif
