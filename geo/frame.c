// SPDX-License-Identifier: Apache-2.0
#include "geo/frame.h"

#include <math.h>

#include "geo/earth.h"
#include "geo/extreme.h"

struct geo_frame geo_frame_at(struct geo_point origin)
{
    double sin_lat = sin(origin.lat_deg * GEO_RAD_PER_DEG);
    double cos_lat = cos(origin.lat_deg * GEO_RAD_PER_DEG);
    double root = sqrt(1.0 - GEO_EARTH_ECCENTRICITY2 * sin_lat * sin_lat);
    double meridian_m =
        GEO_EARTH_SEMI_MAJOR_M * (1.0 - GEO_EARTH_ECCENTRICITY2) / (root * root * root);
    double normal_m = GEO_EARTH_SEMI_MAJOR_M / root;
    return (struct geo_frame){
        .origin = origin,
        .north_m_per_deg = meridian_m * GEO_RAD_PER_DEG,
        .east_m_per_deg =
            geo_greater(normal_m * cos_lat * GEO_RAD_PER_DEG, GEO_FRAME_EAST_MIN_M_PER_DEG),
        // d(N cos lat) / d lat = -M sin lat
        .east_slope = -meridian_m * sin_lat * GEO_RAD_PER_DEG * GEO_RAD_PER_DEG,
    };
}

double geo_frame_bearing_deg(struct geo_offset offset)
{
    double deg = atan2(offset.east_m, offset.north_m) / GEO_RAD_PER_DEG;
    if (deg < 0.0)
        deg += 360.0;
    return deg < 360.0 ? deg : 0.0;
}
