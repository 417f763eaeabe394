// SPDX-License-Identifier: Apache-2.0
#include "geo/bounds.h"

#include <math.h>

#include "geo/earth.h"

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

static double width_deg(double west_deg, double east_deg)
{
    return east_deg >= west_deg ? east_deg - west_deg : east_deg - west_deg + 360.0;
}

// The end, as a width from `from_deg`, of what holds both intervals and begins there; `a` does.
static double reach_deg(double from_deg, struct geo_bounds a, struct geo_bounds b)
{
    double end = width_deg(from_deg, b.west_deg) + width_deg(b.west_deg, b.east_deg);
    return fmax(width_deg(a.west_deg, a.east_deg), end);
}

struct geo_bounds geo_bounds_join(struct geo_bounds a, struct geo_bounds b)
{
    double from_a = reach_deg(a.west_deg, a, b), from_b = reach_deg(b.west_deg, b, a);
    double west = from_a < from_b || (from_a == from_b && a.west_deg <= b.west_deg)
                      ? a.west_deg
                      : b.west_deg;
    double width = fmin(from_a, from_b);
    struct geo_bounds out = {.west_deg = west,
                             .south_deg = fmin(a.south_deg, b.south_deg),
                             .east_deg = west + width,
                             .north_deg = fmax(a.north_deg, b.north_deg)};
    if (width >= 360.0) {
        out.west_deg = -180.0;
        out.east_deg = 180.0;
    } else if (out.east_deg > 180.0) {
        out.east_deg -= 360.0;
    }
    return out;
}

struct geo_bounds geo_bounds_around(struct geo_point point, double radius_m)
{
    double north_deg = radius_m / GEO_EARTH_M_PER_DEG_LEAST + 1e-6;
    double cosine = cos(point.lat_deg * GEO_RAD_PER_DEG);
    double east_deg = cosine > 0.01 ? fmin(north_deg / cosine, 180.0) : 180.0;
    struct geo_bounds box = {point.lon_deg - east_deg, fmax(point.lat_deg - north_deg, -90.0),
                             point.lon_deg + east_deg, fmin(point.lat_deg + north_deg, 90.0)};
    if (east_deg >= 180.0) {
        box.west_deg = -180.0;
        box.east_deg = 180.0;
    }
    box.west_deg += box.west_deg < -180.0 ? 360.0 : 0.0;
    box.east_deg -= box.east_deg > 180.0 ? 360.0 : 0.0;
    return box;
}
