// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/zone.h"

#include <math.h>

#include "geo/earth.h"
#include "geo/extreme.h"
#include "geo/frame.h"

// How far the standard atmosphere may be from the real one where no QNH is at hand.
#define PRESSURE_ROUGH_M 600.0

struct level { // the aircraft against one limit
    bool known, rough;
    double value_m, acc95_m;
};

static struct level level_of(const struct fusion_zone_height *height, uint32_t reference)
{
    struct level level = {.value_m = height->amsl_m.value, .acc95_m = height->amsl_acc95_m};
    switch (reference) {
    case GEO_ZONE_AGL:
        return (struct level){.known = height->agl_m.known,
                              .value_m = height->agl_m.value,
                              .acc95_m = height->agl_acc95_m};
    case GEO_ZONE_WGS84:
        level.known = height->amsl_m.known && height->geoid_m.known;
        level.value_m += height->geoid_m.value;
        return level;
    case GEO_ZONE_PRESSURE:
        if (height->pressure_m.known)
            return (struct level){.known = true,
                                  .value_m = height->pressure_m.value,
                                  .acc95_m = height->pressure_acc95_m};
        level.known = level.rough = height->amsl_m.known;
        level.acc95_m += PRESSURE_ROUGH_M;
        return level;
    default:
        level.known = height->amsl_m.known;
        return level;
    }
}

// One limit: inside when side * (limit - value) >= 0.
static enum fusion_zone_where against(const struct geo_zone_limit *limit,
                                      const struct fusion_zone_height *height, double side,
                                      bool *degraded)
{
    if (limit->reference == GEO_ZONE_UNLIMITED)
        return FUSION_ZONE_INSIDE;
    struct level level = level_of(height, limit->reference);
    *degraded = *degraded || !level.known || level.rough;
    if (!level.known)
        return FUSION_ZONE_INSIDE;
    double inside_m = side * (limit->m - level.value_m);
    return inside_m >= 0.0                   ? FUSION_ZONE_INSIDE
           : inside_m + level.acc95_m >= 0.0 ? FUSION_ZONE_WITHIN_ACCURACY
                                             : FUSION_ZONE_OUTSIDE;
}

// The ground itself is no way out below a limit of 0 m over it.
static bool from_ground(const struct geo_zone_volume *volume)
{
    return volume->lower.reference == GEO_ZONE_AGL && volume->lower.m <= 0.0;
}

bool fusion_zone_clear(const struct geo_zone_volume *volume,
                       const struct fusion_zone_height *lowest,
                       const struct fusion_zone_height *highest)
{
    bool degraded = false;
    return against(&volume->upper, lowest, 1.0, &degraded) == FUSION_ZONE_OUTSIDE
           || (!from_ground(volume)
               && against(&volume->lower, highest, -1.0, &degraded) == FUSION_ZONE_OUTSIDE);
}

enum fusion_zone_where fusion_zone_vertical(const struct geo_zone_volume *volume,
                                            const struct fusion_zone_height *height,
                                            bool *degraded)
{
    *degraded = false;
    enum fusion_zone_where lower = from_ground(volume)
                                       ? FUSION_ZONE_INSIDE
                                       : against(&volume->lower, height, -1.0, degraded);
    enum fusion_zone_where upper = against(&volume->upper, height, 1.0, degraded);
    return lower < upper ? lower : upper;
}

struct fusion_zone_axes fusion_zone_axes_of(struct geo_point point)
{
    double sin_lat = sin(point.lat_deg * GEO_RAD_PER_DEG),
           cos_lat = cos(point.lat_deg * GEO_RAD_PER_DEG);
    double normal_m =
        GEO_EARTH_SEMI_MAJOR_M / sqrt(1.0 - GEO_EARTH_ECCENTRICITY2 * sin_lat * sin_lat);
    return (struct fusion_zone_axes){
        .x_m = normal_m * cos_lat * cos(point.lon_deg * GEO_RAD_PER_DEG),
        .y_m = normal_m * cos_lat * sin(point.lon_deg * GEO_RAD_PER_DEG),
        .z_m = normal_m * (1.0 - GEO_EARTH_ECCENTRICITY2) * sin_lat};
}

// By way of the chord: right to a metre at 500 km, anywhere on the globe.
double fusion_zone_apart_m(const struct fusion_zone_axes *a, const struct fusion_zone_axes *b)
{
    double x_m = a->x_m - b->x_m, y_m = a->y_m - b->y_m, z_m = a->z_m - b->z_m;
    double chord_m = sqrt(x_m * x_m + y_m * y_m + z_m * z_m);
    return 2.0 * GEO_EARTH_RADIUS_M
           * asin(geo_lesser(chord_m / (2.0 * GEO_EARTH_RADIUS_M), 1.0));
}

static double square_to_edge(struct geo_offset a, struct geo_offset b)
{
    double east_m = b.east_m - a.east_m, north_m = b.north_m - a.north_m;
    double square = east_m * east_m + north_m * north_m;
    double t = square > 0.0 ? -(a.east_m * east_m + a.north_m * north_m) / square : 0.0;
    t = geo_lesser(geo_greater(t, 0.0), 1.0);
    double x = a.east_m + t * east_m, y = a.north_m + t * north_m;
    return x * x + y * y;
}

// One scale for the whole plane, so that an edge that is straight in degrees stays so.
static struct geo_offset offset_of(const struct geo_frame *frame, struct geo_point point)
{
    double east_deg = point.lon_deg - frame->origin.lon_deg;
    east_deg = east_deg > 180.0    ? east_deg - 360.0
               : east_deg < -180.0 ? east_deg + 360.0
                                   : east_deg;
    return (struct geo_offset){.east_m = east_deg * frame->east_m_per_deg,
                               .north_m = (point.lat_deg - frame->origin.lat_deg)
                                          * frame->north_m_per_deg};
}

double fusion_zone_distance_m(const struct geo_zone_volume *volume,
                              const struct geo_point *vertices, struct geo_point position)
{
    if (volume->shape == GEO_ZONE_CIRCLE) {
        const struct fusion_zone_axes at = fusion_zone_axes_of(position);
        const struct fusion_zone_axes centre = fusion_zone_axes_of(volume->centre);
        return fusion_zone_apart_m(&at, &centre) - volume->radius_m;
    }
    struct geo_frame frame = geo_frame_at(position);
    const struct geo_point *v = vertices + volume->first_vertex;
    struct geo_offset from = offset_of(&frame, v[volume->vertex_count - 1]);
    double square_m2 = HUGE_VAL;
    bool inside = false;
    for (uint32_t i = 0; i < volume->vertex_count; i++) {
        struct geo_offset to = offset_of(&frame, v[i]);
        square_m2 = geo_lesser(square_m2, square_to_edge(from, to));
        inside ^= geo_frame_crosses_north(from, to);
        from = to;
    }
    return inside ? -sqrt(square_m2) : sqrt(square_m2);
}
