// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/metric.h"

#include <math.h>

#include "geo/earth.h"

struct sim_offset sim_metric_offset(struct geo_point from, struct geo_point to, double height_m)
{
    double middle_rad = (from.lat_deg + to.lat_deg) / 2 * GEO_RAD_PER_DEG;
    double s = sin(middle_rad), w = 1 - GEO_EARTH_ECCENTRICITY2 * s * s, root = sqrt(w);
    double prime_m = GEO_EARTH_SEMI_MAJOR_M / root;
    double meridian_m = prime_m * (1 - GEO_EARTH_ECCENTRICITY2) / w;
    double east_deg = remainder(to.lon_deg - from.lon_deg, 360.0);
    return (struct sim_offset){
        .north_m = (to.lat_deg - from.lat_deg) * GEO_RAD_PER_DEG * (meridian_m + height_m),
        .east_m = east_deg * GEO_RAD_PER_DEG * cos(middle_rad) * (prime_m + height_m),
    };
}
