// geo/frame.h - local east-north frame at a position, in metres.
// SPDX-License-Identifier: Apache-2.0
//
// On the WGS 84 ellipsoid with its radii at the origin, longitudes scaled at the middle
// latitude: lines of constant true course are straight, and at 20 km distances are right to
// about 1 m below 70 degrees of latitude. Within a degree of a pole it is coarse.
#ifndef GEO_FRAME_H
#define GEO_FRAME_H

#include <stdbool.h>

#include "geo/extreme.h"
#include "geo/point.h"

// Keeps divisions finite at the poles, where east means nothing.
#define GEO_FRAME_EAST_MIN_M_PER_DEG 1.0

struct geo_frame {
    struct geo_point origin;
    double north_m_per_deg;
    double east_m_per_deg; // at the origin
    double east_slope;     // its change per degree of latitude
};

struct geo_offset {
    double east_m, north_m;
};

struct geo_frame geo_frame_at(struct geo_point origin);

// Metres to a degree of longitude in the middle of such a way north.
static inline double geo_frame_east_scale(const struct geo_frame *frame, double north_deg)
{
    return geo_greater(frame->east_m_per_deg + frame->east_slope * 0.5 * north_deg,
                       GEO_FRAME_EAST_MIN_M_PER_DEG);
}

// The shorter way round in longitude.
static inline struct geo_offset geo_frame_offset(const struct geo_frame *frame,
                                                 struct geo_point point)
{
    double north_deg = point.lat_deg - frame->origin.lat_deg;
    double east_deg = point.lon_deg - frame->origin.lon_deg;
    if (east_deg > 180.0)
        east_deg -= 360.0;
    else if (east_deg < -180.0)
        east_deg += 360.0;
    return (struct geo_offset){.east_m = east_deg * geo_frame_east_scale(frame, north_deg),
                               .north_m = north_deg * frame->north_m_per_deg};
}

// The longitude is not wrapped: it goes on past +-180.
static inline struct geo_point geo_frame_point(const struct geo_frame *frame,
                                               struct geo_offset offset)
{
    double north_deg = offset.north_m / frame->north_m_per_deg;
    return (struct geo_point){
        .lat_deg = geo_lesser(geo_greater(frame->origin.lat_deg + north_deg, -90.0), 90.0),
        .lon_deg =
            frame->origin.lon_deg + offset.east_m / geo_frame_east_scale(frame, north_deg),
    };
}

// Clockwise from true north, 0 <= bearing < 360; 0 for no offset.
double geo_frame_bearing_deg(struct geo_offset offset);

// Whether the segment from a to b crosses the ray that goes north from the origin. A point is
// inside a ring, taken as the origin, if an odd number of the ring's edges do. A vertex on the
// ray counts as west of it, so that each place where the ring crosses is counted once.
static inline bool geo_frame_crosses_north(struct geo_offset a, struct geo_offset b)
{
    if ((a.east_m > 0.0) == (b.east_m > 0.0))
        return false;
    return a.north_m + (b.north_m - a.north_m) * (-a.east_m) / (b.east_m - a.east_m) > 0.0;
}

#endif
