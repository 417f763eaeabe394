// SPDX-License-Identifier: Apache-2.0
#include "geo/frame.h"

#include <math.h>

#include "geo/earth.h"
#include "geo/extreme.h"

// Keeps divisions finite at the poles, where east means nothing.
#define EAST_MIN_M_PER_DEG 1.0

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
        .east_m_per_deg = geo_greater(normal_m * cos_lat * GEO_RAD_PER_DEG, EAST_MIN_M_PER_DEG),
        // d(N cos lat) / d lat = -M sin lat
        .east_slope = -meridian_m * sin_lat * GEO_RAD_PER_DEG * GEO_RAD_PER_DEG,
    };
}

static double east_scale(const struct geo_frame *frame, double north_deg)
{
    return geo_greater(frame->east_m_per_deg + frame->east_slope * 0.5 * north_deg,
                       EAST_MIN_M_PER_DEG);
}

struct geo_offset geo_frame_offset(const struct geo_frame *frame, struct geo_point point)
{
    double north_deg = point.lat_deg - frame->origin.lat_deg;
    double east_deg = point.lon_deg - frame->origin.lon_deg;
    if (east_deg > 180.0)
        east_deg -= 360.0;
    else if (east_deg < -180.0)
        east_deg += 360.0;
    return (struct geo_offset){.east_m = east_deg * east_scale(frame, north_deg),
                               .north_m = north_deg * frame->north_m_per_deg};
}

struct geo_point geo_frame_point(const struct geo_frame *frame, struct geo_offset offset)
{
    double north_deg = offset.north_m / frame->north_m_per_deg;
    return (struct geo_point){
        .lat_deg = geo_lesser(geo_greater(frame->origin.lat_deg + north_deg, -90.0), 90.0),
        .lon_deg = frame->origin.lon_deg + offset.east_m / east_scale(frame, north_deg),
    };
}

double geo_frame_bearing_deg(struct geo_offset offset)
{
    double deg = atan2(offset.east_m, offset.north_m) / GEO_RAD_PER_DEG;
    if (deg < 0.0)
        deg += 360.0;
    return deg < 360.0 ? deg : 0.0;
}
