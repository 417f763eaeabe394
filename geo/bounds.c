// SPDX-License-Identifier: Apache-2.0
#include "geo/bounds.h"

#include <math.h>

#include "geo/earth.h"
#include "geo/extreme.h"

static bool within(double west_deg, double east_deg, double lon_deg)
{
    if (west_deg <= east_deg)
        return lon_deg >= west_deg && lon_deg <= east_deg;
    return lon_deg >= west_deg || lon_deg <= east_deg;
}

bool geo_bounds_hold(struct geo_bounds bounds, struct geo_point point)
{
    if (!(point.lat_deg >= bounds.south_deg && point.lat_deg <= bounds.north_deg))
        return false;
    // +180 and -180 are one meridian under two names.
    return within(bounds.west_deg, bounds.east_deg, point.lon_deg)
           || (point.lon_deg == 180.0 && within(bounds.west_deg, bounds.east_deg, -180.0))
           || (point.lon_deg == -180.0 && within(bounds.west_deg, bounds.east_deg, 180.0));
}

bool geo_bounds_touch(struct geo_bounds a, struct geo_bounds b)
{
    if (!(a.south_deg <= b.north_deg && b.south_deg <= a.north_deg))
        return false;
    struct geo_point a_west = {a.south_deg, a.west_deg}, b_west = {b.south_deg, b.west_deg};
    struct geo_bounds a_band = a, b_band = b;
    a_band.south_deg = b_band.south_deg = -90.0;
    a_band.north_deg = b_band.north_deg = 90.0;
    // Two intervals on a circle meet if the start of one lies in the other.
    return geo_bounds_hold(a_band, b_west) || geo_bounds_hold(b_band, a_west);
}

bool geo_bounds_within(struct geo_bounds inner, struct geo_bounds outer)
{
    if (!(inner.south_deg >= outer.south_deg && inner.north_deg <= outer.north_deg))
        return false;
    if (outer.west_deg <= outer.east_deg)
        return (outer.west_deg <= -180.0 && outer.east_deg >= 180.0)
               || (inner.west_deg <= inner.east_deg && inner.west_deg >= outer.west_deg
                   && inner.east_deg <= outer.east_deg);
    if (inner.west_deg <= inner.east_deg)
        return inner.west_deg >= outer.west_deg || inner.east_deg <= outer.east_deg;
    return inner.west_deg >= outer.west_deg && inner.east_deg <= outer.east_deg;
}

static double width_deg(double west_deg, double east_deg)
{
    return east_deg >= west_deg ? east_deg - west_deg : east_deg - west_deg + 360.0;
}

// The end, as a width from `from_deg`, of what holds both intervals and begins there; `a` does.
static double reach_deg(double from_deg, struct geo_bounds a, struct geo_bounds b)
{
    double end = width_deg(from_deg, b.west_deg) + width_deg(b.west_deg, b.east_deg);
    return geo_greater(width_deg(a.west_deg, a.east_deg), end);
}

struct geo_bounds geo_bounds_join(struct geo_bounds a, struct geo_bounds b)
{
    double from_a = reach_deg(a.west_deg, a, b), from_b = reach_deg(b.west_deg, b, a);
    double west = from_a < from_b || (from_a == from_b && a.west_deg <= b.west_deg)
                      ? a.west_deg
                      : b.west_deg;
    double width = geo_lesser(from_a, from_b);
    struct geo_bounds out = {.west_deg = west,
                             .south_deg = geo_lesser(a.south_deg, b.south_deg),
                             .east_deg = west + width,
                             .north_deg = geo_greater(a.north_deg, b.north_deg)};
    if (width >= 360.0) {
        out.west_deg = -180.0;
        out.east_deg = 180.0;
    } else if (out.east_deg > 180.0) {
        out.east_deg -= 360.0;
    }
    return out;
}

struct geo_bounds geo_bounds_widen(struct geo_bounds bounds, double by_m)
{
    // A little more than a sphere says: a degree of latitude is 110.57 km at the equator.
    const double lat_deg = 1.01 * by_m / (GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG);
    struct geo_bounds out = {bounds.west_deg, geo_greater(bounds.south_deg - lat_deg, -90.0),
                             bounds.east_deg, geo_lesser(bounds.north_deg + lat_deg, 90.0)};
    const double poleward_deg =
        geo_lesser(geo_greater(fabs(out.south_deg), fabs(out.north_deg)), 89.9999);
    const double lon_deg = lat_deg / cos(poleward_deg * GEO_RAD_PER_DEG);
    if (width_deg(bounds.west_deg, bounds.east_deg) + 2.0 * lon_deg >= 360.0) {
        out.west_deg = -180.0;
        out.east_deg = 180.0;
        return out;
    }
    out.west_deg -= lon_deg;
    out.east_deg += lon_deg;
    out.west_deg += out.west_deg < -180.0 ? 360.0 : 0.0;
    out.east_deg -= out.east_deg > 180.0 ? 360.0 : 0.0;
    return out;
}

struct geo_bounds geo_bounds_around(struct geo_point point, double radius_m)
{
    return geo_bounds_widen((struct geo_bounds){.west_deg = point.lon_deg,
                                                .south_deg = point.lat_deg,
                                                .east_deg = point.lon_deg,
                                                .north_deg = point.lat_deg},
                            radius_m + 0.1);
}
