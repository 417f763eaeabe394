// SPDX-License-Identifier: Apache-2.0
#include "sim/world/crs.h"

#include <math.h>
#include <proj.h>
#include <stdlib.h>

struct sim_geoid {
    PJ_CONTEXT *context;
    PJ *shift;
};

enum drf_status sim_geoid_open(struct sim_geoid **out)
{
    struct sim_geoid *geoid = calloc(1, sizeof *geoid);
    if (geoid == NULL)
        return DRF_ERR_NOMEM;
    geoid->context = proj_context_create();
    proj_log_level(geoid->context, PJ_LOG_NONE);
    proj_context_set_enable_network(geoid->context, 0);
    // The grid is named explicitly: otherwise PROJ computes without it and reports nothing.
    geoid->shift = proj_create(geoid->context,
                               "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
                               "+step +proj=vgridshift +grids=egm96_15.gtx +multiplier=1");
    PJ_COORD probe = proj_coord(8.0, 47.0, 0.0, 0.0);
    if (geoid->shift != NULL)
        probe = proj_trans(geoid->shift, PJ_FWD, probe);
    if (geoid->shift == NULL || !isfinite(probe.xyz.z) || fabs(probe.xyz.z) < 1.0) {
        sim_geoid_close(geoid);
        return DRF_ERR_ABSENT;
    }
    *out = geoid;
    return DRF_OK;
}

void sim_geoid_close(struct sim_geoid *geoid)
{
    if (geoid == NULL)
        return;
    if (geoid->shift != NULL)
        proj_destroy(geoid->shift);
    proj_context_destroy(geoid->context);
    free(geoid);
}

double sim_geoid_m(struct sim_geoid *geoid, struct geo_point point)
{
    PJ_COORD at =
        proj_trans(geoid->shift, PJ_FWD, proj_coord(point.lon_deg, point.lat_deg, 0.0, 0.0));
    return at.xyz.z;
}
