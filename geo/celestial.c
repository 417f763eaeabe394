// SPDX-License-Identifier: Apache-2.0
#include "geo/celestial.h"

#include <math.h>

#include "geo/earth.h"

#define DEG_PER_ARCSECOND (1.0 / 3600.0)
#define DAYS_PER_CENTURY 36525.0
#define J2000_US INT64_C(946728000000000) // 2000-01-01T12:00:00Z
#define DAY_US 86400e6

// Right ascension and declination of the mean equinox of date, in radians.
static void precess(double centuries, double *right_ascension, double *declination)
{
    double t = centuries;
    double zeta = ((0.017998 * t + 0.30188) * t + 2306.2181) * t;
    double z = ((0.018203 * t + 1.09468) * t + 2306.2181) * t;
    double theta = ((-0.041833 * t - 0.42665) * t + 2004.3109) * t;
    zeta *= DEG_PER_ARCSECOND * GEO_RAD_PER_DEG;
    z *= DEG_PER_ARCSECOND * GEO_RAD_PER_DEG;
    theta *= DEG_PER_ARCSECOND * GEO_RAD_PER_DEG;
    double ra = *right_ascension + zeta, dec = *declination;
    double a = cos(dec) * sin(ra);
    double b = cos(theta) * cos(dec) * cos(ra) - sin(theta) * sin(dec);
    double c = sin(theta) * cos(dec) * cos(ra) + cos(theta) * sin(dec);
    *right_ascension = atan2(a, b) + z;
    *declination = asin(fmax(-1.0, fmin(1.0, c)));
}

double geo_celestial_altitude_deg(struct geo_point position, int64_t utc_us,
                                  double right_ascension_deg, double declination_deg)
{
    double days = (double)(utc_us - J2000_US) / DAY_US;
    double t = days / DAYS_PER_CENTURY;
    double sidereal_deg =
        280.46061837 + 360.98564736629 * days + (0.000387933 - t / 38710000.0) * t * t;
    double ra = right_ascension_deg * GEO_RAD_PER_DEG, dec = declination_deg * GEO_RAD_PER_DEG;
    precess(t, &ra, &dec);
    double hour_angle = (sidereal_deg + position.lon_deg) * GEO_RAD_PER_DEG - ra;
    double lat = position.lat_deg * GEO_RAD_PER_DEG;
    double up = sin(lat) * sin(dec) + cos(lat) * cos(dec) * cos(hour_angle);
    return asin(fmax(-1.0, fmin(1.0, up))) / GEO_RAD_PER_DEG;
}
