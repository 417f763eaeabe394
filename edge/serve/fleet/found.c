// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/found.h"

#include "geo/earth.h"
#include "geo/length.h"

#include <math.h>

void edge_found_evaluated(struct edge_found *found, int64_t now_mono_us,
                          const struct fusion_fix *fix, const struct fusion_height *height)
{
    double raw_m = height->agl_basis == FUSION_AGL_WGS84  ? fix->wgs84.m
                   : height->agl_basis == FUSION_AGL_AMSL ? fix->amsl.m
                                                          : fix->above_takeoff.m;
    found->advised_mono_us = now_mono_us;
    found->height_basis =
        (uint8_t)(height->aircraft_amsl_m.known ? height->agl_basis : FUSION_AGL_UNKNOWN);
    found->height_offset_m = (float)(height->aircraft_amsl_m.value - raw_m);
    found->height_acc95_m = (float)height->aircraft_acc95_m.value;
}

double edge_found_told(struct edge_found *found, const struct fusion_context *context)
{
    const struct fusion_look_ahead *ahead = &context->look_ahead;
    double half_m = fmax(ahead->half_width_m, ahead->half_width_end_m);
    found->agl_known = context->height.agl_m.known;
    found->agl_m = (float)context->height.agl_m.value;
    found->concern_length_m = (float)ahead->length_m;
    found->concern_half_m = (float)half_m;
    found->alerts_digest = (uint16_t)context->alerts.digest;
    found->concern_straight = ahead->basis == FUSION_CORRIDOR_VELOCITY;
    return ahead->length_m + half_m;
}

// Narrows [*enter, *leave] to where start + t * step lies within [low, high].
static bool clip(double step, double low, double high, double *enter, double *leave)
{
    if (fabs(step) < 1e-9)
        return low <= 0 && 0 <= high;
    double a = low / step, b = high / step;
    *enter = fmax(*enter, fmin(a, b));
    *leave = fmin(*leave, fmax(a, b));
    return *enter <= *leave;
}

bool edge_found_touched(const struct edge_found *found, const struct fusion_fix *fix,
                        struct geo_bounds changed)
{
    double north_m = GEO_EARTH_M_PER_DEG;
    double east_m = GEO_EARTH_M_PER_DEG * cos(fix->position.lat_deg * GEO_RAD_PER_DEG);
    double half_m = (double)found->concern_half_m, length_m = (double)found->concern_length_m;
    double west = (changed.west_deg - fix->position.lon_deg) * east_m;
    double east = (changed.east_deg - fix->position.lon_deg) * east_m;
    double south = (changed.south_deg - fix->position.lat_deg) * north_m;
    double north = (changed.north_deg - fix->position.lat_deg) * north_m;

    double speed_mps = geo_length(fix->velocity_north_mps, fix->velocity_east_mps);
    if (!found->concern_straight || !fix->velocity_known || speed_mps < 1e-3) {
        double dx = fmax(0, fmax(west, -east)), dy = fmax(0, fmax(south, -north));
        return geo_length(dx, dy) <= length_m + half_m;
    }
    double enter = 0, leave = 1;
    return clip(fix->velocity_east_mps / speed_mps * length_m, west - half_m, east + half_m,
                &enter, &leave)
           && clip(fix->velocity_north_mps / speed_mps * length_m, south - half_m,
                   north + half_m, &enter, &leave);
}
