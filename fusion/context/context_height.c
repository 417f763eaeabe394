// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/sample.h"
#include "geo/length.h"

// Ellipsoid and AMSL that differ from the geoid by more than this contradict each other.
#define RESIDUAL_MAX_M 5.0

static struct fusion_number number(double value)
{
    return (struct fusion_number){.known = true, .value = value};
}

static double accuracy(const struct fusion_altitude *altitude, double otherwise_m)
{
    return altitude->acc95_m > 0.0 ? altitude->acc95_m : otherwise_m;
}

static double source_acc95_m(const struct fusion_source *source)
{
    return source != NULL ? source->vertical_acc95_m : 0.0;
}

// The aircraft's own AMSL: from the ellipsoid, else as sent, else over the take-off point.
static void aircraft_height(const struct fusion_root *root, const struct fusion_fix *fix,
                            struct fusion_height *out)
{
    if (fix->wgs84.known && out->geoid_m.known) {
        out->agl_basis = FUSION_AGL_WGS84;
        out->aircraft_amsl_m = number(fix->wgs84.m - out->geoid_m.value);
        out->aircraft_acc95_m = number(accuracy(&fix->wgs84, FUSION_ALTITUDE_ACC95_DEFAULT_M));
        return;
    }
    if (fix->amsl.known) {
        out->agl_basis = FUSION_AGL_AMSL;
        out->aircraft_amsl_m = number(fix->amsl.m);
        out->aircraft_acc95_m = number(accuracy(&fix->amsl, FUSION_ALTITUDE_ACC95_DEFAULT_M));
        return;
    }
    if (!fix->above_takeoff.known || !fix->takeoff_known)
        return;
    struct fusion_sample takeoff = fusion_sample_ground(root, fix->takeoff);
    if (!takeoff.known) {
        out->agl_reason = takeoff.reason;
        return;
    }
    double above_acc95_m = accuracy(&fix->above_takeoff, FUSION_TAKEOFF_ACC95_DEFAULT_M);
    out->agl_basis = FUSION_AGL_ABOVE_TAKEOFF;
    out->aircraft_amsl_m = number(takeoff.amsl_m + fix->above_takeoff.m);
    out->aircraft_acc95_m = number(geo_length(above_acc95_m, source_acc95_m(takeoff.source)));
}

static void below(const struct fusion_root *root, struct geo_point point,
                  struct fusion_height *out)
{
    struct fusion_sample ground = fusion_sample_ground(root, point);
    struct fusion_sample surface = fusion_sample_surface(root, point);
    out->ground_amsl_m = (struct fusion_number){.known = ground.known, .value = ground.amsl_m};
    out->ground_reason = ground.reason;
    out->ground_source = ground.source;
    out->ground_level = ground.level;
    out->surface_amsl_m =
        (struct fusion_number){.known = surface.known, .value = surface.amsl_m};
    out->surface_reason = surface.reason;
    out->surface_source = surface.source;
    out->surface_level = surface.level;
    out->surface_obstacle = fusion_context_raised_by(root, point, &surface);
}

void fusion_context_height(const struct geo_crs *crs, const struct fusion_root *root,
                           const struct fusion_aircraft *aircraft, struct fusion_height *out)
{
    const struct fusion_fix *fix = &aircraft->fix;
    *out = (struct fusion_height){.agl_reason = FUSION_REASON_NO_ALTITUDE};
    double geoid_m;
    if (geo_crs_geoid_m(crs, fix->position, &geoid_m) == DRF_OK)
        out->geoid_m = number(geoid_m);
    below(root, fix->position, out);
    aircraft_height(root, fix, out);
    if (fix->wgs84.known && fix->amsl.known && out->geoid_m.known) {
        out->altitude_residual_m = number(fix->wgs84.m - geoid_m - fix->amsl.m);
        out->altitude_suspect = fabs(out->altitude_residual_m.value) > RESIDUAL_MAX_M;
    }
    if (!out->aircraft_amsl_m.known)
        return;

    double amsl_m = out->aircraft_amsl_m.value, acc95_m = out->aircraft_acc95_m.value;
    if (out->ground_amsl_m.known) {
        out->agl_m = number(amsl_m - out->ground_amsl_m.value);
        out->agl_acc95_m = number(geo_length(acc95_m, source_acc95_m(out->ground_source)));
        out->agl_reason = FUSION_REASON_NONE;
    } else {
        out->agl_reason = out->ground_reason;
    }
    if (out->surface_amsl_m.known) {
        out->clearance_m = number(amsl_m - out->surface_amsl_m.value);
        // the top of an obstacle, from a source without posting, holds its accuracy already
        bool raster = out->surface_source != NULL && out->surface_source->posting_m > 0.0;
        out->clearance_low_m = number(out->clearance_m.value - acc95_m
                                      - (raster ? out->surface_source->vertical_acc95_m : 0.0));
    }
}
