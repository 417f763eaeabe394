// SPDX-License-Identifier: Apache-2.0
#include "geo/record/zone.h"

#include <math.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/earth.h"

// Below every radius of curvature of WGS 84, so that a box never cuts a circle.
#define EARTH_RADIUS_MIN_M 6335000.0

struct geo_zone_view geo_zone_view(const struct geo_zone *zone)
{
    const struct geo_zone_volume *volumes = (const void *)(zone + 1);
    const struct geo_zone_period *periods = (const void *)(volumes + zone->volume_count);
    const struct geo_point *vertices = (const void *)(periods + zone->period_count);
    return (struct geo_zone_view){zone, volumes, periods, vertices};
}

size_t geo_zone_size(const struct geo_zone *zone)
{
    return sizeof *zone + zone->volume_count * sizeof(struct geo_zone_volume)
           + zone->period_count * sizeof(struct geo_zone_period)
           + zone->vertex_count * sizeof(struct geo_point);
}

static double wrapped(double lon_deg)
{
    return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

static struct geo_bounds circle_bounds(struct geo_point centre, double radius_m)
{
    double reach_deg = radius_m / EARTH_RADIUS_MIN_M / GEO_RAD_PER_DEG;
    struct geo_bounds box = {
        .west_deg = -180.0,
        .south_deg = fmax(centre.lat_deg - reach_deg, -90.0),
        .east_deg = 180.0,
        .north_deg = fmin(centre.lat_deg + reach_deg, 90.0),
    };
    double farthest_deg = fabs(centre.lat_deg) + reach_deg;
    if (farthest_deg >= 89.9)
        return box;
    double east_deg = reach_deg / cos(farthest_deg * GEO_RAD_PER_DEG);
    if (east_deg >= 180.0)
        return box;
    box.west_deg = wrapped(centre.lon_deg - east_deg);
    box.east_deg = wrapped(centre.lon_deg + east_deg);
    return box;
}

struct geo_bounds geo_zone_volume_bounds(const struct geo_zone_volume *volume,
                                         const struct geo_point *vertices)
{
    if (volume->shape == GEO_ZONE_SKY || volume->shape == GEO_ZONE_REGION)
        return (struct geo_bounds){-180.0, -90.0, 180.0, 90.0};
    if (volume->shape == GEO_ZONE_CIRCLE)
        return circle_bounds(volume->centre, volume->radius_m);
    const struct geo_point *v = vertices + volume->first_vertex;
    struct geo_bounds box = {v->lon_deg, v->lat_deg, v->lon_deg, v->lat_deg};
    for (uint32_t i = 1; i < volume->vertex_count; i++) {
        box.west_deg = fmin(box.west_deg, v[i].lon_deg);
        box.east_deg = fmax(box.east_deg, v[i].lon_deg);
        box.south_deg = fmin(box.south_deg, v[i].lat_deg);
        box.north_deg = fmax(box.north_deg, v[i].lat_deg);
    }
    return box;
}

struct geo_bounds geo_zone_bounds(const struct geo_zone_view *view)
{
    struct geo_bounds box = geo_zone_volume_bounds(&view->volumes[0], view->vertices);
    for (uint32_t i = 1; i < view->zone->volume_count; i++)
        box = geo_bounds_join(box, geo_zone_volume_bounds(&view->volumes[i], view->vertices));
    return box;
}

const char *geo_zone_restriction_name(enum geo_zone_restriction restriction)
{
    switch (restriction) {
    case GEO_ZONE_PROHIBITED:
        return "PROHIBITED";
    case GEO_ZONE_REQ_AUTHORISATION:
        return "REQ_AUTHORISATION";
    case GEO_ZONE_CONDITIONAL:
        return "CONDITIONAL";
    case GEO_ZONE_USPACE:
        return "USPACE";
    case GEO_ZONE_NO_RESTRICTION:
        return "NO_RESTRICTION";
    case GEO_ZONE_INFORMATION:
        return "INFORMATION";
    }
    return "UNKNOWN";
}

uint32_t geo_zone_restriction_parse(const char *name)
{
    for (uint32_t i = GEO_ZONE_PROHIBITED; i <= GEO_ZONE_INFORMATION; i++)
        if (strcmp(name, geo_zone_restriction_name((enum geo_zone_restriction)i)) == 0)
            return i;
    return strcmp(name, "REQ_AUTHORIZATION") == 0 ? GEO_ZONE_REQ_AUTHORISATION : 0;
}
